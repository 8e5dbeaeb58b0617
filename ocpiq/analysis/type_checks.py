"""Type mistakes with source fields, reported while compiling: what a field's type or enum makes impossible.

jq compares and orders values of all types, so these would be silently wrong. Plain JSON follows jq's rules, and a `?`
after an operand or around the operation marks it as intended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ocpiq.analysis import treated
from ocpiq.analysis.array_mistakes import date_hint
from ocpiq.analysis.scope import Scope
from ocpiq.errors import CompileError, Span, did_you_mean
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.types import ScalarType, SourceType, Type, UnionType, type_name

TAKES: Final = {  # the types that an operator accepts on both sides
    "+": ("number", "string", "array", "object"),
    "-": ("number", "array"),
    "*": ("number", "object"),
    "/": ("number", "string"),
    "%": ("number",),
}
ORDER: Final = ("<", "<=", ">", ">=")
PRICES: Final = ("Price", "PriceLimit")

Side = tuple[Plan, Type]


def check_operation(
    operator: str, nodes: tuple[tree.Expr, tree.Expr], sides: tuple[Side, Side], scope: Scope
) -> None:
    """Raise CompileError for a comparison or arithmetic that cannot be intended."""
    if scope.quiet or any(map(_optional, nodes)):
        return
    place = Span(nodes[0].span.start, nodes[1].span.end) if scope.at is None else scope.at
    treated.check_operation(operator, sides, place)
    fields = [_source_field(type_) for _, type_ in sides]
    names: list[str | None] = [type_name(type_) for _, type_ in sides]
    if not any(fields):
        return
    if operator in TAKES:
        _arithmetic(operator, fields, names, place)
        return
    if None not in names and "null" not in names and names[0] != names[1]:
        which = 0 if fields[0] else 1
        field = fields[which]
        assert field is not None
        says = "are never equal" if operator not in ORDER else "are ordered by type, not by value"
        text = f"{_description(field, names[which])}: it and {_a(names[1 - which])} {says}"
        hint = names[1 - which] == "number" and date_hint(field, nodes[1 - which])
        raise CompileError(text, span=place, hint=hint or _hint(field, names[1 - which]))
    if operator not in ORDER:
        for which in (0, 1):
            field = fields[which]
            if field is not None:
                _enum(field, sides[1 - which][0], scope, nodes[1 - which])


def check_numbers(label: str, type_: Type, node: tree.Expr, scope: Scope) -> None:
    """Raise CompileError if the argument of a total cannot be a number."""
    field, name = _source_field(type_), type_name(type_)
    if field is not None and name not in ("number", "null", None) and not scope.quiet and not _optional(node):
        text = f"{label} needs numbers, and {_description(field, name)}"
        raise CompileError(text, span=scope.place(node), hint=_hint(field, "number"))


def check_order(word: str, type_: Type, node: tree.Expr, scope: Scope) -> None:
    """Raise CompileError for ordering by an object, which compares field names before values."""
    field = _source_field(type_)
    if not scope.quiet and not _optional(node):
        treated.check_order(word, type_, scope.place(node))
    if field is not None and type_name(type_) == "object" and not scope.quiet and not _optional(node):
        text = f"{word} needs values that have an order, and {_description(field, 'object')}"
        raise CompileError(text, span=scope.place(node), hint=_hint(field, "number"))


def _arithmetic(operator: str, fields: list[SourceType | None], names: list[str | None], place: Span) -> None:
    for which in (0, 1):
        field, name, other = fields[which], names[which], names[1 - which]
        if field is None or name is None:
            continue
        fits = name in TAKES[operator] and other in (name, None)
        if fits or (operator == "+" and "null" in names):
            continue
        hint = _hint(field, "number" if other is None else other)
        if operator == "-" and field.view.field is not None and field.view.field.type == "DateTime":
            hint = "the time between two moments is duration_hours(end; start)"
        other_side = "" if other is None or name not in TAKES[operator] else f" and {_a(other)}"
        raise CompileError(
            f"{_description(field, name)}: `{operator}` does not take it{other_side}", span=place, hint=hint
        )


def _enum(type_: SourceType, other: Plan, scope: Scope, node: tree.Expr) -> None:
    field = type_.view.field
    if field is None or not field.enum or type_.view.treatment is not None:
        return
    for value in _constants(other):
        if value in field.enum or (field.open_enum and value.upper() not in field.enum):
            continue
        hint = did_you_mean(value, field.enum) or f"it is one of {', '.join(field.enum)}"
        raise CompileError(f"{_name(type_)} is never {value!r}", span=scope.place(node), hint=hint)


def _constants(plan_node: Plan) -> Iterator[str]:
    for part in plan_node.parts if isinstance(plan_node, plan.Comma) else (plan_node,):
        if isinstance(part, plan.Constant) and isinstance(part.value, str):
            yield part.value


def _optional(node: tree.Expr) -> bool:
    """Tell whether an operand ends in `?`."""
    while isinstance(node, tree.Paren):
        node = node.body
    if not isinstance(node, tree.Path):
        return False
    last = node.steps[-1]
    return isinstance(last, tree.Question) or last.optional


def _source_field(type_: Type) -> SourceType | None:
    """Return the source field that a value is known to be."""
    if isinstance(type_, UnionType):
        options = [option for option in type_.options if option != ScalarType("null")]
        return _source_field(options[0]) if len(options) == 1 else None
    return (
        type_
        if isinstance(type_, SourceType) and type_.view.visibility != "blank" and type_.view.field
        else None
    )


def _description(type_: SourceType, name: str | None) -> str:
    field = type_.view.field
    if name == "array" or field is None or field.leaf or not type_.path:
        return f"{_name(type_)} is {_a(name)}"
    return f"{_name(type_)} is an object ({field.type})"


def _name(type_: SourceType) -> str:
    return ".".join((type_.view.blank.module, *type_.path))


def _a(name: str | None) -> str:
    return f"{'an' if name in ('array', 'object') else 'a'} {name}"


def _hint(type_: SourceType, other: str | None) -> str:
    field = type_.view.field
    if field is None:
        return ""
    if field.type in PRICES:
        path = f".{type_.path[-1]}"
        return f"use {path} | excl_vat, or a field such as {path}.{next(iter(field.children))}"
    if type_.is_list:
        return "take one of its items, or all of them with .[]"
    if not field.leaf:
        fields = ", ".join(list(field.children)[:4])
        return f"it has fields: {fields}"
    if field.json == "string" and other == "number":
        return "convert the text to a number with tonumber"
    if field.json == "number" and other == "string":
        return "write the number without quotes"
    return ""
