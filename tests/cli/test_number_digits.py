"""Numbers that are not computed with keep their digits, as jq 1.8 writes them, whichever way they come and go."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import jq
import pytest
from support.cli import command

from ocpiq.analysis import analyze
from ocpiq.language import parse

WRITTEN = {
    "1.000": "1.000",
    "0.10": "0.10",
    "1E2": "1E+2",
    "1e5": "1E+5",
    "1.5e-7": "1.5E-7",
    "0.0000001": "1E-7",
    "0.00001": "0.00001",
    "0.00": "0.00",
    "0E3": "0E+3",
    "-0": "-0",
    "-0.0": "-0.0",
    "-12.50": "-12.50",
    "16.0": "16.0",
    "12.345": "12.345",
    "0.30000000000000004": "0.30000000000000004",
    "0.1000000000000000055511151231257827": "0.1000000000000000055511151231257827",
    "123456789012345678901234567890": "123456789012345678901234567890",
    "1E1000": "1E+1000",
    "42": "42",
}
ID = '"last_updated":"2026-01-01T00:00:00Z"'

OBJECTS = {
    "as sent": '{{"id":"S1","kwh":{0},"total_cost":{{"excl_vat":{0}}},{1}}}',
    "a broken field beside": '{{"id":"S1","kwh":{0},"total_cost":{{"excl_vat":{0}}},"x":NaN,{1}}}',
    "laid out": '\n{{ "id" : "S1" ,\n"kwh" : {0} ,\n"total_cost" : {{ "excl_vat" : {0} }} ,\n{1} }}\n',
}
"""The ways of a page through the gate: the typed decoder, the untyped one."""

QUERIES = {
    "a field": "sessions pass kwh | .kwh",
    "a field that decides": "sessions pass kwh | select(.kwh < infinite) | .kwh",
    "in an object": "sessions pass total_cost | .total_cost.excl_vat",
    "whole objects": "sessions pass . | .kwh, .total_cost.excl_vat",
    "everything": "sessions pass . | [.[]] | .[1], .[2].excl_vat",
    "a group": "sessions pass kwh | aggregate count by {k: .kwh} | .k",
    "picked": "sessions pass kwh | aggregate {a: min(.kwh), b: max(.kwh), c: first(.kwh)} | .a, .b, .c",
    "sorted": "sessions pass kwh | sort by .kwh | .kwh",
    "distinct": "sessions pass kwh | distinct by .kwh | .kwh",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=list(QUERIES))
@pytest.mark.parametrize("form", OBJECTS.values(), ids=list(OBJECTS))
def test_numbers_of_a_platform(form: str, query: str, home: Path, tmp_path: Path) -> None:
    for number, (sent, expected) in enumerate(WRITTEN.items()):
        if "infinite" in query and expected == "1E+1000":
            continue
        path = tmp_path / f"sessions{number}.json"
        path.write_text(f"[{form.format(sent, ID)}]")
        outcome = command(home, ["-q", "--source", f"sessions={path}", query])
        assert (outcome.code, set(outcome.out.decode().splitlines())) == (0, {expected}), (sent, outcome.err)


PROGRAMS = (
    ".",
    "[.] | .[0]",
    ". as $x | $x",
    "if . then . else 0 end",
    "{a: .} | .a",
    "[.] | sort | .[0]",
    "[.] | add",
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_numbers_of_a_file(program: str, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text("\n".join(WRITTEN))
    assert command(home, [program, str(path)]).out.decode().splitlines() == list(WRITTEN.values())
    path.write_text(f"[\n{', '.join(WRITTEN)} \n]")
    assert command(home, [f".[] | {program}", str(path)]).out.decode().splitlines() == list(WRITTEN.values())


TEXTS = ("tojson", "tostring", "@json", '"\\(.)"', "[.] | @csv", "[.] | @tsv", '[., 1] | join("")[:-1]')


@pytest.mark.parametrize("program", TEXTS)
def test_numbers_as_text(program: str, home: Path) -> None:
    for sent, expected in WRITTEN.items():
        if sent[0] != "-":  # a sign is an operator in a program
            assert command(home, ["-nr", f"{sent} | {program}"]).out.decode() == f"{expected}\n", sent
        assert command(home, ["-nr", f'"{sent}" | tonumber | {program}']).out.decode() == f"{expected}\n", (
            sent
        )


def test_the_forms_are_those_of_jq() -> None:
    for sent, expected in WRITTEN.items():
        assert jq.compile("tojson").input_text(sent).first() == expected


FORMATS = {
    "csv": "kwh,n\n1.000,0.10\n",
    "tsv": "kwh\tn\n1.000\t0.10\n",
    "ndjson": '{"kwh":1.000,"n":0.10}\n',
    "json": '[\n  {\n    "kwh": 1.000,\n    "n": 0.10\n  }\n]\n',
    "table": "  kwh     n\n─────  ────\n1.000  0.10\n",
    "markdown": "| kwh | n |\n| ---: | ---: |\n| 1.000 | 0.10 |\n",
}


@pytest.mark.parametrize("form", FORMATS)
def test_formats_of_text(form: str, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    path.write_text('[{"id":"S1","kwh":1.000}]')
    words = ["-q", "--source", f"sessions={path}", "--to", form, "sessions pass kwh | {kwh, n: 0.10}"]
    assert command(home, words).out.decode() == FORMATS[form]


def test_typed_formats_take_the_double(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text('{"n": 1.000}\n{"n": 0.10}\n{"n": 1E2}\n')
    assert command(home, ["-o", str(tmp_path / "x.sqlite"), ".", str(path)]).code == 0
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        rows = connection.execute("select n, typeof(n) from results").fetchall()
    assert rows == [(1.0, "real"), (0.1, "real"), (100.0, "real")]


WRONG = ['{"private":1}', '[{"private":1}]', "[[1.50]]", '[1,{"private":1}]']
STEPS = ("tariffs", "tariffs | .elements[].price_components[].step_size")


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("broken", ["", ',"x":NaN'])
def test_only_numbers_pass_in_the_place_of_a_number(
    broken: str, wrong: str, home: Path, tmp_path: Path
) -> None:
    """Step sizes of a tariff pass by default; objects, and lists that hold any, do not."""
    path = tmp_path / "tariffs.json"
    for query in STEPS:
        form = '[{{"elements":[{{"price_components":[{{"step_size":{0}}}]}}]{1}}}]'
        path.write_text(form.format(wrong, broken))
        outcome = command(home, ["-q", "--source", f"tariffs={path}", query])
        assert (outcome.code, outcome.out.count(b"#NA")) == (0, 1), outcome.err
        assert b"private" not in outcome.out
        path.write_text(form.format("[1.50, null]", broken))
        assert b"[1.50,null]" in command(home, ["-q", "--source", f"tariffs={path}", query]).out


COMPUTED = {
    "sessions pass kwh | aggregate sum(.kwh)": [],
    "sessions pass kwh | aggregate avg(.kwh) by .currency": ["currency"],
    "sessions pass kwh | select(.kwh > 1) | .currency": ["currency"],
    "sessions pass kwh | .kwh * 2": [],
    "sessions pass kwh | .kwh + 2": [],
    "sessions pass kwh | .kwh | floor": [],
    "sessions pass kwh | sort by .kwh | .currency": ["currency"],
    "sessions pass kwh | .kwh": ["kwh"],
    "sessions pass kwh | -.kwh": ["kwh"],
    "sessions pass kwh | null + .kwh": ["kwh"],
    "sessions pass kwh | .kwh as $k | $k * 2": ["kwh"],
    "sessions pass kwh | select(.kwh > 1) | .kwh": ["kwh"],
    "sessions pass kwh | aggregate {s: sum(.kwh), m: max(.kwh)}": ["kwh"],
}


@pytest.mark.parametrize("query", COMPUTED)
def test_digits_are_kept_only_where_a_number_may_be_moved(query: str) -> None:
    (source,) = analyze(parse(query)).sources
    assert [name for name, demand in source.demand.fields.items() if demand.digits] == COMPUTED[query]
