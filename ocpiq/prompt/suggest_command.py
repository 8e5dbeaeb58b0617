"""What could be written at the cursor in one of the prompt's own commands: a pure function of the context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.prompt.command_line import argument_start
from ocpiq.prompt.suggest_fields import clause_fields
from ocpiq.prompt.suggestion import PREDEFINED, Suggestion, Surroundings
from ocpiq.prompt.words import words
from ocpiq.query.imports import ENDINGS
from ocpiq.schema import module
from ocpiq.sinks.registry import FORMATS

HELP_TOPICS: Final = ("clause", "stage", "aggregate", "function", "format")
HISTORY_CHOICES: Final = {
    "on": "save queries in the history",
    "off": "stop saving queries",
    "clear": "delete all saved queries",
}


def suggest_command(text: str, context: Surroundings) -> list[Suggestion]:
    """Return what could stand at the end of a line that begins with a colon."""
    begins = argument_start(text)
    if begins is None:
        name = text.lstrip()
        return [
            Suggestion(each.name, len(name), "command", each.about, each.written)
            for each in words("command")
            if each.name.startswith(name)
        ]
    name, rest = text[:begins].strip(), text[begins:]
    if name in (":save", ":load"):
        return list(_files(rest, context))
    return list(_argument(name, rest, context))


def _argument(name: str, rest: str, context: Surroundings) -> Iterator[Suggestion]:
    if name == ":schema" and "." in rest:
        holder, _, path = rest.partition(".")
        if holder in context.modules:
            yield from clause_fields(module(holder, context.version), path)
        return
    for choice, about in _choices(name, rest, context).items():
        if choice.startswith(rest):
            yield Suggestion(choice, len(rest), "name", about)


def _choices(name: str, rest: str, context: Surroundings) -> dict[str, str]:
    """Return what a command can take, each with a line on it."""
    match name:
        case ":help":
            kinds = ("command",) if rest.startswith(":") else HELP_TOPICS if rest else ()
            return {each.name: each.about for kind in kinds for each in words(kind)}
        case ":schema":
            return {each: f"every {module(each, context.version).object}" for each in context.modules}
        case ":platform":
            return dict.fromkeys(context.platforms, "platform")
        case ":to":
            return {each.name: each.about for each in FORMATS if each.name in context.forms}
        case ":history":
            return HISTORY_CHOICES
        case ":arg":
            return dict.fromkeys((each for each in context.variables if each != PREDEFINED), "set")
    return {}


def _files(rest: str, context: Surroundings) -> Iterator[Suggestion]:
    """Yield the folders and files that a path can become, folders and queries first; hidden ones when asked for."""
    folder, slash, begun = rest.rpartition("/")
    found = [name for name in context.files(folder + slash) if name.startswith(begun)]
    for name in sorted(found, key=lambda name: (not name.endswith(("/", *ENDINGS)), name)):
        if begun.startswith(".") or not name.startswith("."):
            yield Suggestion(name, len(begun), "folder" if name.endswith("/") else "file")
