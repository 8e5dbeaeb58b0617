"""The fields of one version among those of all: a module's tree has the fields of every version."""

from __future__ import annotations

from msgspec import structs

from ocpiq.schema.counterparts import other_names
from ocpiq.schema.fields import SchemaField


def only_in_other_versions(parent: SchemaField | None, field: SchemaField | None, version: str) -> bool:
    """Tell whether `version` has the parent object but not this field."""
    known = parent is None or not parent.versions or version in parent.versions
    return known and field is not None and bool(field.versions) and version not in field.versions


def counterpart(parent: SchemaField, name: str, version: str) -> str:
    """Return the path, from `parent`, that `version` has for the same thing as the field `name`; "" for none."""
    return next((other for other in other_names(parent, name) if _in_version(parent, other, version)), "")


def _in_version(parent: SchemaField, path: str, version: str) -> bool:
    field = parent
    for name in path.split("."):
        if name not in field.children:
            return False
        field = field.children[name]
    return version in field.versions


def of_version(field: SchemaField, version: str) -> SchemaField:
    """Return a field with those of its fields that `version` has."""
    children = {
        name: of_version(child, version)
        for name, child in field.children.items()
        if not child.versions or version in child.versions
    }
    return structs.replace(field, children=children)
