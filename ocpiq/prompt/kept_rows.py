"""`:keep` and `:refresh`: what is done with the rows that were pulled."""

from __future__ import annotations

from typing import Final

from ocpiq.app.error_report import write_stderr
from ocpiq.app.progress import quantity
from ocpiq.errors import UsageError
from ocpiq.prompt.run import run
from ocpiq.prompt.session import Session
from ocpiq.query.windows import SourceWindow
from ocpiq.sources.kept_rows import MAX_BYTES, KeptPull

CHOICES: Final = ("", "on", "off", "clear")


def keep(session: Session, rest: str) -> None:
    """Keep rows or do not, forget them, or list them. Raises UsageError."""
    if rest not in CHOICES:
        raise UsageError(":keep takes on, off or clear")
    rows = session.rows
    if rest in ("on", "off"):
        rows.is_on = rest == "on"
    if rest in ("off", "clear"):
        rows.clear()
    for pull in () if rest else rows.pulls:
        write_stderr(described(pull))
    used = f"{megabytes(rows.size)} of {megabytes(MAX_BYTES)} MB"
    write_stderr(
        f"Rows that are pulled are kept: {used}" if rows.is_on else "Rows that are pulled are not kept"
    )


def refresh(session: Session, rest: str) -> None:
    """Forget the rows that are kept, and run the last query again. Raises UsageError."""
    if rest:
        raise UsageError(":refresh takes no arguments")
    if not session.last_query:
        raise UsageError("no query to repeat yet", hint="run a query, then :refresh")
    if session.results.used(session.last_query):
        raise UsageError(":refresh cannot repeat a query of $_, a result that stays as it is")
    session.rows.clear()
    run(session, session.last_query, session.last_values)


def described(pull: KeptPull) -> str:
    """Return the line of a pull: its module and window, how much it is, and when it was pulled."""
    stored = pull.stored
    window = SourceWindow(stored.begin, stored.until, stored.during).as_text()
    bounds = [
        f"{word} {' to '.join(bound) if isinstance(bound, list) else bound}" for word, bound in window.items()
    ]
    size = f"{quantity(pull.objects, 'object')}, {megabytes(pull.size)} MB, pulled at {pull.clock}"
    return f"{' '.join([stored.module, *bounds])}: {size}"


def megabytes(size: int) -> str:
    """Return a number of bytes in megabytes."""
    return f"{size / (1 << 20):,.1f}".removesuffix(".0")
