"""Wide and right-to-left text, windows that change, slow platforms and floods of output, on real terminals."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.platforms import TOKEN, Platform, Request, Response, serving
from support.terminal import CLEAR_LINE, CTRL_C, ENTER, PATIENCE, SIZES, TAB, Terminal
from test_prompt import Open, home, open_prompt

__all__ = ["home", "open_prompt"]  # fixtures

BAR = "demo (OCPI 2.2.1)"
HOME_KEY, RIGHT_KEY, BACKSPACE = "\x01", "\x06", "\x7f"
CTRL_HOME, CTRL_END = "\x1b[1;5H", "\x1b[1;5F"


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
def terminal(request: pytest.FixtureRequest, open_prompt: Open) -> Terminal:
    """A prompt on the demo."""
    rows, columns = request.param
    return open_prompt(BAR, "--demo", rows=rows, columns=columns)


def cells(terminal: Terminal, row: int) -> str:
    """Return a row with a character for each cell: a wide character has an empty one after it."""
    return "".join(
        terminal.screen.buffer[row][column].data or "\0" for column in range(terminal.screen.columns)
    )


def row_of(terminal: Terminal, text: str) -> int:
    return max(number for number, line in enumerate(terminal.lines()) if text in line)


def test_after_wide_text_completion_and_carets_are_in_place(terminal: Terminal) -> None:
    terminal.type('sessions only id | {"東京都": .i')
    terminal.see("CiString(36)")
    menu, cursor = cells(terminal, row_of(terminal, "CiString")), terminal.screen.cursor
    assert cells(terminal, cursor.y)[: cursor.x].endswith(" .i")
    assert menu.index(".id") == cursor.x + 1 or terminal.screen.columns == 60  # where it needs the room
    terminal.type(TAB + "} | limit 1" + ENTER)
    terminal.at_prompt('"東京都": "S0000001"')
    terminal.type('sessions | {"東京都東京都": .nonsense}' + ENTER)
    terminal.at_prompt("has no field nonsense")
    marks = row_of(terminal, "^^^^^^^^^")
    assert cells(terminal, marks).index("^") == cells(terminal, marks - 1).index(".nonsense")


def test_right_to_left_text_is_edited_in_place(terminal: Terminal) -> None:
    terminal.type('"שלום עולם"')
    terminal.see("שלום עולם")
    terminal.type(HOME_KEY + RIGHT_KEY * 2 + "X")
    terminal.see('"שXלום עולם"')
    terminal.type(BACKSPACE + "\x05 | length" + ENTER)
    terminal.at_prompt("\n9")
    terminal.type('error("שלום \\u202e عالم")' + ENTER)
    terminal.at_prompt("error: שלום \\u202e عالم")  # the order that would turn the rest of the row is escaped


def test_messages_in_wide_text_fit_the_window(terminal: Terminal) -> None:
    words = " ".join(["東京都東京都"] * 12)
    terminal.type(f":load {words}.ocpiq" + ENTER)
    terminal.at_prompt("error: could not read 東京都東京都")
    first, last = row_of(terminal, "error: "), row_of(terminal, "ocpiq:")
    rows = [cells(terminal, row).replace("\0", "").strip() for row in range(first, last + 1)]
    assert " ".join(rows).startswith(f"error: could not read {words}.ocpiq: No such")  # no word is divided
    terminal.type(f'sessions | ."{words}"')
    terminal.see("sessions passes nothing")


def test_the_window_changes_while_a_query_is_written(terminal: Terminal) -> None:
    terminal.type('sessions pass kwh\n| select(.kwh > 10)\n| {id, kwh, "東京": .st')
    terminal.see(".status")  # the menu is open
    for rows, columns in ((15, 60), (10, 40), (30, 100), (24, 80)):
        terminal.resize(rows, columns)
        terminal.wait(
            lambda: (
                any(BAR in line for line in terminal.lines()[-4:]) and "... | {id, kwh" in terminal.text()
            ),
            f"query and bar in {columns}x{rows}",
        )
    terminal.type(CTRL_C)
    terminal.see_no_more("sessions passes kwh")
    terminal.type("20 + 1" + ENTER)
    terminal.at_prompt("\n21")


def test_the_window_changes_while_a_query_runs(terminal: Terminal) -> None:
    terminal.type('"begun", (range(1e12) | empty)' + ENTER)
    terminal.see('\n"begun"')
    terminal.resize(12, 50)
    terminal.type(CTRL_C)
    terminal.at_prompt("cancelled")
    terminal.type("sessions pass kwh, status, evse_uid, location_id")
    terminal.wait(lambda: "location_id" in "".join(terminal.lines()[-2:]), "the bar in rows of 50 columns")
    assert all(len(line) <= 50 for line in terminal.lines())


def test_a_slow_platform_delays_no_key(home: dict[str, str], open_prompt: Open) -> None:
    """Suggestions, checks and the bottom line ask the platform nothing; keys typed while it is waited for are kept."""
    answered = threading.Event()
    objects = [{"country_code": "NL", "party_id": "ABC", "id": f"S{number}"} for number in range(3)]
    platform = Platform(objects=objects)

    def late(request: Request) -> Response | None:
        answered.wait(PATIENCE)
        return Response(b"", 500)

    with serving(platform):
        login = ["login", platform.versions_url, "--party", "NL-ABC", "--name", "slow"]
        subprocess.run(
            [sys.executable, "-m", "ocpiq", *login], env={**home, "OCPIQ_TOKEN": TOKEN}, check=True
        )
        terminal = open_prompt("slow (OCPI 2.2.1)", rows=15, columns=60)
        asked = len(platform.requests)
        platform.special = {"sessions": late}
        terminal.type("sessions pass kw")
        terminal.see("number  blanked")
        terminal.type(TAB + " | .nonsense ")
        terminal.see("has no field nonsense")
        assert len(platform.requests) == asked
        terminal.type(CLEAR_LINE + "sessions | aggregate count" + ENTER)
        terminal.see("pulling sessions from slow …")
        terminal.type("40 + 2" + ENTER)  # before its time
        platform.special = {}
        answered.set()
        terminal.at_prompt("\n42")
        assert "\n3\n" in terminal.text()


def test_a_flood_of_messages_ends_with_ctrl_c(terminal: Terminal) -> None:
    terminal.type("range(1e9) | debug | empty" + ENTER)
    terminal.see('["DEBUG:",1')
    terminal.press_until(CTRL_C, "cancelled")
    terminal.at_prompt("cancelled")
    terminal.type("20 + 1" + ENTER)
    terminal.at_prompt("\n21")


def test_a_long_query_is_edited_in_a_small_window(open_prompt: Open) -> None:
    terminal = open_prompt(BAR, "--demo", rows=10, columns=40)
    lines = ["[", *(f"{number}," for number in range(100)), "100]", "| add"]
    terminal.type("\x1b[200~" + "\n".join(lines) + "\x1b[201~")
    terminal.see("... | add")
    terminal.see(BAR)
    terminal.type(CTRL_HOME)  # to its beginning
    terminal.see("ocpiq> [")
    terminal.type(CTRL_END + ENTER)
    terminal.at_prompt("\n5050")


def test_completion_of_files_with_names_of_all_kinds(open_prompt: Open, tmp_path: Path) -> None:
    for name in ("東京 stations.ocpiq", "תחנות.ocpiq", "e\u0301te.ocpiq"):
        (tmp_path / name).write_text("20 + 1\n")
    terminal = open_prompt(BAR, "--demo", rows=15, columns=60)
    for start in ("東", "ת", "e\u0301"):
        terminal.type(f":run ~/{start}")
        terminal.see("file")  # the menu
        terminal.type(TAB + ENTER)
        terminal.at_prompt("\n21")
        terminal.type("\x0c")
        terminal.see_no_more("21")
