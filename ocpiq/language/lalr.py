"""The parser: a contextual lexer and the LALR(1) loop, both driven by the tables of `grammar.py`.

Nothing here is recursive, so long and deeply nested queries do not hit Python's recursion limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any, Final

from msgspec import Struct

from ocpiq.errors import Span
from ocpiq.language.grammar import IGNORED, Rule, Tables

END: Final = "$END"
UNCHANGED: Final = (0,)  # what a rule keeps of the value that it hands on
WORDS: Final = ("NAME", "RESERVED")  # the terminals that match keywords as well
Action = Callable[..., Any]


class Token(Struct, frozen=True, gc=False):
    """A terminal in the text; `kind` is the name of the terminal."""

    kind: str
    text: str
    span: Span


class UnexpectedToken(Exception):
    """No rule continues with `token` (its kind is "" if the text is not a token). `syntax_errors.py` explains why."""

    def __init__(self, token: Token, states: list[int], values: list[Any]) -> None:
        super().__init__(token)
        self.token = token
        self.states = states
        self.values = values


class Lexer:
    """Splits text into tokens; the state of the parser tells which terminals can occur at a position."""

    def __init__(self, tables: Tables) -> None:
        self.states = tables.states
        self.patterns = {t.name: t.pattern for t in tables.terminals if not t.word}
        self.keywords = {t.text: t.name for t in tables.terminals if t.word}
        self.quoted = ("LITERAL", "_INTERPOLATE", "_QUOTE")

    @cached_property
    def code(self) -> re.Pattern[str]:
        """A pattern of all terminals outside of quotes."""
        return _alternation({n: p for n, p in self.patterns.items() if n not in ("LITERAL", "_INTERPOLATE")})

    @cached_property
    def text(self) -> re.Pattern[str]:
        """A pattern of the terminals inside quotes."""
        return _alternation({n: p for n, p in self.patterns.items() if n in self.quoted})

    def next(self, source: str, position: int, state: int) -> Token | None:
        """Return the next token from `position`, END at the end; None if no possible token follows."""
        expected = self.states[state]
        if "LITERAL" in expected:
            match = self.text.match(source, position)
            return _token(match, str(match.lastgroup)) if match else _end(source, position)
        while match := self.code.match(source, position):
            kind = str(match.lastgroup)
            if kind in WORDS and (keyword := self.keywords.get(match[0])) in expected:
                kind = str(keyword)
            if kind in expected:
                return _token(match, kind)
            if kind not in IGNORED:
                return self._hidden(source, position, expected)
            position = match.end()
        return _end(source, position)

    def _hidden(self, source: str, position: int, expected: dict[str, int]) -> Token | None:
        """Return an expected token that another pattern hid: a date hidden by a number, `?` by `?//`."""
        for name, pattern in self.patterns.items():
            if name in expected and (match := _compiled(pattern).match(source, position)):
                return _token(match, name)
        return None

    def any_token(self, source: str, position: int) -> Token:
        """Return the next token from `position`, expected or not; for messages."""
        while match := self.code.match(source, position):
            kind = str(match.lastgroup)
            if kind not in IGNORED:
                return _token(match, self.keywords.get(match[0], kind))
            position = match.end()
        return _end(source, position) or Token("", source[position], Span(position, position + 1))


def _alternation(patterns: dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items()))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _token(match: re.Match[str], kind: str) -> Token:
    start, end = match.span()
    return Token(kind, match[0], Span(start, end))


def _end(source: str, position: int) -> Token | None:
    return Token(END, "", Span(position, position)) if position >= len(source) else None


class Parser:
    """The LALR(1) parser. `actions` build the value of a rule from its span and the values of its parts."""

    def __init__(self, tables: Tables, actions: dict[str, Action]) -> None:
        self.tables = tables
        self.lexer = Lexer(tables)
        self.actions = actions

    def start(self, *, forkable: bool = False) -> ParserRun:
        """Start a parse without any tokens; one that is `forkable` changes no value of its forks."""
        return ParserRun(self.tables, self.actions, forkable=forkable)

    def parse(self, text: str) -> Any:  # noqa: ANN401 - the type of the start rule's value depends on the actions
        """Return the value of the start rule. Raises UnexpectedToken if the text does not parse."""
        run = self.start()
        position = 0
        while True:
            token = self.lexer.next(text, position, run.states[-1])
            if token is None or not run.feed(token):
                raise UnexpectedToken(token or self.lexer.any_token(text, position), run.states, run.values)
            if token.kind == END:
                return run.values[-1]
            position = token.span.end


class ParserRun:
    """One parse: the stacks of states, values and their positions."""

    def __init__(self, tables: Tables, actions: dict[str, Action], *, forkable: bool = False) -> None:
        self.tables = tables
        self.actions = actions
        self.forkable = forkable
        self.states = [0]
        self.values: list[Any] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def fork(self) -> ParserRun:
        """Return a run that goes on from here; both share the values so far. The run must be forkable."""
        run = ParserRun(self.tables, self.actions, forkable=True)
        run.states, run.values = self.states.copy(), self.values.copy()
        run.starts, run.ends = self.starts.copy(), self.ends.copy()
        return run

    def feed(self, token: Token) -> bool:
        """Reduce as `token` requires, then shift it; return False if it is unexpected."""
        table, rules, states = self.tables.states, self.tables.rules, self.states
        kind, end = token.kind, self.tables.end
        while True:
            step = table[states[-1]].get(kind)
            if step is None:
                return False
            if step >= 0:
                states.append(step)
                self.values.append(token)
                self.starts.append(token.span.start)
                self.ends.append(token.span.end)
                return True
            rule = rules[~step]
            if rule.size == 1 and rule.single and rule.keep == UNCHANGED:
                states[-1] = table[states[-2]][rule.origin]
            else:
                self._reduce(rule, token.span.start)
            if states[-1] == end:
                return True

    def _reduce(self, rule: Rule, position: int) -> None:
        size = rule.size
        if size:
            start, end, parts = self.starts[-size], self.ends[-1], self.values[-size:]
            del self.states[-size:], self.values[-size:], self.starts[-size:], self.ends[-size:]
        else:
            # a rule that ends in an empty one ends before the space that follows
            start, end, parts = position, self.ends[-1] if self.ends else position, []
        arguments = _arguments(rule, parts, in_place=not self.forkable)
        if not rule.action:
            value: Any = arguments
        elif rule.single and len(arguments) == 1:
            value = arguments[0]
        else:
            value = self.actions[rule.action](Span(start, end), *arguments)
        self.states.append(self.tables.states[self.states[-1]][rule.origin])
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)


def _arguments(rule: Rule, parts: list[Any], *, in_place: bool) -> list[Any]:
    arguments: list[Any] = []
    for number in rule.keep:
        if number is None:
            arguments.append(None)
        elif number not in rule.inline:
            arguments.append(parts[number])
        elif arguments or not in_place:
            arguments.extend(parts[number])
        else:
            arguments = parts[number]  # extended in place: a long list is not copied for each item
    return arguments


def can_follow(tables: Tables, states: Sequence[int]) -> list[str]:
    """Return the terminals that can come next."""
    return [t for t in tables.states[states[-1]] if t.lstrip("_$").isupper() and _accepts(tables, states, t)]


def _accepts(tables: Tables, states: Sequence[int], kind: str) -> bool:
    stack = list(states)
    while (step := tables.states[stack[-1]].get(kind)) is not None:
        if step >= 0:
            return True
        rule = tables.rules[~step]
        del stack[len(stack) - rule.size :]
        stack.append(tables.states[stack[-1]][rule.origin])
        if stack[-1] == tables.end:
            return kind == END
    return False
