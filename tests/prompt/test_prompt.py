"""The prompt on a real terminal, as a person meets it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from support.platforms import TOKEN, Platform, Request, Response, serving
from support.terminal import CTRL_C, CTRL_D, CTRL_R, ENTER, F2, PATIENCE, TAB, UP, Terminal

Open = Callable[..., Terminal]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a user without logins, history and settings."""
    settings = ("OCPIQ", "JQ_", "NO_COLOR", "XDG_", "COLUMNS", "LINES", "PAGER", "LESS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    folders = {"HOME": str(tmp_path), "OCPIQ_CONFIG": str(tmp_path / "c"), "OCPIQ_STATE": str(tmp_path / "s")}
    cache = os.environ.get("OCPIQ_CACHE") or str(tmp_path.parent / "cache")
    return {**kept, **folders, "TERM": "xterm-256color", "OCPIQ_CACHE": cache}


@pytest.fixture
def open_prompt(home: dict[str, str]) -> Iterator[Open]:
    """Open a prompt with some options and environment, and wait until its bar shows a text."""
    opened: list[Terminal] = []

    def start(bar: str, *options: str, rows: int = 24, columns: int = 100, **environment: str) -> Terminal:
        opened.append(Terminal({**home, **environment}, *options, rows=rows, columns=columns))
        opened[-1].at_prompt()
        opened[-1].see(bar)
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.process.close(force=True)


@pytest.fixture
def at(open_prompt: Open) -> Open:
    """Open a prompt on the demo."""
    return partial(open_prompt, "demo (OCPI 2.2.1)", "--demo")


@pytest.fixture
def terminal(at: Open) -> Terminal:
    """A prompt on the demo."""
    return at()


def test_from_the_first_start_to_the_first_result(terminal: Terminal) -> None:
    terminal.run("sessions only id, kwh | limit 1")
    terminal.see('"id": "S0000001"')
    terminal.see("read: 1,000 sessions")
    assert terminal.leave() == 0


def test_a_nested_field_is_completed_with_its_type(terminal: Terminal) -> None:
    terminal.type("locations | .evses[].connectors[].max_v")
    terminal.see("int  ")
    terminal.see("shown")
    terminal.type(TAB)
    terminal.see(".max_voltage")
    terminal.type(" | select(. > 300)")
    terminal.see("max_voltage | select(. > 300)")


def test_a_suggestion_is_chosen_among_several_and_enter_takes_it(terminal: Terminal) -> None:
    terminal.type("sessions only ")
    terminal.see("meter_id")  # the menu opens by itself
    terminal.type(TAB + ENTER)
    terminal.see_no_more("meter_id")
    terminal.type(" | limit 1")
    terminal.see("only country_code | limit 1")
    terminal.type(ENTER)
    terminal.at_prompt('{\n  "country_code": "NL"\n}')


def test_enter_runs_what_a_sole_suggestion_completed(terminal: Terminal) -> None:
    terminal.type("sessions only id | limit 1 | .i")
    terminal.see("CiString(36)")
    terminal.type(TAB + TAB)  # the second finds nothing more to do
    terminal.see("| .id\n")
    terminal.type(ENTER)
    terminal.at_prompt('\n"S0000001"')


def test_the_bar_says_what_is_passed(terminal: Terminal) -> None:
    terminal.type("sessions pass kwh, cdr_token.uid")
    terminal.see("demo (OCPI 2.2.1) | sessions passes kwh, cdr_token.uid")


def test_an_unfinished_query_goes_on_in_the_next_line(terminal: Terminal) -> None:
    terminal.run("[1,")
    terminal.see("   ...")
    terminal.see('"[" at line 1, column 1 is not closed')  # says why
    terminal.run("41 + 1] | add")
    terminal.at_prompt("43")


def test_a_syntax_error_shows_its_place(terminal: Terminal) -> None:
    terminal.type("1 2 ")
    terminal.see('unexpected "2"; expected')  # while it is written
    terminal.type(ENTER)
    terminal.see("error: unexpected")
    terminal.see("      ^")
    terminal.at_prompt("query, line 1, column 3")


def test_ctrl_c_ends_the_query_and_not_the_prompt(terminal: Terminal) -> None:
    terminal.run('"begun", (range(1e12) | empty)')
    terminal.see('\n"begun"')
    terminal.type(CTRL_C)
    terminal.at_prompt("cancelled")
    terminal.run("20 + 1")
    terminal.at_prompt("\n21")


def test_ctrl_c_at_the_prompt_takes_a_new_line(terminal: Terminal) -> None:
    terminal.type("sessions | nonsense")
    terminal.see("nonsense")
    terminal.type(CTRL_C)
    terminal.at_prompt("nonsense")
    assert terminal.leave() == 0


def test_a_query_is_saved_and_run_again(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "q.ocpiq"
    terminal.run("sessions only id\n| limit 1 | .id".replace("\n", " "))
    terminal.at_prompt('\n"S0000001"')
    terminal.run(":save ~/q.ocpiq")
    terminal.see("Saved to")
    terminal.type(":load ~/q" + TAB)
    terminal.see(":load ~/q.ocpiq\n")
    terminal.type(ENTER)
    terminal.wait(lambda: terminal.text().count("limit 1 | .id") == 2, "the query once more")
    terminal.type(ENTER)
    terminal.wait(lambda: terminal.text().count('"S0000001"') == 2, "its result once more")
    assert file.read_text() == "sessions only id | limit 1 | .id\n"


def test_a_saved_query_asks_for_what_it_needs_and_before_it_is_replaced(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder = tmp_path / "c" / "queries"
    folder.mkdir(parents=True)
    file = folder / "first.ocpiq"
    text = 'module {params: {count: {type: "integer", about: "how many"}}};\nsessions only id | limit $count | .id\n'
    file.write_text(text)
    terminal.run(":run first")
    terminal.see("count (how many; such as 10):")
    terminal.type("2" + ENTER)
    terminal.at_prompt('\n"S0000001"\n"S0000002"')
    terminal.run(":run first")
    terminal.wait(lambda: terminal.text().count("such as 10):") == 2, "the question once more")
    terminal.type(CTRL_C)
    terminal.at_prompt("such as 10):")
    terminal.run("40 + 2")
    terminal.at_prompt("\n42")
    terminal.run(":save ~/c/queries/first.ocpiq")
    questions = lambda: terminal.text().replace("\n", "").count("Replace it? (y/n)")  # noqa: E731 - it may be wrapped
    terminal.wait(lambda: questions() == 1, "the question")
    terminal.type(CTRL_D)  # which does not quit
    terminal.at_prompt("y/n)")
    assert file.read_text() == text
    terminal.type(UP + ENTER)
    terminal.wait(lambda: questions() == 2, "the question once more")
    terminal.type("y" + ENTER)
    terminal.at_prompt("Saved to")
    assert file.read_text() == "40 + 2\n"
    history = (tmp_path / "s" / "history").read_text().splitlines()
    assert history == ['":run first"', '"40 + 2"', '":save ~/c/queries/first.ocpiq"']  # without the answers


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (30, 100), (15, 60)])
def test_a_result_is_used_again_and_written(at: Open, tmp_path: Path, rows: int, columns: int) -> None:
    terminal = at(rows=rows)
    terminal.resize(rows, columns)
    terminal.run("sessions only id, kwh | limit 3")
    terminal.at_prompt('"S0000003"')
    terminal.run("$_ | map(.kwh) | length")
    terminal.at_prompt("\n3")
    terminal.run("$_1[0].id")
    terminal.at_prompt('\n"S0000001"')
    terminal.run('$_2[] | {id, town: "東京"}')
    terminal.at_prompt("東")
    terminal.run(":output ~/r.csv")
    terminal.at_prompt("Wrote 3 rows to")
    assert (tmp_path / "r.csv").read_text().splitlines()[1] == "S0000001,東京"
    terminal.run('"begun", ($_ | range(1e12) | empty)')
    terminal.see('\n"begun"')
    terminal.type(CTRL_C)
    terminal.at_prompt("cancelled")
    terminal.run("$_ | length")  # what was shown of it
    terminal.at_prompt("\n1")
    kept = [path for folder in ("c", "s") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert not any(b"S0000001" in path.read_bytes() for path in kept)  # in memory only


def test_a_blanked_field_is_said_with_its_fix(terminal: Terminal) -> None:
    terminal.type("sessions | select(.kwh > 70")
    terminal.see("sessions.kwh is blanked (to use it: sessions pass kwh)")  # while it is written
    terminal.type(")" + ENTER)
    terminal.at_prompt("error: sessions.kwh is blanked")
    terminal.type(UP)
    terminal.see("; F2 fixes it")
    terminal.type(F2)
    terminal.see("sessions pass kwh | select(.kwh > 70)\n")
    terminal.type(" | .kwh | floor | limit 1")
    terminal.see("limit 1\n")
    terminal.type(ENTER)
    terminal.at_prompt("\n508")


def test_several_lines_are_pasted(terminal: Terminal) -> None:
    terminal.type("\x1b[200~[1,\n 2]\n| add\n\x1b[201~")
    terminal.see("   ... | add\n   ...\n")
    terminal.type(ENTER)
    terminal.see("   ... | add\n3\n")  # without the empty line at its end


def test_an_earlier_query_is_found(terminal: Terminal) -> None:
    terminal.run("20 + 1")
    terminal.at_prompt("\n21")
    terminal.run("30 + 1")
    terminal.at_prompt("\n31")
    terminal.type(CTRL_R + "20")
    terminal.see("I-search backward: 20")
    terminal.type(ENTER)
    terminal.see_no_more("I-search")
    assert terminal.text().count("\n21") == 1  # found, not yet run
    terminal.type(ENTER)
    terminal.wait(lambda: terminal.text().count("\n21") == 2, "its result once more")


def test_what_other_prompts_take(terminal: Terminal) -> None:
    terminal.run("?")
    terminal.see(":help NAME")
    terminal.see(":quit")
    terminal.type("exit" + ENTER)
    assert terminal.ended() == 0


def test_a_platform_that_is_slow_and_fails(home: dict[str, str], open_prompt: Open) -> None:
    """What is waited for is said, on the terminal only, and is gone when it has come."""
    waited = threading.Event()
    platform = Platform(objects=[{"country_code": "NL", "party_id": "ABC", "id": f"S{n}"} for n in range(3)])

    def late(request: Request) -> Response:
        waited.wait(PATIENCE)
        return Response(b"", 500)

    with serving(platform):
        login = ["login", platform.versions_url, "--party", "NL-ABC", "--name", "slow"]
        subprocess.run(
            [sys.executable, "-m", "ocpiq", *login], env={**home, "OCPIQ_TOKEN": TOKEN}, check=True
        )
        terminal = open_prompt("slow (OCPI 2.2.1)")
        platform.special = {"sessions": late}
        terminal.run("sessions | aggregate count")
        terminal.see("pulling sessions from slow …")
        waited.set()
        terminal.see("sessions: HTTP 500 instead of a page, retrying …")
        platform.special = {}
        terminal.at_prompt("\n3")
        assert "pulling" not in terminal.text() and "trying" not in terminal.text()


def test_the_window_changes_its_size(terminal: Terminal) -> None:
    terminal.type("sessions pass kwh")
    terminal.see("sessions passes kwh")
    terminal.resize(18, 60)
    terminal.wait(lambda: "sessions passes kwh" in terminal.lines()[-1], "the bar on the last row")
    terminal.type(", start_date_time, end_date_time, evse_uid")
    terminal.wait(lambda: "evse_uid" in terminal.lines()[-1], "all that is passed, in two rows")
    terminal.type(" | limit 1 | .kwh")
    terminal.see("| .kwh")
    terminal.type(ENTER)
    terminal.at_prompt("\n29.98")
    terminal.run(":schema tokens")
    terminal.see("lines 1-")
    assert "blanked\n            " in terminal.text()  # the reason in rows of its own, where it fits
    terminal.type("q")
    terminal.at_prompt()
    terminal.type("\x15sessions" + " | select(.id)" * 4 + " | .kwhh" + ENTER)
    terminal.at_prompt("^^^^^")  # below what it marks, though the query is wider than the window
    marks = max(number for number, line in enumerate(terminal.lines()) if "^^^^^" in line)
    assert terminal.lines()[marks - 1][terminal.lines()[marks].index("^") :] == ".kwhh"


def test_a_window_of_few_rows(open_prompt: Open) -> None:
    """A pane below another: the suggestions have less room, and the query has its row."""
    terminal = open_prompt("demo (OCPI 2.2.1)", "--demo", rows=7)
    terminal.type("sess")
    terminal.see("every Session")
    terminal.type(TAB + " only id | limit 1 | .id" + ENTER)
    terminal.at_prompt('\n"S0000001"')


def test_text_beyond_ascii_and_what_a_terminal_would_obey(terminal: Terminal) -> None:
    terminal.run('"Zürich", "\\u65e5\\u672c", "\\u001b[31m\\u009b31m\\u202e"')
    terminal.see('\n"Zürich"\n"日')
    terminal.see('"\\u001b[31m\\u009b31m\\u202e"')
    terminal.run('error("\\u001b[31m red")')
    terminal.see("error: \\u001b[31m red")


@pytest.mark.parametrize("typed", ["one by one", "pasted"])
def test_bytes_that_are_not_utf_8(terminal: Terminal, typed: str) -> None:
    start, end = (b"\x1b[200~", b"\x1b[201~") if typed == "pasted" else (b"", b"")
    os.write(terminal.process.child_fd, start + b'"caf\xe9 x"' + end)
    terminal.see('"caf\ufffd x"')
    terminal.type(ENTER)
    terminal.see('\n"caf\ufffd x"')
    terminal.at_prompt()


def test_the_history_is_the_owners_and_holds_no_values(at: Open, tmp_path: Path) -> None:
    terminal = at()
    for text in ('"first"', ' "not kept"', ":arg secret 1234", ":run no.ocpiq a=1234", "$secret | length"):
        terminal.run(text)
        terminal.at_prompt(text.strip())
    terminal.see("\n4\n")
    assert terminal.leave() == 0
    file = tmp_path / "s" / "history"
    assert file.read_text().splitlines() == ['"\\"first\\""', '"$secret | length"']
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = at()
    again.type(UP + UP)
    again.see('"first"')
    again.type(CTRL_C)
    again.run(":history clear")
    again.at_prompt("History cleared")
    again.type(UP + "1")
    again.see("ocpiq> 1\n")


def test_the_history_can_be_switched_off(at: Open, tmp_path: Path) -> None:
    terminal = at(OCPIQ_HISTORY="off")
    terminal.run("20 + 1")
    terminal.at_prompt("\n21")
    assert terminal.leave() == 0
    assert not (tmp_path / "s").exists()


def test_no_color(at: Open) -> None:
    terminal = at(NO_COLOR="1")
    terminal.run("[1, null]")
    terminal.at_prompt("null")
    drawn = [cell for row in terminal.screen.buffer.values() for cell in row.values()]
    assert {cell.fg for cell in drawn} | {cell.bg for cell in drawn} == {"default"}
