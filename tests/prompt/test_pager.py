"""What a terminal could obey is escaped, and stays the same JSON."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ocpiq.prompt.pager import escape_line
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
