"""jq's inputs: the values of files or of standard input, in turn, as the flags say how to read them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

from ocpiq.errors import InputError, UsageError
from ocpiq.values.json.events import events
from ocpiq.values.json.framing import Texts, values
from ocpiq.values.types import Value

BLOCK: Final = 1 << 17
STANDARD_INPUT: Final = "-"
SEPARATOR: Final = b"\x1e"  # RFC 7464


class Form(Struct, frozen=True):
    """How inputs are read: jq's flags `-R`, `-s`, `--stream` and `--seq`."""

    raw: bool = False
    slurp: bool = False
    stream: bool = False
    seq: bool = False


PLAIN: Final = Form()


class Inputs:
    """An iterator over the values of `names` in turn, of standard input where there are none.

    `filename` is the file that the last value came from (None for standard input), `line` how many of its
    lines are read. That the files are there is seen before the first is opened. In the form `seq` a text that is
    no JSON is skipped, and why is given to `skipped`.
    """

    def __init__(
        self, names: Sequence[str] = (), form: Form = PLAIN, skipped: Callable[[str], None] | None = None
    ) -> None:
        self.names = names or (STANDARD_INPUT,)
        self.form = form
        self.skipped = skipped
        self.filename: str | None = None
        self.texts: Texts | None = None
        self.lines_read = 0
        self._values = self._slurped() if form.slurp else self._each()
        for name in self.names:
            _check(name)

    def __iter__(self) -> Iterator[Value]:
        return self._values

    def __next__(self) -> Value:
        return next(self._values)

    @property
    def line(self) -> int:
        """How many lines of the current file are read."""
        return self.texts.line if self.texts else self.lines_read

    @property
    def place(self) -> str:
        """The file and line, as jq's error texts give them."""
        return f"{self.filename or '<stdin>'}:{max(self.line, 1)}"

    def _slurped(self) -> Iterator[Value]:
        if self.form.raw:
            yield "".join(blocks_text for name in self.names for blocks_text in self._whole(name))
        else:
            yield list(self._each())

    def _each(self) -> Iterator[Value]:
        for name in self.names:
            with _open(name) as file:
                self.filename = None if name == STANDARD_INPUT else name
                self.lines_read = 0
                try:
                    yield from self._of_file(file)
                except InputError as error:
                    raise InputError(error.value, message=f"{name_of(name)}: {error.message}") from None

    def _of_file(self, file: BinaryIO) -> Iterator[Value]:
        if self.form.raw:
            yield from self._lines(file)
            return
        found = self._records(file) if self.form.seq else self._values_of(_blocks(file))
        if not self.form.stream:
            yield from found
            return
        for value in found:
            yield from events(value)

    def _values_of(self, blocks: Iterator[bytes]) -> Iterator[Value]:
        self.texts = Texts(blocks)
        yield from values(self.texts)

    def _records(self, file: BinaryIO) -> Iterator[Value]:
        """Yield the values of JSON text sequences; a text that is no JSON costs itself only."""
        for record in _records(_blocks(file)):
            try:
                yield from self._values_of(iter((record,)))
            except InputError as error:
                if self.skipped:
                    self.skipped(error.message)

    def _lines(self, file: BinaryIO) -> Iterator[Value]:
        for line in file:
            self.lines_read += 1
            yield line.removesuffix(b"\n").decode("utf-8", "replace")

    def _whole(self, name: str) -> Iterator[str]:
        with _open(name) as file:
            yield file.read().decode("utf-8", "replace")


def name_of(name: str) -> str:
    """Return the file's name as errors call it."""
    return "<stdin>" if name == STANDARD_INPUT else name


def _check(name: str) -> None:
    """Raise UsageError for what cannot be read, before anything is: results of a part would look like the whole."""
    if name == STANDARD_INPUT:
        return
    if not Path(name).exists():
        raise UsageError(f"could not open {name}: there is no such file")
    if Path(name).is_dir():
        raise UsageError(f"could not open {name}: it is a folder")


def _open(name: str) -> BinaryIO:
    try:
        if name == STANDARD_INPUT:
            return open(sys.stdin.fileno(), "rb", closefd=False)
        return Path(name).open("rb")
    except OSError as error:
        raise UsageError(f"could not open {name}: {error.strerror}") from None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield what is there to read, so that a slow pipe gives its lines as they come."""
    read = getattr(file, "read1", file.read)
    try:
        while block := read(BLOCK):
            yield block
    except OSError as error:
        raise UsageError(f"could not read the input: {error.strerror}") from None


def _records(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(SEPARATOR)
        yield from whole
    yield rest
