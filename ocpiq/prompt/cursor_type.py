"""Finds the type of `.` at the cursor: analyses the query with a probe in place of the word."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, structs

from ocpiq.analysis import HANDLERS
from ocpiq.analysis.context import Analysis, Handler, Resolved
from ocpiq.analysis.scope import Scope
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.types import OpaqueType, Type
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.suggestion import Surroundings

PROBE: Final = "_here_"  # no field and no function has this name


class CursorType(Struct):
    """The type of the input at the cursor and the scope there; None if unknown."""

    type: Type | None = None
    scope: Scope | None = None


def find_cursor_type(
    program: tree.Program | None, context: Surroundings, reader: QueryReader | None = None
) -> CursorType:
    """Return the type and scope at the step `._here_` of `program`. Raises nothing, reads no data.

    Errors before that step are ignored.
    """
    cursor_type = CursorType()
    if program is not None:
        probe = _probe_handler(cursor_type, HANDLERS[tree.Path])
        (reader or QueryReader()).analyze(program, context, {tree.Path: probe})
    return cursor_type


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
