"""jq's inputs: the values of files or of standard input, read as the flags say."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

from ocpiq.errors import InputError, Message, Reason, SourceError, UserText, say
from ocpiq.inputs.standard_input import standard_input
from ocpiq.values.encodings import EncodingName, conversion, encoding_of, wide_encoding
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
    """An iterator over the values of the files `names`; without names, of standard input.

    `filename` is the file that the last value came from, `line` how many of its lines have been read. All
    files must exist before the first is opened. After an InputError reading continues with the next line. With `seq`,
    invalid JSON is skipped instead, and `skipped` gets the reason. A file that seems to be Latin-1 is read as in jq,
    and `warn` is called. While standard input has nothing to read, `check` is called. Raises UsageError for UTF-16 and
    UTF-32.
    """

    def __init__(
        self,
        names: Sequence[str] = (),
        form: InputFormat = PLAIN,
        skipped: Callable[[Message], None] | None = None,
        warn: Callable[[Message], None] | None = None,
        check: Callable[[], None] | None = None,
    ) -> None:
        self.form = form
        self.filename: str | None = None
        self.texts: Texts | None = None
        self._skipped = skipped
        self._warn = warn
        self._check = check
        self._warned: set[str] = set()
        self._names = deque(names or (STANDARD_INPUT,))
        self._name = ""
        self._file: BinaryIO | None = None
        self._lines_read = 0
        self._slurped: list[Value] = []
        self._values = self._start()
        for name in self._names:
            _check(name)

    def __iter__(self) -> Iterator[Value]:
        return self._values

    def __next__(self) -> Value:
        return next(self._values)

    @property
    def line(self) -> int:
        """The number of lines read from the current file."""
        return self.texts.line if self.texts else self._lines_read

    @property
    def place(self) -> str:
        """The file and line, as in jq's error messages."""
        return f"{self.filename or STDIN}:{max(self.line, 1)}"

    def _start(self) -> Iterator[Value]:
        """Return an iterator that continues where the last one stopped."""
        if not self.form.slurp:
            return self._all_values()
        return self._text() if self.form.raw else self._array()

    def _text(self) -> Iterator[Value]:
        parts = []
        while (file := self._current()) is not None:
            parts.append(self._decoded(file.read()))
            self.close()
        yield "".join(parts)

    def _array(self) -> Iterator[Value]:
        for value in self._all_values():
            self._slurped.append(value)
        yield self._slurped

    def _all_values(self) -> Iterator[Value]:
        while (file := self._current()) is not None:
            try:
                yield from self._file_values(file)
            except InputError as error:
                self._values = self._start()
                name = UserText(name_of(self._name))
                raise InputError(
                    error.problem, message=say("{name}: {problem}", name=name, problem=error.problem)
                ) from None
            self.close()

    def _current(self) -> BinaryIO | None:
        """Return the current file, or open the next; None after the last."""
        if self._file is None and self._names:
            self._name = self._names.popleft()
            self._file = _open(self._name, self._check)
            _check_encoding(self._file, self._name, self.form)
            self.filename = name_of(self._name)
            self.texts = None
            self._lines_read = 0
        return self._file

    def close(self) -> None:
        """Close the current file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _file_values(self, file: BinaryIO) -> Iterator[Value]:
        if self.form.raw:
            return self._lines(file)
        if self.form.seq:
            return self._sequence(file)
        if self.texts is None:
            self.texts = Texts(self._watch_encoding(_blocks(file)))
        return self._values_of(self.texts)

    def _values_of(self, texts: Texts) -> Iterator[Value]:
        if self.form.stream or self.form.stream_errors:
            return events(texts, errors=self.form.stream_errors)
        return values(texts)

    def _sequence(self, file: BinaryIO) -> Iterator[Value]:
        """Yield the values of JSON text sequences (RFC 7464); only invalid texts are skipped."""
        line = 0
        for number, (text, is_last) in enumerate(_records(_blocks(file))):
            if number == 0:
                if text.removeprefix(BOM).strip():
                    self._skip(say("the text before the first record separator"))
            else:
                whole, problem = complete(text, line, is_last=is_last)
                self.texts = Texts(iter((whole,)), line)
                try:
                    yield from self._values_of(self.texts)
                except InputError as error:
                    problem = error.problem
                if problem:
                    self._skip(problem)
            line += text.count(b"\n")

    def _skip(self, problem: Message) -> None:
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

    def _watch_encoding(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the blocks of the current file; warn if the first non-ASCII block is not UTF-8."""
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
            self._warn(
                say(
                    "{name} is not UTF-8; if it is Latin-1, convert it: {command}",
                    name=UserText(name),
                    command=UserText(conversion("Latin-1", name)),
                )
            )


def name_of(name: str) -> str:
    """Return the file's name for messages."""
    return STDIN if name == STANDARD_INPUT else name


def _check(name: str) -> None:
    """Raise UsageError for a missing file before any is read: partial results would look complete."""
    if name == STANDARD_INPUT:
        return
    if not Path(name).exists():
        raise SourceError(say("could not open {name}: no such file", name=UserText(name)))
    if Path(name).is_dir():
        raise SourceError(say("could not open {name}: it is a folder", name=UserText(name)))


def _open(name: str, check: Callable[[], None] | None) -> BufferedReader:
    try:
        if name == STANDARD_INPUT:
            return standard_input(check)
        return Path(name).open("rb")
    except OSError as error:
        raise SourceError(
            say("could not open {name}: {reason}", name=UserText(name), reason=Reason(error.strerror))
        ) from None


def _check_encoding(file: BufferedReader, name: str, form: InputFormat) -> None:
    """Raise UsageError for a file in UTF-16 or UTF-32; raw lines may contain NUL, so only with a byte order mark."""
    try:
        encoding = wide_encoding(file.peek(4)[:4], marked=form.raw)
    except OSError as error:
        raise SourceError(say("could not read the input: {reason}", reason=Reason(error.strerror))) from None
    if encoding is not None:
        hint = say("{command}", command=UserText(conversion(encoding, name_of(name))))
        text = say(
            "{name} is {encoding}, not UTF-8", name=UserText(name_of(name)), encoding=EncodingName(encoding)
        )
        raise SourceError(text, hint=hint)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield data as it arrives, so that a slow pipe is read line by line."""
    read = getattr(file, "read1", file.read)
    try:
        while block := read(BLOCK):
            yield block
    except OSError as error:
        raise SourceError(say("could not read the input: {reason}", reason=Reason(error.strerror))) from None


def _records(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield the texts between separators, and whether each is the last."""
    parts: list[bytes] = []
    for block in blocks:
        first, *more = block.split(SEPARATOR)
        parts.append(first)
        for text in more:
            yield b"".join(parts), False
            parts = [text]
    yield b"".join(parts), True
