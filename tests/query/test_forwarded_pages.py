"""Pages that are pulled here and opened in other processes give what one process gives, to the bit."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.forwarded import PagedSource, run_in_parts
from test_parts import LOCATIONS, SESSIONS, SPLIT, cdr, results

from ocpiq.errors import Notice, SourceError, WarningIssued
from ocpiq.gate import PageBody, PageOwner, gate, reopened
from ocpiq.gate.forwarding import PageCounts
from ocpiq.plan import nodes as plan
from ocpiq.query import compile
from ocpiq.query.forwarded import check_forwarding
from ocpiq.query.parts import split_of
from ocpiq.query.received_parts import sources_read_again
from ocpiq.query.start import Start

QUERIES = [
    *SPLIT,
    "cdrs during 2026-01 | .id",
    "cdrs since 2026-01-01 until 2026-02-01 pass last_updated | aggregate {n: count, f: first(.id)}",
    "cdrs pass total_energy as rounded(5) | .total_energy",
    "cdrs net pass total_energy, total_cost | aggregate {n: count, s: sum(.total_energy)} by .currency",
    "cdrs | {currency, tariffs, total_parking_cost}",
    "tariffs pass id | .id",
    "locations pass city | aggregate count by .city",
    "evses pass uid | {uid, status}",
    "connectors pass id | .id",
]
FORWARDED = [
    text
    for text in QUERIES
    if not isinstance(split_of(compile(text)).stage, plan.Take)
    and not sources_read_again(split_of(compile(text))).intersection(split_of(compile(text)).read_by_each)
]
BAD = [b"5", b"null", b"[]", b'"x"', b'{"id":"\\ud800","currency":"\xff"}', b'{"id":-0,"total_energy":-0}']
TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-31 10:00:00", "2025-01-01T00:00:00Z", "no time", 5])
EVSES = [{"uid": f"E{n}", "status": "AVAILABLE", "connectors": [{"id": str(n)}]} for n in range(3)]

objects = st.fixed_dictionaries(
    {"id": st.sampled_from([*map(str, range(12)), None, 7, 7.5, "A", "a"])},
    optional={
        "last_updated": TIMES,
        "surplus": st.just(1),
        "status": st.just(2),
        "credit": st.booleans(),
        "credit_reference_id": st.sampled_from(["1", "2"]),
        "country_code": st.sampled_from(["NL", "nl", "BE"]),
        "party_id": st.just("ABC"),
        "city": st.sampled_from(["Gent", "Brugge"]),
        "evses": st.lists(st.sampled_from(EVSES), max_size=2),
    },
)
WHOLE = {  # has all fields that the queries read, so that no page is searched for missing ones
    "currency": "EUR",
    "total_energy": 1.5,
    "total_cost": {"excl_vat": 1},
    "last_updated": "2026-01-01T00:00:00Z",
    "end_date_time": "2026-01-02T00:00:00Z",
    "cdr_location": {"id": "L1"},
    "charging_periods": [{"dimensions": [{"type": "ENERGY", "volume": 1}]}],
    "city": "Gent",
    "evses": EVSES,
    "credit": False,
    "credit_reference_id": "none",
    "tariffs": [],
    "total_parking_cost": {"excl_vat": 1},
}
items = st.one_of(
    st.builds(lambda one, two: json.dumps({**one, **two}).encode(), cdr, objects),
    st.builds(lambda one: json.dumps(one).encode(), objects),
    st.sampled_from(BAD),
)


@st.composite
def bodies(draw: st.DrawFn) -> list[bytes]:
    """Draw pages of any sizes: empty ones, pages of one object, objects that came before."""
    drawn = draw(st.lists(items, max_size=14))
    if draw(st.booleans()):  # many, so that the field report is complete before the last pages
        drawn = [json.dumps({**WHOLE, "id": f"M{n}"}).encode() for n in range(100)] + drawn
    cuts = draw(st.lists(st.integers(0, len(drawn)), max_size=6))
    pages = []
    for start, end in pairwise([0, *sorted(cuts), len(drawn)]):
        again = draw(st.integers(0, 2))  # begins with objects of the page before
        data = b"[%s]" % b",".join(drawn[max(0, start - again) : end])
        form = draw(st.sampled_from([b"%s", b'{"data":%s,"status_code":1000,"timestamp":"x"}', b'{"x":%s}']))
        pages.append(form % data)
    return pages


def said(notices: list[Notice]) -> list[str]:
    """Return what was reported, as text."""
    return sorted(str(n.message) if isinstance(n, WarningIssued) else repr(n) for n in notices)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORWARDED), bodies(), st.lists(st.integers(0, 3), max_size=6))
def test_pages_opened_elsewhere_give_what_one_process_gives(
    text: str, pulled: list[bytes], sizes: list[int]
) -> None:
    """Results, errors, warnings, counts of pages and objects, and whether the pull is incomplete."""
    compare(text, pulled, sizes)


def compare(text: str, pulled: list[bytes], sizes: list[int]) -> list[str]:
    """Compare what one process and several make of the same pages; return what they report."""
    query = compile(text)
    joined = {"locations": [json.dumps(LOCATIONS).encode()], "sessions": [json.dumps(SESSIONS).encode()]}
    split = query.modules[-1 if text[0] == "[" else 0]
    sources = {module: PagedSource(pulled if module == split else joined[module]) for module in query.modules}
    one, several = list[Notice](), list[Notice]()
    expected = results(query.run(sources=sources, notify=one.append, start=Start(0)))
    assert results(run_in_parts(query, sources, sizes, several.append)) == expected
    errors = any(isinstance(value, type) for value in expected)
    if not errors or expected[-2].__name__ == "IncompleteError":
        assert said(several) == said(one)
    return said(several)


FIRST = [{**WHOLE, "id": f"M{n}"} for n in range(100)]
LATER = {  # pages that come once the names of the first 100 objects were read
    "not UTF-8 in a field that is read": b'[{"id":"1"},{"id":"2","currency":"\xff"},{"id":"1","total_energy":1}]',
    "not UTF-8 elsewhere": b'[{"id":"1"},{"id":"2","remark":"\xff"},{"id":"1"}]',
    "not an object": b'[{"id":"1"},5,{"id":"1"},{"id":"3"}]',
    "broken in a field that is read": b'[{"id":"1"},{"id":"2","total_energy":1.e},{"id":"1"}]',
    "broken elsewhere": b'[{"id":"1"},{"id":"2","remark":[01]},{"id":"1"}]',
    "a lone surrogate": rb'[{"id":"1","currency":"\ud800"},{"id":"\ud800"},{"id":"\ud800"}]',
    "zero with a sign": b'[{"id":"1","total_energy":-0},{"id":"1","total_energy":-0.0}]',
    "deep": b'[{"id":"1","remark":' + b"[" * 5000 + b"]" * 5000 + b'},{"id":"1"},{"id":"2"}]',
}


@pytest.mark.parametrize(
    "query", ["cdrs pass total_energy | [.id, .currency, .total_energy]", "cdrs | .id", "cdrs"]
)
@pytest.mark.parametrize("page", LATER.values(), ids=list(LATER))
def test_pages_that_are_not_decoded_at_once(query: str, page: bytes) -> None:
    compare(query, [json.dumps(FIRST).encode(), page, b'[{"id":"1"},{"id":"4"}]'], [1, 1])


@pytest.mark.parametrize("value", [None, {"excl_vat": 1}])
@pytest.mark.parametrize("query", [".total_cost.excl_vat, .total_energy", ".total_cost, .total_energy", "."])
def test_missing_fields_are_looked_for_on_every_page(query: str, value: object) -> None:
    """Required ones, and those with a similar name; null counts as missing where the fields of rows are decoded."""
    others = {name: WHOLE[name] for name in WHOLE if name != "total_energy"}
    first = [{**others, "id": f"M{n}", "total_cost": {"Excl_Vat": 1}} for n in range(100)]
    later = [{"id": "1"}, {"id": "2", "total_energy": value and 1, "total_cost": value}]
    pages = [json.dumps(page).encode() for page in (first, later[:1], later[:1], later, later)]
    reported = compare(f"cdrs pass total_cost, total_energy | {query}", pages, [1, 1])
    is_missing = value is None and "excl_vat" in query
    assert any("total_energy" in text for text in reported) == is_missing, reported


@pytest.mark.parametrize("text", [text for text in QUERIES if "since" in text or "during" in text])
def test_objects_without_a_readable_date_are_counted(text: str) -> None:
    """Also on later pages, which are opened only as far as the pull needs it; an unreadable end is incomplete."""
    query = compile(text)
    undated = [
        {**WHOLE, "id": f"U{n}", "last_updated": "no time", "end_date_time": "no time"} for n in range(7)
    ]
    dated = [{**WHOLE, "id": f"M{n}"} for n in range(100)]
    pulled = [json.dumps(page).encode() for page in (dated, undated, dated[:5])]
    sources = {module: PagedSource(pulled) for module in query.modules}
    one, several = list[Notice](), list[Notice]()
    expected = results(query.run(sources=sources, notify=one.append, start=Start(0)))
    assert results(run_in_parts(query, sources, [1], several.append)) == expected
    assert said(several) == said(one)
    assert any("cannot be read" in text for text in [*said(one), str(expected[-1])])


REFUSED = {
    "cdrs | limit 3 | .id": "`limit` ends the pull as soon as it has its objects",
    "[locations pass city | .city] as $c | cdrs | aggregate count by .currency | {n: .count, c: ($c | length)}": (
        "a source would be pulled twice"
    ),
    "cdrs net | join locations as $l on .id == $l.id | aggregate count": "a source would be pulled twice",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_this_process_must_open_says_why(text: str) -> None:
    query = compile(text)
    sources = {module: PagedSource([]) for module in query.modules}
    with pytest.raises(SourceError) as caught:
        check_forwarding(query, sources, split_of(query, sources))
    assert REFUSED[text] in str(caught.value.message)


def test_a_page_that_another_process_reads_otherwise_is_refused() -> None:
    """Counts are compared: an object that one process leaves out must not be an object of the other."""
    cdrs = compile("cdrs | .id").plan.sources[0]
    page = PageBody(b'[{"id":"1"},{"id":"2"}]', (0,), PageCounts(2, 0, 0, 0, 1), PageOwner("", "2.2.1"))
    assert reopened(gate(cdrs.view, cdrs.demand), page).count == 2
    with pytest.raises(SourceError, match="cannot be read by another process"):
        reopened(gate(cdrs.view, cdrs.demand), replace(page, counts=PageCounts(2, 0, 0, 0, 0)))
