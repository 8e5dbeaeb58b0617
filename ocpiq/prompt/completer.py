"""Suggestions in prompt_toolkit's form."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples

from ocpiq.prompt.suggest import suggest
from ocpiq.prompt.suggestion import Suggestion, Surroundings


class QueryCompleter(Completer):
    """Completes the word at the cursor; before a letter of it is written, only when asked with Tab."""

    def __init__(self, context: Callable[[], Surroundings]) -> None:
        self.context = context

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield the suggestions."""
        before = document.text_before_cursor
        if not complete_event.completion_requested and (not before or before[-1] in " \t\n([{|,;"):
            return
        found = suggest(document.text, document.cursor_position, self.context())
        width = max((len(each.about) for each in found if each.state), default=0)
        for each in found:
            yield Completion(
                each.text, -each.replaces, display=each.shown or each.text, display_meta=_about(each, width)
            )


def _about(found: Suggestion, width: int) -> StyleAndTextTuples:
    """Return what is said of a suggestion; the states of fields stand one below the other."""
    shown: StyleAndTextTuples = [("", found.about or found.kind)]
    if not found.state:
        return shown
    return [("", f"{found.about:<{width}}  "), (f"class:{found.state}", found.state)]
