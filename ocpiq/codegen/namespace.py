"""Every name that generated code can use, besides the constants of its query: GLOBALS, and the builtins."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType
from typing import Final

from ocpiq.codegen.expressions import BUILTIN, FORMAT
from ocpiq.errors import RunError
from ocpiq.runtime import access, aggregates, buffers, net_aggregates, sealed_totals, updates
from ocpiq.runtime.builtins import native
from ocpiq.runtime.context import BreakSignal
from ocpiq.values import arithmetic, order

GLOBALS: Final[dict[str, object]] = {
    "dict": dict,
    "list": list,
    "str": str,
    "int": int,
    "float": float,
    "object": object,
    "RunError": RunError,
    "BreakSignal": BreakSignal,
    "add": arithmetic.add,
    "subtract": arithmetic.subtract,
    "multiply": arithmetic.multiply,
    "divide": arithmetic.divide,
    "modulo": arithmetic.modulo,
    "negate": arithmetic.negate,
    "negate_computed": arithmetic.negate_computed,
    "equal": order.equal,
    "less": order.less,
    "less_equal": order.less_equal,
    "greater": order.greater,
    "greater_equal": order.greater_equal,
    "group_key": order.group_key,
    **{
        name: getattr(access, name)
        for name in ("field", "item", "slice_value", "iterate", "truth", "object_key")
    },
    **{
        name: getattr(access, name)
        for name in ("whole_number", "refuse_blank", "refuse_blank_item", "refuse_blank_inside")
    },
    "Edit": updates.Edit,
    **{
        name: getattr(access, name)
        for name in (
            "path_end",
            "path_step",
            "path_iterate",
            "path_items",
            "path_descend",
            "path_of_computed",
        )
    },
    "set": set,
    "sort_key": order.sort_key,
    **buffers.NAMES,
    **aggregates.NAMES,
    **net_aggregates.NAMES,
    **sealed_totals.NAMES,
}


def names_for(code: CodeType) -> dict[str, object]:
    """Return the names that generated code can use, of the builtins those that it does use."""
    builtins = {name: function for name in names_in(code) if (function := builtin(name)) is not None}
    return GLOBALS | builtins


def names_in(code: CodeType) -> Iterator[str]:
    """Yield every name that code looks up outside of its functions."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def builtin(name: str) -> object | None:
    """Return the builtin of this name in generated code; None if the name is of something else."""
    if name == "concatenate":
        from ocpiq.runtime.builtins.formats import concatenate  # noqa: PLC0415 - takes a while

        return concatenate
    if name.startswith(BUILTIN):
        return native(name.removeprefix(BUILTIN))
    return native(f"@{name.removeprefix(FORMAT)}") if name.startswith(FORMAT) else None
