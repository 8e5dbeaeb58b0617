"""What a chart shows of rows: which columns are labels, times and numbers, and how numbers are written."""

from __future__ import annotations

import pytest

from ocpiq.sinks.cells import CellTexts, cell_text
from ocpiq.sinks.charts import Bars, Lines, Rows, charts, nice_ceiling, number_texts
from ocpiq.values.blank import BLANK
from ocpiq.values.types import Value


def drawn(*rows: dict[str, Value]) -> list[tuple[object, ...]]:
    """Return of each chart: its kind, title, axis, labels, and values or series."""
    names = tuple(rows[0])
    cells = [[row[name] for name in names] for row in rows]
    found: list[tuple[object, ...]] = []
    for chart in charts(Rows(names, cells, lambda cell: cell_text(cell, CellTexts()))):
        if isinstance(chart, Bars):
            found.append(("bars", chart.title, chart.axis, chart.labels, chart.values))
        else:
            assert isinstance(chart, Lines)
            series = {one.name: one.values for one in chart.series}
            found.append(("line", chart.title, chart.axis, chart.labels, series))
    return found


CHOICES: dict[str, tuple[list[dict[str, Value]], list[tuple[object, ...]]]] = {
    "a label and a number": (
        [{"city": "Gent", "n": 1}, {"city": "Brugge", "n": 2.5}],
        [("bars", "n", "city", ("Gent", "Brugge"), (1.0, 2.5))],
    ),
    "two numbers are two charts": (
        [{"city": "a", "n": 1, "kwh": 9}],
        [("bars", "n", "city", ("a",), (1.0,)), ("bars", "kwh", "city", ("a",), (9.0,))],
    ),
    "two columns make a label where one does not tell rows apart": (
        [{"country": "BE", "city": "a", "n": 1}, {"country": "BE", "city": "b", "n": 2}],
        [("bars", "n", "country, city", ("BE, a", "BE, b"), (1.0, 2.0))],
    ),
    "months": (
        [{"m": "2026-03", "n": 3}, {"m": "2026-01", "n": 1}, {"m": "2026-02", "n": None}],
        [("line", "n", "m", ("2026-01", "2026-02", "2026-03"), {"": (1.0, None, 3.0)})],
    ),
    "two months are bars": (
        [{"m": "2026-03", "n": 3}, {"m": "2026-01", "n": 1}],
        [("bars", "n", "m", ("2026-03", "2026-01"), (3.0, 1.0))],
    ),
    "a month by city": (
        [{"c": city, "m": f"2026-0{month}", "n": month} for city in "ab" for month in (1, 2, 3)],
        [
            (
                "line",
                "n",
                "c, m",
                ("2026-01", "2026-02", "2026-03"),
                {"a": (1.0, 2.0, 3.0), "b": (1.0, 2.0, 3.0)},
            )
        ],
    ),
    "a city without a month": (
        [{"c": city, "m": f"2026-0{m}", "n": m} for city in "ab" for m in (1, 2, 3) if (city, m) != ("b", 2)],
        [
            (
                "line",
                "n",
                "c, m",
                ("2026-01", "2026-02", "2026-03"),
                {"a": (1.0, 2.0, 3.0), "b": (1.0, None, 3.0)},
            )
        ],
    ),
    "several at one time are bars": (
        [
            {"m": "2026-01", "n": 1},
            {"m": "2026-02", "n": 2},
            {"m": "2026-03", "n": 3},
            {"m": "2026-01", "n": 4},
        ],
        [("bars", "n", "m", ("2026-01", "2026-02", "2026-03", "2026-01"), (1.0, 2.0, 3.0, 4.0))],
    ),
    "moments, by when they are": (
        [
            {"t": f"2026-01-0{day}T10:00:00{zone}", "n": day}
            for day, zone in ((3, "Z"), (2, "+01:00"), (1, ""))
        ],
        [
            (
                "line",
                "n",
                "t",
                ("2026-01-01T10:00:00", "2026-01-02T10:00:00+01:00", "2026-01-03T10:00:00Z"),
                {"": (1.0, 2.0, 3.0)},
            )
        ],
    ),
    "hours": (
        [{"hour": 0, "n": 7}, {"hour": 1, "n": 5}],
        [("bars", "n", "hour", ("0", "1"), (7.0, 5.0))],
    ),
    "one column of numbers": ([{"value": 3}, {"value": 2}], [("bars", "value", "", ("1", "2"), (3.0, 2.0))]),
    "a blank and a null have no bar": (
        [{"c": "a", "n": BLANK}, {"c": None, "n": 1}, {"c": BLANK, "n": None}],
        [("bars", "n", "c", ("a", "", "#NA"), (None, 1.0, None))],
    ),
    "coordinates are not drawn": (
        [{"id": "a", "coordinates.latitude": 51.2, "coordinates.longitude": 3.1, "n": 2}],
        [("bars", "n", "id", ("a",), (2.0,))],
    ),
    "a list is not a label": ([{"l": [1], "c": "a", "n": 2}], [("bars", "n", "c", ("a",), (2.0,))]),
    "a year may be a postal code": (
        [{"p": "2026", "n": 1}, {"p": "2027", "n": 1}, {"p": "2028", "n": 2}],
        [("bars", "n", "p", ("2026", "2027", "2028"), (1.0, 1.0, 2.0))],
    ),
    "no axis for infinity": (
        [{"c": "a", "n": float("inf")}, {"c": "b", "n": 10**400}],
        [("bars", "n", "c", ("a", "b"), (None, None))],
    ),
    "no numbers": ([{"c": "a"}], []),
    "blanks only": ([{"c": "a", "n": BLANK}], []),
    "text among the numbers": ([{"c": "a", "n": 1}, {"c": "b", "n": "1"}], []),
}


@pytest.mark.parametrize(("rows", "expected"), CHOICES.values(), ids=CHOICES)
def test_what_is_drawn(rows: list[dict[str, Value]], expected: list[tuple[object, ...]]) -> None:
    assert drawn(*rows) == expected


NUMBERS = {
    "whole": ((1006.0, 7.0), ["1,006", "7"]),
    "decimals that tell the largest apart": ((95.25, 1.5), ["95.2", "1.5"]),
    "thousands need none": ((26192.827, 0.5), ["26,193", "0"]),
    "small": ((0.01234, 0.1), ["0.012", "0.100"]),
    "none": ((None, -1.5), ["-", "-1.50"]),
    "beyond what fits": ((1.5e300, 1.0), ["1.500e+300", "1.000e+00"]),
    "zero": ((0.0,), ["0"]),
}


@pytest.mark.parametrize(("values", "texts"), NUMBERS.values(), ids=NUMBERS)
def test_numbers_as_people_read_them(values: tuple[float | None, ...], texts: list[str]) -> None:
    assert number_texts(values, "-") == texts


@pytest.mark.parametrize(
    ("value", "end"),
    [(0.0, 1.0), (1.0, 1.0), (1006.0, 1200.0), (30335.5, 40000.0), (0.03, 0.03), (9.1, 10.0)],
)
def test_ends_of_an_axis_are_round(value: float, end: float) -> None:
    assert nice_ceiling(value) == pytest.approx(end)
