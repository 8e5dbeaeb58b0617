"""The HTML report in a real browser: no request, no barrier, readable at any width, complete without script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browser import Browser, axe, browser
from support.cli import command
from test_html import HOSTILE

pytestmark = pytest.mark.heavy

ROWS = [
    {text: text, "n": n, "latitude": 50 + n, "longitude": 3.5}
    for n, text in enumerate(HOSTILE)
    for text in [text]
]
CITIES = (
    'module {name: "charging_by_city", about: "Energy by city.", privacy: "Totals only.", tz: "Europe/Amsterdam"};\n'
    "cdrs net during 2026-Q3 pass cdr_location.city, cdr_location.coordinates, total_energy, end_date_time\n"
    "| aggregate {cdrs: count, kwh: sum(.total_energy), latitude: first(.cdr_location.coordinates.latitude),\n"
    "  longitude: first(.cdr_location.coordinates.longitude)} by {city: .cdr_location.city}"
)
QUERIES = {
    "cities": ("--demo", CITIES),
    "months": (
        "--demo",
        "cdrs net pass end_date_time, total_energy | aggregate {kwh: sum(.total_energy)}"
        " by {month: (.end_date_time | month)}",
    ),
    "cities and months": (
        "--demo",
        "cdrs net pass cdr_location.city, end_date_time, total_energy | aggregate {kwh: sum(.total_energy)}"
        " by {city: .cdr_location.city, month: (.end_date_time | month)}",
    ),
    "many columns": ("--demo", "sessions | limit 50"),
    "hostile": (
        "-n",
        "--title",
        HOSTILE[1],
        f"{json.dumps(HOSTILE)}[] | {{(.): ., n: 1}} | {{a: keys, b: tostring, n}}",
    ),
    "nothing": ("-n", "empty"),
}
VIEWS = [(width, dark) for width in (1280, 390) for dark in (False, True)]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    (folder / "home").mkdir()
    paths = {}
    for name, words in QUERIES.items():
        paths[name] = folder / f"{name}.html"
        outcome = command(folder / "home", ["-q", *words[:-1], "-o", str(paths[name]), words[-1]])
        assert outcome.code == 0, outcome.err
    return paths


@pytest.mark.parametrize(("width", "dark"), VIEWS)
@pytest.mark.parametrize("name", QUERIES)
def test_a_report_in_a_browser(
    name: str, width: int, dark: bool, chromium: Browser, reports: dict[str, Path], tmp_path: Path
) -> None:
    path = reports[name]
    chromium.open(path, width=width, dark=dark)
    picture = chromium.screenshot()
    (tmp_path / "report.png").write_bytes(picture)
    assert picture.startswith(b"\x89PNG") and len(picture) > 5000
    assert chromium.requests == [path.as_uri()]
    assert chromium.complaints == []
    assert chromium.run("document.documentElement.scrollWidth") <= width
    assert chromium.run("document.scripts.length") == 1
    background = chromium.run("getComputedStyle(document.documentElement).backgroundColor")
    assert background == ("rgb(15, 21, 27)" if dark else "rgb(245, 247, 249)")  # the style is applied
    chromium.run(axe())
    found = chromium.run(
        "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations.map("
        "rule => [rule.id, ...rule.nodes.map(node => node.html.slice(0, 200) + node.failureSummary)]))"
    )
    assert found == []
    assert chromium.requests == [path.as_uri()]


def test_axe_finds_barriers(chromium: Browser, reports: dict[str, Path]) -> None:
    """The test above can fail."""
    chromium.open(reports["cities"], width=1280)
    chromium.run(axe())
    chromium.run("document.documentElement.removeAttribute('lang')")
    found = chromium.run("axe.run().then(result => result.violations.map(rule => rule.id))")
    assert "html-has-lang" in found


def test_nothing_but_its_own_script_runs(chromium: Browser, reports: dict[str, Path]) -> None:
    chromium.open(reports["cities"], width=1280)
    chromium.run(
        "(() => { const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        " const image = document.createElement('img'); image.src = 'http://127.0.0.1:9/x.png';"
        " document.body.append(script, image); })()"
    )
    assert chromium.run("new Promise(done => setTimeout(() => done(window.ran === undefined), 300))") is True
    assert any("Content Security Policy" in text for text in chromium.complaints)


def cells(chromium: Browser, column: int) -> list[str]:
    """Return the texts of a column of the table, in the order of its rows."""
    rows = f"[...document.querySelectorAll('table.data tbody tr')].map(row => row.cells[{column}].textContent.trim())"
    found: list[str] = chromium.run(rows)
    return found


def test_the_table_is_sorted_by_a_press_on_a_name(chromium: Browser, reports: dict[str, Path]) -> None:
    chromium.open(reports["cities"], width=1280)
    press = "document.querySelectorAll('table.data th button')[{}].click()"
    before = cells(chromium, 1)
    chromium.run(press.format(1))
    assert cells(chromium, 1) == sorted(before, key=float)
    chromium.run(press.format(1))
    assert cells(chromium, 1) == sorted(before, key=float, reverse=True)
    chromium.run(press.format(0))
    assert cells(chromium, 0) == sorted(cells(chromium, 0))
    assert chromium.run("document.querySelectorAll('[aria-sort]').length") == 1


def test_without_scripts_it_is_complete(chromium: Browser, reports: dict[str, Path]) -> None:
    chromium.open(reports["cities"], width=1280, scripts=False)
    assert chromium.complaints == []
    chromium.send("Emulation.setScriptExecutionDisabled", value=False)
    assert len(cells(chromium, 0)) == 14
    assert chromium.run("document.querySelectorAll('button').length") == 0
    assert chromium.run("document.querySelectorAll('.map circle').length") == 14


def test_it_is_printed_on_a4(chromium: Browser, reports: dict[str, Path]) -> None:
    chromium.open(reports["many columns"], width=1280)
    paper = chromium.printed()
    assert paper.startswith(b"%PDF")
    assert b"/MediaBox [0 0 594.95996 841.91998]" in paper or b"/MediaBox [0 0 595" in paper
