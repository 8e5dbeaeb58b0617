"""The schema of a module and of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

VERSIONS = ("2.1.1", "2.2", "2.2.1", "2.3.0")
DEFAULT_VERSION = "2.2.1"  # if no version is known

UPDATED = "last_updated"
ENDED = ("end_date_time", "end_datetime", "stop_date_time")
"""The end of sessions and CDRs: since 2.2; in sessions of 2.1.1; in CDRs of 2.1.1. Platforms mix them."""


JsonType = Literal["number", "string", "boolean", "object"]
Mark = Literal["", "decimal", "money"]


class SchemaField(Struct, frozen=True):
    """One field of an object.

    `path` is dotted, without arrays (`evses.connectors.id`); `type` is the type in the specification; `many` is
    true for the cardinalities `*` and `+`, `required` for `1` and `+`. A `leaf` has no fields; `shown` tells
    whether it passes by default, and `reason` why. `versions` are the OCPI versions that have the path. `json` is the
    JSON type of the value, or of each item of a list. The mark `decimal` is for a string that contains a decimal
    number (a latitude), `money` for an amount in the currency of its object.
    """

    name: str
    path: str
    type: str
    many: bool
    required: bool
    leaf: bool
    shown: bool
    reason: str
    enum: tuple[str, ...]
    open_enum: bool
    children: dict[str, SchemaField]
    versions: tuple[str, ...]
    json: JsonType = "object"
    mark: Mark = ""


class NestedModule(Struct, frozen=True):
    """A module that OCPI does not list separately, because its objects are nested: EVSEs in locations.

    `pulled` is the module that a platform lists, `path` the path from its objects to the nested ones. `keys` has the
    fields that a nested object takes from its parents, each with the path of the value: `location_id` from `id`,
    `evse_uid` from `evses.uid`.
    """

    pulled: str
    path: tuple[str, ...]
    keys: dict[str, tuple[str, ...]]


class OwnForm(Struct, frozen=True):
    """The form of a platform's objects: their OCPI version, and whether the login knows the party they belong to."""

    version: str
    has_party: bool = False


class Counterpart(Struct, frozen=True):
    """What a field is read from: the path of a field in the platform's form, () for its object, or the party.

    With neither, `path` is None: the field is an object or a list that only its fields' counterparts fill. `field` is
    the one at `path`.
    """

    path: tuple[str, ...] | None = None
    field: SchemaField | None = None
    party: str = ""


class Reading(Struct, frozen=True):
    """A module read in the form of another OCPI version than its own.

    `complete` is the module in the form asked for, with the fields that have no counterpart. `fields` has the
    counterparts in each form by the path asked for.
    """

    complete: SchemaModule
    own: tuple[OwnForm, ...]
    fields: Mapping[OwnForm, Mapping[str, Counterpart]]

    def without_counterpart(self, path: str) -> tuple[str, ...]:
        """Return the versions that have no counterpart of a field, or none that can be read."""
        return tuple(form.version for form in self.own if not _is_readable(self.fields[form].get(path), form))

    def without_vendor_field(self, path: str, name: str) -> tuple[str, ...]:
        """Return the versions without an object at `path` that a vendor's field `name` could lie in."""
        root = Counterpart((), None)
        objects = {
            form.version: fields.get(path, None if path else root) for form, fields in self.fields.items()
        }
        return tuple(
            version
            for version, found in objects.items()
            if found is None
            or found.path is None
            or (found.field is not None and name in found.field.children)
        )

    def names(self, path: str) -> dict[str, str]:
        """Return the names of a field in the platforms' forms, by version, where they differ from `path`."""
        names = {form.version: own_name(self.fields[form], path) for form in self.own}
        return {version: name for version, name in names.items() if name not in ("", path)}


def own_name(fields: Mapping[str, Counterpart], path: str) -> str:
    """Return the path of a field's counterpart; empty if there is none.

    Of an object that only its fields' counterparts fill, it is theirs.
    """
    counterpart = fields.get(path)
    if counterpart is None:
        return ""
    if counterpart.party:
        return "the platform's party"
    if counterpart.path is not None:
        return ".".join(counterpart.path)
    below = (found.path for other, found in fields.items() if other.startswith(f"{path}."))
    return " and ".join(".".join(found) for found in below if found is not None)


def _is_readable(counterpart: Counterpart | None, form: OwnForm) -> bool:
    return counterpart is not None and (form.has_party or not counterpart.party)


class SchemaModule(Struct, frozen=True):
    """A module as queries name it, merged: the fields of its version first, then those of other versions only.

    `object` is the OCPI type of its objects, `root` contains their fields (its path is empty), `key` has the paths of
    the natural key, and `versions` are the OCPI versions that have the module. With a `reading`, its objects are read
    from those of other versions, and it has only the fields that these have too.
    """

    name: str
    object: str
    version: str
    root: SchemaField
    key: tuple[str, ...]
    versions: tuple[str, ...]
    part: NestedModule | None = None
    reading: Reading | None = None

    @property
    def pulled(self) -> str:
        """The module that a platform lists: `locations` for `evses` and `connectors`, else its own name."""
        return self.part.pulled if self.part else self.name
