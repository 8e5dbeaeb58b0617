"""From syntax tree and schema to the plan: names resolved, what each source must deliver, outputs, types.

Pure: nothing is read, nothing is run. `analyze` is the entrance.
"""

from __future__ import annotations

from collections.abc import Collection

from ocpiq.analysis import assignments, calls, expressions, paths, pipelines, sources
from ocpiq.analysis.context import Analysis
from ocpiq.analysis.plan import QueryPlan
from ocpiq.analysis.scope import Scope, Variable
from ocpiq.analysis.types import Opaque, use
from ocpiq.errors import CompileError, UnsupportedError
from ocpiq.language import tree

HANDLERS = {
    **paths.HANDLERS,
    **expressions.HANDLERS,
    **assignments.HANDLERS,
    **calls.HANDLERS,
    **pipelines.HANDLERS,
    **sources.HANDLERS,
}


def analyze(program: tree.Program, *, version: str = "2.2.1", givens: Collection[str] = ()) -> QueryPlan:
    """Return the plan of `program` for platforms of an OCPI `version`.

    `givens` are the names of the variables that will be given to the run. Raises CompileError, and PrivacyError
    where the query uses a field that it does not pass.
    """
    if program.imports:
        raise UnsupportedError("import and include are not supported yet", span=program.imports[0].span)
    if program.body is None:
        raise CompileError("the file holds definitions but no query", hint="add a query at its end")
    analysis = Analysis(HANDLERS, version)
    given: dict[str, Variable] = {name: Variable("", Opaque(clean=True)) for name in givens}
    body: tree.Expr = program.body
    if program.definitions:
        body = tree.Pipeline((*program.definitions, body), span=body.span)
    scope = Scope({}, given, {})
    plan, kind = analysis.resolve(body, scope, Opaque(clean=True))
    use(kind)
    return QueryPlan(plan, kind, tuple(analysis.sources), tuple(givens), analysis.follows_paths)


__all__ = ["analyze"]
