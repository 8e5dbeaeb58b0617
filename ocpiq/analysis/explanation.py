"""What a query would show, as data: for each source its fields and their roles, what it asks for, what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.analysis.credits import TOTAL
from ocpiq.analysis.field_uses import FieldUse, Role, field_uses, passed_fields, passes, summary
from ocpiq.analysis.roles import Roles, roles_of
from ocpiq.analysis.total_warnings import total_warnings
from ocpiq.plan.columns import Column, columns
from ocpiq.plan.nodes import (
    ADDITIVE,
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
from ocpiq.plan.partial import Obstacle, split
from ocpiq.plan.query_plan import Moment, Period, QueryPlan, SourcePlan
from ocpiq.plan.walk import children, descendants
from ocpiq.privacy.sealed import sealed_paths
from ocpiq.schema.fields import Reading

LAST: Final = "the last delivery"


class SourceExplanation(Struct, frozen=True):
    """One source: what its clauses pass, the window that is asked for, and the fields that are read.

    `passes` are the paths as the query writes them, and `passed` the fields that they stand for. With `net`, credit
    CDRs take back what they cancel. `totals` are the fields for aggregates only that it reads: their totals need a
    number of drivers. Objects of `own_versions` are read in the form of `version`; `own_names` are the names that
    fields have there, by path and version, where they differ.
    """

    module: str
    version: str
    passes: tuple[str, ...]
    passed: tuple[FieldUse, ...]
    since: str | None
    until: str | None
    during: tuple[str, str] | str | None
    newest: int | str | None
    fields: tuple[FieldUse, ...]
    net: bool = False
    totals: tuple[str, ...] = ()
    own_versions: tuple[str, ...] = ()
    own_names: dict[str, dict[str, str]] = {}

    def of_role(self, role: Role) -> list[str]:
        """Return the paths of the fields with a role; a path stands for all below it where all of it has the role."""
        paths = summary((use.path for use in self.fields if role in use.roles), self.module, self.version)
        return list(map(self.both_names, paths))

    def both_names(self, path: str) -> str:
        """Return the path of a field, or such a path with a treatment, with the names in the platforms' own form."""
        return self.with_own_names(path, path.partition(" as ")[0])

    def with_own_names(self, text: str, path: str) -> str:
        """Return a text about the field at a path with the names in the platforms' own form."""
        names = self.own_names.get(path)
        own = ", ".join(f"{name} in OCPI {version}" for version, name in names.items()) if names else ""
        return f"{text} ({own})" if own else text


class Explanation(Struct, frozen=True):
    """A query: its sources in the order of the text, what it holds in memory at once, and misleading totals.

    `columns` are the columns of its results, as far as they are known before there are any. `parts` says how it is
    split between processes or machines, or why it cannot be.
    """

    version: str
    sources: tuple[SourceExplanation, ...]
    holds: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    parts: str = ""

    @property
    def form(self) -> str:
        """The OCPI version in whose form objects are read, and those that they are read from, if these are others."""
        own = dict.fromkeys(version for source in self.sources for version in source.own_versions)
        return f"{self.version}, read from {', '.join(own)}" if own else self.version


def explain(query: QueryPlan, version: str) -> Explanation:
    """Return what a query for platforms of an OCPI `version` would show."""
    roles = roles_of(query, version)
    results = columns(query.output, version)
    return Explanation(
        version,
        tuple(_source(number, source, roles, version) for number, source in enumerate(query.sources)),
        tuple(dict.fromkeys((*_held_credits(query), *_held(query.body)))),
        tuple(total.message for total in total_warnings(query, version)),
        () if results.open and not results.fields else tuple(results.leaves()),
        _parts(query),
    )


def _parts(query: QueryPlan) -> str:
    """Return how a query is split between processes or machines."""
    if not query.sources:
        return ""
    try:
        cut = split(query)
    except Obstacle as obstacle:
        return f"one process only: {obstacle.reason} ({obstacle.hint})"
    whole = [query.sources[number].module for number in cut.read_by_each]
    return "; ".join(
        (
            f"{query.sources[cut.source].module} can be split",
            SENT[cut.name],
            *(("credit CDRs are subtracted at the end",) if query.sources[cut.source].net else ()),
            *((f"each part reads all of {', '.join(whole)}",) if whole else ()),
            "with --jobs" if cut.large else "with --jobs, and by default for 300 MB of saved pages or more",
        )
    )


SENT: Final = {
    "": "each part sends its results",
    "limit": "each part sends its first results",
    "sort by": "each part sends its results in order",
    "distinct by": "each part sends the first result of each key",
    "aggregate": "each part sends a state for each group",
}


def _source(number: int, source: SourcePlan, roles: Roles, version: str) -> SourceExplanation:
    fields = tuple(field_uses(number, source, roles, version))
    passed = tuple(passed_fields(source, fields, version))
    return SourceExplanation(
        source.module,
        version,
        tuple(passes(source.view)),
        passed,
        LAST if source.since_last else _moment(source.since),
        _moment(source.until),
        _period(source.during),
        _newest(source.newest),
        fields,
        source.net,
        tuple(".".join(path) for path in sealed_paths(source.view, source.demand)),
        () if source.reading is None else tuple(dict.fromkeys(form.version for form in source.reading.own)),
        {} if source.reading is None else _own_names(source.reading, (*fields, *passed)),
    )


def _own_names(reading: Reading, uses: Iterable[FieldUse]) -> dict[str, dict[str, str]]:
    """Return the names of fields, and of the objects that they lie in, in the platforms' own form."""
    paths: dict[str, None] = {}
    for use in uses:
        steps = use.path.split(".")
        paths.update(dict.fromkeys(".".join(steps[:end]) for end in range(1, len(steps) + 1)))
    return {path: names for path in paths if (names := reading.names(path))}


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


def _held_credits(query: QueryPlan) -> Iterator[str]:
    """Yield what `net` holds: a credit with totals waits until the signs of the CDR that it cancels are known."""
    for source in query.sources:
        reads_totals = source.demand.whole or any(name.startswith(TOTAL) for name in source.demand.fields)
        if source.net and reads_totals:
            yield "the credit CDRs"


def _held(part: object) -> Iterator[str]:
    """Yield what the parts of a plan hold until they give their outputs, in the order of the parts."""
    todo = [part]
    while todo:
        inner = todo.pop()
        yield from _held_by(inner)
        todo += reversed(list(children(inner)))


def _held_by(part: object) -> Iterator[str]:
    match part:
        case Sort(count=None):
            yield "all values, to sort them"
        case Sort():
            yield "the top values"
        case Distinct():
            yield "the keys of all values, to find those that differ"
        case Join():
            yield "what is read of the objects that are joined"
        case Aggregate(keys=keys, companion=companion) if companion:
            yield "a state for each group, with a hash of each driver" if keys else "a hash of each driver"
        case Aggregate(keys=tuple()):
            yield "a state for each group"
        case MakeArray(body=body) if _pulls(body):
            yield "all outputs, in an array"
        case Fold(function=name, weight=weight) if weight and name not in ADDITIVE:
            yield f"every value that {name} takes"
        case Fold(function=name, argument=argument) if AGGREGATES[name, 0 if argument is None else 1].holds:
            yield f"every value that {name} takes"


def _pulls(part: object) -> bool:
    return any(isinstance(inner, Scan) for inner in descendants(part))
