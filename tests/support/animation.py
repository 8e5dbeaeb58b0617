"""Screens of a terminal as one SVG, which shows them one after the other: text, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

import pyte
from pyte.screens import Char

WIDTH, HEIGHT, MARGIN = 8.4, 18, 14  # of a character in pixels, of a row, around all
FONT = "ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
INK, PAPER = "#d8dee9", "#1e2430"
COLORS = {
    "black": "#3b4252",
    "red": "#e06c75",
    "green": "#98c379",
    "brown": "#e5c07b",
    "blue": "#61afef",
    "magenta": "#c678dd",
    "cyan": "#56b6c2",
    "white": "#d8dee9",
    "brightblack": "#5c6577",
    "brightred": "#f08a92",
    "brightgreen": "#b1d79a",
    "brightbrown": "#f0d197",
    "brightblue": "#82c4f5",
    "brightmagenta": "#d79aea",
    "brightcyan": "#7cced8",
    "brightwhite": "#ffffff",
}


def animation(title: str, screens: Iterable[tuple[float, str, pyte.Screen]], end: float) -> str:
    """Return an SVG of screens, each from its time until the next one's; it starts again at the `end`."""
    frames = [
        (now, caption, [*_rows(screen)], screen.columns, screen.lines) for now, caption, screen in screens
    ]
    columns, lines = frames[0][3], frames[0][4]
    width, height = columns * WIDTH + 2 * MARGIN, (lines + 2) * HEIGHT + 2 * MARGIN
    texts: dict[str, str] = {}  # rows that several frames share
    groups = []
    for number, (_, caption, rows, _, _) in enumerate(frames):
        uses = [
            f'<use href="#{texts.setdefault(row, f"r{len(texts)}")}" y="{line * HEIGHT}"/>'
            for line, row in rows
        ]
        uses.append(f'<text class="caption" y="{(lines + 1) * HEIGHT}">{escape(caption)}</text>')
        groups.append(f'<g class="frame" id="f{number}">{"".join(uses)}</g>')
    described = " ".join(caption for _, caption, *_ in frames)
    shared = "".join(f'<g id="{name}">{row}</g>' for row, name in texts.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
        f' height="{height:g}" role="img" aria-labelledby="title description">\n'
        f'<title id="title">{escape(title)}</title>\n<desc id="description">{escape(described)}</desc>\n'
        f"<style>\n{_style([now for now, *_ in frames], end)}</style>\n"
        f"<defs>{shared}</defs>\n"
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>\n'
        f'<g transform="translate({MARGIN} {MARGIN + HEIGHT - 4})">\n'
        + "\n".join(groups)
        + "\n</g>\n</svg>\n"
    )


def _style(times: list[float], end: float) -> str:
    """Return the style sheet; who wants no animation sees the last frame."""
    begin = times[0]
    lines = [
        f"text {{ font: 14px {FONT}; fill: {INK}; white-space: pre; }}",
        ".caption { fill: #a3be8c; font-style: italic; }",
        "@media (prefers-reduced-motion: reduce) { .frame:not(:last-child) { display: none; } }",
        "@media (prefers-reduced-motion: no-preference) {",
        f".frame {{ visibility: hidden; animation: {end - begin:g}s step-end infinite; }}",
    ]
    for number, (shown, hidden) in enumerate(zip(times, [*times[1:], end], strict=True)):
        start, stop = (100 * (now - begin) / (end - begin) for now in (shown, hidden))
        steps = f"0% {{ visibility: hidden; }} {start:.2f}% {{ visibility: visible; }}"
        if number == 0:
            steps = "0% { visibility: visible; }"
        if stop < 100:
            steps += f" {stop:.2f}% {{ visibility: hidden; }}"
        lines.append(f"#f{number} {{ animation-name: k{number}; }} @keyframes k{number} {{ {steps} }}")
    return "\n".join([*lines, "}"]) + "\n"


def _rows(screen: pyte.Screen) -> Iterator[tuple[int, str]]:
    """Yield the number and the SVG of each row that is not empty."""
    for number in range(screen.lines):
        cells = [screen.buffer[number][column] for column in range(screen.columns)]
        row = "".join(_runs(cells))
        if row:
            yield number, row


def _runs(cells: list[Char]) -> Iterator[str]:
    """Yield rectangles and texts of cells that look alike."""
    start = 0
    for end in range(1, len(cells) + 1):
        if end < len(cells) and _look(cells[end]) == _look(cells[start]):
            continue
        ink, paper, style = _look(cells[start])
        text = "".join(cell.data for cell in cells[start:end])
        left, wide = start * WIDTH, (end - start) * WIDTH
        if paper:
            yield f'<rect x="{left:g}" y="{4 - HEIGHT}" width="{wide:g}" height="{HEIGHT}" fill="{paper}"/>'
        if text.strip():
            shown = text.rstrip()
            fill = f' fill="{ink}" style="fill: {ink}"' if ink else ""
            size = f' textLength="{len(shown) * WIDTH:g}"'
            yield f'<text x="{left:g}"{size} xml:space="preserve"{style}{fill}>{escape(shown)}</text>'
        start = end


def _look(cell: Char) -> tuple[str, str, str]:
    """Return the colours of a cell's text and background, "" for those of the terminal, and its other attributes."""
    ink, paper = _color(cell.fg), _color(cell.bg)
    if cell.reverse:
        ink, paper = paper or PAPER, ink or INK
    style = ' font-weight="bold"' if cell.bold else ""
    style += ' text-decoration="underline"' if cell.underscore else ""
    return ink, paper, style


def _color(name: str) -> str:
    if name == "default":
        return ""
    return COLORS.get(name) or f"#{name}"
