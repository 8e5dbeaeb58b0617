"""The manifest of a result file: a data package (Frictionless, version 1) with its columns and where they came from."""

from __future__ import annotations

import json
import re
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from ocpiq.plan.columns import Column, ColumnType
from ocpiq.schema.units import unit_of
from ocpiq.sinks.about import About, SourceAbout
from ocpiq.sinks.registry import Format
from ocpiq.sinks.sink import FormatSettings

ENDING: Final = ".manifest.json"
TYPES: Final[dict[ColumnType, str]] = {
    "string": "string",
    "DateTime": "datetime",
    "decimal": "number",
    "number": "number",
    "int": "integer",
    "boolean": "boolean",
    "list": "array",
    "object": "object",
    "unknown": "any",
}
"""The types of columns in Frictionless' words (Table Schema, version 1)."""

MEDIA_TYPES: Final = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "html": "text/html",
    "markdown": "text/markdown",
    "geojson": "application/geo+json",
    "sqlite": "application/vnd.sqlite3",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ResultFile(Struct, frozen=True):
    """A file of results: where it will be, its format with its settings, its columns and the number of its rows.

    `written` is where it is now, if that is another place.
    """

    path: Path
    format: Format
    settings: FormatSettings
    columns: list[Column]
    rows: int
    written: Path | None = None


def path_of(file: Path) -> Path:
    """Return the path of a file's manifest."""
    return file.with_name(file.name + ENDING)


def manifest(file: ResultFile, about: About) -> bytes:
    """Return the manifest of a file, as JSON. Raises OSError."""
    package = {
        "profile": "data-package",
        "name": re.sub(r"[^a-z0-9._-]+", "-", file.path.name.lower()).strip("-") or "results",
        **({"title": about.title} if about.title else {}),
        **({"description": about.purpose} if about.purpose else {}),
        "created": about.created,
        "resources": [_resource(file)],
        "ocpiq": _origin(file, about),
    }
    return json.dumps(package, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n"


def _resource(file: ResultFile) -> dict[str, Any]:
    written = file.written or file.path
    with written.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    resource: dict[str, Any] = {
        "name": "results",
        "path": file.path.name,
        "format": file.format.name,
        "mediatype": MEDIA_TYPES.get(file.format.name, "application/octet-stream"),
        "bytes": written.stat().st_size,
        "hash": f"sha256:{digest}",
    }
    decimal = "."
    if file.format.name in ("csv", "tsv"):
        from ocpiq.sinks.csv import dialect_of  # noqa: PLC0415 - only CSV needs it

        dialect = dialect_of(file.settings.csv)
        decimal = dialect.decimal
        resource["encoding"] = "utf-8"
        delimiter = "\t" if file.format.name == "tsv" else dialect.delimiter
        resource["dialect"] = {"delimiter": delimiter, "lineTerminator": dialect.newline}
        resource["profile"] = "tabular-data-resource"
    fields = [_field(column, decimal) for column in file.columns]
    missing = list(dict.fromkeys((file.settings.null, file.settings.na)))
    resource["schema"] = {"fields": fields, "missingValues": missing}
    return resource


def _field(column: Column, decimal: str) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": TYPES[column.type]}
    if column.type == "DateTime":
        field["format"] = "any"
    if decimal != "." and field["type"] == "number":
        field["decimalChar"] = decimal
    if unit := unit_of(column.path):
        field["unit"] = unit
    if column.path:
        field["source"] = column.path
    if column.blank:
        field["blank"] = True
    return field


def _origin(file: ResultFile, about: About) -> dict[str, Any]:
    return {
        "version": about.tool_version,
        "query": about.query,
        "query_sha256": about.query_sha256,
        "privacy": about.privacy,
        "platform": about.platform,
        "ocpi_version": about.ocpi_version,
        "time_zone": about.zone,
        "sources": [_source(source) for source in about.sources],
        "pulls": [
            {
                "module": pull.module,
                "objects": pull.objects,
                "pages": pull.pages,
                "complete": pull.complete,
            }
            for pull in about.pulls
        ],
        "rows": file.rows,
        "complete": not about.incomplete,
        "incomplete": about.incomplete,
        "warnings": list(about.warnings),
    }


def _source(source: SourceAbout) -> dict[str, Any]:
    return {
        "module": source.module,
        "window": source.window,
        "passed": list(source.passed),
        "reasons": [{"field": path, "reason": reason} for path, reason in source.reasons],
        "shown": list(source.shown),
        "aggregated": list(source.aggregated),
        "decides": list(source.decides),
        "blanked": list(source.blanked),
    }
