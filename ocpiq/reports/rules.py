"""The rules of a recipient as data: columns with their types and limits, and checks over rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from ocpiq.errors import Message, UserText, join, say

Cell: TypeAlias = str | int | float | bool | list[object] | dict[str, object] | None
"""A cell of CSV is text, "" if it is empty; a value of JSON has its own type."""

ColumnType = Literal["text", "number", "integer", "boolean", "time", "date", "email", "coordinates"]

TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
UTC_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
COORDINATES: Final = re.compile(r"\[\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\]")
BOOLEANS: Final = frozenset(("true", "false", "True", "False", "TRUE", "FALSE", "1", "0"))


class Row(Struct, frozen=True):
    """A row of a file: its number, as a spreadsheet counts (the header is row 1) or from 1 in JSON, and its cells."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, column: str) -> str:
        """Return a cell as text, "" if it is empty or missing."""
        value = self.cells.get(column)
        return "" if value is None else str(value)

    def number_in(self, column: str) -> float | None:
        """Return the number in a cell, or None if there is none."""
        number = _decimal(self.text(column))
        return None if number is None else float(number)


class Problem(Struct, frozen=True):
    """What a recipient would refuse: the row (None for the whole file), the column ("" for the row), and why."""

    row: int | None
    column: str
    text: Message


Check: TypeAlias = Callable[[Sequence[Row]], Iterable[Problem]]


class Column(Struct, frozen=True, kw_only=True):
    """The rules for a column.

    A `must_exist` column may not be missing, a `filled` one has no empty cell. `pattern` is a regular expression for
    the whole text and `form` says it in words; `digits` is the maximum of all digits, `decimals` of those after the
    decimal point. `utc` times end in Z.
    """

    name: str
    type: ColumnType = "text"
    must_exist: bool = True
    filled: bool = True
    choices: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""
    longest: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    digits: int | None = None
    decimals: int | None = None
    utc: bool = False

    def problems(self, value: Cell, *, is_json: bool) -> Iterator[Message]:
        """Yield what is wrong with a value. No message has the value."""
        text = "" if value is None else str(value)
        if text == "":
            if self.filled:
                yield say("is empty")
            return
        if is_json:
            wrong = self._json_type(value)
            if wrong is not None:
                yield wrong
                return
        wrong = self._wrong_type(text, is_boolean=isinstance(value, bool))
        if wrong is not None:
            yield wrong
            return
        yield from self._limits(text)

    def _json_type(self, value: Cell) -> Message | None:
        wanted = {"number": (int, float), "integer": (int,), "boolean": (bool,)}.get(self.type, (str,))
        if isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool)):
            return None
        return say("is not a JSON {type}", type=UserText("string" if wanted == (str,) else self.type))

    def _wrong_type(self, text: str, *, is_boolean: bool) -> Message | None:
        match self.type:
            case "number" if _decimal(text) is None:
                return say("is not a number in the recipient's form")
            case "integer" if not re.fullmatch(r"-?\d+", text):
                return say("is not a whole number")
            case "boolean" if not is_boolean and text not in BOOLEANS:
                return say("is neither true nor false")
            case "time" if not (UTC_TIME if self.utc else TIME).fullmatch(text):
                return say("is not a time such as 2026-01-31T06:00:00Z")
            case "date" if not _is_date(text):
                return say("is not a date such as 2026-01-31")
            case "email" if not EMAIL.fullmatch(text):
                return say("is not an e-mail address")
            case "coordinates":
                return _wrong_coordinates(text)
        return None

    def _limits(self, text: str) -> Iterator[Message]:
        if self.longest is not None and len(text) > self.longest:
            yield say("has more than {count} characters", count=self.longest)
        if self.choices and text not in self.choices:
            yield say("is none of: {choices}", choices=join(map(UserText, self.choices)))
        if self.pattern and not re.fullmatch(self.pattern, text):
            yield say("is not {form}", form=UserText(self.form))
        if self.type in ("number", "integer"):
            yield from self._number_limits(Decimal(text))

    def _number_limits(self, number: Decimal) -> Iterator[Message]:
        if self.minimum is not None and number < Decimal(str(self.minimum)):
            yield say("is less than {least}", least=self.minimum)
        if self.maximum is not None and number > Decimal(str(self.maximum)):
            yield say("is more than {most}", most=self.maximum)
        decimals = max(-int(number.as_tuple().exponent), 0)
        if self.decimals is not None and decimals > self.decimals:
            yield say("has more than {count} decimals", count=self.decimals)
        whole = max(len(number.as_tuple().digits) - decimals, 1)
        if self.digits is not None and whole > self.digits - (self.decimals or 0):
            yield say("has more than {count} digits", count=self.digits)


PARTY: Final = (
    Column(name="country_code", pattern="[A-Z]{2}|#NA", form="a country of two letters"),
    Column(name="party_id", pattern="[A-Za-z0-9]{3}|#NA", form="a party of three letters"),
)
"""Whose object a row is about: ids are unique for each party of a hub. Blanked, where OCPI 2.1.1 does not tell it."""
OWNER: Final = tuple(column.name for column in PARTY)


class Validator(Struct, frozen=True, kw_only=True):
    """The rules of one recipient for one kind of file: CSV with a separator and a decimal mark, or JSON.

    JSON is an array, or with `by_line` an object on each line. With `only_these`, other columns are refused, too.
    A list of problems `may_be_empty`: there are none.
    """

    about: str
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    is_json: bool = False
    by_line: bool = False
    separator: str = ","
    decimal: str = "."
    only_these: bool = False
    may_be_empty: bool = False

    def problems(self, names: Sequence[str], rows: Sequence[Row]) -> Iterator[Problem]:
        """Yield what the recipient would refuse in rows under these columns."""
        for column in self.columns:
            if column.must_exist and column.name not in names and (rows or not self.is_json):
                yield Problem(None, column.name, say("is missing"))
        known = {column.name for column in self.columns}
        for number, name in enumerate(names if self.only_these else (), 1):
            if name not in known:  # which may be a value, in a file without a header
                yield Problem(None, "", say("column {number} is none of this report", number=number))
        if not rows and not self.may_be_empty:
            yield Problem(None, "", say("there are no rows"))
        present = [column for column in self.columns if column.name in names]
        for row in rows:
            for column in present:
                value = self._with_point(column, row.cells.get(column.name))
                for text in column.problems(value, is_json=self.is_json):
                    yield Problem(row.number, column.name, text)
        for check in self.checks:
            yield from check(rows)

    def _with_point(self, column: Column, value: Cell) -> Cell:
        """Return a number with the recipient's decimal mark as one with a point, and one with a point as none."""
        if self.decimal == "." or column.type != "number" or not isinstance(value, str):
            return value
        return value.translate(str.maketrans(f".{self.decimal}", f"{self.decimal}."))


def unique(*columns: str, unless_empty: str = "") -> Check:
    """Return the check that no two rows have the same values in these columns, unless one is empty."""

    def check(rows: Sequence[Row]) -> Iterator[Problem]:
        seen: dict[tuple[str, ...], int] = {}
        for row in rows:
            if unless_empty and not row.text(unless_empty):
                continue
            key = tuple(row.text(column) for column in columns)
            first: int = seen.setdefault(key, row.number)
            if first < row.number:
                text = say(
                    "row {row} has the same {columns}",
                    row=first,
                    columns=join(map(UserText, columns)),
                )
                yield Problem(row.number, columns[-1], text)

    return check


def no_overlap(key: str, start: str, end: str) -> Check:
    """Return the check that the times of rows with the same key do not overlap; all are UTC in one form."""

    def check(rows: Sequence[Row]) -> Iterator[Problem]:
        last: Row | None = None
        for row in sorted(rows, key=lambda row: (row.text(key), row.text(start), row.number)):
            if last is not None and last.text(key) == row.text(key) and last.text(end) > row.text(start):
                before: int = last.number
                yield Problem(row.number, start, say("overlaps row {row}", row=before))
            if last is None or last.text(key) != row.text(key) or last.text(end) < row.text(end):
                last = row

    return check


def in_order(start: str, end: str) -> Check:
    """Return the check that no row ends before it starts."""

    def test(row: Row) -> Iterator[tuple[str, Message]]:
        if row.text(start) and row.text(end) and row.text(end) < row.text(start):
            yield end, say("is before {start}", start=UserText(start))

    return each_row(test)


def at_most(lower: str, upper: str, *, tolerance: float = 0) -> Check:
    """Return the check that the number in one column is not greater than that in another."""

    def test(row: Row) -> Iterator[tuple[str, Message]]:
        low, high = row.number_in(lower), row.number_in(upper)
        if low is not None and high is not None and low > high + tolerance:
            yield lower, say("is more than {upper}", upper=UserText(upper))

    return each_row(test)


def each_row(test: Callable[[Row], Iterable[tuple[str, Message]]]) -> Check:
    """Return the check of single rows; `test` yields a column and what is wrong with it."""

    def check(rows: Iterable[Row]) -> Iterator[Problem]:
        for row in rows:
            for column, text in test(row):
                yield Problem(row.number, column, text)

    return check


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and text.strip() == text and "_" not in text else None


def _is_date(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _wrong_coordinates(text: str) -> Message | None:
    match = COORDINATES.fullmatch(text)
    if match is None:
        return say("is not [longitude,latitude]")
    if not (-180 <= float(match[1]) <= 180 and -90 <= float(match[2]) <= 90):
        return say("is not a place on earth")
    return None
