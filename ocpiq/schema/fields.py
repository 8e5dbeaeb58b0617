"""What the schema says of a module and of each of its fields."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

VERSIONS = ("2.1.1", "2.2", "2.2.1", "2.3.0")
DEFAULT_VERSION = "2.2.1"  # where nothing says which

UPDATED = "last_updated"
ENDED = ("end_date_time", "end_datetime", "stop_date_time")
"""The end of charging of sessions and CDRs: since 2.2, of 2.1.1 sessions, of 2.1.1 CDRs. Platforms mix them."""


JsonType = Literal["number", "string", "boolean", "object"]
Mark = Literal["", "decimal", "money"]


class SchemaField(Struct, frozen=True):
    """One field of an object.

    `path` is dotted with arrays implied (`evses.connectors.id`); `type` is the specification's own; `many`
    stands for the cardinalities `*` and `+`, `required` for `1` and `+`. A `leaf` has no fields of its own;
    `shown` tells whether it passes by default and `reason` why. `versions` are those whose specification has
    the path. `json` is the JSON type of the value, or of each item of a list. The mark `decimal` is for text that
    holds a decimal number (a latitude), `money` for an amount in the currency of its object.
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
    """Where the objects of a module lie that OCPI does not list by itself: an EVSE lies in a location.

    `pulled` is the module that a platform lists, `path` leads from its objects to the parts, and `keys` gives
    for each field that a part takes from what holds it the place of the value: `location_id` from `id`,
    `evse_uid` from `evses.uid`.
    """

    pulled: str
    path: tuple[str, ...]
    keys: dict[str, tuple[str, ...]]


class SchemaModule(Struct, frozen=True):
    """A module as queries name it, merged: the fields of its version first, then those that only others have.

    `object` is the OCPI type of its objects, `root` their fields (its path is empty), `key` the paths of the
    natural key, `versions` those that have the module.
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
