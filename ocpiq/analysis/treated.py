"""Mistakes with treated fields, reported while compiling: a field in two ways, and what a treated value cannot be.

The gate applies the treatment whatever the query does, so these are errors of meaning, not of privacy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ocpiq.analysis.builtins import Builtin
from ocpiq.errors import CompileError, Span
from ocpiq.plan import nodes as plan
from ocpiq.plan.blanks import Blanks
from ocpiq.plan.nodes import Plan
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.plan.types import NULL, ScalarType, SourceType, Type, UnionType
from ocpiq.privacy.treatments import PERIODS, two_ways
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import module

Path = tuple[str, ...]
Side = tuple[Plan, Type]

OF_DATES: Final = {
    *(f"{unit}" for unit in PERIODS),
    "weekday",
    "utc",
    "duration_hours",
    "slots",
    "_power_kw",
    "fromdateiso8601",
    "strptime",
}
"""The builtins that take a DateTime."""

OF_PSEUDONYMS: Final = ("not",)
"""The builtins that refuse a blank and take a pseudonym."""

LABELS: Final = {
    "hour": ("2026-01-31T13", r"\d{4}-\d{2}-\d{2}T\d{2}"),
    "day": ("2026-01-31", r"\d{4}-\d{2}-\d{2}"),
    "week": ("2026-W05", r"\d{4}-W\d{2}"),
    "month": ("2026-01", r"\d{4}-\d{2}"),
    "quarter": ("2026-Q1", r"\d{4}-Q[1-4]"),
    "year": ("2026", r"\d{4}"),
}
"""An example of the labels of each period, and their form as a regular expression."""

USES: Final = "it can be shown, grouped, counted, joined, and compared with other pseudonyms"


# ---------------------------------------------------------------- one path, one treatment


def check_one_way(sources: Iterable[SourcePlan], version: str) -> None:
    """Raise CompileError if two sources of a query pass a field with different treatments, or one in the clear."""
    listed = list(sources)
    for source in listed if len(listed) > 1 else ():
        for path, node in _treated(source.view, ()):
            pulled = _pulled_path(source, path, version)
            for other in listed:
                if other is source or _pulled_module(other, version) != _pulled_module(source, version):
                    continue
                for shown in _nodes_at(other, pulled, version):
                    if shown.visibility in ("shown", "open", "plain") or (
                        shown.treatment is not None and shown.treatment != node.treatment
                    ):
                        raise two_ways(source.module, path, max(source.span, other.span, key=_start))


def _start(span: Span) -> int:
    return span.start


def _treated(view: ViewNode, path: Path) -> Iterator[tuple[Path, ViewNode]]:
    if view.treatment is not None:
        yield path, view
    for name, child in view.children.items():
        yield from _treated(child, (*path, name))


def _pulled_module(source: SourcePlan, version: str) -> str:
    return module(source.module, version).pulled


def _pulled_path(source: SourcePlan, path: Path, version: str) -> Path:
    """Return the path of a field in the objects that the platform lists."""
    nested = module(source.module, version).part
    if nested is None:
        return path
    return nested.keys.get(path[0], (*nested.path, *path)) if len(path) == 1 else (*nested.path, *path)


def _nodes_at(source: SourcePlan, pulled: Path, version: str) -> Iterator[ViewNode]:
    """Yield how a source shows the field at a path of the objects that the platform lists."""
    nested = module(source.module, version).part
    paths = [pulled]
    if nested is not None:
        paths = [(name,) for name, path in nested.keys.items() if path == pulled]
        if pulled[: len(nested.path)] == nested.path:
            paths.append(pulled[len(nested.path) :])
    for path in paths:
        node: ViewNode | None = source.view
        for name in path:
            node = None if node is None else node.child(name)
        if node is not None:
            yield node


# ---------------------------------------------------------------- what a treated value cannot be


def treated_field(type_: Type) -> SourceType | None:
    """Return the treated source field that a value is known to be."""
    if isinstance(type_, UnionType):
        options = [option for option in type_.options if option != NULL]
        return treated_field(options[0]) if len(options) == 1 else None
    if isinstance(type_, SourceType) and type_.view.treatment is not None and not type_.is_list:
        return type_
    return None


def check_operation(operator: str, sides: tuple[Side, Side], place: Span) -> None:
    """Raise CompileError for an operation on a treated value that cannot be intended."""
    for which in (0, 1):
        field, other = treated_field(sides[which][1]), sides[1 - which]
        if field is None:
            continue
        if _name(field) == "pseudonym":
            _check_pseudonym(field, operator, other, place)
        elif _name(field) in PERIODS:
            _check_period(field, operator, other, place)


def _check_pseudonym(field: SourceType, operator: str, other: Side, place: Span) -> None:
    if operator not in ("==", "!="):
        does = "has no order" if operator in ("<", "<=", ">", ">=") else f"cannot be used with `{operator}`"
        raise CompileError(f"{path_of(field)} is a pseudonym, which {does}", span=place, hint=USES)
    treated = treated_field(other[1])
    class_ = field.view.treatment.pseudonym_class if field.view.treatment else ""
    if treated is not None and _name(treated) == "pseudonym":
        assert treated.view.treatment is not None
        if treated.view.treatment.pseudonym_class != class_:
            text = f"the pseudonyms of {path_of(field)} and {path_of(treated)} are never equal"
            raise CompileError(text, span=place, hint="compare fields that identify the same thing")
    elif treated is not None or _is_clear(other):
        hint = f"pass {path_of(treated or field)} as a pseudonym too" if treated else USES
        raise CompileError(
            f"{path_of(field)} is a pseudonym, which never equals a clear value", span=place, hint=hint
        )


def _is_clear(side: Side) -> bool:
    """Tell whether a value is known to be in the clear and not null."""
    node, type_ = side
    if isinstance(node, plan.Constant):
        return node.value is not None
    if isinstance(type_, UnionType):
        return all(_is_clear((node, option)) for option in type_.options if option != NULL)
    if isinstance(type_, SourceType):
        return type_.view.visibility in ("shown", "plain")
    return isinstance(type_, ScalarType) and type_ != NULL


def _check_period(field: SourceType, operator: str, other: Side, place: Span) -> None:
    unit = _name(field)
    example, form = LABELS[unit]
    if operator not in ("==", "!=", "<", "<=", ">", ">="):
        if operator != "+":
            raise not_a_date(field, place)
        return
    node, type_ = other
    treated = treated_field(type_)
    if treated is not None and _name(treated) in PERIODS and _name(treated) != unit:
        text = f"{path_of(field)} is cut to the {unit}, and {path_of(treated)} to the {_name(treated)}"
        raise CompileError(text, span=place, hint=f"pass both as {unit}")
    clear = isinstance(type_, SourceType) and treated is None and type_.view.visibility in ("shown", "plain")
    text_ = node.value if isinstance(node, plan.Constant) else None
    wrong = isinstance(text_, str) and operator in ("==", "!=") and not re.fullmatch(form, text_, re.ASCII)
    if clear or wrong:
        text = f"{path_of(field)} is cut to the {unit}, and never equals {'a DateTime' if clear else 'this text'}"
        raise CompileError(text, span=place, hint=f'its values are like "{example}"')


def check_call(builtin: Builtin, uses: Iterable[tuple[Type, Blanks, Span]]) -> None:
    """Raise CompileError for a builtin that cannot take a treated value: of its input, or of an argument."""
    for type_, blanks, place in uses:
        field = treated_field(type_)
        if field is None:
            continue
        if _name(field) in PERIODS and builtin.name in OF_DATES:
            raise not_a_date(field, place, builtin.name)
        if _name(field) == "pseudonym" and blanks is not Blanks.MOVES and builtin.name not in OF_PSEUDONYMS:
            name = builtin.name.removeprefix("_")
            raise CompileError(
                f"{path_of(field)} is a pseudonym, which {name} does not take", span=place, hint=USES
            )


def check_order(word: str, type_: Type, place: Span) -> None:
    """Raise CompileError for ordering by pseudonyms."""
    field = treated_field(type_)
    if field is not None and _name(field) == "pseudonym":
        raise CompileError(
            f"{word}: {path_of(field)} is a pseudonym, which has no order", span=place, hint=USES
        )


def check_slice(type_: Type, place: Span) -> None:
    """Raise CompileError for a part of a pseudonym."""
    field = treated_field(type_)
    if field is not None and _name(field) == "pseudonym":
        raise CompileError(f"{path_of(field)} is a pseudonym, which has no parts", span=place, hint=USES)


def not_a_date(field: SourceType, place: Span, builtin: str = "") -> CompileError:
    """Return the error for a period that is used as a date."""
    unit, hint = _name(field), "pass it in the clear"
    if builtin == unit:
        hint = f"it already is the {unit}"
    elif builtin == "duration_hours" and field.view.blank.module == "cdrs":
        hint = "pass it in the clear, or use total_time"
    return CompileError(
        f"{path_of(field)} is cut to the {unit}, and is not a DateTime", span=place, hint=hint
    )


def path_of(field: SourceType) -> str:
    """Return the module and the path of a field."""
    return ".".join((field.view.blank.module, *field.path))


def _name(field: SourceType) -> str:
    return field.view.treatment.name if field.view.treatment else ""
