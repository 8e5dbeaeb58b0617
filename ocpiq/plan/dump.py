"""A plan as text: one node per line, its children indented below it, then the fields read of each source.

A mark after a node is the number of its outputs: none for one, `?` for at most one, `*` for many, `-` for none.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ocpiq.plan.nodes import Fold, GroupKey, PlanNode
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.types import ListType, NoInput, ObjectType, OpaqueType, ScalarType, SourceType, UnionType
from ocpiq.privacy.demand import Demand

MARKS = {Outputs.NONE: " -", Outputs.ONE: "", Outputs.MAYBE: " ?", Outputs.MANY: " *"}
TYPES = (OpaqueType, ScalarType, ObjectType, ListType, UnionType, SourceType, NoInput)


def plan_text(plan: QueryPlan) -> str:
    """Return the plan as text."""
    lines = list(_part(plan.body, 0))
    for number, source in enumerate(plan.sources):
        lines.append(
            f"source {number}: {source.module} reads {', '.join(demand_paths(source.demand)) or 'nothing'}"
        )
    return "\n".join(lines)


def demand_paths(demand: Demand, path: str = "") -> Iterator[str]:
    """Yield the paths that are read: `.` for the whole object, `a?` if only the presence is tested."""
    if demand.whole:
        yield path or "."
    elif not demand.fields and path:
        yield f"{path}?"
    else:
        for name, inner in demand.fields.items():
            yield from demand_paths(inner, f"{path}.{name}" if path else name)


def _part(part: PlanNode, depth: int) -> Iterator[str]:
    words: list[str] = []
    inner: list[str] = []
    for name in part.__struct_fields__:
        value = getattr(part, name)
        missing = (value is None or value == "") and name != "value"
        if missing or name in ("outputs", "span", "of_step") or isinstance(value, TYPES):
            continue
        inner_lines = list(_inside(value, depth + 1))
        if inner_lines:
            inner += inner_lines
        elif not isinstance(value, tuple):
            words.append(
                str(value) if name in ("name", "operator", "result", "state", "weight") else f"{value!r}"
            )
    yield "  " * depth + " ".join((type(part).__name__.lower(), *words)) + MARKS[part.outputs]
    yield from inner


def _inside(value: object, depth: int) -> Iterator[str]:
    """Yield the lines of the nodes in a field."""
    if isinstance(value, PlanNode):
        yield from _part(value, depth)
    elif isinstance(value, Fold | GroupKey):
        heading = (
            f"fold {value.function} as {value.result}"
            if isinstance(value, Fold)
            else f"key {value.name} as {value.local}"
        )
        yield "  " * depth + heading
        yield from _inside(value.argument if isinstance(value, Fold) else value.value, depth + 1)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _inside(getattr(value, name), depth)
    elif isinstance(value, tuple):
        for item in value:
            yield from _inside(item, depth)
