"""Paths: fields, indices, slices, iteration; literal ones are followed into the sources."""

from __future__ import annotations

from msgspec import structs

from ocpiq.analysis import array_mistakes, treated
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
from ocpiq.privacy.platform_field import PLATFORM, platform_node
from ocpiq.privacy.view import check_counterpart, other_version
from ocpiq.schema.version_fields import only_in_other_versions


def identity(analysis: Analysis, node: tree.Identity, scope: Scope, input_type: Type) -> Resolved:
    """Resolve `.`."""
    require_input(input_type, scope.place(node))
    return plan.Identity(), input_type


def require_input(type_: Type, place: Span) -> None:
    """Raise if the expression reads `.` where it has no value."""
    if isinstance(type_, NoInput):
        raise CompileError(type_.reason, span=place, hint=type_.hint)


def path(analysis: Analysis, node: tree.Path, scope: Scope, input_type: Type) -> Resolved:
    """Resolve a term with steps. Keys see the path's input and are evaluated before the base, the last first."""
    quiet = any(isinstance(step, tree.Question) for step in node.steps)
    base, type_here = analysis.resolve(
        node.base, structs.replace(scope, quiet=True) if quiet else scope, input_type
    )
    result = base
    keys: list[tuple[str, Plan]] = []
    for step in node.steps:
        if isinstance(step, tree.Question):
            result = plan.Try(result, None, outputs=guarded_outputs(result.outputs), span=scope.place(node))
            continue
        part, type_here = _step(analysis, step, scope, input_type, type_here, keys)
        if step.optional:
            part = plan.Try(
                part, None, of_step=True, outputs=guarded_outputs(part.outputs), span=scope.place(node)
            )
        result = pipe(result, part)
    for name, key in keys:
        result = plan.Bind(key, name, result, outputs=product_outputs(key, result))
    return result, type_here


def guarded_outputs(outputs: Outputs) -> Outputs:
    """Return the outputs of a node whose errors are suppressed."""
    return outputs if outputs is not Outputs.ONE else Outputs.MAYBE


def _step(
    analysis: Analysis,
    step: tree.Field | tree.Index | tree.Slice | tree.Iterate,
    scope: Scope,
    input_type: Type,
    type_here: Type,
    keys: list[tuple[str, Plan]],
) -> Resolved:
    place = scope.place(step)
    if isinstance(step, tree.Index | tree.Slice):
        array_mistakes.check_step(step, scope, type_here)
    match step:
        case tree.Field(name=str(name)):
            return resolve_field(analysis, name, type_here, scope, place, optional=step.optional)
        case tree.Iterate():
            return plan.Iterate(outputs=Outputs.MANY, span=place), items_type(type_here, place)
        case tree.Slice():
            end = _key(analysis, step.end, scope, input_type, keys)
            start = _key(analysis, step.start, scope, input_type, keys)
            if not (step.optional or scope.quiet):
                treated.check_slice(type_here, place)
            return plan.Slice(start, end, span=place), slice_type(type_here)
        case tree.Field(name=tree.Text() as text):
            key = _key(analysis, text, scope, input_type, keys)
        case tree.Index():
            key = _key(analysis, step.key, scope, input_type, keys)
    if isinstance(key, plan.Constant) and isinstance(key.value, str):
        return resolve_field(analysis, key.value, type_here, scope, place, optional=step.optional)
    return plan.Index(key, span=place), item_type(type_here, key)


def _key(
    analysis: Analysis, node: tree.Expr | None, scope: Scope, input_type: Type, keys: list[tuple[str, Plan]]
) -> Plan:
    """Resolve a key; anything but a constant is bound to a name first."""
    if node is None:
        return plan.Constant(None)
    plan_node, type_ = analysis.resolve(node, scope, input_type)
    consume(type_, scope.place(node), FORMS[KEY].blanks)
    if isinstance(plan_node, plan.Constant):
        return plan_node
    name = analysis.unique_name("key")
    keys.append((name, plan_node))
    return plan.Local(name)


def resolve_field(
    analysis: Analysis, name: str, type_here: Type, scope: Scope, place: Span, *, optional: bool = False
) -> Resolved:
    """Resolve the field `name` of a value; an unknown field of a source is an error unless optional."""
    optional = optional or scope.quiet
    if not (optional or scope.may_be_missing or analysis.any_version):
        _check_version(analysis, type_here, name, place)
    if _lacks_counterpart(analysis, type_here, name):
        return plan.Field(name, type_here, span=place), NULL
    type_: Type = type_here
    input_type: Type = type_here
    if isinstance(type_here, UnionType) and NULL in type_here.options:
        others = [option for option in type_here.options if option != NULL]
        if len(others) == 1:
            type_ = others[0]
            input_type = type_here if isinstance(type_, SourceType) else OpaqueType()
    result = _field(type_, name, place, optional=optional)
    return plan.Field(name, input_type, span=place), union_of([result, NULL]) if isinstance(
        type_, ObjectType
    ) and input_type != type_ else result


def _lacks_counterpart(analysis: Analysis, type_here: Type, name: str) -> bool:
    """Tell whether a field of the form asked for has no counterpart in the platform's: then it is null."""
    if not isinstance(type_here, SourceType) or type_here.is_list or name in type_here.view.children:
        return False
    reading = analysis.module(type_here.view.blank.module).reading
    field = reading.complete.root if reading else None
    for step in (*type_here.path, name):
        field = field.children.get(step) if field else None
    if field is None or reading is None or not reading.without_counterpart(field.path):
        return False
    type_here.demand.at(name).optional = True
    return True


def _check_version(analysis: Analysis, type_here: Type, name: str, place: Span) -> None:
    """Raise OtherVersionError for a field that only other OCPI versions have, unless it is passed in quotes."""
    for option in type_here.options if isinstance(type_here, UnionType) else (type_here,):
        if not isinstance(option, SourceType) or option.is_list:
            continue
        schema = analysis.module(option.view.blank.module)
        if schema.reading is not None and name not in option.view.children:
            check_counterpart(schema, schema.reading, (*option.path, name), place)
            continue
        parent, child = option.view.field, option.view.children.get(name)
        if parent is None or child is None or child.quoted or child.field is None:
            continue
        if analysis.version not in schema.versions:
            continue
        if only_in_other_versions(parent, child.field, analysis.version):
            raise other_version(option.view.blank.module, parent, child.field, analysis.version, place)


def _field(type_: Type, name: str, place: Span, *, optional: bool) -> Type:
    match type_:
        case ObjectType(fields=fields, maker=maker) if maker and name not in fields and not optional:
            hint = did_you_mean(name, fields) or f"it has {', '.join(fields)}"
            raise CompileError(f"the result of {maker} has no field {name}", span=place, hint=hint)
        case ObjectType(fields=fields):
            return fields.get(name, NULL)
        case SourceType(view=view) if view.visibility == "blank":
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
    """Return the type of a field inside a source; None if the value is not followed any further."""
    view = type_.view.children.get(name)
    if view is None and name == PLATFORM and not type_.path:
        view = platform_node(type_.view.blank.module)
    if view is not None:
        demand = type_.demand.at(name)
        demand.whole = demand.whole or not view.children
        return SourceType(type_.source, (*type_.path, name), view, demand, certain=type_.certain)
    if not type_.view.children or optional:
        return None
    field = type_.view.field
    fields = field.children if field else {}
    if name in fields:
        hint = f"to use it: only …, {'.'.join((*type_.path, name))}"
        raise PrivacyError(f"{_named(type_, name)} is left out by `only`", span=place, hint=hint)
    hint = did_you_mean(name, {**fields, **type_.view.children})
    raise CompileError(f"{_named(type_)} has no field {name}", span=place, hint=hint)


def _named(type_: SourceType, *more: str) -> str:
    return ".".join((type_.view.blank.module, *type_.path, *more))


def items_type(type_here: Type, place: Span) -> Type:
    """Return the type of the items of a value."""
    check_blanks(type_here, place, FORMS[".[]"].blanks)
    match type_here:
        case SourceType(is_list=True) if type_here.view.children:
            # if an object was sent instead, its fields' values come here, and may be blank
            sure = type_here.certain and type_here.view.visibility == "shown"
            return SourceType(
                type_here.source, type_here.path, type_here.view, type_here.demand, items=True, certain=sure
            )
        case SourceType(is_list=True):
            use(type_here)
            return structs.replace(type_here, items=True)
        case ListType(item=inner):
            return inner
        case ObjectType(fields=fields) if fields:
            return union_of(list(fields.values()))
    use(type_here)
    return OpaqueType(is_clean(type_here))


def item_type(type_here: Type, key: Plan) -> Type:
    """Return the type of one item of a value; it may be null."""
    number = isinstance(key, plan.Constant) and isinstance(key.value, int | float)
    match type_here:
        case SourceType(is_list=True) if number and type_here.view.children:
            return SourceType(
                type_here.source,
                type_here.path,
                type_here.view,
                type_here.demand,
                items=True,
                certain=type_here.certain,
            )
        case SourceType(view=view) if view.visibility == "blank":
            use(type_here)
            return type_here
        case ListType(item=inner) if number:
            return union_of([inner, NULL])
        case ScalarType(name="string"):
            return ScalarType("string")
    use(type_here)
    return OpaqueType(is_clean(type_here))


def slice_type(type_here: Type) -> Type:
    """Return the type of a slice of a value."""
    match type_here:
        case SourceType(is_list=True) if type_here.view.children:
            return type_here
        case SourceType(view=view) if view.visibility == "blank":
            use(type_here)
            return type_here
        case ListType() | ScalarType(name="string"):
            return type_here
    use(type_here)
    return OpaqueType(is_clean(type_here))


HANDLERS: dict[type, Handler] = {tree.Identity: identity, tree.Path: path}
