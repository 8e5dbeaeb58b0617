"""What each recipient accepts and refuses: a whole row, and that row with one thing wrong."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from rule_cases import OWN_RULES
from support.cli import command
from whole_rows import WHOLE, Row

from ocpiq.reports import pack_folder, reports
from ocpiq.reports.rules import Column
from ocpiq.reports.validators import VALIDATORS, afir, cpo, ev_chart, ndw, ozev, qualicharge, validator

SECRET = "zebra7"  # in a wrong cell; no message may have it


def written(rows: Iterable[Row], *, as_json: bool, by_line: bool = False, separator: str = ",") -> str:
    rows = list(rows)
    if by_line:
        return "".join(f"{json.dumps(row)}\n" for row in rows)
    if as_json:
        return json.dumps(rows)
    text = io.StringIO()
    writer = csv.DictWriter(
        text, list(dict.fromkeys(name for row in rows for name in row)), delimiter=separator
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def check(folder: Path, name: str, text: str) -> tuple[list[tuple[str, str, str]], int]:
    """Return the rows that the command lists (row, column, problem), and its exit code."""
    file = folder / "file"
    file.write_text(text, "utf-8")
    found = command(folder, ["check", str(file), "--as", name, "--to", "csv"])
    assert SECRET not in found.out.decode() + found.err
    listed = list(csv.reader(found.out.decode().splitlines())) if found.code else []
    return [(row[0], row[1], row[2]) for row in listed[1:]], found.code


def of_rows(folder: Path, name: str, *rows: Row) -> list[tuple[str, str, str]]:
    rules = validator(name)
    text = written(rows, as_json=rules.is_json, by_line=rules.by_line, separator=rules.separator)
    found, code = check(folder, name, text)
    assert code == (5 if found else 0)
    return found


@pytest.mark.parametrize("name", VALIDATORS)
def test_a_whole_row_is_accepted(name: str, tmp_path: Path) -> None:
    assert of_rows(tmp_path, name, WHOLE[name]) == []


def wrong_values(column: Column) -> Iterable[tuple[object, str]]:
    """Yield values that a column refuses, and what the message says."""
    if column.filled:
        yield "", "is empty"
    if column.type in {"number", "integer"}:
        yield SECRET, "number"
    if column.type == "boolean":
        yield SECRET, "true nor false"
    if column.type in ("time", "date"):
        yield f"2026-13-45 {SECRET}", f"is not a {column.type}"
    if column.type == "email":
        yield SECRET, "e-mail"
    if column.type == "coordinates":
        yield f"[{SECRET}]", "is not [longitude,latitude]"
        yield "[500.0,20.1]", "earth"
    if column.longest is not None:
        yield SECRET.ljust(column.longest + 1, "x"), "characters"
    if column.choices:
        yield SECRET, "is none of"
    if column.pattern:
        yield f" {SECRET} ", "is not "
    if column.minimum is not None:
        yield column.minimum - 1, "less than"
    if column.maximum is not None:
        yield column.maximum + 1, "more than"
    if column.decimals is not None:
        yield 0.123456789, "decimals"
    if column.digits is not None:
        yield 10 ** (column.digits + 1), "digits"


CELLS = [
    pytest.param(name, column.name, value, text, id=f"{name} {column.name} {text}")
    for name in VALIDATORS
    for column in validator(name).columns
    for value, text in wrong_values(column)
]


@pytest.mark.parametrize(("name", "column", "value", "text"), CELLS)
def test_a_wrong_cell_is_refused_by_row_and_column(
    name: str, column: str, value: object, text: str, tmp_path: Path
) -> None:
    rules = validator(name)
    is_json_type = rules.is_json and isinstance(value, str) and value
    if isinstance(value, float):
        value = str(value).replace(".", rules.decimal) if not rules.is_json else value
    found = of_rows(tmp_path, name, WHOLE[name] | {column: value})
    expected = ("1" if rules.is_json else "2", column)
    assert any(
        (row, where) == expected and (text in problem or (is_json_type and "JSON" in problem))
        for row, where, problem in found
    ), found


@pytest.mark.parametrize("name", VALIDATORS)
def test_missing_columns_are_named(name: str, tmp_path: Path) -> None:
    rules = validator(name)
    needed = [column.name for column in rules.columns if column.must_exist]
    row = {key: value for key, value in WHOLE[name].items() if key != needed[0]}
    found = of_rows(tmp_path, name, row)
    assert ("", needed[0], "is missing") in found


def test_another_separator_is_named(tmp_path: Path) -> None:
    text = written([WHOLE["irve-static"]], as_json=False, separator=";")
    found, code = check(tmp_path, "irve-static", text)
    assert (found, code) == ([("", "", "the separator is a semicolon, not a comma")], 5)


def test_a_row_with_other_cells_than_the_header(tmp_path: Path) -> None:
    found, _ = check(tmp_path, "irve-dynamic", "id_pdc_itinerance,etat_pdc\nFRA68E1\n")
    assert ("2", "", "has 1 cells, the header 2") in found


def test_a_column_that_is_not_known_is_named_by_its_place(tmp_path: Path) -> None:
    """Its name may be a value, where a file has no header."""
    found = of_rows(tmp_path, "ev-chart-2", WHOLE["ev-chart-2"] | {SECRET: "1"})
    assert found == [("", "", f"column {len(WHOLE['ev-chart-2']) + 1} is none of this report")]


LISTS_OF_PROBLEMS = {
    "afir-completeness",
    "connectors-without-tariff",
    "dot-nl",
    "impossible-cdrs",
    "qualicharge-quality",
}


@pytest.mark.parametrize("name", VALIDATORS)
def test_no_rows(name: str, tmp_path: Path) -> None:
    """A list of problems may have none."""
    rules = validator(name)
    names = rules.separator.join(column.name for column in rules.columns)
    empty = "" if rules.by_line else "[]" if rules.is_json else names
    expected = ([], 0) if name in LISTS_OF_PROBLEMS else ([("", "", "there are no rows")], 5)
    assert check(tmp_path, name, empty) == expected


SESSION: Row = WHOLE["ev-chart-2"]
IDLE: Row = dict.fromkeys(SESSION, "") | {
    name: SESSION[name] for name in ("station_id", "port_id", "network_provider")
}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([IDLE], [], id="a port without sessions"),
        pytest.param(
            [SESSION | {"session_end": ""}],
            [("2", "session_end", "is empty in a row with a session")],
            id="a session without an end",
        ),
        pytest.param(
            [IDLE | {"connector_id": "1"}],
            [("2", name, "is empty in a row with a session") for name in ev_chart.SESSION],
            id="an idle row with a connector",
        ),
        pytest.param(
            [SESSION | {"session_end": "2025-01-01T00:00:00Z"}],
            [("2", "session_end", "is before session_start")],
            id="an end before the start",
        ),
        pytest.param(
            [SESSION, SESSION],
            [("3", "session_id", "row 2 has the same station_id, port_id, network_provider, session_id")],
            id="a session twice",
        ),
        pytest.param([SESSION | {"session_start": "2026-01-01T10:00:00+01:00"}],
            [("2", "session_start", "is not a time such as 2026-01-31T06:00:00Z")], id="a time in another zone"),
    ],
)  # fmt: skip
def test_ev_chart(rows: list[Row], expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    assert of_rows(tmp_path, "ev-chart-2", *rows) == expected


PORT: Row = {name: WHOLE["ev-chart-4"][name] for name in ("station_id", "port_id", "network_provider")}
CHARGE = WHOLE["qualicharge-sessions"]


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("ev-chart-4", [PORT | {"outage_id": "", "outage_duration": ""}], []),
        (
            "ev-chart-4",
            [PORT | {"outage_id": "2026-08-27T16:25:07Z", "outage_duration": ""}],
            [("2", "outage_duration", "is empty in a row with an outage")],
        ),
        (
            "ev-chart-4",
            [PORT | {"outage_id": "", "outage_duration": "5"}],
            [("2", "outage_id", "is empty in a row with an outage")],
        ),
        (
            "ev-chart-3",
            [WHOLE["ev-chart-3"] | {"uptime_reporting_end": "2024-01-01T00:00:00Z"}],
            [("2", "uptime_reporting_end", "is before uptime_reporting_start")],
        ),
        (
            "atlas-sessions",
            [WHOLE["atlas-sessions"] | {"charge_end_datetime": "2026-01-01T13:00:00Z"}],
            [("2", "plug_end_datetime", "is before charge_end_datetime")],
        ),
        (
            "atlas-ports",
            [WHOLE["atlas-ports"] | {"connector_type": "CCS,IEC_62196_T2"}],
            [("2", "connector_type", "has a plug other than CCS, CHAdeMO, J1772 and NACS")],
        ),
        (
            "qualicharge-sessions",
            [CHARGE, CHARGE | {"start": "2026-01-01T10:59:59Z", "end": "2026-01-01T12:00:00Z"}],
            [("2", "start", "overlaps row 1")],
        ),
        (
            "qualicharge-sessions",
            [CHARGE, CHARGE | {"start": "2026-01-01T11:00:00Z", "end": "2026-01-01T12:00:00Z"}],
            [],
        ),
        (
            "qualicharge-sessions",
            [CHARGE | {"end": "2026-01-08T10:00:01Z"}],
            [("1", "end", "is more than seven days after start")],
        ),
        ("qualicharge-sessions", [CHARGE | {"end": "2026-01-08T10:00:00Z"}], []),
        (
            "qualicharge-statuses",
            [WHOLE["qualicharge-statuses"] | {"etat_pdc": "hors_service", "occupation_pdc": "occupe"}],
            [("1", "occupation_pdc", "is occupe although etat_pdc is not en_service")],
        ),
        (
            "thg-quota",
            [WHOLE["thg-quota"] | {"Strommenge_MWh": "1.5"}],
            [("2", "Strommenge_MWh", "is not a number in the recipient's form")],
        ),
        *OWN_RULES,
    ],
)
def test_rules_over_columns_and_rows(
    name: str, rows: list[Row], expected: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    assert of_rows(tmp_path, name, *rows) == expected


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[1"], ids=["not UTF-8", "not JSON"])
def test_a_file_that_cannot_be_read(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    name = next((name for name in VALIDATORS if validator(name).is_json), "ev-chart-2")
    found = command(tmp_path, ["check", str(tmp_path / "file"), "--as", name])
    assert found.code in (2, 5)
    assert found.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "err"),
    [
        (["check"], "ocpiq check takes one file and --as NAME"),
        (["check", "x.csv"], "ocpiq check takes one file and --as NAME"),
        (["check", "x.csv", "--as", "irve-statc"], "--as: unknown recipient irve-statc (did you mean irve-static?)"),
        (["check", "x.csv", "--as", "irve-static"], "could not read x.csv: No such file or directory"),
    ],
)  # fmt: skip
def test_what_it_is_called_with(words: list[str], err: str, tmp_path: Path) -> None:
    found = command(tmp_path, words)
    assert found.code == 2
    assert err in found.err


def test_every_validator_is_that_of_a_report() -> None:
    assert {report.metadata.check_name for report in reports()} - {""} == VALIDATORS.keys()


WORDS = [
    ("us/nevi_power.ocpiq", ev_chart.POWER.columns[0].choices),
    ("fr/qualicharge_quality.ocpiq", qualicharge.QUALITY_RULES),
    ("status_time.jq", ozev.RELIABILITY.columns[-1].choices),
    ("eu/afir.jq", afir.ELEMENTS),
    ("nl/dot_nl.ocpiq", tuple(ndw.LEVELS)),
    ("cpo/impossible_cdrs.ocpiq", cpo.FAULTS),
    ("cpo/connectors_without_tariff.ocpiq", (cpo.NO_TARIFF, cpo.UNLISTED)),
]


@pytest.mark.parametrize(("file", "words"), WORDS, ids=[file for file, _ in WORDS])
def test_the_words_of_a_column_are_those_of_its_query(file: str, words: tuple[str, ...]) -> None:
    text = (pack_folder() / file).read_text("utf-8")
    assert [word for word in words if not re.search(rf"\b{re.escape(word)}\b", text)] == []


def test_the_elements_are_all_that_the_query_looks_at() -> None:
    text = (pack_folder() / "eu" / "afir.jq").read_text("utf-8")
    assert re.findall(r'^  "([^"]+)": ', text, re.MULTILINE) == list(afir.ELEMENTS)


@pytest.mark.parametrize("line", ["[1", "7", '["NOR_1"]'])
def test_a_line_that_is_not_an_object_is_a_problem_of_its_own(line: str, tmp_path: Path) -> None:
    good = json.dumps(WHOLE["nobil-status"])
    found, code = check(tmp_path, "nobil-status", f"{good}\n{line}\n")
    assert (found, code) == ([("2", "", "is not an object")], 5)


def schema_file(kind: str) -> Path:
    return Path(__file__).parent / f"irve-{kind}.schema.json"


@pytest.mark.parametrize("kind", ["static", "dynamic"])
def test_the_rules_are_those_of_the_schema(kind: str) -> None:
    """The published schema is data: every column, whether it must be filled, its choices and limits."""
    fields: list[dict[str, Any]] = json.loads(schema_file(kind).read_text("utf-8"))["fields"]
    columns = validator(f"irve-{kind}").columns
    assert [column.name for column in columns] == [field["name"] for field in fields]
    for column, field in zip(columns, fields, strict=True):
        limits = field.get("constraints", {})
        assert column.filled == limits.get("required", False), column.name
        assert column.minimum == limits.get("minimum"), column.name
        if "enum" in limits and column.choices:
            assert list(column.choices) == limits["enum"], column.name


OF_EACH_PARTY = [name for name in VALIDATORS if {"country_code", "party_id"} <= WHOLE[name].keys()]
OF_NOBODY = {  # the files that name no operator, and why no two rows of them may have the same ids
    "afir-summary": "a row for each operator, by name",
    "atlas-ports": "the recipient's form",
    "atlas-sessions": "the recipient's form",
    "concession": "sums by city",
    "ev-chart-2": "the recipient's form",
    "ev-chart-3": "the recipient's form",
    "ev-chart-4": "the recipient's form",
    "ev-chart-power": "sums",
    "irve-dynamic": "ids of charge points have the operator in them",
    "irve-static": "ids of charge points have the operator in them",
    "nobil-status": "the recipient's form",
    "occupancy-heat-map": "sums",
    "qualicharge-sessions": "ids of charge points have the operator in them",
    "qualicharge-statuses": "ids of charge points have the operator in them",
    "thg-quota": "ids of charge points have the operator in them",
    "uk-reliability": "sums",
}


def test_every_file_names_the_operator_or_is_listed_as_one_that_does_not() -> None:
    assert sorted([*OF_EACH_PARTY, *OF_NOBODY]) == sorted(VALIDATORS)


@pytest.mark.parametrize("name", OF_EACH_PARTY)
def test_two_parties_of_a_hub_may_have_the_same_ids(name: str, tmp_path: Path) -> None:
    others = [{"party_id": "XYZ"}, {"country_code": "BE"}]
    assert of_rows(tmp_path, name, WHOLE[name], *(WHOLE[name] | other for other in others)) == []
