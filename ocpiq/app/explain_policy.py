"""`ocpiq explain --to policy` and `--diff`: what was approved as a policy, and what another query discloses more."""

from __future__ import annotations

import sys
from pathlib import Path

from ocpiq.analysis.explanation import Explanation, explain
from ocpiq.app import variables
from ocpiq.app.compile import compile_query
from ocpiq.app.error_report import report_error
from ocpiq.app.query_text import QueryText, read_query
from ocpiq.app.settings import Settings
from ocpiq.approval.policy import as_toml, disclosed_more
from ocpiq.approval.query_hash import query_sha256
from ocpiq.errors import OcpiqError, UsageError
from ocpiq.query.imports import ENDINGS


def print_policy(explained: Explanation, text: QueryText) -> None:
    """Print the narrowest policy for a query."""
    title = f"Policy for the query {Path(text.name).name or 'on the command line'}, SHA-256 {query_sha256(text.text)}"
    sys.stdout.writelines(f"{line}\n" for line in as_toml(explained, title))


def print_difference(settings: Settings, pair: tuple[str, str]) -> int:
    """Print what the second query discloses more than the first; return 1 if that is anything, as diff does."""
    if settings.words:
        raise UsageError("ocpiq explain --diff takes two queries and no further words")
    explained = []
    for word in pair:
        text = _query_or_file(word)
        try:
            query = compile_query(settings.query, text, variables.variables(settings.query))
        except OcpiqError as error:
            return report_error(error, text.text, text.name)
        explained.append(explain(query.plan, query.plan.version))
    more = disclosed_more(*explained)
    sys.stdout.writelines(f"{line}\n" for line in more)
    return 1 if more else 0


def _query_or_file(word: str) -> QueryText:
    """Return the query in the file `word`, if there is one, else the query `word`. Raises UsageError."""
    try:
        is_file = Path(word).is_file()
    except OSError:  # a query that is too long for a name
        is_file = False
    return read_query(word) if is_file or word.endswith(ENDINGS) else QueryText(word)
