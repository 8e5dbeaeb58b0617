"""From syntax tree and schema to the plan: names resolved, what each source must deliver, outputs, types.

Pure: nothing is read, nothing is run. `analyze` is the entrance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ocpiq.analysis import assignments, calls, expressions, paths, pipelines, sources
from ocpiq.analysis.context import Analysis, Handler
from ocpiq.analysis.credits import check_netted
from ocpiq.analysis.modules import Imports, Library, NoLibrary
from ocpiq.analysis.scope import Scope, Variable
from ocpiq.errors import CompileError
from ocpiq.language import tree
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.types import OpaqueType, use
from ocpiq.schema import DEFAULT_VERSION

HANDLERS: Mapping[type, Handler] = {
    **paths.HANDLERS,
    **expressions.HANDLERS,
    **assignments.HANDLERS,
    **calls.HANDLERS,
    **pipelines.HANDLERS,
    **sources.HANDLERS,
}


def analyze(
    program: tree.Program,
    *,
    version: str = DEFAULT_VERSION,
    givens: Collection[str] = (),
    library: Library | None = None,
    zone: str = "UTC",
    handlers: Mapping[type, Handler] = HANDLERS,
) -> QueryPlan:
    """Return the plan of `program` for platforms of an OCPI `version`.

    `givens` are the names of the variables that will be given to the run, `library` finds what is imported,
    `zone` is where its days and months are (an IANA name), `handlers` resolve the nodes of each type.
    Raises CompileError, and PrivacyError where the query uses a field that it does not pass.
    """
    analysis = Analysis(handlers, version, zone)
    given: dict[str, Variable] = {name: Variable("", OpaqueType(clean=True)) for name in givens}
    if program.body is None:
        found = "there are only definitions" if program.definitions else "the query is empty"
        raise CompileError(found, hint="`.` returns the input")
    body: tree.Expr = program.body
    if program.definitions:
        body = tree.Pipeline((*program.definitions, body), span=body.span)
    imports = Imports(analysis, library or NoLibrary())
    scope = imports.into(imports.at_start(Scope({}, given, {})), program.imports, "")
    plan_node, type_ = analysis.resolve(body, scope, OpaqueType(clean=True))
    use(type_)
    calls.check_uncalled(analysis)
    check_netted(analysis)
    for wrap in reversed(imports.wraps):
        plan_node = wrap(plan_node)
    return QueryPlan(plan_node, type_, tuple(analysis.sources), analysis.follows_paths, zone)


__all__ = ["HANDLERS", "analyze"]
