"""Suggestions for values: dates, periods, the words of enums, the numbers of treatments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta, tzinfo
from typing import Final

from ocpiq.language.lalr import Token
from ocpiq.language.partial import PartialParse
from ocpiq.prompt.cursor_type import PROBE, find_cursor_type
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.suggest_fields import enum_of
from ocpiq.prompt.suggestion import Suggestion, Surroundings
from ocpiq.values.relative_times import relative_moment, relative_period
from ocpiq.values.times import SECOND, local, zone

BOUND: Final = re.compile(r"\b(?:since|until|during)\s+([0-9a-z][0-9a-zA-Z -]*|)$")
DATES: Final = (
    "today",
    "yesterday",
    "7 days ago",
    "30 days ago",
    "1 month ago",
    "3 months ago",
    "1 year ago",
)
PARTIAL_BOUND: Final = re.compile(  # `last `, `30 days a`: parsed as a number or a name until it is complete
    r"\b(?:since|until|during)\s+((?:(?:this|last)|[0-9]+(?:\s+(?:minute|hour|day|week|month|quarter|year)s?)?)\s+[a-z]*)$"
)
UNITS: Final = ("month", "quarter", "year", "week")
PERIODS: Final = (*(f"{which} {unit}" for unit in UNITS for which in ("this", "last")), "today", "yesterday")
EQUALITY: Final = ("EQUAL", "UNEQUAL")
MEMBERSHIP: Final = (
    *("IN", "any", "all", "index", "rindex", "indices", "contains", "inside", "startswith", "endswith"),
    *("test", "match"),
)
LIST_OF_TEXTS: Final = ("_QUOTE", "LITERAL", "_COMMA")
COUNTS: Final = ("1", "10", "100", "1000")
COUNTED: Final = {
    "_NEWEST": "the last {} of the platform's list",
    "TOP": "the first {} in the order after `by`",
    "LIMIT": "the first {}; no more is read than they need",
}
NUMBERS: Final = {
    "rounded": {"1": "whole numbers", "5": "multiples of 5", "10": "multiples of 10", "0.01": "two decimals"},
    "prefix": {"2": "the first 2 characters", "4": "the first 4 characters", "6": "the first 6 characters"},
}


def suggest_bound(text: str, context: Surroundings, reader: QueryReader) -> list[Suggestion]:
    """Return the dates or periods for a bound that `text` ends with, each with the days that it means."""
    match = BOUND.search(text)
    last = reader.parse(text[: match.start(1)]).last() if match else None
    if match is None or last is None or last.kind not in ("_SINCE", "_UNTIL", "_DURING"):
        return []
    choices = _periods(context) if last.kind == "_DURING" else _dates(context)
    return [
        Suggestion(written, len(match[1]), "date", about)
        for written, about in choices
        if written.startswith(match[1]) and written != match[1]
    ]


def _zone(context: Surroundings) -> tzinfo:
    return zone(next(filter(None, context.zones), "UTC"))


def _dates(context: Surroundings) -> Iterator[tuple[str, str]]:
    """Yield the moments with the day that each means, and the starts of this month, quarter and year."""
    place = _zone(context)
    for written in DATES:
        moment = relative_moment(written, context.now, place)
        if moment is not None:
            yield written, f"{_day(moment, place):%Y-%m-%d}"
    for unit in UNITS[:3]:
        start = relative_period(f"this {unit}", context.now, place)[0]
        yield f"{_day(start, place):%Y-%m-%d}", f"the start of this {unit}"


def _periods(context: Surroundings) -> Iterator[tuple[str, str]]:
    """Yield the periods with the days that each means; the last ones as labels too."""
    place = _zone(context)
    for written in PERIODS:
        start, end = (_day(moment, place) for moment in relative_period(written, context.now, place))
        last = end - timedelta(days=1)
        yield written, f"{start:%Y-%m-%d}" + (f" to {last:%Y-%m-%d}" if last > start else "")
    for unit in UNITS[:3]:
        yield (
            _label(_day(relative_period(f"last {unit}", context.now, place)[0], place), unit),
            f"last {unit}, for a query that is kept",
        )


def _label(start: date, unit: str) -> str:
    labels = {
        "month": f"{start:%Y-%m}",
        "quarter": f"{start:%Y}-Q{(start.month + 2) // 3}",
        "year": f"{start:%Y}",
    }
    return labels[unit]


def _day(moment: int, place: tzinfo) -> date:
    return local(moment // SECOND * SECOND, place).date()


# ---------------------------------------------------------------- enums


def enum_in_string(
    read: PartialParse, word: str, context: Surroundings, reader: QueryReader
) -> Iterator[Suggestion]:
    """Yield the enum values of the field that the open string is compared with or looked for in."""
    quote = read.last()
    if quote is not None and quote.span.end == len(read.text):
        for value in _possible_values(read.tokens[:-1], read.text, context, reader):
            if value.startswith(word):
                yield Suggestion(value + '"', len(word), "value", shown=value)


def quoted_enum(
    read: PartialParse, word: str, context: Surroundings, reader: QueryReader
) -> Iterator[Suggestion]:
    """Yield the same values as whole strings, before a quote is typed."""
    if not word:
        for value in _possible_values(read.tokens, read.text, context, reader):
            yield Suggestion(f'"{value}"', 0, "value")


def _possible_values(
    tokens: Sequence[Token], text: str, context: Surroundings, reader: QueryReader
) -> tuple[str, ...]:
    """Return the enum values for a text after `tokens`: right of `==`, in a list there, or in a call such as `IN(`."""
    kept = list(tokens)
    opened: list[str] = []
    while kept and (kept[-1].kind in LIST_OF_TEXTS or (kept[-1].kind == "_LSQB" and "_LSQB" not in opened)):
        opened.append(kept.pop().kind)
    if len(kept) < 2 or (opened and opened[0] not in ("_COMMA", "_LSQB")):
        return ()
    last, before = kept[-1], kept[-2]
    if last.kind in EQUALITY and (not opened or "_LSQB" in opened):
        return _enum_at(text[: last.span.start], ("FIELD", "." + PROBE), context=context, reader=reader)
    if last.kind == "_LPAR" and before.kind == "NAME" and before.text in MEMBERSHIP:
        return _enum_at(text[: before.span.start], ("FIELD", "." + PROBE), context=context, reader=reader)
    if last.kind == "_SEMICOLON":
        pipe = (("_PIPE", "|"), ("FIELD", "." + PROBE))
        return _enum_at(text[: last.span.start], *pipe, context=context, reader=reader)
    return ()


def _enum_at(
    text: str, *tokens: tuple[str, str], context: Surroundings, reader: QueryReader
) -> tuple[str, ...]:
    program = reader.parse(text).complete(*tokens)
    return enum_of(find_cursor_type(program, context, reader).type)


# ---------------------------------------------------------------- numbers


def counts(kind: str) -> Iterator[Suggestion]:
    """Yield numbers after `newest`, `top` and `limit`."""
    if kind in COUNTED:
        for number in COUNTS:
            yield Suggestion(number, 0, "number", COUNTED[kind].format(number))


def treatment_numbers(read: PartialParse, word: str) -> Iterator[Suggestion]:
    """Yield numbers for `rounded(` and `prefix(`."""
    if len(read.tokens) > 2 and read.tokens[-1].kind == "_LPAR" and not word:
        for number, about in NUMBERS.get(read.tokens[-2].text, {}).items():
            yield Suggestion(f"{number})", 0, "number", about, number)
