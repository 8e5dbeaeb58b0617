"""A hint before a private identifier gets into the history: `:arg` keeps its value out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ocpiq.language.lalr import Token
from ocpiq.prompt.field_states import FieldStates

COMPARES: Final = ("EQUAL", "UNEQUAL")
IDENTIFIERS: Final = ("id", "uid", "number", "reference", "plate", "code")  # the last part of a field's name


def literal_hint(tokens: Sequence[Token], states: FieldStates) -> str:
    """Return the hint if a private identifier, which the query passes, is compared with a text; else ""."""
    private = {span.end for span, state in states if state in ("passed", "treated", "blanked")}
    for field, operator, quote, literal in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False):
        name = field.text.lstrip(".")
        is_text = operator.kind in COMPARES and quote.kind == "_QUOTE" and literal.kind == "LITERAL"
        if is_text and field.span.end in private and name.rpartition("_")[2] in IDENTIFIERS:
            return f"the history keeps this {name}; to keep it out: :arg {name} VALUE, then write ${name}"
    return ""
