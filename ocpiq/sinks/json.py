"""Values as JSON, with all of jq's output options: one line, indented, sorted, ASCII, raw, coloured."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

import orjson
from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import RunError
from ocpiq.plan.columns import Columns
from ocpiq.sinks.sink import FormatSettings, Sink, StreamSink
from ocpiq.sinks.target import Target
from ocpiq.values.blank import Blank
from ocpiq.values.json.codec import encode, encode_read, utf8
from ocpiq.values.json.writer import Style, write
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.terminal import LINES, visible
from ocpiq.values.types import Value

Encode = Callable[[Value], bytes]

LAYOUT: Final = f"{LINES}\x1b\x1e"
BEYOND_ASCII: Final = lazy_pattern(r"[^\x00-\x7f]")
INDENT: Final = lazy_pattern(rb"\n( +)")


class JsonStyle(Struct, frozen=True):
    """jq's output options.

    `indent` is one level, "" for one line; `raw` writes strings without quotes; `end` follows each value; `start` goes
    before each value that is not raw (`--seq`); `colors` are jq's escape sequences or none; `visible` escapes control
    characters for a terminal. With `read`, all numbers were read, none computed: that is faster.
    """

    indent: str = ""
    sort_keys: bool = False
    ascii_only: bool = False
    raw: bool = False
    start: bytes = b""
    end: bytes = b"\n"
    colors: tuple[str, ...] = ()
    visible: bool = False
    read: bool = False


ONE_LINE: Final = (JsonStyle(), JsonStyle(read=True))


class JsonEncoder(Struct, frozen=True):
    """Encodes each value by itself, in a `style`, and holds nothing back."""

    write: Encode
    style: JsonStyle

    def flush(self) -> bytes:
        """Return nothing."""
        return b""

    def end(self) -> bytes:
        """Return nothing."""
        return b""


class JsonArrayEncoder:
    """Encodes the values as the items of one array.

    Unless `always`, a single value is not an array: the first value is held back until the next or the end.
    """

    def __init__(self, encode: Encode, indent: str, *, always: bool) -> None:
        self._encode = encode
        self._indent = b"\n" + indent.encode()
        self._always = always
        self._held: bytes | None = None
        self._started = False

    def write(self, value: Value) -> bytes:
        """Return the item, or nothing for a first value that may be the only one."""
        data = self._encode(value)
        if self._started or self._always:
            return self._item(data)
        if self._held is None:
            self._held = data
            return b""
        return self.flush() + self._item(data)

    def flush(self) -> bytes:
        """Return the value that is held back, as an item, because more may follow."""
        held, self._held = self._held, None
        return b"" if held is None else self._item(held)

    def end(self) -> bytes:
        """Return the only value, or the end of the array; an empty array without any value."""
        if self._held is not None:
            return self._held + b"\n"
        return b"\n]\n" if self._started else b"[]\n"

    def _item(self, data: bytes) -> bytes:
        prefix = b"," if self._started else b"["
        self._started = True
        return prefix + self._indent + data.replace(b"\n", self._indent)


def open_indented(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for indented JSON."""
    return _open(target, settings, "" if settings.compact else "  ")


def open_one_line(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for JSON: one value per line, unless the settings have an indent."""
    return _open(target, replace(settings, array="never"), "")


def _open(target: Target, settings: FormatSettings, indent: str) -> Sink:
    raw = settings.raw or settings.join or settings.raw0
    array = settings.array != "never" and not raw and not settings.seq
    indent = indent if settings.indent is None else settings.indent
    style = JsonStyle(
        indent=indent,
        sort_keys=settings.sort_keys,
        ascii_only=settings.ascii_only,
        raw=raw,
        start=b"\x1e" if settings.seq else b"",
        end=b"\0" if settings.raw0 else b"" if settings.join or array else b"\n",
        colors=settings.colors,
        visible=target.terminal,
        read=settings.read,
    )
    if array:
        return StreamSink(
            target, JsonArrayEncoder(encode_function(style), indent, always=settings.array == "always")
        )
    return StreamSink(target, JsonEncoder(encode_function(style), style))


def style_of(sink: Sink) -> JsonStyle | None:
    """Return the style of a sink that writes each value by itself; None of any other."""
    encoder = sink.encoder if isinstance(sink, StreamSink) else None
    return encoder.style if isinstance(encoder, JsonEncoder) else None


def encode_function(style: JsonStyle) -> Encode:
    """Return the function that encodes a value in this style, with its prefix and ending."""
    if style in ONE_LINE:  # the usual style, and the fastest
        to_bytes = encode_read if style.read else encode
        return partial(to_bytes, option=orjson.OPT_APPEND_NEWLINE)
    encoded = _indented_encode(style)
    json = (
        _ascii_encode(encoded) if style.ascii_only else _visible_encode(encoded) if style.visible else encoded
    )
    start, end = style.start, style.end
    if not style.raw:
        return lambda value: start + json(value) + end

    def raw(value: Value) -> bytes:
        text = value.text if isinstance(value, Blank) else value
        if not isinstance(text, str):
            return start + json(value) + end
        if style.ascii_only:
            return json(text) + end
        if end == b"\0" and "\0" in text:
            raise RunError("Cannot dump a string containing NUL with --raw-output0 option")
        return utf8(visible(text, LINES) if style.visible else text) + end

    return raw


def _indented_encode(style: JsonStyle) -> Encode:
    if style.colors:
        writer_style = Style(indent=style.indent, sort_keys=style.sort_keys, colors=style.colors)
        return lambda value: write(value, writer_style).encode()
    to_bytes = encode_read if style.read else encode
    option = orjson.OPT_SORT_KEYS if style.sort_keys else 0
    if not style.indent:
        return lambda value: to_bytes(value, option)
    option |= orjson.OPT_INDENT_2
    if style.indent == "  ":
        return lambda value: to_bytes(value, option)
    level = style.indent.encode()
    return lambda value: INDENT.sub(
        lambda spaces: b"\n" + level * (len(spaces[1]) // 2), to_bytes(value, option)
    )


def _ascii_encode(json: Encode) -> Encode:
    def ascii_only(value: Value) -> bytes:
        data = json(value)
        return data if data.isascii() else BEYOND_ASCII.sub(_unicode_escape, data.decode()).encode()

    return ascii_only


def _visible_encode(json: Encode) -> Encode:
    """Return the encoder with control characters beyond ASCII escaped.

    JSON itself escapes those in ASCII; the ones that remain are layout and colours.
    """

    def visible_only(value: Value) -> bytes:
        data = json(value)
        return data if data.isascii() else visible(data.decode(), LAYOUT).encode()

    return visible_only


def _unicode_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
