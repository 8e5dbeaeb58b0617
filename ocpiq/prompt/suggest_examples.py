"""Suggestions for whole questions: the saved queries that come with the program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from ocpiq.errors import OcpiqError
from ocpiq.language.partial import parse_partial
from ocpiq.prompt.suggestion import Suggestion
from ocpiq.reports import Report, find, pack_folder

BOUNDS: Final = ("_SINCE", "_UNTIL", "_DURING", "_NEWEST")
MOST: Final = 12  # that are read at once


def suggest_examples(word: str) -> Iterator[Suggestion]:
    """Yield the saved queries whose names begin with the word, ready to run."""
    for name in [name for name in _names() if name.startswith(word)][:MOST] if len(word) > 1 else ():
        text, about = _question(name)
        if text:
            yield Suggestion(text, len(word), "question", about, name)


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in Path(pack_folder()).rglob("*.ocpiq")))


@cache
def _question(name: str) -> tuple[str, str]:
    """Return a saved query without its head, and its purpose; "" if it needs a file or a value."""
    try:
        report = find(name)
        text = _body(report)
    except (OcpiqError, OSError, ValueError):
        return "", ""
    return text, report.metadata.about


def _body(report: Report) -> str:
    """Return the query with the defaults of its parameters, and with its time zone."""
    read = parse_partial(report.text)
    program = read.program()
    end = next((token.span.end for token in read.tokens if token.kind == "_SEMICOLON"), 0)
    if program.imports or program.body is None:
        return ""
    defaults = {parameter.name: parameter.default for parameter in report.metadata.params}
    text, position = "", end if program.module is not None else 0
    for before, token in zip(read.tokens, read.tokens[1:], strict=False):
        name = token.text.removeprefix("$")
        if token.kind == "VARIABLE" and name in defaults:
            default = defaults[name]
            if default is None:
                return ""
            is_bound = before.kind in BOUNDS
            text += report.text[position : token.span.start] + (
                str(default) if is_bound else json.dumps(default)
            )
            position = token.span.end
    text = (text + report.text[position:]).strip()
    return f'module {{tz: "{report.metadata.tz}"}};\n{text}' if report.metadata.tz else text
