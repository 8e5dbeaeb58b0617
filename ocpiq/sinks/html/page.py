"""The page of a report: heading, charts, map, table, what it discloses, and where the data came from."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from msgspec import Struct

from ocpiq.sinks.about import About, SourceAbout
from ocpiq.sinks.cells import CellTexts, cell_text
from ocpiq.sinks.charts import Chart, Rows, charts
from ocpiq.sinks.html.figures import figure
from ocpiq.sinks.html.map import draw_map
from ocpiq.sinks.html.markup import escaped, number
from ocpiq.sinks.html.places import Places, places_of
from ocpiq.sinks.table import numeric_columns
from ocpiq.values.arithmetic import is_number
from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import number_text
from ocpiq.values.types import Value

MOST_CHARTS: Final = 3
DIGITS: Final = 12  # of a number in the table; what lies beyond is the noise of sums
DIGIT_SPACE: Final = "\u2007"
MARK_SPACE: Final = "\u2008"  # as wide as a decimal point
LISTED: Final = 40  # paths of one role


class Report(Struct, frozen=True):
    """What the page shows: the first `rows` of `total`, under their `names`; `title` is the one asked for, if any."""

    about: About
    title: str
    names: tuple[str, ...]
    rows: list[list[Value]]
    total: int
    texts: CellTexts

    def text(self, value: Value) -> str:
        """Return the text of a cell."""
        return cell_text(value, self.texts)


def page(report: Report) -> str:
    """Return the whole page."""
    title = escaped(report.title or report.about.title or _default_title(report.about))
    rows = Rows(report.names, report.rows, report.text)
    drawn = charts(rows) if report.rows else ()
    places = places_of(rows, drawn) if report.rows else None
    style, script, map_section = resource("page.css"), resource("sort.js"), ""
    if places is not None:
        plan = draw_map(places)
        style += f".map{{aspect-ratio:{number(plan.ratio)}}}\n"
        map_section = _map(places, plan.markup)
    parts = (
        _header(report, title),
        _charts(report, drawn),
        map_section,
        _table(report),
        _privacy(report.about),
        _provenance(report.about),
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"{''.join(parts)}</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


@cache
def resource(name: str) -> str:
    """Return a file beside this one."""
    return files("ocpiq.sinks.html").joinpath(name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Return the content security policy: nothing may be loaded, only these two texts are applied."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        f"base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _default_title(about: About) -> str:
    modules = list(dict.fromkeys(source.module for source in about.sources))
    if not modules:
        return "Results"
    return "Results from " + " and ".join(filter(None, (", ".join(modules[:-1]), modules[-1])))


# ---------------------------------------------------------------- heading


def _header(report: Report, title: str) -> str:
    about = report.about
    lead = f"<p class=lead>{escaped(about.purpose)}</p>\n" if about.purpose else ""
    facts = [("results", f"{report.total:,}")]
    if about.pulls:
        facts.append(("objects read", f"{sum(pull.objects for pull in about.pulls):,}"))
    windows = list(dict.fromkeys(source.window for source in about.sources if source.window))
    facts.append(("period", "; ".join(windows) or "all"))
    facts.append(("complete", "no" if about.incomplete else "yes"))
    cells = "".join(
        f"<div{' class=bad' if text == 'no' else ''}><dt>{name}</dt><dd>{escaped(text)}</dd></div>"
        for name, text in (facts if about.sources else facts[:1])
    )
    notice = (
        f"<p class=notice><strong>Incomplete.</strong> {escaped(about.incomplete)}</p>\n"
        if about.incomplete
        else ""
    )
    return f"<header>\n<h1>{title}</h1>\n{lead}<dl class=facts>{cells}</dl>\n{notice}</header>\n"


# ---------------------------------------------------------------- charts and map


def _charts(report: Report, drawn: Sequence[Chart]) -> str:
    if not drawn:
        return ""
    some = len(drawn) > MOST_CHARTS or report.total > len(report.rows)
    rows = f"the first {len(report.rows):,} results" if report.total > len(report.rows) else "the results"
    note = f"<p class=muted>{len(drawn[:MOST_CHARTS])} of {len(drawn)} columns of numbers, from {rows}.</p>\n"
    body = f"<div class=figures>{''.join(map(figure, drawn[:MOST_CHARTS]))}</div>\n"
    return f'<section aria-labelledby="charts">\n<h2 id="charts">Charts</h2>\n{body}{note if some else ""}</section>\n'


def _map(places: Places, markup: str) -> str:
    count = "1 place" if len(places.places) == 1 else f"{len(places.places):,} places"
    size = f" Larger points have more {escaped(places.measure)}." if places.measure else ""
    missing = f" {places.left_out:,} results without coordinates are not shown." if places.left_out else ""
    return (
        f'<section aria-labelledby="map">\n<h2 id="map">Map</h2>\n{markup}'
        f"<p class=muted>{count}; north is up.{size}{missing}</p>\n</section>\n"
    )


# ---------------------------------------------------------------- table


def _table(report: Report) -> str:
    count = f"{report.total:,} {'result' if report.total == 1 else 'results'}"
    caption = f"The first {len(report.rows):,} of {count}" if report.total > len(report.rows) else count
    right = numeric_columns(report.rows, len(report.names))
    classes = [" class=n" if flag else "" for flag in right]
    head = "".join(
        f"<th scope=col{kind}>{escaped(name)}</th>" for name, kind in zip(report.names, classes, strict=True)
    )
    rows = map(_row, zip(*(_column(report, at, right[at]) for at in range(len(right))), strict=True))
    body = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody>\n" if report.names else ""
    return (
        f'<section aria-labelledby="results">\n<h2 id="results">Results</h2>\n'
        f'<div class=scroll tabindex=0 role=region aria-label="Table of results">\n'
        f"<table class=data>\n<caption>{caption}</caption>\n{body}</table>\n</div>\n</section>\n"
    )


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>\n"


def _column(report: Report, at: int, right: bool) -> list[str]:
    """Return the cells of a column; the decimal marks of numbers stand below each other."""
    values = [row[at] for row in report.rows]
    texts = [_rounded(value, report) if type(value) is float else report.text(value) for value in values]
    if right:
        decimals = [text[text.find(".") :] if "." in text else "" for text in texts]
        longest = max(map(len, decimals))
        texts = [text + _space(longest, decimal) for text, decimal in zip(texts, decimals, strict=True)]
    return [
        f"<td{_kind(value, right)}>{escaped(text)}</td>" for value, text in zip(values, texts, strict=True)
    ]


def _kind(value: Value, right: bool) -> str:
    if type(value) is Blank:
        return " class=na"
    return " class=n" if right or is_number(value) else ""


def _space(longest: int, decimals: str) -> str:
    """Return as much space as the longest decimals are wider than these: for a mark and digits."""
    missing = longest - len(decimals)
    return MARK_SPACE + DIGIT_SPACE * (missing - 1) if missing and not decimals else DIGIT_SPACE * missing


def _rounded(value: float, report: Report) -> str:
    """Return a number without the noise of a sum: 21245.884, not 21245.884000000002."""
    text = report.text(value)
    short = number_text(float(f"{value:.{DIGITS}g}"))
    return short if len(short) + 2 < len(text) else text


# ---------------------------------------------------------------- what it discloses, where it came from


def _privacy(about: About) -> str:
    if not about.sources:
        return ""
    statement = f"<p>{escaped(about.privacy)}</p>\n" if about.privacy else ""
    parts = "".join(map(_of_source, about.sources))
    if about.risk:
        said = "".join(f"<p>{escaped(sentence[:1].upper() + sentence[1:])}.</p>\n" for sentence in about.risk)
        parts += f"<h3>Rows that stand alone</h3>\n{said}"
    return (
        f'<section aria-labelledby="privacy" class=about>\n<h2 id="privacy">Privacy</h2>\n{statement}{parts}'
        f"<p class=muted>Fields that can be private are blanked by default and appear as "
        f"<span class=na>#NA</span>. A field not listed here is not in this page.</p>\n</section>\n"
    )


def _of_source(source: SourceAbout) -> str:
    entries = (
        ("passed", source.passed, "the query reads them in the clear"),
        ("shown", source.shown, "in the results, as sent or computed from a single object"),
        ("aggregated", source.aggregated, "in the results as part of totals over several objects"),
        ("decides", source.decides, "which results there are, and their order, depends on them"),
        ("blanked", source.blanked, "in the results as #NA"),
    )
    rows = "".join(
        f"<div><dt>{name}</dt><dd>{_paths(paths)} <span class=muted>– {note}</span></dd></div>\n"
        for name, paths, note in entries
        if paths
    )
    return f"<h3>{escaped(source.module)}</h3>\n<dl class=entries>\n{rows}</dl>\n" if rows else ""


def _paths(paths: Sequence[str]) -> str:
    listed = ", ".join(f"<code>{escaped(path)}</code>" for path in paths[:LISTED])
    return listed + (f" and {len(paths) - LISTED} more" if len(paths) > LISTED else "")


def _provenance(about: About) -> str:
    entries = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>\n" for name, text in _origin(about) if text)
    query = (
        f"<h3>Query</h3>\n<pre tabindex=0><code>{_lines(about.query)}</code></pre>\n" if about.query else ""
    )
    return (
        f'<section aria-labelledby="origin" class=about>\n<h2 id="origin">Origin</h2>\n'
        f"<dl class=entries>\n{entries}</dl>\n{query}</section>\n"
    )


def _origin(about: About) -> Iterator[tuple[str, str]]:
    yield "platform", escaped(about.platform)
    yield "OCPI", escaped(about.ocpi_version) if about.sources else ""
    yield "read", "; ".join(_pulls(about))
    yield "time zone", escaped(about.zone) if about.sources else ""
    created = escaped(about.created)
    yield "created", f'<time datetime="{created}">{created}</time>' if created else ""
    yield "made by", f"ocpiq {escaped(about.tool_version)}" if about.tool_version else "ocpiq"
    yield "warnings", "<br>".join(map(escaped, about.warnings))


def _pulls(about: About) -> Iterable[str]:
    for pull in about.pulls:
        part = "" if pull.complete else ", incomplete" if about.incomplete else ", as far as the query needed"
        objects = "1 object" if pull.objects == 1 else f"{pull.objects:,} objects"
        pages = "1 page" if pull.pages == 1 else f"{pull.pages:,} pages"
        yield f"{escaped(pull.module)}: {objects}, {pages}{part}"


def _lines(query: str) -> str:
    return "\n".join(map(escaped, query.strip("\n").expandtabs(2).splitlines()))
