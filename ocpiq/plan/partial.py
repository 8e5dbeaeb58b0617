"""Splits a plan in two: what each part of the data is asked, and what is done with the answers of all parts.

The plan is cut at the innermost stage that works on the whole stream. Everything below it looks at one object at a
time, so any part of the objects can be read by itself; the stage is run over each part and then over what the parts
sent, in their order. That gives the same results to the bit: a sort is stable, sums are exact, and the states of
aggregates merge in order. What is not known to behave so is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import Message, Span, UserText, say
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.walk import descendants
from ocpiq.privacy.sealed import sealed_paths

IN_ORDER: Final = {  # builtins that see more than one object, or act on the run
    "input": "reads inputs one after the other",
    "inputs": "reads inputs one after the other",
    "input_filename": "depends on the input that was read last",
    "input_line_number": "depends on the input that was read last",
    "debug": "writes while the objects are read",
    "stderr": "writes while the objects are read",
    "halt": "ends the run",
    "halt_error": "ends the run",
}
WHOLE_STREAM: Final[dict[type, str]] = {
    plan.MakeArray: "`[…]` holds all objects at once",
    plan.Reduce: "`reduce` takes the objects one after the other",
    plan.Foreach: "`foreach` takes the objects one after the other",
    plan.Label: "it stops in the middle of the objects",
    plan.Comma: "`,` reads one source after the other",
    plan.If: "a condition decides whether the source is read",
    plan.Otherwise: "`//` stops in the middle of the objects",
    plan.Try: "`try` stops in the middle of the objects",
}
SOURCE_FIRST: Final = say("begin with the source: cdrs | …")
HINTS: Final[dict[type, Message]] = {
    plan.MakeArray: say("write it with aggregate collect, or aggregate with the totals that you need"),
    plan.Reduce: say("write it with aggregate"),
    plan.Foreach: say("write it with aggregate, or look at each object by itself"),
    plan.Label: say("write it with limit"),
    plan.Comma: say("run it once for each source"),
    plan.If: say("put the condition after the source: cdrs | if …, or cdrs | limit 3"),
    plan.Otherwise: say("put it after the source: cdrs | (… // …)"),
    plan.Try: say("put it after the source: cdrs | try …"),
}
PORTABLE_FOLDS: Final = frozenset(
    (
        *("count", "sum", "avg", "min", "max", "first", "last", "any", "all"),
        *("stddev", "median", "quantile", "count_distinct", "collect"),
    )
)
LARGE_STATES: Final = frozenset(("median", "quantile", "count_distinct", "collect"))
"""Aggregates whose state is as large as the data."""

Stage: TypeAlias = plan.Take | plan.Sort | plan.Distinct | plan.Aggregate


class Split(Struct, frozen=True):
    """A plan in two: `part` for a part of the objects of source `source`, `rest` for what all parts send.

    `stage` is where it was cut, None where every object is looked at by itself. `read_by_each` are the sources that
    each part reads whole: the right sides of joins. `large` says that what the parts send may be as large as the data:
    then it takes longer to send than several processes save.
    """

    source: int
    part: Plan
    rest: Plan
    stage: Stage | None
    carried: tuple[str, ...]
    read_by_each: tuple[int, ...]
    large: bool

    @property
    def name(self) -> str:
        """The name of the stage in the language; empty without one."""
        return "" if self.stage is None else STAGE_NAMES[type(self.stage)]


STAGE_NAMES: Final[dict[type, str]] = {
    plan.Take: "limit",
    plan.Sort: "sort by",
    plan.Distinct: "distinct by",
    plan.Aggregate: "aggregate",
}


class Obstacle(Exception):
    """Why a plan cannot be split, and how the query could be written instead."""

    def __init__(self, reason: Message, hint: Message, span: Span | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.hint = hint
        self.span = span


class _Cut(Struct, frozen=True):
    """The way down to a source: the stage, if one was met, and how the nodes above are made again.

    `below` puts a node where the parts run it, inside the definitions and variables that it needs; `above` puts a node
    where the rest of the plan continues.
    """

    node: Plan
    stage: Stage | None
    below: Callable[[Plan], Plan]
    above: Callable[[Plan], Plan]


def split(query: QueryPlan) -> Split:
    """Return the two plans of a query. Raises Obstacle."""
    if not query.sources:
        raise Obstacle(say("the query reads no OCPI module"), hint=SOURCE_FIRST)
    _check_everywhere(query)
    found = _descend(query.body)
    left = _left_source(found.node)
    for source in query.sources:
        if sealed_paths(
            source.view, source.demand
        ):  # whether a group may be shown is known after the last part
            text = say(
                "a part of it could have few drivers, and would send the totals of fields for aggregates only"
            )
            raise Obstacle(
                text, hint=say("one process reads it: leave out --jobs and --cluster"), span=source.span
            )
    if query.sources[left].newest is not None:
        raise Obstacle(say("`newest` depends on all pages"), hint=say("write it with top"))
    scans = (node.source for node in descendants(found.below(found.node)) if isinstance(node, plan.Scan))
    read_by_each = tuple(dict.fromkeys(number for number in scans if number != left))
    if found.stage is None:
        rest = found.above(plan.Received(outputs=Outputs.MANY))
        return Split(left, found.below(found.node), rest, None, (), read_by_each, large=True)
    stage = found.stage
    bound = set(_bound(stage))
    continued = found.above(replace(_after_gathering(stage), body=plan.Received()))
    carried = tuple(sorted(name for name in _used(continued) if name in bound))
    if isinstance(stage, plan.Aggregate):
        if carried:
            raise Obstacle(
                say("a variable of an object is used after the aggregate"),
                hint=say("make it a key of the aggregate"),
            )
        _check_folds(stage)
        sent: Plan = plan.Gather(stage)
    else:
        sent = plan.Carry(stage, carried, outputs=Outputs.MANY) if carried else stage
    received = plan.Received(carried, outputs=Outputs.MANY)
    rest = found.above(replace(stage, body=received))
    return Split(left, found.below(sent), rest, stage, carried, read_by_each, _is_large(stage))


def _after_gathering(stage: Stage) -> Stage:
    """Return a stage without what only the parts evaluate: the keys and arguments of an aggregate."""
    if not isinstance(stage, plan.Aggregate):
        return stage
    return replace(stage, keys=None, folds=tuple(replace(fold, argument=None) for fold in stage.folds))


def _is_large(stage: Stage) -> bool:
    """Tell whether what the parts send may be as large as the data."""
    match stage:
        case plan.Take():
            return False
        case plan.Sort(count=count):
            return count is None
        case plan.Aggregate(folds=folds):
            return any(fold.function in LARGE_STATES or _collects_net(fold) for fold in folds)
    return True


def _collects_net(fold: plan.Fold) -> bool:
    """Tell whether an aggregate keeps all values to find those that a credit cancels."""
    return bool(fold.weight) and fold.function not in plan.ADDITIVE


def _check_everywhere(query: QueryPlan) -> None:
    """Refuse what depends on the order of the run anywhere in the query."""
    for node in descendants(query.body):
        if isinstance(node, plan.Native) and node.name in IN_ORDER:
            raise Obstacle(
                say("`{name}` {reason}", name=UserText(node.name), reason=UserText(IN_ORDER[node.name])),
                hint=say("leave it out"),
                span=node.span,
            )


def _check_folds(stage: plan.Aggregate) -> None:
    for fold in stage.folds:
        if fold.function not in PORTABLE_FOLDS:
            raise Obstacle(
                say("the aggregate {fold} cannot be put together from parts", fold=UserText(fold.label)),
                hint=say("leave it out"),
                span=stage.span,
            )


def _descend(node: Plan) -> _Cut:
    """Follow the left end of a plan down to its source."""
    match node:
        case plan.Scan():
            return _Cut(node, None, _itself, _itself)
        case plan.Pipe(parts=parts):
            return _descend_pipe(node, parts)
        case plan.Bind(source=source, body=body):
            return _descend_bind(node, source, body)
        case plan.Function(body=body):
            inner = _descend(body)

            def define(below: Plan, node: plan.Function = node) -> Plan:
                return replace(node, body=below, outputs=below.outputs)

            return _Cut(inner.node, inner.stage, _then(inner.below, define), _then(inner.above, define))
        case (
            plan.Take(body=body) | plan.Sort(body=body) | plan.Distinct(body=body) | plan.Aggregate(body=body)
        ):
            _check_no_scan(_own_parts(node))
            inner = _descend(body)
            if inner.stage is not None:
                return replace(inner, above=_then(inner.above, lambda below: replace(node, body=below)))
            stage = replace(node, body=inner.node)
            return _Cut(stage, stage, inner.below, inner.above)
        case plan.Join(body=body):
            inner = _descend(body)
            if inner.stage is not None:
                return replace(inner, above=_then(inner.above, lambda below: replace(node, body=below)))
            return replace(inner, node=replace(node, body=inner.node))
    raise _obstacle(node)


def _descend_pipe(node: plan.Pipe, parts: tuple[Plan, ...]) -> _Cut:
    at = next((place for place, part in enumerate(parts) if _has_scan(part)), -1)
    if at < 0:
        raise Obstacle(say("no source stands at the left end"), hint=SOURCE_FIRST)
    before, after = parts[:at], parts[at + 1 :]
    if any(part.outputs is not Outputs.ONE for part in before):
        raise Obstacle(say("the source is read more than once"), hint=SOURCE_FIRST, span=node.span)
    _check_no_scan(after)
    inner = _descend(parts[at])

    def enclose(below: Plan) -> Plan:
        return _pipe((*before, below))

    if inner.stage is not None:
        return replace(
            inner,
            below=_then(inner.below, enclose),
            above=_then(inner.above, lambda below: _pipe((*before, below, *after))),
        )
    return _Cut(_pipe((inner.node, *after)), None, _then(inner.below, enclose), _then(inner.above, enclose))


def _descend_bind(node: plan.Bind, source: Plan, body: Plan) -> _Cut:
    if not _has_scan(body):
        inner = _descend(source)
        if inner.stage is not None:
            return replace(inner, above=_then(inner.above, lambda below: _bind(node, below, body)))
        return replace(inner, node=replace(node, source=inner.node))
    if source.outputs is not Outputs.ONE:
        raise Obstacle(say("the source is read more than once"), hint=SOURCE_FIRST, span=node.span)
    inner = _descend(body)  # each part evaluates the variable by itself

    def enclose(below: Plan) -> Plan:
        return replace(node, body=below, outputs=below.outputs)

    def enclose_use(below: Plan) -> Plan:
        return enclose(below) if node.name in _used(below) else below

    return _Cut(inner.node, inner.stage, _then(inner.below, enclose), _then(inner.above, enclose_use))


def _bind(node: plan.Bind, source: Plan, body: Plan) -> Plan:
    return replace(node, source=source, body=body)


def _pipe(parts: tuple[Plan, ...]) -> Plan:
    if len(parts) == 1:
        return parts[0]
    outputs = Outputs.ONE
    for part in parts:
        outputs = outputs.then(part.outputs)
    return plan.Pipe(parts, outputs=outputs)


def _itself(node: Plan) -> Plan:
    return node


def _then(first: Callable[[Plan], Plan], second: Callable[[Plan], Plan]) -> Callable[[Plan], Plan]:
    return lambda node: second(first(node))


def _own_parts(node: Plan) -> tuple[object, ...]:
    """Return what a stage has besides its body."""
    return tuple(getattr(node, name) for name in node.__struct_fields__ if name != "body")


def _has_scan(node: object) -> bool:
    return any(isinstance(inner, plan.Scan) for inner in descendants(node))


def _check_no_scan(parts: tuple[object, ...]) -> None:
    if any(_has_scan(part) for part in parts):
        raise Obstacle(say("a source is read within an expression"), hint=say("join it"))


def _obstacle(node: Plan) -> Obstacle:
    reason = WHOLE_STREAM.get(type(node), "the source is used within an expression")
    hint = HINTS.get(type(node), SOURCE_FIRST)
    return Obstacle(say("{reason}", reason=UserText(reason)), hint=hint, span=node.span)


def _left_source(node: Plan) -> int:
    """Return the number of the source at the left end."""
    match node:
        case plan.Scan(source=source):
            return source
        case plan.Pipe(parts=parts):
            return _left_source(parts[0])
        case plan.Bind(source=source):
            return _left_source(source)
        case plan.Take() | plan.Sort() | plan.Distinct() | plan.Aggregate() | plan.Join():
            return _left_source(node.body)
    raise AssertionError(type(node).__name__)


def _used(node: Plan) -> set[str]:
    """Return the names of the locals that a plan reads."""
    used = {inner.name for inner in descendants(node) if isinstance(inner, plan.Local)}
    return used | {
        name for inner in descendants(node) if isinstance(inner, plan.Sort) for name in inner.carried
    }


def _bound(node: Plan) -> Iterator[str]:
    """Yield the names of the locals that accompany the outputs of a plan."""
    for inner in descendants(node):
        match inner:
            case plan.Bind(name=name) | plan.Join(name=name) | plan.Scan(weight=name) if name:
                yield name
