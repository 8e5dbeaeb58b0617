"""The report pack: the saved queries of `examples/` whose metadata name a recipient."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from msgspec import Struct

from ocpiq.analysis.metadata import Metadata, metadata
from ocpiq.errors import Message, SourceError, choices, did_you_mean_one_of, safe_word, say
from ocpiq.language import parse

INCLUDE: Final = re.compile(r'^include (?P<name>"\w+")(?: \{search: "(?P<folder>[./]+)"\})?;$', re.MULTILINE)


class Report(Struct, frozen=True):
    """A report: its name, its file and that file's text and metadata."""

    name: str
    path: Path
    text: str
    metadata: Metadata


def pack_folder() -> Path:
    """Return the folder of the pack: in the installed package, or in the source checkout."""
    package = Path(__file__).parent
    folders = (package / "queries", package.parents[1] / "examples")
    return next(folder for folder in folders if folder.is_dir())


def reports() -> list[Report]:
    """Return all reports, in the order of their recipients and names."""
    found = [_read(path) for path in pack_folder().rglob("*.ocpiq")]
    named = [report for report in found if report.metadata.recipient]
    return sorted(named, key=lambda report: (report.metadata.recipient, report.name))


def names() -> list[str]:
    """Return the names of all reports and questions of the pack."""
    return sorted(_paths())


def is_report(name: str) -> bool:
    """Tell whether the pack has a report of this name."""
    return name in _paths()


def find(name: str) -> Report:
    """Return the report with a name. Raises SourceError."""
    paths = _paths()
    if name not in paths:
        raise SourceError(
            say("unknown report {name}", name=safe_word(name)), hint=_meant(name, sorted(paths))
        )
    return _read(paths[name])


def _meant(name: str, known: list[str]) -> Message:
    """Return the hint for a word that is not a report: part of a name, or of a recipient's name."""
    word = name.casefold()
    of_recipient = [
        report.name for report in reports() if len(word) > 1 and word in report.metadata.recipient.casefold()
    ]
    if of_recipient and not any(word in report for report in known):
        return did_you_mean_one_of(of_recipient)
    return choices(name, known, say("ocpiq reports lists them"))


def copy_of(report: Report) -> str:
    """Return the query of a report to change: what it includes is still found in the pack."""

    def absolute(match: re.Match[str]) -> str:
        folder = report.path.parent / (match["folder"] or ".")
        return f"include {match['name']} {{search: {json.dumps(str(folder.resolve()))}}};"

    return INCLUDE.sub(absolute, report.text)


def _paths() -> dict[str, Path]:
    return {path.stem: path for path in pack_folder().rglob("*.ocpiq")}


def _read(path: Path) -> Report:
    text = path.read_text("utf-8")
    return Report(path.stem, path, text, metadata(parse(text)))
