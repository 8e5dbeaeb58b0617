"""Values as GeoJSON (RFC 7946): a feature for each row, a point if it has coordinates."""

from __future__ import annotations

import math
import re
from typing import Final

from ocpiq.errors import FormatError, Message, join, say
from ocpiq.plan.columns import Columns
from ocpiq.sinks.column_types import CONTENTS
from ocpiq.sinks.rows import ColumnLabel, RowBuilder, row_builder
from ocpiq.sinks.sink import FormatSettings, Sink, StreamSink
from ocpiq.sinks.target import Target
from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import encode
from ocpiq.values.terminal import LINES, visible
from ocpiq.values.types import Value

PAIRS: Final = (("latitude", "longitude"), ("lat", "lon"), ("lat", "lng"), ("lat", "long"))
NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?", re.ASCII)
"""A decimal number as text, as OCPI has coordinates."""

BEGIN: Final = b'{"type":"FeatureCollection","features":['
END: Final = b"\n]}\n"


def open_geojson(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for GeoJSON. Raises FormatError if the plan knows that no result has coordinates."""
    rows = row_builder(columns, settings)
    encoder = GeoJsonEncoder(rows, target)
    if columns.closed and rows.settle():
        encoder.find_position()
    return StreamSink(target, encoder)


class GeoJsonEncoder:
    """An encoder that finds the columns of the position and makes the others properties, null for a blank.

    0,0 stands for an unknown position and, as what is outside the earth, is left out; a warning at the end counts both.
    """

    def __init__(self, rows: RowBuilder, target: Target) -> None:
        self._rows = rows
        self._target = target
        self._position: tuple[int, int] | None = None
        self._started = False
        self._zero = 0
        self._outside = 0

    def write(self, value: Value) -> bytes:
        """Return the feature."""
        cells = [None if type(cell) is Blank else cell for cell in self._rows.cells(value)]
        latitude, longitude = self._position or self.find_position()
        properties = dict(zip(self._rows.names, cells, strict=True))
        for column in (latitude, longitude):
            del properties[self._rows.names[column]]
        point = self._point(self._coordinate(cells, longitude), self._coordinate(cells, latitude))
        feature: Value = {"type": "Feature", "geometry": point, "properties": properties}
        prefix = b",\n" if self._started else BEGIN + b"\n"
        self._started = True
        data = encode(feature)
        if self._target.terminal and not data.isascii():
            data = visible(data.decode(), LINES).encode()
        return prefix + data

    def flush(self) -> bytes:
        """Return nothing: every feature is written at once."""
        return b""

    def end(self) -> bytes:
        """Return the end of the collection, and warn of positions that were left out."""
        counts = []
        if self._zero:
            counts.append(say("{count:,} at 0,0", count=self._zero))
        if self._outside:
            counts.append(say("{count:,} outside the earth", count=self._outside))
        if counts:
            self._target.warn(say("positions left out: {counts}", counts=join(counts)))
        return END if self._started else BEGIN + END

    def find_position(self) -> tuple[int, int]:
        """Return the columns of latitude and longitude. Raises FormatError if there are none, or blanked ones."""
        names = self._rows.names
        for index, name in enumerate(names):
            prefix, dot, last = name.rpartition(".")
            for first, second in PAIRS:
                if last == first and prefix + dot + second in names:
                    self._position = (index, names.index(prefix + dot + second))
                    self._refuse_blanks(self._position)
                    return self._position
        hint = say("| {{id, latitude: .coordinates.latitude, longitude: .coordinates.longitude}}")
        raise FormatError(say("GeoJSON needs columns latitude and longitude"), hint=hint)

    def _refuse_blanks(self, position: tuple[int, int]) -> None:
        for column in position:
            if self._rows.leaves[column].blank:
                label = ColumnLabel(self._rows.names[column])
                raise FormatError(
                    say("column {column} is blanked, so there is no position to write", column=label),
                    hint=say("pass the coordinates"),
                )

    def _point(self, longitude: float | None, latitude: float | None) -> Value:
        if longitude is None or latitude is None:
            return None
        if longitude == latitude == 0:
            self._zero += 1
            return None
        if abs(longitude) > 180 or abs(latitude) > 90:
            self._outside += 1
            return None
        return {"type": "Point", "coordinates": [longitude, latitude]}

    def _coordinate(self, cells: list[Value], column: int) -> float | None:
        cell = cells[column]
        if cell is None:
            return None
        if type(cell) is str and NUMBER.fullmatch(cell):
            return float(cell)
        if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
            return float(cell)
        raise FormatError(self._misfit(column))

    def _misfit(self, column: int) -> Message:
        return say(
            "{unit} {result} does not fit column {column}, which holds {contents}",
            unit=self._rows.unit,
            result=self._rows.count,
            column=ColumnLabel(self._rows.names[column]),
            contents=CONTENTS["number"],
        )
