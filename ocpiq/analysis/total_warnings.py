"""Warnings about misleading totals, with their fix. They never change a result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from ocpiq.analysis.credits import CANCELLED, CREDIT
from ocpiq.analysis.streams import Place, fields_read, source_fields, stream_origins
from ocpiq.errors import Span
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Operand, Plan
from ocpiq.plan.query_plan import QueryPlan, SourcePlan
from ocpiq.plan.types import ListType, ObjectType
from ocpiq.plan.walk import descendants
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.sealed import sealed_paths
from ocpiq.schema import ENDED, SchemaField, included, module

SUMS: Final = ("sum", "avg", "median", "quantile", "stddev")
PRICES: Final = ("Price", "PriceLimit")
OF_REDUCE: Final = "the sum of reduce"
RUNNING: Final = ("kwh", "total_cost", "charging_periods")  # what grows while a session is ACTIVE
COMPLETED: Final = 'select(.status == "COMPLETED")'
HOW: Final = {"count": "", "sum": "(…)"}
KINDS: Final = {  # amounts of several units in one field, told apart by the field `type` beside it
    ("CdrDimension", "volume"): "kWh, hours and amperes",
    ("PriceComponent", "price"): "prices of a kWh, of an hour and of a session",
}


class TotalWarning(Struct, frozen=True):
    """A warning about a total, with the fix; `span` is its place in the query."""

    message: str
    span: Span | None


class Total(Struct, frozen=True):
    """One total: its function, its text, the fields that it adds up (none: unknown), its sources."""

    function: str
    label: str
    fields: set[Place]
    over: set[int]
    span: Span | None


def total_warnings(query_plan: QueryPlan, version: str) -> tuple[TotalWarning, ...]:
    """Return the warnings about a query on a platform of an OCPI `version`."""
    spans: dict[str, Span | None] = {}
    for part in descendants(query_plan.body) if query_plan.sources else ():
        labels: dict[str, list[str]] = {}
        for total in _totals(part):
            for problem in _problems(total, query_plan, version):
                labels.setdefault(problem, []).append(total.label)
        messages = [f"{', '.join(dict.fromkeys(names))}: {problem}" for problem, names in labels.items()]
        if isinstance(part, plan.Aggregate):
            messages += _of_groups(part)
        spans |= {message: getattr(part, "span", None) for message in messages}
    spans |= dict(_counted_twice(query_plan) if query_plan.sources else ())
    warnings = [TotalWarning(message, span) for message, span in spans.items()]
    return tuple(sorted(warnings, key=lambda warning: warning.span.start if warning.span else 0))


def _totals(part: object) -> Iterator[Total]:
    """Yield the totals of a part: those of `aggregate`, and of jq's `add`, `length` and `reduce`."""
    match part:
        case plan.Aggregate(body=body, folds=folds, span=span):
            over = {origin.source for origin in stream_origins(body) if isinstance(origin, plan.Scan)}
            for fold in folds:
                read = set() if fold.argument is None else fields_read(fold.argument)
                yield Total(fold.function, fold.label, read, over, span)
        case plan.Native(name="add", input=ListType(item=item), span=span):
            read = set(source_fields(item))
            yield Total("sum", "add", read, {number for number, _ in read}, span)
        case plan.Native(name="length", input=ListType(item=item), span=span):
            yield Total(
                "count", "length", set(), {number for number, path in source_fields(item) if not path}, span
            )
        case plan.Reduce(source=source, update=update, span=span):
            for operation in descendants(update):
                if isinstance(operation, plan.Operate) and operation.operator == "+":
                    over = {
                        origin.source for origin in stream_origins(source) if isinstance(origin, plan.Scan)
                    }
                    yield Total("sum", OF_REDUCE, fields_read(operation), over, span)


def _problems(total: Total, query_plan: QueryPlan, version: str) -> Iterator[str]:
    """Yield the problems of a total, source by source."""
    for number in sorted(total.over | {number for number, _ in total.fields}):
        source = query_plan.sources[number]
        root = module(source.module, version).root
        read = {path for source_number, path in total.fields if source_number == number}
        known = [field for field in (_field(root, path) for path in read) if field is not None]
        if total.label == OF_REDUCE and not any(field.json == "number" for field in known):
            continue  # merges objects or joins texts
        if _ignores_credits(total, source, root, read, version, streams=number in total.over):
            fix = _netted(total, number, source)
            yield f"credit CDRs and the CDRs they cancel are counted as charging sessions ({fix})"
        if total.function in (*SUMS, "min", "max"):
            yield from _mixed(source, root, read, known)
        if total.function in SUMS and source.module == "sessions" and _may_be_running(source, read):
            yield (
                "sessions that are still ACTIVE count too"
                f" (pass status and {COMPLETED}, or write sessions during …)"
            )


def _netted(total: Total, number: int, source: SourcePlan) -> str:
    """Return how to net a total; one of fields for aggregates only cannot be."""
    if sealed_paths(source.view, source.demand):
        return "leave out the credit CDRs: select(.credit != true)"
    if number not in total.over:
        return "count objects with .credit as negative"
    aggregated = total.label not in ("add", "length", OF_REDUCE)
    return (
        "use `cdrs net …`"
        if aggregated
        else f"use `cdrs net … | aggregate {total.function}{HOW[total.function]}`"
    )


def _mixed(
    source: SourcePlan, root: SchemaField, read: set[tuple[str, ...]], known: list[SchemaField]
) -> Iterator[str]:
    """Yield the problem of adding amounts of different units."""
    if any(map(_is_money, known)) and not _reads(source.demand, "currency"):
        yield (
            f"the {source.module} may have several currencies"
            ' (group by .currency, or select(.currency == "EUR"))'
        )
    if not _reads(source.demand, "type"):
        for name in sorted(
            {(holder.type, path[-1]) for path, holder in _holders(root, read) if path} & KINDS.keys()
        ):
            yield f'{KINDS[name]} are mixed (group by .type, or select(.type == "ENERGY"))'


def _ignores_credits(
    total: Total,
    source: SourcePlan,
    root: SchemaField,
    read: set[tuple[str, ...]],
    version: str,
    *,
    streams: bool,
) -> bool:
    """Tell whether a total counts credit CDRs as charging; a sum of costs alone is right: credits are negative."""
    credit = root.children.get(CREDIT)
    if source.module != "cdrs" or source.net or credit is None or version not in credit.versions:
        return False
    reading = source.reading
    if reading is not None and len(reading.without_counterpart(CREDIT)) == len(reading.own):
        return False
    if {CREDIT, CANCELLED} & source.demand.fields.keys():
        return False
    if total.function == "count" or total.label == "count_distinct(.id)":
        return streams
    if total.function not in SUMS or not (streams or read):
        return False
    if total.function != "sum":
        return True
    costs = {path[0] for path in read if path} or {
        name for name in source.demand.fields if name.startswith("total_") or name == "charging_periods"
    }
    return costs != {"total_cost"}


def _may_be_running(source: SourcePlan, read: set[tuple[str, ...]]) -> bool:
    known = {"status", *ENDED} & source.demand.fields.keys()
    return not known and source.during is None and any(path[0] in RUNNING for path in read if path)


def _reads(demand: Demand, name: str) -> bool:
    """Tell whether a query reads a field of this name, at any depth."""
    return name in demand.fields or any(_reads(inner, name) for inner in demand.fields.values())


def _field(root: SchemaField, path: tuple[str, ...]) -> SchemaField | None:
    field: SchemaField | None = root
    for name in path:
        field = field.children.get(name) if field is not None else None
    return field


def _is_money(field: SchemaField | None) -> bool:
    return field is not None and (field.mark == "money" or field.type in PRICES)


def _holders(root: SchemaField, paths: set[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], SchemaField]]:
    """Yield each path with the field that holds its last name."""
    for path in paths:
        holder = _field(root, path[:-1])
        if holder is not None:
            yield path, holder


# ---------------------------------------------------------------- averages of averages


def _of_groups(part: plan.Aggregate) -> Iterator[str]:
    """Yield the problems of totals over the results of another aggregate."""
    inner = {
        name: function
        for origin in stream_origins(part.body)
        if isinstance(origin, plan.Aggregate) and origin.keys is not None
        for name, function in _functions(origin)
    }
    for fold in part.folds:
        argument = fold.argument.plan if fold.argument else None
        if not (isinstance(argument, plan.Field) and isinstance(argument.input, ObjectType)):
            continue
        of = inner.get(argument.name, "")
        if fold.function in ("sum", "avg") and of in ("avg", "median", "quantile", "stddev"):
            yield (
                f"{fold.label}: a small group weighs as much as a large one"
                f" (take {of} over all values, in one aggregate)"
            )
        elif fold.function == "sum" and of == "count_distinct":
            yield (
                f"{fold.label}: a value in several groups counts several times"
                " (take count_distinct over all values, in one aggregate)"
            )


def _functions(part: plan.Aggregate) -> Iterator[tuple[str, str]]:
    """Yield each name in an aggregate's result whose value is one function's result, with the function."""
    by_local = {fold.result: fold.function for fold in part.folds}
    for key, value in part.result.entries if isinstance(part.result, plan.MakeObject) else ():
        first = value.parts[0] if isinstance(value, plan.Pipe) else value
        if isinstance(key, plan.Constant) and isinstance(first, plan.Local) and first.name in by_local:
            yield str(key.value), by_local[first.name]


# ---------------------------------------------------------------- a total and its part


def _counted_twice(query_plan: QueryPlan) -> Iterator[tuple[str, Span | None]]:
    """Yield the sums of a field and of one that it includes."""
    locals_: dict[str, Plan] = {}
    for part in descendants(query_plan.body):
        if isinstance(part, plan.Bind):
            locals_[part.name] = part.source
        elif isinstance(part, plan.Aggregate):
            locals_ |= {fold.result: fold.argument.plan for fold in part.folds if fold.argument}
    for part in descendants(query_plan.body):
        if isinstance(part, plan.Operate) and part.operator == "+":
            left, right = (set(_amounts(side, locals_, 0)) for side in (part.left, part.right))
            for whole, inner in ((a, b) for a in left for b in right):
                for one, other in ((whole, inner), (inner, whole)):
                    name = _includes(query_plan, one, other)
                    if name:
                        yield (
                            f"{name[0]} + {name[1]}: {name[0]} includes {name[1]} (use {name[0]} alone)",
                            part.span,
                        )


def _amounts(part: object, locals_: dict[str, Plan], depth: int) -> Iterator[Place]:
    """Yield the fields whose sum a value is."""
    if depth > 50:
        return
    match part:
        case Operand(plan=inner, type=type_):
            operand_fields = list(source_fields(type_))
            yield from operand_fields or _amounts(inner, locals_, depth + 1)
        case plan.Field(input=type_, name=name):
            yield from ((number, (*path, name)) for number, path in source_fields(type_))
        case plan.Pipe(parts=parts):
            last = next((step for step in reversed(parts) if isinstance(step, plan.Field)), parts[0])
            yield from _amounts(last, locals_, depth + 1)
        case plan.Operate(operator="+", left=left, right=right):
            yield from _amounts(left, locals_, depth + 1)
            yield from _amounts(right, locals_, depth + 1)
        case plan.Otherwise(left=left):
            yield from _amounts(left, locals_, depth + 1)
        case plan.If(then=then, otherwise=otherwise):
            yield from _amounts(then, locals_, depth + 1)
            yield from _amounts(otherwise, locals_, depth + 1)
        case plan.Local(name=name) if name in locals_:
            yield from _amounts(locals_[name], locals_, depth + 1)


def _includes(query_plan: QueryPlan, whole: Place, part: Place) -> tuple[str, str] | None:
    """Return the names of two fields of one object of which the first includes the second."""
    holder = query_plan.sources[whole[0]].view.field
    if whole[0] != part[0] or holder is None:
        return None
    for one, other in zip(whole[1], part[1], strict=False):
        if one != other:
            return (one, other) if other in included().get((holder.type, one), ()) else None
        below = holder.children.get(one)
        if below is None:
            return None
        holder = below
    return None
