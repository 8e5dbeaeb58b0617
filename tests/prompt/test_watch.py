"""`:watch` repeats the last query until Ctrl-C: each run pulls anew, shows one screen, and is in the audit trail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.platforms import TOKEN, Platform, Response, serving
from support.terminal import CTRL_C, ENTER, SIZES, Terminal
from test_prompt import Open, home, open_prompt

__all__ = ["home", "open_prompt"]  # fixtures


def charging(count: int) -> list[dict[str, str]]:
    return [
        {"country_code": "NL", "party_id": "ABC", "id": f"S{number}", "status": "ACTIVE"}
        for number in range(count)
    ]


def login(home: dict[str, str], platform: Platform) -> None:
    words = ["login", platform.versions_url, "--party", "NL-ABC", "--name", "mine"]
    subprocess.run([sys.executable, "-m", "ocpiq", *words], env={**home, "OCPIQ_TOKEN": TOKEN}, check=True)


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_a_query_is_repeated_until_ctrl_c(
    home: dict[str, str], open_prompt: Open, tmp_path: Path, rows: int, columns: int
) -> None:
    platform = Platform(objects=charging(3))
    trail = tmp_path / "trail"
    with serving(platform):
        login(home, platform)
        terminal = open_prompt("mine (OCPI 2.2.1)", "--audit", str(trail), rows=rows, columns=columns)
        terminal.run("sessions | aggregate count")
        terminal.at_prompt("\n3")
        terminal.run(":watch 1s")
        terminal.see("every 1s, 20")
        platform.objects = charging(4)
        terminal.see("\n4\n")
        platform.special = {"sessions": lambda request: Response(b"", 404)}  # a failure does not end it
        terminal.see("error: ")
        platform.special, platform.objects = {}, charging(5)
        terminal.see("\n5\n")
        terminal.see("again in 1s, Ctrl-C ends")
        terminal.press_until(CTRL_C, "ocpiq>\n")
        terminal.at_prompt()
        assert "no longer repeated" in terminal.text() or "cancelled" in terminal.text()
        assert "again in" not in terminal.text()
        terminal.run("($_, $_1) | tojson")  # the last run, and the result of before
        terminal.at_prompt('\n"[5]"\n"[3]"')
    entries = [json.loads(line) for line in trail.read_text().splitlines()]
    begun = [entry for entry in entries if entry["event"] == "begun"]
    assert len(begun) >= 4  # each run has its own
    assert {entry["query_sha256"] for entry in begun[:-1]} == {begun[0]["query_sha256"]}


def test_each_run_shows_one_screen_and_does_not_ask(open_prompt: Open) -> None:
    terminal = open_prompt("demo (OCPI 2.2.1)", "--demo", rows=15, columns=60)
    terminal.run("range(1000; 5000)")
    terminal.see("lines 1-")
    terminal.type("q")
    terminal.at_prompt()
    terminal.run(":watch 1h")
    terminal.see("… more does not fit the screen")
    terminal.see("again in 1h, Ctrl-C ends")
    assert "1010" in terminal.text() and "1011" not in terminal.text()
    assert "every 1h" in terminal.text()
    terminal.type(CTRL_C)
    terminal.at_prompt("no longer repeated")


def test_a_query_that_is_refused_ends_it(open_prompt: Open) -> None:
    terminal = open_prompt("demo (OCPI 2.2.1)", "--demo", rows=15, columns=60)
    for line, answer in (
        (":watch", "no query to repeat yet"),
        ("sessions | .kwh + 1", "is blanked"),
        (":watch 1s", "is blanked"),
        (":watch 0s", "takes a duration of at least 1s"),
        (":watch soon", "takes a duration of at least 1s"),
        ("[1]", "1\n"),
        ("$_", "1\n"),
        (":watch 5m", "cannot repeat a query of $_"),
    ):
        terminal.type("\x0c" + line)
        terminal.wait(lambda: terminal.lines()[0] == f"ocpiq> {line}", line)  # noqa: B023 - called here
        terminal.type(ENTER)
        terminal.at_prompt(answer)


def test_a_saved_query_is_repeated_with_its_parameters(terminal_with_query: Terminal) -> None:
    terminal = terminal_with_query
    terminal.run(":run first count=2")
    terminal.at_prompt('\n"S0000001"\n"S0000002"')
    terminal.run(":watch 1h")
    terminal.wait(lambda: terminal.text().count('"S0000002"') == 2, "the result once more")
    terminal.see("again in 1h")
    terminal.type(CTRL_C)
    terminal.at_prompt("no longer repeated")


@pytest.fixture
def terminal_with_query(open_prompt: Open, tmp_path: Path) -> Terminal:
    """A prompt whose user has a saved query with a parameter."""
    folder = tmp_path / "c" / "queries"
    folder.mkdir(parents=True)
    query = 'module {params: {count: {type: "integer"}}};\nsessions only id | limit $count | .id\n'
    (folder / "first.ocpiq").write_text(query)
    return open_prompt("demo (OCPI 2.2.1)", "--demo", rows=24, columns=80)
