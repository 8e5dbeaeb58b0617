"""Compile errors for jq array functions called on a stream of source objects, with the fix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ocpiq.analysis.scope import Scope
from ocpiq.errors import CompileError
from ocpiq.language import tree
from ocpiq.language.printer import unparse
from ocpiq.plan.types import SourceType, Type
from ocpiq.privacy.view import ViewNode
from ocpiq.values.patterns import lazy_pattern

DATE: Final = lazy_pattern(r"[0-9]{4} ?- ?[0-9]{2}(?: ?- ?[0-9]{2})?")

STAGE_FOR_ARRAY_FUNCTION: Final[dict[tuple[str, int], Callable[[str], str]]] = {
    ("sort_by", 1): lambda key: f"sort by {key}",
    ("group_by", 1): lambda key: f"aggregate count by {key}",
    ("unique_by", 1): lambda key: f"distinct by {key}",
    ("max_by", 1): lambda key: f"top 1 by {key}",
    ("min_by", 1): lambda key: f"top 1 by {key} asc",
    ("map", 1): lambda expression: expression,
    ("add", 0): lambda number: f"aggregate sum({number})",
    ("length", 0): lambda _: "aggregate count",
    ("first", 0): lambda _: "limit 1",
    ("sort", 0): lambda field: f"sort by {field}",
    ("unique", 0): lambda field: f"distinct by {field}",
    ("max", 0): lambda number: f"aggregate max({number})",
    ("min", 0): lambda number: f"aggregate min({number})",
}
"""What to write instead of an array function; the text is its argument, or a field that the query can read."""

OF_FIELD: Final = ("sort", "unique")
OF_NUMBER: Final = ("add", "max", "min")

ARRAY_FUNCTIONS_WITHOUT_STAGE: Final = (
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
"""Array functions without a stage that does the same."""


def is_object_of_source(type_: Type) -> bool:
    """Tell whether `.` is a complete source object."""
    return isinstance(type_, SourceType) and not type_.path and not type_.is_list


def check_call(node: tree.Call, scope: Scope, input_type: Type, version: str) -> None:
    """Raise CompileError for an array function that is called on each object of a source."""
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
    if key not in STAGE_FOR_ARRAY_FUNCTION and key not in ARRAY_FUNCTIONS_WITHOUT_STAGE:
        return
    call = unparse(node)
    stage = _stage(node, input_type.view, version) if key in STAGE_FOR_ARRAY_FUNCTION else ""
    array = f"[{module} …] | {call}"
    raise CompileError(
        f"`{module}` is a stream of objects, and {node.name} needs an array",
        span=scope.place(node),
        hint=f"use {stage}, or {array}" if stage else f"use {array}",
    )


def _stage(node: tree.Call, view: ViewNode, version: str) -> str:
    """Return the stage that does what an array function does; "" if no field that the query can read fits."""
    text = unparse(node.arguments[0]) if node.arguments else ""
    if node.name in (*OF_FIELD, *OF_NUMBER):
        fields = (
            child.field
            for child in view.children.values()
            if child.visibility in ("plain", "shown") and child.field is not None and not child.quoted
        )
        names = [
            field.name
            for field in fields
            if field.leaf
            and not field.many
            and version in field.versions
            and (node.name in OF_FIELD or field.json == "number")
        ]
        if not names:
            return ""
        text = f".{min(names, key=lambda name: name not in ('id', 'uid'))}"
    return STAGE_FOR_ARRAY_FUNCTION[node.name, len(node.arguments)](text)


def check_step(step: tree.Index | tree.Slice, scope: Scope, type_here: Type) -> None:
    """Raise CompileError for an index or a slice of each object of a source."""
    number = isinstance(step, tree.Slice) or isinstance(step.key, tree.Number | tree.Negate)
    if scope.quiet or step.optional or not number:
        return
    if isinstance(type_here, SourceType) and is_object_of_source(type_here):
        module = type_here.view.blank.module
        raise CompileError(
            f"`{module}` is a stream of objects, not an array",
            span=scope.place(step),
            hint=f"use limit 1, or [{module} …] | .[0]",
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
