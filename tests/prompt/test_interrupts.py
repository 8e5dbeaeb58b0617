"""Ctrl-C at every line of the program from Enter to the end of the query: never lost, and never a traceback."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType

import prompt_toolkit
import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from support.full import FULL

import ocpiq
from ocpiq.app.arguments import parse
from ocpiq.app.read_settings import prompt_settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.prompt import prompt, run
from ocpiq.prompt.session import Session

OURS = str(Path(ocpiq.__file__).parent)
OTHERS = (str(Path(prompt_toolkit.__file__).parent / "application"), os.sep + "asyncio" + os.sep)
FILES = ("prompt.py", "read_line.py", "interrupts.py", "typeahead.py", "run.py", "thread.py", "shutdown.py")
PATIENCE = 30.0  # seconds; only what never comes takes them
ENTER, CTRL_D = "\r", "\x04"
Step = tuple[str, int]


class Steps:
    """Traces the lines that run from Enter on, and presses Ctrl-C at one of them."""

    def __init__(self, at: Step | None) -> None:
        self.before: dict[Step, None] = {}  # the main thread waits for the query
        self.after: dict[Step, None] = {}
        self._seen = self.before
        self.at = at  # None once it was reached
        self._trace_before = sys.gettrace()

    def begin(self) -> None:
        """Trace from here on, in the functions that are running too."""
        frame: FrameType | None = sys._getframe()
        sys.settrace(self._trace)
        while frame is not None:
            frame.f_trace = self._trace
            frame = frame.f_back

    def end(self) -> None:
        sys.settrace(self._trace_before)

    def _trace(self, frame: FrameType, event: str, argument: object) -> Callable[..., object] | None:
        name = frame.f_code.co_filename
        if not name.startswith((OURS, OTHERS[0])) and OTHERS[1] not in name:
            return None
        if name.endswith("shutdown.py") and frame.f_code.co_name == "wait":
            self._seen = self.after
        step = (name, frame.f_lineno)
        if event == "line" and step not in self._seen:
            self._seen[step] = None
            if step == self.at:
                self.at = None
                signal.raise_signal(signal.SIGINT)
        return self._trace


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A prompt's session on the demo, whose queries end by Ctrl-C only."""
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"OCPIQ_{name}", str(tmp_path))
    session = Session.start(prompt_settings(parse(["--demo", "-q"])))
    assert session is not None
    threshold, handler = gc.get_threshold(), signal.signal(signal.SIGINT, signal.default_int_handler)
    with session.stack:
        yield session
    signal.signal(signal.SIGINT, handler)
    gc.unfreeze()
    gc.set_threshold(*threshold)


def cancel_at(session: Session, at: Step | None, *, also_while_it_works: bool) -> tuple[Steps, int]:
    """Press Enter at the prompt, Ctrl-C at a step, and Ctrl-D at the next prompt; return the exit code too."""
    steps, prompts = Steps(at), list[None]()
    with (
        pytest.MonkeyPatch.context() as patch,
        create_pipe_input() as keyboard,
        create_app_session(keyboard, DummyOutput()),
    ):
        accept = Buffer.validate_and_handle

        def accept_and_trace(buffer: Buffer) -> None:
            steps.begin()
            accept(buffer)

        def next_prompt(session: Session) -> None:
            steps.end()
            keyboard.send_text(CTRL_D if prompts else "1" + ENTER)
            prompts.append(None)

        def work(*arguments: object) -> str:
            (shutdown,) = (part for part in arguments if isinstance(part, Shutdown))
            cancelled = threading.Event()
            with suppress(KeyboardInterrupt):  # cancelled before it began to wait
                shutdown.closing(cancelled.set)
                if also_while_it_works or steps.at is not None:
                    os.kill(os.getpid(), signal.SIGINT)
                assert cancelled.wait(PATIENCE)
            return "stopped"

        patch.setattr(Buffer, "validate_and_handle", accept_and_trace)
        patch.setattr(Session, "read_logins", next_prompt)
        patch.setattr(run, "_run_and_report", work)
        try:
            return steps, prompt.run_prompt(session)
        finally:
            steps.end()


def test_ctrl_c_at_every_line(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):  # the first time, more is computed than afterwards
        steps, code = cancel_at(session, None, also_while_it_works=True)
        assert (code, capsys.readouterr().err) == (0, "cancelled\n")
    reached = 0
    for waits, lines in ((False, steps.before), (True, steps.after)):
        for number, step in enumerate(lines):
            if not (FULL or Path(step[0]).name in FILES or number % 5 == 0):
                continue
            run_to, code = cancel_at(session, step, also_while_it_works=waits)
            assert (code, capsys.readouterr().err) == (0, "cancelled\n"), step
            reached += run_to.at is None
    assert reached > 100
