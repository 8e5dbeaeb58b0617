"""Where results go and in what format: `-o`, `--to`, `--mode`, jq's flags, the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.app.settings import OutputSettings
from ocpiq.errors import UsageError
from ocpiq.sinks import registry
from ocpiq.sinks.registry import Format
from ocpiq.sinks.target import Target

if TYPE_CHECKING:
    from ocpiq.plan.columns import Columns
    from ocpiq.sinks.file import WholeFile
    from ocpiq.sinks.sink import Settings, Sink
    from ocpiq.storage.unfinished import UnfinishedFiles

BUFFER: Final = 1 << 16
PRIVATE: Final = 0o600
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

    `columns` gives those that the plan knows, and is asked only by a format that has some; `many` tells that the plan
    gives any number of results; `warn` takes a sentence for
    the user; `private` tells that results hold what is blanked by default; `files` gives those that are
    not finished.
    """

    columns: Callable[[], Columns]
    many: bool
    warn: Callable[[str], None]
    private: bool
    files: Callable[[], UnfinishedFiles]


@contextmanager
def opened(settings: OutputSettings, environment: Mapping[str, str], wanted: Wanted) -> Iterator[Output]:
    """Open the output that was asked for; leaving the block without `keep` leaves a file as it was.

    Raises UsageError.
    """
    with _target(settings, wanted) as (target, whole):
        sink = open_sink(settings, environment, target, wanted.columns, many=wanted.many)
        try:
            yield Output(target, sink, whole, target.terminal or settings.unbuffered)
        finally:
            sink.discard()


def open_sink(
    settings: OutputSettings,
    environment: Mapping[str, str],
    target: Target,
    columns: Callable[[], Columns],
    *,
    many: bool = False,
) -> Sink:
    """Return what writes results to `target`, in the format of `--to`, `--csv`, the ending of `-o`, or JSON."""
    from ocpiq.plan.columns import UNKNOWN

    format_ = format_of(settings, terminal=target.terminal)
    _check_options(settings, format_)
    known = columns() if format_.rows else UNKNOWN
    options = format_settings(settings, environment, terminal=target.terminal)
    if _named_format(settings) is not None:  # JSON that nobody asked for is jq's stream of values
        options = replace(options, array="always" if many else "several")
    return registry.open_sink(format_, target, known, options)


def format_of(settings: OutputSettings, *, terminal: bool) -> Format:
    """Return the format to write. Raises UsageError.

    Without a name JSON is indented on a terminal, and elsewhere one value per line unless `-C` or `-r` asks for jq's
    own form.
    """
    jq = terminal or settings.raw or settings.color
    return _named_format(settings) or registry.by_name("json" if jq else "ndjson")


def _named_format(settings: OutputSettings) -> Format | None:
    """Return the format that `--csv`, `--to`, the ending of `-o` or the config file names. Raises UsageError."""
    if settings.csv is not None:
        if settings.format not in ("", "csv"):
            raise UsageError(f"--csv does not go with --to {settings.format}")
        return registry.by_name("csv")
    if settings.format:
        return registry.by_name(settings.format)
    chosen = _default_format(settings)
    if settings.path is not None and not settings.raw:  # raw text has a form of its own: @csv, say
        chosen = registry.by_ending(settings.path.suffix) or chosen
    return chosen


def _default_format(settings: OutputSettings) -> Format | None:
    """Return the format of the config file, unless an option asks for another. Raises UsageError."""
    if not settings.default_format:
        return None
    format_ = registry.by_name(settings.default_format)
    fits = set(settings.special) <= set(format_.options)
    return format_ if fits and not (settings.compact and format_.rows) else None


def format_settings(settings: OutputSettings, environment: Mapping[str, str], *, terminal: bool) -> Settings:
    """Return what the options say of the format."""
    from ocpiq.sinks.colors import colors, refused
    from ocpiq.sinks.sink import Settings
    from ocpiq.values.blank import NA

    color = settings.color or (terminal and not refused(environment))
    tab = "\t" if settings.tab else None
    return Settings(
        sort_keys=settings.sort_keys,
        null=settings.null or "",
        na=NA if settings.na is None else settings.na,
        csv=settings.csv or (),
        raw=settings.raw == "lines",
        join=settings.raw == "joined",
        raw0=settings.raw == "nul",
        ascii_only=settings.ascii,
        seq=settings.seq,
        compact=settings.compact,
        indent=tab if settings.indent is None else " " * settings.indent,
        colors=colors(environment) if color and not settings.monochrome else (),
    )


def _check_options(settings: OutputSettings, format_: Format) -> None:
    """Refuse an option that the format does not know and others do. Raises UsageError."""
    for option in settings.special:
        known = registry.formats_with(option)
        if known and format_.name not in known:
            names = " and ".join(filter(None, (", ".join(known[:-1]), known[-1])))
            raise UsageError(f"--{option} is for {names}, not for {format_.name}")


@contextmanager
def _target(settings: OutputSettings, wanted: Wanted) -> Iterator[tuple[Target, WholeFile | None]]:
    """Open what results are written to.

    A device, a pipe or a descriptor of this process cannot be whole: it gets what is written, as standard output
    does. The opened file tells whether it is a terminal.
    """
    path = settings.path
    descriptor = sys.stdout.fileno() if path is None else _descriptor(path)
    if descriptor is not None or (path is not None and path.exists() and not path.is_file()):
        if settings.mode is not None:
            raise UsageError("--mode is for the file of -o")
        with _stream(path, descriptor) as stream:
            yield Target(stream, None, stream.isatty(), wanted.warn), None
        return

    from ocpiq.sinks.file import WholeFile

    assert path is not None
    new = settings.default_mode
    if new is None and wanted.private:
        new = PRIVATE
    whole = WholeFile(path, wanted.files(), mode=settings.mode, new=new)
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
