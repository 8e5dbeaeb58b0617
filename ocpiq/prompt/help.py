"""`:help`: an overview that fits every terminal, a page for each topic, entries for commands and names."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ocpiq.app import reference
from ocpiq.errors import UsageError
from ocpiq.prompt.words import words

MOST: Final = 79  # columns of a line


class Topic(Struct, frozen=True):
    """A page of help: its text, and the commands that belong to it."""

    about: str
    text: str
    commands: tuple[str, ...]


OVERVIEW: Final = (
    "Enter runs a complete query, else continues it. Tab completes, F2 applies the fix in the bottom line, Ctrl-C "
    "cancels, Ctrl-D or :quit quits."
)
TOPICS: Final = {
    "results": Topic(
        "looking at results, and using them again",
        "$_ is the last result, $_1 the one before it, up to $_9, as arrays: $_[] | .id. They are kept in memory as "
        "they were shown: 10 results, together 64 MB of JSON. A result longer than the screen opens in $PAGER, else in "
        "a pager: Space and b turn pages, / searches, n and N go to the next and the previous match, g and G to the "
        "start and the end, q quits. If columns of a table do not fit, each field has a line. Rows that were pulled "
        "are kept in memory as shown, at most 256 MB, and used again by queries that ask no more.",
        (":to", ":output", ":open", ":keep", ":refresh"),
    ),
    "queries": Topic(
        "saved queries and variables",
        "A variable that a saved query uses becomes its parameter; the value is not saved.",
        (":queries", ":run", ":save", ":load", ":arg", ":watch"),
    ),
    "data": Topic(
        "platforms, fields, and what a query shows",
        "The colour of a field tells what the query shows of it: red blanked, cyan passed, yellow treated.",
        (":platform", ":schema", ":explain"),
    ),
    "typing": Topic(
        "keys, history, settings",
        "Alt-Enter starts a new line. Right takes the grey rest of an earlier query, Up searches for one that begins "
        "with what is typed, Ctrl-R for one that contains it. Ctrl-X Ctrl-E opens $EDITOR, Ctrl-Z suspends. A query "
        "that begins with a space is not in the history.",
        (":history", ":set", ":quit"),
    ),
}
OTHERS: Final = "a word of the language; :help all lists all"


def help_text(rest: str, width: int = MOST) -> str:
    """Return the overview, the page of a topic, or the entry of a command or name. Raises UsageError."""
    width = min(width, MOST)
    if not rest:
        pages = {f":help {name}": " ".join(topic.commands) for name, topic in TOPICS.items()}
        return "\n".join(
            [*textwrap.wrap(OVERVIEW, width), "", *listed(pages | {":help NAME": OTHERS}, width)]
        )
    if rest in TOPICS:
        topic = TOPICS[rest]
        known = {word.name: word for word in words("command")}
        entries = {known[name].written: known[name].about for name in topic.commands}
        return "\n".join([*textwrap.wrap(topic.text, width), "", *listed(entries, width)])
    commands = {word.written: word.about for word in words("command") if word.name in (rest, f":{rest}")}
    return "\n".join(listed(commands, width)) if commands else reference_entry(rest)


def listed(entries: Mapping[str, str], width: int = MOST) -> list[str]:
    """Return wrapped lines of help: the syntax, and what it does."""
    column = max(map(len, entries)) + 4
    return [
        textwrap.fill(about, width, initial_indent=f"  {name}".ljust(column), subsequent_indent=" " * column)
        for name, about in entries.items()
    ]


def reference_entry(name: str) -> str:
    """Return the reference entry of a name, or the list of names for `all`. Raises UsageError."""
    try:
        return (reference.contents() if name == "all" else reference.look_up(name)).rstrip("\n")
    except UsageError as error:
        has_suggestion = error.hint.startswith("did you mean")
        raise UsageError(
            error.message, hint=error.hint if has_suggestion else ":help all lists all names"
        ) from None
