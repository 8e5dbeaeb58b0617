"""What a run has besides its program: inputs, the environment, and what ends it early."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import cast

from ocpiq.analysis.modules import Library, NoLibrary, module_description
from ocpiq.errors import (
    CompileError,
    HaltError,
    InputError,
    Notify,
    QueryHalted,
    RunError,
    StderrWrite,
    ignore,
)
from ocpiq.privacy.drivers import DRIVERS
from ocpiq.values.json.codec import excerpt, to_json, tostring, well_formed
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.terminal import write_error
from ocpiq.values.types import Value, type_name


class BreakSignal(Exception):
    """`break`, or the end of a `limit`: ends the block of its label."""

    def __init__(self, label: object) -> None:
        super().__init__()
        self.label = label


class Halted(Exception):
    """`halt`"""


class Runtime:
    """One run. `inputs` are what follows the value that the program runs on; they may know their file and line.

    `notify` hears when the program is about to write to standard error, and warnings. Totals of sealed fields need
    `drivers` distinct drivers.
    """

    def __init__(
        self,
        inputs: Iterator[Value],
        library: Library | None = None,
        notify: Notify = ignore,
        drivers: int = DRIVERS,
    ) -> None:
        self._inputs = inputs
        self.notify = notify
        self.drivers = drivers
        self._library = library or NoLibrary()

    def modulemeta(self, value: Value) -> Value:
        """`modulemeta`: what a module says of itself, by its name."""
        if type(value) is not str:
            raise RunError("modulemeta input module name must be a string")
        try:
            return module_description(self._library.definitions(value, (), "").program)
        except CompileError as error:
            raise RunError(error.message) from None

    def get_search_list(self) -> Value:
        """`get_search_list`: the folders that modules are looked for in."""
        return list(self._library.folders)

    def input(self) -> Value:
        """`input`"""
        try:
            return next(self._inputs)
        except StopIteration:
            raise RunError("No more inputs") from None
        except InputError as error:
            raise RunError(error.value, message=error.message) from None

    def inputs(self) -> Iterator[Value]:
        """`inputs`"""
        try:
            while True:  # not `yield from`, which closes the inputs with this
                yield next(self._inputs)
        except StopIteration:
            return
        except InputError as error:
            raise RunError(error.value, message=error.message) from None

    def env(self) -> Value:
        """`env`: the environment, without the program's own settings, which hold tokens."""
        return {
            well_formed(name): well_formed(value)
            for name, value in os.environ.items()
            if not name.startswith("OCPIQ_")
        }

    def debug(self, value: Value) -> Value:
        """`debug`"""
        self.notify(StderrWrite())
        write_error(f'["DEBUG:",{to_json(value)}]\n')
        return value

    def stderr(self, value: Value) -> Value:
        """`stderr`"""
        self.notify(StderrWrite())
        write_error(tostring(value))
        return value

    def input_filename(self) -> Value:
        """`input_filename`: null before the first input, and where inputs come from no file"""
        name: str | None = getattr(self._inputs, "filename", None)
        return name if name is None else well_formed(name)

    def input_line_number(self) -> Value:
        """`input_line_number`"""
        line: int | None = getattr(self._inputs, "line", None)
        if line is None:
            raise RunError("Unknown input line number")
        return line

    def halt(self) -> None:
        """`halt`"""
        self.notify(QueryHalted())
        raise Halted

    def halt_error(self, value: Value, code: Value) -> None:
        """`halt_error(code)`"""
        if type(code) not in NUMBERS:
            raise RunError(f"{type_name(value)} ({excerpt(value)}) halt_error/1: number required")
        number = cast(float, code)
        raise HaltError(value, int(number) & 0xFF if number == number and abs(number) < 2**63 else 0)  # noqa: PLR0124
