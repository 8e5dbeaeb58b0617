"""`tostring`, `tojson`, `@csv` and the other `@` formats. A formatted blank is a blank that prints the text."""

from __future__ import annotations

import base64
import binascii
import codecs
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, unquote

from ocpiq.errors import RunError
from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import excerpt, to_json, tostring, utf8
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.types import Value, type_name

BROKEN_PERCENT: Final = lazy_pattern("%(?![0-9A-Fa-f]{2})")
BASE64: Final = lazy_pattern("[A-Za-z0-9+/=]*")
REPLACE_HANDLER: Final = "ocpiq.replace"  # the error handler for bytes that are not UTF-8
NUL: Final = "\\0"  # how jq writes U+0000 in a row, a shell word, HTML
HTML: Final = str.maketrans({"\0": NUL, "<": "&lt;", ">": "&gt;", "&": "&amp;", "'": "&apos;", '"': "&quot;"})
TSV: Final = str.maketrans({"\0": NUL, "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def first_blank(value: Value) -> Blank | None:
    """Return a blank that `value` is or holds, or None."""
    pending = [value]
    while pending:
        element = pending.pop()
        if type(element) is Blank:
            return element
        if type(element) is list:
            pending.extend(element)
        elif type(element) is dict:
            pending.extend(element.values())
    return None


def _formatter(format_text: Callable[[Value], str]) -> Callable[[Value], Value]:
    """Return a builtin that formats; what holds a blank becomes one."""

    def builtin(value: Value) -> Value:
        text = format_text(value)
        if type(value) is str:
            return text
        blank = first_blank(value)
        return text if blank is None else blank.formatted(text)

    return builtin


def _row(value: Value, name: str, cell: Callable[[Value], str], separator: str) -> str:
    if type(value) is not list:
        raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be {name}-formatted, only array")
    return separator.join(map(cell, value))


def _scalar(value: Value) -> str:
    if type(value) in (list, dict):
        raise RunError(f"{type_name(value)} ({excerpt(value)}) is not valid in a csv row")
    return "" if value is None or value != value else tostring(value)  # noqa: PLR0124 - NaN


def _csv_cell(value: Value) -> str:
    text = _scalar(value)
    return '"' + text.replace('"', '""').replace("\0", NUL) + '"' if type(value) in (str, Blank) else text


def _tsv_cell(value: Value) -> str:
    return _scalar(value).translate(TSV)


def _shell_word(value: Value) -> str:
    if type(value) in (list, dict):
        raise RunError(f"{type_name(value)} ({excerpt(value)}) can not be escaped for shell")
    text = tostring(value)
    return "'" + text.replace("'", "'\\''").replace("\0", NUL) + "'" if type(value) in (str, Blank) else text


def _shell(value: Value) -> str:
    return " ".join(map(_shell_word, value if type(value) is list else [value]))


def _base64(value: Value) -> str:
    return base64.b64encode(utf8(tostring(value))).decode()


def _from_base64(value: Value) -> str:
    """Decode with or without padding; text after a `=` is ignored, as in jq."""
    text = tostring(value)
    try:
        data = base64.b64decode(_pad(text, 4), validate=True)
    except (binascii.Error, ValueError):
        is_invalid = BASE64.fullmatch(text) is None
        problem = "is not valid base64 data" if is_invalid else "trailing base64 byte found"
        raise RunError(f"string ({excerpt(text)}) {problem}") from None
    return data.decode("utf-8", REPLACE_HANDLER)


def _replace(error: UnicodeError) -> tuple[str, int]:
    """Replace invalid UTF-8 as jq does: a truncated character at the end takes all remaining bytes."""
    assert isinstance(error, UnicodeDecodeError)
    data, end = error.object, error.start + 1
    first = data[error.start]
    size = 1 if not 0xC2 <= first <= 0xF4 else 2 + (first >= 0xE0) + (first >= 0xF0)
    if error.start + size > len(data):
        return "\ufffd", len(data)
    while end < error.start + size and data[end] & 0xC0 == 0x80:
        end += 1
    return "\ufffd", end


codecs.register_error(REPLACE_HANDLER, _replace)


def _pad(text: str, block: int) -> str:
    body = text.partition("=")[0]
    return body + "=" * (-len(body) % block)


def _base32(value: Value) -> str:
    return base64.b32encode(utf8(tostring(value))).decode()


def _from_base32(value: Value) -> str:
    text = tostring(value)
    try:
        data = base64.b32decode(_pad(text, 8))
    except (binascii.Error, ValueError):
        raise RunError(f"string ({excerpt(text)}) is not valid base32 data") from None
    return data.decode("utf-8", REPLACE_HANDLER)


def _from_uri(value: Value) -> str:
    text = tostring(value)
    try:
        if BROKEN_PERCENT.search(text):
            raise ValueError
        return unquote(text, errors="strict")
    except ValueError:
        raise RunError(f"{type_name(value)} ({excerpt(value)}) is not a valid uri encoding") from None


def format_value(value: Value, name: Value) -> Value:
    """`format(name)`: the format `@name`"""
    function: Callable[[Value], Value] | None = NATIVES.get(f"@{name}") if type(name) is str else None
    if function is None:
        shown = name if type(name) is str else f"{type_name(name)} ({excerpt(name)})"
        raise RunError(f"{shown} is not a valid format")
    return function(value)


def concatenate(*pieces: Value) -> Value:
    """Return the string of an interpolation from its pieces, strings or blanks."""
    text = "".join([tostring(piece) for piece in pieces])
    for piece in pieces:
        if type(piece) is Blank:
            return piece.formatted(text)
    return text


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "tostring": _formatter(tostring),
    "tojson": _formatter(to_json),
    "@text": _formatter(tostring),
    "@json": _formatter(to_json),
    "@csv": _formatter(lambda value: _row(value, "csv", _csv_cell, ",")),
    "@tsv": _formatter(lambda value: _row(value, "tsv", _tsv_cell, "\t")),
    "@html": _formatter(lambda value: tostring(value).translate(HTML)),
    "@uri": _formatter(lambda value: quote(utf8(tostring(value)), safe="~")),
    "@sh": _formatter(_shell),
    "@base64": _formatter(_base64),
    "@base64d": _formatter(_from_base64),
    "@base32": _formatter(_base32),
    "@base32d": _formatter(_from_base32),
    "@urid": _formatter(_from_uri),
    "format": format_value,
}
