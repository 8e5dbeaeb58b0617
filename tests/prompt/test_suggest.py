"""What is offered at the cursor (`^`): a table of texts and of what has to be among the suggestions."""

from __future__ import annotations

import pytest
from msgspec import Struct, structs

from ocpiq.privacy.view import descendants
from ocpiq.prompt.suggest import suggest
from ocpiq.prompt.suggestion import Suggestion, Surroundings
from ocpiq.query import compile
from ocpiq.reports import pack_folder
from ocpiq.schema import VERSIONS, module, modules

FOLDERS = {"": ("a.txt", "b.ocpiq", "folder/", ".hidden", "two words.jq"), "folder/": ("x.jq",)}
NOON = 1_795_867_200_000_000  # 2026-11-28T12:00Z, a Saturday
CONTEXT = Surroundings(
    "2.2.1",
    modules("2.2.1"),
    ("ARGS", "end"),
    ("demo", "mine"),
    ("json", "ndjson"),
    lambda folder: FOLDERS.get(folder, ()),
    now=NOON,
)


class Case(Struct, frozen=True):
    """A text with its cursor, what is offered there first or among others, what is not; `all` where it is all."""

    text: str
    first: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    all: bool = False


CASES = [
    # modules
    Case("^", ("locations", "sessions", "cdrs"), absent=("select(", "pass")),
    Case("ses^", ("sessions",), absent=("cdrs",)),
    Case("(cdr^", ("cdrs",)),
    Case("sessions | join ^", ("locations", "sessions"), absent=(".kwh",)),
    Case("sessions | join loc^", ("locations",), all=True),
    Case("sessions | join each ^", ("locations",)),
    Case("locations | map(ses^", absent=("sessions",)),  # would be pulled again for each location
    # clauses
    Case("sessions ^", ("pass", "only", "since", "until", "during", "newest"), absent=("select(", ".kwh")),
    Case("sessions pa^", ("pass",), all=True),
    Case("sessions pass kwh s^", ("since",)),
    Case("[sessions o^", ("only",)),
    Case("sessions | join locations as $l p^", ("pass",)),
    Case("map(1) p^", absent=("pass",)),
    Case(". p^", absent=("pass",)),
    Case("sessions since ^", ("today", "yesterday", "7 days ago"), ("2026-01-01", "$end"), ("this month",)),
    Case("sessions since 7 ^", ("7 days ago",), all=True),
    Case("sessions until 2026-1^", ("2026-11-01", "2026-10-01"), all=True),
    Case(
        "sessions during ^",
        ("this month", "last month", "this quarter"),
        ("2026-10", "2025", "$end"),
        ("7 days ago",),
    ),
    Case("sessions pass kwh during last q^", ("last quarter",), all=True),
    Case("sessions during 2026-Q^", ("2026-Q3",), all=True),
    Case("sessions | .since ^", absent=("today",)),
    Case('"since ^', all=True),
    Case("sessions newest ^", ("1", "10", "100", "1000"), ("$end",)),
    Case("sessions newest $^", ("$end",), absent=("10",)),
    Case("sessions | limit ^", ("1", "10", "100", "1000")),
    Case("sessions | top ^", ("1", "10", "100", "1000")),
    # the paths of clauses
    Case("sessions pass ^", ("country_code", "party_id", "id", "start_date_time", "end_date_time", "kwh")),
    Case("sessions pass kw^", ("kwh",), all=True),
    Case("sessions pass date^", ("start_date_time", "end_date_time")),
    Case("sessions only id, cdr^", ("cdr_token",), all=True),
    Case("sessions pass cdr_token.^", ("cdr_token.country_code",), ("cdr_token.uid",)),
    Case("sessions pass charging_periods.dim^", ("charging_periods.dimensions",), all=True),
    Case("sessions pass kwh, charging_periods.dim^", ("charging_periods.dimensions",), all=True),
    Case("sessions pass charging_periods.dimensions.vol^", ("charging_periods.dimensions.volume",), all=True),
    Case("sessions pass .kw^", (".kwh",), all=True),
    # treatments
    Case("sessions pass kwh as ^", ("rounded(5)", "present", "aggregate"), all=True),
    Case("cdrs pass total_cost.excl_vat as a^", ("aggregate",), all=True),
    Case(
        "cdrs pass charging_periods.dimensions.volume as ^", ("rounded(5)", "present"), all=True
    ),  # in a list
    Case("tariffs pass min_price.excl_vat as ^", ("rounded(5)", "present"), all=True),  # without a driver
    Case("cdrs pass total_energy as aggregate | aggregate sum(.total_en^", (".total_energy",)),
    Case("sessions pass kwh as r^", ("rounded(5)",), all=True),
    Case(
        "sessions only id, start_date_time as ^",
        ("hour", "day", "week", "month"),
        ("present",),
        ("pseudonym",),
    ),
    Case("sessions pass kwh, cdr_token.uid as ps^", ("pseudonym",), all=True),
    Case("sessions pass cdr_token as ^", ("present",), all=True),
    Case("sessions as ^", absent=("pseudonym",)),
    Case("locations | join each sessions as $s pass evse_^", ("evse_uid",)),
    Case("sessions pass nothing.^", all=True),
    Case("sessions pass kwh as rounded(^", ("1)", "5)", "10)", "0.01)"), all=True),
    Case("sessions pass cdr_token.uid as prefix(^", ("2)", "4)", "6)"), all=True),
    # fields
    Case("sessions | .kw^", (".kwh",), all=True),
    Case("sessions | .cdr_token.^", (".country_code", ".party_id", ".uid", ".type", ".contract_id")),
    Case("sessions | select(.sta^", (".start_date_time", ".status")),
    Case("sessions | select(kw^", (".kwh",)),
    Case("sessions | [.charging_periods[].dim^", (".dimensions",), all=True),
    Case("locations | .evses[].connectors[].max_v^", (".max_voltage",), all=True),
    Case("locations | .evses.^", ("[]", "[].uid")),
    Case("locations | .evses.sta^", ("[].status",)),
    Case("locations | .evses[] | .connectors[0].stand^", (".standard",), all=True),
    Case("locations | first(.evses[]).u^", (".uid",), all=True),
    Case("cdrs as $c | $c.total_c^", (".total_cost",)),
    Case("sessions only id, kwh | .^", (".id", ".kwh"), all=True),
    Case('sessions pass "x_depot.name" | .x^', (".x_depot",), all=True),
    Case("sessions | {id, n: .kwh, t: .cdr_token} | .^", (".id", ".n", ".t"), all=True),
    Case("sessions | {t: .cdr_token} | .t.u^", (".uid",), all=True),
    Case("locations | [.evses[] | {uid}] | .^", (".[]", ".[].uid"), all=True),
    Case("sessions | aggregate {n: count} by {status: .auth_method} | .^", (".status", ".n"), all=True),
    Case("sessions | sort by .kw^", (".kwh",), all=True),
    Case("[sessions pass kwh] | sort_by(.kwh)[0].kw^", (".kwh",), all=True),
    Case("[sessions pass status] | group_by(.status)[] | unique_by(.id)[].kw^", (".kwh",), all=True),
    Case("sessions | debug | .kw^", (".kwh",), all=True),
    Case("sessions | top 3 by .kw^", (".kwh",), all=True),
    Case("sessions pass kwh | aggregate sum(.kw^", (".kwh",), all=True),
    Case("sessions | join locations as $l on ^", (".country_code",), (".location_id", "$l"), ("sessions",)),
    Case("sessions | join locations as $l on .location_^", (".location_id",), all=True),
    Case("sessions | join locations as $l on .location_id == ^", ("$l",), absent=("locations",), all=True),
    Case("sessions | join locations ^", ("as",), all=True),
    Case("sessions | join locations as $l on .location_id == $l.id^", (".id", ".party_id")),
    Case("sessions pass location_id | join locations as $l | $l.publ^", (".publish",)),
    Case('sessions | "\\(.kw^', (".kwh",), all=True),
    Case("if true then 1 else sessions | .kw^", (".kwh",), all=True),
    Case("(sessions pass kwh), (cdrs pass total_energy) | .total_e^", (".total_energy",)),
    Case("sessions | select(.kwh > 10) | .kw^", (".kwh",), all=True),  # though that is refused
    Case("sessions | .nonsense, .kw^", (".kwh",), all=True),  # though there is no such field
    Case("sessions | .kw^ | select(", (".kwh",), all=True),  # what is behind the cursor does not matter
    Case(".^", all=True),
    Case("sessions | {kw^", ("kwh",), all=True),
    Case("sessions | {id, cdr^", ("cdr_token",), all=True),
    Case("sessions | {id, a: .kw^", (".kwh",), all=True),
    Case("sessions | del(.cdr_token.u^", (".uid",), all=True),
    Case("sessions | pick(.id, .kw^", (".kwh",), all=True),
    # after a step that changes an object
    Case("sessions | del(.kwh) | .^", (".country_code",), (".status",), absent=(".kwh",)),
    Case("sessions | del(.kwh, .id, .cdr_token.uid) | {^", others=("cdr_token",), absent=("kwh", "id")),
    Case("sessions | del(.id) | .cdr_token.^", (".country_code",), (".uid",)),
    Case("locations | del(.id) | .evses[].u^", (".uid",), all=True),
    Case("sessions | del(.kwh) | select(.sta^", (".start_date_time", ".status"), all=True),
    Case('sessions | del(.kwh) | select(.status == "COM^', ('COMPLETED"',), all=True),
    Case("[sessions | del(.kwh) | .sta^", (".start_date_time", ".status"), all=True),
    Case("def f: 1; sessions | del(.kwh) | .kw^", all=True),
    Case("sessions | {id, a: 1} | del(.a) | .^", (".id",), all=True),
    Case("sessions | pick(.id, .cdr_token.uid) | .^", (".id", ".cdr_token"), all=True),
    Case("sessions | .kwh = 1 | .sta^", (".start_date_time", ".status"), all=True),
    Case("sessions | .kwh |= . + 1 | .sta^", (".start_date_time", ".status"), all=True),
    Case("sessions | .kwh = .sta^", (".start_date_time", ".status"), all=True),
    Case("sessions | . + {a: 1} | .sta^", (".start_date_time", ".status"), all=True),
    Case("sessions | with_entries(.) | .sta^", (".start_date_time", ".status"), all=True),
    Case("[sessions] | map(del(.kw^", (".kwh",), all=True),
    Case("sessions | path(.kw^", (".kwh",), all=True),
    Case("sessions | with_entries(.^", (".key", ".value"), all=True),
    Case("sessions | with_entries(select(.k^", (".key",), all=True),
    # stages
    Case("sessions | ^", ("aggregate", "sort by", "top", "limit", "distinct by", "join", "join each")),
    Case("sessions | li^", ("limit", "limit(")),
    Case("sessions | aggregate {n: count, kwh: su^", ("sum(",)),
    Case("sessions | aggregate count_^", ("count_distinct(",), all=True),
    Case("sessions | sort ^", ("by",), all=True),
    Case("sessions | aggregate count b^", ("by",)),
    Case("aggreg^", all=True),
    Case(
        "sessions | select(^", (".country_code",), (".kwh",), ("aggregate", "limit")
    ),  # nothing is to its left
    Case("(li^", ("limit(",), absent=("limit",)),
    Case("def f: ^", ("locations",), absent=("aggregate",)),
    Case("sessions | sort by .id ^", ("asc", "desc"), all=True),
    # functions, words, variables, formats
    Case("sel^", ("select(",), all=True),
    Case("[1] | fir^", ("first", "first(")),
    Case("def half: . / 2; hal^", ("half",)),
    Case("def twice(f): f | f; twi^", ("twice(",), all=True),
    Case("if . the^", ("then",), all=True),
    Case("if . ^", ("then",), absent=("and",)),
    Case("$e^", ("$end",), all=True),
    Case("$^", ("$end", "$ARGS"), all=True),
    Case(". as $x | 1 + ^", ("$x",), ("sessions", "$end"), ("$ARGS", "map(")),
    Case(". as $kwh | $k^", ("$kwh",), all=True),
    Case("sessions as $s | {s: $^", ("$s", "$end")),
    Case("@cs^", ("@csv",), all=True),
    # the values that the specification lists
    Case('sessions | select(.status == "COM^', ('COMPLETED"',), all=True),
    Case('sessions pass status | .status != "^', ('ACTIVE"', 'COMPLETED"', 'INVALID"')),
    Case("sessions pass status | .status == ^", ('"ACTIVE"', '"COMPLETED"', '"INVALID"'), (".id",)),
    Case('sessions | .kwh == "^', all=True),
    Case('sessions | select(.status | IN("COM^', ('COMPLETED"',), all=True),
    Case('sessions | select(.status | IN("ACTIVE", "COM^', ('COMPLETED"',), all=True),
    Case('sessions | select(IN(.status; "COM^', ('COMPLETED"',), all=True),
    Case("sessions | select(.status | IN(^", ('"ACTIVE"',), ('"COMPLETED"',)),
    Case('sessions pass status | .status | test("^', ('ACTIVE"', 'COMPLETED"')),
    Case('sessions pass status | .status | endswith("^', ('ACTIVE"', 'COMPLETED"')),
    Case('sessions pass status | select(.status | test("COM^', ('COMPLETED"',), all=True),
    Case('locations | .evses[].capabilities | index("RF^', ('RFID_READER"',), all=True),
    Case('locations | .evses[] | select(.capabilities | contains(["RF^', ('RFID_READER"',), all=True),
    Case(
        'locations | .evses[] | select(.capabilities == ["RFID_READER", "RESERV^', ('RESERVABLE"',), all=True
    ),
    Case('sessions | {s: .status} | select(.s | IN("COM^', ('COMPLETED"',), all=True),
    Case('sessions | .kwh | IN("^', all=True),
    Case('["^', all=True),
    Case('"^', all=True),
    # where nothing is to be said
    Case('"sess^', all=True),
    Case("# sess^", all=True),
    Case("1.^", all=True),
    Case("..^", all=True),
    Case("1 2 sess^", all=True),
    Case(". as $se^", all=True, absent=("sessions",)),
    # commands
    Case(":sc^", (":schema",), all=True),
    Case(":^", (":help",), (":quit", ":save")),
    Case(":schema se^", ("sessions",), all=True),
    Case(":schema sessions.cdr_token.u^", ("cdr_token.uid",), all=True),
    Case(":platform ^", ("demo", "mine"), all=True),
    Case(":help count_^", ("count_distinct",), all=True),
    Case(":to nd^", ("ndjson",), all=True),
    Case(":help :sa^", (":save",), all=True),
    Case(":arg ^", ("end",), all=True),
    Case(":history ^", ("on", "off", "clear"), all=True),
    Case(":set v^", ("vi",), all=True),
    Case(":set vi ^", ("on", "off", "default"), all=True),
    Case(":set form nd^", ("ndjson",), all=True),
    Case(":set platform ^", ("mine",), all=True),
    Case(":set zone ^", all=True),
    Case(" :sc^", (":schema",), all=True),
    Case(":save ^", ("b.ocpiq", "folder/", "two words.jq", "a.txt"), all=True),
    Case(":load fo^", ("folder/",), all=True),
    Case(":load folder/^", ("x.jq",), all=True),
    Case(":load two w^", ("two words.jq",), all=True),
    Case(":save .^", (".hidden",), all=True),
    Case(":load ^", ("b.ocpiq", "folder/", "two words.jq"), all=True),
    Case(":run ^", ("b.ocpiq", "folder/", "two words.jq"), all=True),
    Case(":load nowhere/^", all=True),
    Case(":load b.ocpiq\n^", all=True),
    Case(":to json n^", all=True),
    Case(":help sort b^", ("sort by",), all=True),
    Case(":explain ses^", ("sessions",), all=True),
    Case(":explain sessions |\n.kw^", (".kwh",), all=True),
    Case("exit^", all=True),
]


def offered(marked: str, context: Surroundings = CONTEXT) -> list[Suggestion]:
    cursor = marked.index("^")
    return suggest(marked.replace("^", ""), cursor, context)


@pytest.mark.parametrize("case", CASES, ids=[case.text for case in CASES])
def test_offered(case: Case) -> None:
    texts = [found.text for found in offered(case.text)]
    assert tuple(texts[: len(case.first)]) == case.first
    assert set(case.others) <= set(texts)
    assert not set(case.absent) & set(texts)
    assert not case.all or len(texts) == len(case.first)


@pytest.mark.parametrize(
    ("text", "state", "about"),
    [
        ("sessions | .kwh^", "blanked", "number"),
        ("sessions pass kwh | .kwh^", "passed", "number"),
        ("sessions only kwh | .kwh^", "passed", "number"),
        ("sessions pass . | .kwh^", "passed", "number"),
        ("sessions | .currency^", "shown", "string(3)"),
        ("sessions | .cdr_token^", "", "CdrToken"),
        ("sessions | .charging_periods^", "", "ChargingPeriod[]"),
        ("sessions | {energy: .kwh} | .energy^", "blanked", "number"),
        ("sessions pass kwh | {energy: .kwh} | .energy^", "passed", "number"),
        ("sessions | aggregate {n: count} | .n^", "", "number"),
        ("sessions pass kw^", "blanked", "number"),
        ("sessions pass curr^", "shown", "string(3)"),
        ("sessions | {kwh^", "blanked", "number"),
        ('sessions pass "start_datetime" | .start_datetime^', "passed", "DateTime"),
        ('sessions only "x_a" | .x_a^', "passed", "platform-specific"),
    ],
)
def test_a_field_has_its_type_and_its_state(text: str, state: str, about: str) -> None:
    [found] = offered(text)
    assert (found.kind, found.state, found.about) == ("field", state, about)


WITH_HELP = (
    *("sel^", "sessions ^", "sessions | agg^", "@cs^", "if . th^", ":he^", "sessions newest ^", ":watch ^"),
    *(f"sessions pass {field} as ^" for field in ("kwh", "end_date_time", "cdr_token.uid")),
)


@pytest.mark.parametrize("text", WITH_HELP)
def test_a_word_has_a_line_of_help(text: str) -> None:
    assert all(found.about for found in offered(text))


@pytest.mark.parametrize(
    ("text", "about"),
    [
        (":schema sess^", "every Session"),
        (":to nd^", "one JSON value per line"),
        (":load fo^", "folder"),
        (":save a^", "file"),
    ],
)
def test_what_a_command_takes_has_a_line_of_help(text: str, about: str) -> None:
    assert [found.about or found.kind for found in offered(text)] == [about]


def test_a_value_is_listed_without_its_quote() -> None:
    [found] = offered('sessions | select(.status == "COM^')
    assert (found.text, found.shown) == ('COMPLETED"', "COMPLETED")


def test_a_function_is_listed_with_what_it_takes() -> None:
    [found] = offered("with_e^")
    assert (found.text, found.shown, found.replaces) == ("with_entries(", "with_entries(f)", 6)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_version_of_the_platform_counts(version: str) -> None:
    context = Surroundings(version, modules(version))
    texts = [found.text for found in offered("sessions | .start^", context)]
    assert texts[0] == (".start_datetime" if version == "2.1.1" else ".start_date_time")
    assert [found.text for found in offered("hub^", context)] == (
        ["hubclientinfo"] if version != "2.1.1" else []
    )


def test_anywhere_in_a_long_query_nothing_is_raised() -> None:
    text = (
        "# by month\ndef month: .start_date_time[0:7];\nsessions pass start_date_time, kwh since 2026-01-01\n"
        '| select(.kwh > 0 and .status? == "A")\n| join locations as $l pass city on .location_id == $l.id\n'
        '| {id, month: month, city: "\\($l.city)", long: (if .kwh > 40 then 1 else 0 end)}\n'
        "| reduce .[] as [$a, {b: $c}] (0; . + $a) | try error catch . | label $x | break $x | .[1:] | ..?"
    )
    for cursor in range(len(text) + 1):
        for found in suggest(text, cursor, CONTEXT):
            assert 0 <= found.replaces <= cursor


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("sessions since yes^", "2026-11-27"),
        ("sessions since 7 d^", "2026-11-21"),
        ("sessions since 2026-10^", "the start of this quarter"),
        ("sessions during this w^", "2026-11-23 to 2026-11-29"),
        ("sessions during last q^", "2026-07-01 to 2026-09-30"),
        ("sessions during toda^", "2026-11-28"),
    ],
)
def test_a_date_says_which_days_it_means(text: str, about: str) -> None:
    [found] = offered(text)
    assert (found.kind, found.about) == ("date", about)


def test_days_are_those_of_the_time_zone() -> None:
    late = structs.replace(CONTEXT, now=NOON + 11 * 3600 * 10**6 + 1800 * 10**6)
    for zone, day in (("UTC", "2026-11-28"), ("Europe/Amsterdam", "2026-11-29")):
        [found] = offered("sessions since toda^", structs.replace(late, zones=(None, zone)))
        assert found.about == day


@pytest.mark.parametrize("report", [path.stem for path in sorted(pack_folder().rglob("*.ocpiq"))])
def test_a_question_of_the_examples_is_ready_to_run(report: str) -> None:
    for found in offered(f"{report}^"):
        if found.kind == "question" and found.shown == report:
            assert found.about
            compile(found.text, version="2.2.1" if "hubclient" not in found.text else "2.3.0")


def test_there_are_questions() -> None:
    [found] = [found for found in offered("occ^") if found.kind == "question"]
    assert (found.shown, found.replaces) == ("occupancy", 3)
    assert found.text.startswith(
        'module {tz: "Europe/Amsterdam"};\nsessions during 2026 pass start_date_time'
    )
    assert not [found for found in offered("sessions | occ^") if found.kind == "question"]


@pytest.mark.parametrize("version", VERSIONS)
def test_only_fields_of_the_version(version: str) -> None:
    context = Surroundings(version, modules(version))
    for name in modules(version):
        known = {field.path for field in descendants(module(name, version).root) if version in field.versions}
        for path in ("", *{f"{path}." for path in known}):
            texts = {
                found.text for found in offered(f"{name} pass {path}^", context) if found.kind == "field"
            }
            assert texts <= known
            if path:
                steps = path.removesuffix(".").split(".")
                fields = {found.text for found in offered(f"{name} | .{'[].'.join(steps)}[].^", context)}
                assert {f"{path}{field.strip('[].')}" for field in fields if field.strip("[].")} <= known
