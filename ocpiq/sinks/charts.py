"""What a chart shows of rows: labels or times along one axis, numbers along the other. Nothing here draws."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC
from itertools import pairwise
from typing import Final

from msgspec import Struct

from ocpiq.values.arithmetic import is_number
from ocpiq.values.blank import Blank
from ocpiq.values.times import epoch_us, period
from ocpiq.values.types import Value

LABEL_COLUMNS: Final = 3  # that a label is made of at most
LEAST_TIMES: Final = 3  # of a line; fewer are bars
COORDINATES: Final = re.compile(r"(?:.*\.)?(?:latitude|longitude|lat|lon|lng)", re.IGNORECASE)
LABEL_GAP: Final = ", "
MOST_DECIMALS: Final = 6
SCIENTIFIC: Final = 1e12  # from here on a number is written with an exponent

Number = float | None


class Bars(Struct, frozen=True):
    """A number for each label. `axis` names the labels' columns; None stands for a null or a blank."""

    title: str
    axis: str
    labels: tuple[str, ...]
    values: tuple[Number, ...]


class Series(Struct, frozen=True):
    """A number at some of a chart's times; `name` is "" for the only series of a chart."""

    name: str
    values: tuple[Number, ...]


class Lines(Struct, frozen=True):
    """Series over the same times, which are ascending, in microseconds since 1970, each with its `labels` text."""

    title: str
    axis: str
    times: tuple[int, ...]
    labels: tuple[str, ...]
    series: tuple[Series, ...]


Chart = Bars | Lines
CellText = Callable[[Value], str]


class Rows(Struct, frozen=True):
    """The rows to draw: names of columns, cells, and what writes a cell."""

    names: tuple[str, ...]
    cells: Sequence[Sequence[Value]]
    text: CellText

    def column(self, number: int) -> list[Value]:
        """Return the cells of a column."""
        return [row[number] for row in self.cells]


def charts(rows: Rows) -> tuple[Chart, ...]:
    """Return a chart for each column of numbers, in the order of the columns; none without such a column."""
    numbers = [number for number in range(len(rows.names)) if _is_measure(rows, number)]
    others = [
        number
        for number in range(len(rows.names))
        if number not in numbers and not COORDINATES.fullmatch(rows.names[number])
    ]
    if not others and len(numbers) > 1 and _ascends(rows.column(numbers[0])):
        others.append(numbers.pop(0))
    time = next((number for number in others if _times(rows.column(number))), None)
    if time is not None:
        lines = _lines(rows, time, [number for number in others if number != time], numbers)
        if lines:
            return lines
    return _bars(rows, others, numbers)


def _is_measure(rows: Rows, number: int) -> bool:
    """Tell whether a column holds numbers, and nothing else but null and blanks; a coordinate is not one."""
    cells = rows.column(number)
    return (
        not COORDINATES.fullmatch(rows.names[number])
        and any(map(is_number, cells))
        and all(is_number(cell) or cell is None or type(cell) is Blank for cell in cells)
    )


def _ascends(cells: Sequence[Value]) -> bool:
    """Tell whether the cells are whole numbers in ascending order, as the keys of groups are (hours, years)."""
    return all(type(cell) is int for cell in cells) and all(
        one < other  # type: ignore[operator]
        for one, other in pairwise(cells)
    )


def _time(cell: Value) -> int | None:
    """Return the start of a day, week, month or quarter, or the moment that a cell holds, in microseconds."""
    if type(cell) is not str or (cell.isdecimal() and len(cell) == 4):  # a year may be a postal code too
        return None
    bounds = period(cell, UTC)
    return epoch_us(cell) if bounds is None else bounds[0]


def _times(cells: Sequence[Value]) -> bool:
    times = {_time(cell) for cell in cells}
    return None not in times and len(times) >= LEAST_TIMES


def _lines(rows: Rows, time: int, others: Sequence[int], numbers: Sequence[int]) -> tuple[Lines, ...]:
    """Return the charts of series over time; none where a series would have two numbers at one time."""
    by_time = {moment: rows.text(row[time]) for row in rows.cells if (moment := _time(row[time])) is not None}
    times = sorted(by_time)
    labels = _label_columns(rows, others, len(times)) if len(times) < len(rows.cells) else []
    points: dict[str, dict[int, Sequence[Value]]] = {}
    for row in rows.cells:
        moment = _time(row[time])
        name = LABEL_GAP.join(rows.text(row[number]) for number in labels)
        series = points.setdefault(name, {})
        if moment is None or moment in series:
            return ()
        series[moment] = row
    if len(points) * 2 > len(rows.cells):  # most series would be single points
        return ()
    axis = LABEL_GAP.join(rows.names[number] for number in (*labels, time))
    return tuple(
        Lines(
            rows.names[number],
            axis,
            tuple(times),
            tuple(by_time[moment] for moment in times),
            tuple(
                Series(
                    name,
                    tuple(_number(series[at][number]) if at in series else None for at in times),
                )
                for name, series in points.items()
            ),
        )
        for number in numbers
    )


def _bars(rows: Rows, others: Sequence[int], numbers: Sequence[int]) -> tuple[Bars, ...]:
    labels = _label_columns(rows, others, 1)
    texts = tuple(LABEL_GAP.join(rows.text(row[number]) for number in labels) for row in rows.cells)
    if not labels:
        texts = tuple(str(number) for number in range(1, len(rows.cells) + 1))
    axis = LABEL_GAP.join(rows.names[number] for number in labels)
    return tuple(
        Bars(rows.names[number], axis, texts, tuple(map(_number, rows.column(number)))) for number in numbers
    )


def _label_columns(rows: Rows, others: Sequence[int], most: int) -> list[int]:
    """Return the first columns that together tell rows apart, up to `most` with the same label."""
    chosen: list[int] = []
    for number in others:
        if any(isinstance(cell, list | dict) for cell in rows.column(number)):
            continue
        chosen.append(number)
        counts: dict[tuple[str, ...], int] = {}
        for row in rows.cells:
            label = tuple(rows.text(row[column]) for column in chosen)
            counts[label] = counts.get(label, 0) + 1
        if max(counts.values()) <= most or len(chosen) == LABEL_COLUMNS:
            break
    return chosen


def _number(cell: Value) -> Number:
    """Return a cell as a double; what is not finite has no place on an axis."""
    if not is_number(cell):
        return None
    try:
        number = float(cell)  # type: ignore[arg-type]
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def number_texts(values: Sequence[Number], missing: str = "") -> list[str]:
    """Return numbers as people read them: thousands in groups, and as many decimals as tell the largest apart."""
    present = [abs(value) for value in values if value is not None]
    greatest = max(present, default=0.0)
    decimals = 0
    if greatest and any(not value.is_integer() for value in present):
        decimals = max(0, min(MOST_DECIMALS, 2 - math.floor(math.log10(greatest))))
    if greatest >= SCIENTIFIC:
        return [missing if value is None else f"{value:.3e}" for value in values]
    return [missing if value is None else f"{value:,.{decimals}f}" for value in values]


def nice_ceiling(value: float) -> float:
    """Return the least round number that `value` does not exceed: one of a few steps times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        (step * power for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8) if value <= step * power), 10 * power
    )
