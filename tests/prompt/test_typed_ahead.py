"""Keys that are pressed while a query runs act as if they were pressed afterwards, on real terminals."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.platforms import TOKEN, Platform, Request, Response, serving
from support.terminal import CTRL_C, CTRL_D, ENTER, PATIENCE, TAB, UP, Terminal
from test_prompt import Open, home, open_prompt

__all__ = ["home", "open_prompt"]  # fixtures

QUERY = "sessions | aggregate count"
PULLING = "pulling sessions from slow …"
PASTE = "\x1b[200~", "\x1b[201~"


class Slow:
    """A platform that answers once it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        objects = [{"country_code": "NL", "party_id": "ABC", "id": f"S{number}"} for number in range(3)]
        self.platform = Platform(objects=objects)

    def late(self, request: Request) -> Response | None:
        self.released.wait(PATIENCE)
        return None


@pytest.fixture
def slow(home: dict[str, str]) -> Iterator[Slow]:
    """A login at a platform that is slow from now on."""
    slow = Slow()
    with serving(slow.platform):
        login = ["login", slow.platform.versions_url, "--party", "NL-ABC", "--name", "slow"]
        subprocess.run(
            [sys.executable, "-m", "ocpiq", *login], env={**home, "OCPIQ_TOKEN": TOKEN}, check=True
        )
        slow.platform.special = {"sessions": slow.late}
        yield slow
        slow.released.set()


@contextmanager
def running(slow: Slow, terminal: Terminal) -> Iterator[None]:
    """Run a query, which goes on until the end of the block."""
    terminal.run(QUERY)
    terminal.see(PULLING)
    yield
    slow.released.set()


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (f"20 + 1{ENTER}30 + 1{ENTER}", ["ocpiq> 20 + 1", "21", "ocpiq> 30 + 1", "31", "ocpiq>"]),
        (f":arg n 5{ENTER}$n{ENTER}", ["ocpiq> :arg n 5", "$n set", "ocpiq> $n", '"5"', "ocpiq>"]),
        (f"[1,{ENTER}20] | add{ENTER}", ["ocpiq> [1,", "   ... 20] | add", "21", "ocpiq>"]),
        (f"20 + 2\x7f1{ENTER}", ["ocpiq> 20 + 1", "21", "ocpiq>"]),
        (f"nonsense\x1520 + 1{ENTER}", ["ocpiq> 20 + 1", "21", "ocpiq>"]),
        (f"40 + 1\x1b[H\x1b[3~2{ENTER}", ["ocpiq> 20 + 1", "21", "ocpiq>"]),
        (UP + ENTER, [f"ocpiq> {QUERY}", "3", "ocpiq>"]),
        (f"sessions | aggr{TAB} count{ENTER}", [f"ocpiq> {QUERY}", "3", "ocpiq>"]),
        (f"{PASTE[0]}20 +\r1{PASTE[1]}{ENTER}", ["ocpiq> 20 +", "   ... 1", "21", "ocpiq>"]),
        ("20 + 1", ["ocpiq> 20 + 1"]),
    ],
)
def test_keys_typed_ahead(open_prompt: Open, slow: Slow, keys: str, shown: list[str]) -> None:
    terminal = open_prompt("slow (OCPI 2.2.1)", "-q")
    terminal.type("-1" + ENTER)
    terminal.at_prompt("\n-1")
    terminal.type("\x0c")
    terminal.wait(lambda: terminal.lines()[0] == "ocpiq>", "a clear screen")
    terminal.type(QUERY)
    terminal.see(QUERY)
    waits = threading.Event()
    slow.platform.special = {"sessions": lambda request: waits.set() or slow.late(request)}  # type: ignore[func-returns-value]
    terminal.type(ENTER)
    assert waits.wait(PATIENCE)
    terminal.type_ahead(keys)
    slow.released.set()
    rows = lambda: [line for line in terminal.lines() if line and "(OCPI 2.2.1)" not in line]  # noqa: E731
    terminal.wait(lambda: rows() == [f"ocpiq> {QUERY}", "3", *shown], f"{shown}")


def test_ctrl_c_drops_what_was_typed_ahead_of_it(open_prompt: Open, slow: Slow) -> None:
    terminal = open_prompt("slow (OCPI 2.2.1)", rows=15, columns=60)
    with running(slow, terminal):
        terminal.type_ahead(f"20 + 1{ENTER}30 + 1{ENTER}")
        terminal.type(CTRL_C)
        terminal.at_prompt("cancelled")
        terminal.type("40 + 1" + ENTER)
        terminal.at_prompt("\n41")
        assert "21" not in terminal.text() and "31" not in terminal.text()


def test_keys_typed_ahead_are_not_shown_before(open_prompt: Open, slow: Slow) -> None:
    terminal = open_prompt("slow (OCPI 2.2.1)")
    with running(slow, terminal):
        terminal.type_ahead("20 + 1")
        assert "20 + 1" not in terminal.text()
    terminal.see("ocpiq> 20 + 1")


ENDLESS = '"begun", (range(1e12) | empty)'


@pytest.mark.parametrize("query", ["", ENDLESS])
@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_left_as_it_was_found(
    home: dict[str, str], tmp_path: Path, query: str, number: signal.Signals | None
) -> None:
    prompt = f"{shlex.quote(sys.executable)} -m ocpiq --demo"
    script = (
        "trap : INT; stty -g > before; "
        f"sh -c 'echo $$ > pid; exec {prompt}'; echo code $?; stty -g > after; echo end"
    )
    terminal = Terminal(home, command=("sh", "-c", script), folder=tmp_path)
    terminal.see("demo (OCPI 2.2.1)")
    if query:
        terminal.run(query)
        terminal.see('\n"begun"')
    if number is not None:
        os.kill(int((tmp_path / "pid").read_text()), number)
    else:
        terminal.type((CTRL_C if query else "") + CTRL_D)
    terminal.see("\nend")
    assert f"code {128 + number if number else 0}" in terminal.text()
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()
    assert "".join(terminal.transcript).rindex("[?2004l") > "".join(terminal.transcript).rindex("[?2004h")
