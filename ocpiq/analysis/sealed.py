"""What may stand around a total of sealed fields: an allow-list on the plan. Everything else is refused.

A source with sealed fields that the query reads must go into one `aggregate` with a total of them. Before it, each
object gives at most one value, chosen and grouped by clear fields that tell neither objects nor drivers apart. So every
group is a part of the objects, each object is in one group, and the runtime has only to count the drivers of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import Final, NoReturn

from ocpiq.analysis.sealed_totals import FUNCTIONS
from ocpiq.errors import FieldName, Message, PrivacyError, Span, UserText, say
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.plan.walk import descendants
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.sealed import is_sealed, sealed_paths
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import SchemaField
from ocpiq.schema.pseudonym_classes import pseudonym_class
from ocpiq.values.times import local, zone

Path = tuple[str, ...]

BESIDE: Final = ("count", *FUNCTIONS)
"""The functions that may stand in an aggregate with totals of sealed fields."""

TELLING: Final = {
    "record": "objects",
    "invoice": "objects",
    "driver": "drivers",
    "token": "drivers",
}
"""The classes of fields that tell objects or drivers apart."""

DAYS: Final = ("day", "week", "month", "quarter", "year")

SIMPLE: Final = (
    plan.Identity,
    plan.Constant,
    plan.RunVariable,
    plan.Field,
    plan.Pipe,
    plan.MakeObject,
    plan.Interpolate,
    plan.Operate,
    plan.Logic,
    plan.Negate,
    plan.Otherwise,
    plan.If,
)
"""The nodes of an expression before an aggregate, besides the variable of a join and the builtins below."""

BUILTINS: Final = {
    *("empty", "not", "type", "length", "tostring", "tonumber", "floor", "ceil", "round", "fixed", "abs"),
    *("ascii_downcase", "ascii_upcase", "ltrimstr", "rtrimstr", "trim", "ltrim", "rtrim"),
    *("startswith", "endswith", "test", "contains", "month", "week", "quarter", "year", "day", "weekday"),
}

SINGLES_OUT: Final = {plan.Take: say("limit"), plan.Sort: say("top"), plan.Distinct: say("distinct by")}
MORE_THAN_ONCE: Final = {plan.Iterate: say(".[]"), plan.Comma: say("a comma"), plan.Join: say("join each")}
ALLOWED: Final = say("before it may stand select(…), an object such as {{city}}, and join")


def check_sealed(body: Plan, sources: tuple[SourcePlan, ...], zone_name: str) -> None:
    """Raise PrivacyError if the query uses a sealed field in any way but the one that is allowed."""
    sealed = {number: paths for number, source in enumerate(sources) if (paths := _read(source))}
    if not sealed:
        return
    if len(sealed) > 1:
        second = sources[sorted(sealed)[1]]
        raise PrivacyError(
            say("a query can have one source with fields for aggregates only"),
            span=second.span,
            hint=say("the difference of two totals could be one driver's value; run two queries"),
        )
    nodes = list(descendants(body))
    for number, paths in sealed.items():
        _check_source(number, paths, sources, nodes)
        check_whole_days(sources[number], _bounds(sources[number]), zone(zone_name))


def _check_source(
    number: int, paths: tuple[Path, ...], sources: tuple[SourcePlan, ...], nodes: Sequence[object]
) -> None:
    """Raise if a sealed field of a source goes anywhere but into one aggregate."""
    totals = [
        node
        for node in nodes
        if isinstance(node, plan.Aggregate) and any(fold.source == number for fold in node.folds)
    ]
    scans = [node for node in nodes if isinstance(node, plan.Scan) and node.source == number]
    if (
        len(totals) != 1
        or len(scans) != 1
        or any(fold.source not in (-1, number) for fold in totals[0].folds)
    ):
        _refuse_shown(sources[number], paths, nodes)
    checker = Checker(number, sources, paths)
    checker.check_aggregate(totals[0])
    if checker.scanned != [number]:
        _refuse_shown(sources[number], paths, nodes)
    for read in (number, *checker.joined):
        _check_clauses(sources[read], checker.path)
        check_fields(sources[read], checker.path)


def _read(source: SourcePlan) -> tuple[Path, ...]:
    return sealed_paths(source.view, source.demand)


def _refuse_shown(source: SourcePlan, paths: Sequence[Path], nodes: Iterable[object]) -> NoReturn:
    """Raise for a sealed field that no total takes."""
    path = ".".join(paths[0])
    field = f"{source.module}.{path}"
    problem = say("{field} is for aggregates only, and the results show it", field=UserText(field))
    if any(isinstance(node, plan.Aggregate) for node in nodes):
        problem = say("{field} is for aggregates only, and it is read outside of one", field=UserText(field))
    hint = say("such as {module} pass {path} as aggregate | aggregate sum(.{path})",
               module=UserText(source.module), path=UserText(path))  # fmt: skip
    raise PrivacyError(problem, span=source.span, hint=hint)


class Checker:
    """Checks the plan of an aggregate with totals of the sealed `paths` of source `number`.

    `scanned` are the sources whose objects it takes, `joined` those that it joins to them.
    """

    def __init__(self, number: int, sources: tuple[SourcePlan, ...], paths: Sequence[Path]) -> None:
        self.number = number
        self.sources = sources
        self.path = ".".join(paths[0])
        self.scanned: list[int] = []
        self.joined: list[int] = []
        self.locals: set[str] = set()
        self.span: Span | None = None

    def check_aggregate(self, node: plan.Aggregate) -> None:
        """Check everything before the aggregate and in it, except its result, which has only totals."""
        self.span = node.span
        self.check_stream(node.body, self.scanned, node)
        for key in node.keys or ():
            self.check_expression(key.value.plan, node)
        for fold in node.folds:
            if fold.function not in BESIDE:
                text = say(
                    "{name} is not a total, and cannot stand beside one of {path}",
                    name=FieldName(fold.function),
                    path=UserText(self.path),
                )
                self.refuse(text, node, say("use another query for it"))
            if fold.argument is not None and not fold.terms:
                self.check_expression(fold.argument.plan, node)

    def check_stream(self, node: Plan, scanned: list[int], holder: plan.PlanNode) -> None:
        """Check what gives the values: a source, what is done with each of its objects, and joins."""
        match node:
            case plan.Scan(source=source):
                scanned.append(source)
            case plan.Pipe(parts=(first, *rest)):
                self.check_stream(first, scanned, node)
                for part in rest:
                    self.check_expression(part, part)
            case plan.Join(body=body, right=right, keys=keys, each=False):
                self.check_stream(body, scanned, node)
                self.check_stream(right, self.joined, node)
                self.locals |= {node.row, node.name}
                for key in keys:
                    self.check_expression(key.left.plan, node)
                    self.check_expression(key.right.plan, node)
            case _:
                self.refuse_node(node, holder)

    def check_expression(self, node: Plan, holder: plan.PlanNode) -> None:
        """Check an expression: it reads one value and gives at most one."""
        for part in descendants(node):
            if not isinstance(part, plan.PlanNode):
                continue
            is_local = isinstance(part, plan.Local) and part.name in self.locals
            is_builtin = isinstance(part, plan.Native) and part.name in BUILTINS
            if not (is_local or is_builtin or isinstance(part, SIMPLE)):
                self.refuse_node(part, holder)
        if node.outputs is Outputs.MANY:
            self.refuse_node(node, holder)

    def refuse_node(self, node: plan.PlanNode, holder: plan.PlanNode) -> NoReturn:
        """Raise for a node that may not stand here."""
        path, where = UserText(self.path), node if node.span is not None else holder
        if isinstance(node, plan.Sort) and node.count is None:
            self.refuse(say("sort by before an aggregate of {path} is not allowed", path=path), where,
                        say("write it after the aggregate"))  # fmt: skip
        if type(node) in SINGLES_OUT:
            word = SINGLES_OUT[type(node)]
            self.refuse(say("{word} before an aggregate of {path} singles out records", word=word, path=path), where,
                        say("write it after the aggregate"))  # fmt: skip
        if type(node) in MORE_THAN_ONCE:
            word = MORE_THAN_ONCE[type(node)]
            text = say(
                "{word} may count an object more than once in an aggregate of {path}", word=word, path=path
            )
            self.refuse(text, where, ALLOWED)
        self.refuse(say("an aggregate of {path} does not allow this", path=path), where, ALLOWED)

    def refuse(self, problem: Message, node: plan.PlanNode, hint: Message) -> NoReturn:
        """Raise the error."""
        raise PrivacyError(problem, span=node.span or self.span, hint=hint)


# ---------------------------------------------------------------- the fields that choose and group


def check_fields(source: SourcePlan, path: str) -> None:
    """Raise for a field, read beside an aggregate of `path`, that tells objects or drivers apart."""
    for node in _leaves(source.view, source.demand):
        if is_sealed(node) or node.visibility == "blank":
            continue
        problem, hint = _problem(source.module, node, path)
        if problem:
            raise PrivacyError(problem, span=source.span, hint=hint)


def _leaves(node: ViewNode, demand: Demand) -> Iterator[ViewNode]:
    """Yield the nodes that are read, each whole."""
    if demand.whole:
        yield node
        return
    for name, inner in demand.fields.items():
        child = node.child(name)
        if child is not None:
            yield from _leaves(child, inner)


def _problem(module: str, node: ViewNode, path: str) -> tuple[Message, Message]:
    """Return why a field cannot be read beside an aggregate of `path`, and the fix; empty if it can."""
    field, name = node.field, UserText(node.blank.path or module)
    if node.treatment is not None and node.treatment.name == "present":
        return say(""), say("")
    if (field is not None and not field.leaf) or not node.blank.path:
        text = say(
            "an aggregate of {path} reads single fields, not {name} as a whole",
            path=UserText(path),
            name=name,
        )
        return text, say("name the fields that choose and group")
    if field is None:
        return say(""), say("")
    what = TELLING.get(pseudonym_class(module, field))
    if what is not None:
        text = say(
            "{name} tells {what} apart, so each group is one driver's", name=name, what=FieldName(what)
        )
        return text, say("group by a place or a month")
    if _is_finer_than_a_day(node, field):
        text = say(
            "{name} is finer than a day, beside an aggregate of {path}", name=name, path=UserText(path)
        )
        return text, say("pass it cut: {name} as month", name=name)
    return say(""), say("")


def _is_finer_than_a_day(node: ViewNode, field: SchemaField) -> bool:
    return field.type == "DateTime" and (node.treatment is None or node.treatment.name not in DAYS)


# ---------------------------------------------------------------- the window


def _check_clauses(source: SourcePlan, path: str) -> None:
    """Raise for clauses that choose single objects, or subtract some."""
    problem, hint = say(""), say("")
    if source.newest is not None:
        problem = say("newest before an aggregate of {path} singles out records", path=UserText(path))
        hint = say("use since, until or during")
    if source.since_last:
        problem = say(
            "since last before an aggregate of {path} singles out what changed", path=UserText(path)
        )
        hint = say("use since, until or during")
    if source.net:
        problem = say(
            "net subtracts objects, so an aggregate of {path} could be of few drivers", path=UserText(path)
        )
        hint = say("leave out net")
    if problem:
        raise PrivacyError(problem, span=source.span, hint=hint)


def _bounds(source: SourcePlan) -> tuple[int, ...]:
    """Return the bounds of a source's window that are known before a run."""
    known = [bound.microseconds for bound in (source.since, source.until) if bound is not None]
    if source.during is not None and source.during.bounds is not None:
        known += source.during.bounds
    return tuple(bound for bound in known if bound is not None)


def check_whole_days(source: SourcePlan, bounds: Iterable[int], days_in: tzinfo) -> None:
    """Raise if a source with totals of sealed fields has a window that does not consist of whole days."""
    paths = _read(source)
    if not paths:
        return
    for bound in bounds:
        clock = local(bound, days_in)
        if (clock.hour, clock.minute, clock.second, clock.microsecond) != (0, 0, 0, 0):
            text = say(
                "the window of an aggregate of {path} must consist of whole days",
                path=UserText(".".join(paths[0])),
            )
            bound_span = source.since or source.until
            raise PrivacyError(
                text,
                span=bound_span.span if bound_span is not None else source.span,
                hint=say("write dates without a time, such as since 2026-01-31"),
            )
