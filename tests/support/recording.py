"""Records the session that README shows: types it into the real program, and writes it as an asciinema file and an SVG.

`PYTHONPATH=tests python -m support.recording` records it again; `tests/prompt/test_recording.py` tells when to.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyte
from support.animation import animation
from support.terminal import CTRL_D, ENTER, F2, SHELL, TAB, Terminal

FOLDER = Path(__file__).parents[2] / ".docs"
CAST, SVG = FOLDER / "prompt.cast", FOLDER / "prompt.svg"
ROWS, COLUMNS = 24, 80
KEY, LOOK, QUIET = (
    0.06,
    2.5,
    0.6,
)  # seconds: for a key, to look at a frame, without output once a frame is complete
TITLE = "ocpiq: from the first letter to a saved query"
POSITION = "\x1b[6n"  # asks where the cursor is, which a player would not answer
DURATION = re.compile(r"\d[\d.,]* (?:ms|s)\b")


@dataclass(frozen=True)
class Step:
    """Keys, the text that they bring to the screen, and what the frame shows."""

    keys: str
    text: str
    caption: str


STEPS = (
    Step("ocpiq --demo" + ENTER, "demo (OCPI 2.2.1)", "The prompt opens on the demo platform."),
    Step("sess", "every Session", "Suggestions open while typing; Tab takes one."),
    Step(
        TAB + " during 2026-Q3 | select(.kwh > 70)", "F2 fixes it", "A blanked field is marked, with its fix."
    ),
    Step(F2, "sessions pass kwh during", "F2 applies the fix: the query passes the field."),
    Step(
        " | aggregate {sessions: count, kwh: sum(.kwh)} by .currency",
        "kwh (only in totals)",
        "The bottom line says what the query discloses.",
    ),
    Step(ENTER, '"GBP"', "Enter runs it."),
    Step(":to chart" + ENTER, "Output format: chart", "Results have many formats."),
    Step("sessions during 2026 pass end_date_time, kwh", "passes end_date_time, kwh", "Another question."),
    Step(
        " | aggregate sum(.kwh) by {month: (.end_date_time | month)}",
        "(only in totals)",
        "Energy by month.",
    ),
    Step(ENTER, "2026-10", "As a chart."),
    Step(":save energy" + ENTER, "Saved to energy.ocpiq", "The query is saved as a file."),
    Step(CTRL_D, "\n$", "Ctrl-D leaves the prompt."),
    Step(
        "ocpiq --demo -q -f energy.ocpiq --to csv | head -n 3" + ENTER,
        "\n2026-02,",
        "The file runs unattended.",
    ),
)


@dataclass
class Recording:
    """What was written to the terminal, each with its time, and the frames after each step."""

    events: list[tuple[float, str, str]]
    frames: list[list[str]]


@contextmanager
def shell(folder: Path) -> Iterator[Terminal]:
    """Open a shell in an empty folder, where `ocpiq` is the program of this checkout."""
    program = folder / "bin" / "ocpiq"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ocpiq "$@"\n')
    program.chmod(0o700)
    (folder / "work").mkdir()
    others = ("OCPIQ", "JQ_", "NO_COLOR", "XDG_", "COLUMNS", "LINES", "LC_", "LANG", "PROMPT_COMMAND")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    cache = os.environ.get("OCPIQ_CACHE")
    environment |= {"OCPIQ_CACHE": cache} if cache else {}
    environment |= {"HOME": str(folder), "TERM": "xterm-256color", "PS1": "$ ", "LC_ALL": "C.UTF-8"}
    environment["PATH"] = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    root = Path(__file__).parents[2]
    environment["PYTHONPATH"] = str(root)
    terminal = Terminal(environment, rows=ROWS, columns=COLUMNS, command=SHELL, folder=folder / "work")
    try:
        terminal.see("$")
        yield terminal
    finally:
        terminal.process.close(force=True)


def play(terminal: Terminal, is_complete: Callable[[int], bool]) -> Recording:
    """Type the steps; after each, wait for its text and until its frame is complete."""
    recording = Recording([], [])
    now, written = 0.0, terminal.transcript
    recording.events.append((now, "o", "".join(written)))
    written.clear()
    for number, step in enumerate(STEPS):
        for key in [F2] if step.keys == F2 else step.keys:
            terminal.type(key)
            terminal.wait_for_output()
            now += KEY
            recording.events.append((now, "o", "".join(written)))
            written.clear()
        terminal.wait(lambda: step.text in terminal.text(), step.text)  # noqa: B023 - called here
        terminal.wait(lambda: is_complete(number), step.caption)  # noqa: B023 - called here
        now += KEY
        recording.events.append((now, "o", "".join(written)))
        written.clear()
        recording.events.append((now, "m", step.caption))
        recording.frames.append(frame(terminal.screen))
        now += LOOK
    recording.events.append((now, "o", ""))  # to look at the last frame
    return recording


def record() -> Recording:
    """Return a new recording: a frame is complete when nothing has been written for a while."""
    with tempfile.TemporaryDirectory() as folder, shell(Path(folder)) as terminal:

        def is_quiet(_: int) -> bool:
            size, end = len(terminal.transcript), time.monotonic() + QUIET
            while time.monotonic() < end:
                terminal.wait_for_output(0.1)
            return len(terminal.transcript) == size

        return play(terminal, is_quiet)


def frame(screen: pyte.Screen) -> list[str]:
    """Return the rows of a screen, with # for each duration."""
    return [DURATION.sub("# s", line.rstrip()) for line in screen.display]


def cast(recording: Recording) -> str:
    """Return a recording as an asciinema file, version 2."""
    header = {
        "version": 2,
        "width": COLUMNS,
        "height": ROWS,
        "title": TITLE,
        "env": {"TERM": "xterm-256color", "SHELL": "bash"},
    }
    events = [
        [round(now, 2), kind, text.replace(POSITION, "")]
        for now, kind, text in recording.events
        if text.replace(POSITION, "") or kind == "m" or now == recording.events[-1][0]
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (header, *events))


def screens(text: str) -> Iterator[tuple[float, str, pyte.Screen]]:
    """Play an asciinema file, and yield time, caption and screen of each of its markers."""
    header, *events = map(json.loads, text.splitlines())
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    for now, kind, data in events:
        if kind == "o":
            stream.feed(data)
        else:
            yield now, data, screen


def svg(text: str) -> str:
    """Return the markers of an asciinema file as an animated picture."""
    end = json.loads(text.splitlines()[-1])[0]
    return animation(TITLE, screens(text), end)


def main() -> None:
    """Record, and write both files."""
    text = cast(record())
    CAST.write_text(text, "utf-8")
    SVG.write_text(svg(text), "utf-8")
    print(f"{CAST}: {len(text):,} bytes\n{SVG}: {SVG.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
