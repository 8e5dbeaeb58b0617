"""The bottom line: platform, module, what is passed, objects seen; and the mistake in what is being written."""

from __future__ import annotations

import textwrap
from typing import Final

from ocpiq.analysis.explanation import explain
from ocpiq.errors import OcpiqError
from ocpiq.plan.nodes import QueryPlan

MAX_ROWS: Final = 3  # rows


def status(platform: str, version: str, plan: QueryPlan | None, seen: dict[str, int]) -> str:
    """Return the line; `seen` counts the objects of each module that the last query read."""
    parts = [f"{platform} (OCPI {version})"]
    for source in explain(plan, version).sources if plan is not None else ():
        parts.append(f"{source.module} passes {', '.join(source.passes) or 'nothing'}")
    if seen:
        parts.append("read: " + ", ".join(f"{count:,} {module}" for module, count in seen.items()))
    return " | ".join(parts)


def warning(mistake: OcpiqError | None, key: str = "") -> str:
    """Return the mistake in a line, with how to fix it, and the key that does so."""
    if mistake is None:
        return ""
    text = mistake.message + (f" ({mistake.hint})" if mistake.hint else "")
    return f"{text}; {key} fixes it" if key else text


def continuation(open: str) -> str:
    """Return why Enter made a new line; `open` is what is still to come."""
    return f"unfinished: {open}; Ctrl-C cancels" if open else ""


def rows(text: str, width: int) -> str:
    """Return the text in rows of a bar that is `width` columns wide, with a blank on either side."""
    room = max(10, width - 2)
    found = textwrap.wrap(text, room, max_lines=MAX_ROWS, placeholder=" …", break_on_hyphens=False)
    return "\n".join(f" {row} " for row in found)
