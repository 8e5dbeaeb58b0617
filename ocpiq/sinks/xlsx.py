"""Values as an Excel workbook, with XlsxWriter in constant memory: sheets "Results" and "About".

A workbook has narrower limits than the other typed formats, and Excel shows 15 digits of a number. What is beyond them
does not fit, except an integer or decimal of more digits, which is written as text. Its temporary files stay in a
folder of the run, because they hold the results.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format

from ocpiq.errors import FormatError, Message, say
from ocpiq.plan.columns import Columns
from ocpiq.sinks.about import About, facts, outcome
from ocpiq.sinks.column_types import CONTENTS, TypedColumn
from ocpiq.sinks.conversion import TimeForm
from ocpiq.sinks.sink import FormatSettings, Sink, StoredType
from ocpiq.sinks.target import Target
from ocpiq.sinks.typed import CellMisfitError, TypedSink
from ocpiq.values.blank import BLANK, NA
from ocpiq.values.times import zone

MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384
MAX_TEXT: Final = 32_767
LARGEST: Final = 9.99999999999999e307
DIGITS: Final = 10**15
FIRST_DAY: Final = datetime.datetime(1900, 3, 1)  # spreadsheets do not agree on the days before

NUMBER_FORMATS: Final[dict[StoredType, str]] = {"time": "yyyy-mm-dd hh:mm:ss", "integer": "0"}
WIDTHS: Final[dict[StoredType, int]] = {"boolean": 8, "integer": 10, "number": 12, "decimal": 14, "time": 19}
MAX_WIDTH: Final = 50

Write = Callable[[int, int, Any, Format], int]


def open_xlsx(target: Target, columns: Columns, settings: FormatSettings) -> Sink:
    """Open a sink for an Excel workbook."""
    return TypedSink(target, columns, settings, XlsxWriter(target))


class XlsxWriter:
    """Writes rows one after the other into the first sheet."""

    time_form: TimeForm = "naive"
    batch = 2000
    fold_case = False
    blank = BLANK

    def __init__(self, target: Target) -> None:
        assert target.folder is not None
        self._target = target
        options = {
            "constant_memory": True,
            "tmpdir": str(target.folder()),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._workbook = xlsxwriter.Workbook(target.stream, options)
        self._sheet = self._workbook.add_worksheet("Results")
        self._grey = self._workbook.add_format({"font_color": "#808080", "align": "right"})
        self._bold = self._workbook.add_format({"bold": True, "bottom": 1})
        self._columns: Sequence[TypedColumn] = ()
        self._formats: list[Format] = []
        self._rows = 1
        self._zone: datetime.tzinfo = datetime.UTC

    def begin(self, columns: Sequence[TypedColumn]) -> None:
        """Write the names of the columns, with notes on times and blanks."""
        if len(columns) > MAX_COLUMNS:
            text = say(
                "{count:,} columns, but a workbook has room for {most:,}",
                count=len(columns),
                most=MAX_COLUMNS,
            )
            raise FormatError(text)
        about = self._target.about()
        self._zone = zone(about.zone)
        self._columns = columns
        self._formats = [self._format(column) for column in columns]
        for number, column in enumerate(columns):
            if self._sheet.write_string(0, number, column.name, self._bold):
                text = say("the name of a column is longer than a cell of a workbook")
                raise FormatError(text, hint=say("rename it"))
            note = _note(column, about.zone)
            if note:
                self._sheet.write_comment(0, number, note, {"author": "ocpiq"})
        self._sheet.freeze_panes(1, 0)
        self._set_properties(about)

    def write(self, cells: Sequence[Sequence[object]]) -> None:
        """Write rows; the first ones decide the widths of the columns."""
        if self._rows == 1:
            self._set_widths(cells)
        rows = list(zip(*cells, strict=True))
        if self._rows + len(rows) > MAX_ROWS:
            problem = say(
                "does not fit: a sheet has {most:,} rows, with the names of the columns", most=MAX_ROWS
            )
            raise CellMisfitError(
                MAX_ROWS - self._rows, 0, problem, hint=say("--to csv or parquet has no limit")
            )
        writes = [self._write_function(column) for column in self._columns]
        for index, row in enumerate(rows):
            for number, cell in enumerate(row):
                if cell is BLANK:
                    self._sheet.write_string(self._rows, number, NA, self._grey)
                elif cell is not None and writes[number](self._rows, number, cell, self._formats[number]):
                    raise CellMisfitError(index, number, _problem(self._columns[number]))
            if all(cell is None for cell in row):  # a row without a cell would not be there
                self._sheet.write_blank(self._rows, 0, None, self._formats[0])
            self._rows += 1

    def end(self, columns: Sequence[TypedColumn]) -> None:
        """Add filters and the second sheet, and write the file."""
        if self._rows == 1:
            self._set_widths([()] * len(self._columns))
        self._sheet.autofilter(0, 0, self._rows - 1, len(self._columns) - 1)
        self._write_about(columns)
        with _errors():
            self._workbook.close()

    def discard(self) -> None:
        """Close the temporary files; their folder is removed with the output."""
        self._workbook.fileclosed = True
        for sheet in self._workbook.worksheets():
            sheet._opt_close()

    def _write_about(self, columns: Sequence[TypedColumn]) -> None:
        sheet = self._workbook.add_worksheet("About")
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 3, 25)
        about = self._target.about()
        known = [*facts(about), *outcome(about)]
        for row, (name, value) in enumerate(known):
            sheet.write_string(row, 0, name, self._bold)
            sheet.write_string(row, 1, value[:MAX_TEXT])
        top = len(known) + 1
        for number, name in enumerate(("Column", "Holds", "OCPI field", "Blanked")):
            sheet.write_string(top, number, name, self._bold)
        for row, column in enumerate(columns, start=top + 1):
            texts = (column.name, CONTENTS[column.type], column.path, "yes" if column.blank else "no")
            for number, text in enumerate(texts):
                sheet.write_string(row, number, text)

    def _set_properties(self, about: About) -> None:
        created = datetime.datetime.fromisoformat(about.created) if about.created else None
        self._workbook.set_properties(
            {"title": about.title, "subject": about.purpose, "comments": about.query, "created": created}
        )

    def _format(self, column: TypedColumn) -> Format:
        number_format = NUMBER_FORMATS.get(column.type, "General")
        if column.type == "decimal":
            number_format = "0" + ("." + "0" * column.scale if column.scale else "")
        return self._workbook.add_format({"num_format": number_format})

    def _set_widths(self, cells: Sequence[Sequence[object]]) -> None:
        for number, column in enumerate(self._columns):
            width = max(len(column.name) + 3, WIDTHS.get(column.type, 8))
            if column.type in ("text", "json"):
                width = max([width, *(len(cell) + 1 for cell in cells[number] if type(cell) is str)])
            self._sheet.set_column(number, number, min(width, MAX_WIDTH))

    def _write_function(self, column: TypedColumn) -> Write:
        write: Write
        match column.type:
            case "boolean":
                write = self._sheet.write_boolean
            case "integer" | "decimal":
                write = self._write_exact
            case "number":
                write = self._write_number
            case "time":
                write = self._write_time
            case _:
                write = self._sheet.write_string
        return write

    def _write_number(self, row: int, column: int, number: float, format_: Format) -> int:
        return -1 if abs(number) > LARGEST else int(self._sheet.write_number(row, column, number, format_))

    def _write_exact(self, row: int, column: int, number: int | Decimal, format_: Format) -> int:
        """Write a number, or as text if Excel would not show all its digits."""
        if _digits(number) >= DIGITS:
            text = format(number, "f") if isinstance(number, Decimal) else str(number)
            return int(self._sheet.write_string(row, column, text, format_))
        return int(self._sheet.write_number(row, column, float(number), format_))

    def _write_time(self, row: int, column: int, moment: datetime.datetime, format_: Format) -> int:
        if self._zone is not datetime.UTC:
            moment = moment.replace(tzinfo=datetime.UTC).astimezone(self._zone).replace(tzinfo=None)
        return -1 if moment < FIRST_DAY else int(self._sheet.write_datetime(row, column, moment, format_))


def _digits(number: int | Decimal) -> int:
    """Return the digits of a number as an integer without a sign."""
    if isinstance(number, Decimal):
        return int("".join(map(str, number.as_tuple().digits)))
    return abs(number)


def _note(column: TypedColumn, zone: str) -> str:
    note = f"Times in {zone}. " if column.type == "time" else ""
    return f"{note}Blanked: the query does not pass {column.path}." if column.blank else note.strip()


def _problem(column: TypedColumn) -> Message:
    match column.type:
        case "time":
            return say("does not fit: a workbook has no reliable dates before March 1900")
        case "number":
            return say("does not fit: a workbook has no numbers of more than 308 digits")
    return say("does not fit: a cell has room for {most:,} characters", most=MAX_TEXT)


@contextmanager
def _errors() -> Iterator[None]:
    """Raise an error of the disk as the OSError that it was."""
    try:
        yield
    except FileCreateError as error:
        cause = error.args[0] if error.args else None
        raise cause if isinstance(cause, OSError) else error from None
