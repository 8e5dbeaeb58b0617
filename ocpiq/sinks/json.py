"""Values as JSON in all of jq's forms: on one line, indented, sorted, ASCII only, raw, coloured."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import orjson
from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import RunError
from ocpiq.plan.columns import Columns
from ocpiq.sinks.sink import Settings, Sink, StreamSink
from ocpiq.sinks.target import Target
from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import encode, utf8
from ocpiq.values.json.writer import Style, write
from ocpiq.values.terminal import LINES, visible
from ocpiq.values.types import Value

Encode = Callable[[Value], bytes]

LAYOUT: Final = f"{LINES}\x1b\x1e"
BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")
INDENT: Final = re.compile(rb"\n( +)")


class JsonStyle(Struct, frozen=True):
    """How values are written: jq's flags.

    `indent` is one level of it, "" for one line; `raw` writes strings without quotes; `end` follows each
    value; `begin` goes before each that is not raw (`--seq`); `colors` are jq's escape sequences or none; `visible`
    escapes what a terminal could take for more than text.
    """

    indent: str = ""
    sort_keys: bool = False
    ascii_only: bool = False
    raw: bool = False
    begin: bytes = b""
    end: bytes = b"\n"
    colors: tuple[str, ...] = ()
    visible: bool = False


ONE_LINE: Final = JsonStyle()


class Json(Struct, frozen=True):
    """JSON: each value by itself, nothing held back."""

    write: Encode

    def flush(self) -> bytes:
        """Return nothing."""
        return b""

    def end(self) -> bytes:
        """Return nothing."""
        return b""


class JsonArray:
    """JSON: the values as the items of one array, which begins with the first of them.

    If a single value is not to be an array, it is held back until the next one or the end.
    """

    def __init__(self, encode: Encode, indent: str, *, always: bool) -> None:
        self._encode = encode
        self._indent = b"\n" + indent.encode()
        self._always = always
        self._held: bytes | None = None
        self._begun = False

    def write(self, value: Value) -> bytes:
        """Return the item, or nothing for the first value if it may be the only one."""
        data = self._encode(value)
        if self._begun or self._always:
            return self._item(data)
        if self._held is None:
            self._held = data
            return b""
        return self.flush() + self._item(data)

    def flush(self) -> bytes:
        """Return the value that is held back, as an item: what follows it is not known."""
        held, self._held = self._held, None
        return b"" if held is None else self._item(held)

    def end(self) -> bytes:
        """Return the only value, or the end of the array; an empty array without any value."""
        if self._held is not None:
            return self._held + b"\n"
        return b"\n]\n" if self._begun else b"[]\n"

    def _item(self, data: bytes) -> bytes:
        begin = b"," if self._begun else b"["
        self._begun = True
        return begin + self._indent + data.replace(b"\n", self._indent)


def indented(target: Target, columns: Columns, settings: Settings) -> Sink:
    """Open a sink for indented JSON."""
    return _opened(target, settings, "" if settings.compact else "  ")


def one_line(target: Target, columns: Columns, settings: Settings) -> Sink:
    """Open a sink for JSON, one value per line unless an indent was asked for."""
    return _opened(target, replace(settings, array="never"), "")


def _opened(target: Target, settings: Settings, indent: str) -> Sink:
    raw = settings.raw or settings.join or settings.raw0
    array = settings.array != "never" and not raw and not settings.seq
    indent = indent if settings.indent is None else settings.indent
    form = JsonStyle(
        indent=indent,
        sort_keys=settings.sort_keys,
        ascii_only=settings.ascii_only,
        raw=raw,
        begin=b"\x1e" if settings.seq else b"",
        end=b"\0" if settings.raw0 else b"" if settings.join or array else b"\n",
        colors=settings.colors,
        visible=target.terminal,
    )
    if array:
        return StreamSink(target, JsonArray(encoder(form), indent, always=settings.array == "always"))
    return StreamSink(target, Json(encoder(form)))


def encoder(form: JsonStyle) -> Encode:
    """Return the function that gives a value's bytes in this form, with what stands before and after it."""
    if form == ONE_LINE:  # the usual one, and the fastest
        return lambda value: encode(value, orjson.OPT_APPEND_NEWLINE)
    laid_out = _laid_out(form)
    json = _ascii(laid_out) if form.ascii_only else _visible(laid_out) if form.visible else laid_out
    begin, end = form.begin, form.end
    if not form.raw:
        return lambda value: begin + json(value) + end

    def raw(value: Value) -> bytes:
        text = value.text if isinstance(value, Blank) else value
        if not isinstance(text, str):
            return begin + json(value) + end
        if form.ascii_only:
            return json(text) + end
        if end == b"\0" and "\0" in text:
            raise RunError("Cannot dump a string containing NUL with --raw-output0 option")
        return utf8(visible(text, LINES) if form.visible else text) + end

    return raw


def _laid_out(form: JsonStyle) -> Encode:
    if form.colors:
        style = Style(indent=form.indent, sort_keys=form.sort_keys, colors=form.colors)
        return lambda value: write(value, style).encode()
    option = orjson.OPT_SORT_KEYS if form.sort_keys else 0
    if not form.indent:
        return lambda value: encode(value, option)
    option |= orjson.OPT_INDENT_2
    if form.indent == "  ":
        return lambda value: encode(value, option)
    level = form.indent.encode()
    return lambda value: INDENT.sub(
        lambda spaces: b"\n" + level * (len(spaces[1]) // 2), encode(value, option)
    )


def _ascii(json: Encode) -> Encode:
    def ascii_only(value: Value) -> bytes:
        data = json(value)
        return data if data.isascii() else BEYOND_ASCII.sub(_escaped, data.decode()).encode()

    return ascii_only


def _visible(json: Encode) -> Encode:
    """Return the encoder with what is beyond ASCII made visible.

    JSON itself escapes the controls below; those that are there lay it out or colour it.
    """

    def seen(value: Value) -> bytes:
        data = json(value)
        return data if data.isascii() else visible(data.decode(), LAYOUT).encode()

    return seen


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
