"""Treatments: how a passed field is made less exact. The decision as data; the gate applies it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ocpiq.errors import (
    EMPTY,
    CompileError,
    FieldName,
    Message,
    Span,
    UserText,
    join,
    nearest,
    say,
)
from ocpiq.language import tree
from ocpiq.schema import SchemaField
from ocpiq.schema.fields import JsonType
from ocpiq.schema.pseudonym_classes import pseudonym_class

PERIODS: Final = ("hour", "day", "week", "month", "quarter", "year")
AGGREGATE: Final = "aggregate"
TREATMENTS: Final = ("pseudonym", *PERIODS, "rounded", "prefix", "present", AGGREGATE)
FORMER_NAMES: Final = {
    "bucket": "rounded",
    "grid": "rounded",
    "round": "rounded",
    "hash": "pseudonym",
    "date": "day",
}
"""What other tools call a treatment."""

SMALLEST_STEP: Final = Decimal("1e-9")
LARGEST_STEP: Final = Decimal("1e9")
LONGEST_PREFIX: Final = 255  # characters, the longest string of OCPI


class Treatment(Struct, frozen=True):
    """The treatment `name` of a passed field.

    pseudonym  text: the recipient's pseudonym of `pseudonym_class`
    hour, day, week, month, quarter, year
               DateTime: the label of the period in the time zone `zone`
    rounded    numbers and decimal text: rounded down to a multiple of `amount`
    prefix     text: the first `amount` characters
    present    any value: whether it was sent and is not null
    aggregate  numbers: a blank, which only totals over many drivers can use (`privacy/sealed.py`)
    """

    name: str
    amount: str = ""  # as written in the query
    zone: str = ""
    pseudonym_class: str = ""

    def __str__(self) -> str:
        return f"{self.name}({self.amount})" if self.amount else self.name


def treatment_of(
    path: tree.FieldPath,
    names: tuple[str, ...],
    field: SchemaField | None,
    module: str,
    zone: str,
    *,
    has_totals: bool = False,
) -> Treatment | None:
    """Return the treatment that a clause gives a field; None without one.

    `field` is None for a vendor's field; `has_totals` if its module has drivers. Raises CompileError if there is no
    such treatment, or not for such a field.
    """
    node = path.treatment
    if node is None:
        return None
    if not names:
        raise CompileError(
            say("a treatment is for a field, not for the whole object"),
            span=path.span,
            hint=say("write pass ., and the field with its treatment after it"),
        )
    if node.name not in TREATMENTS:
        raise unknown_treatment(node)
    amount = _amount(node)
    problem = mismatch(node.name, field, full_path_text(module, names))
    if problem:
        hint = say(
            "{kind} takes {words}", kind=_kind(field), words=_words(suitable(field, totals=has_totals))
        )
        raise CompileError(problem, span=path.span, hint=hint)
    class_ = "" if field is None or node.name != "pseudonym" else pseudonym_class(module, field)
    return Treatment(node.name, amount, zone if node.name in PERIODS else "", class_)


def full_path_text(module: str, names: Sequence[str]) -> UserText:
    """Return the module and the path of a field that the query names, for a message."""
    return UserText(".".join((module, *names)))


def two_ways(module: str, names: Sequence[str], span: Span | None) -> CompileError:
    """Return the error for a field that a query passes with two treatments, or with one and in the clear."""
    message = say("{field} is passed in two ways", field=full_path_text(module, names))
    return CompileError(message, span=span, hint=say("pass it the same way everywhere"))


def unknown_treatment(node: tree.Treatment) -> CompileError:
    """Return the error for a treatment that does not exist."""
    close = FORMER_NAMES.get(node.name) or nearest(node.name, TREATMENTS)
    hint = (
        say("did you mean {word}?", word=FieldName(close))
        if close
        else say("available: {words}", words=_words(TREATMENTS))
    )
    span = Span(node.span.start, node.span.start + len(node.name))  # without the number, for the quick fix
    return CompileError(say("unknown treatment {name}", name=UserText(node.name)), span=span, hint=hint)


def _words(words: Iterable[str]) -> Message:
    """Return names of treatments as a list, with `(n)` for their numbers."""
    return join(
        say("{word}(n)", word=FieldName(word.partition("(")[0])) if "(" in word else FieldName(word)
        for word in words
    )


def takes_amount(name: str, amount: str) -> bool:
    """Tell whether a number is the size of the steps of `rounded`, or the length of a `prefix`."""
    if name == "rounded":
        return SMALLEST_STEP <= Decimal(amount) <= LARGEST_STEP
    return name == "prefix" and amount.isdigit() and 1 <= int(amount) <= LONGEST_PREFIX


def _amount(node: tree.Treatment) -> str:
    """Return the number of a treatment, checked."""
    if node.name not in ("rounded", "prefix"):
        if node.amount is None:
            return ""
        name = FieldName(node.name)
        raise CompileError(
            say("{name} takes no number", name=name), span=node.span, hint=say("write as {name}", name=name)
        )
    if node.name == "rounded":
        if node.amount is not None and takes_amount("rounded", node.amount):
            return format(Decimal(node.amount).normalize(), "f")
        raise CompileError(
            say("rounded takes the size of its steps"),
            span=node.span,
            hint=say("such as rounded(5) or rounded(0.01)"),
        )
    if node.amount is None or not takes_amount("prefix", node.amount):
        raise CompileError(
            say("prefix takes a number of characters"), span=node.span, hint=say("such as prefix(4)")
        )
    return str(int(node.amount))


def mismatch(name: str, field: SchemaField | None, path: UserText) -> Message:
    """Return why a treatment does not fit a field; empty if it does. A vendor's field may have any type."""
    if name == "present":
        return EMPTY
    if field is None:
        return (
            say("{path} is a vendor's field and has no pseudonym", path=path)
            if name == "pseudonym"
            else EMPTY
        )
    if not field.leaf:
        return say("{path} is an object; a treatment is for one of its fields", path=path)
    if name in PERIODS:
        return EMPTY if field.type == "DateTime" else say("{path} is not a DateTime", path=path)
    if name == AGGREGATE:
        return EMPTY if field.json == "number" else say("{path} is not a number", path=path)
    if name == "rounded":
        is_number = field.json == "number" or field.mark == "decimal"
        return EMPTY if is_number else say("{path} is not a number", path=path)
    if is_text(field):
        return EMPTY
    if name == "pseudonym":
        return say("{kind} has no pseudonym, and {path} is one", kind=_kind(field), path=path)
    return say("{path} is not text", path=path)


def result_type(treatment: Treatment, field: SchemaField | None) -> JsonType | None:
    """Return the JSON type of treated values; None if only the values tell it."""
    if treatment.name == "present":
        return "boolean"
    if treatment.name == "rounded":
        return None if field is None else field.json
    if treatment.name == AGGREGATE:
        return "number"
    return "string"


def is_text(field: SchemaField) -> bool:
    """Tell whether a field is free text or an identifier: a string, but not a DateTime, a number or an enum."""
    return field.json == "string" and field.type != "DateTime" and not field.mark and not field.enum


def suitable(field: SchemaField | None, *, totals: bool = False) -> tuple[str, ...]:
    """Return the treatments that fit a field, as a query writes them; numbers are examples.

    With `totals`, its module has drivers, and the field is not in a list: a number can be for aggregates only.
    """
    if field is None:
        return ("hour", "day", "week", "month", "quarter", "year", "rounded(5)", "prefix(4)", "present")
    if not field.leaf:
        return ("present",)
    if field.type == "DateTime":
        return (*PERIODS, "present")
    if field.mark == "decimal":
        return ("rounded(0.01)", "present")
    if field.json == "number":
        return ("rounded(5)", "present", AGGREGATE) if totals else ("rounded(5)", "present")
    return ("pseudonym", "prefix(4)", "present") if is_text(field) else ("present",)


def _kind(field: SchemaField | None) -> Message:
    """Return what a field is, for a message."""
    if field is None:
        return say("a vendor's field")
    if not field.leaf:
        return say("an object")
    if is_text(field):
        return say("text")
    if field.json == "number":
        return say("a number")
    if field.json == "boolean":
        return say("a boolean")
    if field.type == "DateTime":
        return say("a DateTime")
    return say("a word of a list") if field.enum else say("a decimal number")
