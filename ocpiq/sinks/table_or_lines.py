"""A table that becomes one field per line if some of its columns do not fit the terminal."""

from __future__ import annotations

from collections.abc import Callable

from ocpiq.sinks.sink import Encoder
from ocpiq.values.types import Value

LeftOut = Callable[[tuple[str, ...]], None]
"""Told the names of the columns that a table leaves out."""


class TableOrLines:
    """An encoder that holds back the first results, until it is known how many columns of a table fit.

    `table` returns the encoder of the table for a function that is told what it leaves out, `lines` that of the lines;
    `warn` is told which columns do not fit.
    """

    def __init__(
        self,
        table: Callable[[LeftOut], Encoder],
        lines: Callable[[], Encoder],
        warn: LeftOut,
    ) -> None:
        self._lines = lines
        self._warn = warn
        self._left_out: tuple[str, ...] = ()
        self._trial = table(self._leave_out)
        self._held: list[Value] = []
        self._chosen: Encoder | None = None

    def write(self, value: Value) -> bytes:
        """Return the value's lines, or nothing while the first are held back."""
        if self._chosen is not None:
            return self._chosen.write(value)
        self._held.append(value)
        return self._choose(self._trial.write(value))

    def flush(self) -> bytes:
        """Return what is held back."""
        return self._choose(self._trial.flush()) if self._chosen is None else self._chosen.flush()

    def end(self) -> bytes:
        """Return what is held back."""
        return self._choose(self._trial.end()) if self._chosen is None else self._chosen.end()

    def _choose(self, written: bytes) -> bytes:
        """Return what the table has written, or the same results in lines if it left columns out."""
        if not written:
            return b""
        held, self._held = self._held, []
        if not self._left_out:
            self._chosen = self._trial
            return written
        self._warn(self._left_out)
        self._chosen = self._lines()
        return b"".join(map(self._chosen.write, held))

    def _leave_out(self, names: tuple[str, ...]) -> None:
        self._left_out = names
