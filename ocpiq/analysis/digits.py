"""The fields whose numbers are only computed with, so that it does not matter with which digits they were sent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from msgspec import Struct

from ocpiq.analysis.builtins import OF_ONE, OF_TWO
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan, PlanNode
from ocpiq.plan.types import SourceType, Type, UnionType, is_number
from ocpiq.privacy.demand import Demand

COMPUTING_OPERATORS: Final = frozenset(("-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="))
COMPUTING_BUILTINS: Final = frozenset((*OF_ONE, *OF_TWO, "not"))
COMPUTING_FOLDS: Final = frozenset(("count", "count_distinct", "sum", "avg", "stddev"))


class FieldReads(Struct):
    """The demands of the fields that a plan reads, by identity: those that it may move, those that it computes with."""

    moved: dict[int, Demand]
    computed: dict[int, Demand]


def drop_digits(body: Plan) -> None:
    """Mark the demands of the fields that the plan never moves."""
    reads = FieldReads({}, {})
    _collect(body, reads, computed=False)
    for identity, demand in reads.computed.items():
        if identity not in reads.moved:
            demand.digits = False


def _collect(node: PlanNode, reads: FieldReads, *, computed: bool) -> None:
    """Collect the fields read below a node whose outputs are `computed` with, or may be moved."""
    pending = [(node, computed)]
    while pending:
        node, computed = pending.pop()
        if isinstance(node, plan.Field):
            for demand in _demands(node.input, node.name):
                (reads.computed if computed else reads.moved)[id(demand)] = demand
        else:
            pending += _parts(node, computed=computed)


def _demands(type_: Type, name: str) -> Iterator[Demand]:
    for option in type_.options if isinstance(type_, UnionType) else (type_,):
        if isinstance(option, SourceType) and name in option.demand.fields:
            yield option.demand.fields[name]


def _parts(node: PlanNode, *, computed: bool) -> Iterator[tuple[PlanNode, bool]]:
    """Yield the nodes in a node, each with whether its outputs are only computed with."""
    match node:
        case plan.Pipe(parts=parts):
            for part, following in pairwise(parts):
                yield part, _computes(following)
            yield parts[-1], computed
        case plan.Operate(operator=operator, left=left, right=right):
            for operand, other in ((left, right), (right, left)):
                yield operand.plan, operator in COMPUTING_OPERATORS or is_number(other.type)
        case plan.Logic(left=left, right=right):
            yield left.plan, True
            yield right.plan, True
        case plan.If(condition=condition, then=then, otherwise=otherwise):
            yield condition.plan, True
            yield then, computed
            yield otherwise, computed
        case plan.Sort(body=body, keys=keys, count=count):
            yield body, computed
            yield from ((key.value.plan, True) for key in keys)
            yield from ((count, True),) if count is not None else ()
        case plan.Distinct(body=body, keys=keys):
            yield body, computed
            yield from ((key.plan, True) for key in keys)
        case plan.Aggregate(body=body, folds=folds):
            for fold in folds:
                if fold.argument is not None:
                    yield fold.argument.plan, fold.function in COMPUTING_FOLDS
            yield from ((inner, False) for inner in _inside((node.keys, node.result, body)))
        case plan.Join(body=body, right=right, keys=keys):
            yield body, computed
            yield right, False
            yield from ((side.plan, True) for key in keys for side in (key.left, key.right))
        case plan.Native(name=name, arguments=arguments) if name in COMPUTING_BUILTINS:
            yield from ((argument.plan, True) for argument in arguments)
        case _:
            yield from ((inner, False) for inner in _inside(node))


def _computes(node: PlanNode) -> bool:
    """Tell whether a node only computes with its input."""
    return isinstance(node, plan.Native) and node.name in COMPUTING_BUILTINS and not node.arguments


def _inside(value: object) -> Iterator[PlanNode]:
    """Yield the nodes in the fields of a node."""
    if isinstance(value, tuple):
        for item in value:
            yield from [item] if isinstance(item, PlanNode) else _inside(item)
    elif isinstance(value, Struct) and not isinstance(value, SourceType):
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            yield from [inner] if isinstance(inner, PlanNode) else _inside(inner)
