"""What a query would show, as data: for each source its fields and their roles, what it asks for, what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.analysis.credits import ADDITIVE
from ocpiq.analysis.streams import children
from ocpiq.analysis.totals import misleading
from ocpiq.plan.nodes import (
    Aggregate,
    Constant,
    Distinct,
    Fold,
    Join,
    MakeArray,
    Plan,
    RunVariable,
    Scan,
    Sort,
)
from ocpiq.plan.query_plan import Moment, Period, QueryPlan, SourcePlan
from ocpiq.plan.types import ListType, ObjectType, OpaqueType, SourceType, Type, UnionType
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import ENDED, UPDATED, module

Role = Literal["shown", "blanked", "used", "window", "key"]

ROLES: tuple[Role, ...] = ("shown", "blanked", "used", "window", "key")


class FieldRole(Struct, frozen=True):
    """What a field is for in a query.

    shown    may stand in the results as it was sent
    blanked  stands in the results as `#NA`, or is tested for its presence
    used     the results are computed from it
    window   read by the gate to tell which objects lie in the window; what it holds goes no further
    key      the same, to tell apart the objects that a platform gives twice

    A path stands for everything below it where all of that has the same role.
    """

    path: str
    role: Role


class SourceExplained(Struct, frozen=True):
    """One source: what its clauses pass, the window that is asked for, and the fields that are read.

    With `net`, credit CDRs take back what they cancel.
    """

    module: str
    passes: tuple[str, ...]
    since: str | None
    until: str | None
    during: tuple[str, str] | str | None
    newest: int | str | None
    fields: tuple[FieldRole, ...]
    net: bool = False

    def of_role(self, role: Role) -> list[str]:
        """Return the paths of the fields with a role."""
        return [field.path for field in self.fields if field.role == role]


class Explanation(Struct, frozen=True):
    """A query: its sources in the order of the text, what it holds in memory at once, and misleading totals."""

    version: str
    sources: tuple[SourceExplained, ...]
    holds: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def explain(plan: QueryPlan, version: str) -> Explanation:
    """Return what a query for platforms of an OCPI `version` would show."""
    sources = (_source(number, source, plan.output, version) for number, source in enumerate(plan.sources))
    warnings = tuple(each.message for each in misleading(plan, version))
    return Explanation(version, tuple(sources), tuple(dict.fromkeys(_held(plan.body))), warnings)


def _source(number: int, source: SourcePlan, output: Type, version: str) -> SourceExplained:
    shown = None if _unknown(output) else set(_in_output(number, output))
    fields = [FieldRole(path, role) for path, role in _read(source.view, source.demand, (), shown)]
    windows = (UPDATED,) * bool(source.since or source.until) + ENDED * bool(source.during)
    known = module(source.module, version)
    fields += [FieldRole(name, "window") for name in windows if name in known.root.children]
    fields += [FieldRole(path, "key") for path in known.key]
    return SourceExplained(
        source.module,
        tuple(_passed(source.view, ())),
        _moment(source.since),
        _moment(source.until),
        _period(source.during),
        _newest(source.newest),
        tuple(fields),
        source.net,
    )


def _unknown(kind: Type) -> bool:
    """Tell whether a value may be, or hold, anything that was read."""
    match kind:
        case OpaqueType():
            return True
        case ObjectType(fields=fields):
            return any(map(_unknown, fields.values()))
        case ListType(item=item):
            return _unknown(item)
        case UnionType(options=options):
            return any(map(_unknown, options))
    return False


def _in_output(number: int, kind: Type) -> Iterator[tuple[str, ...]]:
    """Yield the paths of a source that are known to stand in the results."""
    match kind:
        case SourceType(source=source, path=path) if source == number:
            yield path
        case ObjectType(fields=fields):
            for value in fields.values():
                yield from _in_output(number, value)
        case ListType(item=item):
            yield from _in_output(number, item)
        case UnionType(options=options):
            for option in options:
                yield from _in_output(number, option)


Found = Iterator[tuple[str, Role]]


def _read(view: ViewNode, need: Demand, path: tuple[str, ...], shown: set[tuple[str, ...]] | None) -> Found:
    """Yield the fields that are read, each with its role; `shown` are the paths in the results, None for all."""
    if need.whole or not need.fields:
        stands = shown is None or any(path[: len(prefix)] == prefix for prefix in shown)
        if path or need.whole:
            yield from _whole(view, path, stands=stands)
        return
    for name, inner in need.fields.items():
        child = view.child(name)
        if child is not None:
            yield from _read(child, inner, (*path, name), shown)


def _whole(view: ViewNode, path: tuple[str, ...], *, stands: bool) -> Found:
    """Yield a field and what is below it, as few paths as possible."""
    found = [
        pair for name, child in view.children.items() for pair in _whole(child, (*path, name), stands=stands)
    ]
    roles = {role for _, role in found} or {_role(view, stands=stands)}
    if view.visibility == "shown":
        roles = {_role(view, stands=stands)}
    if len(roles) == 1 and (path or view.visibility == "shown"):
        yield ".".join(path) or ".", roles.pop()
    else:
        yield from found


def _role(view: ViewNode, *, stands: bool) -> Role:
    if view.visibility == "blank":
        return "blanked"
    return "shown" if stands else "used"


def _passed(view: ViewNode, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the paths that the clauses pass, each the highest of its tree."""
    if view.visibility == "shown":
        yield ".".join(path) or "."
        return
    for name, child in view.children.items():
        yield from _passed(child, (*path, name))


def _moment(moment: Moment | None) -> str | None:
    if moment is None or moment.microseconds is None:
        return None if moment is None else moment.relative or f"${moment.variable}"
    return _time(moment.microseconds)


def _period(period: Period | None) -> tuple[str, str] | str | None:
    if period is None or period.bounds is None:
        return None if period is None else period.relative or f"${period.variable}"
    return _time(period.bounds[0]), _time(period.bounds[1])


def _newest(count: Plan | None) -> int | str | None:
    match count:
        case Constant(value=int(number)):
            return number
        case RunVariable(name=name):
            return f"${name}"
    return None


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat().replace("+00:00", "Z")


def _held(part: object) -> Iterator[str]:
    """Yield what the parts of a plan hold until they give their outputs."""
    match part:
        case Sort(count=None):
            yield "all values, to sort them"
        case Sort():
            yield "the top values"
        case Distinct():
            yield "the keys of all values, to find those that differ"
        case Join():
            yield "what is read of the objects that are joined"
        case Aggregate(keys=tuple()):
            yield "a state for each group"
        case MakeArray(body=body) if _pulls(body):
            yield "all outputs, in an array"
        case Fold(function=name, weight=weight) if weight and name not in ADDITIVE:
            yield f"every value that {name} takes"
        case Fold(function=name, argument=argument) if AGGREGATES[name, 0 if argument is None else 1].holds:
            yield f"every value that {name} takes"
    for inner in children(part):
        yield from _held(inner)


def _pulls(part: object) -> bool:
    return isinstance(part, Scan) or any(map(_pulls, children(part)))
