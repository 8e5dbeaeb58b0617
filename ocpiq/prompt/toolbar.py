"""The bottom line: platform, passed fields, objects read, and the error in the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ocpiq.analysis.field_uses import passes
from ocpiq.errors import OcpiqError
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.values.terminal import text_width, truncate, wrap_words

MAX_ROWS: Final = 3  # rows


def status(
    platform: str,
    version: str,
    plan: QueryPlan | None,
    seen: dict[str, int],
    disclosed: Sequence[str] = (),
    mode: str = "",
) -> str:
    """Return the status line; `seen` has the number of objects read, by module.

    `disclosed` says for each source what it would disclose, if that is known: else what it passes.
    `mode` is that of vi's keys.
    """
    parts = [*([f"vi: {mode}"] if mode else []), f"{platform} (OCPI {version})", *disclosed]
    for source in plan.sources if plan is not None and not disclosed else ():
        parts.append(f"{source.module} passes {', '.join(passes(source.view)) or 'nothing'}")
    if seen:
        parts.append("read: " + ", ".join(f"{count:,} {module}" for module, count in seen.items()))
    return " | ".join(parts)


def warning(mistake: OcpiqError | None, key: str = "") -> str:
    """Return the error with its hint, and the key that applies the fix."""
    if mistake is None:
        return ""
    text = mistake.message + (f" ({mistake.hint})" if mistake.hint else "")
    return f"{text}; {key} fixes it" if key else text


def continuation(open: str) -> str:
    """Return why Enter started a new line; `open` is what is missing."""
    return f"unfinished: {open}; Ctrl-C cancels" if open else ""


def rows(text: str, width: int) -> str:
    """Return the text wrapped to `width` columns, with a space on either side."""
    room = max(10, width - 2)
    lines = wrap_words(text, room, "", breaks_words=True).split("\n")
    if len(lines) > MAX_ROWS:
        last = lines[MAX_ROWS - 1] + " …"
        lines[MAX_ROWS - 1 :] = [last if text_width(last) <= room else truncate(last, room)]
    return "\n".join(f" {row} " for row in lines)
