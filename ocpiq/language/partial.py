"""A query that is still being written: its tokens, whether it is whole, what can stand next, what would end it."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from ocpiq.errors import QuerySyntaxError, Span
from ocpiq.language.lalr import END, Parser, ParserRun, Token, UnexpectedToken, can_follow
from ocpiq.language.parser import parser, refuse_too_deep
from ocpiq.language.tree import Program

State = Literal["empty", "whole", "unfinished", "wrong"]

# What ends a query that stops anywhere, tried in this order until nothing is open.
ENDINGS: Final = {
    END: "",
    "_RPAR": ")",
    "_RSQB": "]",
    "_RBRACE": "}",
    "_END": "end",
    "_THEN": "then",
    "_SEMICOLON": ";",
    "_COLON": ":",
    "_AS": "as",
    "_DESCEND": "",  # wherever it can stand, `.` can, and that is written; in a clause `.` would pass everything
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
FURTHEST: Final = 400  # tokens that may be needed to end a query


class PartialParse(Struct):
    """A text as far as it was read: the parser behind its last token, and the tokens.

    `stuck` is the token that cannot stand where it is; the ones behind it are not read.
    """

    text: str
    run: ParserRun
    tokens: list[Token]
    stuck: Token | None = None

    def next(self) -> frozenset[str]:
        """Return the terminals that can stand next."""
        return frozenset(can_follow(self.run.tables, self.run.states))

    def open_token(self, kinds: frozenset[str]) -> Token | None:
        """Return the last token of such a kind that no rule has taken in yet."""
        return next((v for v in reversed(self.run.values) if isinstance(v, Token) and v.kind in kinds), None)

    def last(self) -> Token | None:
        """Return the last token."""
        return self.tokens[-1] if self.tokens else None

    def ended(self, *more: tuple[str, str]) -> Program | None:
        """Return the tree of the text with the tokens `more` behind it, and then what ends it soonest."""
        here = Span(len(self.text), len(self.text))
        for kind, text in more:
            if not self._feed(Token(kind, text, here)):
                return None
        for _ in range(FURTHEST):
            can_stand = self.next()
            ending = next((kind for kind in ENDINGS if kind in can_stand), "")
            last = (
                Token("_DOT", ".", here)
                if ending == "_DESCEND"
                else Token(ending, ENDINGS.get(ending, ""), here)
            )
            if not ending or not self._feed(last):
                return None
            if ending == END:
                return _unless_too_deep(self.run.values[-1])
        return None

    def _feed(self, token: Token) -> bool:
        """Take one more token; False where it cannot stand there, or makes no sense there."""
        try:
            return self.run.feed(token)
        except QuerySyntaxError:
            return False

    def take(self, token: Token) -> bool:
        """Take the next token of the text; where it cannot stand there, it is what the parser is stuck at."""
        if self._feed(token):
            self.tokens.append(token)
            return True
        self.stuck = token
        return False


def begun(text: str) -> PartialParse:
    """Return `text` as far as it can be read. Nothing is raised."""
    machine: Parser = parser()
    found = PartialParse(text, machine.start(), [])
    position = 0
    while True:
        token = machine.lexer.next(text, position, found.run.states[-1])
        if token is None:
            found.stuck = machine.lexer.anything(text, position)
            return found
        if token.kind == END or not found.take(token):
            return found
        position = token.span.end


def _unless_too_deep(program: Program) -> Program | None:
    try:
        refuse_too_deep(program)
    except QuerySyntaxError:
        return None
    return program


def state(text: str) -> State:
    """Tell whether `text` is a query, could become one with more behind it, or never will."""
    if not text.strip():
        return "empty"
    try:
        parser().parse(text)
    except UnexpectedToken as stuck:
        return "unfinished" if stuck.token.kind == END else "wrong"
    except QuerySyntaxError:
        return "wrong"
    return "whole"
