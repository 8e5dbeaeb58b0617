"""Every name that generated code can use, besides the constants of its query."""

from __future__ import annotations

from typing import Final

from ocpiq.codegen.expressions import format_name
from ocpiq.errors import RunError
from ocpiq.runtime import access, aggregates, buffers, net_aggregates, sealed_totals, updates
from ocpiq.runtime.builtins import NATIVES, formats
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
    "concatenate": formats.concatenate,
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
    **{format_name(name): function for name, function in NATIVES.items()},
}
