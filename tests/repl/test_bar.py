"""The bottom line."""

from __future__ import annotations

import pytest

from ocpiq.errors import UsageError
from ocpiq.query import compile
from ocpiq.repl.bar import status, warning


@pytest.mark.parametrize(
    ("query", "seen", "line"),
    [
        (".", {}, "mine (OCPI 2.2.1)"),
        ("sessions", {}, "mine (OCPI 2.2.1) | sessions passes nothing"),
        ("sessions pass kwh, cdr_token", {}, "mine (OCPI 2.2.1) | sessions passes kwh, cdr_token"),
        (
            "(sessions only id), cdrs",
            {"sessions": 12000, "cdrs": 1},
            "mine (OCPI 2.2.1) | sessions passes id | cdrs passes nothing | seen: 12,000 sessions, 1 cdrs",
        ),
    ],
)
def test_status(query: str, seen: dict[str, int], line: str) -> None:
    assert status("mine", "2.2.1", compile(query).plan, seen) == line


def test_a_mistake_is_one_line_with_its_fix() -> None:
    assert warning(None) == ""
    assert warning(UsageError("wrong", hint="do this")) == "wrong (do this)"
