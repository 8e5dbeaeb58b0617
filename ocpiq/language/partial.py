"""Unfinished queries: their tokens, whether they are complete, what can come next, and how to complete them."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property, partial
from typing import Final, Literal

from msgspec import Struct, field

from ocpiq.errors import QuerySyntaxError, Span
from ocpiq.language.lalr import END, Parser, ParserRun, Token, UnexpectedToken, can_follow
from ocpiq.language.parser import Passed, parser, refuse_too_deep
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
RECENT: Final = 8  # texts that are kept: the query, its start up to the cursor, that with a fix
MAX_PASSED: Final = 2000  # steps, of several versions of a query
BETWEEN_CHECKPOINTS: Final = 8  # tokens
LONGEST_REREAD: Final = (
    16  # tokens before a change that it can turn into others: 2026-01-31T06:00:00.0+01:0 and a 0
)


class PartialParse(Struct, frozen=True, dict=True):
    """The part of a text that could be parsed: the parser after the last token, and the tokens.

    `unexpected` is the first token that cannot come where it is; the text after it is not parsed. `refused` is the
    error of a token that could come there, but not with this text. `passed` has the steps that are not too deep.
    """

    text: str
    run: ParserRun
    tokens: list[Token]
    unexpected: Token | None = None
    refused: QuerySyntaxError | None = None
    passed: Passed = field(default_factory=dict)

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
        run, end = self.run.fork(), Span(len(self.text), len(self.text))
        for kind, text in tokens:
            if not _feed(run, Token(kind, text, end)):
                return None
        for _ in range(MAX_TOKENS):
            expected = can_follow(run.tables, run.states)
            kind = next((kind for kind in COMPLETIONS if kind in expected), "")
            token = (
                Token("_DOT", ".", end) if kind == "_DESCEND" else Token(kind, COMPLETIONS.get(kind, ""), end)
            )
            if not kind or not _feed(run, token):
                return None
            if kind == END:
                return _unless_too_deep(run.values[-1], self.passed)
        return None

    @cached_property
    def state(self) -> State:
        """Whether the text is a query, could become one if continued, or cannot."""
        if not self.text.strip():
            return "empty"
        if self.unexpected is not None or isinstance(self._end, QuerySyntaxError):
            return "invalid"
        return "unfinished" if isinstance(self._end, UnexpectedToken) else "complete"

    def program(self) -> Program:
        """Return the tree of the whole text. Raises QuerySyntaxError as `parse` does."""
        end = self.refused or self._end
        if isinstance(end, QuerySyntaxError):
            raise end
        if isinstance(end, UnexpectedToken):
            from ocpiq.language.syntax_errors import explain  # noqa: PLC0415 - rarely needed

            raise explain(end, self.text, parser())
        refuse_too_deep(end, self.passed)
        return end

    @cached_property
    def _end(self) -> Program | QuerySyntaxError | UnexpectedToken:
        """The tree of the text if it ends here, or why it cannot."""
        if self.unexpected is not None:
            return UnexpectedToken(self.unexpected, self.run.states, self.run.values)
        run, token = self.run.fork(), Token(END, "", Span(len(self.text), len(self.text)))
        try:
            accepted = run.feed(token)
        except QuerySyntaxError as error:
            return error
        program: Program = run.values[-1]
        return program if accepted else UnexpectedToken(token, run.states, run.values)


def parse_partial(text: str) -> PartialParse:
    """Parse `text` as far as possible. Raises no error."""
    return IncrementalParser().parse(text)


class Checkpoint(Struct, frozen=True):
    """The parser after the first `tokens` of a text."""

    tokens: int
    run: ParserRun


class Parsed(Struct, frozen=True):
    """A text that was parsed, with the checkpoints on the way, the last one first."""

    read: PartialParse
    checkpoints: list[Checkpoint]


class IncrementalParser:
    """Parses a text again from where it differs from one of the last texts.

    What was reduced before that place is the same object in both trees.
    """

    def __init__(self) -> None:
        self._parser: Parser = parser()
        self._recent: list[Parsed] = []
        self._passed: Passed = {}

    def parse(self, text: str) -> PartialParse:
        """Parse `text` as far as possible. Raises no error."""
        nearest = max(self._recent, key=lambda parsed: _common(parsed.read.text, text), default=None)
        if nearest is not None and nearest.read.text == text:
            return nearest.read
        if len(self._passed) > MAX_PASSED:
            self._passed.clear()
        start, checkpoints = Checkpoint(0, self._parser.start(forkable=True)), []
        tokens: list[Token] = []
        if nearest is not None:
            checkpoints = _before(nearest, _common(nearest.read.text, text))
            start = checkpoints[-1] if checkpoints else start
            tokens = nearest.read.tokens[: start.tokens]
        parsed = Parsed(self._go_on(text, start.run.fork(), tokens, checkpoints), checkpoints)
        self._recent = [parsed, *self._recent][:RECENT]
        return parsed.read

    def _go_on(
        self, text: str, run: ParserRun, tokens: list[Token], checkpoints: list[Checkpoint]
    ) -> PartialParse:
        """Parse from the last of `tokens`; both lists grow."""
        position = tokens[-1].span.end if tokens else 0
        lexer = self._parser.lexer
        parsed = partial(PartialParse, text, run, tokens, passed=self._passed)
        while True:
            token = lexer.next(text, position, run.states[-1])
            if token is None:
                return parsed(unexpected=lexer.any_token(text, position))
            if token.kind == END:
                return parsed()
            try:
                accepted = run.feed(token)
            except QuerySyntaxError as error:
                return parsed(unexpected=token, refused=error)
            if not accepted:
                return parsed(unexpected=token)
            tokens.append(token)
            position = token.span.end
            if len(tokens) % BETWEEN_CHECKPOINTS == 0:
                checkpoints.append(Checkpoint(len(tokens), run.fork()))


def _before(parsed: Parsed, place: int) -> list[Checkpoint]:
    """Return the checkpoints so far before `place` that no change after it can have an effect on what is before."""
    same = bisect_left(parsed.read.tokens, place, key=lambda token: token.span.end) - LONGEST_REREAD
    return [checkpoint for checkpoint in parsed.checkpoints if checkpoint.tokens <= same]


def _common(one: str, other: str) -> int:
    """Return the length of the common start of two texts."""
    size = min(len(one), len(other))
    if one[:size] == other[:size]:
        return size
    low, high = 0, size
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle)
    return low


def _feed(run: ParserRun, token: Token) -> bool:
    """Feed a token to the parser; return False if it is unexpected or invalid there."""
    try:
        return run.feed(token)
    except QuerySyntaxError:
        return False


def _unless_too_deep(program: Program, passed: Passed) -> Program | None:
    try:
        refuse_too_deep(program, passed)
    except QuerySyntaxError:
        return None
    return program


def state(text: str) -> State:
    """Tell whether `text` is a query, could become one if continued, or cannot."""
    return parse_partial(text).state
