"""What a source shows: the schema and the clauses of the query make a view before anything is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec import field as default

from ocpiq.errors import CompileError, UnsupportedError, nearest
from ocpiq.language import tree
from ocpiq.language.printer import unparse
from ocpiq.schema import NestedModule, SchemaField, SchemaModule, modules
from ocpiq.values.blank import Blank

Treatment = Literal["shown", "plain", "blank", "container"]


class ViewNode(Struct, frozen=True):
    """How one field is shown; a field that the view leaves out has no node.

    - shown: as sent, whatever it is, unknown fields inside included.
    - plain: passes by default; scalars and lists of scalars as sent, any other shape is the blank.
    - blank: private; whatever is sent there, null included, is the blank.
    - container: an object shows its `children`, in their order; of a list every item is treated as the container
      again; null is null; a scalar is the blank, or shown where `scalars` says that everything in it passes.

    `many` stands for a list by the specification; `field` is None for a vendor's field; `part` is set at the
    root of a module whose objects are parts of another's.
    """

    treatment: Treatment
    many: bool
    children: dict[str, ViewNode]
    blank: Blank
    field: SchemaField | None
    scalars: bool = False
    part: NestedModule | None = None

    def child(self, name: str) -> ViewNode | None:
        """Return how the field `name` below this one is shown; None where the view leaves it out."""
        node = self.children.get(name)
        if node is None and self.treatment == "shown":
            path = f"{self.blank.path}.{name}".lstrip(".")
            return ViewNode("shown", False, {}, Blank(self.blank.module, path), None)
        return node


class Mark(Struct):
    """What the clauses say of a field: passed or not, and the marks below it."""

    passed: bool = False
    below: dict[str, Mark] = default(default_factory=dict)


def view(module: SchemaModule, clauses: Sequence[tree.Clause]) -> ViewNode:
    """Return what a source of `module` with these clauses shows; windows play no part.

    CompileError where a path is not a field of the module in any version (with the nearest that is), or has two
    treatments.
    """
    marks = Mark()
    treatments: dict[tuple[str, ...], str] = {}
    for path in paths(clauses):
        names = literal(path)
        check(module, path, names)
        treatment = unparse(path.treatment) if path.treatment else ""
        if treatments.setdefault(names, treatment) != treatment:
            raise CompileError(
                f"{'.'.join(names) or '.'} is passed with two different treatments", span=path.span
            )
        mark = marks
        for name in names:
            mark = mark.below.setdefault(name, Mark())
        mark.passed = True
    for path in paths(clauses):
        if path.treatment is not None:
            raise UnsupportedError(
                f"`as {unparse(path.treatment)}` is not supported yet",
                span=path.span,
                hint="pass the other fields by name, and this one stays blanked",
            )
    only = any(isinstance(clause, tree.Only) for clause in clauses)
    root = Builder(module.name, only).node(module.root, (), marks, passed=False)
    return root if module.part is None else replace_part(root, module.part)


def shows(view: ViewNode) -> bool:
    """Tell whether the clauses show a field in the clear, here or below."""
    by_default = view.treatment in ("plain", "blank", "container")
    return not by_default or any(map(shows, view.children.values()))


class Builder(Struct, frozen=True):
    """Makes the nodes of a view; `only` leaves out what no clause names."""

    module: str
    only: bool

    def node(self, field: SchemaField, path: tuple[str, ...], mark: Mark, *, passed: bool) -> ViewNode:
        """Return the node of a field of the schema; `passed` with what holds it."""
        passed = passed or mark.passed
        children = self.children(field, path, mark, passed=passed)
        blank = Blank(self.module, ".".join(path))
        if passed:
            return ViewNode("shown", field.many, children, blank, field, scalars=True)
        if field.leaf:
            return ViewNode(
                "plain" if field.shown else "blank", field.many, {}, blank, field, scalars=field.shown
            )
        complete = all(name in children and children[name].scalars for name in field.children)
        return ViewNode("container", field.many, children, blank, field, scalars=complete)

    def children(
        self, field: SchemaField, path: tuple[str, ...], mark: Mark, *, passed: bool
    ) -> dict[str, ViewNode]:
        """Return the nodes below a field, in schema order, then those of a vendor by name."""
        found: dict[str, ViewNode] = {}
        for name, child in field.children.items():
            below = mark.below.get(name)
            if not self.only or passed or below is not None:
                found[name] = self.node(child, (*path, name), below or Mark(), passed=passed)
        for name in sorted(mark.below.keys() - field.children.keys()):
            found[name] = self.vendor((*path, name), mark.below[name], passed=passed)
        return found

    def vendor(self, path: tuple[str, ...], mark: Mark, *, passed: bool) -> ViewNode:
        """Return the node of a field that no version knows: shown, or the container of one that is."""
        passed = passed or mark.passed
        below = {
            name: self.vendor((*path, name), mark.below[name], passed=passed) for name in sorted(mark.below)
        }
        return ViewNode(
            "shown" if passed else "container", False, below, Blank(self.module, ".".join(path)), None
        )


def replace_part(root: ViewNode, part: NestedModule) -> ViewNode:
    """Return the root of a module whose objects are parts."""
    return ViewNode(root.treatment, root.many, root.children, root.blank, root.field, root.scalars, part)


def paths(clauses: Sequence[tree.Clause]) -> Iterator[tree.FieldPath]:
    """Yield the paths of `pass` and `only`."""
    for clause in clauses:
        if isinstance(clause, tree.Pass | tree.Only):
            yield from clause.paths


def literal(path: tree.FieldPath) -> tuple[str, ...]:
    """Return the names of a path; a quoted one is dotted inside its quotes."""
    if not path.quoted:
        return path.names
    return tuple(name for part in path.names for name in part.split(".") if name)


def check(module: SchemaModule, path: tree.FieldPath, names: tuple[str, ...]) -> None:
    """Raise where the module has no such field; in quotes a vendor's field may stand below any container."""
    if path.quoted and not names:  # an empty name must not pass everything
        raise CompileError(
            "an empty name is not a field", span=path.span, hint="write . for the whole object"
        )
    field = module.root
    for name in names:
        below = field.children.get(name)
        if below is None:
            if path.quoted and not field.leaf:
                return
            raise CompileError(
                f"{module.name} has no field {'.'.join(names)}",
                span=path.span,
                hint=suggestion(module.root, names),
            )
        field = below


def suggestion(root: SchemaField, names: tuple[str, ...]) -> str:
    """Return how to fix a path that does not exist: the nearest real one."""
    if len(names) == 1 and names[0] in modules():
        return f"{names[0]} is a module: put each source with clauses into parentheses"
    known = [field.path for field in fields(root)]
    found = nearest(".".join(names), known)
    if found is None:
        last = nearest(names[-1], {path.rpartition(".")[2] for path in known})
        found = next((path for path in known if last is not None and path.rpartition(".")[2] == last), None)
    if found is None:
        return "put the name of a vendor's own field in quotes"
    return f"did you mean {found}?"


def fields(root: SchemaField) -> Iterator[SchemaField]:
    """Yield every field below `root`, in schema order."""
    for field in root.children.values():
        yield field
        yield from fields(field)
