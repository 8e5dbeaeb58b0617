"""The text of a cell, the same in every text format with rows."""

from __future__ import annotations

import math

from msgspec import Struct

from ocpiq.sinks.sink import FormatSettings
from ocpiq.sinks.target import Target
from ocpiq.values.blank import NA, Blank
from ocpiq.values.json.codec import number_text, to_json
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.terminal import visible
from ocpiq.values.types import Value


class CellTexts(Struct, frozen=True):
    """The texts for null and for a blank; with `visible`, control characters are escaped, as a terminal needs."""

    null: str = ""
    na: str = NA
    visible: bool = False


def cell_texts(target: Target, settings: FormatSettings, *, visible: bool = False) -> CellTexts:
    """Return the texts from the settings; for a terminal, control characters are always escaped."""
    return CellTexts(settings.null, settings.na, visible=visible or target.terminal)


def cell_text(value: Value, texts: CellTexts) -> str:
    """Return the text of a cell: numbers and arrays as in JSON, a blank as its own text."""
    value_type = type(value)
    if value_type is str:
        text = str(value)
    elif value is None or (value_type is float and math.isnan(value)):  # type: ignore[arg-type]
        text = texts.null
    elif value_type is Blank:
        text = _blank_text(value, texts)  # type: ignore[arg-type]
    elif value_type in NUMBERS:
        return number_text(value)  # type: ignore[arg-type]
    else:
        text = to_json(value if texts.na == NA else _with_na(value, texts))
    return visible(text) if texts.visible else text


def _blank_text(blank: Blank, texts: CellTexts) -> str:
    return blank.text.replace(NA, texts.na)


def _with_na(value: Value, texts: CellTexts) -> Value:
    """Return the value with the text of `texts` for each blank in it; a string "#NA" that was sent stays."""
    if type(value) is Blank:
        return value.formatted(_blank_text(value, texts))
    if type(value) is list:
        return [_with_na(item, texts) for item in value]
    if type(value) is dict:
        return {name: _with_na(item, texts) for name, item in value.items()}
    return value
