"""The sink of all typed formats: rows in batches, each column converted to its type before a writer sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

from ocpiq.errors import EMPTY, FormatError, Message, join, say
from ocpiq.plan.columns import ONE, Columns
from ocpiq.sinks.column_types import CONTENTS, PREVIEW_ROWS, TypedColumn, typed_columns
from ocpiq.sinks.conversion import ColumnConverter, MisfitError, TimeForm
from ocpiq.sinks.rows import ColumnLabel, row_builder
from ocpiq.sinks.sink import FormatSettings
from ocpiq.sinks.target import Target
from ocpiq.values.types import Value

BATCH: Final = 4096


class TableWriter(Protocol):
    """Writes the converted rows of one typed format.

    `time_form` is how it takes times, `batch` the number of rows at a time; with `fold_case`, names of columns that
    differ only by case are the same to it.
    """

    time_form: TimeForm
    batch: int
    fold_case: bool

    @property
    def blank(self) -> object:
        """What it takes for a blank."""

    def begin(self, columns: Sequence[TypedColumn]) -> None:
        """Write what precedes the rows. Raises FormatError if the format cannot hold the columns."""

    def write(self, cells: Sequence[Sequence[object]]) -> None:
        """Write rows, given as the cells of each column. Raises MisfitError, with the column."""

    def end(self, columns: Sequence[TypedColumn]) -> None:
        """Write what follows the rows; `columns` now tell all that were blanked."""

    def discard(self) -> None:
        """Release the target, also after `end`."""


class CellMisfitError(MisfitError):
    """A cell of the column with that number does not fit the format itself; `problem` is a phrase, `hint` the fix."""

    def __init__(self, index: int, column: int, problem: Message, hint: Message = EMPTY) -> None:
        super().__init__(index)
        self.column = column
        self.problem = problem
        self.hint = hint


class TypedSink:
    """Holds rows back until the types of the columns are known, then writes them in batches."""

    def __init__(
        self, target: Target, columns: Columns, settings: FormatSettings, writer: TableWriter
    ) -> None:
        self._target = target
        self._settings = settings
        self._writer = writer
        self._rows = row_builder(columns, settings)
        self._cells: list[list[Value]] = []
        self._converters: tuple[ColumnConverter, ...] = ()
        self._limit = PREVIEW_ROWS
        if columns.closed:
            try:
                self._begin_early()
            except BaseException:
                self.discard()
                raise

    def write(self, value: Value) -> None:
        """Take a value; every batch is converted and written."""
        self._cells.append(self._rows.cells(value))
        if len(self._cells) >= self._limit:
            self.flush()

    def flush(self) -> None:
        """Convert and write the rows that are held back."""
        rows, self._cells = self._cells, []
        if not rows:
            return
        if not self._converters:
            self._begin(rows)
        self._write_rows(rows, self._rows.count - len(rows) + 1)

    def close(self) -> None:
        """Write the last rows and the end, and warn of converted texts."""
        self.flush()
        if not self._converters:
            if not self._rows.settle():
                self._rows = row_builder(ONE, self._settings)
                self._rows.settle()
            self._begin([])
        self._writer.end([converter.typed_column for converter in self._converters])
        self._warn()

    def discard(self) -> None:
        """Release the target."""
        self._writer.discard()

    def _begin_early(self) -> None:
        """Report wrong options before anything is fetched: the columns are known."""
        self._rows.settle()
        self._check_names()
        typed_columns(self._rows.leaves, self._settings.column_types, ())
        if all(leaf.type != "unknown" for leaf in self._rows.leaves):
            self._begin([])

    def _begin(self, rows: list[list[Value]]) -> None:
        self._check_names()
        columns = typed_columns(self._rows.leaves, self._settings.column_types, rows)
        self._writer.begin(columns)
        self._converters = tuple(
            ColumnConverter(column, self._writer.time_form, self._writer.blank) for column in columns
        )
        self._limit = self._writer.batch

    def _check_names(self) -> None:
        if not self._writer.fold_case:
            return
        for name, count in Counter(name.lower() for name in self._rows.names).items():
            if count > 1:
                text = say(
                    "two columns are named {column}, apart from upper and lower case",
                    column=ColumnLabel(name),
                )
                raise FormatError(text, hint=say("rename one of them"))

    def _write_rows(self, rows: list[list[Value]], first: int) -> None:
        """Convert and write rows, of which `first` is the number; those before one that does not fit are written."""
        number = 0
        try:
            converted = []
            for number, cells in enumerate(zip(*rows, strict=True)):
                converted.append(self._converters[number].convert(cells))
            self._writer.write(converted)
        except CellMisfitError as error:
            raise self._misfit(first + error.index, error.column, error.problem, error.hint) from None
        except MisfitError as error:
            if error.index:
                self._write_rows(rows[: error.index], first)
            raise self._misfit(first + error.index, number) from None

    def _misfit(
        self, result: int, number: int, problem: Message = EMPTY, hint: Message = EMPTY
    ) -> FormatError:
        column = self._converters[number].column
        label = ColumnLabel(column.name)
        misfit = say(
            "does not fit column {column}, which holds {contents}",
            column=label,
            contents=CONTENTS[column.type],
        )
        option = say("--text {column}", column=label) if column.type not in ("text", "json") else EMPTY
        if column.type == "integer":
            option = say("--type {column}=number, or {option}", column=label, option=option)
        text = say(
            "{unit} {result} {problem}", unit=self._rows.unit, result=result, problem=problem or misfit
        )
        return FormatError(text, hint=hint or option)

    def _warn(self) -> None:
        texts = {item.column.name: item.texts for item in self._converters if item.texts}
        rounded = {item.column.name: item.rounded for item in self._converters if item.rounded}
        if texts:
            self._target.warn(
                say("text was converted to numbers, times or booleans: {columns}", columns=_counts(texts))
            )
        if rounded:
            self._target.warn(
                say("times have more digits than the format stores: {columns}", columns=_counts(rounded))
            )


def _counts(counts: dict[str, int]) -> Message:
    return join(
        say("{column} ({count:,})", column=ColumnLabel(name), count=count) for name, count in counts.items()
    )
