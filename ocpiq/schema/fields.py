"""The schema of a module and of its fields."""

from __future__ import annotations

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


class SchemaModule(Struct, frozen=True):
    """A module as queries name it, merged: the fields of its version first, then those of other versions only.

    `object` is the OCPI type of its objects, `root` contains their fields (its path is empty), `key` has the paths of
    the natural key, and `versions` are the OCPI versions that have the module.
    """

    name: str
    object: str
    version: str
    root: SchemaField
    key: tuple[str, ...]
    versions: tuple[str, ...]
    part: NestedModule | None = None

    @property
    def pulled(self) -> str:
        """The module that a platform lists: `locations` for `evses` and `connectors`, else its own name."""
        return self.part.pulled if self.part else self.name
