"""Variables: looking them up, and the patterns of `as`."""

from __future__ import annotations

from collections.abc import Callable

from ocpiq.analysis.context import Analysis, Resolved, pipe, product
from ocpiq.analysis.paths import get, item
from ocpiq.analysis.plan import Bind, Constant, Given, Here, Item, Local, Native, Plan
from ocpiq.analysis.scope import Scope, Variable
from ocpiq.analysis.types import Opaque, Record, Scalar, Type, consume
from ocpiq.errors import CompileError, UnsupportedError, did_you_mean
from ocpiq.language import tree

Body = Callable[[Scope], Resolved]


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
    value: Plan,
    kind: Type,
    scope: Scope,
    body: Body,
) -> Resolved:
    """Return `body` with the variables of a pattern bound to the parts of `value`, a constant or a local."""
    if len(patterns) > 1:
        raise UnsupportedError("?// is not supported yet", span=scope.place(patterns[1]))
    binds: list[tuple[Plan, str]] = []
    inner = _match(analysis, patterns[0], value, kind, scope, binds)
    plan, type_ = body(inner)
    for source, name in reversed(binds):
        plan = Bind(source, name, plan, outputs=product(source, plan))
    return plan, type_


def _match(
    analysis: Analysis,
    pattern: tree.Pattern,
    value: Plan,
    kind: Type,
    scope: Scope,
    binds: list[tuple[Plan, str]],
) -> Scope:
    """Collect what a pattern binds, in order; return the scope that knows it."""
    if isinstance(pattern, tree.VariablePattern):
        name = analysis.name("var")
        binds.append((value, name))
        return scope.with_variable(pattern.name, Variable(name, kind))
    whole = analysis.name("part")
    binds.append((value, whole))
    if isinstance(pattern, tree.ArrayPattern):
        for number, inner in enumerate(pattern.items):
            key = Constant(number)
            part = pipe(Local(whole), Item(key, span=scope.place(inner)))
            scope = _match(analysis, inner, part, item(kind, key), scope, binds)
        return scope
    for entry in pattern.entries:
        scope = _entry(analysis, entry, whole, kind, scope, binds)
    return scope


def _entry(
    analysis: Analysis,
    entry: tree.PatternEntry,
    whole: str,
    kind: Type,
    scope: Scope,
    binds: list[tuple[Plan, str]],
) -> Scope:
    place = scope.place(entry)
    if isinstance(entry.key, tree.Variable):
        field, field_kind = get(entry.key.name, kind, place, optional=False)
        name = analysis.name("var")
        binds.append((pipe(Local(whole), field), name))
        scope = scope.with_variable(entry.key.name, Variable(name, field_kind))
        if entry.pattern is None:
            return scope
        return _match(analysis, entry.pattern, Local(name), field_kind, scope, binds)
    key, key_kind = analysis.resolve(entry.key, scope, Opaque())
    consume(key_kind, place)
    if isinstance(key, Constant) and isinstance(key.value, str):
        field, field_kind = get(key.value, kind, place, optional=False)
    else:
        chosen = analysis.name("key")
        binds.append((pipe(Here(), key), chosen))
        field, field_kind = Item(Local(chosen), span=place), item(kind, Local(chosen))
    if entry.pattern is None:
        raise CompileError("this key needs a pattern: {key: $name}", span=place)
    return _match(analysis, entry.pattern, pipe(Local(whole), field), field_kind, scope, binds)
