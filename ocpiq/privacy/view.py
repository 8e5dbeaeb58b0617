"""The view: what a source shows, decided by the schema and the query's clauses before anything is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec import field as default

from ocpiq.errors import CompileError, FieldName, Message, UnsupportedError, UserText, nearest, say
from ocpiq.language import tree
from ocpiq.language.printer import unparse
from ocpiq.schema import ModuleName, NestedModule, SchemaField, SchemaModule, modules
from ocpiq.values.blank import Blank

Visibility = Literal["shown", "plain", "blank", "container"]


class ViewNode(Struct, frozen=True):
    """How one field is shown. A field that the view leaves out has no node.

    - shown: any value as sent, including unknown fields inside it.
    - plain: passes by default; scalars and lists of scalars as sent, any other shape is the blank.
    - blank: private; any value, null included, is the blank.
    - container: an object shows its `children`, in their order; each item of a list is a container again; null is
      null; a scalar is the blank, or is shown if `scalars` says that everything in it passes.

    `many` is true for a list by the specification; `field` is None for a vendor's field; `nested` is set at the
    root of a module whose objects lie inside another module's.
    """

    visibility: Visibility
    many: bool
    children: dict[str, ViewNode]
    blank: Blank
    field: SchemaField | None
    scalars: bool = False
    nested: NestedModule | None = None

    def child(self, name: str) -> ViewNode | None:
        """Return the node of the field `name` below this one; None if the view leaves it out."""
        node = self.children.get(name)
        if node is None and self.visibility == "shown":
            path = f"{self.blank.path}.{name}".lstrip(".")
            return ViewNode("shown", False, {}, Blank(self.blank.module, path), None)
        return node


class Mark(Struct):
    """Whether the clauses pass a field, and the marks of the fields below it."""

    passed: bool = False
    children: dict[str, Mark] = default(default_factory=dict)


def view(module: SchemaModule, clauses: Sequence[tree.Clause]) -> ViewNode:
    """Return the view of a source of `module` with these clauses; windows have no effect on it.

    CompileError if a path is not a field of the module in any version (the hint is the nearest one), or has two
    treatments.
    """
    marks = Mark()
    treatments: dict[tuple[str, ...], str] = {}
    for path in clause_paths(clauses):
        names = field_names(path)
        check_field_exists(module, path, names)
        treatment = unparse(path.treatment) if path.treatment else ""
        if treatments.setdefault(names, treatment) != treatment:
            raise CompileError(
                say("{path} is passed with two different treatments", path=path_text(names)), span=path.span
            )
        mark = marks
        for name in names:
            mark = mark.children.setdefault(name, Mark())
        mark.passed = True
    for path in clause_paths(clauses):
        if path.treatment is not None:
            raise UnsupportedError(
                say("`as {treatment}` is not supported yet", treatment=UserText(unparse(path.treatment))),
                span=path.span,
                hint=say("pass the other fields by name, and this one stays blanked"),
            )
    only = any(isinstance(clause, tree.Only) for clause in clauses)
    root = Builder(module.name, only).node(module.root, (), marks, passed=False)
    return root if module.part is None else with_nested(root, module.part)


def shows(view: ViewNode) -> bool:
    """Tell whether the clauses pass a field, this one or one below."""
    is_default = view.visibility in ("plain", "blank", "container")
    return not is_default or any(map(shows, view.children.values()))


class Builder(Struct, frozen=True):
    """Builds the nodes of a view; with `only`, fields that no clause names are left out."""

    module: str
    only: bool

    def node(self, field: SchemaField, path: tuple[str, ...], mark: Mark, *, passed: bool) -> ViewNode:
        """Return the node of a field of the schema; `passed` if its container is."""
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
        """Return the nodes below a field: those of the schema in its order, then a vendor's by name."""
        nodes: dict[str, ViewNode] = {}
        for name, child in field.children.items():
            child_mark = mark.children.get(name)
            if not self.only or passed or child_mark is not None:
                nodes[name] = self.node(child, (*path, name), child_mark or Mark(), passed=passed)
        for name in sorted(mark.children.keys() - field.children.keys()):
            nodes[name] = self.vendor((*path, name), mark.children[name], passed=passed)
        return nodes

    def vendor(self, path: tuple[str, ...], mark: Mark, *, passed: bool) -> ViewNode:
        """Return the node of a field that no version has: shown, or the container of a shown one."""
        passed = passed or mark.passed
        children = {
            name: self.vendor((*path, name), mark.children[name], passed=passed)
            for name in sorted(mark.children)
        }
        return ViewNode(
            "shown" if passed else "container", False, children, Blank(self.module, ".".join(path)), None
        )


def with_nested(root: ViewNode, nested: NestedModule) -> ViewNode:
    """Return the root of a module whose objects lie inside another module's."""
    return ViewNode(root.visibility, root.many, root.children, root.blank, root.field, root.scalars, nested)


def clause_paths(clauses: Sequence[tree.Clause]) -> Iterator[tree.FieldPath]:
    """Yield the paths of `pass` and `only`."""
    for clause in clauses:
        if isinstance(clause, tree.Pass | tree.Only):
            yield from clause.paths


def field_names(path: tree.FieldPath) -> tuple[str, ...]:
    """Return the names of a path; a quoted path has its dots inside the quotes."""
    if not path.quoted:
        return path.names
    return tuple(name for part in path.names for name in part.split(".") if name)


def path_text(names: tuple[str, ...]) -> UserText:
    """Return a path of the query for a message."""
    return UserText(".".join(names) or ".")


def check_field_exists(module: SchemaModule, path: tree.FieldPath, names: tuple[str, ...]) -> None:
    """Raise if the module has no such field; in quotes, a vendor's field may lie in any container."""
    if path.quoted and not names:  # an empty name must not pass everything
        raise CompileError(
            say("an empty name is not a field"), span=path.span, hint=say("write . for the whole object")
        )
    field = module.root
    for name in names:
        child = field.children.get(name)
        if child is None:
            if path.quoted and not field.leaf:
                return
            raise CompileError(
                say("{module} has no field {path}", module=ModuleName(module.name), path=path_text(names)),
                span=path.span,
                hint=field_hint(module.root, names),
            )
        field = child


def field_hint(root: SchemaField, names: tuple[str, ...]) -> Message:
    """Return the hint for a path that does not exist: the nearest one that does."""
    if len(names) == 1 and names[0] in modules():
        return say(
            "{module} is a module: put each source with clauses in parentheses", module=ModuleName(names[0])
        )
    existing = [field.path for field in descendants(root)]
    closest = nearest(".".join(names), existing)
    if closest is None:
        last = nearest(names[-1], {path.rpartition(".")[2] for path in existing})
        closest = next((path for path in existing if path.rpartition(".")[2] == last), None)
    if closest is None:
        return say("put the name of a vendor's own field in quotes")
    return say("did you mean {closest}?", closest=FieldName(closest))


def descendants(root: SchemaField) -> Iterator[SchemaField]:
    """Yield every field below `root`, in schema order."""
    for field in root.children.values():
        yield field
        yield from descendants(field)
