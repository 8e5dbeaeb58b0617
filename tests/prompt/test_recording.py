"""The recorded session of README is the program's own: its keys still give the frames that it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.recording import CAST, STEPS, SVG, frame, play, screens, shell, svg

AGAIN = "record it again: PYTHONPATH=tests python -m support.recording"
README = Path(__file__).parents[2] / "README.md"
NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def cast() -> str:
    """The recording."""
    return CAST.read_text("utf-8")


def test_the_program_still_shows_every_frame(cast: str, tmp_path: Path) -> None:
    recorded = [frame(screen) for _, _, screen in screens(cast)]
    with shell(tmp_path) as terminal:
        try:
            played = play(terminal, lambda number: frame(terminal.screen) == recorded[number])
        except AssertionError as error:
            pytest.fail(f"{error}\n{AGAIN}")
    assert played.frames == recorded
    assert [text for _, kind, text in played.events if kind == "m"] == [step.caption for step in STEPS]


def test_the_recording_is_an_asciinema_file(cast: str) -> None:
    header, *events = map(json.loads, cast.splitlines())
    assert (header["version"], header["width"], header["height"]) == (2, 80, 24)
    times = [event[0] for event in events]
    assert times == sorted(times) and {event[1] for event in events} == {"o", "m"}
    assert [event[2] for event in events if event[1] == "m"] == [step.caption for step in STEPS], AGAIN
    assert not re.search(r"/(?:home|root|tmp|work)/", cast)  # no path of the machine that recorded it


def test_the_picture_is_made_from_the_recording(cast: str) -> None:
    assert SVG.read_text("utf-8") == svg(cast), AGAIN


def test_the_picture_is_plain_and_has_a_title() -> None:
    root = ElementTree.fromstring(SVG.read_text("utf-8"))
    assert root.get("role") == "img" and root.get("aria-labelledby") == "title description"
    texts = {element.get("id"): element.text for element in root if element.get("id")}
    assert texts["title"] and all(step.caption in (texts["description"] or "") for step in STEPS)
    names = {element.tag.removeprefix(NAMESPACE) for element in root.iter()}
    assert names == {"svg", "title", "desc", "style", "defs", "g", "rect", "text", "use"}
    links = [value for element in root.iter() for key, value in element.items() if key.endswith("href")]
    assert all(link.startswith("#") for link in links)
    assert "url(" not in SVG.read_text("utf-8") and "@import" not in SVG.read_text("utf-8")
    shown = {element.text for element in root.iter(f"{NAMESPACE}text")}
    assert any("energy.ocpiq" in text for text in shown if text)


def test_readme_shows_it() -> None:
    assert re.search(
        r"\[!\[[^]]{20,}\]\(\.docs/prompt\.svg\)\]\(\.docs/prompt\.cast\)", README.read_text("utf-8")
    )
