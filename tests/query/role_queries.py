"""Queries on sessions as strategies, whose results can be told apart: each is of an object, a group, or of all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st

DEEPEST = 3
PASSED = (
    "start_date_time, kwh, cdr_token, location_id, evse_uid, status, charging_periods, total_cost, meter_id"
)
WORDS = ("ACTIVE", "PENDING", "INVALID")
NUMBERS = (0, 1, 2.5, 7, -3)
TIMES = ("2026-01-15T12:00:00Z", "2026-01-31T23:30:00Z", "2026-02-01T00:00:00Z")

NUMBER = (
    ".kwh",
    ".kwh",
    ".total_cost.excl_vat",
    "1",
    ".charging_periods[0].dimensions[0].volume",
    "(.charging_periods | length)",
    "([.charging_periods[].dimensions[].volume] | add)",
    "(.charging_periods[].dimensions[] | aggregate sum(.volume))",
    "(.start_date_time | hour)",
)
TEXT = (
    ".status",
    ".status",
    ".id",
    ".cdr_token.uid",
    ".location_id",
    ".evse_uid",
    ".meter_id",
    ".charging_periods[0].tariff_id",
    ".start_date_time",
    '"PENDING"',
    "(.start_date_time | month)",
)
OF_NUMBERS = (
    "({n} + {m})",
    "(-{n})",
    "({n} | round(1))",
    "({n} * 2)",
    "([{n}, {m}] | add)",
    "([{n}, {m}] | max)",
    "([{n}, {m}] | min)",
    "([{n}, {m}] | sort | .[0])",
    "([{n}, {m}][0])",
    "([{n}, {m}] as [$a, $b] | $b)",
    "(if {c} then {n} else {m} end)",
    "(if {c} then {n} elif {d} then {m} else 0 end)",
    "({n} // {m})",
    "({t} | length)",
    "({l} | length)",
    "(first({n}, {m}))",
    "(reduce ({n}, {m}) as $x (0; . + $x))",
    "(last(foreach ({n}, {m}) as $x (0; . + $x)))",
    "(try ({t} | tonumber) catch {n})",
    "(({t} | tonumber?) // {n})",
    "({n} as $x | {m} | . + $x)",
    "({{a: {n}, b: {m}}} | .a)",
    "({{a: {n}}} + {{b: {m}}} | .b)",
    "([{t}, {u}] | index({u}))",
    "([limit(1; {n}, {m})][0])",
    "(def f(g): g + {m}; f({n}))",
    "(def f: if . > 5 then . else . + 3 | f end; {n} | f)",
    "pow({n}; {m})",
    "(label $out | {n} | if {c2} then ., break $out else . + 1 end)",
    "([.charging_periods[].dimensions[] | select(.volume > 1)] | length)",
    "([.charging_periods[] | .dimensions[] | .volume] | sort_by(-.) | first)",
    "(.charging_periods | map(.dimensions[0].volume) | max)",
    "(.charging_periods | min_by(.tariff_id) | .dimensions[0].volume)",
    '(getpath(["kwh"]))',
    "(.kwh |= {n2} | .kwh)",
    "(.kwh = {n} | .kwh)",
    "({n} | debug)",
)
OF_TEXTS = (
    "({t} + {u})",
    '"\\({t})-\\({n})"',
    "({t} | ascii_downcase)",
    "({t} | @base64)",
    "({t} | ltrimstr({u}))",
    "([{t}, {n}] | @csv)",
    "({n} | tostring)",
    '([{t}, {u}] | join("-"))',
    '({t} | sub("I"; {u}))',
    "([{t}, {u}] | sort | .[1])",
    "([{t}, {u}] | unique | first)",
    "(if {c} then {t} else {u} end)",
    "({t} // {u})",
    "({t} | .[0:1])",
    '({t} | split("I") | .[0])',
    "([{t}, {u}] | min)",
    "(({l})[0] | tostring)",
    "({t} as $x | {u} | [., $x] | .[1])",
    "([.charging_periods[] | select(.dimensions[0].volume > 1) | .tariff_id] | first)",
    "(first(.charging_periods[] | select(.dimensions[0].volume > 1) | .tariff_id) // {t})",
    '([.charging_periods[] | .tariff_id] | unique | join(","))',
    "(.charging_periods | sort_by(.dimensions[0].volume) | .[0].tariff_id)",
    "(.charging_periods | group_by(.tariff_id) | .[0][0].tariff_id)",
    "(to_entries | .[0].key)",
    "({n} | type)",
    "([paths] | length | tostring)",
    "({{id, s: {t}}} | .s)",
    "({{({t}): 1}} | keys | .[0])",
    "(.cdr_token | .uid)",
    "(. as {{status: $s}} | $s)",
    "(del(.kwh) | .status)",
    '(with_entries(select(.key == "status")) | .status)',
    "(env | type)",
    '("\\({l})")',
)
CONDITIONS = (
    "({n} > {m})",
    "({n} > 2)",
    '({t} == "ACTIVE")',
    "({t} == {u})",
    "({n} != null)",
    "({c} and {d})",
    "({c} | not)",
    '(({l}) | any(. == "ACTIVE"))',
    "any(.charging_periods[]; .dimensions[0].volume > 1)",
    'isempty(.charging_periods[] | select(.tariff_id == "ACTIVE"))',
    '({t} | test("G$"))',
    '({t} | startswith("P"))',
    'has("kwh")',
    '(({l}) | contains(["ACTIVE"]))',
)
LISTS = (
    "[{n}, {t}]",
    "[.charging_periods[].tariff_id]",
    "[.charging_periods[] | select(.dimensions[0].volume > 1) | .tariff_id]",
    "[.charging_periods[] | select({c3}) | .tariff_id]",
    "[{t}, {u}] | sort",
    "[{t}, {u}] | unique",
    "[{t} | select({c})]",
    "[{t}, {u}] | map(ascii_upcase)",
    "[limit(1; .charging_periods[].tariff_id)]",
)
ROW_FILTERS = ("", "", " | select({c})", " | select({c}) | select({d})", " | if {c} then . else empty end")
ROW_STAGES = (
    "",
    "",
    "",
    " | sort by {n}",
    " | sort by {t} desc, {n}",
    " | top 2 by {n}",
    " | limit 2",
    " | distinct by {t}",
    " | (.kwh as $carried | . | select($carried > 1))",
)
FOLDS = (
    "count",
    "count({c})",
    "sum({n})",
    "avg({n})",
    "min({n})",
    "max({t})",
    "first({t})",
    "last({n})",
    "any({c})",
    "median({n})",
    "count_distinct({t})",
    "collect({t})",
    "sum(if {c} then {n} else 0 end)",
    "(sum({n}) / count)",
)
COLLECTED = (
    "length",
    "map({n}) | add",
    "map({t}) | unique | length",
    "sort_by({n}) | map({t})",
    "group_by({t}) | map({{n: length, first: (.[0] | {n})}})",
    "map(select({c})) | length",
    "[.[] | select({c}) | {t}] | first",
    "min_by({n}) | {t}",
    "first | {n}",
    "reduce .[] as $x (0; . + ($x | {n}))",
    "INDEX(.id) | keys",
    "INDEX({t}) | length",
    "any(.[]; {c})",
    "to_entries | map(.value | {t})",
    "[limit(1; .[] | select({c})) | {t}]",
    "isempty(.[] | select({c}))",
)


class Query(NamedTuple):
    """A query, and the fields of its results that tell which object or group each is of; none where it has one."""

    text: str
    key: tuple[str, ...]


@st.composite
def expressions(draw: st.DrawFn, atoms: tuple[str, ...], forms: tuple[str, ...], depth: int) -> str:
    """Draw an expression of one type on a session."""
    if depth <= 0 or not draw(st.integers(0, 2)):
        return draw(st.sampled_from(atoms))
    return fill(draw, draw(st.sampled_from(forms)), depth - 1)


def fill(draw: st.DrawFn, form: str, depth: int = DEEPEST) -> str:
    """Draw what a form leaves open: numbers, texts, conditions, lists."""
    parts: dict[str, str] = {}
    for name in ("n", "m", "t", "u", "c", "d", "l"):
        if "{" + name + "}" not in form:
            continue
        match name:
            case "n" | "m":
                parts[name] = draw(expressions(NUMBER, OF_NUMBERS, depth))
            case "t" | "u":
                parts[name] = draw(expressions(TEXT, OF_TEXTS, depth))
            case "c" | "d":
                parts[name] = draw(condition(depth))
            case "l":
                parts[name] = draw(expressions(("[.status]",), LISTS, depth))
    return form.format(**parts, c2=". > 1", c3='.tariff_id == "ACTIVE"', n2=". + 1")


@st.composite
def condition(draw: st.DrawFn, depth: int) -> str:
    """Draw a condition on a session."""
    forms = CONDITIONS if depth > 0 else CONDITIONS[:3]
    return fill(draw, draw(st.sampled_from(forms)), depth - 1)


SIMPLE = {
    "n": ".kwh",
    "m": ".total_cost.excl_vat",
    "t": ".location_id",
    "u": ".evse_uid",
    "c": "(.kwh > 2)",
    "d": '(.meter_id == "ACTIVE")',
    "l": "[.meter_id, .location_id]",
    "c2": ". > 1",
    "c3": '.tariff_id == "ACTIVE"',
    "n2": ". + 1",
}


def each_form() -> Iterator[Query]:
    """Yield a query with each form alone, on fields as they are."""
    source = f"sessions pass {PASSED}"
    for form in (*OF_NUMBERS, *OF_TEXTS, *CONDITIONS, *LISTS):
        yield Query(f"{source} | {{id, value: ({form.format(**SIMPLE)})}}", ("id",))
    for stage in (*ROW_FILTERS, *ROW_STAGES):
        yield Query(f"{source}{stage.format(**SIMPLE)} | {{id, value: .status}}", ("id",))
        yield Query(f"{source}{stage.format(**SIMPLE)} | aggregate {{n: count, t: collect(.status)}}", ())
    for fold in FOLDS:
        yield Query(f"{source} | aggregate {{a: {fold.format(**SIMPLE)}}}", ())
        yield Query(f"{source} | aggregate {{a: {fold.format(**SIMPLE)}}} by {{k: .status}}", ("k",))
    for collected in COLLECTED:
        yield Query(f"[{source}] | {collected.format(**SIMPLE)}", ())


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Draw a query."""
    source = "sessions pass " + draw(st.sampled_from([PASSED, PASSED, "."]))
    source += fill(draw, draw(st.sampled_from(ROW_FILTERS)))
    stage = fill(draw, draw(st.sampled_from(ROW_STAGES)), 1)
    value = draw(st.one_of(expressions(NUMBER, OF_NUMBERS, DEEPEST), expressions(TEXT, OF_TEXTS, DEEPEST)))
    match draw(st.sampled_from(["row", "row", "total", "groups", "collected", "value"])):
        case "row":
            return Query(f"{source}{stage} | {{id, value: {value}}}", ("id",))
        case "total":
            folds = [fill(draw, draw(st.sampled_from(FOLDS)), 2) for _ in range(2)]
            return Query(f"{source}{stage} | aggregate {{a: {folds[0]}, b: {folds[1]}}}", ())
        case "groups":
            fold = fill(draw, draw(st.sampled_from(FOLDS)), 2)
            key = draw(expressions(TEXT, OF_TEXTS, 1))
            after = draw(st.sampled_from(["", " | select(.a != 1)", " | sort by .a", " | {k}"]))
            return Query(f"{source}{stage} | aggregate {{a: {fold}}} by {{k: {key}}}{after}", ("k",))
        case "collected":
            return Query(f"[{source}{stage}] | {fill(draw, draw(st.sampled_from(COLLECTED)), 1)}", ())
        case _:
            return Query(f"[{source}{stage} | {value}]", ())


@st.composite
def sessions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw two to four sessions with values that are often the same."""
    return [draw(session(number)) for number in range(draw(st.integers(2, 4)))]


@st.composite
def session(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """Draw a session."""
    word, amount = st.sampled_from(WORDS), st.sampled_from(NUMBERS)
    periods = [
        {
            "start_date_time": draw(st.sampled_from(TIMES)),
            "dimensions": [{"type": "ENERGY", "volume": draw(amount)}],
            "tariff_id": draw(word),
        }
        for _ in range(draw(st.integers(1, 2)))
    ]
    return {
        "country_code": "NL",
        "party_id": "ABC",
        "id": f"S{number}",
        "start_date_time": draw(st.sampled_from(TIMES)),
        "kwh": draw(amount),
        "cdr_token": {"uid": draw(word), "type": "RFID", "contract_id": draw(word)},
        "location_id": draw(word),
        "evse_uid": draw(word),
        "meter_id": draw(word),
        "currency": "EUR",
        "charging_periods": periods,
        "total_cost": {"excl_vat": draw(amount)},
        "status": draw(word),
        "last_updated": "2026-02-02T00:00:00Z",
    }


CHANGED: dict[str, tuple[Any, ...]] = {
    "start_date_time": TIMES,
    "kwh": NUMBERS,
    "cdr_token.uid": WORDS,
    "cdr_token.contract_id": WORDS,
    "location_id": WORDS,
    "evse_uid": WORDS,
    "meter_id": WORDS,
    "status": WORDS,
    "total_cost.excl_vat": NUMBERS,
    "charging_periods.tariff_id": WORDS,
    "charging_periods.dimensions.volume": NUMBERS,
}
"""The fields that a test may change, each with its values."""
