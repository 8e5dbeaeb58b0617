"""Variables: looking them up, and the patterns of `as`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from ocpiq.analysis.blanks import FORMS, KEY
from ocpiq.analysis.context import Analysis, Resolved, pipe, product
from ocpiq.analysis.paths import get, item
from ocpiq.analysis.plan import Bind, Constant, Given, Guard, Here, Item, Local, Native, Outputs, Plan
from ocpiq.analysis.scope import Scope, Variable
from ocpiq.analysis.types import Opaque, Record, Scalar, Type, clean, consume, use
from ocpiq.errors import CompileError, did_you_mean
from ocpiq.language import tree

Wrap = Callable[[Plan], Plan]

UNKNOWN = Opaque()


def look_up(node: tree.Variable, scope: Scope) -> Resolved:
    """Resolve `$x`."""
    known = scope.variables.get(node.name)
    if known is None:
        if node.name == "__loc__":
            place = Record({"file": Scalar("string"), "line": Scalar("number")})
            return Constant({"file": "<top-level>", "line": 1}), place
        if node.name == "ENV":
            return Native("env", Opaque(), ()), Opaque(clean=True)
        hint = did_you_mean(node.name, scope.variables)
        raise CompileError(
            f"${node.name} is not defined", span=scope.place(node), hint=hint.replace("mean ", "mean $")
        )
    if known.gone:
        raise CompileError(f"${node.name} is not there any more: {known.gone}", span=scope.place(node))
    if not known.name:
        return Given(node.name), known.kind
    return Local(known.name), known.kind


def destructure(
    analysis: Analysis,
    patterns: tuple[tree.Pattern, ...],
    value: Local,
    kind: Type,
    scope: Scope,
    here: Type = UNKNOWN,
) -> tuple[Scope, Wrap]:
    """Return the scope that knows what the patterns bind, and what wraps the plan of everything in that scope.

    `here` is the type of `.`, on which keys are computed.
    With `?//` each pattern is tried in turn, until neither it nor the body fails; what it does not bind is null.
    """
    if len(patterns) == 1:
        binds: list[tuple[Plan, str]] = []
        inner = _match(Match(analysis, here, binds), patterns[0], value, kind, scope)
        return inner, lambda body: _bound(binds, body)
    names = {name: analysis.name("var") for pattern in patterns for name in _variables(pattern)}
    nulls: list[tuple[Plan, str]] = [(Constant(None), name) for name in names.values()]
    ways: list[list[tuple[Plan, str]]] = []
    for pattern in patterns:
        ways.append([*nulls])
        _match(Match(analysis, here, ways[-1], names), pattern, value, Opaque(clean(kind)), scope)
    use(kind)
    for name, unique in names.items():
        scope = scope.with_variable(name, Variable(unique, Opaque(clean(kind))))
    before = analysis.name("before")

    def wrap(body: Plan) -> Plan:
        plan = _bound(ways[-1], body)
        for way in reversed(ways[:-1]):
            handler = pipe(Local(before), plan)
            plan = Guard(_bound(way, body), handler, outputs=Outputs.MANY)
        return Bind(Here(), before, plan, outputs=plan.outputs)

    return scope, wrap


def _bound(binds: list[tuple[Plan, str]], body: Plan) -> Plan:
    for source, name in reversed(binds):
        body = Bind(source, name, body, outputs=product(source, body))
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
    """One pattern while it is taken apart: what it binds so far, and the locals that its variables must have."""

    analysis: Analysis
    here: Type
    binds: list[tuple[Plan, str]]
    names: dict[str, str] = {}

    def bind(self, scope: Scope, name: str, value: Plan, kind: Type) -> Scope:
        """Bind a variable of the query."""
        unique = self.names.get(name) or self.analysis.name("var")
        self.binds.append((value, unique))
        return scope.with_variable(name, Variable(unique, kind))


def _match(match: Match, pattern: tree.Pattern, value: Plan, kind: Type, scope: Scope) -> Scope:
    """Collect what a pattern binds, in order; return the scope that knows it."""
    if isinstance(pattern, tree.VariablePattern):
        return match.bind(scope, pattern.name, value, kind)
    whole = match.analysis.name("part")
    match.binds.append((value, whole))
    if isinstance(pattern, tree.ArrayPattern):
        for number, inner in enumerate(pattern.items):
            key = Constant(number)
            part = pipe(Local(whole), Item(key, span=scope.place(inner)))
            scope = _match(match, inner, part, item(kind, key), scope)
        return scope
    for entry in pattern.entries:
        scope = _entry(match, entry, whole, kind, scope)
    return scope


def _entry(match: Match, entry: tree.PatternEntry, whole: str, kind: Type, scope: Scope) -> Scope:
    place = scope.place(entry)
    if isinstance(entry.key, tree.Variable):
        field, field_kind = get(entry.key.name, kind, place, optional=False)
        scope = match.bind(scope, entry.key.name, pipe(Local(whole), field), field_kind)
        if entry.pattern is None:
            return scope
        value = Local(scope.variables[entry.key.name].name)
        return _match(match, entry.pattern, value, field_kind, scope)
    key, key_kind = match.analysis.resolve(entry.key, scope, match.here)
    consume(key_kind, place, FORMS[KEY])
    if isinstance(key, Constant) and isinstance(key.value, str):
        field, field_kind = get(key.value, kind, place, optional=False)
    else:
        chosen = match.analysis.name("key")
        match.binds.append((key, chosen))
        field, field_kind = Item(Local(chosen), span=place), item(kind, Local(chosen))
    if entry.pattern is None:
        raise CompileError("this key needs a pattern: {key: $name}", span=place)
    return _match(match, entry.pattern, pipe(Local(whole), field), field_kind, scope)
