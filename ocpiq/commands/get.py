"""`ocpiq get MODULE`: ocpi-tool's command, said as a query."""

from __future__ import annotations

import json
import re
from typing import Final

from ocpiq.commands.arguments import Arguments
from ocpiq.commands.query import Text, run_text
from ocpiq.commands.shutdown import Shutdown
from ocpiq.errors import UsageError, did_you_mean

PATH: Final = re.compile(r"\.|\.?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


def run(given: Arguments, shutdown: Shutdown) -> int:
    """Write all objects of a module, with the fields of --privacy-pass in the clear."""
    return run_text(given, Text(as_query(given)), [], shutdown)


def as_query(given: Arguments) -> str:
    """Return the query that the command stands for. Raises UsageError."""
    from ocpiq.schema import modules

    if len(given.words) != 1:
        raise UsageError("ocpiq get takes one module", hint="such as ocpiq get sessions")
    module = given.words[0]
    if module not in modules():
        raise UsageError("there is no such module", hint=did_you_mean(module, modules()))
    query = module
    paths = [
        path.strip() for text in given.every("privacy-pass") for path in text[0].split(",") if path.strip()
    ]
    for path in paths:
        if not PATH.fullmatch(path):
            raise UsageError(
                "--privacy-pass takes the names of fields with commas between", hint="kwh,cdr_token.uid"
            )
    if paths:
        query += " pass " + ", ".join(paths)
    for option, clause in (("date-from", "since"), ("date-to", "until")):
        time = given.last(option)
        if time is not None:
            query += f" {clause} {json.dumps(time)}"
    return query
