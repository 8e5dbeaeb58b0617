"""Files as a recipient reads them: the rows of CSV with its separator, the objects of a JSON array or of JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from ocpiq.errors import Reason, SourceError, UserText, say
from ocpiq.reports.rules import Cell, Problem, Row, Validator

SEPARATORS: Final = {",": "a comma", ";": "a semicolon", "\t": "a tab"}


class Content(Struct, frozen=True):
    """The columns and rows of a file, and what is wrong with its form."""

    names: list[str]
    rows: list[Row]
    problems: list[Problem]


def read(path: Path, validator: Validator) -> Content:
    """Return the content of a file in the form that a recipient takes. Raises SourceError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = Reason(error.strerror)
        raise SourceError(
            say("could not read {path}: {reason}", path=UserText(path), reason=reason)
        ) from None
    except UnicodeDecodeError:
        raise SourceError(
            say("{path} is not UTF-8", path=UserText(path)), hint=say("the recipient takes UTF-8 text")
        ) from None
    if validator.by_line:
        return _json_lines(text)
    return _json(path, text) if validator.is_json else _csv(path, text, validator.separator)


def _csv(path: Path, text: str, separator: str) -> Content:
    lines = text.splitlines(keepends=True)
    first = lines[0] if lines else ""
    used = max(SEPARATORS, key=first.count)
    problems = []
    if used != separator and first.count(used) > first.count(separator):
        text_ = say(
            "the separator is {used}, not {wanted}",
            used=UserText(SEPARATORS[used]),
            wanted=UserText(SEPARATORS[separator]),
        )
        problems.append(Problem(None, "", text_))
    else:
        used = separator
    try:
        records = list(csv.reader(lines, delimiter=used, strict=True))
    except csv.Error:
        text_ = say("{path} is not CSV", path=UserText(path))
        raise SourceError(text_, hint=say("a quote is not closed, or text follows it")) from None
    names_, *cells = records or [[]]
    rows = []
    for number, record in enumerate(cells, 2):
        if len(record) != len(names_):
            text_ = say("has {count} cells, the header {names}", count=len(record), names=len(names_))
            problems.append(Problem(number, "", text_))
        rows.append(Row(number, dict(zip(names_, record, strict=False))))
    return Content(names_, rows, problems)


def _json(path: Path, text: str) -> Content:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        text_ = say(
            "{path} is not JSON at line {line}, column {column}",
            path=UserText(path),
            line=error.lineno,
            column=error.colno,
        )
        raise SourceError(text_) from None
    except (ValueError, RecursionError):
        raise SourceError(say("{path} is not JSON", path=UserText(path))) from None
    if not isinstance(data, list):
        return Content([], [], [Problem(None, "", say("is not a JSON array"))])
    return _objects(enumerate(data, 1))


def _json_lines(text: str) -> Content:
    """Read an object from each line: another line is a problem of its own, as a stream goes on after it."""
    items: list[tuple[int, object]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                items.append((number, json.loads(line)))
            except (ValueError, RecursionError):
                items.append((number, None))
    return _objects(items)


def _objects(items: Iterable[tuple[int, object]]) -> Content:
    problems, rows = [], []
    for number, item in items:
        if isinstance(item, dict):
            rows.append(Row(number, item))
        else:
            problems.append(Problem(number, "", say("is not an object")))
    return Content(list(_keys(rows)), rows, problems)


def _keys(rows: list[Row]) -> Iterator[str]:
    """Yield the keys of all objects, each once: one that an object misses is empty there."""
    seen: dict[str, Cell] = {}
    for row in rows:
        seen |= row.cells
    yield from seen
