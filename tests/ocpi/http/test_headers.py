"""Headers that are read (Link, X-Total-Count) and sent (parties)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpiq.errors import UsageError
from ocpiq.ocpi import parse_party
from ocpiq.ocpi.http import link_header
from ocpiq.storage import Party

LINKS = {
    "plain": ('<https://x/a?b=1>; rel="next"', "https://x/a?b=1"),
    "no quotes": ("<a>;rel=next", "a"),
    "capitals": ('<a>; REL="Next"', "a"),
    "several kinds": ('<a>; rel="last next"', "a"),
    "several links": ('<a>; rel="prev", <b,c;d>; title="x, <y>; rel=next"; rel="next"', "b,c;d"),
    "another kind": ('<a>; rel="nextish"', None),
    "a kind in a title": ('<a>; title="rel=next"', None),
    "no kind": ("<a>", None),
    "empty": ("", None),
    "an empty target": ('< >; rel="next"', None),
    "no brackets": ('https://x; rel="next"', None),
    "not closed": ("<https://x", None),
}


@pytest.mark.parametrize(("header", "expected"), LINKS.values(), ids=LINKS)
def test_the_next_link(header, expected):
    assert link_header.next_link(header) == expected


@settings(deadline=None)
@given(st.text(alphabet='<>;,="\\ relnxt', max_size=60))
def test_parsing_a_link_header_never_raises(header):
    link_header.next_link(header)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7", 7), (" 0 ", 0), ("", None), ("-1", None), ("1.5", None), ("²", None), ("9" * 30, None)],
)
def test_counts(text, expected):
    assert link_header.parse_count(text) == expected


@pytest.mark.parametrize("text", ["NL-ABC", "nl-abc", "NL*ABC", "NLABC", " nl-abc "])
def test_a_party_as_people_write_it(text):
    assert parse_party(text) == Party("NL", "ABC")
    assert str(parse_party(text)) == "NL-ABC"


@pytest.mark.parametrize("text", ["", "NL", "NL-", "NL-ABCD", "N-ABC", "NL_ABC", "é1-ABC", "NL-ABC\nx"])
def test_text_that_is_not_a_party(text):
    with pytest.raises(UsageError):
        parse_party(text)
