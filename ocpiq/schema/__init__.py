"""The OCPI objects of every version as data: paths, types, keys, and privacy defaults with their reasons."""

from __future__ import annotations

from ocpiq.schema.counterparts import read_as
from ocpiq.schema.fields import (
    DEFAULT_VERSION,
    ENDED,
    UPDATED,
    VERSIONS,
    NestedModule,
    OwnForm,
    SchemaField,
    SchemaModule,
)
from ocpiq.schema.load import OWN_MODULES, included, module, modules, parts, platform_modules
from ocpiq.schema.names import ModuleName, VersionName

__all__ = [
    "DEFAULT_VERSION",
    "ENDED",
    "OWN_MODULES",
    "UPDATED",
    "VERSIONS",
    "ModuleName",
    "NestedModule",
    "OwnForm",
    "SchemaField",
    "SchemaModule",
    "VersionName",
    "included",
    "module",
    "modules",
    "parts",
    "platform_modules",
    "read_as",
]
