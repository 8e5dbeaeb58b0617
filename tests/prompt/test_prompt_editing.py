"""Editing at the prompt, on real terminals of three sizes: keys of vi, settings, the editor, pasted lines, Ctrl-Z."""

from __future__ import annotations

import shlex
import stat
import sys
from pathlib import Path

import pytest
from support.terminal import CTRL_C, CTRL_Z, EDIT, ENTER, ESCAPE, SHELL, SIZES, UNDO, Terminal
from test_prompt import Open, home, open_prompt

from ocpiq.storage.config import NAMES

__all__ = ["home", "open_prompt"]  # fixtures

BAR = "demo (OCPI 2.2.1)"
PASTED = ("sessions only id, kwh", "", "| select(.id != null)", "  | limit 1 | .id")
EDITOR = """\
#!/bin/sh
stat -c '%a %n' "$1" > "$EDITED"
printf '%s\\n' '| limit 1' '| .id' >> "$1"
"""


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    """The size of a terminal."""
    rows, columns = request.param
    return {"rows": rows, "columns": columns}


@pytest.fixture
def terminal(open_prompt: Open, size: dict[str, int]) -> Terminal:
    """A prompt on the demo."""
    return open_prompt(BAR, "--demo", **size)


def test_the_keys_of_vi_stay_set(open_prompt: Open, size: dict[str, int], tmp_path: Path) -> None:
    terminal = open_prompt(BAR, "--demo", **size)
    terminal.run(":set vi on")
    terminal.see("vi: insert")
    assert (tmp_path / "c" / "config.toml").read_text() == "vi = true\n"
    terminal.type("sessions | limit 1 | .iddd")
    terminal.see(".iddd")
    terminal.type(ESCAPE)
    terminal.see("vi: normal")
    terminal.type("xx")
    terminal.see("| .id\n")
    terminal.type("ofirst")  # a line below
    terminal.see("   ... first")
    terminal.type(ESCAPE + "dd")
    terminal.see_no_more("first")
    terminal.type(ENTER)
    terminal.at_prompt('\n"S0000001"')
    terminal.see("vi: insert")
    assert terminal.leave() == 0
    terminal = open_prompt("vi: insert", "--demo", **size)
    terminal.run(":set vi default")
    terminal.see_no_more("vi: insert")
    terminal.at_prompt("vi off")
    assert (tmp_path / "c" / "config.toml").read_text() == ""


def test_the_menu_opens_on_tab_only(terminal: Terminal) -> None:
    terminal.type("sess")
    terminal.see("every Session")
    terminal.type(CTRL_C)
    terminal.run(":set menu off")
    terminal.at_prompt("menu off")
    terminal.type("sess")
    terminal.see("ocpiq> sess\n")
    terminal.type("\t")
    terminal.see("ocpiq> sessions")  # the only suggestion


def test_settings_are_listed(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run(":set")
    terminal.at_prompt("history ")
    listed = terminal.text().replace("\n", "")
    assert str(tmp_path / "c" / "config.toml") in listed
    names = ("vi", "menu") if len(terminal.lines()) < 24 else NAMES
    assert all(f"{name} " in listed for name in names)
    terminal.type(":set f")
    terminal.see("output format")
    terminal.type("\t")
    terminal.see(":set form\n")
    terminal.type(" nd\t")
    terminal.see(":set form ndjson\n")
    terminal.type(ENTER)
    terminal.at_prompt("form ndjson")
    terminal.run("[1]")
    terminal.at_prompt("\n[1]")


@pytest.mark.parametrize("keys", ["emacs", "vi"])
def test_the_editor_changes_the_query_and_enter_runs_it(
    open_prompt: Open, size: dict[str, int], tmp_path: Path, keys: str
) -> None:
    editor, edited = tmp_path / "editor", tmp_path / "edited"
    editor.write_text(EDITOR)
    editor.chmod(0o700)
    if keys == "vi":
        (tmp_path / "c").mkdir(mode=0o700)
        (tmp_path / "c" / "config.toml").write_text("vi = true\n")
    terminal = open_prompt(BAR, "--demo", **size, EDITOR=str(editor), VISUAL="", EDITED=str(edited))
    terminal.type("sessions only id")
    terminal.see("only id")
    terminal.type(EDIT if keys == "emacs" else ESCAPE + "v")
    terminal.see("   ... | .id")
    assert '"S0000001"' not in terminal.text()  # not yet run
    terminal.type(ENTER)
    terminal.at_prompt('\n"S0000001"')
    mode, name = edited.read_text().split()
    assert mode == "600" and name.endswith(".ocpiq") and not Path(name).exists()


@pytest.mark.parametrize("marked", [True, False], ids=["bracketed paste", "no bracketed paste"])
@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"], ids=["LF", "CR", "CR LF"])
def test_pasted_lines_are_one_query(open_prompt: Open, marked: bool, newline: str) -> None:
    terminal = open_prompt(BAR, "--demo", rows=15, columns=60)
    start, end = ("\x1b[200~", "\x1b[201~") if marked else ("", "")
    terminal.type(start + newline.join((*PASTED, "")) + end)
    terminal.see("   ...   | limit 1 | .id")
    terminal.see("   ... | select(.id != null)")
    assert "S0000001" not in terminal.text() and "error" not in terminal.text()
    terminal.type(ENTER)
    terminal.at_prompt('\n"S0000001"')
    terminal.type("1" + ENTER)
    terminal.at_prompt("\n1")


def test_a_paste_is_undone_as_one(terminal: Terminal) -> None:
    terminal.type("1 + ")
    terminal.see("1 +")
    terminal.type("2\r+ 3\r+ 4")
    terminal.see("   ... + 4")
    terminal.type(UNDO)
    terminal.see_no_more("...")


@pytest.mark.parametrize("marked", [True, False], ids=["bracketed paste", "no bracketed paste"])
def test_pasted_commands_run_one_by_one(terminal: Terminal, marked: bool) -> None:
    start, end = ("\x1b[200~", "\x1b[201~") if marked else ("", "")
    terminal.type(f"{start}:arg first 20\r:arg second 22{end}")
    terminal.see(":arg second 22")
    terminal.type(ENTER)
    terminal.at_prompt("$second set")
    terminal.run("($first, $second) | tonumber")
    terminal.at_prompt("\n20\n22")


def test_ctrl_z_suspends_and_fg_comes_back(home: dict[str, str], size: dict[str, int]) -> None:
    terminal = Terminal({**home, "PS1": "shell> ", "LC_MESSAGES": "C"}, command=SHELL, **size)
    terminal.see("shell>")
    terminal.type(f"{shlex.quote(sys.executable)} -m ocpiq --demo\r")
    terminal.see(BAR)
    terminal.type("sessions only id | limit 1 | .id")
    terminal.see("ocpiq> sessions only id | limit 1 | .id")
    terminal.type(CTRL_Z)
    terminal.see("Stopped")
    terminal.see_no_more(BAR)
    terminal.type("echo $((40 + 2))\r")
    terminal.see("\n42\n")
    terminal.type("fg\r")
    terminal.see("ocpiq> sessions only id | limit 1 | .id")
    terminal.type(ENTER)
    terminal.see('\n"S0000001"')
    terminal.at_prompt("S0000001")
    terminal.run('"begun", (range(1e12) | empty)')
    terminal.see('\n"begun"')
    terminal.type(CTRL_Z)  # while a query runs
    terminal.wait(lambda: terminal.at_end("shell>"), "the shell")
    terminal.type("clear; fg\r")
    terminal.see_no_more("Stopped")
    terminal.see("ocpiq --demo")
    terminal.press_until(CTRL_C, "cancelled")  # the shell may still be about to continue it
    terminal.at_prompt("cancelled")
    terminal.type("\x04")
    terminal.wait(lambda: terminal.at_end("shell>"), "the shell")
    terminal.type("exit\r")
    terminal.process.close(force=True)


def test_messages_are_wrapped_at_words(terminal: Terminal) -> None:
    terminal.type("sessions | select(.start_date_time > .end_date_time)" + ENTER)
    terminal.at_prompt("error: sessions.start_date_time")
    message = "error: sessions.start_date_time is blanked (to use it: sessions pass start_date_time)"
    assert any(" ".join(rows).find(message) >= 0 for rows in [[line.strip() for line in terminal.lines()]])
    terminal.type(":load no such query in any of the folders that there are here.ocpiq")
    terminal.see("here.ocpiq")
    terminal.type(ENTER)
    terminal.at_prompt("error: could not")
    assert "that there are here.ocpiq:" in " ".join(terminal.text().split())


def test_the_settings_are_the_owners(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run(":set zone Europe/Paris")
    terminal.at_prompt("zone Europe/Paris")
    assert stat.S_IMODE((tmp_path / "c" / "config.toml").stat().st_mode) == 0o600
