"""Twenty tasks of a new user on a real terminal, with the keys of the table in `ocpiq help prompt`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest
from support.full import FULL
from support.terminal import CTRL_C, ENTER, F2, SIZES, TAB, UNDO, UP, Terminal
from test_prompt import home

__all__ = ["home"]  # a fixture

KEYS = {"Tab": TAB, "Enter": ENTER, "F2": F2, "Up": UP, "Ctrl-C": CTRL_C, "Ctrl-U": "\x15", "Ctrl-_": UNDO}
ROW = re.compile(r"^\| (?P<name>.+?) \| (?P<keys>`.+|Up.+) \| (?P<number>\d+) \|$", re.MULTILINE)
TOKEN = re.compile(r"`(?P<text>[^`]+)`|(?P<key>\S+)")
CLEAR_SCREEN = "\x0c"
WHERE_IS_THE_CURSOR = "\x1b[6n"
PAGER = "lines 1-"
RESULTS = {
    "which modules there are": "hubclientinfo",
    "which fields of a session are private": "when a person charged",
    "what a field means": "sessions.kwh  number",
    "one session": '"auth_method"',  # not at the edge of the screen
    "how many sessions there are": "\n10000",
    "energy in total, although it is blanked": "\n306398.539",
    "energy by month": '"sum_kwh"',
    "only a quarter": "\n2",
    "sessions of more than 70 kWh": "\n50",
    "sessions of one status": "\n78",
    "the three longest": '"kwh"',
    "the town of each session": '"city"',
    "the same as a table": "S0000003  Gent",
    "the query saved as a file": "Saved to q.ocpiq",
    "the last result once more, shorter": "Eindhoven",
    "a mistake undone": "\n    2",
    "a query that takes too long ended": "cancelled",
    "a saved query run with a parameter": "INVALID",
    "the result as a workbook": "Wrote 3 rows to r.xlsx",
    "the sheet for the person who approves it": "Explained by",
}


@dataclass(frozen=True)
class Task:
    """A task: the text of each group of keys, and how many the table says there are."""

    name: str
    keys: list[str]
    number: int


def tasks() -> Iterator[Task]:
    """Yield the rows of the table."""
    text = files("ocpiq.prompt").joinpath("PROMPT.md").read_text("utf-8")
    for row in ROW.finditer(text):
        tokens = TOKEN.finditer(row["keys"].replace("\\|", "|"))
        keys = [token["text"] or KEYS[token["key"]] for token in tokens]
        yield Task(row["name"], keys, int(row["number"]))


def pressed(keys: list[str]) -> int:
    return sum(1 if key in KEYS.values() else len(key) for key in keys)


def test_the_table_has_twenty_tasks_and_counts_their_keys() -> None:
    assert [task.name for task in tasks()] == list(RESULTS) and len(RESULTS) == 20
    assert {task.name: pressed(task.keys) for task in tasks()} == {task.name: task.number for task in tasks()}


@pytest.mark.parametrize(("rows", "columns"), SIZES if FULL else SIZES[:1])
def test_the_keys_do_the_tasks(home: dict[str, str], tmp_path: Path, rows: int, columns: int) -> None:
    (tmp_path / "work").mkdir()
    terminal = Terminal(home, "--demo", rows=rows, columns=columns, folder=tmp_path / "work")
    terminal.see("demo (OCPI 2.2.1)")
    terminal.at_prompt()
    for task in tasks():
        do(terminal, task)
    assert (tmp_path / "work" / "r.xlsx").stat().st_size > 1000
    assert terminal.leave() == 0


def do(terminal: Terminal, task: Task) -> None:
    """Press the keys of a task, each group when the one before it is done, and wait for the result."""
    terminal.type(CLEAR_SCREEN)
    terminal.wait(lambda: [line for line in terminal.lines()[:-3] if line] == ["ocpiq>"], "an empty screen")
    for keys, then in zip(task.keys, [*task.keys[1:], ""], strict=True):
        if keys == "q":
            terminal.see(PAGER)
        before = prompts(terminal)
        terminal.type(keys)
        if keys == ENTER and then not in ("q", CTRL_C):
            terminal.wait(lambda before=before: prompts(terminal) > before, "the next prompt")  # type: ignore[misc]
    terminal.at_prompt(RESULTS[task.name])


def prompts(terminal: Terminal) -> int:
    """Return how many prompts have opened: each asks where the cursor is."""
    return "".join(terminal.transcript).count(WHERE_IS_THE_CURSOR)
