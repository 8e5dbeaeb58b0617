"""Suggestions for the prompt's own commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.prompt.command_syntax import argument_start
from ocpiq.prompt.help import TOPICS
from ocpiq.prompt.suggest_fields import clause_fields
from ocpiq.prompt.suggestion import DEMO, PREDEFINED, Suggestion, Surroundings
from ocpiq.prompt.words import words
from ocpiq.query.imports import ENDINGS
from ocpiq.sinks.registry import FORMATS

CUT_TABLE: Final = "table!"
HELP_TOPICS: Final = ("clause", "stage", "aggregate", "function", "format")
SETTINGS: Final = {
    "vi": "the keys of vi: on or off",
    "menu": "suggestions open while typing: on or off",
    "history": "save queries in the history: on or off",
    "form": "output format of the prompt and of commands",
    "zone": "time zone of periods, such as Europe/Amsterdam",
    "mode": "permissions of result files, such as 0640",
    "platform": "the login that commands and the prompt begin with",
    "audit": "an entry in the audit trail for every run: on, off, or the path of the trail",
}
ON_OFF: Final = {"on": "switch it on", "off": "switch it off", "default": "remove it from the config file"}
KEEP_CHOICES: Final = {
    "on": "keep rows that are pulled",
    "off": "forget the rows, and keep none",
    "clear": "forget the rows",
}
WATCH_CHOICES: Final = {
    "10s": "every ten seconds",
    "30s": "every half a minute",
    "1m": "every minute",
    "5m": "every five minutes",
    "1h": "every hour",
}
HISTORY_CHOICES: Final = {
    "on": "save queries in the history",
    "off": "stop saving queries",
    "clear": "delete all saved queries",
}


def suggest_command(text: str, context: Surroundings) -> list[Suggestion]:
    """Return the suggestions at the end of a line that begins with a colon."""
    start = argument_start(text)
    if start is None:
        name = text.lstrip()
        return [
            Suggestion(entry.name, len(name), "command", entry.about, entry.written)
            for entry in words("command")
            if entry.name.startswith(name)
        ]
    name, rest = text[:start].strip(), text[start:]
    if name in (":save", ":load", ":run"):
        return list(_files(rest, context, queries_only=name != ":save"))
    return list(_argument(name, rest, context))


def _argument(name: str, rest: str, context: Surroundings) -> Iterator[Suggestion]:
    if name == ":schema" and "." in rest:
        name, _, path = rest.partition(".")
        if name in context.modules:
            yield from clause_fields(context.module(name), path)
        return
    if name == ":set" and " " in rest:
        name, _, rest = rest.partition(" ")
        name = f":set {name}"
    for choice, about in _choices(name, rest, context).items():
        if choice.startswith(rest):
            yield Suggestion(choice, len(rest), "name", about)


def _choices(name: str, rest: str, context: Surroundings) -> dict[str, str]:
    """Return the possible arguments of a command, each with a line of help."""
    match name:
        case ":help":
            kinds = ("command",) if rest.startswith(":") else HELP_TOPICS if rest else ()
            topics = {} if kinds == ("command",) else {name: topic.about for name, topic in TOPICS.items()}
            return topics | {entry.name: entry.about for kind in kinds for entry in words(kind)}
        case ":schema":
            return {name: f"every {context.module(name).object}" for name in context.modules}
        case ":platform":
            return dict.fromkeys(context.platforms, "platform")
        case ":to":
            forms = {entry.name: entry.about for entry in FORMATS if entry.name in context.forms}
            return forms | {CUT_TABLE: "a table without the columns that do not fit"}
        case ":keep":
            return KEEP_CHOICES
        case ":watch":
            return WATCH_CHOICES
        case ":history":
            return HISTORY_CHOICES
        case ":set":
            return SETTINGS
        case ":set form":
            return {entry.name: entry.about for entry in FORMATS}
        case ":set platform":
            return {name: "platform" for name in context.platforms if name != DEMO}
        case ":set vi" | ":set menu" | ":set history" | ":set audit":
            return ON_OFF
        case ":arg":
            return dict.fromkeys((name for name in context.variables if name != PREDEFINED), "set")
    return {}


def _files(rest: str, context: Surroundings, *, queries_only: bool) -> Iterator[Suggestion]:
    """Yield matching folders and files, folders and queries first; hidden ones only after a dot.

    With `queries_only` other files are left out.
    """
    folder, slash, prefix = rest.rpartition("/")
    names = [name for name in context.files(folder + slash) if name.startswith(prefix)]
    if queries_only:
        names = [name for name in names if name.endswith(("/", *ENDINGS))]
    for name in sorted(names, key=lambda name: (not name.endswith(("/", *ENDINGS)), name)):
        if prefix.startswith(".") or not name.startswith("."):
            yield Suggestion(name, len(prefix), "folder" if name.endswith("/") else "file")
