"""Programs on plain JSON: `programs/*.txt` contain a program and, indented below it, its outputs or its error.

Every case was checked against jq 1.8; tests of the same cases against jq itself are in `test_against_jq.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ocpiq import query
from ocpiq.errors import OcpiqError
from ocpiq.values.json.codec import to_json


def cases() -> Iterator[object]:
    for path in sorted(Path(__file__).parent.glob("programs/*.txt")):
        for block in path.read_text("utf-8").split("\n\n")[1:]:
            program, *outputs = block.rstrip("\n").split("\n")
            yield pytest.param(program, [line[2:] for line in outputs], id=f"{path.stem}: {program}")


def outputs(program: str) -> Iterator[str]:
    try:
        for value in query.compile(program).run():
            yield to_json(value)
    except OcpiqError as error:
        yield f"error: {error.message}"


@pytest.mark.parametrize(("program", "expected"), list(cases()))
def test_program(program: str, expected: list[str]) -> None:
    assert list(outputs(program)) == expected
