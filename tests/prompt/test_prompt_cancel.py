"""Ctrl-C in each state of the prompt, on real terminals: it ends what is going on, never the prompt, and says so."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.platforms import TOKEN, Platform, Request, Response, serving
from support.terminal import CTRL_C, CTRL_R, EDIT, ENTER, ESCAPE, PATIENCE, SIZES, TAB, Terminal
from test_prompt import Open, home, open_prompt

__all__ = ["home", "open_prompt"]  # fixtures

BAR = "demo (OCPI 2.2.1)"
ENDLESS = '"begun", (range(1e12) | empty)'


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
def terminal(request: pytest.FixtureRequest, open_prompt: Open) -> Terminal:
    """A prompt on the demo."""
    rows, columns = request.param
    return open_prompt(BAR, "--demo", rows=rows, columns=columns)


def still_works(terminal: Terminal) -> None:
    """Run a query and see its result."""
    terminal.type("20 + 1" + ENTER)
    terminal.at_prompt("\n21")


def test_while_a_query_is_written(terminal: Terminal) -> None:
    for typed, shown in (
        ("sess", "every Session"),  # the menu is open
        ("sess" + TAB, "sessions"),  # a suggestion is selected
        ("[1," + ENTER + "2", "   ... 2"),
        ("sessions | select(.kwh > 70)", "is blanked"),
        (":run fai", ":run fai"),
    ):
        terminal.type(typed)
        terminal.see(shown)
        terminal.type(CTRL_C)
        terminal.see_no_more("every Session")
        still_works(terminal)


def test_while_the_history_is_searched(terminal: Terminal) -> None:
    still_works(terminal)
    terminal.type(CTRL_R + "20")
    terminal.see("I-search backward: 20")
    terminal.type(CTRL_C)
    terminal.see_no_more("I-search")
    terminal.type(CTRL_C)
    still_works(terminal)


def test_in_the_modes_of_vi(terminal: Terminal) -> None:
    terminal.run(":set vi on")
    terminal.see("vi: insert")
    for keys in ("1 + 1", "1 + 1" + ESCAPE, "1 + 1" + ESCAPE + "2d"):
        terminal.type(keys)
        terminal.see("1 + 1")
        terminal.type(CTRL_C)
        terminal.see("vi: insert")
        still_works(terminal)


def test_right_after_enter(open_prompt: Open) -> None:
    """Ctrl-C that arrives together with Enter is a key that the prompt has not read yet."""
    terminal = open_prompt(BAR, "--demo")
    for _ in range(3):
        terminal.type("\x0c" + ENDLESS)
        terminal.wait(lambda: terminal.lines()[0] == f"ocpiq> {ENDLESS}", "the query on a clear screen")
        terminal.type(ENTER + CTRL_C)
        terminal.at_prompt("cancelled")
        assert "error" not in terminal.text() and "Traceback" not in terminal.text()
    still_works(terminal)


def test_while_a_query_runs_and_while_its_results_are_shown(terminal: Terminal) -> None:
    terminal.run(ENDLESS)
    terminal.see('\n"begun"')
    terminal.type(CTRL_C)
    terminal.at_prompt("cancelled")
    still_works(terminal)
    terminal.run("range(1000; 5000)")
    terminal.see("1001")
    terminal.see("lines 1-")
    terminal.type(CTRL_C)
    terminal.see_no_more("lines 1-")
    still_works(terminal)


def test_right_after_a_key_of_the_pager(open_prompt: Open) -> None:
    """Ctrl-C that the pager has not read yet, because it leaves to read on."""
    terminal = open_prompt(BAR, "--demo")
    for key in ("G", "/no such line" + ENTER):
        terminal.run('range(1e12) | "\\(.) a flood"')
        terminal.see("lines 1-")
        terminal.type(key + CTRL_C)
        terminal.at_prompt("stopped")
        terminal.type("\x0c")
        terminal.see_no_more("stopped")
    still_works(terminal)


def test_in_the_editor(open_prompt: Open, tmp_path: Path) -> None:
    """Ctrl-C is for the editor, which may live on; the prompt has its line as before."""
    script = tmp_path / "editor"
    script.write_text(
        '#!/bin/sh\ntrap "echo for the editor" INT\necho edits\nread line < /dev/tty\nread line < /dev/tty\n'
    )
    script.chmod(0o700)
    terminal = open_prompt(BAR, "--demo", EDITOR=str(script))
    terminal.type("20 + 1" + EDIT)
    terminal.see("edits")
    terminal.type(CTRL_C)
    terminal.see("for the editor")
    terminal.type("\r\r")
    terminal.see("ocpiq> 20 + 1")
    terminal.type(ENTER)
    terminal.at_prompt("\n21")


def test_while_a_parameter_is_asked_for(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "c" / "queries"
    folder.mkdir(parents=True)
    (folder / "first.ocpiq").write_text(
        'module {params: {count: {type: "integer"}}};\nsessions | limit $count\n'
    )
    terminal.type(":run first" + ENTER)
    terminal.see("such as 10):")
    terminal.type("2" + CTRL_C)
    terminal.at_prompt("cancelled")
    still_works(terminal)


def test_while_a_platform_is_waited_for(home: dict[str, str], open_prompt: Open) -> None:
    answered = threading.Event()
    platform = Platform(objects=[{"country_code": "NL", "party_id": "ABC", "id": f"S{n}"} for n in range(3)])

    def late(request: Request) -> Response:
        answered.wait(PATIENCE)
        return Response(b"", 500)

    with serving(platform):
        login = ["login", platform.versions_url, "--party", "NL-ABC", "--name", "slow"]
        subprocess.run(
            [sys.executable, "-m", "ocpiq", *login], env={**home, "OCPIQ_TOKEN": TOKEN}, check=True
        )
        terminal = open_prompt("slow (OCPI 2.2.1)", rows=15, columns=60)
        platform.special = {"sessions": late}
        terminal.type("sessions | aggregate count" + ENTER)
        terminal.see("pulling sessions from slow …")
        terminal.type(CTRL_C)
        terminal.at_prompt("cancelled")
        assert "pulling" not in terminal.text()
        answered.set()
        platform.special = {}
        terminal.type("sessions | aggregate count" + ENTER)
        terminal.at_prompt("\n3")


def test_while_a_result_is_written_to_a_pipe_that_nobody_reads(open_prompt: Open, tmp_path: Path) -> None:
    terminal = open_prompt(BAR, "--demo")
    os.mkfifo(tmp_path / "pipe.csv")
    still_works(terminal)
    terminal.type(f":output {tmp_path / 'pipe.csv'}" + ENTER)
    terminal.press_until(CTRL_C, "cancelled")
    terminal.at_prompt("cancelled")
    terminal.type("40 + 2" + ENTER)
    terminal.at_prompt("\n42")
    terminal.type(f":output {tmp_path / 'whole.csv'}" + ENTER)
    terminal.see("Wrote 1 row to")
    assert (tmp_path / "whole.csv").read_text() == "value\n42\n"


def test_while_a_result_is_written_to_a_file(open_prompt: Open, tmp_path: Path) -> None:
    """A workbook of many rows takes a while: no part of it is left."""
    terminal = open_prompt(BAR, "--demo")
    terminal.run("[range(300000)] | length as $n | range($n)")
    terminal.see("lines 1-")
    terminal.type("G")
    terminal.see("of 300,000")
    terminal.type("q")
    terminal.at_prompt("300,000 rows")
    terminal.type(f":output {tmp_path / 'large.xlsx'}" + ENTER)
    terminal.wait(lambda: any(tmp_path.glob(".large.xlsx*")), "an unfinished file")
    terminal.press_until(CTRL_C, "cancelled")
    terminal.at_prompt("cancelled")
    still_works(terminal)
    assert not any("large" in path.name for path in tmp_path.iterdir())
