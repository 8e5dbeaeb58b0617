"""Chooses the error to show and applies its fix to the text: a corrected name, a field added to `pass`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from ocpiq.errors import OcpiqError, QuerySyntaxError, nearest
from ocpiq.language.lalr import Token
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.suggest import suggest
from ocpiq.prompt.suggest_values import PARTIAL_BOUND
from ocpiq.prompt.suggestion import Surroundings
from ocpiq.prompt.validator import Validation

DID_YOU_MEAN: Final = re.compile(r"did you mean (.+)\?$")
PASS_HINT: Final = re.compile(r"to use it: (?P<module>\w+) (?P<clause>pass) (?P<path>\S+)$")
ONLY_HINT: Final = re.compile(r"to use it: (?P<clause>only) …, (?P<path>\S+)$")
PARTIAL_DATE: Final = re.compile(
    r"(?<!\S)[0-9][0-9TQWZ:.+-]*$"
)  # an incomplete date is parsed as numbers and operators
NAME: Final = re.compile(r"[$@]?[\w.]*\w")
PATH_TOKENS: Final = frozenset(
    ("NAME", "RESERVED", "FIELD", "FORMAT", "LITERAL", "_DOT", "_COMMA", "_QUOTE", "_AS")
)
CLAUSES: Final = {
    "_PASS": "pass",
    "_ONLY": "only",
    "_SINCE": "",
    "_UNTIL": "",
    "_DURING": "",
    "_NEWEST": "",
    "_NET": "",
}
# What clauses take besides paths.
VALUE_TOKENS: Final = frozenset(
    ("DATE", "PERIOD", "AGO", "RELATIVE_DAY", "RELATIVE_PERIOD", "INTEGER", "VARIABLE")
)


def visible_mistake(
    text: str,
    cursor: int,
    look: Callable[[str], Validation],
    context: Surroundings,
    reader: QueryReader | None = None,
) -> OcpiqError | None:
    """Return the error to show; one at the cursor only if there is no completion and a fix is known."""
    mistake = certain_mistake(text, cursor, look)
    other = look(text).mistake
    if mistake is not None or other is None or _partial_date(text, cursor, other):
        return mistake
    return None if suggest(text, cursor, context, reader) or not has_fix(text, look, reader) else other


def certain_mistake(text: str, cursor: int, look: Callable[[str], Validation]) -> OcpiqError | None:
    """Return the error, unless it is one of the word at the cursor, which may be incomplete."""
    mistake = look(text).mistake_at(cursor)
    return None if mistake is not None and _partial_date(text, cursor, mistake) else mistake


def _partial_date(text: str, cursor: int, mistake: OcpiqError) -> bool:
    date, bound = PARTIAL_DATE.search(text, 0, cursor), PARTIAL_BOUND.search(text, 0, cursor)
    starts = [date.start()] if date else [bound.start(1)] if bound else []
    return mistake.span is not None and any(start <= mistake.span.start for start in starts)


def has_fix(text: str, look: Callable[[str], Validation], reader: QueryReader | None = None) -> bool:
    """Tell whether the fix of the first error is known; what follows the error is not looked at, if it can be."""
    mistake = look(text).mistake
    if mistake is None or not mistake.hint:
        return False
    start = text[: mistake.span.end] if mistake.span is not None else text
    validation = look(start)
    there = validation.mistake or validation.possible_mistake
    if there is None or there.message != mistake.message:
        start = text
    known = reader or QueryReader()

    def is_fixed() -> bool:
        return any(_is_fixed(mistake, look(other)) for other in _candidates(start, mistake, known))

    return known.once(("has_fix", start, mistake.message, mistake.hint), is_fixed)


def apply_fix(text: str, look: Callable[[str], Validation], reader: QueryReader | None = None) -> str | None:
    """Return the text with its first error fixed as the hint says, or None if that fails.

    The returned text has been validated: that error is gone.
    """
    mistake = look(text).mistake
    if mistake is None or not mistake.hint:
        return None
    candidates = _candidates(text, mistake, reader or QueryReader())
    return next((other for other in candidates if _is_fixed(mistake, look(other))), None)


def _is_fixed(mistake: OcpiqError, after: Validation) -> bool:
    other = after.mistake or after.possible_mistake
    if isinstance(other, QuerySyntaxError):
        before, behind = mistake.span, other.span
        as_bad = isinstance(mistake, QuerySyntaxError)
        return as_bad and before is not None and behind is not None and behind.start > before.end
    return other is None or other.message != mistake.message


def _candidates(text: str, mistake: OcpiqError, reader: QueryReader) -> Iterator[str]:
    """Yield possible fixes of the text, most likely first."""
    if match := DID_YOU_MEAN.search(mistake.hint):
        yield from _replace_names(text, mistake, match[1])
    elif match := PASS_HINT.search(mistake.hint) or ONLY_HINT.search(mistake.hint):
        for place, piece in _insertions(reader.parse(text).tokens, match.groupdict()):
            yield text[:place] + piece + text[place:]


def _replace_names(text: str, mistake: OcpiqError, meant: str) -> Iterator[str]:
    """Yield the text with a name in the marked span, or just before it, replaced by `meant`."""
    if mistake.span is None:
        return
    names = list(NAME.finditer(text, 0, mistake.span.end))
    within = [match for match in names if match.end() > mistake.span.start]
    before = [match for match in names if match.end() <= mistake.span.start][-1:]
    for matches in (within, before):
        closest = nearest(meant, [match[0].lstrip(".") for match in matches])
        for match in matches:
            if match[0].lstrip(".") == closest:
                end = match.end()
                yield text[: end - len(closest)] + meant + text[end:]


def _insertions(tokens: list[Token], wanted: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the offsets at which a path can be added to the clauses of a source, with the text to insert."""
    for number, token in enumerate(tokens):
        if token.kind != "NAME" or token.text != wanted.get("module", token.text):
            continue
        joined = number > 0 and tokens[number - 1].kind in ("JOIN", "EACH")
        first = number + 3 if joined else number + 1
        ends = _path_ends(tokens, first)
        if wanted["clause"] in ends:
            yield ends[wanted["clause"]], f", {wanted['path']}"
        elif wanted["clause"] == "pass":
            net = first < len(tokens) and tokens[first].kind == "_NET"
            yield tokens[min(first + net, len(tokens)) - 1].span.end, f" pass {wanted['path']}"


def _path_ends(tokens: list[Token], first: int) -> dict[str, int]:
    """Return the end offsets of the paths of `pass` and `only` in the clauses that start at token `first`."""
    ends: dict[str, int] = {}
    clause = None
    is_amount = False  # of a treatment: `as rounded(5)`
    for token in tokens[first:]:
        if clause in ends and (token.kind == "_AS" or (token.kind == "_LPAR" and not is_amount) or is_amount):
            ends[clause] = token.span.end
            is_amount = token.kind == "_LPAR" or (is_amount and token.kind != "_RPAR")
        elif token.kind in CLAUSES:
            clause = CLAUSES[token.kind]
        elif clause is None or token.kind not in PATH_TOKENS | VALUE_TOKENS:
            break
        elif clause and token.kind in PATH_TOKENS:
            ends[clause] = token.span.end
    return ends
