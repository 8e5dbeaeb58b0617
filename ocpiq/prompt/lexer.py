"""Adapts syntax highlighting to prompt_toolkit."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import get_app
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import split_lines
from prompt_toolkit.lexers import Lexer

from ocpiq.prompt.highlight import highlight, mark_error
from ocpiq.prompt.quick_fix import visible_mistake
from ocpiq.prompt.suggestion import Surroundings
from ocpiq.prompt.validator import Validation


class QueryLexer(Lexer):
    """Highlights a query and marks its first error."""

    def __init__(self, context: Callable[[], Surroundings], look: Callable[[str], Validation]) -> None:
        self.context = context
        self.look = look

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Return a function from a line number to the pieces of that line."""
        text, context = document.text, self.context()
        mistake = visible_mistake(text, get_app().current_buffer.cursor_position, self.look, context)
        found = mark_error(highlight(text, context.modules), mistake.span if mistake else None)
        styled = [(" ".join(f"class:{name}" for name in kind.split()), part) for kind, part in found]
        lines = list(split_lines(styled))
        return lambda number: lines[number] if number < len(lines) else []
