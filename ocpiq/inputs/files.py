"""jq's inputs: the values of files or of standard input, in turn, as the flags say how to read them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

from ocpiq.errors import InputError, UsageError
from ocpiq.inputs.events import events
from ocpiq.inputs.texts import Texts, values
from ocpiq.values.encodings import conversion, encoding_of, wide_encoding
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
    no JSON is skipped, and why is given to `skipped`. A file that seems to be Latin-1 is read as jq reads it, and
    `warn` is told; UsageError for one in UTF-16 or UTF-32.
    """

    def __init__(
        self,
        names: Sequence[str] = (),
        form: Form = PLAIN,
        skipped: Callable[[str], None] | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.names = names or (STANDARD_INPUT,)
        self.form = form
        self.skipped = skipped
        self.warn = warn
        self.filename: str | None = None
        self.texts: Texts | None = None
        self.lines_read = 0
        self._warned: set[str] = set()
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
                _check_encoding(file, name, self.form)
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
        found = self._records(file) if self.form.seq else self._values_of(self._checked(_blocks(file)))
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
            yield self._text(line.removesuffix(b"\n"), self.filename or STANDARD_INPUT)

    def _whole(self, name: str) -> Iterator[str]:
        with _open(name) as file:
            _check_encoding(file, name, self.form)
            yield self._text(file.read(), name)

    def _text(self, data: bytes, name: str) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            self._warn(name)
            return data.decode("utf-8", "replace")

    def _checked(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the blocks of the current file; the first with other than ASCII tells if it is UTF-8."""
        ascii_only = True
        for block in blocks:
            if ascii_only and not block.isascii():
                ascii_only = False
                if encoding_of(block, whole=False) != "UTF-8":
                    self._warn(self.filename or STANDARD_INPUT)
            yield block

    def _warn(self, name: str) -> None:
        """Warn of a file that seems to be Latin-1, once."""
        if self.warn and name not in self._warned:
            self._warned.add(name)
            fix = conversion("Latin-1", name_of(name))
            self.warn(f"{name_of(name)} is not UTF-8; if it is Latin-1, convert it: {fix}")


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


def _open(name: str) -> BufferedReader:
    try:
        if name == STANDARD_INPUT:
            return open(sys.stdin.fileno(), "rb", closefd=False)
        return Path(name).open("rb")
    except OSError as error:
        raise UsageError(f"could not open {name}: {error.strerror}") from None


def _check_encoding(file: BufferedReader, name: str, form: Form) -> None:
    """Raise UsageError for a file in UTF-16 or UTF-32; of lines only if it is marked, as they may hold zero bytes."""
    try:
        encoding = wide_encoding(file.peek(4)[:4], marked=form.raw)
    except OSError as error:
        raise UsageError(f"could not read the input: {error.strerror}") from None
    if encoding is not None:
        hint = conversion(encoding, name_of(name))
        raise UsageError(f"{name_of(name)} is {encoding}, not UTF-8", hint=hint)


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
