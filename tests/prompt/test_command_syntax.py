"""Which texts are commands of the prompt."""

from __future__ import annotations

import pytest

from ocpiq.prompt.command_syntax import argument_start, split_command


@pytest.mark.parametrize(
    ("text", "command", "begins"),
    [
        ("", None, None),
        ("sessions", None, None),
        ("sessions | {a: 1}", None, None),
        (":", (":", ""), None),
        (":sa", (":sa", ""), None),
        (":save ", (":save", ""), 6),
        (":save a b.ocpiq ", (":save", "a b.ocpiq"), 6),
        ("  :to csv", (":to", "csv"), 6),
        (":explain sessions\n| .id", (":explain", "sessions\n| .id"), 9),
        (":explain\nsessions", (":explain", "sessions"), 9),
        ("exit", (":quit", ""), None),
        (" quit\n", (":quit", ""), None),
        ("help", (":help", ""), None),
        ("?", (":help", ""), None),
        ("help me", None, None),
    ],
)
def test_a_line(text: str, command: tuple[str, str] | None, begins: int | None) -> None:
    assert split_command(text) == command
    assert argument_start(text) == begins
