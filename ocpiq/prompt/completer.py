"""Adapts suggestions to prompt_toolkit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples

from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.suggest import suggest
from ocpiq.prompt.suggestion import Suggestion, Surroundings


class QueryCompleter(Completer):
    """Completes the word at the cursor; before its first letter only on Tab."""

    def __init__(self, context: Callable[[], Surroundings], reader: QueryReader | None = None) -> None:
        self.context = context
        self.reader = reader or QueryReader()

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield the suggestions."""
        before = document.text_before_cursor
        if not complete_event.completion_requested and (not before or before[-1] in " \t\n([{|,;"):
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


def _description(suggestion: Suggestion, width: int) -> StyleAndTextTuples:
    """Return the description of a suggestion, padded so that the states of fields line up."""
    if not suggestion.state:
        return [("", suggestion.about or suggestion.kind)]
    return [("", f"{suggestion.about:<{width}}  "), (f"class:{suggestion.state}", suggestion.state)]
