"""JSON text written with care: any depth, any number, any string; on one line or indented, sorted, coloured.

Plain loops over a stack, so that depth costs memory and never the interpreter's own stack. Many times slower
than orjson, so callers come here only for what orjson cannot write (`text.encode`) or does not lay out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, cast

import orjson
from msgspec import Struct

from ocpiq.values.blank import Blank
from ocpiq.values.numbers import NUMBERS, LiteralNumber
from ocpiq.values.types import Value

LARGEST: Final = "1.7976931348623157e+308"  # what jq prints for infinity
SHORT: Final = 2000  # bits of an integer that Python converts under any setting
RESET: Final = "\033[0m"

COLOR: Final[dict[type, int]] = {
    type(None): 0,
    int: 3,
    float: 3,
    LiteralNumber: 3,
    str: 4,
    list: 5,
    dict: 6,
    Blank: 0,
}
KEY_COLOR: Final = 7


class Style(Struct, frozen=True):
    """How JSON is laid out.

    `indent` is one level ("" keeps all on one line); `colors` are jq's eight escape sequences (null, false,
    true, numbers, strings, arrays, objects, object keys) or none.
    """

    indent: str = ""
    sort_keys: bool = False
    colors: tuple[str, ...] = ()


PLAIN: Final = Style()

Part = str | tuple[Value, int]  # text, or a value still to be written and its depth


def write(value: Value, style: Style = PLAIN) -> str:
    """Return `value` as JSON text; a blank as its text, NaN as null, infinity as the largest number."""
    written: list[str] = []
    todo: list[Part] = [(value, 0)]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            written.append(part)
            continue
        item, depth = part
        if type(item) is list and item:
            todo.extend(reversed(list(_array(item, depth, style))))
        elif type(item) is dict and item:
            todo.extend(reversed(list(_object(item, depth, style))))
        else:
            written.append(_colored(scalar(item), item, style))
    return "".join(written)


def scalar(value: Value) -> str:
    """Return what has nothing inside: a number, a string, a constant, a blank, an empty container."""
    kind = type(value)
    if kind is str:
        return quoted(cast(str, value))
    if kind is Blank:
        return quoted(cast(Blank, value).text)
    if kind in NUMBERS:
        return number_text(cast(float, value))
    return orjson.dumps(value).decode()


def quoted(text: str) -> str:
    """Return the JSON string, a lone surrogate as U+FFFD and DEL escaped, as jq prints them."""
    try:
        data = orjson.dumps(text)
    except TypeError:
        data = orjson.dumps(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    return data.decode().replace("\x7f", "\\u007f")


def number_text(number: int | float) -> str:
    """Return jq's text of a number; a float that was read as `95.0` keeps its form.

    jq writes the shortest digits that read back, with an exponent below 0.0001 and where more than 15 zeros
    would follow.
    """
    if isinstance(number, int):
        return str(number) if number.bit_length() < SHORT else _long_text(number)
    if isinstance(number, LiteralNumber):
        return number.text
    if math.isnan(number):
        return "null"
    if math.isinf(number):
        return LARGEST if number > 0 else "-" + LARGEST
    text = repr(number)
    if "e+" not in text:
        return text
    mantissa, exponent = text.split("e+")
    whole, _, fraction = mantissa.partition(".")
    zeros = int(exponent) - len(fraction)
    return f"{whole}{fraction}{'0' * zeros}" if 0 <= zeros < 16 else text


def _long_text(number: int) -> str:
    """Return the digits of a number that is too long for Python's own conversion."""
    from decimal import Decimal  # noqa: PLC0415 - almost never needed

    return f"{Decimal(number):f}"


def _array(items: list[Value], depth: int, style: Style) -> Iterator[Part]:
    color, reset, newline = _layout(items, depth + 1, style)
    yield f"{color}["
    for place, item in enumerate(items):
        yield f"{color},{reset}{newline}" if place else reset + newline
        yield item, depth + 1
    yield f"{_newline(depth, style)}{color}]{reset}"


def _object(fields: dict[str, Value], depth: int, style: Style) -> Iterator[Part]:
    color, reset, newline = _layout(fields, depth + 1, style)
    key_color = style.colors[KEY_COLOR] if style.colors else ""
    colon = f"{color}:{reset}" + (" " if style.indent else "")
    yield f"{color}{{"
    names = sorted(fields) if style.sort_keys else fields
    for place, name in enumerate(names):
        separator = f"{color},{reset}{newline}" if place else reset + newline
        yield f"{separator}{key_color}{quoted(name)}{reset}{colon}"
        yield fields[name], depth + 1
    yield f"{_newline(depth, style)}{color}}}{reset}"


def _layout(container: Value, depth: int, style: Style) -> tuple[str, str, str]:
    """Return the container's colour, the reset that ends it, and the line break before each item."""
    newline = _newline(depth, style)
    return (style.colors[COLOR[type(container)]], RESET, newline) if style.colors else ("", "", newline)


def _newline(depth: int, style: Style) -> str:
    return "\n" + style.indent * depth if style.indent else ""


def _colored(text: str, value: Value, style: Style) -> str:
    if not style.colors:
        return text
    color = 1 + value if isinstance(value, bool) else COLOR[type(value)]
    return f"{style.colors[color]}{text}{RESET}"
