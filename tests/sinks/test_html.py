"""The HTML report: complete without a script, nothing from outside, and whatever stands in the data is text."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.cli import command

from ocpiq.sinks.html.map import draw_map
from ocpiq.sinks.html.places import Place, Places

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!--",
    "-->",
    "]]><svg onload=alert(1)>",
    "&lt;b&gt;&#60;",
    "javascript:alert(1)",
    "<a href=https://example.com>x</a>",
    "\u202e<b>\u0000\x1b[2J",
    "http://example.com/x.png",
    "{{7*7}}${7*7}",
    "<base href=//example.com>",
    "<meta http-equiv=refresh content=0;url=//example.com>",
]
NO_CONTENT = {"meta", "br"}
PASSIVE = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "script",
        "header",
        "section",
        "h1",
        "h2",
        "h3",
    ),
    *(
        "p",
        "dl",
        "dt",
        "dd",
        "div",
        "span",
        "strong",
        "figure",
        "figcaption",
        "table",
        "caption",
        "thead",
        "tbody",
    ),
    *("tr", "th", "td", "svg", "g", "rect", "path", "circle", "line", "text", "code", "pre", "time", "br"),
}
ATTRIBUTES = {
    *(
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "id",
        "scope",
        "role",
        "tabindex",
        "datetime",
    ),
    *(
        "aria-label",
        "aria-labelledby",
        "aria-hidden",
        "viewbox",
        "preserveaspectratio",
        "x",
        "y",
        "width",
        "height",
    ),
    *("rx", "d", "cx", "cy", "r", "dx", "dy", "x1", "x2", "y1", "y2", "text-anchor", "overflow"),
}


class Page(HTMLParser):
    """A page as a browser reads it: elements, attributes, texts by element, cells of the table."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.unbalanced: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in NO_CONTENT:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))

    def of(self, tag: str) -> list[str]:
        """Return the texts of all elements of a kind."""
        return [text for element, text in self.texts if element == tag]


def report(tmp_path: Path, query: str, stdin: str = "", *options: str) -> str:
    """Return the report on results."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    values = tmp_path / "values.json"
    values.write_text(stdin)
    path = tmp_path / "report.html"
    words = [*options, "-o", str(path), query, *([str(values)] if stdin else [])]
    outcome = command(home, words, SOURCE_DATE_EPOCH="1796000000")
    assert outcome.code == 0, outcome.err
    return path.read_text("utf-8")


def is_safe(text: str) -> None:
    """Assert that the page has no element, attribute or text that could load or run anything but its own script."""
    page = Page(text)
    assert not page.unbalanced and not page.open
    assert {tag for tag, _ in page.elements} <= PASSIVE
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    policy = next(str(attributes["content"]) for _, attributes in page.elements if "http-equiv" in attributes)
    (script,), (style,) = page.of("script"), page.of("style")
    assert "default-src 'none'" in policy
    for kind, body in (("script", script), ("style", style)):
        digest = b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "url(" not in style and "@import" not in style
    assert [tag for tag, attributes in page.elements if "http-equiv" in attributes] == ["meta"]


@pytest.mark.parametrize("text", HOSTILE)
def test_data_is_text_wherever_it_stands(tmp_path: Path, text: str) -> None:
    row = {text: text, "n": 1, "latitude": 51.5, "longitude": 3.5, "t": [text, {"x": text}]}
    rows = [row, {**row, "n": 2}, {**row, "n": None}]
    page = report(
        tmp_path, ".[]", json.dumps(rows), "--title", text.replace("\0", ""), "--null", text.replace("\0", "")
    )
    is_safe(page)
    if text.isprintable():
        assert Page(page).of("td").count(text) >= 3
        assert Page(page).of("h1") == [text]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_query_is_text(tmp_path: Path, text: str) -> None:
    quoted = json.dumps(text)
    query = f"module {{name: {quoted}, about: {quoted}, privacy: {quoted}}}; # {text}\n{{a: {quoted}}}"
    is_safe(report(tmp_path, query, "", "-n"))


def test_labels_of_series_and_times_are_text(tmp_path: Path) -> None:
    text = HOSTILE[1]
    rows = [{text: f"{text}{c}", "m": f"2026-0{m}", f"n{text}": m} for c in "ab" for m in (1, 2, 3)]
    page = report(tmp_path, ".[]", json.dumps(rows))
    is_safe(page)
    assert Page(page).of("th").count(f"{text}a") == 1


def test_the_table_has_every_result_and_says_how_many(tmp_path: Path) -> None:
    page = Page(report(tmp_path, ".[]", '[{"city":"Gent","kwh":7.5},{"city":"Brugge","kwh":null}]'))
    assert page.of("caption") == ["2 results"]
    cells = [text for text in page.of("td") if text.strip()]
    assert cells[-3:] == ["Gent", "7.5", "Brugge"]


def test_a_long_table_is_cut_and_says_so(tmp_path: Path) -> None:
    page = Page(report(tmp_path, "range(2500) | {n: ., city: tostring}", "", "-n"))
    assert page.of("caption") == ["The first 1,000 of 2,500 results"]
    assert any("from the first 1,000 results" in text for text in page.of("p"))
    assert any("30 highest of 1,000" in text for text in page.of("span"))


def test_no_results_are_a_page_too(tmp_path: Path) -> None:
    page = report(tmp_path, "empty", "", "-n")
    is_safe(page)
    assert Page(page).of("caption") == ["0 results"]


@pytest.mark.parametrize(
    "values", ["[1]", '["a"]', "[null]", "[{}]", '[{"a":[]}]', '[{"a":1e400}]', "[true]"]
)
def test_any_rows_are_a_page(tmp_path: Path, values: str) -> None:
    is_safe(report(tmp_path, ".[]", values))


def test_numbers_are_without_the_noise_of_sums(tmp_path: Path) -> None:
    page = Page(
        report(tmp_path, ".[]", '[{"c":"a","n":21245.884000000002},{"c":"b","n":0.1},{"c":"c","n":12}]')
    )
    cells = [text for text in page.of("td") if text.strip("\u2007\u2008") in ("21245.884", "0.1", "12")]
    assert cells[-3:] == ["21245.884", "0.1\u2007\u2007", "12\u2008\u2007\u2007\u2007"]


def test_integers_keep_their_digits(tmp_path: Path) -> None:
    number = "123456789012345678901234567890"
    assert number in Page(report(tmp_path, ".[]", f'[{{"c":"a","id":{number}}}]')).of("td")


def test_a_title(tmp_path: Path) -> None:
    page = Page(report(tmp_path, ".[]", "[1]", "--title", "Energy & cities"))
    assert page.of("title") == page.of("h1") == ["Energy & cities"]


def test_a_report_is_the_same_again(tmp_path: Path) -> None:
    assert report(tmp_path, ".[]", "[1]") == report(tmp_path, ".[]", "[1]")
    assert "2026-11-30T" in report(tmp_path, ".[]", "[1]")


SESSIONS = [
    {
        "country_code": "NL",
        "party_id": "ABC",
        "id": f"S{number}",
        "start_date_time": f"2026-0{number}-05T10:00:00Z",
        "end_date_time": f"2026-0{number}-05T11:00:00Z",
        "kwh": number + 0.5,
        "cdr_token": {"uid": "SECRET"},
        "status": "COMPLETED",
        "currency": "EUR",
        "last_updated": f"2026-0{number}-06T00:00:00Z",
    }
    for number in range(1, 5)
]


def of_sessions(tmp_path: Path, query: str, *options: str) -> str:
    source = tmp_path / "sessions.json"
    source.write_text(json.dumps(SESSIONS))
    return report(tmp_path, query, "", "--source", f"sessions={source}", *options)


def test_it_says_what_it_discloses_and_where_it_came_from(tmp_path: Path) -> None:
    query = (
        'module {name: "energy_by_month", about: "Energy by month.", privacy: "Totals only."};\n'
        'sessions during 2026 pass kwh, end_date_time, status | select(.status == "COMPLETED")\n'
        "| aggregate {kwh: sum(.kwh)} by {month: (.end_date_time | month)}"
    )
    page = of_sessions(tmp_path, query, "--tz", "Europe/Amsterdam")
    is_safe(page)
    texts = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("<main>")[2]))
    for text in (
        "Energy by month",
        "Totals only.",
        "charged from 2026-01-01 until 2027-01-01",
        "saved pages",
        "sessions: 4 objects, 1 page",
        "Europe/Amsterdam",
        "passed end_date_time , kwh , status",
        "aggregated status , end_date_time , kwh",
        "decides status , end_date_time",
        "OCPI 2.2.1",
        "complete yes",
    ):
        assert text in texts.replace("OCPI  2.2.1", "OCPI 2.2.1"), (text, texts)
    assert str(tmp_path) not in page
    assert "SECRET" not in page


def test_a_blank_is_marked_and_named(tmp_path: Path) -> None:
    page = of_sessions(tmp_path, "sessions | {id, kwh}")
    assert page.count("<td class=na>#NA</td>") == 4
    assert re.search(r"<dt>blanked</dt><dd><code>kwh</code>", page)


def test_the_values_of_a_window_are_shown(tmp_path: Path) -> None:
    page = of_sessions(tmp_path, "sessions since $from | {id}", "--arg", "from", "2026-02-01")
    assert "updated from 2026-02-01" in page


def test_an_incomplete_pull_says_so(tmp_path: Path) -> None:
    """The file is FILE.partial, and the page itself says what is missing."""
    from support.platforms import TOKEN, Platform, Response, serving

    home = tmp_path / "home"
    home.mkdir()
    path = tmp_path / "report.html"
    with serving(Platform()) as platform:
        login = ["login", platform.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", "test"]
        assert command(home, login).code == 0
        platform.special = {
            "sessions": lambda request: (
                Response(b"", 403, {}) if int(request.query.get("offset", 0)) >= 4 else None
            )
        }
        outcome = command(home, ["-q", "-o", str(path), "sessions | {id}"])
    assert outcome.code == 8, outcome.err
    page = (tmp_path / "report.html.partial").read_text()
    assert "<strong>Incomplete.</strong>" in page and "<dd>no</dd>" in page
    assert "test (127.0.0.1)" in page


# ---------------------------------------------------------------- the map


def circles(text: str) -> list[tuple[str, str]]:
    return re.findall(r'<circle cx="([^"]*)%" cy="([^"]*)%"', text)


def test_points_are_where_they_belong(tmp_path: Path) -> None:
    rows = [
        {"name": "north west", "coordinates": {"latitude": "53.0", "longitude": "3.0"}},
        {"name": "south east", "coordinates": {"latitude": "51.0", "longitude": "6.0"}},
        {"name": "unknown", "coordinates": {"latitude": "0", "longitude": "0"}},
        {"name": "none", "coordinates": None},
        {"name": "wrong", "coordinates": {"latitude": "91", "longitude": "x"}},
    ]
    page = report(tmp_path, ".[]", json.dumps(rows))
    is_safe(page)
    (left, top), (right, bottom) = sorted(circles(page))
    assert float(left) < float(right) and float(top) < float(bottom)
    assert "3 results without coordinates are not shown" in page
    assert re.search(r"\d+ km</text>", page) and "52° N" in page
    assert "aspect-ratio:" in page


def test_numbers_make_points_larger(tmp_path: Path) -> None:
    rows = [
        {"name": name, "kwh": kwh, "lat": lat, "lon": 3.5} for name, kwh, lat in (("a", 1, 51), ("b", 9, 52))
    ]
    page = report(tmp_path, ".[]", json.dumps(rows))
    radii = [float(radius) for radius in re.findall(r' r="([0-9.]+)"', page)]
    assert radii == sorted(radii, reverse=True) and radii[0] > radii[1]
    assert "Larger points have more kwh." in page


@pytest.mark.parametrize(
    "corners",
    [
        [(51.0, 3.0)],
        [(51, 179.9), (51, -179.9)],
        [(90, 0), (-90, 10)],
        [(0, -180), (0, 180)],
        [(10, 5), (60, 5)],
    ],
)
def test_every_part_of_the_world_has_a_map(corners: list[tuple[float, float]]) -> None:
    drawn = draw_map(Places([Place(float(a), float(b), 1, 0.0, []) for a, b in corners], "", 0))
    assert 1 <= drawn.ratio <= 2.5
    for x, y in circles(drawn.markup):
        assert 0 <= float(x) <= 100 and 0 <= float(y) <= 100
