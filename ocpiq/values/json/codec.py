"""Encode and decode JSON the way jq does."""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, cast

import msgspec
import orjson

from ocpiq.values.blank import Blank
from ocpiq.values.json.writer import Style, number_text, write
from ocpiq.values.numbers import Fractions, LiteralNumber
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.types import Value

__all__ = [
    "decode",
    "encode",
    "excerpt",
    "number_text",
    "to_json",
    "tostring",
    "utf8",
    "well_formed",
    "without_blanks",
]

DECODER: Final = msgspec.json.Decoder(float_hook=Fractions().__getitem__)
SIGNED_ZERO: Final = lazy_pattern(rb"-0(?:[,\]} \t\r\n]|$)")
"""Finds `-0`, of which the decoder drops the sign; it may also be in a string."""

# Numbers that orjson writes in another form than jq (0.00001, 1e-7, 1.5e+16); one in a string does no harm.
OTHER_FORM: Final = lazy_pattern(rb"(?:^|[:,\[\s])-?(?:0\.0000|\d+(?:\.\d+)?e[-+])")

# Parts of such numbers, and of null. For a fixed text, a regular expression is faster than `in`.
SMALL: Final = re.compile(b"e-").search
TINY: Final = re.compile(rb"0\.0000").search
NULL: Final = re.compile(b"null").search

# Infinity, which orjson writes as null, in MessagePack.
INFINITE: Final = (b"\xcb\x7f\xf0\0\0\0\0\0\0", b"\xcb\xff\xf0\0\0\0\0\0\0")

NAN: Final = re.compile(rb"\xcb[\x7f\xff]\xf8\0\0\0\0\0\0")  # in MessagePack

PRINTED: Final = attrgetter("printed")
"""Returns what orjson writes for a blank or a number that keeps its digits; no function of Python's is as fast."""

EXCERPT_BYTES: Final = 29

OfBlank = Callable[[Blank], LiteralNumber]


def encode(value: Value, option: int = 0, blank: OfBlank | None = None) -> bytes:
    """Return `value` as JSON in UTF-8, on one line; `option` are orjson's: sorted keys, an indent, a newline.

    `blank` returns the number that stands for a blank, where the slower writer needs it.

    Never fails for a value: what orjson refuses, or writes in another form than jq, falls back to the slower writer.
    The latter is looked for in the finished bytes, since a walk over the value would cost more than writing it.
    """
    try:
        data = orjson.dumps(value, PRINTED, option)
    except TypeError:  # lone surrogates, integers over 64 bits, more than 250 levels
        return _encode_like_jq(value, option, blank)
    suspect = SMALL(data) or TINY(data) or (b"+" in data and b"e+" in data)
    if (suspect and OTHER_FORM.search(data)) or (NULL(data) and _holds_infinity(value)):
        return _encode_like_jq(value, option, blank)
    return data.replace(b"\x7f", b"\\u007f") if b"\x7f" in data else data


def encode_read(value: Value, option: int = 0, blank: OfBlank | None = None) -> bytes:
    """Return what `encode` returns, for a value whose numbers were all read: none of them has another form in jq."""
    try:
        data = orjson.dumps(value, PRINTED, option)
    except TypeError:
        return _encode_like_jq(value, option, blank)
    return data.replace(b"\x7f", b"\\u007f") if b"\x7f" in data else data


def decode(data: bytes, line: int = 1, column: int = 0) -> Value:
    """Return the value that the JSON text `data` is, integers exact; raise InputError with jq's message."""
    try:
        return decode_exactly(data)
    except (ValueError, RecursionError):
        from ocpiq.values.json.reader import parse  # noqa: PLC0415 - rarely needed

        return parse(data, line, column)


def decode_exactly(data: bytes) -> Value:
    """Return the value of a JSON text by the fast decoder. ValueError if it refuses it, or may misread a number."""
    if SIGNED_ZERO.search(data):
        raise ValueError("-0")
    return cast(Value, DECODER.decode(data))


def without_blanks(value: Value, blank: OfBlank) -> Value:
    """Return a copy of a value, however deep, with numbers in place of its blanks."""
    return with_leaves(value, lambda leaf: blank(leaf) if isinstance(leaf, Blank) else leaf)


def with_leaves(value: Value, replace: Callable[[Value], Value]) -> Value:
    """Return a copy of a value, however deep, in which `replace` has been called for all but arrays and objects."""
    top: list[Value] = [value]
    todo: list[list[Value] | dict[str, Value]] = [top]
    while todo:
        holder = todo.pop()
        places: list[tuple[Any, Value]] = list(
            holder.items() if isinstance(holder, dict) else enumerate(holder)
        )
        for place, item in places:
            if isinstance(item, list | dict):
                copied = holder[place] = item.copy()
                todo.append(copied)
            else:
                holder[place] = replace(item)
    return top[0]


def to_json(value: Value) -> str:
    """Return jq's `tojson`; a blank inside is written as its text."""
    return encode(value).decode()


def tostring(value: Value) -> str:
    """Return jq's `tostring`: a string as it is, a blank as its text, anything else as JSON."""
    if isinstance(value, str):
        return value
    return value.text if isinstance(value, Blank) else to_json(value)


def utf8(text: str) -> bytes:
    """Return the text as UTF-8, a lone surrogate as U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def well_formed(text: str) -> str:
    """Return the text with a lone surrogate, which stands for a byte that is not UTF-8, as U+FFFD."""
    return text if text.isascii() else utf8(text).decode()


def excerpt(value: Value) -> str:
    """Return the value as jq's error texts quote it: JSON, cut to 29 bytes, the last bracket kept."""
    data = encode(value)
    if len(data) <= EXCERPT_BYTES:
        return data.decode()
    end = "..." + (chr(data[-1]) if data[-1] in b'"]}' else "")
    return data[: EXCERPT_BYTES - len(end)].decode(errors="ignore") + end


def _nothing(value: object) -> None:
    """Stand for a blank or a number that keeps its digits: neither is infinite or NaN."""


def _holds_infinity(value: Value) -> bool:
    packed = msgspec.msgpack.encode(value, enc_hook=_nothing)
    return INFINITE[0] in packed or INFINITE[1] in packed


def may_hold_nan(value: Value) -> bool:
    """Tell whether NaN, which is null in JSON, may be in a value."""
    try:
        return NAN.search(msgspec.msgpack.encode(value, enc_hook=_nothing)) is not None
    except (OverflowError, RecursionError):  # for a large integer, or many levels
        return True


def _encode_like_jq(value: Value, option: int, blank: OfBlank | None = None) -> bytes:
    value = value if blank is None else without_blanks(value, blank)
    indent = "  " if option & orjson.OPT_INDENT_2 else ""
    text = write(value, Style(indent=indent, sort_keys=bool(option & orjson.OPT_SORT_KEYS)))
    return (text + "\n" if option & orjson.OPT_APPEND_NEWLINE else text).encode()
