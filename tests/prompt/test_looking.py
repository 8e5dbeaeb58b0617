"""How results are looked at, on real terminals of three sizes: pagers, vertical tables, the report, the line below."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.platforms import TOKEN, Platform, Request, Response, serving
from support.terminal import CTRL_C, ENTER, PATIENCE, SIZES, Terminal
from test_prompt import Open, home, open_prompt

__all__ = ["home", "open_prompt"]  # fixtures


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
def at(request: pytest.FixtureRequest, open_prompt: Open) -> Open:
    """Open a prompt on the demo."""
    rows, columns = request.param
    return partial(open_prompt, "demo (OCPI 2.2.1)", "--demo", rows=rows, columns=columns)


@pytest.fixture
def terminal(at: Open) -> Terminal:
    """A prompt on the demo."""
    return at()


def first_row(terminal: Terminal, text: str) -> Callable[[], bool]:
    return lambda: terminal.lines()[0] == text


def turn(terminal: Terminal, key: str, top: object) -> None:
    """Press a key in the pager, and see a line at the top."""
    terminal.type(key)
    terminal.wait(first_row(terminal, str(top)), f"{top} at the top")


def test_a_long_result_is_paged_in_both_directions(terminal: Terminal) -> None:
    page = terminal.screen.lines - 1
    terminal.run("range(1000; 2000)")
    terminal.see(f"lines 1-{page} of ")
    terminal.wait(first_row(terminal, "1000"), "the first page")
    turn(terminal, " ", 1000 + page)
    turn(terminal, ENTER, 1001 + page)
    turn(terminal, "\x1b[A", 1000 + page)
    turn(terminal, "\x1b[6~", 1000 + 2 * page)
    turn(terminal, "b", 1000 + page)
    turn(terminal, "G", 2000 - page)
    terminal.see("of 1,000")
    turn(terminal, "\x1b[5~", 2000 - 2 * page)
    turn(terminal, "g", 1000)
    turn(terminal, "d", 1000 + page // 2)
    terminal.type("q")
    terminal.at_prompt("1,000 rows in ")
    terminal.run("$_ | length")
    terminal.at_prompt("\n1000")


def test_a_search_reads_on_and_goes_both_ways(terminal: Terminal) -> None:
    terminal.run('range(100000) | "Nr \\(.);"')
    terminal.see("lines 1-")
    turn(terminal, "/nr 700;" + ENTER, '"Nr 700;"')
    turn(terminal, "/007;" + ENTER, '"Nr 1007;"')
    turn(terminal, "n", '"Nr 2007;"')
    turn(terminal, "N", '"Nr 1007;"')
    turn(terminal, "?99;" + ENTER, '"Nr 999;"')
    turn(terminal, "/NR 70007;\x7f\x7f;" + ENTER, '"Nr 999;"')  # capitals are capitals
    terminal.see("not found: NR 7000;")
    terminal.type("/nowhere")
    terminal.see("/nowhere")
    terminal.type(CTRL_C)  # leaves the search, not the pager
    terminal.see("lines ")
    terminal.type(CTRL_C)
    terminal.at_prompt("100,000 rows")


def test_a_search_marks_what_it_found(terminal: Terminal) -> None:
    terminal.run('range(100) | "\\(.) needle"')
    terminal.see("lines 1-")
    terminal.type("/needle" + ENTER)
    terminal.wait(first_row(terminal, '"1 needle"'), "the match")
    reversed_text = lambda: "".join(  # noqa: E731
        terminal.screen.buffer[0][column].data
        for column in range(terminal.screen.columns)
        if terminal.screen.buffer[0][column].reverse
    )
    terminal.wait(lambda: reversed_text() == "needle", "the match, reversed")
    terminal.type("q")
    terminal.at_prompt()


def test_wide_and_right_to_left_text_is_paged(terminal: Terminal) -> None:
    columns = terminal.screen.columns
    terminal.run('range(50) | "\\(.) שלום عربى " + "東京" * 60')
    terminal.see("lines 1-")
    rows = terminal.lines()[:-1]
    assert rows[0].startswith('"0 שלום عربى 東')
    assert rows[1].startswith(("東", "京"))  # the line goes on
    assert all(sum(2 if character in "東京" else 1 for character in row) <= columns for row in rows)
    terminal.type("/49 שלום" + ENTER)
    terminal.wait(lambda: terminal.lines()[0].startswith('"49 שלום'), "the last line")
    terminal.type("/京" + ENTER + "q")
    terminal.at_prompt("50 rows")


def test_the_size_changes_in_the_pager(terminal: Terminal) -> None:
    terminal.run('range(100) | "\\(.) " + "x" * 90')
    terminal.see("lines 1-")
    terminal.type("/40 x" + ENTER)
    terminal.wait(lambda: terminal.lines()[0].startswith('"40 x'), "line 40")
    for rows, columns in ((10, 40), (30, 120)):
        terminal.resize(rows, columns)
        terminal.wait(
            lambda rows=rows: (
                terminal.lines()[0].startswith('"40 x')  # type: ignore[misc]
                and terminal.lines()[rows - 1].startswith("lines 41-")
            ),
            "line 40 in the new size",
        )
    terminal.type("q")
    terminal.at_prompt("100 rows")


def test_a_flood_is_stopped_and_takes_bounded_memory(terminal: Terminal) -> None:
    terminal.run('range(1e12) | "\\(.) a flood"')
    terminal.see("lines 1-")
    terminal.type(" ")
    terminal.see("lines ")
    terminal.type("G")
    terminal.see("reading to the end")
    terminal.type(CTRL_C)
    terminal.at_prompt("stopped")
    terminal.run("20 + 1")
    terminal.at_prompt("\n21")


def test_quitting_early_stops_the_query_and_leaves_what_was_shown(terminal: Terminal) -> None:
    page = terminal.screen.lines - 1
    terminal.run("range(1000; 1e9)")
    terminal.see("lines 1-")
    turn(terminal, " ", 1000 + page)
    terminal.type("q")
    terminal.at_prompt("stopped")
    assert str(1000 + 2 * page - 1) in terminal.text()
    terminal.run("$_[0]")
    terminal.at_prompt("\n1000\n")


def test_the_program_in_pager_shows_long_results_only(at: Open, tmp_path: Path) -> None:
    script = tmp_path / "pager"
    script.write_text('#!/bin/sh\necho "in the pager"\nhead -n 3 > "$HOME/seen"\nexec head -n 1 < /dev/tty\n')
    script.chmod(0o700)
    terminal = at(PAGER=str(script), NO_COLOR="1")
    terminal.run("range(3)")
    terminal.at_prompt("3 rows")
    assert not (tmp_path / "seen").exists()
    terminal.run("range(1000000)")
    terminal.see("in the pager")
    terminal.wait(
        lambda: (tmp_path / "seen").exists() and (tmp_path / "seen").read_text() == "0\n1\n2\n",
        "what it read",
    )
    terminal.press_until(CTRL_C, "stopped")  # is for the program, which ends by it; the query stops too
    terminal.at_prompt("stopped")
    terminal.run("20 + 1")
    terminal.at_prompt("\n21")


def test_a_pager_reads_all_of_it(at: Open, tmp_path: Path) -> None:
    terminal = at(PAGER='cat > "$HOME/seen"')
    terminal.run("range(100000)")
    terminal.at_prompt("100,000 rows")
    assert len((tmp_path / "seen").read_text().splitlines()) == 100_000
    terminal.run(":help all")
    terminal.at_prompt()
    assert "count_distinct" in (tmp_path / "seen").read_text()


def test_a_slow_platform_and_ctrl_c_in_each_state(home: dict[str, str], open_prompt: Open) -> None:
    """Rows that came are shown while the next page is waited for."""
    release = threading.Event()
    platform = Platform(
        objects=[{"country_code": "NL", "party_id": "ABC", "id": f"S{n}"} for n in range(60)], cap=20
    )

    def late(request: Request) -> Response | None:
        if int(request.query.get("offset", "0")):
            release.wait(PATIENCE)
        return None

    with serving(platform):
        login = ["login", platform.versions_url, "--party", "NL-ABC", "--name", "slow"]
        subprocess.run(
            [sys.executable, "-m", "ocpiq", *login], env={**home, "OCPIQ_TOKEN": TOKEN}, check=True
        )
        terminal = open_prompt("slow (OCPI 2.2.1)", rows=15, columns=60)
        platform.special = {"sessions": late}
        terminal.run("sessions only id | .id")
        terminal.see("lines 1-14 of 20+")
        terminal.type("G")
        terminal.see("reading to the end")
        terminal.type(CTRL_C)
        terminal.at_prompt("stopped")
        release.set()
        terminal.run("sessions only id | [.id][0]")
        terminal.see("lines 1-14 of ")
        turn(terminal, "G", '"S46"')
        terminal.type(CTRL_C)
        terminal.at_prompt("60 rows")


def test_a_table_that_does_not_fit_becomes_lines(terminal: Terminal) -> None:
    terminal.run(":to table")
    terminal.at_prompt("Output format: table")
    terminal.run("sessions only id, kwh | limit 2")
    terminal.at_prompt("S0000001   29.98")
    terminal.run(":arg wide " + "東京" * 5)
    terminal.at_prompt("$wide set")
    terminal.run('[range(40) | {"\\(.)": $wide}] | add')
    terminal.see("\n0   東")
    terminal.type("q")
    terminal.at_prompt("1 row in ")
    terminal.run(":to table!")
    terminal.at_prompt("Output format: table")
    terminal.run("sessions | limit 1")
    terminal.at_prompt("columns do not fit (pick fewer")
    terminal.see("────────  ────────")


def test_a_chart_is_drawn(terminal: Terminal) -> None:
    terminal.run(":to chart")
    terminal.at_prompt("Output format: chart")
    terminal.run('{name: "a", kwh: 1}, {name: "b", kwh: 2}')
    terminal.at_prompt("2 rows in ")
    terminal.see("█")


def test_the_line_after_a_result(terminal: Terminal) -> None:
    terminal.run("sessions | .id, .kwh | limit 2")
    terminal.at_prompt("1 page, complete, blanked: kwh")
    terminal.run('1, error("no")')
    terminal.at_prompt("s, incomplete")


def test_the_report_is_opened_and_removed(at: Open, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\necho "$1" > "$HOME/opened"\n')
    browser.chmod(0o700)
    (tmp_path / "t").mkdir()
    terminal = at(BROWSER=str(browser), TMPDIR=str(tmp_path / "t"))
    terminal.run(":open")
    terminal.at_prompt("error: no result yet")
    terminal.run("sessions | limit 3")
    terminal.see("lines 1-")
    terminal.type("q")
    terminal.at_prompt("blanked")
    terminal.run(":open")
    terminal.at_prompt("Opened in the browser")
    path = Path((tmp_path / "opened").read_text().strip().removeprefix("file://"))
    assert "#NA" in path.read_text() and "S0000001" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.is_relative_to(tmp_path / "t")
    terminal.leave()
    assert not path.exists() and not list((tmp_path / "t").iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_report_is_removed_when_a_signal_ends_the_prompt(
    open_prompt: Open, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "t").mkdir()
    terminal = open_prompt("demo", "--demo", BROWSER="true", TMPDIR=str(tmp_path / "t"))
    terminal.run("20 + 1")
    terminal.at_prompt("21")
    terminal.run(":open")
    terminal.at_prompt("Opened in the browser")
    assert list((tmp_path / "t").glob("*/result1.html"))
    os.kill(terminal.process.pid, number)
    terminal.ended()
    assert not list((tmp_path / "t").iterdir())


def test_help_has_a_page_for_each_topic(terminal: Terminal) -> None:
    terminal.run(":help")
    terminal.at_prompt(":help results")
    terminal.run(":help results")
    terminal.see("$_9")
    if terminal.screen.lines < 20:  # the only size at which a page does not fit
        terminal.see("lines 1-")
        terminal.type("q")
    terminal.at_prompt()
