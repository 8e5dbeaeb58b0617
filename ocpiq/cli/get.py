"""`ocpiq get MODULE`: all objects of a module, compatible with ocpi-tool's `get`."""

from __future__ import annotations

import json
import re
from typing import Final

from ocpiq.app.query_text import QueryText
from ocpiq.app.run import run_text
from ocpiq.app.settings import Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.errors import UsageError, choices, safe_word

PATH: Final = re.compile(
    r"\.|\.?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?::[a-z]+(?:\([0-9]+(?:\.[0-9]+)?\))?)?"
)
"""A field, or a field and its treatment."""


def run(settings: Settings, shutdown: Shutdown) -> int:
    """Write all objects of a module, with the private fields named in --privacy-pass."""
    return run_text(settings, QueryText(as_query(settings)), [], shutdown)


def as_query(settings: Settings) -> str:
    """Return the command written as a query. Raises UsageError."""
    from ocpiq.schema import modules

    if len(settings.words) != 1:
        raise UsageError("ocpiq get takes one module", hint="such as ocpiq get sessions")
    module = settings.words[0]
    if module not in modules():
        raise UsageError(f"unknown module {safe_word(module)}", hint=choices(module, modules()))
    query = module
    paths = settings.get.passed
    for path in paths:
        if not PATH.fullmatch(path):
            hint = "such as --privacy-pass kwh,cdr_token.uid:pseudonym"
            raise UsageError("--privacy-pass takes names of fields, separated by commas", hint=hint)
    if paths:
        query += " pass " + ", ".join(path.replace(":", " as ") for path in paths)
    for time, clause in ((settings.get.date_from, "since"), (settings.get.date_to, "until")):
        if time is not None:
            query += f" {clause} {json.dumps(time)}"
    return query
