"""`ocpiq help [NAME]`: entries and sections of the language reference, and the pages on platforms and ocpi-tool."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from ocpiq.app.commands import COMMANDS
from ocpiq.app.help import WIDTH, help_for
from ocpiq.app.settings import Settings
from ocpiq.app.wrap import wrap_section
from ocpiq.errors import UsageError, did_you_mean
from ocpiq.language.reference import Entry, entries, entries_of, section

CALL: Final = re.compile(r"^([@\w]+)\(.*\)$")


def run(settings: Settings) -> int:
    """Print the names of all entries; or the entries, section or command of one name. Raises UsageError."""
    sys.stdout.write(look_up(" ".join(settings.words)) if settings.words else contents())
    return 0


def look_up(name: str) -> str:
    """Return all entries of a name, or a section, or a command. Raises UsageError."""
    if name == "blanks":
        from ocpiq.analysis.blank_table import blank_table

        return blank_table()
    if matches := entries_of(name):
        return "\n".join(map(_entry_text, matches))
    if text := section(name):
        return "\n".join(wrap_section(text, WIDTH))
    if name == "platforms":
        return f"{help_for(name)}\n{page('PLATFORMS.md')}"
    if name == "ocpi-tool":
        return page("OCPI_TOOL.md")
    if name == "prompt":
        return page("PROMPT.md", "ocpiq.prompt")
    if name in ("state", "deliveries"):
        return f"{help_for('state')}\n{page('DELIVERIES.md', 'ocpiq.delivery')}"
    if name in ("snapshot", "snapshots"):
        return f"{help_for('pull')}\n{page('SNAPSHOTS.md', 'ocpiq.snapshots')}"
    if command := help_for(name):
        return command
    known = {name for entry in entries() for name in entry.names} | {command.name for command in COMMANDS}
    if " " in name:
        raise UsageError("ocpiq help takes one name", hint="ocpiq help lists all entries")
    raise UsageError(
        "unknown entry or command", hint=did_you_mean(name, known) or "ocpiq help lists all entries"
    )


def page(name: str, package: str = "ocpiq.ocpi") -> str:
    """Return a page of a package for a terminal, without the names of tests."""
    text = files(package).joinpath(name).read_text("utf-8")
    return "\n".join(wrap_section(re.sub(r" *<!--.*?-->", "", text), WIDTH))


def contents() -> str:
    """Return the names of all entries, group by group."""
    groups: dict[str, list[str]] = {}
    for entry in entries():
        groups.setdefault(entry.group, []).extend(CALL.sub(r"\1", form) for form in entry.forms)
    lines = [
        "ocpiq help NAME            an entry of the language, with examples",
        "ocpiq help GROUP           a group, such as Dates",
        "ocpiq help differences     the differences from jq",
        "ocpiq help blanks          what works on a blanked value",
        "ocpiq help platforms       tested platforms and their quirks",
        "ocpiq help state           deliveries of what is new or changed",
        "ocpiq help snapshot        what `ocpiq pull` stores, and what can be asked of it",
        "ocpiq help ocpi-tool       for users of ocpi-tool: its commands and ours",
        "ocpiq help prompt          the interactive prompt: keys, results, saved queries",
        "ocpiq help login           a command, with its options",
        "ocpiq --help               commands and options",
    ]
    for group, names in groups.items():
        lines += ["", group, *_wrap("  ".join(name.replace(" ", "\xa0") for name in dict.fromkeys(names)))]
    return "\n".join(lines).replace("\xa0", " ") + "\n"


def _entry_text(entry: Entry) -> str:
    return "\n".join(_entry_lines(entry)) + "\n"


def _entry_lines(entry: Entry) -> Iterator[str]:
    yield f"{', '.join(entry.forms)}    ({entry.group})"
    yield from _wrap(entry.about)
    yield ""
    for example in entry.examples:
        yield f"    {example.program}"
        yield f"      → {example.outputs}"


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
        break_long_words=False,
    )
