"""The words of SQL that people write out of habit, each with the form that this language has for it."""

from __future__ import annotations

import re
from typing import Final

from ocpiq.values.patterns import lazy_pattern

FORMS: Final[dict[str, str]] = {
    "where": "write a condition as | select(.kwh > 3)",
    "having": "write a condition as | select(.count > 3)",
    "group": "write groups as | aggregate count by .status",
    "order": "write the order as | sort by .kwh desc",
    "from": "write the module first: sessions only id, kwh | …",
    "like": 'write .id | test("^NL")',
    "ilike": 'write .id | test("^nl"; "i")',
    "between": "write .kwh >= 1 and .kwh <= 5",
    "in": 'write .status | IN("ACTIVE", "COMPLETED")',
    "is": "write .kwh == null, or .kwh != null",
    "offset": "write limit 20 alone; a window takes since and until",
    "union": "write (sessions …), (cdrs …)",
}
"""What to write, by the word in lower case."""

KEYWORDS: Final = ("and", "or", "if", "then", "else", "end", "limit", "join", "on", "as", "by", "asc", "desc")
BEFORE_BY: Final = lazy_pattern(r"\b(group|order)\s+$", re.IGNORECASE)
AFTER_SELECT: Final = lazy_pattern(r"(?:^|[|(])\s*select\s+$", re.IGNORECASE)
SELECT_FROM: Final = lazy_pattern(r"\s*select\b.*\bfrom\b", re.IGNORECASE | re.DOTALL)
COUNT_OF_ALL: Final = lazy_pattern(r"\bcount\s*\(\s*$", re.IGNORECASE)


def sql_hint(text: str, start: int, word: str) -> str:
    """Return the form for the SQL at an unexpected `word`, which starts there in the query; "" if it is none."""
    before = text[:start]
    if SELECT_FROM.match(text):
        return FORMS["from"]
    if AFTER_SELECT.search(before):
        return "write select(.kwh > 3), with parentheses; fields are chosen with {id, kwh}"
    if word == "*" and COUNT_OF_ALL.search(before):
        return "write count, without *"
    if word.lower() == "by" and (match := BEFORE_BY.search(before)):
        return FORMS[match[1].lower()]
    if word.isupper() and word.lower() in KEYWORDS:
        return f"write it in lower case: {word.lower()}"
    return FORMS.get(word.lower(), "")
