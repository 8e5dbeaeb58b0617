"""The table of builtins, the function of each row, and builtins that only the real jq has."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import jq
import pytest

from ocpiq import query
from ocpiq.analysis.builtins import BUILTINS
from ocpiq.analysis.calls import builtin_names
from ocpiq.codegen.expressions import RUNTIME_BUILTINS
from ocpiq.runtime.builtins import MODULES, native, table
from ocpiq.runtime.context import Runtime

MISSING = {
    "get_jq_origin/0": "not in the manual: where jq's own program file lies",
    "get_prog_origin/0": "not in the manual: where the query's file lies",
}
"""Builtins of the real jq that ocpiq lacks, each with the reason."""

COMPILED = {"empty", "path"}
"""Builtins that the compiler expands; there is no function to call."""


def test_each_row_has_a_function_and_each_function_a_row() -> None:
    rows = {name for name, _ in BUILTINS}
    names = [*(name for module in MODULES for name in table(module)), "builtins"]
    assert len(names) == len(set(names))
    assert rows == (set(names) | RUNTIME_BUILTINS) - (COMPILED - rows)


def test_every_builtin_of_jq_exists_or_has_a_reason() -> None:
    theirs = set(jq.compile("builtins").input_value(None).first())
    assert theirs - set(builtin_names()) == set(MISSING)


def parameters(function: Callable[..., object]) -> tuple[int, float]:
    """Return the smallest and largest number of arguments of a function."""
    arguments = inspect.signature(function).parameters.values()
    required = sum(
        parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
        for parameter in arguments
    )
    many = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in arguments)
    return required, float("inf") if many else len(arguments)


@pytest.mark.parametrize("row", BUILTINS.values(), ids=lambda row: f"{row.name}/{row.arity}")
def test_a_function_has_the_arity_of_its_row(row: object) -> None:
    name, arity, reads = row.name, row.arity, row.reads  # type: ignore[attr-defined]
    if name in COMPILED or name in ("now", "_assembly"):
        return
    function = getattr(Runtime, name) if name in RUNTIME_BUILTINS else native(name)
    least, most = parameters(function)
    assert least <= arity + reads + (name in RUNTIME_BUILTINS) <= most


@pytest.mark.parametrize("name", [name for name in builtin_names() if name not in ("input_line_number/0",)])
def test_every_listed_builtin_compiles(name: str) -> None:
    name, arity = name.split("/")
    query.compile(f"{name}({'; '.join(['.'] * int(arity))})" if arity != "0" else name)


def test_internal_names_are_not_listed() -> None:
    assert not [name for name in builtin_names() if name[0] in "_@"]
    assert query.compile("builtins").run().__next__() == builtin_names()
