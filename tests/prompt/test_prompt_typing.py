"""What the prompt shows while a query is typed, on real terminals of three sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.terminal import ENTER, RIGHT, SIZES, TAB, UP, Terminal
from test_prompt import Open, home, open_prompt

__all__ = ["home", "open_prompt"]  # fixtures


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[1]}x{size[0]}")
def terminal(request: pytest.FixtureRequest, open_prompt: Open, tmp_path: Path) -> Terminal:
    """A prompt on the demo, with two queries in the history."""
    rows, columns = request.param
    history = tmp_path / "s" / "history"
    history.parent.mkdir()
    history.write_text('"sessions only id, kwh | limit 1 | .kwh"\n"20 + 1"\n')
    history.chmod(0o600)
    history.parent.chmod(0o700)
    return open_prompt("demo (OCPI 2.2.1)", "--demo", rows=rows, columns=columns)


def at_text(terminal: Terminal, text: str) -> Callable[[], bool]:
    return lambda: f"ocpiq> {text}" in terminal.lines()


def test_right_takes_the_grey_rest_of_an_earlier_query(terminal: Terminal) -> None:
    terminal.type("sessions only i")
    terminal.see("ocpiq> sessions only id, kwh | limit 1 | .kwh")
    terminal.type(RIGHT)
    terminal.type(ENTER)
    terminal.at_prompt("29.98")


def test_up_finds_what_begins_with_the_text(terminal: Terminal) -> None:
    terminal.type("sess")
    terminal.see("every Session")
    terminal.type("\x1b")  # closes nothing: the next key is Up
    terminal.type(UP)
    terminal.wait(at_text(terminal, "sessions only id, kwh | limit 1 | .kwh"), "the earlier query")
    terminal.type("\x15" + UP)
    terminal.wait(at_text(terminal, "20 + 1"), "the last query")


def test_the_menu_opens_by_itself(terminal: Terminal) -> None:
    terminal.type("cdrs ")
    terminal.see("since MOMENT")
    terminal.type("pass ")
    terminal.see("start_date_time")
    terminal.type("total_energy | ")
    terminal.see("aggregate")


def test_a_period_is_chosen_by_the_days_that_it_means(terminal: Terminal) -> None:
    terminal.type("sessions during last q")
    terminal.see("-01 to 2")
    terminal.type(TAB)
    terminal.see("during last quarter")
    terminal.type(" | aggregate count")
    terminal.see("aggregate count")
    terminal.type(ENTER)
    terminal.see("read: ")


def test_a_question_of_the_examples_runs(terminal: Terminal) -> None:
    terminal.type("power_cl")
    terminal.see("power_classes")
    terminal.type(TAB)
    terminal.see("aggregate")
    terminal.type(ENTER)
    terminal.see('"class": "fast"')
    terminal.see("lines 1-")
    terminal.type("q")
    terminal.at_prompt()


def test_the_word_of_an_enum_in_a_list(terminal: Terminal) -> None:
    terminal.type('sessions pass status | select(.status | IN("COM')
    terminal.see("COMPLETED")
    terminal.type(TAB + ")) | limit 1 | .status")
    terminal.see("passes status")
    terminal.type(ENTER)
    terminal.at_prompt('"COMPLETED"')


def test_fields_have_the_colours_of_their_states(terminal: Terminal) -> None:
    terminal.type("sessions pass kwh | .kwh, .status")
    terminal.see("ocpiq> sessions pass kwh | .kwh, .status")

    def colours() -> dict[str, str]:
        row = next(
            number for number, line in enumerate(terminal.lines()) if line.startswith("ocpiq> sessions")
        )
        line = terminal.lines()[row]
        return {
            name: terminal.screen.buffer[row][line.index(name)].fg for name in (".kwh", ".status", "pass")
        }

    terminal.wait(lambda: colours() == {".kwh": "cyan", ".status": "red", "pass": "magenta"}, "three colours")


def test_the_bottom_line_says_what_the_query_would_disclose(terminal: Terminal) -> None:
    terminal.type("sessions pass kwh, status, evse_uid | select(.status != null) | {id}")
    terminal.wait(
        lambda: "kwh (unused), evse_uid (unused), status (only decides)" in " ".join(terminal.text().split()),
        "the roles",
    )
    terminal.type(" | aggregate count")
    terminal.wait(lambda: "status (only in totals)" in " ".join(terminal.text().split()), "the new role")


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_a_query_beyond_the_policy_is_marked(
    open_prompt: Open, tmp_path: Path, rows: int, columns: int
) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text('[sessions]\npass = ["id", "status"]\n')
    options = ("--demo", "--policy", str(policy))
    terminal = open_prompt("demo (OCPI 2.2.1)", *options, rows=rows, columns=columns)
    terminal.type("sessions only id, kwh")
    terminal.wait(lambda: "does not allow: sessions.kwh" in " ".join(terminal.text().split()), "the refusal")
    terminal.type("\x15sessions only id, status")
    terminal.see_no_more("does not allow")
    terminal.see("passes id, status")


def test_an_identifier_that_the_history_would_keep(terminal: Terminal) -> None:
    terminal.type('sessions pass cdr_token.uid | select(.cdr_token.uid == "A1")')
    terminal.wait(lambda: ":arg uid VALUE, then write $uid" in " ".join(terminal.text().split()), "the hint")
