"""Finds the type of `.` at the cursor: analyses the query with a probe in place of the word."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from msgspec import Struct, structs

from ocpiq.analysis import HANDLERS
from ocpiq.analysis.context import Analysis, Handler, Resolved
from ocpiq.analysis.scope import Scope
from ocpiq.errors import Span
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.types import OpaqueType, Type
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.suggestion import Surroundings

PROBE: Final = "_here_"  # no field and no function has this name


KEEPS_FIELDS: Final = (
    "del",
    "with_entries",
    "map_values",
    "walk",
)  # functions after which an object has its fields


class CursorType(Struct):
    """The type of the input at the cursor and the scope there; None if unknown.

    `deleted` are fields that an object lost, `picked` the only ones that it has left, None for all.
    """

    type: Type | None = None
    scope: Scope | None = None
    deleted: frozenset[str] = frozenset()
    picked: frozenset[str] | None = None

    def lacks(self, name: str) -> bool:
        """Tell whether an object has lost a field."""
        return name in self.deleted or (self.picked is not None and name not in self.picked)


def find_cursor_type(
    program: tree.Program | None, context: Surroundings, reader: QueryReader | None = None
) -> CursorType:
    """Return the type and scope at the step `._here_` of `program`. Raises nothing, reads no data.

    Errors before that step are ignored, and an object that a step before it changes has the fields of before.
    """
    cursor_type = CursorType()
    if program is not None and program.body is not None:
        program = structs.replace(program, body=_without_changes(program.body, cursor_type))
        probe = _probe_handler(cursor_type, HANDLERS[tree.Path])
        (reader or QueryReader()).analyze(program, context, {tree.Path: probe})
    return cursor_type


def _without_changes(body: tree.Expr, cursor_type: CursorType) -> tree.Expr:
    """Return a query with `.` for each step that changes an object, but for the last, in which the cursor is.

    A run does not know the fields of such an object; what is written next most likely is one of those before. Adds the
    fields that are deleted to `cursor_type`.
    """
    match body:
        case tree.Array(body=tree.Pipeline() as inner) | tree.Paren(body=tree.Pipeline() as inner):
            return structs.replace(body, body=_without_changes(inner, cursor_type))
        case tree.Pipeline(items=(*items, last)):
            end = _without_changes(last, cursor_type) if isinstance(last, tree.Pipeline) else last
            return tree.Pipeline((*(_unchanged(item, cursor_type) for item in items), end), span=body.span)
    return body


def _unchanged(item: tree.Item, cursor_type: CursorType) -> tree.Item:
    match item:
        case tree.Call(name="del" | "pick" as name, arguments=(argument,)):
            paths = argument.items if isinstance(argument, tree.Comma) else (argument,)
            if name == "del":
                cursor_type.deleted |= {_field_name(path) for path in paths if not _is_deeper(path)}
            else:
                cursor_type.picked = frozenset(map(_field_name, paths))
            return _identity(item.span)
        case tree.Assign() | tree.Chain(first=tree.Identity(), rest=(("+", _), *_)):
            return _identity(item.span)
        case tree.Call(name=name) if name in KEEPS_FIELDS:
            return _identity(item.span)
    return item


@lru_cache(maxsize=1000)
def _identity(span: Span) -> tree.Identity:
    """Return the same `.` for the same place: steps that are the same nodes are not analysed again."""
    return tree.Identity(span=span)


def _field_name(path: tree.Expr) -> str:
    """Return the first name in a path, "" if it does not begin with one."""
    match path:
        case tree.Path(base=tree.Identity(), steps=(tree.Field(name=str(name)), *_)):
            return name
    return ""


def _is_deeper(path: tree.Expr) -> bool:
    return isinstance(path, tree.Path) and len(path.steps) > 1


def _probe_handler(cursor_type: CursorType, default: Handler) -> Handler:
    """Return a handler of paths that stores the type and scope at the probe in `cursor_type`."""

    def path(analysis: Analysis, node: tree.Path, scope: Scope, type_: Type) -> Resolved:
        step = node.steps[-1]
        if not (isinstance(step, tree.Field) and step.name == PROBE):
            return default(analysis, node, scope, type_)
        if len(node.steps) > 1:
            type_here = analysis.resolve(structs.replace(node, steps=node.steps[:-1]), scope, type_)[1]
        elif isinstance(node.base, tree.Identity):
            type_here = type_
        else:
            type_here = analysis.resolve(node.base, scope, type_)[1]
        if cursor_type.scope is None:
            cursor_type.type, cursor_type.scope = type_here, scope
        return plan.Identity(), OpaqueType(clean=True)

    return path
