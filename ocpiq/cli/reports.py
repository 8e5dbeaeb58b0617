"""`ocpiq reports [NAME]`: the reports that recipients ask for, or the saved query of one."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

from ocpiq.app.listing import write_listing
from ocpiq.app.settings import Settings
from ocpiq.errors import UsageError
from ocpiq.values.types import Value

COLUMNS: Final = ("name", "recipient", "purpose", "parameters", "check")


def run(settings: Settings) -> int:
    """List the reports, or print one. Raises UsageError."""
    from ocpiq.reports import copy_of, find, reports

    if len(settings.words) > 1:
        raise UsageError("ocpiq reports takes one report", hint="ocpiq reports lists them")
    if settings.words:
        sys.stdout.write(copy_of(find(settings.words[0])))
        return 0
    rows: Iterable[Value] = (
        {
            "name": report.name,
            "recipient": report.metadata.recipient,
            "purpose": report.metadata.about.partition(". ")[0].removesuffix("."),
            "parameters": ", ".join(parameter.name for parameter in report.metadata.params),
            "check": report.metadata.check_name,
        }
        for report in reports()
    )
    write_listing(settings.output, COLUMNS, rows)
    return 0
