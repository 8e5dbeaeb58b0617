"""Typical mistakes: each is refused before anything is pulled, says where and how to fix it; none runs silently."""

from __future__ import annotations

import pytest

from ocpiq import query, sources
from ocpiq.errors import OcpiqError

COMPILES, PRIVACY = 3, 7

# the query, its exit code, the place that is marked, what is said, how to fix it
MISTAKES = [
    (
        "sessions pass kwH | .id",
        COMPILES,
        "kwH",
        "sessions has no field kwH",
        "did you mean kwh?",
    ),
    (
        "sessions pass kwh | .kwhh",
        COMPILES,
        ".kwhh",
        "sessions has no field kwhh",
        "did you mean kwh?",
    ),
    (
        "sesions | .id",
        COMPILES,
        "sesions",
        "unknown module or function sesions",
        "did you mean sessions?",
    ),
    (
        "sesions pass kwh, status | .kwh",
        COMPILES,
        "sesions",
        "unknown module sesions",
        "did you mean sessions?",
    ),
    (
        "sessions only id | .kwh",
        PRIVACY,
        ".kwh",
        "sessions.kwh is left out by `only`",
        "to use it: only …, kwh",
    ),
    (
        "locations | .evses.uid",
        COMPILES,
        ".uid",
        "locations.evses is a list",
        "its items have fields: .evses[].uid",
    ),
    (
        "sessions pass kwh, cdrs pass total_energy",
        COMPILES,
        "cdrs",
        "sessions has no field cdrs",
        "cdrs is a module: put each source with clauses in parentheses",
    ),
    (
        "sessions | select(.kwh > 10)",
        PRIVACY,
        ".kwh",
        "sessions.kwh is blanked",
        "to use it: sessions pass kwh",
    ),
    (
        "[sessions] | group_by(.status)",
        PRIVACY,
        "group_by(.status)",
        "sessions.status is blanked",
        "to use it: sessions pass status",
    ),
    (
        "sessions pass kwh | aggregate sum(.kwh) by .status",
        PRIVACY,
        ".status",
        "sessions.status is blanked",
        "to use it: sessions pass status",
    ),
    (
        'sessions pass status | select(.status == "completed")',
        COMPILES,
        '"completed"',
        "sessions.status is never 'completed'",
        "did you mean COMPLETED?",
    ),
    (
        'connectors | select(.format == "SOCKETT") | .id',
        COMPILES,
        '"SOCKETT"',
        "connectors.format is never 'SOCKETT'",
        "did you mean SOCKET?",
    ),
    (
        "cdrs pass total_cost | select(.total_cost > 5)",
        COMPILES,
        ".total_cost > 5",
        "cdrs.total_cost is an object (Price): it and a number are ordered by type, not by value",
        "use .total_cost | excl_vat, or a field such as .total_cost.excl_vat",
    ),
    (
        "cdrs pass total_cost | .total_cost * 1.21",
        COMPILES,
        ".total_cost * 1.21",
        "cdrs.total_cost is an object (Price): `*` does not take it and a number",
        "use .total_cost | excl_vat, or a field such as .total_cost.excl_vat",
    ),
    (
        "cdrs pass total_cost | aggregate sum(.total_cost)",
        COMPILES,
        ".total_cost",
        "sum(.total_cost) needs numbers, and cdrs.total_cost is an object (Price)",
        "use .total_cost | excl_vat, or a field such as .total_cost.excl_vat",
    ),
    (
        "cdrs pass total_cost | top 5 by .total_cost",
        COMPILES,
        ".total_cost",
        "`top` needs values that have an order, and cdrs.total_cost is an object (Price)",
        "use .total_cost | excl_vat, or a field such as .total_cost.excl_vat",
    ),
    (
        'sessions pass kwh | select(.kwh == "5")',
        COMPILES,
        '.kwh == "5"',
        "sessions.kwh is a number: it and a string are never equal",
        "write the number without quotes",
    ),
    (
        "sessions pass start_date_time, end_date_time | .end_date_time - .start_date_time",
        COMPILES,
        ".end_date_time - .start_date_time",
        "sessions.end_date_time is a string: `-` does not take it",
        "the time between two moments is duration_hours(end; start)",
    ),
    (
        "locations pass coordinates | select(.coordinates.latitude > 52)",
        COMPILES,
        ".coordinates.latitude > 52",
        "locations.coordinates.latitude is a string: it and a number are ordered by type, not by value",
        "convert the text to a number with tonumber",
    ),
    (
        'locations pass opening_times | .opening_times.regular_hours[] | select(.weekday == "1")',
        COMPILES,
        '.weekday == "1"',
        "locations.opening_times.regular_hours.weekday is a number: it and a string are never equal",
        "write the number without quotes",
    ),
    (
        'evses | select(.capabilities[] == "RFID_REEDER")',
        COMPILES,
        '"RFID_REEDER"',
        "evses.capabilities is never 'RFID_REEDER'",
        "did you mean RFID_READER?",
    ),
    (
        "locations | select(.evses > 3)",
        COMPILES,
        ".evses > 3",
        "locations.evses is an array: it and a number are ordered by type, not by value",
        "take one of its items, or all of them with .[]",
    ),
    (
        "sessions pass kwh | sum(.kwh)",
        COMPILES,
        "sum(.kwh)",
        "unknown function sum",
        "sum is a function of `aggregate`: … | aggregate sum(…)",
    ),
    (
        "sessions pass kwh | aggregate summ(.kwh)",
        COMPILES,
        "summ(.kwh)",
        "unknown function summ",
        "did you mean sum?",
    ),
    (
        "exit",  # no format such as @text was meant
        COMPILES,
        "exit",
        "unknown module or function exit",
        "",
    ),
    (
        "sessions pass kwh | {total: sum(.kwh), n: count}",
        COMPILES,
        "sum(.kwh)",
        "unknown function sum",
        "sum is a function of `aggregate`: … | aggregate sum(…)",
    ),
    (
        "sessions | aggregate .id by .country_code",
        COMPILES,
        ".id",
        "with `by`, a computed result needs a name",
        "write aggregate {name: …}",
    ),
    (
        "sessions | aggregate count by country_code",
        COMPILES,
        "country_code",
        "a key of `by` needs a name",
        "write by .country_code",
    ),
    (
        "sessions | . as $s | aggregate {n: count, id: $s.id}",
        COMPILES,
        "$s",
        "$s is not available here: `aggregate` combined all inputs, and it has a value for each; add it to `by`, or use first(…)",  # noqa: E501
        "",
    ),
    (
        "sessions | aggregate {id: count} by .id",
        COMPILES,
        "{id: count}",
        "id is already a key of `by`",
        "the keys of `by` are already in the result; use another name",
    ),
    (
        "sessions pass kwh | aggregate sum(.kwh) / count by .id",
        COMPILES,
        "sum(.kwh) / count",
        "with `by`, a computed result needs a name",
        "write aggregate {name: …}",
    ),
    (
        "sessions pass kwh | aggregate quantile(.kwh; 95)",
        COMPILES,
        "95",
        "a quantile is a number from 0 to 1",
        "the 95th percentile is quantile(…; 0.95)",
    ),
    (
        "aggregate count",
        COMPILES,
        "aggregate",
        "this stage has no input",
        "write its input to the left: sessions | limit 20",
    ),
    (
        "1, 2 as $x | $x | aggregate count",
        COMPILES,
        "aggregate count",
        "this stage applies only to the expression after the comma",
        "put its whole input in parentheses",
    ),
    (
        "sessions pass kwh | top 5",
        COMPILES,
        "",
        'unexpected end of the query; expected "by"',
        "",
    ),
    (
        "sessions | distinct by .id desc",
        COMPILES,
        ".id desc",
        "`distinct by` takes no `desc`",
        "add sort by … after it",
    ),
    (
        "sessions | sort by (.id, .country_code)",
        COMPILES,
        "(.id, .country_code)",
        "a key of `sort by` must be one value",
        "take one of them, such as first(…), or put them into an array: […]",
    ),
    (
        "range(3) as $n | sessions | limit $n",
        COMPILES,
        "sessions",
        "sessions would be pulled again for every output to its left",
        "collect it first: [sessions] as $sessions | …, or join it",
    ),
    (
        "locations | {id, n: ([sessions] | length)}",
        COMPILES,
        "sessions",
        "sessions would be pulled again for every output to its left",
        "collect it first: [sessions] as $sessions | …, or join it",
    ),
    (
        "locations | .id as $id | sessions pass location_id | select(.location_id == $id)",
        COMPILES,
        "sessions pass location_id",
        "sessions would be pulled again for every output to its left",
        "collect it first: [sessions] as $sessions | …, or join it",
    ),
    (
        "sessions | join locations as $l",
        PRIVACY,
        "join locations as $l",
        "sessions.location_id is blanked",
        "to use it: sessions pass location_id",
    ),
    (
        "sessions pass location_id | join locations as $l on .location_id == $l.name",
        PRIVACY,
        "$l.name",
        "locations.name is blanked",
        "to use it: locations pass name",
    ),
    (
        "sessions pass location_id | join locations as $l on .location_id == .id",
        COMPILES,
        ".location_id == .id",
        "neither side reads $l",
        "such as .location_id == $l.id",
    ),
    (
        "sessions pass location_id | join locations as $l on .location_id != $l.id",
        COMPILES,
        ".location_id != $l.id",
        "`on` takes only equalities",
        "such as on .id == $l.id and .type == $l.type; put other conditions in a select after it",
    ),
    (
        "sessions | join cdrs as $c on .id == $l.session_id",
        COMPILES,
        ".id == $l.session_id",
        "neither side reads $c",
        "such as .location_id == $c.id",
    ),
    (
        "cdrs | join tariffs as $t",
        COMPILES,
        "join tariffs as $t",
        "each of the cdrs may have several tariffs",
        "write join each tariffs as $t",
    ),
    (
        "tokens | join locations as $l",
        COMPILES,
        "join locations as $l",
        "OCPI 2.2.1 has no key from tokens to locations",
        "write on .… == $l.…",
    ),
    (
        "sessions during",
        COMPILES,
        "",
        "unexpected end of the query; expected a string, a $variable, a date such as 2026-01-31 or 2026-01-31T06:00Z or a period such as 2026-01, 2026-Q1, 2026-W03 or 2026",  # noqa: E501
        "",
    ),
    (
        "sessions | during 2026-01",
        COMPILES,
        "2026-01",
        'unexpected "2026-01"; expected an operator, ",", "|" or the end',
        "",
    ),
    (
        "sessions since 2026-01",
        COMPILES,
        "2026-01",
        'unexpected "2026-01"; expected a string, a $variable or a date such as 2026-01-31 or 2026-01-31T06:00Z',
        "",
    ),
    (
        "sessions since 2026-02-01 until 2026-01-01",
        COMPILES,
        "2026-01-01",
        "the window ends before it starts",
        "swap since and until",
    ),
    (
        "sessions during 2026-13",
        COMPILES,
        "2026-13",
        "'2026-13' is not a period",
        "write 2026, 2026-Q1, 2026-01, 2026-W03 or 2026-01-31",
    ),
    (
        'sessions pass start_date_time, end_date_time | slots("hour"; .start_date_time; .end_date_time) | .hour',
        COMPILES,
        ".hour",
        "the result of slots has no field hour",
        "did you mean hours?",
    ),
    (
        "sessions pass status | aggregate {n: count} by .status | {status, count}",
        COMPILES,
        "count",
        "the result of aggregate has no field count",
        "it has status, n",
    ),
    (
        "sessions pass kwh | select(.kwh == (.id | length | tostring))",
        COMPILES,
        ".kwh == (.id | length | tostring)",
        "sessions.kwh is a number: it and a string are never equal",
        "write the number without quotes",
    ),
    (
        "sessions pass start_date_time | select(.start_date_time > 2026-01-01)",
        COMPILES,
        ".start_date_time > 2026-01-01",
        "sessions.start_date_time is a string: it and a number are ordered by type, not by value",
        'put the date in quotes: "2026-01-01"',
    ),
    (
        "sessions pass kwh | aggregate sum(kwh)",
        COMPILES,
        "kwh",
        "unknown module or function kwh",
        "for the field, write .kwh",
    ),
    (
        "sessions pass kwh | select(kwh > 3)",
        COMPILES,
        "kwh",
        "unknown module or function kwh",
        "for the field, write .kwh",
    ),
    (
        'sessions pass status | select(.status = "ACTIVE")',
        COMPILES,
        '.status = "ACTIVE"',
        "= sets a field, so this condition is always true",
        'compare with ==: .status == "ACTIVE"',
    ),
    (
        "tariffs during 2026-01",
        COMPILES,
        "during 2026-01",
        "during works on sessions and cdrs, by their end of charging, not on tariffs",
        "write tariffs since 2026-01-01 until 2026-02-01 for what was last updated then",
    ),
    (
        "sessions newest | .id",
        COMPILES,
        "|",
        'unexpected "|"; expected a $variable or a whole number',
        "",
    ),
    ("cdrs since last since last", COMPILES, "since last", "since is repeated", ""),
    ("cdrs since last since 2026-01-31", COMPILES, "since 2026-01-31", "since is repeated", ""),
    (
        "sessions during $month",
        COMPILES,
        "$month",
        "$month is not defined",
        "set it with --arg month 2026-01",
    ),
]


@pytest.mark.parametrize(
    ("text", "code", "place", "message", "hint"), MISTAKES, ids=[row[0] for row in MISTAKES]
)
def test_mistake(text: str, code: int, place: str, message: str, hint: str) -> None:
    with pytest.raises(OcpiqError) as caught:
        query.compile(text)
    error = caught.value
    assert error.span is not None
    assert (error.exit_code, text[error.span.start : error.span.end], error.message, error.hint) == (
        code,
        place,
        message,
        hint,
    )


SESSION = {"id": "S", "status": "COMPLETED", "kwh": 7, "end_date_time": None}
CDR = {"id": "C", "total_cost": {"excl_vat": 3}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cdrs pass total_cost | .total_cost? > 5", [True]),
        ("cdrs pass total_cost | (.total_cost > 5)?", [True]),
        ("cdrs pass total_cost | try (.total_cost > 5) catch 0", [True]),
        ('sessions pass status | .status? == "completed"', [False]),
        ('sessions pass kwh | [.kwh?, 0] | .[0] == "7"', [False]),
        ("sessions pass . | .unheard_of?", [None]),
        ("sessions pass . | (.unheard_of | .of)?", [None]),
        ('sessions pass kwh | (.kwh == "7")?', [False]),
    ],
)
def test_a_question_mark_says_that_it_is_meant(text: str, expected: list[object]) -> None:
    found = sources.memory({"sessions": [SESSION], "cdrs": [CDR]})
    compiled = query.compile(text)
    assert list(compiled.run(sources={name: found[name] for name in compiled.modules})) == expected


@pytest.mark.parametrize(
    "text",
    [
        ".total_cost > 5",
        '.status == "completed"',
        '.kwh == "5"',
        "[.a - .b]",
        ".[]? | aggregate sum(.total_cost)",
        "sessions pass kwh | .kwh > 5 and .kwh != null",
        "sessions pass status | .status | . == ascii_upcase",
        "sessions pass status | select(.status == $wanted)",
        'connectors | select(.standard == "VENDOR_PLUG")?',
        "cdrs pass total_cost | .total_cost + {currency: .currency}",
        "cdrs pass total_cost, total_energy | .total_cost.excl_vat / .total_energy",
        "sessions pass end_date_time | select(.end_date_time == null)",
        'sessions pass end_date_time | select(.end_date_time > "2026")',
        "cdrs | join sessions as $s | select($s == null)",
        "locations pass opening_times | .opening_times.regular_hours[] | select(.weekday <= 5)",
        "locations pass images | .images[] | .width * .height",
        'evses | select(.capabilities[] == "RFID_READER")',
    ],
)
def test_what_is_no_mistake(text: str) -> None:
    query.compile(text, variables=("wanted",))
