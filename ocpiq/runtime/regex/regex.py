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
KEPT: Final = 500  # compiled patterns


class Search(Struct, frozen=True):
    """A compiled pattern, the name of each group, and how matches are looked for.

    `filled` is the same pattern for a match that is not empty, `longest` looks for the longest match.
    """

    pattern: regex.Pattern[str]
    names: tuple[str | None, ...]
    all: bool
    filled: regex.Pattern[str] | None
    longest: bool

    def matches(self, text: str) -> Iterator[regex.Match[str]]:
        """Yield the matches in `text`, the first only without flag `g`."""
        if not self.all:
            found = self._next(text, 0)
            if found is not None:
                yield found
        elif self.filled is None and not self.longest:
            yield from self._all(text)
        else:
            place = 0
            while place <= len(text) and (found := self._next(text, place)) is not None:
                yield found
                place = found.end() if found.end() > found.start() else found.end() + 1

    def _all(self, text: str) -> Iterator[regex.Match[str]]:
        """Behind an empty match jq goes on one character later."""
        place = 0
        while place <= len(text):
            empty = False
            for found in self.pattern.finditer(text, place):
                yield found
                if found.end() == found.start():
                    place, empty = found.end() + 1, True
                    break
            if not empty:
                return

    def _next(self, text: str, place: int) -> regex.Match[str] | None:
        if self.longest:
            return self._longest(text, place)
        found = self.pattern.search(text, place)
        while self.filled is not None and found is not None and found.start() == found.end():
            filled = self.filled.match(text, found.start())
            if filled is not None:
                return filled
            found = self.pattern.search(text, found.start() + 1) if found.start() < len(text) else None
        return found

    def _longest(self, text: str, place: int) -> regex.Match[str] | None:
        best: regex.Match[str] | None = None
        while place <= len(text) and (found := self.pattern.search(text, place)) is not None:
            if best is None or found.end() - found.start() > best.end() - best.start():
                best = found
            place = found.start() + 1
        if best is not None and self.filled is not None and best.start() == best.end():
            return None
        return best


@lru_cache(maxsize=KEPT)
def search(pattern: str, flags: str) -> Search:
    """Return the compiled pattern; raise jq's errors for what is no pattern or no flag."""
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
        filled = regex.compile(rf"(?:{translated.pattern})(?!\G)", options) if "n" in flags else None
    except regex.error as error:
        fail(str(error))
    return Search(compiled, translated.names, "g" in flags, filled, "l" in flags)


def _search(value: Value, pattern: Value, flags: Value) -> tuple[str, Search]:
    if type(value) is not str:
        raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be matched, as it is not a string")
    if type(pattern) is not str:
        raise RunError(f"{type_name(pattern)} ({excerpt(pattern)}) is not a string")
    if flags is None:
        return value, search(pattern, "")
    if type(flags) is not str:
        raise RunError(f"{type_name(flags)} ({excerpt(flags)}) is not a string")
    return value, search(pattern, flags)


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
    text, found = _search(value, pattern, flags)
    return next(found.matches(text), None) is not None


def match(value: Value, *arguments: Value) -> Iterator[Value]:
    """`match(pattern)`, `match(pattern; flags)`"""
    pattern, flags = arguments if len(arguments) == 2 else _arguments(arguments[0])
    text, found = _search(value, pattern, flags)
    for hit in found.matches(text):
        captures: list[Value] = [
            _capture(hit, number, name) for number, name in enumerate(found.names, start=1)
        ]
        yield {
            "offset": hit.start(),
            "length": hit.end() - hit.start(),
            "string": hit[0],
            "captures": captures,
        }


def _capture(hit: regex.Match[str], number: int, name: str | None) -> Value:
    start, end = hit.span(number)
    if start == end:  # as jq orders the fields of a group that matched nothing
        return {"offset": start, "string": hit[number], "length": 0, "name": name}
    return {"offset": start, "length": end - start, "string": hit[number], "name": name}


def _named(hit: regex.Match[str], names: tuple[str | None, ...]) -> dict[str, Value]:
    return {name: hit[number] for number, name in enumerate(names, start=1) if name is not None}


def capture(value: Value, *arguments: Value) -> Iterator[Value]:
    """`capture(pattern)`, `capture(pattern; flags)`"""
    pattern, flags = arguments if len(arguments) == 2 else _arguments(arguments[0])
    text, found = _search(value, pattern, flags)
    return (_named(hit, found.names) for hit in found.matches(text))


def scan(value: Value, pattern: Value, flags: Value) -> Iterator[Value]:
    """`scan(pattern; flags)`; the flags hold `g`."""
    text, found = _search(value, pattern, flags)
    if found.names:
        return (list(hit.groups()) for hit in found.matches(text))
    return (hit[0] for hit in found.matches(text))


def split(value: Value, pattern: Value, flags: Value) -> Value:
    """`split(pattern; flags)`; the flags hold `g`."""
    text, found = _search(value, pattern, flags)
    parts: list[Value] = []
    place = 0
    for hit in found.matches(text):
        parts.append(text[place : hit.start()])
        place = hit.end()
    parts.append(text[place:])
    return parts


def edits(value: Value, pattern: Value, flags: Value) -> Value:
    """Return for each match where it starts and ends, and its named groups: what `sub` hands to its filter."""
    text, found = _search(value, pattern, flags)
    return [[hit.start(), hit.end(), _named(hit, found.names)] for hit in found.matches(text)]


def substitute(value: Value, found: Value, inserts: Value) -> Iterator[Value]:
    """Yield `value` with each match of `edits` replaced; the n-th result takes the n-th of each match's inserts."""
    assert type(value) is str
    assert type(found) is list
    assert type(inserts) is list
    results: list[list[str]] = []
    place = 0
    for edit, inserted in zip(found, inserts, strict=True):
        start, end, _ = cast("tuple[int, int, Value]", edit)
        gap = value[place:start]
        for number, text in enumerate(cast("list[Value]", inserted)):
            if number == len(results):
                results.append([])
            results[number] += (gap, _inserted(gap, text))
        place = end
    rest = value[place:]
    return iter(["".join((*parts, rest)) for parts in results] or [value])


def _inserted(gap: str, text: Value) -> str:
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
