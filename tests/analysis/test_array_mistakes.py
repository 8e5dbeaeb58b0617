"""What jq and SQL make people write, and what the error says to write instead."""

from __future__ import annotations

import pytest

import ocpiq
from ocpiq.analysis.array_mistakes import ARRAY_FUNCTIONS_WITHOUT_STAGE, STAGE_FOR_ARRAY_FUNCTION
from ocpiq.errors import CompileError
from ocpiq.schema import VERSIONS, platform_modules

ARRAYS = {
    "sort_by(.kwh)": "sort by .kwh",
    "sort_by(.kwh, .id)": "sort by .kwh, .id",
    "group_by(.id)": "aggregate count by .id",
    "unique_by(.id)": "distinct by .id",
    "min_by(.kwh)": "top 1 by .kwh asc",
    "max_by(.kwh)": "top 1 by .kwh",
    "map(.kwh)": ".kwh",
    "map(select(.kwh > 3))": "select(.kwh > 3)",
    "add": "aggregate sum(.kwh)",
    "length": "aggregate count",
    "first": "limit 1",
    "sort": "sort by .id",
    "unique": "distinct by .id",
    "max": "aggregate max(.kwh)",
    "min": "aggregate min(.kwh)",
}


@pytest.mark.parametrize(("call", "stage"), ARRAYS.items(), ids=ARRAYS)
def test_functions_of_arrays(call: str, stage: str) -> None:
    name = call.partition("(")[0]
    for source in ("sessions pass kwh", "sessions pass kwh | select(.id)", "sessions pass kwh | limit 3"):
        with pytest.raises(CompileError) as caught:
            ocpiq.compile(f"{source} | {call}")
        assert caught.value.message == f"`sessions` is a stream of objects, and {name} needs an array"
        assert caught.value.hint == f"use {stage}, or [sessions …] | {call}"
    ocpiq.compile(f"[sessions pass kwh] | {call}")
    ocpiq.compile(f"sessions pass kwh | {stage}")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("call", ARRAYS)
def test_every_hint_compiles(call: str, version: str) -> None:
    name, _, argument = call.partition("(")
    call = f"{name}(.last_updated)" if argument else name
    for module in platform_modules(version):
        for clause in ("", " pass .", " only last_updated", " pass last_updated"):
            source = f"{module}{clause}"
            if argument and not clause:  # `last_updated` is private
                continue
            with pytest.raises(CompileError) as caught:
                ocpiq.compile(f"{source} | {call}", version=version)
            hint = caught.value.hint.removeprefix("use ")
            stage, _, array = hint.rpartition(", or ")
            assert array == f"[{module} …] | {call}"
            ocpiq.compile(array.replace(f"{module} …", source), version=version)
            if stage:
                ocpiq.compile(f"{source} | {stage}", version=version)


def test_only_fields_that_can_be_read_are_suggested() -> None:
    for query, hint in {
        "sessions | add": "use [sessions …] | add",
        "sessions pass . | add": "use aggregate sum(.kwh), or [sessions …] | add",
        "cdrs pass total_energy | max": "use aggregate max(.total_energy), or [cdrs …] | max",
        "locations | add": "use [locations …] | add",
        "tokens pass uid | sort": "use sort by .uid, or [tokens …] | sort",
    }.items():
        with pytest.raises(CompileError) as caught:
            ocpiq.compile(query)
        assert caught.value.hint == hint


@pytest.mark.parametrize(("name", "arity"), ARRAY_FUNCTIONS_WITHOUT_STAGE)
def test_functions_of_arrays_without_a_stage(name: str, arity: int) -> None:
    call = f"{name}({'; '.join(['0'] * arity)})" if arity else name
    with pytest.raises(
        CompileError, match=rf"^`sessions` is a stream of objects, and {name} needs an array$"
    ):
        ocpiq.compile(f"sessions | {call}")


def test_each_function_has_its_case() -> None:
    assert {call.partition("(")[0] for call in ARRAYS} == {name for name, _ in STAGE_FOR_ARRAY_FUNCTION}


@pytest.mark.parametrize("step", [".[0]", ".[-1]", ".[:10]", ".[1:]"])
def test_indices(step: str) -> None:
    with pytest.raises(CompileError, match=r"^`sessions` is a stream of objects, not an array$"):
        ocpiq.compile(f"sessions | {step}")


@pytest.mark.parametrize(
    "query",
    [
        "sessions | .charging_periods | length",
        "sessions | .charging_periods | map(.tariff_id)",
        "[sessions] | length",
        "[sessions] | map(.id)",
        "sessions | to_entries | length",
        "sessions | length?",
        "sessions | add(.charging_periods[].tariff_id)",
        "sessions | try add catch 0",
        "sessions | [.[]] | length",
        "def length: 1; sessions | length",
        "map(.a) | sort_by(.b) | length",
        ".[0] | add",
    ],
)
def test_is_none(query: str) -> None:
    ocpiq.compile(query)


SQL = {
    "sessions where kwh > 3": "write a condition as | select(.kwh > 3)",
    "sessions | where .kwh > 3": "write a condition as | select(.kwh > 3)",
    "sessions pass kwh WHERE .kwh > 3": "write a condition as | select(.kwh > 3)",
    "sessions | group by .status": "write groups as | aggregate count by .status",
    "sessions group by .status": "write groups as | aggregate count by .status",
    "sessions | aggregate count group by .status": "write groups as | aggregate count by .status",
    "sessions | order by .kwh": "write the order as | sort by .kwh desc",
    "sessions ORDER BY kwh": "write the order as | sort by .kwh desc",
    "sessions | limit 3 | order by .id": "write the order as | sort by .kwh desc",
    "select kwh from sessions": "write the module first: sessions only id, kwh | …",
    "SELECT * FROM sessions WHERE kwh > 3": "write the module first: sessions only id, kwh | …",
    "sessions | select kwh": "write select(.kwh > 3), with parentheses; fields are chosen with {id, kwh}",
    "sessions | aggregate count(*)": "write count, without *",
    "sessions | select(.kwh > 3 AND .kwh < 5)": "write it in lower case: and",
    "sessions | select(.kwh between 1 and 5)": "write .kwh >= 1 and .kwh <= 5",
    "sessions | select(.kwh is null)": "write .kwh == null, or .kwh != null",
    'sessions | select(.status in ("ACTIVE"))': 'write .status | IN("ACTIVE", "COMPLETED")',
    'sessions | select(.id like "NL%")': 'write .id | test("^NL")',
    "sessions | having .n > 3": "write a condition as | select(.count > 3)",
    "sessions | limit 3 offset 2": "write limit 20 alone; a window takes since and until",
    "sessions | select(.last_updated > 2026-01-01T06:00Z)": 'put the date in quotes: "2026-01-01T06:00Z"',
}


@pytest.mark.parametrize(("query", "hint"), SQL.items(), ids=SQL)
def test_sql(query: str, hint: str) -> None:
    with pytest.raises(CompileError) as caught:
        ocpiq.compile(query)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    "query", ['{where: 1, "group": 2, order: 3}', ".from, .select", "def where(f): select(f); 1 | where(.)"]
)
def test_the_words_stay_names(query: str) -> None:
    ocpiq.compile(query)
