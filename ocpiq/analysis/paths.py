"""Paths: fields, indices, slices, iteration, followed into the sources as long as they are literal."""

from __future__ import annotations

from msgspec import structs

from ocpiq.analysis.context import Analysis, Handler, Resolved, pipe, product_outputs
from ocpiq.analysis.scope import Scope
from ocpiq.errors import CompileError, PrivacyError, Span, did_you_mean
from ocpiq.language import tree
from ocpiq.plan import nodes as plan
from ocpiq.plan.blanks import FORMS, KEY
from ocpiq.plan.nodes import Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import (
    NULL,
    ListType,
    NoInput,
    ObjectType,
    OpaqueType,
    ScalarType,
    SourceType,
    Type,
    UnionType,
    check_blanks,
    consume,
    is_clean,
    union_of,
    use,
)


def identity(analysis: Analysis, node: tree.Identity, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `.`."""
    require_input(input_type, scope.place(node))
    return plan.Identity(), input_type


def require_input(type_: Type, place: Span) -> None:
    """Raise where something is asked of a value, and none is there."""
    if isinstance(type_, NoInput):
        raise CompileError(type_.reason, span=place, hint=type_.hint)


def path(analysis: Analysis, node: tree.Path, scope: Scope, input_type: Type) -> Resolved:
    """Resolve a term with steps. Keys see the path's own input and are evaluated before the base, the last first."""
    quiet = any(isinstance(step, tree.Question) for step in node.steps)
    base, here = analysis.resolve(
        node.base, structs.replace(scope, quiet=True) if quiet else scope, input_type
    )
    walked = base
    keys: list[tuple[str, Plan]] = []
    for step in node.steps:
        if isinstance(step, tree.Question):
            walked = plan.Try(walked, None, outputs=guarded_outputs(walked.outputs), span=scope.place(node))
            continue
        part, here = _step(analysis, step, scope, input_type, here, keys)
        if step.optional:
            part = plan.Try(
                part, None, of_step=True, outputs=guarded_outputs(part.outputs), span=scope.place(node)
            )
        walked = pipe(walked, part)
    for name, key in keys:
        walked = plan.Bind(key, name, walked, outputs=product_outputs(key, walked))
    return walked, here


def guarded_outputs(outputs: Outputs) -> Outputs:
    """Return the outputs of a part whose errors end them."""
    return outputs if outputs is not Outputs.ONE else Outputs.MAYBE


def _step(
    analysis: Analysis,
    step: tree.Field | tree.Index | tree.Slice | tree.Iterate,
    scope: Scope,
    input_type: Type,
    here: Type,
    keys: list[tuple[str, Plan]],
) -> Resolved:
    place = scope.place(step)
    match step:
        case tree.Field(name=str(name)):
            return resolve_field(name, here, place, optional=step.optional or scope.quiet)
        case tree.Iterate():
            return plan.Iterate(outputs=Outputs.MANY, span=place), items_type(here, place)
        case tree.Slice():
            end = _key(analysis, step.end, scope, input_type, keys)
            start = _key(analysis, step.start, scope, input_type, keys)
            return plan.Slice(start, end, span=place), slice_type(here)
        case tree.Field(name=tree.Text() as text):
            key = _key(analysis, text, scope, input_type, keys)
        case tree.Index():
            key = _key(analysis, step.key, scope, input_type, keys)
    if isinstance(key, plan.Constant) and isinstance(key.value, str):
        return resolve_field(key.value, here, place, optional=step.optional or scope.quiet)
    return plan.Index(key, span=place), item_type(here, key)


def _key(
    analysis: Analysis, node: tree.Expr | None, scope: Scope, input_type: Type, keys: list[tuple[str, Plan]]
) -> Plan:
    """Resolve a key; what is not a constant is bound to a name first."""
    if node is None:
        return plan.Constant(None)
    plan_node, type_ = analysis.resolve(node, scope, input_type)
    consume(type_, scope.place(node), FORMS[KEY])
    if isinstance(plan_node, plan.Constant):
        return plan_node
    name = analysis.name("key")
    keys.append((name, plan_node))
    return plan.Local(name)


def resolve_field(name: str, here: Type, place: Span, *, optional: bool) -> Resolved:
    """Take the field `name` of a value of type `here`; an unknown field of a source is an error unless optional."""
    type_: Type = here
    how: Type = here
    if isinstance(here, UnionType) and NULL in here.options:
        others = [option for option in here.options if option != NULL]
        if len(others) == 1:
            type_ = others[0]
            how = here if isinstance(type_, SourceType) else OpaqueType()
    result = _field(type_, name, place, optional=optional)
    return plan.Field(name, how, span=place), union_of([result, NULL]) if isinstance(
        type_, ObjectType
    ) and how != type_ else result


def _field(type_: Type, name: str, place: Span, *, optional: bool) -> Type:
    match type_:
        case ObjectType(fields=fields):
            return fields.get(name, NULL)
        case SourceType(view=view) if view.treatment == "blank":
            use(type_)
            return type_  # below a blank is blank
        case SourceType(is_list=True) if type_.view.children and not optional:
            hint = f"its items have fields: .{type_.path[-1]}[].{name}"
            raise CompileError(f"{_named(type_)} is a list", span=place, hint=hint)
        case SourceType() if not type_.is_list:
            child = _child(type_, name, place, optional=optional)
            if child is not None:
                return child
    use(type_)
    return NULL if type_ == NULL else OpaqueType(is_clean(type_))


def _child(type_: SourceType, name: str, place: Span, *, optional: bool) -> Type | None:
    """Return the type of a field of an object in a source, None where the value is an ordinary one from here on."""
    view = type_.view.children.get(name)
    if view is not None:
        demand = type_.demand.at(name)
        demand.whole = demand.whole or not view.children
        return SourceType(type_.source, (*type_.path, name), view, demand, certain=type_.certain)
    if not type_.view.children or optional:
        return None
    field = type_.view.field
    known = field.children if field else {}
    if name in known:
        hint = f"to use it: only …, {'.'.join((*type_.path, name))}"
        raise PrivacyError(f"{_named(type_, name)} is left out by `only`", span=place, hint=hint)
    hint = did_you_mean(name, {**known, **type_.view.children})
    raise CompileError(f"{_named(type_)} has no field {name}", span=place, hint=hint)


def _named(type_: SourceType, *more: str) -> str:
    return ".".join((type_.view.blank.module, *type_.path, *more))


def items_type(here: Type, place: Span) -> Type:
    """Return the type of the items of a value."""
    check_blanks(here, place, FORMS[".[]"])
    match here:
        case SourceType(is_list=True) if here.view.children:
            # sent as an object instead, these are the values of its fields, which may be blank
            sure = here.certain and here.view.treatment == "shown"
            return SourceType(here.source, here.path, here.view, here.demand, items=True, certain=sure)
        case SourceType(is_list=True):
            use(here)
            return structs.replace(here, items=True)
        case ListType(item=inner):
            return inner
        case ObjectType(fields=fields) if fields:
            return union_of(list(fields.values()))
    use(here)
    return OpaqueType(is_clean(here))


def item_type(here: Type, key: Plan) -> Type:
    """Return the type of one item of a value; it may be null."""
    number = isinstance(key, plan.Constant) and isinstance(key.value, int | float)
    match here:
        case SourceType(is_list=True) if number and here.view.children:
            return SourceType(
                here.source, here.path, here.view, here.demand, items=True, certain=here.certain
            )
        case SourceType(view=view) if view.treatment == "blank":
            use(here)
            return here
        case ListType(item=inner) if number:
            return union_of([inner, NULL])
        case ScalarType(name="string"):
            return ScalarType("string")
    use(here)
    return OpaqueType(is_clean(here))


def slice_type(here: Type) -> Type:
    """Return the type of a slice of a value."""
    match here:
        case SourceType(is_list=True) if here.view.children:
            return here
        case SourceType(view=view) if view.treatment == "blank":
            use(here)
            return here
        case ListType() | ScalarType(name="string"):
            return here
    use(here)
    return OpaqueType(is_clean(here))


HANDLERS: dict[type, Handler] = {tree.Identity: identity, tree.Path: path}
