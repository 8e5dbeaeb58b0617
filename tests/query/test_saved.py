"""Saved queries: their metadata, their parameters, and the errors of both."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ocpiq import query
from ocpiq.errors import CompileError, UsageError
from ocpiq.values.types import Value

MODULE = """#!/usr/bin/env -S ocpiq -f
module {
  name: "half", about: "Half of it.", tz: "Europe/Amsterdam",
  params: {n: {type: "number", about: "what to halve"}, by: {type: "integer", default: 2}}
};
[$n / $by, ("2026-01-31T23:30:00Z" | month)]
"""


def run(text: str, **given: Value) -> list[Value]:
    return list(query.compile(text, variables=tuple(given)).run(variables=given))


def test_metadata() -> None:
    metadata = query.compile(MODULE).metadata
    assert (metadata.name, metadata.about, metadata.tz) == ("half", "Half of it.", "Europe/Amsterdam")
    assert [(param.name, param.type, param.about, param.default) for param in metadata.params] == [
        ("n", "number", "what to halve", None),
        ("by", "integer", "", 2),
    ]


def test_text_is_converted_to_its_type_and_defaults_apply() -> None:
    assert run(MODULE, n="7") == [[3.5, "2026-02"]]
    assert run(MODULE, n=7, by="7") == [[1, "2026-02"]]


def test_the_zone_of_the_call_overrides_the_metadata() -> None:
    compiled = query.compile(MODULE, variables=("n",), zone="UTC")
    assert list(compiled.run(variables={"n": 2})) == [[1, "2026-01"]]


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({}, "the query needs n: what to halve", "--arg n 1.5"),
        ({"n": "seven"}, 'n: "seven" is not a number', "--arg n 1.5"),
        ({"n": 1, "by": "1.5"}, 'by: "1.5" is not a whole number', "--arg by 10"),
        ({"m": 1}, "the query has no parameter m", "it takes n, by"),
        ({"bye": 1}, "the query has no parameter bye", "did you mean by?"),
    ],
)
def test_wrong_values(given: dict[str, Value], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(MODULE, **given)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("type_", "right", "wrong"),
    [
        ("string", "x", 1),
        ("number", "1e3", "x"),
        ("integer", "5", 1.5),
        ("boolean", "true", "yes"),
        ("date", "2026-01-31", "31.1.2026"),
        ("period", "2026-Q1", "2026-Q5"),
        ("zone", "America/New_York", "Mars/Base"),
    ],
)
def test_types(type_: str, right: Value, wrong: Value) -> None:
    text = f'module {{params: {{a: "{type_}"}}}}; $a'
    assert len(run(text, a=right)) == 1
    with pytest.raises(UsageError) as caught:
        run(text, a=wrong)
    assert re.fullmatch(r"a: .+ is not .+", caught.value.message)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ('{tz: "Mars/Base"}', "tz in the metadata is not a time zone"),
        ("{name: 1}", "name in the metadata must be a string"),
        ("{params: [1]}", "params in the metadata must be an object"),
        ('{params: {a: "strng"}}', "the parameter a has an unknown type"),
        ("{params: {a: 1}}", "the parameter a must be {type, about, default}"),
        ('{params: {a: {type: "number", default: "x"}}}', 'a: "x" is not a number'),
        ("{name: (1 + 1)}", "metadata must be literal"),
    ],
)
def test_wrong_metadata(metadata: str, message: str) -> None:
    with pytest.raises(CompileError) as caught:
        query.compile(f"module {metadata}; 1")
    assert caught.value.message == message
    assert caught.value.span is not None


def test_a_saved_query_is_a_command(tmp_path: Path) -> None:
    file = tmp_path / "half.ocpiq"
    file.write_text(MODULE, "utf-8")
    command = [sys.executable, "-m", "ocpiq", "-n", "-f", str(file)]
    done = subprocess.run([*command, "--arg", "n", "7"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ('[3.5,"2026-02"]\n', 0)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", UsageError.exit_code)
    assert "the query needs n: what to halve" in done.stderr
