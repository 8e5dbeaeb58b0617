"""Habits from jq and SQL that a source makes wrong: found while compiling, with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ocpiq.analysis.scope import Scope
from ocpiq.errors import CompileError
from ocpiq.language import tree
from ocpiq.language.printer import unparse
from ocpiq.plan.types import SourceType, Type

DATE: Final = re.compile(r"[0-9]{4} ?- ?[0-9]{2}(?: ?- ?[0-9]{2})?")

STAGES: Final[dict[tuple[str, int], Callable[[str], str]]] = {
    ("sort_by", 1): lambda key: f"sort by {key}",
    ("group_by", 1): lambda key: f"aggregate count by {key}",
    ("unique_by", 1): lambda key: f"distinct by {key}",
    ("max_by", 1): lambda key: f"top 1 by {key}",
    ("min_by", 1): lambda key: f"top 1 by {key} asc",
    ("map", 1): lambda each: each,
    ("add", 0): lambda _: "aggregate sum(.kwh)",
    ("length", 0): lambda _: "aggregate count",
    ("first", 0): lambda _: "limit 1",
    ("sort", 0): lambda _: "sort by .id",
    ("unique", 0): lambda _: "distinct by .id",
    ("max", 0): lambda _: "aggregate max(.kwh)",
    ("min", 0): lambda _: "aggregate min(.kwh)",
}
"""What to write in the place of functions of arrays; the text is that of the first argument."""

OTHERS: Final = (
    ("last", 0),
    ("nth", 1),
    ("reverse", 0),
    ("flatten", 0),
    ("flatten", 1),
    ("transpose", 0),
    ("combinations", 0),
    ("join", 1),
    ("any", 0),
    ("all", 0),
    ("any", 1),
    ("all", 1),
    ("index", 1),
    ("rindex", 1),
    ("indices", 1),
    ("INDEX", 1),
    ("implode", 0),
)
"""Further functions of arrays, for which there is no stage."""


def is_object_of_source(type_: Type) -> bool:
    """Tell whether `.` is one of the objects of a source, a whole one."""
    return isinstance(type_, SourceType) and not type_.path and not type_.is_list


def check_call(node: tree.Call, scope: Scope, input_type: Type) -> None:
    """Raise CompileError for a function of arrays that is called on each object of a source."""
    if scope.quiet or not isinstance(input_type, SourceType) or not is_object_of_source(input_type):
        return
    module = input_type.view.blank.module
    key = (node.name, len(node.arguments))
    if key == ("select", 1) and isinstance(node.arguments[0], tree.Assign) and node.arguments[0].op == "=":
        condition = node.arguments[0]
        text = f"{unparse(condition.left)} == {unparse(condition.right)}"
        raise CompileError(
            "= sets a field, so this condition is always true",
            span=scope.place(condition),
            hint=f"compare with ==: {text}",
        )
    if key not in STAGES and key not in OTHERS:
        return
    call = unparse(node)
    stage = STAGES[key](unparse(node.arguments[0]) if node.arguments else "") if key in STAGES else ""
    array = f"[{module} …] | {call}"
    raise CompileError(
        f"{module} gives one object at a time, and {node.name} takes an array",
        span=scope.place(node),
        hint=f"write {stage}, or {array}" if stage else f"write {array}",
    )


def check_step(step: tree.Index | tree.Slice, scope: Scope, type_here: Type) -> None:
    """Raise CompileError for an index or a slice of each object of a source."""
    number = isinstance(step, tree.Slice) or isinstance(step.key, tree.Number | tree.Negate)
    if scope.quiet or step.optional or not number:
        return
    if isinstance(type_here, SourceType) and is_object_of_source(type_here):
        module = type_here.view.blank.module
        raise CompileError(
            f"{module} gives one object at a time, not an array",
            span=scope.place(step),
            hint=f"write limit 1, or [{module} …] | .[0]",
        )


def field_hint(name: str, input_type: Type) -> str:
    """Return the fix for the name of a field that is written without its dot; "" for any other name."""
    view = input_type.view if isinstance(input_type, SourceType) else None
    return f"for the field, write .{name}" if view is not None and name in view.children else ""


def date_hint(field: SourceType, other: tree.Expr) -> str:
    """Return the fix for a date without quotes that is compared with a DateTime; "" for anything else."""
    if field.view.field is None or field.view.field.type != "DateTime":
        return ""
    text = unparse(other)
    date = text.replace(" ", "") if DATE.fullmatch(text) else "2026-01-31"
    return f'put the date in quotes: "{date}"'
