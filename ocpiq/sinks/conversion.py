"""The conversion of cells to the type of their column: what would lose something does not fit.

The libraries that write typed formats lose data silently: pyarrow stores 1.5 as the integer 1, SQLite turns text into
numbers, a workbook rounds integers. So every cell is checked here before a library sees it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Final, Literal, cast

from msgspec.structs import replace

from ocpiq.sinks.column_types import EXACT, INT64, TypedColumn
from ocpiq.sinks.sink import StoredType
from ocpiq.values.blank import OTHER, Blank
from ocpiq.values.json.codec import to_json, well_formed
from ocpiq.values.numbers import LARGEST, NUMBERS, LiteralNumber
from ocpiq.values.times import EPOCH, SECOND, lenient, number_us
from ocpiq.values.types import Value

TimeForm = Literal["aware", "naive", "text"]
"""How a format takes times: as datetimes in UTC, the same without a zone, or text with milliseconds."""

NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
EPOCH_DAY: Final = re.compile(r"1970-01-01T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]+))?Z?")
"""A time that platforms may send for "unknown"; as a result it is what was sent."""
OCPI_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]+)?Z?", re.ASCII)
USUAL_TIMES: Final = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)*+", re.ASCII)
TEXT: Final[frozenset[type]] = frozenset((str, type(None)))
FRACTION: Final = re.compile(r"[.,]([0-9]+)")
EXACTLY: Final = Context(prec=80, traps=[InvalidOperation, Inexact])

NATIVE: Final[dict[StoredType, frozenset[type]]] = {
    "boolean": frozenset((bool, type(None))),
    "integer": frozenset((int, type(None))),
    "number": frozenset((float, type(None))),
    "text": TEXT,
    "decimal": frozenset((type(None),)),
    "time": frozenset((type(None),)),
    "json": frozenset((type(None),)),
}


class MisfitError(ValueError):
    """A cell does not fit its column; `index` is its row in the batch."""

    def __init__(self, index: int) -> None:
        self.index = index


class ColumnConverter:
    """Converts the cells of a column, and counts what a warning should say.

    `texts` counts texts that were a number or a date, `rounded` times with more digits than the format stores, and
    `blanks` tells that a cell was blanked. `blank` is what
    a blank becomes, null by default.
    """

    def __init__(self, column: TypedColumn, time_form: TimeForm, blank: object = None) -> None:
        self.column = column
        self.texts = 0
        self.rounded = 0
        self.blanks = column.blank
        self._blank = blank
        self._native = NATIVE[column.type]
        self._time_form = time_form
        self._unit = 1 if time_form == "aware" else 1000
        self._one = self._function()

    @property
    def typed_column(self) -> TypedColumn:
        """The column, with all that is known of its blanks."""
        return replace(self.column, blank=self.blanks)

    def convert(self, cells: Sequence[Value]) -> Sequence[object]:
        """Return the cells in the column's type. Raises MisfitError."""
        types = set(map(type, cells))
        if Blank in types and self.column.type == "text":
            cells = [OTHER.text if cell is OTHER else cell for cell in cells]
            types = set(map(type, cells))
        if Blank in types:
            self.blanks = True
            if self._blank is None:
                cells = [None if type(cell) is Blank else cell for cell in cells]
                types.discard(Blank)
        if types <= self._native and self._needs_no_check(cells):
            return cells
        if self.column.type == "time" and types <= TEXT and (times := self._usual_times(cells)) is not None:
            return times
        one, converted = self._one, []
        for index, cell in enumerate(cells):
            try:
                blank = type(cell) is Blank
                converted.append(self._blank if blank else None if cell is None else one(cell))
            except (ValueError, ArithmeticError):
                raise MisfitError(index) from None
        return converted

    def _needs_no_check(self, cells: Sequence[Value]) -> bool:
        """Tell whether cells of the native type can stay as they are."""
        values = [cell for cell in cells if cell is not None]
        match self.column.type:
            case "number":
                return math.isfinite(sum(values))  # type: ignore[arg-type]
            case "integer":
                return not values or (min(values) >= -INT64 and max(values) < INT64)  # type: ignore[type-var, operator]
            case "text":
                return "".join(values).isascii() or all(map(_is_unicode, values))  # type: ignore[arg-type]
        return True

    def _function(self) -> Callable[[Value], object]:
        match self.column.type:
            case "boolean":
                return self._boolean
            case "integer":
                return self._integer
            case "number":
                return self._number
            case "decimal":
                return self._decimal
            case "time":
                return self._time
            case "json":
                return to_json
        return _text

    def _boolean(self, value: Value) -> bool:
        if type(value) is str and value in ("true", "false"):
            self.texts += 1
            return value == "true"
        if type(value) is not bool:
            raise ValueError
        return value

    def _integer(self, value: Value) -> int | None:
        if type(value) is str and INTEGER.fullmatch(value):
            self.texts += 1
            value = int(value)
        if isinstance(value, float):
            if math.isnan(value):
                return None
            if value.is_integer() and abs(value) <= EXACT:
                return int(value)
        if type(value) is not int or not -INT64 <= value < INT64:
            raise ValueError
        return value

    def _number(self, value: Value) -> float | None:
        if type(value) is str:
            match = NUMBER.fullmatch(value)
            if match is None:
                raise ValueError
            self.texts += 1
            value = float(value) if match[1] or match[2] else int(value)
            if value in (math.inf, -math.inf):
                raise ValueError
        if isinstance(value, float):
            if math.isfinite(value):
                return float(value)
            return None if math.isnan(value) else math.copysign(LARGEST, value)  # as JSON has it
        if type(value) is not int or int(float(value)) != value:
            raise ValueError
        return float(value)

    def _decimal(self, value: Value) -> Decimal | None:
        if type(value) is str:
            if NUMBER.fullmatch(value) is None:
                raise ValueError
            self.texts += 1
            number = Decimal(value)
        elif isinstance(value, LiteralNumber):
            number = Decimal(value.text)
        elif type(value) is float:
            if math.isnan(value):
                return None
            number = Decimal(repr(value))
        elif type(value) is int:
            number = Decimal(value)
        else:
            raise ValueError
        fixed = number.quantize(Decimal(1).scaleb(-self.column.scale), context=EXACTLY)
        if abs(fixed) >= Decimal(10) ** (self.column.precision - self.column.scale):
            raise ValueError
        return fixed

    def _time(self, value: Value) -> object:
        microseconds, exact = self._microseconds(value)
        self.rounded += not exact or microseconds % self._unit != 0
        moment = EPOCH + timedelta(microseconds=microseconds - microseconds % self._unit)
        if self._time_form == "text":
            return f"{moment.isoformat(timespec='milliseconds')}Z"
        return moment if self._time_form == "naive" else moment.replace(tzinfo=UTC)

    def _usual_times(self, cells: Sequence[Value]) -> list[object] | None:
        """Return the times if all are in the usual form, without a fraction; None for others."""
        texts = cast("Sequence[str | None]", cells)
        if not USUAL_TIMES.fullmatch("".join([text for text in texts if text is not None])):
            return None
        try:
            moments = [None if text is None else datetime.fromisoformat(text) for text in texts]
        except ValueError:  # such as a leap second
            return None
        if self._time_form == "text":
            return [None if text is None else f"{text[:19]}.000Z" for text in texts]
        if self._time_form == "naive":
            return [None if moment is None else moment.replace(tzinfo=None) for moment in moments]
        return cast("list[object]", moments)

    def _microseconds(self, value: Value) -> tuple[int, bool]:
        """Return a moment in microseconds since 1970 and whether that is exact; count what is not in OCPI's form."""
        exact = True
        if type(value) is str:
            day = EPOCH_DAY.fullmatch(value)
            moment = _of_first_day(day) if day else lenient(value)
            self.texts += not OCPI_TIME.fullmatch(value)
            fraction = FRACTION.search(value)
            exact = not (fraction and fraction[1][6:].strip("0"))
        else:
            moment = number_us(value) if type(value) in NUMBERS else None  # type: ignore[arg-type]
            self.texts += 1
        if moment is None:
            raise ValueError
        return moment, exact


def _of_first_day(match: re.Match[str]) -> int:
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])
    return seconds * SECOND + int((match[4] or "0")[:6].ljust(6, "0"))


def _text(value: Value) -> str | None:
    if type(value) is str:
        return well_formed(value)
    return None if type(value) is float and math.isnan(value) else to_json(value)


def _is_unicode(text: str) -> bool:
    """Tell a text from one with a lone surrogate, which cannot be written."""
    return text.isascii() or well_formed(text) == text
