"""The result type of every builtin, operator and aggregate holds for what it gives."""

from __future__ import annotations

from itertools import product

import pytest

from ocpiq import query
from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.analysis.builtins import BUILTINS, Builtin
from ocpiq.analysis.result_types import OPERATORS
from ocpiq.errors import OcpiqError
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import (
    ListType,
    ObjectType,
    OpaqueType,
    ScalarType,
    SourceType,
    Type,
    UnionType,
)
from ocpiq.values.blank import Blank
from ocpiq.values.types import Value, type_name

VALUES = (
    "null",
    "true",
    "0",
    "-2.5",
    "3",
    '""',
    '"a,b"',
    '"12.50"',
    '"true"',
    '"YWI="',
    '"2026-01-05T10:20:30Z"',
    '"2026-01-05T11:20:30Z"',
    '"%Y-%m-%dT%H:%M:%SZ"',
    '"a"',
    '"(?<n>a)(x)?"',
    '"g"',
    '"hour"',
    '"UTC"',
    '"@text"',
    "[]",
    "[1, 2]",
    "[2.5, null]",
    '["b", "a"]',
    "[[1, 2], [3]]",
    "[[0]]",
    '[["a"], 1]',
    "[2026, 0, 5, 10, 20, 30, 1, 4]",
    "[97, 98]",
    '[[0, 1, ["a"], null]]',
    "{}",
    '{"a": 1, "b": "x"}',
    '{"excl_vat": 1.5, "incl_vat": "2"}',
    '[{"key": "a", "value": 1}]',
)
"""What builtins are tried on; each must find some among them."""

INTERNAL = {
    "_sort_by": "sort_by(.)",
    "_group_by": "group_by(.)",
    "_unique_by": "unique_by(.)",
    "_min_by": "min_by(.)",
    "_max_by": "max_by(.)",
    "_scan": 'scan("a")',
    "_split": 'split("a"; "g")',
    "_edits": 'sub("a"; "b")',
    "_substitute": 'gsub("(?<x>a)"; .x, "c")',
    "_assembly": "fromstream(tostream)",
    "_assemble": "fromstream(tostream)",
    "_assembled": "fromstream(tostream)",
    "_round": "round(1)",
    "_power_kw": "power_kw",
}
"""What calls a builtin that is not for queries."""

NEED_MORE = ("input", "inputs", "modulemeta", "input_filename", "input_line_number")
"""Builtins that read a file or further inputs."""


ARGUMENTS = {
    "range": ("0; 3", "0; 1; 0.5"),
    "format": ('"text"', '"json"'),
    "split": ('","',),
    "getpath": ('["a"]',),
}
"""Arguments that a builtin needs, beside the values above."""


def conforms(value: Value, type_: Type) -> bool:
    """Tell whether a value is of a type, as the generated code may rely on it."""
    match type_:
        case OpaqueType(name=None):
            return True
        case OpaqueType(name=str(name)):
            return value is None or type(value) is Blank or type_name(value) == name
        case ScalarType(name=name, whole=whole):
            return type_name(value) == name and (not whole or type(value) is int)
        case ObjectType(fields=fields):
            return type(value) is dict and all(
                name in value and conforms(value[name], inner) for name, inner in fields.items()
            )
        case ListType(item=item):
            return type(value) is list and all(conforms(inner, item) for inner in value)
        case UnionType(options=options):
            return any(conforms(value, option) for option in options)
        case SourceType():
            return True
    return False


def check(text: str) -> int:
    """Run a program on null and return how many results it has; each is of the type that the plan says."""
    compiled = query.compile(text)
    type_, found = compiled.plan.output, 0
    try:
        for value in compiled.run(None):
            assert conforms(value, type_), (text, value, type_)
            found += 1
            if found > 20:
                break
    except OcpiqError:
        pass
    return found


def programs(row: Builtin) -> list[str]:
    """Return calls of a builtin on literal values, and on values whose type is not known."""
    few = VALUES[:: 1 + row.arity] if row.arity < 3 else ('"hour"', *VALUES[10:12], '"UTC"', "1")
    arguments = ["; ".join(values) for values in product(few, repeat=row.arity)][:: 1 + row.arity * 4 // 7]
    call = INTERNAL.get(row.name, f"{row.name}({{}})" if row.arity else row.name)
    calls = sorted({call.replace("{}", text) for text in [*arguments, *ARGUMENTS.get(row.name, ())]})
    inputs = VALUES if row.reads else VALUES[:1]
    unknown = [f"({value} | tojson | fromjson) | {calls[0]}" for value in inputs]
    return [*(f"{value} | {text}" for value in inputs for text in calls), *unknown]


@pytest.mark.parametrize("row", BUILTINS.values(), ids=lambda row: f"{row.name}/{row.arity}")
def test_builtin(row: Builtin) -> None:
    results = sum(map(check, programs(row)))
    assert results or row.outputs is Outputs.NONE or row.name in NEED_MORE


@pytest.mark.parametrize("operator", OPERATORS)
def test_operator(operator: str) -> None:
    texts = [f"{left} {operator} {right}" for left in VALUES for right in VALUES]
    unknown = [f"({left} | tojson | fromjson) {operator} {right}" for left in VALUES for right in VALUES[::3]]
    assert sum(map(check, [*texts, *unknown])) > 5


@pytest.mark.parametrize("operator", ["==", "<", "and", "or", "//"])
def test_other_operators(operator: str) -> None:
    assert sum(map(check, (f"{left} {operator} {right}" for left in VALUES for right in VALUES))) > 5


@pytest.mark.parametrize(("name", "arity"), AGGREGATES, ids=str)
def test_aggregate(name: str, arity: int) -> None:
    arguments = ["", "(.)", "(.; 0.5)"][arity]
    results = [
        check(f"{stream} | aggregate {name}{arguments}")
        for stream in (
            "empty",
            "(null, null)",
            "(1, 2, null)",
            "(1.5, 2)",
            '("b", "a")',
            "([1], [2])",
            '({"a": 1}, {"a": 2})',
            "(true, false)",
            "(1, [2, 3][])",
        )
    ]
    assert sum(results) >= 3


FORMS = (
    "if . then 1 else 2.5 end",
    'if . then 1 else "x" end',
    "if . then {a: 1} else null end | .a",
    "[.[]?]",
    'try error("x") catch .',
    "reduce (1, 2) as $x (0; . + $x)",
    "reduce empty as $x ({a: 1}; .a = 2)",
    "reduce (1, 2) as $x ({a: 1}; .b = $x)",
    "foreach (1, 2) as $x (0; . + $x; [$x, .])",
    "{a: 1, b: 2} | .c = 3",
    "{a: 1} | .a |= tostring",
    "{a: 1} | .a += 1",
    "{a: {b: 1}} | .a.b = 2",
    '{a: 1} + {a: null, b: "x"}',
    "[1, 2][0]",
    "[{a: 1}] | map(.a) | add",
    "[3, 1] | sort_by(.) | first",
    "[{k: 1, v: 2}] | group_by(.k) | map({k: .[0].k, n: length})",
    "(1, 2) | aggregate {n: count, m: max(.)} | .m",
    '("a", "b") | aggregate {n: count} by {k: .}',
    "(3, 1) | sort by . | limit 1",
    "(3, 1) | top 1 by .",
    "(3, 1) | distinct by .",
    '"x" | test("x") | not',
)


@pytest.mark.parametrize("text", FORMS)
def test_form(text: str) -> None:
    assert check(text)
