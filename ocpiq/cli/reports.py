"""`ocpiq reports [NAME]`: the reports that recipients ask for, or the saved query of one."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Final

from ocpiq.app.listing import is_asked_for, write_listing
from ocpiq.app.settings import Settings
from ocpiq.errors import UsageError
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.reports import Report

COLUMNS: Final = ("name", "recipient", "purpose", "parameters", "check")
WIDEST: Final = 100  # columns: longer lines are hard to read
HELP: Final = "ocpiq report NAME --help says what a report needs and passes."


def run(settings: Settings) -> int:
    """List the reports, or print one. Raises UsageError."""
    from ocpiq.reports import copy_of, find, reports

    if len(settings.words) > 1:
        raise UsageError("ocpiq reports takes one report", hint="ocpiq reports lists them")
    if settings.words:
        sys.stdout.write(copy_of(find(settings.words[0])))
        return 0
    if not is_asked_for(settings.output):
        width = min(shutil.get_terminal_size().columns, WIDEST)
        sys.stdout.writelines(f"{line}\n" for line in _by_recipient(reports(), width))
        return 0
    rows: Iterable[Value] = (
        {
            "name": report.name,
            "recipient": report.metadata.recipient,
            "purpose": _purpose(report),
            "parameters": ", ".join(parameter.name for parameter in report.metadata.params),
            "check": report.metadata.check_name,
        }
        for report in reports()
    )
    write_listing(settings.output, COLUMNS, rows)
    return 0


def _purpose(report: Report) -> str:
    return report.metadata.about.partition(". ")[0].removesuffix(".")


def _by_recipient(reports: Iterable[Report], width: int) -> Iterator[str]:
    """Yield a heading for each recipient, and under it each report with its purpose, in at most three lines."""
    listed = list(reports)
    column = max(len(report.name) for report in listed) + 4
    if column > width / 2:
        column = 4
    for recipient, group in groupby(listed, lambda report: report.metadata.recipient):
        yield recipient
        for report in group:
            lines = textwrap.wrap(_purpose(report), width - column, max_lines=3, placeholder=" …")
            name = f"  {report.name}"
            if len(name) < column:
                yield f"{name:<{column}}{lines.pop(0)}"
            else:
                yield name
            yield from (" " * column + line for line in lines)
        yield ""
    yield from textwrap.wrap(HELP, width)
