"""Where the fields of one OCPI version are in the objects of another, for `--as`: the table of counterparts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from msgspec.structs import replace

from ocpiq.schema.fields import VERSIONS, Counterpart, OwnForm, Reading, SchemaField, SchemaModule
from ocpiq.schema.load import module
from ocpiq.schema.types import rows

COLUMNS: Final = {"2.1.1": 1, "2.2": 2, "2.2.1": 2, "2.3.0": 3}
NONE: Final = "-"
PARTY: Final = "@"


def read_as(name: str, version: str, own: Sequence[OwnForm]) -> SchemaModule:
    """Return the module `name` in the form of `version`, as it is read from platforms of other forms.

    It has the fields that have a counterpart in every form. One passes by default only if it does so in all of them. A
    party that is not known is a field that does not pass. KeyError if a version has no such module.
    """
    return _read_as(name, version, tuple(own))


@cache
def _read_as(name: str, version: str, own: tuple[OwnForm, ...]) -> SchemaModule:
    complete = module(name, version)
    for form in (version, *(form.version for form in own)):
        if form not in complete.versions:
            raise KeyError(form)
    fields = {form: counterparts(name, version, form.version) for form in own}
    reading = Reading(complete, own, fields)
    return replace(complete, root=_readable(complete.root, reading, version), reading=reading)


def _readable(field: SchemaField, reading: Reading, version: str) -> SchemaField:
    """Return a field with those below it that have a counterpart, each with the stricter privacy default."""
    children = {
        name: _readable(child, reading, version)
        for name, child in field.children.items()
        if version in child.versions and all(child.path in fields for fields in reading.fields.values())
    }
    shown, reason = field.shown, field.reason
    for form, fields in reading.fields.items() if field.leaf and field.path else ():
        counterpart = fields[field.path]
        if counterpart.party and not form.has_party:
            shown, reason = False, "the platform's party is not known"
        elif shown and counterpart.field is not None and not counterpart.field.shown:
            shown, reason = False, counterpart.field.reason
    return replace(field, children=children, versions=(version,), shown=shown, reason=reason)


@cache
def counterparts(name: str, version: str, own: str) -> Mapping[str, Counterpart]:
    """Return the counterparts in version `own` of a module's fields in `version`, by path, of those that have one."""
    found: dict[str, Counterpart] = {}
    root, own_root = module(name, version).root, module(name, own).root
    _collect([(root, Counterpart((), own_root))], version, own, found)
    return found


def _collect(
    above: list[tuple[SchemaField, Counterpart]], version: str, own: str, found: dict[str, Counterpart]
) -> None:
    """Add the counterparts of all fields below the last of `above`, which has a field and those it lies in."""
    for child in above[-1][0].children.values():
        if version not in child.versions:
            continue
        counterpart = _by_table(above, child, version, own)
        if counterpart is None and above[-1][1].field is not None:
            counterpart = _of_same_name(above[-1][1], child, own)
        if counterpart is not None and (counterpart.path is not None or counterpart.party):
            found[child.path] = counterpart
        if not child.leaf:
            inner: dict[str, Counterpart] = {}
            _collect([*above, (child, counterpart or Counterpart())], version, own, inner)
            if inner:
                found.setdefault(child.path, Counterpart())
            found |= inner


def _by_table(
    above: list[tuple[SchemaField, Counterpart]], field: SchemaField, version: str, own: str
) -> Counterpart | None:
    """Return the counterpart of a field by the table; an empty one if the table says that there is none."""
    for outer, counterpart in above:
        if counterpart.field is None or counterpart.path is None:
            continue
        path = field.path.removeprefix(f"{outer.path}.")
        for type_, names in lines():
            if type_ not in (outer.type, counterpart.field.type) or names[COLUMNS[version] - 1] != path:
                continue
            other = names[COLUMNS[own] - 1]
            if other == NONE:
                return Counterpart()
            if other.startswith(PARTY):
                return Counterpart(party=other.removeprefix(PARTY))
            return _at(counterpart, other, field, own)
    return None


def _of_same_name(outer: Counterpart, field: SchemaField, own: str) -> Counterpart | None:
    """Return the field of the same name and shape in the counterpart of the object that has the field."""
    assert outer.field is not None
    found = _at(outer, field.name, field, own)
    if found is None or found.field is None or found.field.many is not field.many:
        return None
    return found


def _at(outer: Counterpart, path: str, field: SchemaField, own: str) -> Counterpart | None:
    """Return the field at a path below another; None if the version has none of the type of `field` there."""
    inner = outer.field
    for name in path.split("."):
        inner = None if inner is None else inner.children.get(name)
        if inner is None or own not in inner.versions:
            return None
    if inner is None or inner.leaf is not field.leaf or inner.json != field.json:
        return None
    return Counterpart((*(outer.path or ()), *path.split(".")), inner)


@cache
def lines() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the lines of the table: the type of an object, and the paths of one thing in each column."""
    return tuple((type_, (first, second, third)) for type_, first, second, third, *_ in rows("counterparts"))


def other_names(parent: SchemaField, name: str) -> Iterator[str]:
    """Yield the paths, from an object, that other versions have for the same thing as its field, or for its id."""
    for type_, names in lines():
        if type_ == parent.type and (name in names or f"{name}.id" in names):
            yield from (path for path in names if path != name and path[0] not in (NONE, PARTY))


assert set(COLUMNS) == set(VERSIONS)
