"""What a value is, and what jq calls its type."""

from __future__ import annotations

from typing import Final, TypeAlias

from ocpiq.values.blank import Blank
from ocpiq.values.numbers import LiteralNumber

Value: TypeAlias = "None | bool | int | float | str | list[Value] | dict[str, Value] | Blank"

TYPE_NAMES: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    LiteralNumber: "number",
    str: "string",
    list: "array",
    dict: "object",
    Blank: "blank",
}


def type_name(value: Value) -> str:
    """Return jq's name of the value's type; a blank's is `blank`."""
    return TYPE_NAMES[type(value)]
