"""Charts for a terminal, character by character: bars, a line, a row of blocks for each series."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

import pytest

from ocpiq.errors import FormatError
from ocpiq.plan.columns import UNKNOWN
from ocpiq.sinks.charts import Bars, Chart, Lines, Series
from ocpiq.sinks.first_rows import MOST_ROWS
from ocpiq.sinks.sink import FormatSettings
from ocpiq.sinks.target import Target
from ocpiq.sinks.terminal_chart import Style, draw, open_chart
from ocpiq.values.blank import BLANK
from ocpiq.values.terminal import text_width
from ocpiq.values.types import Value

DAY = 86_400_000_000


def floats(values: Iterable[float | None]) -> tuple[float | None, ...]:
    return tuple(None if value is None else float(value) for value in values)


def bars(**values: float | None) -> Bars:
    return Bars("n", "c", tuple(values), floats(values.values()))


def line(*values: float | None) -> Lines:
    times = tuple(number * DAY for number in range(len(values)))
    labels = tuple(f"2026-01-{number + 1:02}" for number in range(len(values)))
    return Lines("n", "day", times, labels, (Series("", floats(values)),))


def series(**values: tuple[float | None, ...]) -> Lines:
    days = range(len(next(iter(values.values()))))
    named = tuple(Series(name, floats(numbers)) for name, numbers in values.items())
    return Lines("n", "c, day", tuple(day * DAY for day in days), tuple(f"d{day}" for day in days), named)


NARROW = Style(width=24, height=3)
ASCII = Style(width=24, height=3, ascii_only=True)

DRAWINGS: dict[str, tuple[Chart, Style, str]] = {
    "bars": (bars(a=4, bc=1, d=0), NARROW, "n by c\na  4 ███████████████████\nbc 1 ████▊\nd  0\n"),
    "bars in ASCII": (
        bars(a=4, bc=1, d=0),
        ASCII,
        "n by c\na  4 ###################\nbc 1 #####\nd  0\n",
    ),
    "nothing for a null": (bars(a=None, b=2), NARROW, "n by c\na -\nb 2 ████████████████████\n"),
    "a little is not nothing": (bars(a=1000, b=0.1), NARROW, "n by c\na 1,000 ████████████████\nb     0 ▏\n"),
    "below zero": (
        bars(a=-1, b=3),
        NARROW,
        "n by c\na -1 ████│\nb  3     │█████████████▌\n",
    ),
    "below zero in ASCII": (bars(a=-1, b=3), ASCII, "n by c\na -1 ####|\nb  3     |##############\n"),
    "a long label": (
        bars(abcdefghijklmnop=1),
        NARROW,
        "n by c\nabcdefghij… 1 ██████████\n",
    ),
    "a long label in ASCII": (bars(abcdefghijklmnop=1), ASCII, "n by c\nabcdefghij~ 1 ##########\n"),
    "a line": (
        line(0, 10, 5),
        NARROW,
        "n by day\n10 ┤       ⣀⠤⠒⠉⠒⠢⠤⣀⣀\n 5 ┤   ⢀⡠⠔⠉         ⠉⠑⠒⠤\n 0 ┤⡠⠔⠊⠁\n"
        "   └────────────────────\n    2026-01-01\n",
    ),
    "a line in ASCII": (
        line(0, 10, 5),
        ASCII,
        "n by day\n10 |        *******\n 5 |   *****       *****\n 0 |***\n   +--------------------\n"
        "    2026-01-01\n",
    ),
    "a line below zero": (
        line(-5, 5, 5),
        ASCII,
        "n by day\n 5 |        ************\n 0 |   *****\n-5 |***\n   +--------------------\n    2026-01-01\n",
    ),
    "series": (
        series(a=(1, 2, 8), bc=(4, None, 0)),
        NARROW,
        "n by c, day\n   highest d0        d2\na        8 ▁▁▁▁▂▂▂▂████\nbc       4 ▄▄▄▄    ▁▁▁▁\n",
    ),
    "series in ASCII": (
        series(a=(1, 2, 8), bc=(4, None, 0)),
        ASCII,
        "n by c, day\n   highest d0        d2\na        8 ____....####\nbc       4 ----    ____\n",
    ),
}


@pytest.mark.parametrize(("drawing", "style", "text"), DRAWINGS.values(), ids=DRAWINGS)
def test_drawings(drawing: Chart, style: Style, text: str) -> None:
    assert draw(drawing, style) == text


@pytest.mark.parametrize("drawing", [case[0] for case in DRAWINGS.values()], ids=DRAWINGS)
@pytest.mark.parametrize("width", [40, 79, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_line_is_wider_than_the_terminal(drawing: Chart, width: int, ascii_only: bool) -> None:
    text = draw(drawing, Style(width=width, height=5, ascii_only=ascii_only))
    assert max(map(text_width, text.splitlines())) <= width
    assert text.isascii() or not ascii_only


def test_a_line_with_a_gap_is_not_drawn_across_it() -> None:
    lines = draw(line(5, 5, None, 5, 5), ASCII).splitlines()
    assert [re.search(r"\*+ +\*+", text) is not None for text in lines].count(True) == 1


def test_more_times_than_columns_keep_the_last() -> None:
    text = draw(series(a=tuple(map(float, range(100))), b=tuple(map(float, range(100)))), NARROW)
    assert "d99" in text
    assert max(map(text_width, text.splitlines())) <= NARROW.width


def test_colors_are_around_bars_and_the_title_only() -> None:
    text = draw(bars(a=1, b=-1), Style(width=24, color=True))
    assert re.findall(r"\x1b\[[0-9;]*m", text) == [
        "\033[1m",
        "\033[0m",
        "\033[36m",
        "\033[0m",
        "\033[31m",
        "\033[0m",
    ]


def chart_of(*values: Value, settings: FormatSettings | None = None) -> tuple[str, list[str]]:
    """Return what the sink writes for values, and its warnings."""
    stream, warnings = io.BytesIO(), list[str]()
    sink = open_chart(Target(stream, None, False, warnings.append), UNKNOWN, settings or FormatSettings())
    for value in values:
        sink.write(value)
        sink.flush()
        assert not stream.getvalue()
    sink.close()
    return stream.getvalue().decode(), warnings


def test_a_chart_is_drawn_at_the_end_only() -> None:
    assert chart_of({"c": "a", "n": 1})[0].startswith("n by c\na 1 ███")


def test_no_results_are_no_chart() -> None:
    assert chart_of() == ("", [])


def test_labels_and_titles_cannot_control_the_terminal() -> None:
    text, _ = chart_of({"c\x1b[2J": "a\x1b]0;x\x07\u202e", "n\n": 1})
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert text.startswith("n\\n by c\\u001b[2J\n")


def test_ascii_escapes_labels() -> None:
    text, _ = chart_of({"c": "Köln 😀", "n": 1}, settings=FormatSettings(ascii_only=True))
    assert text.startswith("n by c\nK\\u00f6ln \\ud83d\\ude00 1 ###")


def test_nulls_and_blanks_have_the_texts_of_the_settings() -> None:
    text, _ = chart_of(
        {"c": None, "n": 1}, {"c": BLANK, "n": 2}, settings=FormatSettings(null="none", na="hidden")
    )
    assert [row[:6] for row in text.splitlines()[1:]] == ["none  ", "hidden"]


def test_a_long_result_says_how_much_of_it_is_drawn() -> None:
    text, warnings = chart_of(*({"c": f"c{number}", "n": 1} for number in range(MOST_ROWS + 5)))
    assert len(text.splitlines()) == MOST_ROWS + 1
    assert warnings == ["the chart has the first 1,000 of 1,005 results (fewer: top, limit or aggregate)"]


def test_results_without_numbers_are_an_error() -> None:
    with pytest.raises(FormatError, match="no column of numbers"):
        chart_of({"c": "a"})
