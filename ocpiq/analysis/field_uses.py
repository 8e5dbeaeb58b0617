"""The fields that a source of a query reads, each with its roles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final, Literal

from msgspec import Struct

from ocpiq.analysis.roles import Roles
from ocpiq.analysis.roles.influence import ITEMS
from ocpiq.analysis.streams import Place
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.drivers import driver_paths
from ocpiq.privacy.sealed import is_sealed, sealed_paths
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import ENDED, UPDATED, SchemaField, module

Role = Literal["shown", "aggregated", "decides", "blanked", "window", "key", "driver"]
ROLES: Final[tuple[Role, ...]] = ("shown", "aggregated", "decides", "blanked", "window", "key", "driver")
Path = tuple[str, ...]


class FieldUse(Struct, frozen=True):
    """A field that a query reads, and what for. It may have several of these roles:

    shown       the value, or what is computed from the value of one object, may stand in the results
    aggregated  it stands in the results only as part of a total over several objects
    decides     which results there are, and in what order, depends on it: filters, groups, orders, joins
    blanked     it stands in the results as `#NA`, or is tested for its presence
    window      read by the gate to tell which objects lie in the window; the value goes no further
    key         the same, to tell apart the objects that a platform sends twice
    driver      the same, to count the drivers of a total of fields for aggregates only

    A field without any role is read, and the results tell nothing of it. The query passes the field in the `clear` or
    with a treatment such as `rounded(5)`, or it passes by `default`, or is a `blank`; `private` fields do not pass by
    default. `type` is OCPI's, `reason` says why it passes or not by default; both are empty for a vendor's own field.
    """

    path: str
    roles: tuple[Role, ...]
    treatment: str
    type: str = ""
    reason: str = ""
    private: bool = True


def field_uses(number: int, source: SourcePlan, roles: Roles, version: str) -> Iterator[FieldUse]:
    """Yield the fields that source `number` of a query reads, and those that the gate reads for itself."""
    known = module(source.module, version)
    read = dict(_of_version(_read(source.view, source.demand, ()), source.view, version))
    by_role: dict[Role, set[Path]] = {
        "shown": _paths(number, roles.shown, read),
        "aggregated": _paths(number, roles.aggregated, read),
        "decides": _paths(number, roles.decides, read, lengths=False),
    }
    windows = (UPDATED,) * bool(source.since or source.until) + ENDED * bool(source.during)
    gate: dict[Role, set[Path]] = {
        "window": {(name,) for name in windows if version in _versions(known.root, name)},
        "key": {tuple(path.split(".")) for path in known.key if _is_sent(source, path)},
        "driver": _driver_fields(source, known.root, version),
    }
    for path, view in read.items():
        found = [role for role, paths in by_role.items() if path in paths]
        if found and view.visibility == "blank" and view.treatment is None:
            found = ["blanked"]
        found += [role for role, paths in gate.items() if path in paths]
        yield _use(path, tuple(found), view.field, _treatment(view))
    for path in _in_order(known.root, set().union(*gate.values()) - read.keys()):
        field = _field(known.root, path)
        default = "default" if field is not None and field.shown else "blank"
        yield _use(path, tuple(role for role, paths in gate.items() if path in paths), field, default)


def _is_sent(source: SourcePlan, path: str) -> bool:
    """Tell whether a field of the key is one of the platform's objects, and not only of the form asked for."""
    reading = source.reading
    if reading is None:
        return True
    return any(path in fields and not fields[path].party for fields in reading.fields.values())


def _in_order(root: SchemaField, paths: Collection[Path]) -> Iterator[Path]:
    """Yield paths of fields in the order of the schema."""
    for name in root.children:
        yield from (path for path in sorted(paths) if path[0] == name)


def _field(root: SchemaField, path: Path) -> SchemaField | None:
    field: SchemaField | None = root
    for name in path:
        field = field.children.get(name) if field is not None else None
    return field


def _driver_fields(source: SourcePlan, root: SchemaField, version: str) -> set[Path]:
    """Return the fields by which the gate counts drivers, if it does."""
    if not sealed_paths(source.view, source.demand):
        return set()
    fields = {path: _field(root, path) for path in driver_paths(source.module)}
    return {path for path, field in fields.items() if field is not None and version in field.versions}


def _versions(root: SchemaField, name: str) -> tuple[str, ...]:
    return root.children[name].versions if name in root.children else ()


def _use(path: Path, roles: tuple[Role, ...], field: SchemaField | None, treatment: str) -> FieldUse:
    if field is None:
        return FieldUse(".".join(path) or ".", roles, treatment)
    private = field.leaf and not field.shown
    return FieldUse(".".join(path) or ".", roles, treatment, field.type, field.reason, private)


def _treatment(view: ViewNode) -> str:
    if view.treatment is not None:
        return str(view.treatment)
    match view.visibility:
        case "shown":
            return "clear"
        case "blank":
            return "blank"
    return "default"


# ---------------------------------------------------------------- what is read

Viewed = tuple[Path, ViewNode]


def _read(view: ViewNode, demand: Demand, path: Path) -> Iterator[Viewed]:
    """Yield the fields that are read; a container of which nothing but the presence is read stands for itself."""
    if demand.whole:
        yield from _leaves(view, path)
    elif demand.fields:
        for name, inner in demand.fields.items():
            child = view.child(name)
            if child is not None:
                yield from _read(child, inner, (*path, name))
    elif path:
        yield path, view


def _leaves(view: ViewNode, path: Path) -> Iterator[Viewed]:
    for name, child in view.children.items():
        yield from _leaves(child, (*path, name))
    if not view.children:
        yield path, view


def _of_version(fields: Iterable[Viewed], root: ViewNode, version: str) -> Iterator[Viewed]:
    """Yield the fields that a version has, and those that the query names all the same."""
    named = {path for path, _ in _passed(root, ())}
    for path, view in fields:
        if view.field is None or version in view.field.versions or ".".join(path) in named:
            yield path, view


def _paths(number: int, places: Iterable[Place], read: Iterable[Path], *, lengths: bool = True) -> set[Path]:
    """Return the read fields that stand at places of source `number`, or above or below one.

    Without `lengths`, the length of a list is not that of the fields of its items.
    """
    found: set[Path] = set()
    for place in (path for source, path in places if source == number):
        met = {path for path in read if path[: len(place)] == place or place[: len(path)] == path}
        if lengths and not met and place[-1:] == (ITEMS,):
            met = {path for path in read if path[: len(place) - 1] == place[:-1]}
        found |= met
    return found


# ---------------------------------------------------------------- what is passed


def passes(view: ViewNode, path: Path = ()) -> Iterator[str]:
    """Yield the paths that the clauses pass, each the highest of its tree, with its treatment as queries write it."""
    for name, node in _passed(view, path):
        yield f"{name} as {node.treatment}" if node.treatment else name


def _passed(view: ViewNode, path: Path) -> Iterator[tuple[str, ViewNode]]:
    if view.visibility in ("shown", "open", "treated") or is_sealed(view):
        yield ".".join(path) or ".", view
    if view.visibility == "shown":
        return
    for name, child in view.children.items():
        if view.visibility != "open" or child.visibility != "shown":
            yield from _passed(child, (*path, name))


def passed_fields(source: SourcePlan, uses: Iterable[FieldUse], version: str) -> Iterator[FieldUse]:
    """Yield the fields that the clauses of a source pass, with their roles; those that it does not read have none."""
    known = {use.path: use for use in uses}
    for path, view in _of_version(_leaves(source.view, ()), source.view, version):
        if view.visibility in ("shown", "treated") or is_sealed(view):
            yield known.get(".".join(path)) or _use(path, (), view.field, _treatment(view))


# ---------------------------------------------------------------- few paths for many


def summary(paths: Iterable[str], name: str, version: str) -> list[str]:
    """Return paths of a module, with one path for a container whose every field is among them."""
    listed = dict.fromkeys(paths)
    children = module(name, version).root.children
    whole: dict[str, list[str]] = {}
    for first in dict.fromkeys(path.partition(".")[0] for path in listed):
        if first in children:
            whole |= _whole(children[first], listed, version)
    return list(dict.fromkeys(next((top for top in whole if path in whole[top]), path) for path in listed))


def _whole(field: SchemaField, listed: Collection[str], version: str) -> dict[str, list[str]]:
    """Return the highest containers whose every field is listed, with the paths of these fields."""
    below = [child for child in field.children.values() if version in child.versions]
    leaves = list(_all_leaves(field, version))
    if below and all(path in listed for path in leaves):
        return {field.path: leaves}
    found: dict[str, list[str]] = {}
    for child in below:
        found |= _whole(child, listed, version)
    return found


def _all_leaves(field: SchemaField, version: str) -> Iterator[str]:
    below = [child for child in field.children.values() if version in child.versions]
    for child in below:
        yield from _all_leaves(child, version)
    if not below:
        yield field.path
