"""A query over data in parts gives what one run over all of it gives, to the bit; what cannot be split says why."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.rows import RECIPIENT

import ocpiq
from ocpiq import BLANK
from ocpiq.errors import IncompleteError, Notice, PrivacyError, RunError, SourceError, WarningIssued
from ocpiq.query import compile
from ocpiq.query.parts import merge, split_of
from ocpiq.query.start import Start
from ocpiq.sources import memory
from ocpiq.values.json.codec import encode

# Queries of the kinds that run in parts, over CDRs (left) and locations (right sides of joins).
SPLIT = [
    "cdrs",
    "cdrs | .id",
    "cdrs pass total_energy | select(.total_energy > 3) | {id, kwh: .total_energy, currency}",
    "cdrs pass total_energy | .total_energy, .id",
    "cdrs pass charging_periods | .charging_periods[]?.dimensions[]? | .volume",
    "cdrs pass total_energy | limit 3",
    "cdrs pass total_energy | limit 3 | .id",
    "cdrs pass total_energy | sort by .total_energy | .id",
    "cdrs pass total_energy | sort by .currency, -.total_energy",
    "cdrs pass total_energy | top 3 by .total_energy | {id, kwh: .total_energy}",
    "cdrs pass total_energy | distinct by .currency | .id",
    "cdrs pass total_energy | aggregate sum(.total_energy)",
    "cdrs pass total_energy | aggregate {n: count, a: avg(.total_energy), s: stddev(.total_energy)} by .currency",
    "cdrs pass total_energy | aggregate {lo: min(.total_energy), hi: max(.total_energy)} by {c: .currency}",
    "cdrs pass total_energy | aggregate {f: first(.id), l: last(.id), d: count_distinct(.currency)} by .currency",
    "cdrs pass total_energy | aggregate {m: median(.total_energy), q: quantile(.total_energy; 0.9)}",
    "cdrs pass total_energy | aggregate {x: any(.total_energy > 5), y: all(.total_energy > 0)}",
    "cdrs pass total_energy | aggregate {c: count(.total_energy > 2)}",
    "cdrs pass total_energy | aggregate collect(.total_energy) by .currency",
    "cdrs | aggregate collect(.total_energy) by .currency",
    "cdrs pass total_energy | aggregate {k: sum(.total_energy)} by .currency | sort by -.k | limit 1",
    "cdrs pass total_energy | aggregate {k: sum(.total_energy)} by .currency | aggregate sum(.k)",
    "cdrs pass total_energy | aggregate sum(.total_energy) by {c: (.currency, null)}",
    "cdrs pass total_energy | select(.total_energy > 1) | limit 4 | aggregate sum(.total_energy)",
    "cdrs pass total_energy | . as $c | sort by $c.total_energy | {a: .id, b: $c.currency}",
    "cdrs pass total_energy | . as $c | limit 4 | $c.id",
    "cdrs pass total_energy | . as {id: $i} | distinct by .currency | [$i, .currency]",
    "[locations | .id] as $ids | cdrs pass cdr_location.id | select(IN(.cdr_location.id; $ids[])) | .id",
    "[locations pass city | .city] as $c | cdrs | aggregate count by .currency | {n: .count, c: ($c | length)}",
    "5 as $n | cdrs pass total_energy | aggregate sum(.total_energy * $n)",
    "def twice: . * 2; cdrs pass total_energy | (.total_energy | twice) | sort by . | limit 2 | twice",
    "def down: if . > 1 and . < 9 then . - 1 | down else . end; cdrs pass total_energy | .total_energy | down",
    "cdrs pass cdr_location.id | join (locations pass city) as $l on .cdr_location.id == $l.id | {id, city: $l.city}",
    "cdrs pass total_energy, cdr_location.id | join (locations pass city) as $l on .cdr_location.id == $l.id"
    " | aggregate sum(.total_energy) by {city: $l.city}",
    "cdrs pass cdr_location.id | join (locations pass city) as $l on .cdr_location.id == $l.id"
    " | sort by $l.city | {id, c: $l.city}",
    "cdrs pass cdr_location.id | limit 3 | join (locations pass city) as $l on .cdr_location.id == $l.id"
    " | {id, c: $l.city}",
    "cdrs pass total_energy | join (sessions during 2026-01) as $s on .id == $s.id | {id, s: $s.id}",
    "cdrs during 2026-01 pass total_energy, end_date_time | aggregate count by {m: (.end_date_time | month)}",
]
numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(-5, 9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.1, 0.2, 0.3, 1e300, 1e-300]),
)
cdr = st.fixed_dictionaries(
    {
        "currency": st.sampled_from(["EUR", "GBP", "é"]),
        "total_energy": numbers,
        "end_date_time": st.sampled_from(["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "no time"]),
        "cdr_location": st.fixed_dictionaries({"id": st.sampled_from(["L1", "L2", "none"])}),
    },
    optional={
        "charging_periods": st.lists(
            st.fixed_dictionaries(
                {
                    "dimensions": st.lists(
                        st.fixed_dictionaries({"type": st.just("ENERGY"), "volume": numbers})
                    )
                }
            ),
            max_size=2,
        ),
        "total_cost": st.just({"excl_vat": 1}),
    },
)
LOCATIONS = [{"id": "L1", "city": "Gent"}, {"id": "L2", "city": "Brugge"}]
SESSIONS = [{"id": str(n), "end_date_time": end} for n, end in enumerate(("2026-01-02T00:00:00Z", "no time"))]
JOINED = {"locations": LOCATIONS, "sessions": SESSIONS}


def results(run: Any) -> list[Any]:
    """Return all results, and the class and text of the error after them."""
    found = list[Any]()
    try:
        for value in run:
            found.append(encode(value))
    except (RunError, PrivacyError, IncompleteError) as error:
        found += [type(error), str(error)]
    return found


@settings(max_examples=400)
@given(st.sampled_from(SPLIT), st.lists(cdr, max_size=12), st.lists(st.integers(0, 12), max_size=5))
def test_parts_give_what_one_run_gives(text: str, objects: list[dict[str, Any]], cuts: list[int]) -> None:
    """Whatever the objects, and wherever they are cut: empty parts and parts of one object among them."""
    objects = [{**object_, "id": str(number)} for number, object_ in enumerate(objects)]
    query = compile(text)
    sources = memory({"cdrs": objects, **JOINED})
    expected = results(query.run(sources=sources))
    places = [0, *sorted(min(cut, len(objects)) for cut in cuts), len(objects)]
    slices = [objects[start:end] for start, end in pairwise(places)]

    def merged() -> Any:
        parts = [
            query.partial(memory({"cdrs": part, **JOINED}), number=number, of=len(slices))
            for number, part in enumerate(slices)
        ]
        yield from merge(query, parts, memory(JOINED))

    assert results(merged()) == expected


REFUSED = {
    "[cdrs | .id] | length": "`[…]` holds all objects at once",
    "reduce (cdrs | .id) as $x (0; . + 1)": "`reduce` takes the objects one after the other",
    "foreach (cdrs | .id) as $x (0; . + 1)": "`foreach` takes the objects one after the other",
    "first(cdrs | .id)": "it stops in the middle of the objects",
    "(cdrs | .id), (cdrs | .currency)": "`,` reads one source after the other",
    "cdrs newest 3 | .id": "`newest` depends on all pages",
    "cdrs | debug | .id": "`debug` writes while the objects are read",
    "cdrs | [input] | length": "`input` reads inputs one after the other",
    "if true then cdrs | .id else 1 end": "a condition decides whether the source is read",
    "1 + 1": "the query reads no OCPI module",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_split_says_why(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        split_of(compile(text))
    assert str(caught.value.message).startswith("the query cannot run in parts: ")
    assert REFUSED[text] in str(caught.value.message)


CDRS = [{"id": str(number), "currency": "EUR"} for number in range(6)]
COUNT = compile("cdrs | aggregate count")


def parts_of(query: Any = COUNT, *, of: int = 3, **settings: Any) -> list[bytes]:
    return [
        query.partial(memory({"cdrs": CDRS[start : start + 2]}), number=number, of=of, **settings)
        for number, start in enumerate(range(0, 6, 2))
    ]


EVERY = "merge takes what query.partial returned for every part, each once, in order"
AGAIN = "make it again with query.partial"
SAME = "the text, the variables, the time zone, the recipient and the start must be the same"


def flipped(data: bytes) -> bytes:
    """Return bytes with one bit that is not as it was."""
    return data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]


@pytest.mark.parametrize(
    ("change", "message", "fix"),
    [
        (lambda parts: [], "there are no parts to merge", EVERY),
        (lambda parts: parts[:2], "1 of 3 parts are missing: 2", EVERY),
        (
            lambda parts: parts_of(of=30),
            "27 of 30 parts are missing: 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, …",
            EVERY,
        ),
        (lambda parts: parts[1:], "part 1 comes where part 0 belongs", EVERY),
        (lambda parts: [parts[0], parts[2]], "part 2 comes where part 1 belongs", EVERY),
        (lambda parts: [parts[0], *parts], "part 0 comes twice, or too late", EVERY),
        (lambda parts: [*parts, parts[2]], "part 2 comes twice, or too late", EVERY),
        (lambda parts: [parts[1], parts[0], parts[2]], "part 1 comes where part 0 belongs", EVERY),
        (lambda parts: [parts[0][:-3], *parts[1:]], "part 0 is damaged", AGAIN),
        (lambda parts: [parts[0] + b"x", *parts[1:]], "part 0 is damaged", AGAIN),
        (lambda parts: [parts[0], flipped(parts[1]), parts[2]], "part 1 is damaged", AGAIN),
        (lambda parts: [b"", *parts[1:]], "part 0 is damaged", AGAIN),
        (lambda parts: [parts[0], "text"], "part 1 is not bytes", EVERY),
        (lambda parts: [None], "part 0 is not bytes", EVERY),
        (lambda parts: parts[0], "part 0 is not bytes", EVERY),
        (
            lambda parts: [*parts[:2], parts_of(of=4)[2]],
            "part 2 is one of 4, and those before it of 3",
            "`of`",
        ),
        (
            lambda parts: [*parts[:2], parts_of(compile("cdrs | aggregate {n: count}"))[2]],
            "part 2 is of another query",
            SAME,
        ),
        (lambda parts: parts_of(recipient=RECIPIENT), "part 0 is of another query", SAME),
        (lambda parts: parts_of(start=Start(1)), "part 0 is of another query", SAME),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: Any, message: str, fix: str) -> None:
    with pytest.raises(SourceError) as caught:
        list(merge(COUNT, change(parts_of())))
    assert str(caught.value.message) == message
    assert fix in str(caught.value.hint)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("number", "of"), [(-1, 0), (3, 3)])
def test_a_part_that_cannot_be_is_refused(number: int, of: int) -> None:
    with pytest.raises(SourceError, match=f"there is no part {number} of {of}"):
        COUNT.partial(memory({"cdrs": CDRS}), number=number, of=of)


def test_no_byte_of_a_part_can_change() -> None:
    part = parts_of()[0]
    for place in range(len(part)):
        changed = bytearray(part)
        changed[place] ^= 1
        with pytest.raises(SourceError, match=r"part 0 (is damaged|was made by another version of ocpiq)"):
            list(merge(COUNT, [bytes(changed)]))
        with pytest.raises(SourceError, match="part 0 is damaged"):
            list(merge(COUNT, [part[:place]]))


def test_a_part_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocpiq.query.part_format.__version__", "0.0.1")
    parts = parts_of()
    monkeypatch.undo()
    with pytest.raises(SourceError) as caught:
        list(merge(COUNT, parts))
    assert str(caught.value.message) == "part 0 was made by another version of ocpiq"
    assert f"use the same version everywhere: this is {ocpiq.__version__}" in str(caught.value.hint)


def test_a_part_of_an_earlier_format_is_refused() -> None:
    earlier = msgspec.msgpack.encode([2, "0.1.0", "fingerprint", 0, 1, [], [], None])
    with pytest.raises(SourceError, match="part 0 was made by another version of ocpiq"):
        list(merge(COUNT, [earlier]))


@pytest.mark.parametrize(
    ("text", "large"),
    [
        ("cdrs", True),
        ("cdrs | {id, currency}", True),
        ("cdrs | sort by .id", True),
        ("cdrs | distinct by .currency", True),
        ("cdrs | aggregate collect(.id)", True),
        ("cdrs | aggregate count by .currency", False),
        ("cdrs | top 3 by .id", False),
        ("cdrs | limit 3", False),
    ],
)
def test_what_is_as_large_as_the_data_is_not_sent_by_default(text: str, large: bool) -> None:
    assert split_of(compile(text)).large == large


def test_blanks_keep_their_field_in_a_part() -> None:
    query = compile("cdrs | sort by .id | {id, total_energy}")
    parts = [query.partial(memory({"cdrs": [{"id": "1", "total_energy": 3}]}))]
    [result] = merge(query, parts)
    assert result == {"id": "1", "total_energy": BLANK}
    assert result["total_energy"].path == "total_energy"
    assert b"\x03" not in parts[0].partition(b"total_energy")[2][:2]


def test_an_unpassed_value_is_in_no_part() -> None:
    secret = "Sphinx-of-black-quartz"
    objects = [
        {"id": "1", "total_energy": 3, "cdr_token": {"uid": secret, "contract_id": secret}, "remark": secret}
    ]
    for text in SPLIT:
        data = compile(text).partial(memory({"cdrs": objects, "locations": [], "sessions": []}))
        assert secret.encode() not in data


def test_counts_and_warnings_are_those_of_one_run() -> None:
    objects = [*CDRS, 3, {"id": "x", "kWh": 1, "last_updated": "never"}]
    query = compile("cdrs since 2020-01-01 pass last_updated | aggregate count by .currency")
    whole: list[Notice] = []
    list(query.run(sources=memory({"cdrs": objects}), notify=whole.append))
    said: list[Notice] = []
    parts = [
        query.partial(memory({"cdrs": part}), number=number, of=2)
        for number, part in enumerate([objects[:3], objects[3:]])
    ]
    list(merge(query, parts, notify=said.append))
    warnings = [str(notice.message) for notice in said if isinstance(notice, WarningIssued)]
    expected = [str(notice.message) for notice in whole if isinstance(notice, WarningIssued)]
    assert [text.replace("page 2 index 3", "page 1 index 6") for text in warnings] == expected
    assert said[-1].objects == whole[-1].objects  # type: ignore[union-attr]


def test_objects_that_cannot_be_compared_make_the_whole_incomplete() -> None:
    query = compile("cdrs during 2026-01 | aggregate count")
    parts = [
        query.partial(memory({"cdrs": [{"id": "1", "end_date_time": end}]}), number=number)
        for number, end in enumerate(["2026-01-01T00:00:00Z", "never"])
    ]
    results = merge(query, parts)
    with pytest.raises(IncompleteError, match="1 of 2 objects could be compared"):
        list(results)


def test_files_are_parts_as_the_sketches_have_it(tmp_path: Path) -> None:
    """One file is one part: what examples/cluster/README.md does with Spark and Ray."""
    files = [tmp_path / f"{number}.ndjson" for number in range(3)]
    for number, file in enumerate(files):
        file.write_bytes(b"".join(encode(cdr) + b"\n" for cdr in CDRS[number * 2 : number * 2 + 2]))
    text = "cdrs | aggregate count by .currency"
    parts = [
        ocpiq.compile(text).partial(ocpiq.files({"cdrs": file}), number=number, of=len(files))
        for number, file in enumerate(files)
    ]
    assert list(ocpiq.merge(ocpiq.compile(text), parts)) == [{"currency": "EUR", "count": 6}]
