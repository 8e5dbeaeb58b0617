"""Variables: looking them up, and the patterns of `as`."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ocpiq.analysis.context import Analysis, Resolved, Wrap, pipe, product_outputs
from ocpiq.analysis.paths import resolve_field, item_type
from ocpiq.analysis.scope import Scope, Variable
from ocpiq.errors import CompileError, Span, did_you_mean
from ocpiq.language import tree
from ocpiq.plan.blanks import FORMS, KEY
from ocpiq.plan.nodes import Bind, Constant, RunVariable, Identity, Index, Local, Native, Outputs, Plan, Try
from ocpiq.plan.types import ObjectType, OpaqueType, ScalarType, Type, is_clean, consume, use


def look_up(node: tree.Variable, scope: Scope) -> Resolved:
    """Resolve `$x`."""
    known = scope.variables.get(node.name)
    if known is None:
        if node.name == "__loc__":
            place = ObjectType({"file": ScalarType("string"), "line": ScalarType("number")})
            return Constant({"file": "<top-level>", "line": 1}), place
        if node.name == "ENV":
            return Native("env", OpaqueType(), ()), OpaqueType(clean=True)
        hint = did_you_mean(node.name, scope.variables)
        raise CompileError(
            f"${node.name} is not defined", span=scope.place(node), hint=hint.replace("mean ", "mean $")
        )
    if known.gone:
        raise CompileError(f"${node.name} is not available here: {known.gone}", span=scope.place(node))
    if not known.name:
        return RunVariable(node.name), known.kind
    return Local(known.name), known.kind


def destructure(
    analysis: Analysis,
    patterns: tuple[tree.Pattern, ...],
    value: Local,
    kind: Type,
    scope: Scope,
) -> tuple[Scope, Wrap]:
    """Return the scope that knows what the patterns bind, and what wraps the plan of everything in that scope.

    With `?//` each pattern is tried in turn, until neither it nor the body fails; what it does not bind is null.
    """
    if len(patterns) == 1:
        match = Match(analysis, scope)
        _match(match, patterns[0], value, kind)
        for name, variable in match.variables.items():
            scope = scope.with_variable(name, variable)
        return scope, lambda body: _bound(match.binds, body)
    names = {name: analysis.name("var") for pattern in patterns for name in _variables(pattern)}
    nulls: list[tuple[Plan, str]] = [(Constant(None), name) for name in names.values()]
    ways: list[list[tuple[Plan, str]]] = []
    for pattern in patterns:
        match = Match(analysis, scope, [*nulls], names=names)
        _match(match, pattern, value, OpaqueType(is_clean(kind)))
        ways.append(match.binds)
    use(kind)
    for name, unique in names.items():
        scope = scope.with_variable(name, Variable(unique, OpaqueType(is_clean(kind))))
    before = analysis.name("before")

    def wrap(body: Plan) -> Plan:
        plan = _bound(ways[-1], body)
        for way in reversed(ways[:-1]):
            handler = pipe(Local(before), plan)
            plan = Try(_bound(way, body), handler, outputs=Outputs.MANY)
        return Bind(Identity(), before, plan, outputs=plan.outputs)

    return scope, wrap


def _bound(binds: list[tuple[Plan, str]], body: Plan) -> Plan:
    for source, name in reversed(binds):
        body = Bind(source, name, body, outputs=product_outputs(source, body))
    return body


def _variables(pattern: tree.Pattern) -> Iterator[str]:
    """Yield the names that a pattern binds."""
    if isinstance(pattern, tree.VariablePattern):
        yield pattern.name
    elif isinstance(pattern, tree.ArrayPattern):
        for item_ in pattern.items:
            yield from _variables(item_)
    else:
        for entry in pattern.entries:
            if isinstance(entry.key, tree.Variable):
                yield entry.key.name
            if entry.pattern is not None:
                yield from _variables(entry.pattern)


class Match(Struct):
    """One pattern while it is taken apart: what it binds so far, and the locals that its variables must have.

    Keys are computed on the object that they are looked for in, and in `scope`, which knows none of the pattern's own
    variables. Items of an array are taken from the last to the first, as jq does, which shows in errors and in the
    order of several outputs.
    """

    analysis: Analysis
    scope: Scope
    binds: list[tuple[Plan, str]] = []
    variables: dict[str, Variable] = {}
    names: dict[str, str] = {}

    def bind(self, name: str, value: Plan, kind: Type) -> None:
        """Bind a variable of the query; of two with one name the first counts."""
        unique = self.names.get(name) or self.analysis.name("var")
        self.binds.append((value, unique))
        self.variables.setdefault(name, Variable(unique, kind))


def _match(match: Match, pattern: tree.Pattern, value: Plan, kind: Type) -> None:
    """Collect what a pattern binds, in order."""
    if isinstance(pattern, tree.VariablePattern):
        match.bind(pattern.name, value, kind)
        return
    whole = match.analysis.name("part")
    match.binds.append((value, whole))
    if isinstance(pattern, tree.ObjectPattern):
        for entry in pattern.entries:
            _entry(match, entry, whole, kind)
        return
    for number, inner in reversed(list(enumerate(pattern.items))):
        key = Constant(number)
        part = pipe(Local(whole), Index(key, span=match.scope.place(inner)))
        _match(match, inner, part, item_type(kind, key))


def _entry(match: Match, entry: tree.PatternEntry, whole: str, kind: Type) -> None:
    place = match.scope.place(entry)
    if isinstance(entry.key, tree.Variable):
        field, field_kind = resolve_field(entry.key.name, kind, place, optional=False)
        match.bind(entry.key.name, pipe(Local(whole), field), field_kind)
        if entry.pattern is not None:
            _match(match, entry.pattern, pipe(Local(whole), field), field_kind)
        return
    if entry.pattern is None:
        raise CompileError("this key needs a pattern: {key: $name}", span=place)
    key, key_kind = match.analysis.resolve(entry.key, match.scope, kind)
    consume(key_kind, place, FORMS[KEY])
    literal_key(key, place)
    if isinstance(key, Constant):
        field, field_kind = resolve_field(str(key.value), kind, place, optional=False)
    else:
        chosen = match.analysis.name("key")
        match.binds.append((pipe(Local(whole), key), chosen))
        field, field_kind = Index(Local(chosen), span=place), item_type(kind, Local(chosen))
    _match(match, entry.pattern, pipe(Local(whole), field), field_kind)


def literal_key(key: Plan, place: Span) -> None:
    """Raise where a literal key is not a string."""
    if isinstance(key, Constant) and not isinstance(key.value, str):
        raise CompileError("an object's key must be a string", span=place)
