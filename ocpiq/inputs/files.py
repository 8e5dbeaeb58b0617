"""jq's inputs: the values of files or of standard input, in turn, as the flags say how to read them."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

from ocpiq.errors import InputError, UsageError
from ocpiq.values.encodings import conversion, encoding_of, wide_encoding
from ocpiq.values.json.framing import Texts, complete, events, values
from ocpiq.values.json.reader import BOM
from ocpiq.values.types import Value

BLOCK: Final = 1 << 17
STANDARD_INPUT: Final = "-"
STDIN: Final = "<stdin>"  # as jq calls standard input
SEPARATOR: Final = b"\x1e"  # RFC 7464


class InputFormat(Struct, frozen=True):
    """How inputs are read: jq's flags `-R`, `-s`, `--stream`, `--stream-errors` and `--seq`."""

    raw: bool = False
    slurp: bool = False
    stream: bool = False
    stream_errors: bool = False
    seq: bool = False


PLAIN: Final = InputFormat()


class Inputs:
    """An iterator over the values of `names` in turn, of standard input where there are none.

    `filename` is the file that the last value came from, `line` how many of its lines are read. That the files exist
    is seen before the first is opened. After an InputError the next value is that of the next line. In the form `seq`
    what is not JSON is skipped instead, and `skipped` gets the reason. A file that seems to be Latin-1 is read as jq
    reads it, and `warn` is called; UsageError for one in UTF-16 or UTF-32.
    """

    def __init__(
        self,
        names: Sequence[str] = (),
        form: InputFormat = PLAIN,
        skipped: Callable[[str], None] | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.form = form
        self.filename: str | None = None
        self.texts: Texts | None = None
        self._skipped = skipped
        self._warn = warn
        self._warned: set[str] = set()
        self._names = deque(names or (STANDARD_INPUT,))
        self._name = ""
        self._file: BinaryIO | None = None
        self._lines_read = 0
        self._slurped: list[Value] = []
        self._values = self._begun()
        for name in self._names:
            _check(name)

    def __iter__(self) -> Iterator[Value]:
        return self._values

    def __next__(self) -> Value:
        return next(self._values)

    @property
    def line(self) -> int:
        """How many lines of the current file are read."""
        return self.texts.line if self.texts else self._lines_read

    @property
    def place(self) -> str:
        """The file and line, as jq's error texts give them."""
        return f"{self.filename or STDIN}:{max(self.line, 1)}"

    def _begun(self) -> Iterator[Value]:
        """Return an iterator that goes on where the last one stopped."""
        if not self.form.slurp:
            return self._each()
        return self._text() if self.form.raw else self._array()

    def _text(self) -> Iterator[Value]:
        parts = []
        while (file := self._current()) is not None:
            parts.append(self._decoded(file.read()))
            self.close()
        yield "".join(parts)

    def _array(self) -> Iterator[Value]:
        for value in self._each():
            self._slurped.append(value)
        yield self._slurped

    def _each(self) -> Iterator[Value]:
        while (file := self._current()) is not None:
            try:
                yield from self._of_file(file)
            except InputError as error:
                self._values = self._begun()
                raise InputError(error.value, message=f"{name_of(self._name)}: {error.message}") from None
            self.close()

    def _current(self) -> BinaryIO | None:
        """Return the file that is being read, the next one where it is at its end; None at the end of all."""
        if self._file is None and self._names:
            self._name = self._names.popleft()
            self._file = _open(self._name)
            _check_encoding(self._file, self._name, self.form)
            self.filename = name_of(self._name)
            self.texts = None
            self._lines_read = 0
        return self._file

    def close(self) -> None:
        """Close the file that is being read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _of_file(self, file: BinaryIO) -> Iterator[Value]:
        if self.form.raw:
            return self._lines(file)
        if self.form.seq:
            return self._sequence(file)
        if self.texts is None:
            self.texts = Texts(self._checked(_blocks(file)))
        return self._values_of(self.texts)

    def _values_of(self, texts: Texts) -> Iterator[Value]:
        if self.form.stream or self.form.stream_errors:
            return events(texts, errors=self.form.stream_errors)
        return values(texts)

    def _sequence(self, file: BinaryIO) -> Iterator[Value]:
        """Yield the values of JSON text sequences (RFC 7464); a text that is not JSON costs only itself."""
        line = 0
        for number, (text, is_last) in enumerate(_records(_blocks(file))):
            if number == 0:
                if text.removeprefix(BOM).strip():
                    self._skip("the text before the first record separator")
            else:
                whole, problem = complete(text, line, is_last=is_last)
                self.texts = Texts(iter((whole,)), line)
                try:
                    yield from self._values_of(self.texts)
                except InputError as error:
                    problem = error.message
                if problem:
                    self._skip(problem)
            line += text.count(b"\n")

    def _skip(self, problem: str) -> None:
        if self._skipped:
            self._skipped(problem)

    def _lines(self, file: BinaryIO) -> Iterator[Value]:
        for line in file:
            self._lines_read += 1
            yield self._decoded(line.removesuffix(b"\n"))

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            self._warn_of_latin1()
            return data.decode("utf-8", "replace")

    def _checked(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the blocks of the current file; the first with other than ASCII tells if it is UTF-8."""
        ascii_only = True
        for block in blocks:
            if ascii_only and not block.isascii():
                ascii_only = False
                if encoding_of(block, whole=False) != "UTF-8":
                    self._warn_of_latin1()
            yield block

    def _warn_of_latin1(self) -> None:
        """Warn of a file that seems to be Latin-1, once."""
        if self._warn and self._name not in self._warned:
            self._warned.add(self._name)
            name = name_of(self._name)
            self._warn(f"{name} is not UTF-8; if it is Latin-1, convert it: {conversion('Latin-1', name)}")


def name_of(name: str) -> str:
    """Return the file's name as errors call it."""
    return STDIN if name == STANDARD_INPUT else name


def _check(name: str) -> None:
    """Raise UsageError for what cannot be read, before anything is: results of a part would look like the whole."""
    if name == STANDARD_INPUT:
        return
    if not Path(name).exists():
        raise UsageError(f"could not open {name}: no such file")
    if Path(name).is_dir():
        raise UsageError(f"could not open {name}: it is a folder")


def _open(name: str) -> BufferedReader:
    try:
        if name == STANDARD_INPUT:
            return open(sys.stdin.fileno(), "rb", closefd=False)
        return Path(name).open("rb")
    except OSError as error:
        raise UsageError(f"could not open {name}: {error.strerror}") from None


def _check_encoding(file: BufferedReader, name: str, form: InputFormat) -> None:
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


def _records(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield what is between the separators, and whether it is the last."""
    parts: list[bytes] = []
    for block in blocks:
        first, *more = block.split(SEPARATOR)
        parts.append(first)
        for text in more:
            yield b"".join(parts), False
            parts = [text]
    yield b"".join(parts), True
