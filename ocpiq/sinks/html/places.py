"""The places of rows: which columns are coordinates, and the results at each."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from ocpiq.sinks.charts import Chart, Rows
from ocpiq.values.arithmetic import is_number
from ocpiq.values.types import Value

LATITUDE: Final = re.compile(r"(.*\.)?(latitude|lat)", re.IGNORECASE)
LONGITUDES: Final = {"latitude": ("longitude",), "lat": ("lon", "lng", "long")}
COORDINATE: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]+)?")
NAMED: Final = 5  # results that a place names


class Place(Struct):
    """The results at one place: how many, the greatest of their measures, and the names of the first."""

    latitude: float
    longitude: float
    count: int
    size: float
    names: list[str]


class Places(Struct, frozen=True):
    """All places, the column that `size` is of ("" for none), and how many results have no place."""

    places: list[Place]
    measure: str
    left_out: int


def places_of(rows: Rows, charts: Sequence[Chart]) -> Places | None:
    """Return the places of rows, or None without coordinates. The first chart's column is their measure."""
    columns = _columns(rows.names)
    if columns is None:
        return None
    label = next(
        (at for at in range(len(rows.names)) if at not in columns and _has_text(rows.column(at))), None
    )
    measure = charts[0].title if charts else ""
    sizes = rows.column(rows.names.index(measure)) if measure else [None] * len(rows.cells)
    places: dict[tuple[float, float], Place] = {}
    left_out = 0
    for row, size in zip(rows.cells, sizes, strict=True):
        degrees = _coordinates(row[columns[0]], row[columns[1]])
        if degrees is None:
            left_out += 1
            continue
        place = places.setdefault(degrees, Place(*degrees, 0, 0.0, []))
        place.count += 1
        place.size = max(place.size, _size(size))
        if label is not None and len(place.names) < NAMED:
            place.names.append(rows.text(row[label]))
    return Places(list(places.values()), measure, left_out) if places else None


def _columns(names: Sequence[str]) -> tuple[int, int] | None:
    """Return the numbers of the first columns that are a latitude and its longitude."""
    lower = [name.lower() for name in names]
    for at, name in enumerate(lower):
        match = LATITUDE.fullmatch(name)
        for longitude in LONGITUDES[match[2]] if match else ():
            other = f"{match[1] or ''}{longitude}" if match else ""
            if other in lower:
                return at, lower.index(other)
    return None


def _has_text(cells: Sequence[Value]) -> bool:
    return any(type(cell) is str for cell in cells)


def _coordinates(latitude: Value, longitude: Value) -> tuple[float, float] | None:
    """Return a place, or None where a cell is not a coordinate; 0, 0 is what platforms send for an unknown one."""
    first, second = _degrees(latitude, 90), _degrees(longitude, 180)
    return None if first is None or second is None or first == second == 0 else (first, second)


def _degrees(cell: Value, most: int) -> float | None:
    if type(cell) is str and COORDINATE.fullmatch(cell):
        cell = float(cell)
    if not is_number(cell) or not -most <= cell <= most:  # type: ignore[operator]
        return None
    return float(cell)  # type: ignore[arg-type]


def _size(cell: Value) -> float:
    """Return a measure as the size of a point: nothing below zero has one."""
    if not is_number(cell) or not 0 < cell < math.inf:  # type: ignore[operator]
        return 0.0
    return float(min(cell, 10**300))  # type: ignore[arg-type,type-var]
