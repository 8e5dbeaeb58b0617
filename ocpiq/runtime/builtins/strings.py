"""Strings (jq manual, `startswith` to `implode`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from ocpiq.errors import OcpiqError, RunError
from ocpiq.values import arithmetic
from ocpiq.values.json.codec import decode, excerpt
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.types import Value, type_name

SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)
JSON_SPACES: Final = " \t\r\n"
EXTRA_VALUES: Final = "Unexpected extra JSON values"
SURROGATES: Final = range(0xD800, 0xE000)
LAST_CODE_POINT: Final = 0x10FFFF


def _two_strings(name: str, value: Value, other: Value) -> tuple[str, str]:
    if type(value) is str and type(other) is str:
        return value, other
    raise RunError(f"{name}() requires string inputs")


def starts_with(value: Value, start: Value) -> bool:
    """`startswith(start)`"""
    text, head = _two_strings("startswith", value, start)
    return text.startswith(head)


def ends_with(value: Value, end: Value) -> bool:
    """`endswith(end)`"""
    text, tail = _two_strings("endswith", value, end)
    return text.endswith(tail)


def trim_prefix(value: Value, start: Value) -> str:
    """`ltrimstr(start)`"""
    text, head = _two_strings("startswith", value, start)
    return text.removeprefix(head)


def trim_suffix(value: Value, end: Value) -> str:
    """`rtrimstr(end)`"""
    text, tail = _two_strings("endswith", value, end)
    return text.removesuffix(tail)


def _text(message: str) -> Callable[[Value], str]:
    def text(value: Value) -> str:
        if type(value) is str:
            return value
        raise RunError(message)

    return text


_trim_input = _text("trim input must be a string")
_explode_input = _text("explode input must be a string")


def split(value: Value, separator: Value) -> Value:
    """`split(separator)`"""
    if type(value) is str and type(separator) is str:
        return arithmetic.split(value, separator)
    raise RunError("split input and separator must be strings")


def _ascii(change: Callable[[bytes], bytes]) -> Callable[[Value], str]:
    def builtin(value: Value) -> str:
        return change(_explode_input(value).encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    return builtin


def implode(value: Value) -> str:
    """`implode`"""
    if type(value) is not list:
        raise RunError("implode input must be an array")
    return "".join(map(_character, value))


def _character(code_point: Value) -> str:
    if type(code_point) not in NUMBERS or code_point != code_point:  # noqa: PLR0124
        operand = f"{type_name(code_point)} ({excerpt(code_point)})"
        raise RunError(f"{operand} can't be imploded, unicode codepoint needs to be numeric")
    number = cast(float, code_point)
    if not 0 <= number <= LAST_CODE_POINT or int(number) in SURROGATES:
        return "\ufffd"
    return chr(int(number))


def from_json(value: Value) -> Value:
    """`fromjson`"""
    if type(value) is not str:
        raise RunError(f"{type_name(value)} ({excerpt(value)}) only strings can be parsed")
    try:
        return decode(value.encode("utf-8", "surrogatepass"))
    except OcpiqError as error:
        problem = error.message if value.strip(JSON_SPACES) else "Expected JSON value"
        if problem.startswith(EXTRA_VALUES):
            problem = EXTRA_VALUES
        raise RunError(f"{problem} (while parsing '{value}')") from None


def byte_length(value: Value) -> int:
    """`utf8bytelength`"""
    if type(value) is str:
        return len(value.encode("utf-8", "surrogatepass"))
    raise RunError(f"{type_name(value)} ({excerpt(value)}) only strings have UTF-8 byte length")


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "startswith": starts_with,
    "endswith": ends_with,
    "ltrimstr": trim_prefix,
    "rtrimstr": trim_suffix,
    "trim": lambda value: _trim_input(value).strip(SPACES),
    "ltrim": lambda value: _trim_input(value).lstrip(SPACES),
    "rtrim": lambda value: _trim_input(value).rstrip(SPACES),
    "split": split,
    "ascii_downcase": _ascii(bytes.lower),
    "ascii_upcase": _ascii(bytes.upper),
    "explode": lambda value: [ord(character) for character in _explode_input(value)],
    "implode": implode,
    "fromjson": from_json,
    "utf8bytelength": byte_length,
}
