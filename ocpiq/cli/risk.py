"""`ocpiq risk FILE` or `ocpiq risk QUERY`: how many rows of an export stand alone."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from ocpiq import __version__
from ocpiq.app import sources as app_sources
from ocpiq.app import variables as app_variables
from ocpiq.app.authorization import drivers_of, policies_of
from ocpiq.app.compile import compile_query
from ocpiq.app.error_report import report_error, write_stderr
from ocpiq.app.listing import format_name, write_listing
from ocpiq.app.progress import Progress
from ocpiq.app.query_text import query_text
from ocpiq.app.recipient import recipient_of, stored_recipient
from ocpiq.app.settings import Settings
from ocpiq.approval.result_files import is_readable, rows_of_file, rows_of_values
from ocpiq.approval.risk import CodedTable, Risk, risk_of, sentences, worst_first
from ocpiq.errors import OcpiqError, UsageError
from ocpiq.sinks.about import About
from ocpiq.values.types import Value

COLUMNS: Final = ("columns", "groups", "smallest", "unique", "percent")
MOST_LINES: Final = 20  # of a table


def run(settings: Settings) -> int:
    """Print the groups of an export, the worst first, and what they mean. Raises UsageError."""
    if len(settings.words) != 1:
        raise UsageError("ocpiq risk takes one file or query", hint="such as ocpiq risk cdrs.csv")
    path = Path(settings.words[0])
    if _is_folder(path):
        raise UsageError(f"{path} is a folder", hint="ocpiq risk takes one file or query")
    if not settings.query.from_file and (is_readable(path) or _is_file(path)):
        return _report(CodedTable(rows_of_file(path)), settings, path.name)
    return _report_query(settings)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a query that is too long for a name
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _report_query(settings: Settings) -> int:
    text = query_text(list(settings.words), from_file=settings.query.from_file)
    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    try:
        with ExitStack() as stack:
            stack.callback(progress.clear)
            variables = app_variables.variables(settings.query)
            query = compile_query(settings.query, text, variables)
            found = app_sources.sources(settings, query.modules, stack)
            recipient = recipient_of(settings, query)
            drivers = drivers_of(policies_of(settings, stored_recipient(settings)))
            results = query.run(
                sources=found, variables=variables, notify=progress, recipient=recipient, drivers=drivers
            )
            table = CodedTable(rows_of_values(results))
    except OcpiqError as error:
        return report_error(error, text.text, text.name)
    return _report(table, settings, Path(text.name).name or "a query")


def _report(table: CodedTable, settings: Settings, subject: str) -> int:
    if not table.rows:
        write_stderr("no rows")
        return 0
    found = [risk_of(table, table.names(settings.columns))] if settings.columns else worst_first(table)
    lines = found[:MOST_LINES] if format_name(settings.output) == "table" else found
    said = sentences(found, table.rows)
    about = About(title=f"Risk of {subject}", purpose="; ".join(said), tool_version=__version__)
    write_listing(settings.output, COLUMNS, map(_row, lines), about)
    if len(lines) < len(found):
        write_stderr(
            f"{len(found) - len(lines):,} more combinations with fewer unique rows: --to csv lists all"
        )
    for sentence in said:
        write_stderr(sentence)
    return 0


def _row(risk: Risk) -> Value:
    return {
        "columns": ", ".join(risk.columns),
        "groups": risk.groups,
        "smallest": risk.smallest,
        "unique": risk.unique,
        "percent": risk.percent,
    }
