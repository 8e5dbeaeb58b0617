"""Reads the tables: one text file per module and one line per field, easy to review and quick to load.

Columns are separated by two or more spaces. A path whose type, cardinality, default or reason differs between
versions has a line for each; a container has the default `-`, because only leaves pass or are blanked.
"""

from __future__ import annotations

from functools import cache
from typing import Final, cast

from msgspec import Struct

from ocpiq.schema.fields import VERSIONS, JsonType, Mark, NestedModule, SchemaField, SchemaModule
from ocpiq.schema.types import base, json_types, rows

OWN_MODULES: Final = ("statuses",)
"""The modules that OCPI does not have: the status log that `--status-log` keeps."""


class FieldRow(Struct, frozen=True):
    """A line of a module's table."""

    path: str
    versions: tuple[str, ...]
    type: str
    cardinality: str
    default: str
    reason: str = ""


class ModuleRow(Struct, frozen=True):
    """A line of the list of modules."""

    name: str
    object: str
    versions: tuple[str, ...]
    key: tuple[str, ...]
    part: NestedModule | None


def modules(version: str | None = None) -> tuple[str, ...]:
    """Return the modules as queries name them, of `version` or of all versions."""
    names = (entry.name for entry in entries() if version is None or version in entry.versions)
    return tuple(dict.fromkeys(names))


def platform_modules(version: str | None = None) -> tuple[str, ...]:
    """Return the modules that a platform can have: all but those that ocpiq keeps itself."""
    return tuple(name for name in modules(version) if name not in OWN_MODULES)


def parts() -> dict[str, str]:
    """Return the nested modules, each with the module that contains its objects."""
    return {entry.name: entry.part.pulled for entry in entries() if entry.part}


@cache
def module(name: str, version: str) -> SchemaModule:
    """Return the module `name` of `version`. KeyError if no version has this module.

    A field is looked up in this version first, then in the others, the latest first, because platforms mix
    versions. If a field is a leaf in one version, the fields that later lookups have below it are dropped.
    """
    candidates = [entry for entry in entries() if entry.name == name]
    if not candidates or version not in VERSIONS:
        raise KeyError(name if not candidates else version)
    entry = next((entry for entry in candidates if version in entry.versions), candidates[-1])
    lines = nested_lines(entry.part) if entry.part else table(name)
    versions = tuple(known for known in VERSIONS if any(known in entry.versions for entry in candidates))
    root = field_tree(entry.object, lines, version)
    return SchemaModule(name, entry.object, version, root, entry.key, versions, entry.part)


def field_tree(type_: str, lines: list[FieldRow], version: str) -> SchemaField:
    """Build the tree of fields of `version` and return its root."""
    versions_by_path: dict[str, tuple[str, ...]] = {}
    for line in lines:
        versions_by_path[line.path] = versions_by_path.get(line.path, ()) + line.versions
    root = SchemaField("", "", type_, False, True, False, False, "", (), False, {}, ())
    by_path = {"": root}
    for source in (version, *reversed([other for other in VERSIONS if other != version])):
        for line in lines:
            parent_path, _, name = line.path.rpartition(".")
            parent = by_path.get(parent_path)
            if (
                source in line.versions
                and line.path not in by_path
                and parent is not None
                and not parent.leaf
            ):
                versions = tuple(known for known in VERSIONS if known in versions_by_path[line.path])
                mark = marks().get((parent.type, name), "")
                by_path[line.path] = parent.children[name] = field(line, name, source, versions, mark)
    return root


def field(line: FieldRow, name: str, version: str, versions: tuple[str, ...], mark: Mark) -> SchemaField:
    """Return the field of a line, without its children. KeyError if the type is unknown."""
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


def nested_lines(part: NestedModule) -> list[FieldRow]:
    """Return the lines of a nested module: the keys of its parents, then its own fields."""
    lines, prefix = table(part.pulled), ".".join(part.path) + "."
    paths = {name: ".".join(path) for name, path in part.keys.items()}
    keys = [with_path(line, name) for name, path in paths.items() for line in lines if line.path == path]
    own = [line for line in lines if line.path.startswith(prefix)]
    return keys + [with_path(line, line.path.removeprefix(prefix)) for line in own]


def with_path(line: FieldRow, path: str) -> FieldRow:
    """Return a copy of the line with another path."""
    return FieldRow(path, line.versions, line.type, line.cardinality, line.default, line.reason)


@cache
def table(name: str) -> list[FieldRow]:
    """Return the lines of a module's table."""
    return [FieldRow(row[0], versions_of(row[1]), *row[2:]) for row in rows(name)]


@cache
def marks() -> dict[tuple[str, str], Mark]:
    """Return the marks by object type and field name."""
    return {(type_, name): cast(Mark, mark) for type_, name, mark in rows("marks")}


@cache
def included() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the fields that a total includes, by object type and field name of the total."""
    return {(type_, name): tuple(fields.split(",")) for type_, name, fields in rows("totals")}


@cache
def enums() -> dict[tuple[str, str], tuple[bool, tuple[str, ...]]]:
    """Return the enums by type and version: whether other values are allowed, and the values."""
    return {
        (name, version): (openness == "open", tuple(values.split()))
        for name, versions, openness, values in rows("enums")
        for version in versions_of(versions)
    }


@cache
def entries() -> tuple[ModuleRow, ...]:
    """Return the list of modules."""
    return tuple(
        ModuleRow(name, type_, versions_of(versions), tuple(key.split(",")), nested_module(path, keys))
        for name, type_, versions, key, path, keys in rows("modules")
    )


def nested_module(dotted: str, keys: str) -> NestedModule | None:
    """Return the nested module for `locations.evses` and `location_id=id,…`; None for `-`."""
    if dotted == "-":
        return None
    pulled, *path = dotted.split(".")
    pairs = (pair.split("=") for pair in keys.split(","))
    return NestedModule(pulled, tuple(path), {name: tuple(source.split(".")) for name, source in pairs})


def versions_of(text: str) -> tuple[str, ...]:
    """Return the versions in a column."""
    return VERSIONS if text == "all" else tuple(text.split(","))
