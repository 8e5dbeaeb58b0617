"""Adapts suggestions to prompt_toolkit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples

from ocpiq.prompt.command_syntax import split_command
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.suggest import suggest
from ocpiq.prompt.suggest_values import EQUALITY, PARTIAL_BOUND, quoted_enum
from ocpiq.prompt.suggestion import Suggestion, Surroundings

OPENERS: Final = ("_PASS", "_ONLY", "_SINCE", "_UNTIL", "_DURING", "_NEWEST", "_PIPE")
OPENED_BY_TAB: Final = (":save", ":explain")  # commands that often stand alone, or take what is not listed


class QueryCompleter(Completer):
    """Completes the word at the cursor.

    Before its first letter on Tab, and by itself where few words can follow: after a module, in a clause, after `|`,
    before a treatment, a value that OCPI lists or a command's argument.
    """

    def __init__(self, context: Callable[[], Surroundings], reader: QueryReader | None = None) -> None:
        self.context = context
        self.reader = reader or QueryReader()

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield the suggestions."""
        before = document.text_before_cursor
        at_start = not before or before[-1] in " \t\n([{|,;"
        if not complete_event.completion_requested and at_start and not self._opens(before):
            return
        suggestions = suggest(document.text, document.cursor_position, self.context(), self.reader)
        width = max((len(suggestion.about) for suggestion in suggestions if suggestion.state), default=0)
        for suggestion in suggestions:
            yield Completion(
                suggestion.text,
                -suggestion.replaces,
                display=suggestion.shown or suggestion.text,
                display_meta=_description(suggestion, width),
            )

    def _opens(self, before: str) -> bool:
        """Tell whether the menu opens by itself here."""
        if before[-1:] == "\n":
            return False
        if (command := split_command(before)) is not None:
            return before[-1:] == " " and command[0] not in OPENED_BY_TAB
        if PARTIAL_BOUND.search(before):
            return True
        read, modules = self.reader.parse(before), self.context().modules
        last = read.last()
        if last is None or read.unexpected is not None:
            return False
        if last.kind == "_LPAR":
            return read.next() == {"NUMBER"}  # of a treatment
        if before[-1:] not in (" ", "|"):
            return False
        if last.kind == "_AS":
            return "VARIABLE" not in read.next()  # a treatment
        if last.kind in EQUALITY:
            return any(quoted_enum(read, "", self.context(), self.reader))
        if last.kind in OPENERS or (last.kind == "NAME" and last.text in modules and "_PASS" in read.next()):
            return True
        return last.kind == "_COMMA" and "RESERVED" in read.next() and "_RBRACE" not in read.next()


def _description(suggestion: Suggestion, width: int) -> StyleAndTextTuples:
    """Return the description of a suggestion, padded so that the states of fields line up."""
    if not suggestion.state:
        return [("", suggestion.about or suggestion.kind)]
    return [("", f"{suggestion.about:<{width}}  "), (f"class:{suggestion.state}", suggestion.state)]
