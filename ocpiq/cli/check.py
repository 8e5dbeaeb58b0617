"""`ocpiq check FILE --as NAME`: what a recipient would refuse in a file, by row and column."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ocpiq.app.error_report import write_stderr
from ocpiq.app.listing import write_listing
from ocpiq.app.settings import Settings
from ocpiq.errors import UsageError
from ocpiq.values.types import Value

REFUSED: Final = 5
COLUMNS: Final = ("row", "column", "problem")


def run(settings: Settings) -> int:
    """List the problems of a file; exit code 5 if there are any. Raises UsageError."""
    from ocpiq.reports.files import read
    from ocpiq.reports.validators import validator

    if len(settings.words) != 1 or not settings.check_as:
        hint = "such as ocpiq check sessions.csv --as ev-chart-2; ocpiq report NAME --help names the check of a report"
        raise UsageError("ocpiq check takes one file and --as NAME", hint=hint)
    path = Path(settings.words[0])
    rules = validator(settings.check_as)
    content = read(path, rules)
    problems = [*content.problems, *rules.problems(content.names, content.rows)]
    rows: Iterable[Value] = (
        {"row": problem.row, "column": problem.column, "problem": str(problem.text)} for problem in problems
    )
    count = "1 row" if len(content.rows) == 1 else f"{len(content.rows):,} rows"
    if not problems:
        if not settings.quiet:
            sys.stdout.write(f"{path}: {settings.check_as} accepts it, {count}\n")
        return 0
    write_listing(settings.output, COLUMNS, rows)
    if not settings.quiet:
        rows_with_problems = {problem.row for problem in problems}
        extent = "in the file" if None in rows_with_problems else f"in {len(rows_with_problems):,} of {count}"
        write_stderr(f"{path}: {settings.check_as} would refuse it: problems {extent}")
    return REFUSED
