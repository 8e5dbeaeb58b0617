"""The totals of sealed fields: `sum`, `avg`, `stddev` and `count_distinct` of them, added up or times a number.

Only this form is a total; so that nothing but a sum of the fields with fixed factors is ever computed from them.
"""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import Final

from msgspec import Struct

from ocpiq.analysis.context import Analysis
from ocpiq.analysis.scope import Flow
from ocpiq.errors import FieldName, Span, UserText, join, say
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Operand, Plan
from ocpiq.plan.types import NUMBER, SourceType, Type
from ocpiq.privacy.sealed import SealedFieldError, is_sealed

FUNCTIONS: Final = ("sum", "avg", "stddev", "count_distinct")
"""The functions that may take sealed fields."""

Path = tuple[str, ...]


class Total(Struct, frozen=True):
    """The argument of a total: a plan for its roles, and the fields of `source` with their factors.

    A number alone has no fields, and the factor of the empty path.
    """

    plan: Plan
    type: Type
    terms: dict[Path, Fraction]
    source: int = -1

    @property
    def number(self) -> Fraction | None:
        """The number that this is, None for one that fields are in."""
        return None if self.source >= 0 else self.terms[()]


class NotSealedError(Exception):
    """An argument is not made of sealed fields and numbers alone."""


def total(analysis: Analysis, node: tree.Call, flow: Flow) -> Total | None:
    """Return the argument of an aggregate function if it is one of sealed fields.

    None if it reads no sealed field as far as its form tells. Raises SealedFieldError for a form that is not a total.
    """
    if node.name not in FUNCTIONS or not node.arguments:
        return None
    argument = node.arguments[0]
    try:
        found = _total(analysis, argument, flow)
    except NotSealedError:
        return None
    return found if found.source >= 0 else None


def refused(node: tree.Call, error: SealedFieldError, place: Span) -> SealedFieldError:
    """Return the error for a sealed field in the argument of an aggregate function."""
    if node.name in ("count", "any", "all"):
        return error.read_by(FieldName(node.name))
    blank = error.node.blank
    path, name = UserText(blank.path), FieldName(node.name)
    if node.name not in FUNCTIONS:
        field = UserText(f"{blank.module}.{blank.path}")
        text = say("{name} would give one driver's value of {field}", name=name, field=field)
        hint = say("use {known}", known=join(map(FieldName, FUNCTIONS)))
    else:
        text = say(
            "an aggregate of {path} takes it alone, added to other such fields, or times a number", path=path
        )
        hint = say("such as {name}(.{path})", name=name, path=path)
    return SealedFieldError(error.node, text, span=place, hint=hint)


def _total(analysis: Analysis, node: tree.Expr, flow: Flow) -> Total:
    match node:
        case tree.Paren(body=body):
            return _total(analysis, body, flow)
        case tree.Negate(body=body):
            inner = _total(analysis, body, flow)
            return _combined("*", inner, _number("-1"), flow.scope.place(node))
        case tree.Number(text=text):
            return _number(text)
        case tree.Path() if all(isinstance(step, tree.Field) and not step.optional for step in node.steps):
            return _field(analysis, node, flow)
        case tree.Chain(first=first, rest=rest):
            found = _total(analysis, first, flow)
            for operator, right in rest:
                found = _combined(operator, found, _total(analysis, right, flow), flow.scope.place(node))
            return found
    raise NotSealedError


def _number(text: str) -> Total:
    number = float(text)
    if not isfinite(number):
        raise NotSealedError
    return Total(plan.Constant(number), NUMBER, {(): Fraction(number)})


def _field(analysis: Analysis, node: tree.Path, flow: Flow) -> Total:
    plan_node, type_ = analysis.resolve(node, flow.scope.plain(), flow.type)
    if not isinstance(type_, SourceType) or not is_sealed(type_.view) or _is_below_blank(plan_node):
        raise NotSealedError
    return Total(plan_node, type_, {type_.path: Fraction(1)}, type_.source)


def _is_below_blank(plan_node: Plan) -> bool:
    """Tell whether a path goes on from a sealed field: below a blank, everything has its type."""
    last = plan_node.parts[-1] if isinstance(plan_node, plan.Pipe) else plan_node
    if not isinstance(last, plan.Field):
        return True
    return isinstance(last.input, SourceType) and is_sealed(last.input.view)


def _combined(operator: str, left: Total, right: Total, place: Span) -> Total:
    terms = _terms(operator, left, right)
    operands = Operand(left.plan, left.type), Operand(right.plan, right.type)
    return Total(plan.Operate(operator, *operands, span=place), NUMBER, terms, max(left.source, right.source))


def _terms(operator: str, left: Total, right: Total) -> dict[Path, Fraction]:
    number, factor = left.number, right.number
    match operator:
        case "+" | "-" if number is None and factor is None and left.source == right.source:
            sign = 1 if operator == "+" else -1
            paths = dict.fromkeys((*left.terms, *right.terms))
            return {
                path: left.terms.get(path, Fraction()) + sign * right.terms.get(path, Fraction())
                for path in paths
            }
        case "*" if factor is not None:
            return {path: own * factor for path, own in left.terms.items()}
        case "*" if number is not None:
            return {path: own * number for path, own in right.terms.items()}
        case "/" if factor:
            return {path: own / factor for path, own in left.terms.items()}
    raise NotSealedError
