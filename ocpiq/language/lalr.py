"""The parsing machine: a contextual lexer and the LALR(1) loop, both driven by the tables of `grammar.py`.

Nothing here recurses, so neither a long query nor a deeply nested one meets Python's limits.
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
WORDS: Final = ("NAME", "RESERVED")  # the terminals that match keywords as well
Action = Callable[..., Any]


class Token(Struct, frozen=True):
    """A terminal in the text."""

    kind: str
    text: str
    span: Span


class UnexpectedToken(Exception):
    """No rule goes on with `token` (of kind "" where the text is no token at all). `mistakes.py` says why."""

    def __init__(self, token: Token, states: list[int], values: list[Any]) -> None:
        super().__init__(token)
        self.token = token
        self.states = states
        self.values = values


class Lexer:
    """Cuts text into tokens; which ones can stand at a place, the parser's state says."""

    def __init__(self, tables: Tables) -> None:
        self.states = tables.states
        self.patterns = {t.name: t.pattern for t in tables.terminals if not t.word}
        self.keywords = {t.text: t.name for t in tables.terminals if t.word}
        self.quoted = ("LITERAL", "_INTERPOLATE", "_QUOTE")

    @cached_property
    def code(self) -> re.Pattern[str]:
        """All terminals that stand outside of quotes."""
        return _any_of({n: p for n, p in self.patterns.items() if n not in ("LITERAL", "_INTERPOLATE")})

    @cached_property
    def text(self) -> re.Pattern[str]:
        """The terminals that stand between quotes."""
        return _any_of({n: p for n, p in self.patterns.items() if n in self.quoted})

    def next(self, source: str, position: int, state: int) -> Token | None:
        """Return the token at or behind `position`, END at the end; None where none can stand here."""
        can_stand = self.states[state]
        if "LITERAL" in can_stand:
            match = self.text.match(source, position)
            return _token(match, str(match.lastgroup)) if match else _end(source, position)
        while match := self.code.match(source, position):
            kind = str(match.lastgroup)
            if kind in WORDS and (keyword := self.keywords.get(match[0])) in can_stand:
                kind = str(keyword)
            if kind in can_stand:
                return _token(match, kind)
            if kind not in IGNORED:
                return self._other(source, position, can_stand)
            position = match.end()
        return _end(source, position)

    def _other(self, source: str, position: int, can_stand: dict[str, int]) -> Token | None:
        """Return a token that another one hid: a date behind a number, `?` behind `?//`."""
        for name, pattern in self.patterns.items():
            if name in can_stand and (match := _compiled(pattern).match(source, position)):
                return _token(match, name)
        return None

    def anything(self, source: str, position: int) -> Token:
        """Return what is at or behind `position` whether or not it can stand there; for messages."""
        while match := self.code.match(source, position):
            kind = str(match.lastgroup)
            if kind not in IGNORED:
                return _token(match, self.keywords.get(match[0], kind))
            position = match.end()
        return _end(source, position) or Token("", source[position], Span(position, position + 1))


def _any_of(patterns: dict[str, str]) -> re.Pattern[str]:
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
    """The LALR(1) loop. `actions` makes a rule's value from its span and the values of its parts."""

    def __init__(self, tables: Tables, actions: dict[str, Action]) -> None:
        self.tables = tables
        self.lexer = Lexer(tables)
        self.actions = actions

    def start(self) -> ParserRun:
        """Return a parse that nothing was fed to yet."""
        return ParserRun(self.tables, self.actions)

    def parse(self, text: str) -> Any:  # noqa: ANN401 - whatever the actions make of the start rule
        """Return the value of the start rule; raise Stuck where the text is not a sentence."""
        run = self.start()
        position = 0
        while True:
            token = self.lexer.next(text, position, run.states[-1])
            if token is None or not run.feed(token):
                raise UnexpectedToken(token or self.lexer.anything(text, position), run.states, run.values)
            if token.kind == END:
                return run.values[-1]
            position = token.span.end


class ParserRun:
    """One parse: the stacks of states, values and their places."""

    def __init__(self, tables: Tables, actions: dict[str, Action]) -> None:
        self.tables = tables
        self.actions = actions
        self.states = [0]
        self.values: list[Any] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def feed(self, token: Token) -> bool:
        """Reduce as far as `token` asks for, then shift it; False where it cannot stand here."""
        table, rules = self.tables.states, self.tables.rules
        while True:
            step = table[self.states[-1]].get(token.kind)
            if step is None:
                return False
            if step >= 0:
                self._push(step, token, token.span.start, token.span.end)
                return True
            self._reduce(rules[~step], token.span.start)
            if self.states[-1] == self.tables.end:
                return True

    def _reduce(self, rule: Rule, here: int) -> None:
        size = rule.size
        if size:
            start, end, parts = self.starts[-size], self.ends[-1], self.values[-size:]
            del self.states[-size:], self.values[-size:], self.starts[-size:], self.ends[-size:]
        else:
            # a rule that ends in an empty one ends before the space that follows
            start, end, parts = here, self.ends[-1] if self.ends else here, []
        kept = _kept(rule, parts)
        if not rule.action:
            value: Any = kept
        elif rule.single and len(kept) == 1:
            value = kept[0]
        else:
            value = self.actions[rule.action](Span(start, end), *kept)
        self._push(self.tables.states[self.states[-1]][rule.origin], value, start, end)

    def _push(self, state: int, value: object, start: int, end: int) -> None:
        self.states.append(state)
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)


def _kept(rule: Rule, parts: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for number in rule.keep:
        if number is None:
            kept.append(None)
        elif number not in rule.inline:
            kept.append(parts[number])
        elif kept:
            kept.extend(parts[number])
        else:
            kept = parts[number]  # grows a list in place, however long it is
    return kept


def can_follow(tables: Tables, states: Sequence[int]) -> list[str]:
    """Return the terminals that can stand next."""
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
