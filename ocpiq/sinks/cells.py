"""The text of one cell, the same in every form that has rows."""

from __future__ import annotations

import math

from msgspec import Struct

from ocpiq.sinks.sink import Settings
from ocpiq.sinks.target import Target
from ocpiq.values.blank import NA, Blank
from ocpiq.values.json.codec import number_text, to_json
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.terminal import visible
from ocpiq.values.types import Value


class CellTexts(Struct, frozen=True):
    """What stands for null and for a blank. `visible` shows control characters escaped, for a terminal."""

    null: str = ""
    na: str = NA
    visible: bool = False


def texts(target: Target, settings: Settings, *, visible: bool = False) -> CellTexts:
    """Return the texts that the settings ask for; for a terminal they are visible in any case."""
    return CellTexts(settings.null, settings.na, visible=visible or target.terminal)


def cell_text(value: Value, texts: CellTexts) -> str:
    """Return the text of a cell: numbers as in JSON, arrays as JSON, a blank as what it prints."""
    kind = type(value)
    if kind is str:
        text = str(value)
    elif value is None or (kind is float and math.isnan(value)):  # type: ignore[arg-type]
        text = texts.null
    elif kind is Blank:
        text = _blank_text(value, texts)  # type: ignore[arg-type]
    elif kind in NUMBERS:
        return number_text(value)  # type: ignore[arg-type]
    else:
        text = to_json(value if texts.na == NA else _named(value, texts))
    return visible(text) if texts.visible else text


def _blank_text(blank: Blank, texts: CellTexts) -> str:
    return blank.text.replace(NA, texts.na)


def _named(value: Value, texts: CellTexts) -> Value:
    """Return the value with every blank in it as what `texts` has for one; what was sent as "#NA" stays."""
    if type(value) is Blank:
        return value.formatted(_blank_text(value, texts))
    if type(value) is list:
        return [_named(item, texts) for item in value]
    if type(value) is dict:
        return {name: _named(item, texts) for name, item in value.items()}
    return value
