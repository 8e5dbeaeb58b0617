"""The text of a query: from a word of the command line, a file, or a report; and what it declares."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from ocpiq.app import text_files
from ocpiq.errors import OcpiqError, UsageError
from ocpiq.values.json.codec import well_formed
from ocpiq.values.patterns import lazy_pattern

if TYPE_CHECKING:
    from ocpiq.analysis.metadata import Metadata

VARIABLE: Final = lazy_pattern(r"\$([a-z]\w*)", re.ASCII)


class QueryText(Struct, frozen=True):
    """The query's text, and the name of its file."""

    text: str
    name: str = ""


def query_text(words: list[str], *, from_file: bool) -> QueryText:
    """Take the query from the words, or from the file that the first names. Raises UsageError."""
    if not words:
        raise UsageError("no query", hint="see ocpiq --help")
    word = words.pop(0)
    return read_query(word) if from_file else QueryText(well_formed(word))


def read_query(name: str) -> QueryText:
    """Return the query in a file or, if there is no file of that name, the report of that name. Raises UsageError."""
    if name.isidentifier() and not Path(name).exists():
        from ocpiq.reports import find, is_report

        if is_report(name):
            report = find(name)
            return QueryText(report.text, str(report.path))
    return QueryText(text_files.read(name, "the query "), name)


def parameters(path: str) -> tuple[str, ...]:
    """Return the names of a query's parameters, or of its variables if it declares none; () if it has errors."""
    try:
        text = read_query(path)
        declared = tuple(parameter.name for parameter in metadata_of(text).params)
    except OcpiqError:
        return ()
    return declared or tuple(dict.fromkeys(VARIABLE.findall(text.text)))


def metadata_of(text: QueryText) -> Metadata:
    """Return what a query says of itself in its head. Raises CompileError."""
    from ocpiq.analysis.metadata import metadata
    from ocpiq.language import parse

    return metadata(parse(text.text))
