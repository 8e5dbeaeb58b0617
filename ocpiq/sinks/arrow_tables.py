"""Rows as Apache Arrow tables, for the formats that pyarrow writes or hands over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from ocpiq.sinks.column_types import TypedColumn


def arrow_type(column: TypedColumn) -> pa.DataType:
    """Return the Arrow type of a column."""
    match column.type:
        case "boolean":
            return pa.bool_()
        case "integer":
            return pa.int64()
        case "number":
            return pa.float64()
        case "decimal":
            return pa.decimal128(column.precision, column.scale)
        case "time":
            return pa.timestamp("us", tz="UTC")
    return pa.string()


def arrow_schema(columns: Sequence[TypedColumn], facts: Iterable[tuple[str, str]]) -> pa.Schema:
    """Return the schema: each field says whether it is blanked, and which field of OCPI it shows."""
    return pa.schema(map(_field, columns), metadata=metadata(facts))


def metadata(facts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return facts about a run as metadata."""
    return {f"ocpiq:{name}": value for name, value in facts}


def _field(column: TypedColumn) -> pa.Field:
    found = {"ocpiq:type": column.type, "ocpiq:blank": "true" if column.blank else "false"}
    if column.path:
        found["ocpiq:path"] = column.path
    return pa.field(column.name, arrow_type(column), metadata=found)


def arrow_table(schema: pa.Schema, cells: Sequence[Sequence[object]]) -> pa.Table:
    """Return rows, given as the cells of each column, as a table.

    A table, not a record batch: pyarrow splits a column whose text takes more than 2 GB into several chunks.
    """
    arrays = [pa.array(column, field.type) for column, field in zip(cells, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
