"""What a terminal could obey is escaped, and stays the same JSON."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from ocpiq.prompt.pager_lines import PagerLines, PagerView, escape_line, rows_of
from ocpiq.values.json.codec import to_json


@given(st.text())
def test_no_control_character_and_no_change_of_direction_gets_through(text: str) -> None:
    shown = escape_line(to_json(text))
    assert json.loads(shown) == json.loads(to_json(text))
    assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in shown)
    assert not any(
        unicodedata.bidirectional(character)
        in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
        for character in shown
    )


def test_colours_and_indents_stay() -> None:
    assert escape_line('\t\x1b[0;32m"a\x9b\x1b[0m') == '\t\x1b[0;32m"a\\u009b\x1b[0m'


def test_the_oldest_lines_are_dropped() -> None:
    lines = PagerLines(most=100)
    view = PagerView(lines)
    view.resize(3, 10)
    for number in range(1000):
        lines.add(f"{number:03}")
    assert (lines.start, lines.end) == (967, 1000) and lines[999] == "999"
    view.resize(3, 10)
    assert view.visible()[0] == [("", "967")]
    view.scroll(-1)
    assert view.visible()[0] == [("", "967")]
    view.scroll(1000)
    assert [row[0][1] for row in view.visible()] == ["997", "998", "999"]


def test_a_very_long_line_becomes_several() -> None:
    lines = PagerLines()
    lines.add("\x1b[31m" + "a" * 10_000 + "\x1b[0m")
    assert lines.end == 3 and "".join(lines[number] for number in range(3)).count("a") == 10_000


@given(st.text(st.sampled_from("a東é\u0301\t שׁ"), max_size=40), st.integers(2, 9))
def test_rows_are_no_wider_than_the_screen_and_hold_all_text(text: str, width: int) -> None:
    rows = rows_of(text, width)
    widths = [sum(get_cwidth(piece) for _, piece in row) for row in rows]
    assert max(widths) <= width or "\t" in text
    assert "".join(piece for row in rows for _, piece in row).replace(" ", "") == text.replace(
        " ", ""
    ).replace("\t", "")


@given(st.lists(st.text("ab", max_size=30), min_size=1, max_size=30), st.integers(1, 9), st.integers(1, 9))
def test_going_forward_and_back_shows_every_row(texts: list[str], height: int, width: int) -> None:
    lines = PagerLines()
    for text in texts:
        lines.add(text)
    view = PagerView(lines)
    view.resize(height, width)
    everything = [row for text in texts for row in rows_of(text, width)]
    forward = [*view.visible()]
    while not view.at_end:
        view.scroll(1)
        forward.append(view.visible()[-1])
    assert forward == everything
    while (view.top, view.offset) != (0, 0):
        view.scroll(-1)
    assert view.visible() == everything[:height]
