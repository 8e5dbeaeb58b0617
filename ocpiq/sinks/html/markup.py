"""Text as HTML: whatever it holds, it is text."""

from __future__ import annotations

import html

from ocpiq.values.terminal import visible


def escaped(text: str) -> str:
    """Return text for an element or a quoted attribute; invisible characters are escaped as in JSON."""
    return html.escape(visible(text), quote=True)


def number(value: float) -> str:
    """Return a number for a coordinate in SVG."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
