"""What is known of `.` where the cursor stands: the query is analysed with a probe in the place of the word."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct, structs

from ocpiq.analysis import HANDLERS, analyze
from ocpiq.analysis.context import Analysis, Handler, Resolved
from ocpiq.analysis.scope import Scope
from ocpiq.errors import OcpiqError
from ocpiq.language import tree
from ocpiq.plan.nodes import Identity
from ocpiq.plan.types import OpaqueType, SourceType, Type

PROBE: Final = "_here_"  # no field and no function has this name


class CursorType(Struct):
    """The type of the value before the word, and the names that can be used there; None where nothing is known."""

    kind: Type | None = None
    scope: Scope | None = None


def find_cursor_type(program: tree.Program | None, version: str, variables: Collection[str]) -> CursorType:
    """Return what is known where the step `._here_` stands in `program`. Nothing is raised, nothing is read.

    Where a mistake before that place is in the way, it is passed over.
    """
    found = CursorType()
    if program is None:
        return found
    for handlers in (HANDLERS, LENIENT_HANDLERS):
        with suppress(OcpiqError):
            analyze(
                program,
                version=version,
                givens=variables,
                handlers={**handlers, tree.Path: _probe_handler(found, handlers[tree.Path])},
            )
        if found.scope is not None:
            break
    return found


def _probe_handler(found: CursorType, usual: Handler) -> Handler:
    """Return the handler of paths that notes in `found` what it meets at the probe."""

    def path(analysis: Analysis, node: tree.Path, scope: Scope, kind: Type) -> Resolved:
        step = node.steps[-1]
        if not (isinstance(step, tree.Field) and step.name == PROBE):
            return usual(analysis, node, scope, kind)
        if len(node.steps) > 1:
            here = analysis.resolve(structs.replace(node, steps=node.steps[:-1]), scope, kind)[1]
        elif isinstance(node.base, tree.Identity):
            here = kind
        else:
            here = analysis.resolve(node.base, scope, kind)[1]
        if found.scope is None:
            found.kind, found.scope = here, scope
        return Identity(), OpaqueType(clean=True)

    return path


def _lenient_handler(usual: Handler) -> Handler:
    """Return a handler that makes an unknown value of a mistake, and of a blank."""

    def handle(analysis: Analysis, node: tree.Expr, scope: Scope, kind: Type) -> Resolved:
        try:
            plan, made = usual(analysis, node, scope, kind)
        except OcpiqError:
            return Identity(), OpaqueType(clean=True)
        blank = isinstance(made, SourceType) and made.view.treatment == "blank"
        return plan, OpaqueType(clean=True) if blank else made

    return handle


LENIENT_HANDLERS: Final[Mapping[type, Handler]] = {
    node: _lenient_handler(handler) for node, handler in HANDLERS.items()
}
"""Resolve what can be resolved, for what is to be said of a query in spite of its mistakes. Never for a run."""
