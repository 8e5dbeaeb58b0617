"""Pasted text that is longer than one read of the keyboard, without bracketed paste."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from ocpiq.app.arguments import parse
from ocpiq.app.read_settings import prompt_settings
from ocpiq.prompt.editor import make_prompt
from ocpiq.prompt.session import Session

READ = 1024  # characters that prompt_toolkit reads at once


async def typed(session: Session, keys: str) -> str:
    """Return the text of the prompt after keys that were all pressed before it opened."""
    with create_pipe_input() as keyboard, create_app_session(keyboard, DummyOutput()):
        prompt = make_prompt(session)
        keyboard.send_text(keys)
        accepted = asyncio.ensure_future(prompt.prompt_async())
        while not accepted.done() and prompt.default_buffer.text.count("x") < keys.count("x"):
            await asyncio.sleep(0.01)
        text = accepted.result() if accepted.done() else prompt.default_buffer.text
        accepted.cancel()
        return text


@pytest.mark.skipif(sys.platform == "win32", reason="there prompt_toolkit tells pasted text from typed text")
@pytest.mark.parametrize("length", [READ - 2, READ - 1, READ, 2 * READ - 1])
def test_a_line_break_at_the_end_of_a_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setenv("OCPIQ_CONFIG", str(tmp_path))
    monkeypatch.setenv("OCPIQ_STATE", str(tmp_path))
    session = Session.start(prompt_settings(parse(["--demo", "-q"])))
    assert session is not None
    lines = ["1".ljust(length), *["| 1"] * 500, "| 1 # x"]
    with session.stack:
        assert asyncio.run(typed(session, "\r".join(lines))) == "\n".join(lines)
