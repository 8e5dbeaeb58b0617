"""Regular expressions (jq manual, "Regular expressions"): Oniguruma's patterns, run by the `regex` package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import Struct

from ocpiq.errors import RunError
from ocpiq.runtime.regex.characters import fail
from ocpiq.runtime.regex.oniguruma import translate
from ocpiq.values.json.codec import excerpt
from ocpiq.values.types import Value, type_name

if TYPE_CHECKING:
    import regex

KNOWN_FLAGS: Final = frozenset("gimnpslx")
CACHE_SIZE: Final = 500  # compiled patterns


class CompiledPattern(Struct, frozen=True):
    """A compiled pattern, the name of each group, and how matches are looked for.

    `filled` is the same pattern for a match that is not empty, `longest` looks for the longest match.
    """

    pattern: regex.Pattern[str]
    names: tuple[str | None, ...]
    all_matches: bool
    nonempty: regex.Pattern[str] | None
    longest: bool

    def matches(self, text: str) -> Iterator[regex.Match[str]]:
        """Yield the matches in `text`, the first only without flag `g`."""
        if not self.all_matches:
            match_ = self._next_match(text, 0)
            if match_ is not None:
                yield match_
        elif self.nonempty is None and not self.longest:
            yield from self._all_matches(text)
        else:
            position = 0
            while position <= len(text) and (match_ := self._next_match(text, position)) is not None:
                yield match_
                position = match_.end() if match_.end() > match_.start() else match_.end() + 1

    def _all_matches(self, text: str) -> Iterator[regex.Match[str]]:
        """Behind an empty match jq goes on one character later."""
        position = 0
        while position <= len(text):
            was_empty = False
            for match_ in self.pattern.finditer(text, position):
                yield match_
                if match_.end() == match_.start():
                    position, was_empty = match_.end() + 1, True
                    break
            if not was_empty:
                return

    def _next_match(self, text: str, position: int) -> regex.Match[str] | None:
        if self.longest:
            return self._longest_match(text, position)
        match_ = self.pattern.search(text, position)
        while self.nonempty is not None and match_ is not None and match_.start() == match_.end():
            nonempty = self.nonempty.match(text, match_.start())
            if nonempty is not None:
                return nonempty
            match_ = self.pattern.search(text, match_.start() + 1) if match_.start() < len(text) else None
        return match_

    def _longest_match(self, text: str, position: int) -> regex.Match[str] | None:
        best: regex.Match[str] | None = None
        while position <= len(text) and (match_ := self.pattern.search(text, position)) is not None:
            if best is None or match_.end() - match_.start() > best.end() - best.start():
                best = match_
            position = match_.start() + 1
        if best is not None and self.nonempty is not None and best.start() == best.end():
            return None
        return best


@lru_cache(maxsize=CACHE_SIZE)
def compile_pattern(pattern: str, flags: str) -> CompiledPattern:
    """Return the compiled pattern; raise jq's errors for an invalid pattern or flag."""
    import regex  # noqa: PLC0415 - needed by few programs

    if not KNOWN_FLAGS.issuperset(flags):
        raise RunError(f"{flags} is not a valid modifier string")
    translated = translate(pattern, spaced="x" in flags)
    options = regex.VERSION1 | regex.UNICODE
    if "i" in flags:
        options |= regex.IGNORECASE  # with VERSION1 ß and SS are the same
    if "m" in flags or "p" in flags:
        options |= regex.DOTALL
    if "l" in flags:
        options |= regex.POSIX
    try:
        compiled = regex.compile(translated.pattern, options)
        nonempty = regex.compile(rf"(?:{translated.pattern})(?!\G)", options) if "n" in flags else None
    except regex.error as error:
        fail(str(error))
    return CompiledPattern(compiled, translated.names, "g" in flags, nonempty, "l" in flags)


def _text_and_pattern(value: Value, pattern: Value, flags: Value) -> tuple[str, CompiledPattern]:
    if type(value) is not str:
        raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be matched, as it is not a string")
    if type(pattern) is not str:
        raise RunError(f"{type_name(pattern)} ({excerpt(pattern)}) is not a string")
    if flags is None:
        return value, compile_pattern(pattern, "")
    if type(flags) is not str:
        raise RunError(f"{type_name(flags)} ({excerpt(flags)}) is not a string")
    return value, compile_pattern(pattern, flags)


def _arguments(pattern: Value) -> tuple[Value, Value]:
    """Return pattern and flags of the forms with one argument: a pattern, or an array of pattern and flags."""
    if type(pattern) is str:
        return pattern, None
    if type(pattern) is list and pattern:
        return pattern[0], pattern[1] if len(pattern) > 1 else None
    raise RunError(f"{type_name(pattern)} not a string or array")


def test(value: Value, *arguments: Value) -> bool:
    """`test(pattern)`, `test(pattern; flags)`"""
    pattern, flags = arguments if len(arguments) == 2 else _arguments(arguments[0])
    text, compiled = _text_and_pattern(value, pattern, flags)
    return next(compiled.matches(text), None) is not None


def match(value: Value, *arguments: Value) -> Iterator[Value]:
    """`match(pattern)`, `match(pattern; flags)`"""
    pattern, flags = arguments if len(arguments) == 2 else _arguments(arguments[0])
    text, compiled = _text_and_pattern(value, pattern, flags)
    for match_ in compiled.matches(text):
        captures: list[Value] = [
            _capture(match_, number, name) for number, name in enumerate(compiled.names, start=1)
        ]
        yield {
            "offset": match_.start(),
            "length": match_.end() - match_.start(),
            "string": match_[0],
            "captures": captures,
        }


def _capture(match_: regex.Match[str], number: int, name: str | None) -> Value:
    start, end = match_.span(number)
    if start == end:  # as jq orders the fields of a group that matched nothing
        return {"offset": start, "string": match_[number], "length": 0, "name": name}
    return {"offset": start, "length": end - start, "string": match_[number], "name": name}


def _named_groups(match_: regex.Match[str], names: tuple[str | None, ...]) -> dict[str, Value]:
    return {name: match_[number] for number, name in enumerate(names, start=1) if name is not None}


def capture(value: Value, *arguments: Value) -> Iterator[Value]:
    """`capture(pattern)`, `capture(pattern; flags)`"""
    pattern, flags = arguments if len(arguments) == 2 else _arguments(arguments[0])
    text, compiled = _text_and_pattern(value, pattern, flags)
    return (_named_groups(match_, compiled.names) for match_ in compiled.matches(text))


def scan(value: Value, pattern: Value, flags: Value) -> Iterator[Value]:
    """`scan(pattern; flags)`; the flags hold `g`."""
    text, compiled = _text_and_pattern(value, pattern, flags)
    if compiled.names:
        return (list(match_.groups()) for match_ in compiled.matches(text))
    return (match_[0] for match_ in compiled.matches(text))


def split(value: Value, pattern: Value, flags: Value) -> Value:
    """`split(pattern; flags)`; the flags hold `g`."""
    text, compiled = _text_and_pattern(value, pattern, flags)
    parts: list[Value] = []
    position = 0
    for match_ in compiled.matches(text):
        parts.append(text[position : match_.start()])
        position = match_.end()
    parts.append(text[position:])
    return parts


def edits(value: Value, pattern: Value, flags: Value) -> Value:
    """Return for each match where it starts and ends, and its named groups: what `sub` hands to its filter."""
    text, compiled = _text_and_pattern(value, pattern, flags)
    return [
        [match_.start(), match_.end(), _named_groups(match_, compiled.names)]
        for match_ in compiled.matches(text)
    ]


def substitute(value: Value, edits_: Value, inserts: Value) -> Iterator[Value]:
    """Yield `value` with each match of `edits` replaced; the n-th result takes the n-th of each match's inserts."""
    assert type(value) is str
    assert type(edits_) is list
    assert type(inserts) is list
    results: list[list[str]] = []
    position = 0
    for edit, texts in zip(edits_, inserts, strict=True):
        start, end, _ = cast("tuple[int, int, Value]", edit)
        gap = value[position:start]
        for number, text in enumerate(cast("list[Value]", texts)):
            if number == len(results):
                results.append([])
            results[number] += (gap, _inserted_text(gap, text))
        position = end
    rest = value[position:]
    return iter(["".join((*parts, rest)) for parts in results] or [value])


def _inserted_text(gap: str, text: Value) -> str:
    if type(text) is str:
        return text
    if text is None:
        return ""
    raise RunError(f"string ({excerpt(gap)}) and {type_name(text)} ({excerpt(text)}) cannot be added")


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "test": test,
    "match": match,
    "capture": capture,
    "_scan": scan,
    "_split": split,
    "_edits": edits,
    "_substitute": substitute,
}
