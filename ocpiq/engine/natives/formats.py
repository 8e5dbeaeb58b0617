"""`tostring`, `tojson` and the formats `@csv` and its kin. A formatted blank is a blank that prints the text."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from ocpiq.errors import RunError
from ocpiq.values.blank import Blank
from ocpiq.values.text import excerpt, to_json, tostring
from ocpiq.values.types import Value, type_name

HTML: Final = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", "'": "&apos;", '"': "&quot;"})
TSV: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def first_blank(value: Value) -> Blank | None:
    """Return a blank that `value` is or holds, None where there is none."""
    todo = [value]
    while todo:
        found = todo.pop()
        if type(found) is Blank:
            return found
        if type(found) is list:
            todo.extend(found)
        elif type(found) is dict:
            todo.extend(found.values())
    return None


def _formatting(of: Callable[[Value], str]) -> Callable[[Value], Value]:
    """Return a builtin that formats; what holds a blank becomes one."""

    def builtin(value: Value) -> Value:
        text = of(value)
        if type(value) is str:
            return text
        blank = first_blank(value)
        return text if blank is None else blank.formatted(text)

    return builtin


def _row(value: Value, name: str, cell: Callable[[Value], str], separator: str) -> str:
    if type(value) is not list:
        raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be {name}-formatted, only array")
    return separator.join(map(cell, value))


def _scalar(value: Value, name: str) -> str:
    if type(value) in (list, dict):
        raise RunError(f"{type_name(value)} ({excerpt(value)}) is not valid in a {name} row")
    return "" if value is None else tostring(value)


def _csv_cell(value: Value) -> str:
    text = _scalar(value, "csv")
    return '"' + text.replace('"', '""') + '"' if type(value) in (str, Blank) else text


def _tsv_cell(value: Value) -> str:
    return _scalar(value, "tsv").translate(TSV)


def _shell_word(value: Value) -> str:
    if type(value) in (list, dict):
        raise RunError(f"{type_name(value)} ({excerpt(value)}) can not be escaped for shell")
    text = tostring(value)
    return "'" + text.replace("'", "'\\''") + "'" if type(value) in (str, Blank) else text


def _shell(value: Value) -> str:
    return " ".join(map(_shell_word, value if type(value) is list else [value]))


def _base64(value: Value) -> str:
    return base64.b64encode(tostring(value).encode("utf-8", "replace")).decode()


def _from_base64(value: Value) -> str:
    text = tostring(value)
    body = text.rstrip("=")
    try:
        if len(body) % 4 == 1:
            raise binascii.Error
        data = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise RunError(f"{type_name(value)} ({excerpt(value)}) is not valid base64 data") from None
    return data.decode("utf-8", "replace")


def concatenate(*pieces: Value) -> Value:
    """Return the string of an interpolation from its pieces, strings or blanks."""
    text = "".join([tostring(piece) for piece in pieces])
    for piece in pieces:
        if type(piece) is Blank:
            return piece.formatted(text)
    return text


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "tostring": _formatting(tostring),
    "tojson": _formatting(to_json),
    "@text": _formatting(tostring),
    "@json": _formatting(to_json),
    "@csv": _formatting(lambda value: _row(value, "csv", _csv_cell, ",")),
    "@tsv": _formatting(lambda value: _row(value, "tsv", _tsv_cell, "\t")),
    "@html": _formatting(lambda value: tostring(value).translate(HTML)),
    "@uri": _formatting(lambda value: quote(tostring(value), safe="~")),
    "@sh": _formatting(_shell),
    "@base64": _formatting(_base64),
    "@base64d": _formatting(_from_base64),
}
