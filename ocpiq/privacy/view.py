"""The view: what a source shows, decided by the schema and the query's clauses before anything is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec import field as default
from msgspec.structs import replace

from ocpiq.errors import (
    CompileError,
    FieldName,
    Message,
    OtherVersionError,
    Span,
    UserText,
    join,
    nearest,
    say,
)
from ocpiq.language import tree
from ocpiq.privacy.drivers import check_has_drivers, driver_paths
from ocpiq.privacy.treatments import AGGREGATE, Treatment, full_path_text, treatment_of, two_ways
from ocpiq.schema import ModuleName, NestedModule, SchemaField, SchemaModule, VersionName, modules
from ocpiq.schema.fields import Counterpart, Reading
from ocpiq.schema.version_fields import counterpart, only_in_other_versions
from ocpiq.values.blank import Blank

NO_COUNTERPART = Counterpart()
Visibility = Literal["shown", "open", "treated", "plain", "blank", "container"]


class ViewNode(Struct, frozen=True):
    """How one field is shown. A field that the view leaves out has no node.

    - shown: any value as sent, including unknown fields inside it.
    - open: an object like a shown one, but with treated fields below: these are in its `children`, and any other
      field is shown. A list has such an object for each item; null is null; a scalar is the blank.
    - treated: the value after `treatment`; a value of another type than the treatment takes is the blank.
    - plain: passes by default; scalars and lists of scalars as sent, any other shape is the blank.
    - blank: private, or for aggregates only; any value, null included, is the blank.
    - container: an object shows its `children`, in their order; each item of a list is a container again; null is
      null; a scalar is the blank, or is shown if `scalars` says that everything in it passes.

    `many` is true for a list by the specification; `field` is None for a vendor's field; `nested` is set at the
    root of a module whose objects lie inside another module's; `quoted` if a clause names the field in quotes.
    """

    visibility: Visibility
    many: bool
    children: dict[str, ViewNode]
    blank: Blank
    field: SchemaField | None
    scalars: bool = False
    nested: NestedModule | None = None
    treatment: Treatment | None = None
    quoted: bool = False

    def child(self, name: str) -> ViewNode | None:
        """Return the node of the field `name` below this one; None if the view leaves it out."""
        node = self.children.get(name)
        if node is None and self.visibility in ("shown", "open"):
            path = f"{self.blank.path}.{name}".lstrip(".")
            return ViewNode("shown", False, {}, Blank(self.blank.module, path), None)
        return node


class Mark(Struct):
    """Whether the clauses pass a field and how, and the marks of the fields below it."""

    passed: bool = False
    treatment: Treatment | None = None
    quoted: bool = False
    children: dict[str, Mark] = default(default_factory=dict)

    @property
    def treats(self) -> bool:
        """Tell whether a field below has a treatment."""
        return any(mark.treatment is not None or mark.treats for mark in self.children.values())


def view(
    module: SchemaModule, clauses: Sequence[tree.Clause], zone: str = "UTC", *, any_version: bool = False
) -> ViewNode:
    """Return the view of a source of `module` with these clauses; windows have no effect on it.

    `zone` is the time zone of the periods of DateTimes. CompileError if a path is not a field of the module (the hint
    is the nearest one), has two treatments, or one that does not fit it; OtherVersionError if only other versions have
    the field, unless `any_version`.
    """
    marks = Mark()
    for path in clause_paths(clauses):
        names = field_names(path)
        field = check_field_exists(module, path, names, any_version=any_version)
        has_totals = bool(driver_paths(module.name))
        treatment = treatment_of(path, names, field, module.name, zone, has_totals=has_totals)
        if treatment is not None and treatment.name == AGGREGATE:
            check_has_drivers(module, names, path.span)
        mark = marks
        above = [marks]
        for name in names:
            mark = mark.children.setdefault(name, Mark())
            mark.quoted = mark.quoted or path.quoted
            above.append(mark)
        conflict = mark.passed and mark.treatment != treatment
        if conflict or any(outer.treatment for outer in above[:-1]) or (treatment and mark.children):
            raise two_ways(module.name, names, path.span)
        mark.passed, mark.treatment = True, treatment
    only = any(isinstance(clause, tree.Only) for clause in clauses)
    root = Builder(module.name, only).node(module.root, (), marks, passed=False)
    return root if module.part is None else with_nested(root, module.part)


def shows(view: ViewNode) -> bool:
    """Tell whether the clauses pass a field, this one or one below."""
    is_default = view.visibility in ("plain", "blank", "container") and view.treatment is None
    return not is_default or any(map(shows, view.children.values()))


def is_in_the_clear(view: ViewNode, name: str) -> bool:
    """Tell whether results may have the value of a field of the root as it is sent."""
    node = view.children.get(name)
    if node is None:
        return view.visibility in ("shown", "open")
    return node.visibility in ("plain", "shown")


def has_pseudonyms(view: ViewNode) -> bool:
    """Tell whether a field is passed as a pseudonym, so that a run needs a recipient."""
    is_one = view.treatment is not None and view.treatment.name == "pseudonym"
    return is_one or any(map(has_pseudonyms, view.children.values()))


class Builder(Struct, frozen=True):
    """Builds the nodes of a view; with `only`, fields that no clause names are left out."""

    module: str
    only: bool

    def node(self, field: SchemaField, path: tuple[str, ...], mark: Mark, *, passed: bool) -> ViewNode:
        """Return the node of a field of the schema; `passed` if its container is."""
        passed = passed or mark.passed
        blank = Blank(self.module, ".".join(path))
        if mark.treatment is not None and mark.treatment.name == AGGREGATE:
            return ViewNode("blank", False, {}, blank, field, treatment=mark.treatment, quoted=mark.quoted)
        if mark.treatment is not None:
            many = field.many and mark.treatment.name != "present"
            return ViewNode("treated", many, {}, blank, field, treatment=mark.treatment, quoted=mark.quoted)
        children = self.children(field, path, mark, passed=passed)
        if passed and mark.treats:
            return ViewNode("open", field.many, children, blank, field, quoted=mark.quoted)
        if passed:
            return ViewNode("shown", field.many, children, blank, field, scalars=True, quoted=mark.quoted)
        if field.leaf:
            visibility: Visibility = "plain" if field.shown else "blank"
            return ViewNode(visibility, field.many, {}, blank, field, scalars=field.shown, quoted=mark.quoted)
        complete = all(name in children and children[name].scalars for name in field.children)
        return ViewNode("container", field.many, children, blank, field, scalars=complete, quoted=mark.quoted)

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
        blank = Blank(self.module, ".".join(path))
        if mark.treatment is not None:
            visibility: Visibility = "blank" if mark.treatment.name == AGGREGATE else "treated"
            return ViewNode(visibility, False, {}, blank, None, treatment=mark.treatment)
        children = {
            name: self.vendor((*path, name), mark.children[name], passed=passed)
            for name in sorted(mark.children)
        }
        visibility = "container" if not passed else "open" if mark.treats else "shown"
        return ViewNode(visibility, False, children, blank, None)


def with_nested(root: ViewNode, nested: NestedModule) -> ViewNode:
    """Return the root of a module whose objects lie inside another module's."""
    return replace(root, nested=nested)


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


def check_field_exists(
    module: SchemaModule, path: tree.FieldPath, names: tuple[str, ...], *, any_version: bool
) -> SchemaField | None:
    """Return the field of a path; None for a vendor's field, which may lie in any container if it is in quotes.

    CompileError if the module has no such field. A field of other versions only must be quoted too, unless the version
    is not known yet (`any_version`).
    """
    if path.quoted and not names:  # an empty name must not pass everything
        raise CompileError(
            say("an empty name is not a field"), span=path.span, hint=say("write . for the whole object")
        )
    field = module.root
    for number, name in enumerate(names, 1):
        child = field.children.get(name)
        if module.reading is not None:
            check_counterpart(module, module.reading, names[:number], path.span, quoted=path.quoted)
        if child is None:
            if path.quoted and not field.leaf:
                return None
            raise CompileError(
                say("{module} has no field {path}", module=ModuleName(module.name), path=path_text(names)),
                span=path.span,
                hint=field_hint(module.root, names),
            )
        known = any_version or path.quoted or module.version not in module.versions
        if not known and only_in_other_versions(field, child, module.version):
            raise other_version(module.name, field, child, module.version, path.span)
        field = child
    return field


def check_counterpart(
    module: SchemaModule, reading: Reading, names: Sequence[str], span: Span | None, *, quoted: bool = False
) -> None:
    """Raise CompileError for a field that cannot be read in the form of another version.

    It has no counterpart in a platform's form, or only another form than the one asked for has it. A vendor's field,
    for which `quoted` asks, must lie in an object that the platform's form has.
    """
    parent: SchemaField = reading.complete.root
    for name in names[:-1]:
        if name not in parent.children:
            return
        parent = parent.children[name]
    field = parent.children.get(names[-1])
    if field is None and (parent.leaf or not quoted):
        return
    asked = field is None or module.version in field.versions
    lacking = (
        reading.without_vendor_field(parent.path, names[-1])
        if field is None
        else reading.without_counterpart(field.path)
    )
    if asked and not lacking:
        return
    if field is not None and not asked:
        raise other_form(full_path_text(module.name, names), parent, field, module.version, span)
    raise CompileError(
        say(
            "{field} of OCPI {version} has no counterpart in OCPI {versions}",
            field=full_path_text(module.name, names),
            version=VersionName(module.version),
            versions=join(map(VersionName, dict.fromkeys(lacking))),
        ),
        span=span,
        hint=without_counterpart_hint(reading, full_path_text(module.name, names), ".".join(names)),
    )


def without_counterpart_hint(reading: Reading, field: UserText, path: str) -> Message:
    """Return how a query without this field, or with it, can be made."""
    if any(fields.get(path, NO_COUNTERPART).party for fields in reading.fields.values()):
        return say("the platform's party is not known: leave {field} out", field=field)
    return say("leave {field} out, or leave out --as to read the platform's own form", field=field)


def other_form(
    path: UserText, parent: SchemaField, field: SchemaField, version: str, span: Span | None
) -> CompileError:
    """Return the error for a field that the form asked for does not have."""
    name = counterpart(parent, field.name, version)
    prefix = f"{parent.path}." if parent.path else ""
    return CompileError(
        say(
            "{field} is a field of OCPI {versions}, not of {version}, in whose form objects are read",
            field=path,
            versions=join(map(VersionName, field.versions)),
            version=VersionName(version),
        ),
        span=span,
        hint=say("write {name}", name=FieldName(prefix + name)) if name else say("leave it out"),
    )


def other_version(
    module: str, parent: SchemaField, field: SchemaField, version: str, span: Span
) -> OtherVersionError:
    """Return the error for a field that only other OCPI versions have: names the field of this version."""
    message = say(
        "{field} is a field of OCPI {versions}, not of {version}",
        field=FieldName(f"{module}.{field.path}"),
        versions=join(map(VersionName, field.versions)),
        version=VersionName(version),
    )
    hint = say('if the platform sends it all the same: pass "{name}"', name=FieldName(field.path))
    name = counterpart(parent, field.name, version)
    if name:
        prefix = f"{parent.path}." if parent.path else ""
        hint = say("write {name}; {hint}", name=FieldName(prefix + name), hint=hint)
    return OtherVersionError(message, field.versions[-1], span=span, hint=hint)


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
