"""Reads the tables: a text file per module, a line per field, easy to review and quick to load.

Columns stand apart by two blanks or more. A path whose type, cardinality, default or reason differs between
versions has a line for each; a container has `-` as its default, because only leaves pass or are blank.
"""

from __future__ import annotations

from functools import cache
from typing import cast

from msgspec import Struct

from ocpiq.schema.fields import VERSIONS, JsonType, Mark, NestedModule, SchemaField, SchemaModule
from ocpiq.schema.types import base, json_types, rows


class Line(Struct, frozen=True):
    """A line of a module's table."""

    path: str
    versions: tuple[str, ...]
    type: str
    cardinality: str
    default: str
    reason: str = ""


class Entry(Struct, frozen=True):
    """A line of the list of modules."""

    name: str
    object: str
    versions: tuple[str, ...]
    key: tuple[str, ...]
    part: NestedModule | None


def modules(version: str | None = None) -> tuple[str, ...]:
    """Return the modules as queries name them: those of `version`, or of all versions."""
    return tuple(dict.fromkeys(e.name for e in entries() if version is None or version in e.versions))


def parts() -> dict[str, str]:
    """Return the modules that no platform lists, each with the one that its objects are found in."""
    return {entry.name: entry.part.pulled for entry in entries() if entry.part}


@cache
def module(name: str, version: str) -> SchemaModule:
    """Return the module `name` as `version` sees it. KeyError where no version has such a module.

    A field is looked up in its own version first, then in the others, the latest first, because platforms mix
    them. Where one is a leaf, the fields that others have below it do not exist.
    """
    mine = [entry for entry in entries() if entry.name == name]
    if not mine or version not in VERSIONS:
        raise KeyError(name if not mine else version)
    entry = next((e for e in mine if version in e.versions), mine[-1])
    lines = part_lines(entry.part) if entry.part else table(name)
    having = tuple(v for v in VERSIONS if any(v in e.versions for e in mine))
    root = merged(entry.object, lines, version)
    return SchemaModule(name, entry.object, version, root, entry.key, having, entry.part)


def merged(type_: str, lines: list[Line], version: str) -> SchemaField:
    """Return the root of the tree that the lines make for `version`."""
    spoken: dict[str, tuple[str, ...]] = {}
    for line in lines:
        spoken[line.path] = spoken.get(line.path, ()) + line.versions
    root = SchemaField("", "", type_, False, True, False, False, "", (), False, {}, ())
    index = {"": root}
    for each in (version, *reversed([other for other in VERSIONS if other != version])):
        for line in lines:
            holder, _, name = line.path.rpartition(".")
            parent = index.get(holder)
            if each in line.versions and line.path not in index and parent is not None and not parent.leaf:
                versions = tuple(v for v in VERSIONS if v in spoken[line.path])
                mark = marks().get((parent.type, name), "")
                index[line.path] = parent.children[name] = field(line, name, each, versions, mark)
    return root


def field(line: Line, name: str, version: str, versions: tuple[str, ...], mark: Mark) -> SchemaField:
    """Return the field of a line, without its children. KeyError where the type is unknown."""
    open_enum, enum = enums().get((line.type, version), (False, ()))
    return SchemaField(
        name=name,
        path=line.path,
        type=line.type,
        many=line.cardinality in "*+",
        required=line.cardinality in "1+",
        leaf=line.default != "-",
        shown=line.default == "pass",
        reason=line.reason,
        enum=enum,
        open_enum=open_enum,
        children={},
        versions=versions,
        json=cast(JsonType, json_types()[base(line.type)]),
        mark=mark,
    )


def part_lines(part: NestedModule) -> list[Line]:
    """Return the lines of a part: the keys of what holds it, then its own."""
    whole, prefix = table(part.pulled), ".".join(part.path) + "."
    places = {name: ".".join(place) for name, place in part.keys.items()}
    keys = [renamed(line, name) for name, place in places.items() for line in whole if line.path == place]
    own = [line for line in whole if line.path.startswith(prefix)]
    return keys + [renamed(line, line.path.removeprefix(prefix)) for line in own]


def renamed(line: Line, path: str) -> Line:
    """Return the line under another path."""
    return Line(path, line.versions, line.type, line.cardinality, line.default, line.reason)


@cache
def table(name: str) -> list[Line]:
    """Return the lines of a module's table."""
    return [Line(row[0], versions_of(row[1]), *row[2:]) for row in rows(name)]


@cache
def marks() -> dict[tuple[str, str], Mark]:
    """Return the marks by the type of the object and the name of the field."""
    return {(holder, name): cast(Mark, mark) for holder, name, mark in rows("marks")}


@cache
def included() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return by the type of an object and the name of a total the fields that the total includes."""
    return {(holder, name): tuple(parts.split(",")) for holder, name, parts in rows("totals")}


@cache
def enums() -> dict[tuple[str, str], tuple[bool, tuple[str, ...]]]:
    """Return by type and version whether other values are legal, and the enum's values."""
    return {
        (name, version): (kind == "open", tuple(values.split()))
        for name, versions, kind, values in rows("enums")
        for version in versions_of(versions)
    }


@cache
def entries() -> tuple[Entry, ...]:
    """Return the list of modules."""
    return tuple(
        Entry(name, type_, versions_of(versions), tuple(key.split(",")), part_of(place, keys))
        for name, type_, versions, key, place, keys in rows("modules")
    )


def part_of(place: str, keys: str) -> NestedModule | None:
    """Return the part that `locations.evses` and `location_id=id,…` describe; None for `-`."""
    if place == "-":
        return None
    pulled, *path = place.split(".")
    pairs = (pair.split("=") for pair in keys.split(","))
    return NestedModule(pulled, tuple(path), {name: tuple(source.split(".")) for name, source in pairs})


def versions_of(text: str) -> tuple[str, ...]:
    """Return the versions that a column names."""
    return VERSIONS if text == "all" else tuple(text.split(","))
