"""The resolver: from syntax tree and schema to the plan, with names, fields, types and outputs resolved.

Pure: it reads and runs nothing. `analyze` is the entry point.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ocpiq.analysis import assignments, calls, expressions, paths, pipelines, sources
from ocpiq.analysis.context import Analysis, Handler
from ocpiq.analysis.credits import check_netted
from ocpiq.analysis.digits import drop_digits
from ocpiq.analysis.modules import Imports, Library, NoLibrary
from ocpiq.analysis.scope import Scope, Variable
from ocpiq.analysis.treated import check_one_way
from ocpiq.errors import CompileError
from ocpiq.language import tree
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.types import OpaqueType, use
from ocpiq.schema import DEFAULT_VERSION, OwnForm

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
    several_platforms: bool = False,
    any_version: bool = False,
    own: tuple[OwnForm, ...] = (),
    handlers: Mapping[type, Handler] = HANDLERS,
    for_run: bool = True,
) -> QueryPlan:
    """Return the plan of `program` for platforms of an OCPI `version`.

    `givens` are the names of the variables that the run will set, `library` finds imported files, `zone` is the
    time zone of days and months (an IANA name), `handlers` resolve the nodes of each type. The objects of
    `several_platforms` have the name of theirs as a field. With `any_version`, fields that only other versions have are
    accepted. `own` are the forms of the platforms whose objects are read in the form of `version`; none if that is
    their own. Without `for_run`, what only makes a run faster is left out.
    Raises CompileError, and PrivacyError where the query uses a field that it does not pass.
    """
    analysis = Analysis(
        handlers, version, zone, several_platforms=several_platforms, any_version=any_version, own=own
    )
    variables: dict[str, Variable] = {name: Variable("", OpaqueType(clean=True)) for name in givens}
    if program.body is None:
        problem = "the query has only definitions" if program.definitions else "the query is empty"
        raise CompileError(problem, hint="`.` returns the input")
    body: tree.Expr = program.body
    if program.definitions:
        body = tree.Pipeline((*program.definitions, body), span=body.span)
    imports = Imports(analysis, library or NoLibrary())
    scope = imports.into(imports.at_start(Scope({}, variables, {})), program.imports, "")
    plan_node, type_ = analysis.resolve(body, scope, OpaqueType(clean=True))
    use(type_)
    calls.check_uncalled(analysis)
    check_netted(analysis)
    check_one_way(analysis.sources, version)
    if any(analysis.companions.values()):
        from ocpiq.analysis.sealed import check_sealed  # noqa: PLC0415 - few queries have sealed fields

        check_sealed(plan_node, tuple(analysis.sources), zone)
    for wrap in reversed(imports.wraps):
        plan_node = wrap(plan_node)
    if analysis.sources and for_run:
        drop_digits(plan_node)
    return QueryPlan(plan_node, type_, tuple(analysis.sources), analysis.follows_paths, zone, version, own)


__all__ = ["HANDLERS", "analyze"]
