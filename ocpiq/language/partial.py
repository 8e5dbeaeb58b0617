"""Unfinished queries: their tokens, whether they are complete, what can come next, and how to complete them."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from ocpiq.errors import QuerySyntaxError, Span
from ocpiq.language.lalr import END, Parser, ParserRun, Token, UnexpectedToken, can_follow
from ocpiq.language.parser import parser, refuse_too_deep
from ocpiq.language.tree import Program

State = Literal["empty", "complete", "unfinished", "invalid"]

# The tokens that complete an unfinished query, tried in this order until nothing is open.
COMPLETIONS: Final = {
    END: "",
    "_RPAR": ")",
    "_RSQB": "]",
    "_RBRACE": "}",
    "_END": "end",
    "_THEN": "then",
    "_SEMICOLON": ";",
    "_COLON": ":",
    "_AS": "as",
    "_DESCEND": "",  # `.` is written instead, which can occur wherever `..` can; in a clause, `.` would pass everything
    "VARIABLE": "$x",
    "_BY": "by",
    "NUMBER": "1",
    "INTEGER": "1",
    "NAME": "x",
    "_QUOTE": '"',
    "_PIPE": "|",
    "_LPAR": "(",
    "_LBRACE": "{",
}
MAX_TOKENS: Final = 400  # that are tried to complete a query


class PartialParse(Struct):
    """The part of a text that could be parsed: the parser after the last token, and the tokens.

    `unexpected` is the first token that cannot come where it is; the text after it is not parsed.
    """

    text: str
    run: ParserRun
    tokens: list[Token]
    unexpected: Token | None = None

    def next(self) -> frozenset[str]:
        """Return the terminals that can come next."""
        return frozenset(can_follow(self.run.tables, self.run.states))

    def open_token(self, kinds: frozenset[str]) -> Token | None:
        """Return the last token of these kinds that is not part of a reduced rule yet."""
        return next(
            (
                value
                for value in reversed(self.run.values)
                if isinstance(value, Token) and value.kind in kinds
            ),
            None,
        )

    def last(self) -> Token | None:
        """Return the last token."""
        return self.tokens[-1] if self.tokens else None

    def complete(self, *tokens: tuple[str, str]) -> Program | None:
        """Return the tree of the text, followed by `tokens` and the shortest completion; None if there is none."""
        end = Span(len(self.text), len(self.text))
        for kind, text in tokens:
            if not self._feed(Token(kind, text, end)):
                return None
        for _ in range(MAX_TOKENS):
            expected = self.next()
            kind = next((kind for kind in COMPLETIONS if kind in expected), "")
            token = (
                Token("_DOT", ".", end) if kind == "_DESCEND" else Token(kind, COMPLETIONS.get(kind, ""), end)
            )
            if not kind or not self._feed(token):
                return None
            if kind == END:
                return _unless_too_deep(self.run.values[-1])
        return None

    def _feed(self, token: Token) -> bool:
        """Feed a token to the parser; return False if it is unexpected or invalid there."""
        try:
            return self.run.feed(token)
        except QuerySyntaxError:
            return False

    def append(self, token: Token) -> bool:
        """Add the next token of the text; if it cannot come there, it is the unexpected one."""
        if self._feed(token):
            self.tokens.append(token)
            return True
        self.unexpected = token
        return False


def parse_partial(text: str) -> PartialParse:
    """Parse `text` as far as possible. Raises no error."""
    whole: Parser = parser()
    partial = PartialParse(text, whole.start(), [])
    position = 0
    while True:
        token = whole.lexer.next(text, position, partial.run.states[-1])
        if token is None:
            partial.unexpected = whole.lexer.any_token(text, position)
            return partial
        if token.kind == END or not partial.append(token):
            return partial
        position = token.span.end


def _unless_too_deep(program: Program) -> Program | None:
    try:
        refuse_too_deep(program)
    except QuerySyntaxError:
        return None
    return program


def state(text: str) -> State:
    """Tell whether `text` is a query, could become one if continued, or cannot."""
    if not text.strip():
        return "empty"
    try:
        parser().parse(text)
    except UnexpectedToken as unexpected:
        return "unfinished" if unexpected.token.kind == END else "invalid"
    except QuerySyntaxError:
        return "invalid"
    return "complete"
