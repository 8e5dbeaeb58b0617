"""Paths: fields, indices, slices, iteration, followed into the sources as long as they are literal."""

from __future__ import annotations

from msgspec import structs

from ocpiq.analysis.context import Analysis, Handler, Resolved, pipe, product_outputs
from ocpiq.analysis.scope import Scope
from ocpiq.errors import CompileError, PrivacyError, Span, did_you_mean
from ocpiq.language import tree
from ocpiq.plan.blanks import FORMS, KEY
from ocpiq.plan.nodes import (
    Bind,
    Constant,
    Field,
    Identity,
    Index,
    Iterate,
    Local,
    Outputs,
    Plan,
    Slice,
    Try,
)
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
    is_clean,
    consume,
    union_of,
    check_blanks,
    use,
)


def identity(analysis: Analysis, node: tree.Identity, scope: Scope, kind: Type) -> Resolved:
    """Resolve `.`."""
    require_input(kind, scope.place(node))
    return Identity(), kind


def require_input(kind: Type, place: Span) -> None:
    """Raise where something is asked of a value, and none is there."""
    if isinstance(kind, NoInput):
        raise CompileError(kind.reason, span=place, hint=kind.hint)


def path(analysis: Analysis, node: tree.Path, scope: Scope, kind: Type) -> Resolved:
    """Resolve a term with steps. Keys see the path's own input and are evaluated before the base, the last first."""
    quiet = any(isinstance(step, tree.Question) for step in node.steps)
    base, here = analysis.resolve(node.base, structs.replace(scope, quiet=True) if quiet else scope, kind)
    walked = base
    keys: list[tuple[str, Plan]] = []
    for step in node.steps:
        if isinstance(step, tree.Question):
            walked = Try(walked, None, outputs=guarded_outputs(walked.outputs), span=scope.place(node))
            continue
        part, here = _step(analysis, step, scope, kind, here, keys)
        if step.optional:
            part = Try(part, None, of_step=True, outputs=guarded_outputs(part.outputs), span=scope.place(node))
        walked = pipe(walked, part)
    for name, key in keys:
        walked = Bind(key, name, walked, outputs=product_outputs(key, walked))
    return walked, here


def guarded_outputs(outputs: Outputs) -> Outputs:
    """Return the outputs of a part whose errors end them."""
    return outputs if outputs is not Outputs.ONE else Outputs.MAYBE


def _step(
    analysis: Analysis,
    step: tree.Field | tree.Index | tree.Slice | tree.Iterate,
    scope: Scope,
    kind: Type,
    here: Type,
    keys: list[tuple[str, Plan]],
) -> Resolved:
    place = scope.place(step)
    match step:
        case tree.Field(name=str(name)):
            return resolve_field(name, here, place, optional=step.optional or scope.quiet)
        case tree.Iterate():
            return Iterate(outputs=Outputs.MANY, span=place), items_type(here, place)
        case tree.Slice():
            end = _key(analysis, step.end, scope, kind, keys)
            start = _key(analysis, step.start, scope, kind, keys)
            return Slice(start, end, span=place), slice_type(here)
        case tree.Field(name=tree.Text() as text):
            key = _key(analysis, text, scope, kind, keys)
        case tree.Index():
            key = _key(analysis, step.key, scope, kind, keys)
    if isinstance(key, Constant) and isinstance(key.value, str):
        return resolve_field(key.value, here, place, optional=step.optional or scope.quiet)
    return Index(key, span=place), item_type(here, key)


def _key(
    analysis: Analysis, node: tree.Expr | None, scope: Scope, kind: Type, keys: list[tuple[str, Plan]]
) -> Plan:
    """Resolve a key; what is not a constant is bound to a name first."""
    if node is None:
        return Constant(None)
    plan, type_ = analysis.resolve(node, scope, kind)
    consume(type_, scope.place(node), FORMS[KEY])
    if isinstance(plan, Constant):
        return plan
    name = analysis.name("key")
    keys.append((name, plan))
    return Local(name)


def resolve_field(name: str, here: Type, place: Span, *, optional: bool) -> Resolved:
    """Take the field `name` of a value of type `here`; an unknown field of a source is an error unless optional."""
    kind: Type = here
    how: Type = here
    if isinstance(here, UnionType) and NULL in here.options:
        others = [option for option in here.options if option != NULL]
        if len(others) == 1:
            kind = others[0]
            how = here if isinstance(kind, SourceType) else OpaqueType()
    result = _field(kind, name, place, optional=optional)
    return Field(name, how, span=place), union_of([result, NULL]) if isinstance(
        kind, ObjectType
    ) and how != kind else result


def _field(kind: Type, name: str, place: Span, *, optional: bool) -> Type:
    match kind:
        case ObjectType(fields=fields):
            return fields.get(name, NULL)
        case SourceType(view=view) if view.treatment == "blank":
            use(kind)
            return kind  # below a blank is blank
        case SourceType(is_list=True) if kind.view.children and not optional:
            hint = f"its items have fields: .{kind.path[-1]}[].{name}"
            raise CompileError(f"{_named(kind)} is a list", span=place, hint=hint)
        case SourceType() if not kind.is_list:
            child = _child(kind, name, place, optional=optional)
            if child is not None:
                return child
    use(kind)
    return NULL if kind == NULL else OpaqueType(is_clean(kind))


def _child(kind: SourceType, name: str, place: Span, *, optional: bool) -> Type | None:
    """Return the type of a field of an object in a source, None where the value is an ordinary one from here on."""
    view = kind.view.children.get(name)
    if view is not None:
        need = kind.need.at(name)
        need.whole = need.whole or not view.children
        return SourceType(kind.source, (*kind.path, name), view, need, sure=kind.sure)
    if not kind.view.children or optional:
        return None
    field = kind.view.field
    known = field.children if field else {}
    if name in known:
        hint = f"to use it: only …, {'.'.join((*kind.path, name))}"
        raise PrivacyError(f"{_named(kind, name)} is left out by `only`", span=place, hint=hint)
    hint = did_you_mean(name, {**known, **kind.view.children})
    raise CompileError(f"{_named(kind)} has no field {name}", span=place, hint=hint)


def _named(kind: SourceType, *more: str) -> str:
    return ".".join((kind.view.blank.module, *kind.path, *more))


def items_type(here: Type, place: Span) -> Type:
    """Return the type of the items of a value."""
    check_blanks(here, place, FORMS[".[]"])
    match here:
        case SourceType(is_list=True) if here.view.children:
            # sent as an object instead, these are the values of its fields, which may be blank
            sure = here.sure and here.view.treatment == "shown"
            return SourceType(here.source, here.path, here.view, here.need, items=True, sure=sure)
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
    number = isinstance(key, Constant) and isinstance(key.value, int | float)
    match here:
        case SourceType(is_list=True) if number and here.view.children:
            return SourceType(here.source, here.path, here.view, here.need, items=True, sure=here.sure)
        case SourceType(view=view) if view.treatment == "blank":
            use(here)
            return here
        case ListType(item=inner) if number:
            return union_of([inner, NULL])
        case ScalarType(kind="string"):
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
        case ListType() | ScalarType(kind="string"):
            return here
    use(here)
    return OpaqueType(is_clean(here))


HANDLERS: dict[type, Handler] = {tree.Identity: identity, tree.Path: path}
