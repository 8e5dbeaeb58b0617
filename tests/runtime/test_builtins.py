"""The table of builtins, what stands behind each row, and what the real jq has besides."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import jq
import pytest

from ocpiq import query
from ocpiq.analysis.builtins import BUILTINS
from ocpiq.analysis.calls import builtin_names
from ocpiq.codegen.expressions import RUNTIME_BUILTINS
from ocpiq.runtime.builtins import NATIVES
from ocpiq.runtime.context import Runtime

NOT_HERE = {
    "get_jq_origin/0": "not in the manual: where jq's own program file lies",
    "get_prog_origin/0": "not in the manual: where the query's file lies",
}
"""Builtins of the real jq that there are none of, each with its reason."""

COMPILED = {"empty", "path"}
"""What the compiler writes out; there is nothing to call."""


def test_each_row_has_a_function_and_each_function_a_row() -> None:
    rows = {name for name, _ in BUILTINS}
    assert rows == (set(NATIVES) | RUNTIME_BUILTINS) - (COMPILED - rows)


def test_every_builtin_of_jq_is_here_or_has_its_reason() -> None:
    theirs = set(jq.compile("builtins").input_value(None).first())
    assert theirs - set(builtin_names()) == set(NOT_HERE)


def parameters(function: Callable[..., object]) -> tuple[int, float]:
    """Return how many arguments a function takes, at least and at most."""
    found = inspect.signature(function).parameters.values()
    required = sum(one.default is one.empty and one.kind is not one.VAR_POSITIONAL for one in found)
    many = any(one.kind is one.VAR_POSITIONAL for one in found)
    return required, float("inf") if many else len(found)


@pytest.mark.parametrize("row", BUILTINS.values(), ids=lambda row: f"{row.name}/{row.arity}")
def test_a_function_takes_what_its_row_says(row: object) -> None:
    name, arity, reads = row.name, row.arity, row.reads  # type: ignore[attr-defined]
    if name in COMPILED or name in ("now", "_assembly"):
        return
    function = getattr(Runtime, name) if name in RUNTIME_BUILTINS else NATIVES[name]
    least, most = parameters(function)
    assert least <= arity + reads + (name in RUNTIME_BUILTINS) <= most


@pytest.mark.parametrize("name", [name for name in builtin_names() if name not in ("input_line_number/0",)])
def test_what_builtins_lists_compiles(name: str) -> None:
    name, arity = name.split("/")
    query.compile(f"{name}({'; '.join(['.'] * int(arity))})" if arity != "0" else name)


def test_names_for_use_inside_are_not_listed() -> None:
    assert not [name for name in builtin_names() if name[0] in "_@"]
    assert query.compile("builtins").run().__next__() == builtin_names()
