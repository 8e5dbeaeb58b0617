"""Variables: looking them up, and the patterns of `as`."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ocpiq.analysis.context import Analysis, Resolved, Wrap, pipe, product_outputs
from ocpiq.analysis.paths import item_type, resolve_field
from ocpiq.analysis.scope import Scope, Variable
from ocpiq.errors import CompileError, Span, did_you_mean
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.blanks import FORMS, KEY
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import ObjectType, OpaqueType, ScalarType, Type, consume, is_clean, use


def look_up(node: tree.Variable, scope: Scope) -> Resolved:
    """Resolve `$x`."""
    variable = scope.variables.get(node.name)
    if variable is None:
        if node.name == "__loc__":
            place = ObjectType({"file": ScalarType("string"), "line": ScalarType("number")})
            return plan.Constant({"file": "<top-level>", "line": 1}), place
        if node.name == "ENV":
            return plan.Native("env", OpaqueType(), ()), OpaqueType(clean=True)
        hint = did_you_mean(node.name, scope.variables)
        raise CompileError(
            f"${node.name} is not defined", span=scope.place(node), hint=hint.replace("mean ", "mean $")
        )
    if variable.unavailable:
        raise CompileError(
            f"${node.name} is not available here: {variable.unavailable}", span=scope.place(node)
        )
    if not variable.name:
        return plan.RunVariable(node.name), variable.type
    return plan.Local(variable.name), variable.type


def destructure(
    analysis: Analysis,
    patterns: tuple[tree.Pattern, ...],
    value: plan.Local,
    input_type: Type,
    scope: Scope,
) -> tuple[Scope, Wrap]:
    """Return the scope with the variables of the patterns, and a function that wraps the plan of that scope.

    With `?//` each pattern is tried in turn until neither it nor the body fails; variables it does not bind are null.
    """
    if len(patterns) == 1:
        match = PatternMatch(analysis, scope)
        _match(match, patterns[0], value, input_type)
        for name, variable in match.variables.items():
            scope = scope.with_variable(name, variable)
        return scope, lambda body: _bound(match.binds, body)
    names = {name: analysis.unique_name("var") for pattern in patterns for name in _variables(pattern)}
    nulls: list[tuple[Plan, str]] = [(plan.Constant(None), name) for name in names.values()]
    alternatives: list[list[tuple[Plan, str]]] = []
    for pattern in patterns:
        match = PatternMatch(analysis, scope, [*nulls], names=names)
        _match(match, pattern, value, OpaqueType(is_clean(input_type)))
        alternatives.append(match.binds)
    use(input_type)
    for name, unique in names.items():
        scope = scope.with_variable(name, Variable(unique, OpaqueType(is_clean(input_type))))
    before = analysis.unique_name("before")

    def wrap(body: Plan) -> Plan:
        plan_node = _bound(alternatives[-1], body)
        for binds in reversed(alternatives[:-1]):
            handler = pipe(plan.Local(before), plan_node)
            plan_node = plan.Try(_bound(binds, body), handler, outputs=Outputs.MANY)
        return plan.Bind(plan.Identity(), before, plan_node, outputs=plan_node.outputs)

    return scope, wrap


def _bound(binds: list[tuple[Plan, str]], body: Plan) -> Plan:
    for source, name in reversed(binds):
        body = plan.Bind(source, name, body, outputs=product_outputs(source, body))
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


class PatternMatch(Struct):
    """One pattern while it is resolved: its bindings so far, and the locals that its variables must have.

    Keys are computed on the object that they are looked up in, and in `scope`, without the pattern's own variables.
    Items of an array are bound from the last to the first, as in jq; errors and the order of outputs show it.
    """

    analysis: Analysis
    scope: Scope
    binds: list[tuple[Plan, str]] = []
    variables: dict[str, Variable] = {}
    names: dict[str, str] = {}

    def bind(self, name: str, value: Plan, type_: Type) -> None:
        """Bind a variable of the query; of two with the same name, the first wins."""
        unique = self.names.get(name) or self.analysis.unique_name("var")
        self.binds.append((value, unique))
        self.variables.setdefault(name, Variable(unique, type_))


def _match(match: PatternMatch, pattern: tree.Pattern, value: Plan, input_type: Type) -> None:
    """Collect the bindings of a pattern, in order."""
    if isinstance(pattern, tree.VariablePattern):
        match.bind(pattern.name, value, input_type)
        return
    object_name = match.analysis.unique_name("part")
    match.binds.append((value, object_name))
    if isinstance(pattern, tree.ObjectPattern):
        for entry in pattern.entries:
            _entry(match, entry, object_name, input_type)
        return
    for number, inner in reversed(list(enumerate(pattern.items))):
        key = plan.Constant(number)
        part = pipe(plan.Local(object_name), plan.Index(key, span=match.scope.place(inner)))
        _match(match, inner, part, item_type(input_type, key))


def _entry(match: PatternMatch, entry: tree.PatternEntry, object_name: str, input_type: Type) -> None:
    place = match.scope.place(entry)
    if isinstance(entry.key, tree.Variable):
        field, field_type = resolve_field(match.analysis, entry.key.name, input_type, match.scope, place)
        match.bind(entry.key.name, pipe(plan.Local(object_name), field), field_type)
        if entry.pattern is not None:
            _match(match, entry.pattern, pipe(plan.Local(object_name), field), field_type)
        return
    if entry.pattern is None:
        raise CompileError("this key needs a pattern: {key: $name}", span=place)
    key, key_type = match.analysis.resolve(entry.key, match.scope, input_type)
    consume(key_type, place, FORMS[KEY].blanks)
    literal_key(key, place)
    if isinstance(key, plan.Constant):
        field, field_type = resolve_field(match.analysis, str(key.value), input_type, match.scope, place)
    else:
        chosen = match.analysis.unique_name("key")
        match.binds.append((pipe(plan.Local(object_name), key), chosen))
        field, field_type = (
            plan.Index(plan.Local(chosen), span=place),
            item_type(input_type, plan.Local(chosen)),
        )
    _match(match, entry.pattern, pipe(plan.Local(object_name), field), field_type)


def literal_key(key: Plan, place: Span) -> None:
    """Raise if a literal key is not a string."""
    if isinstance(key, plan.Constant) and not isinstance(key.value, str):
        raise CompileError("an object's key must be a string", span=place)
