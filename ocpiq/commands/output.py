"""Where results go and in what format: `-o`, `--to`, `--mode`, jq's flags, the terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from msgspec import Struct

from ocpiq.commands.arguments import Arguments
from ocpiq.errors import UsageError
from ocpiq.sinks import registry
from ocpiq.sinks.registry import Format
from ocpiq.sinks.target import Target

if TYPE_CHECKING:
    from ocpiq.analysis.columns import Columns
    from ocpiq.sinks.file import WholeFile
    from ocpiq.sinks.sink import Settings, Sink
    from ocpiq.storage.unfinished import UnfinishedFiles

STANDARD_OUTPUT: Final = "-"
RAW: Final = ("raw-output", "join-output", "raw-output0")
BUFFER: Final = 1 << 16
PRIVATE: Final = 0o600
MODE: Final = re.compile(r"0?[0-7]{3}")
DESCRIPTORS: Final = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")
LINKS: Final = 40  # that a path may lead over, as on Linux


class Output(Struct):
    """The opened output of a run.

    `whole` is its file, if that is to be there whole or not at all; `at_once` tells that somebody waits for each value.
    """

    target: Target
    sink: Sink
    whole: WholeFile | None
    at_once: bool

    def show(self, *, held: bool = False) -> None:
        """Have everything seen that is written, with `held` also what the format holds back."""
        if held:
            self.sink.flush()
        self.target.stream.flush()

    def close(self) -> None:
        """End the results."""
        self.sink.close()
        self.target.stream.flush()

    def keep(self) -> None:
        """Put the written file in its place. Raises UsageError."""
        if self.whole is not None:
            self.whole.keep()

    def keep_partial(self) -> Path | None:
        """Put the written file beside its place, and return where. Raises UsageError."""
        return None if self.whole is None else self.whole.keep_partial()


class Wanted(Struct, frozen=True):
    """What a run wants of its output.

    `columns` gives those that the plan knows, and is asked only by a format that has some; `warn` takes a sentence for
    the user; `private` tells that results hold what is blanked by default; `files` gives those that are
    not finished.
    """

    columns: Callable[[], Columns]
    warn: Callable[[str], None]
    private: bool
    files: Callable[[], UnfinishedFiles]


@contextmanager
def opened(given: Arguments, environment: Mapping[str, str], wanted: Wanted) -> Iterator[Output]:
    """Open the output that was asked for; leaving the block without `keep` leaves a file as it was.

    Raises UsageError.
    """
    with _target(given, wanted) as (target, whole):
        sink = open_sink(given, environment, target, wanted.columns)
        try:
            yield Output(target, sink, whole, target.terminal or given.has("unbuffered"))
        finally:
            sink.discard()


def open_sink(
    given: Arguments, environment: Mapping[str, str], target: Target, columns: Callable[[], Columns]
) -> Sink:
    """Return what writes results to `target`, in the format of `--to`, `--csv`, the ending of `-o`, or JSON."""
    from ocpiq.analysis.columns import UNKNOWN

    format_ = format_of(given, terminal=target.terminal)
    _check_options(given, format_)
    known = columns() if format_.rows else UNKNOWN
    return registry.open_sink(format_, target, known, settings(given, environment, terminal=target.terminal))


def format_of(given: Arguments, *, terminal: bool) -> Format:
    """Return the format to write. Raises UsageError.

    Without a name JSON is indented on a terminal, and elsewhere one value per line unless `-C` or `-r` asks for jq's
    own form.
    """
    named = given.last("to")
    chosen = None if named is None else registry.by_name(named)
    if given.has("csv"):
        if named not in (None, "csv"):
            raise UsageError(f"--csv does not go with --to {named}")
        return registry.by_name("csv")
    raw = any(map(given.has, RAW))
    path = _path(given)
    if chosen is None and path is not None and not raw:  # raw text has a form of its own: @csv, say
        chosen = registry.by_ending(path.suffix)
    if chosen is None:
        chosen = registry.by_name("json" if terminal or raw or given.has("color-output") else "ndjson")
    return chosen


def settings(given: Arguments, environment: Mapping[str, str], *, terminal: bool) -> Settings:
    """Return what the options say of the format. Raises UsageError."""
    from ocpiq.sinks.colors import colors, refused
    from ocpiq.sinks.sink import Settings
    from ocpiq.values.blank import NA

    color = given.has("color-output") or (terminal and not refused(environment))
    na = given.last("na")
    return Settings(
        sort_keys=given.has("sort-keys"),
        null=given.last("null") or "",
        na=NA if na is None else na,
        csv=tuple(word.strip() for (text,) in given.every("csv") for word in text.split(",")),
        raw=given.has("raw-output"),
        join=given.has("join-output"),
        raw0=given.has("raw-output0"),
        ascii_only=given.has("ascii-output"),
        seq=given.has("seq"),
        compact=given.has("compact-output"),
        indent=_indent(given),
        colors=colors(environment) if color and not given.has("monochrome-output") else (),
    )


def _check_options(given: Arguments, format_: Format) -> None:
    """Refuse an option that the format does not know and others do. Raises UsageError."""
    for option in given.options:
        known = registry.formats_with(option)
        if known and format_.name not in known:
            names = " and ".join(filter(None, (", ".join(known[:-1]), known[-1])))
            raise UsageError(f"--{option} is for {names}, not for {format_.name}")


def _indent(given: Arguments) -> str | None:
    if given.has("indent"):
        text = given.last("indent") or ""
        if not text.isdecimal() or int(text) > 7:
            raise UsageError("--indent takes a number from 0 to 7")
        return " " * int(text)
    return "\t" if given.has("tab") else None


@contextmanager
def _target(given: Arguments, wanted: Wanted) -> Iterator[tuple[Target, WholeFile | None]]:
    """Open what results are written to.

    A device, a pipe or a descriptor of this process cannot be whole: it gets what is written, as standard output
    does. Whether a terminal is behind it is asked of what was opened.
    """
    path, mode = _path(given), _mode(given)
    descriptor = sys.stdout.fileno() if path is None else _descriptor(path)
    if descriptor is not None or (path is not None and path.exists() and not path.is_file()):
        if mode is not None:
            raise UsageError("--mode is for the file of -o")
        with _stream(path, descriptor) as stream:
            yield Target(stream, None, stream.isatty(), wanted.warn), None
        return

    from ocpiq.sinks.file import WholeFile

    assert path is not None
    whole = WholeFile(path, wanted.files(), mode=mode, new=PRIVATE if wanted.private else None)
    with whole as file:
        yield Target(file, whole.beside, False, wanted.warn), whole


def _stream(path: Path | None, descriptor: int | None) -> BinaryIO:
    """Open a descriptor, which stays open, or a device or pipe. Raises UsageError."""
    if descriptor is not None:
        try:
            return open(descriptor, "wb", buffering=BUFFER, closefd=False)
        except OSError as error:
            if path is None:
                raise
            raise UsageError(f"cannot write {path}: {error.strerror}") from None
    assert path is not None
    try:
        return path.open("wb", buffering=BUFFER)
    except OSError as error:
        reason = "it is a folder" if path.is_dir() else error.strerror
        raise UsageError(f"cannot write {path}: {reason}") from None


def _descriptor(path: Path) -> int | None:
    """Return the descriptor of this process that a path such as /dev/stdout, /dev/fd/3 or /proc/self/fd/1 names."""
    folders = {os.path.realpath(folder) for folder in DESCRIPTORS}
    for _ in range(LINKS):
        if os.path.realpath(path.parent) in folders and path.name.isdecimal():
            return int(path.name)
        try:
            path = path.parent / path.readlink()
        except (OSError, ValueError):
            return None
    return None


def _path(given: Arguments) -> Path | None:
    """Return the file of `-o`; None for standard output."""
    path = given.last("output")
    return None if path is None or path == STANDARD_OUTPUT else Path(path)


def _mode(given: Arguments) -> int | None:
    """Return the mode of `--mode`. Raises UsageError."""
    text = given.last("mode")
    if text is None:
        return None
    if not MODE.fullmatch(text):
        raise UsageError("--mode takes a file mode in octal", hint="such as --mode 640")
    return int(text, 8)
