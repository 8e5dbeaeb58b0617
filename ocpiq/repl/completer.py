"""Suggestions in prompt_toolkit's form."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples

from ocpiq.repl.context import Context, Suggestion
from ocpiq.repl.suggest import suggest


class QueryCompleter(Completer):
    """Completes the word at the cursor; before a letter of it is written, only when asked with Tab."""

    def __init__(self, context: Callable[[], Context]) -> None:
        self.context = context

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield the suggestions."""
        before = document.text_before_cursor
        if not complete_event.completion_requested and (not before or before[-1] in " \t\n([{|,;"):
            return
        for found in suggest(document.text, document.cursor_position, self.context()):
            yield Completion(
                found.text, -found.replaces, display=found.shown or found.text, display_meta=_about(found)
            )


def _about(found: Suggestion) -> StyleAndTextTuples:
    shown: StyleAndTextTuples = [("", found.about or found.kind)]
    return [*shown, ("", "  "), (f"class:{found.state}", found.state)] if found.state else shown
