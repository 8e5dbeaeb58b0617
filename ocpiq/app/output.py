"""Where results go and in which format: `-o`, `--to`, `--mode`, jq's output options, the terminal."""

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
from ocpiq.errors import Message, UsageError
from ocpiq.sinks import registry
from ocpiq.sinks.about import NOTHING, About
from ocpiq.sinks.registry import Format
from ocpiq.sinks.target import Target

if TYPE_CHECKING:
    from ocpiq.plan.columns import Columns
    from ocpiq.sinks.file import WholeFile
    from ocpiq.sinks.sink import FormatSettings, Sink
    from ocpiq.sinks.watch import ColumnWatch
    from ocpiq.storage.unfinished import UnfinishedFiles

BUFFER: Final = 1 << 16
PRIVATE: Final = 0o600
DESCRIPTORS: Final = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")
MAX_LINKS: Final = 40  # symbolic links in a path, as on Linux


class Output(Struct):
    """The open output of a run.

    `file` is the result file, if it replaces a regular file at the end; `unbuffered` writes each value immediately;
    `watch` has the columns of the results if a manifest is to be written.
    """

    target: Target
    sink: Sink
    file: WholeFile | None
    unbuffered: bool
    watch: ColumnWatch | None = None

    def flush(self, *, held_back: bool = False) -> None:
        """Flush everything that is written; with `held_back`, also what the format holds back."""
        if held_back:
            self.sink.flush()
        self.target.stream.flush()

    def close(self) -> None:
        """End the results."""
        self.sink.close()
        self.target.stream.flush()

    def keep(self) -> None:
        """Replace the result file. Raises UsageError."""
        if self.file is not None:
            self.file.keep()

    def keep_partial(self) -> Path | None:
        """Move what was written to FILE.partial and return that path. Raises UsageError."""
        return None if self.file is None else self.file.keep_partial()


class OutputRequest(Struct, frozen=True):
    """What a run needs of its output.

    `columns` returns those that the plan knows, and is called only for a format with columns; `many` tells that the
    plan may have any number of results; `computes` that it may compute numbers; `warn` shows the user a warning;
    `private` tells that results hold fields that are blanked by default; `files` returns the unfinished files; `about`
    describes the run so far; `wrap` wraps the stream of results that are not a whole file; `part` is the file to write
    beside the result file, for a delivery; `stream` is written instead of the result file, for one that grows.
    """

    columns: Callable[[], Columns]
    many: bool
    warn: Callable[[Message], None]
    private: bool
    files: Callable[[], UnfinishedFiles]
    about: Callable[[], About] = lambda: NOTHING
    wrap: Callable[[BinaryIO], BinaryIO] | None = None
    part: Path | None = None
    stream: BinaryIO | None = None
    computes: bool = True


@contextmanager
def open_output(
    settings: OutputSettings, environment: Mapping[str, str], request: OutputRequest
) -> Iterator[Output]:
    """Open the output; leaving the block without `keep` leaves a file as it was. Raises UsageError."""
    with _open_target(settings, request) as (target, file):
        if request.wrap is not None and file is None:
            target.stream = request.wrap(target.stream)
        if settings.manifest and file is None:
            raise UsageError("--manifest needs a file (-o FILE)")
        watch = _column_watch() if settings.manifest else None
        sink = open_sink(
            settings,
            environment,
            target,
            request.columns,
            many=request.many,
            computes=request.computes,
            watch=watch,
        )
        try:
            yield Output(target, sink, file, target.terminal or settings.unbuffered, watch)
        finally:
            sink.discard()


def open_sink(
    settings: OutputSettings,
    environment: Mapping[str, str],
    target: Target,
    columns: Callable[[], Columns],
    *,
    many: bool = False,
    computes: bool = True,
    watch: ColumnWatch | None = None,
) -> Sink:
    """Open a sink on `target`, in the format of `--to`, `--csv` or the ending of `-o`, else JSON.

    `many` and `computes` are those of the query.
    """
    from ocpiq.plan.columns import UNKNOWN

    format_ = format_of(settings, terminal=target.terminal)
    _check_options(settings, format_)
    known_columns = columns() if format_.rows or watch is not None else UNKNOWN
    options = replace(format_settings(settings, environment, terminal=target.terminal), read=not computes)
    if _requested_format(settings) is not None:  # without a format, JSON is jq's stream of values
        options = replace(options, array="always" if many else "several")
    return registry.open_sink(format_, target, known_columns, options, watch)


def _column_watch() -> ColumnWatch:
    from ocpiq.sinks.watch import ColumnWatch

    return ColumnWatch()


def format_of(settings: OutputSettings, *, terminal: bool) -> Format:
    """Return the format to write. Raises UsageError.

    The default is JSON: indented on a terminal and with `-C` or `-r`, as in jq; else one value per line.
    """
    indented = terminal or settings.raw or settings.color
    return _requested_format(settings) or registry.by_name("json" if indented else "ndjson")


def _requested_format(settings: OutputSettings) -> Format | None:
    """Return the format that `--csv`, `--to`, the ending of `-o` or the config file names. Raises UsageError."""
    if settings.csv is not None:
        if settings.format not in ("", "csv"):
            raise UsageError(f"--csv cannot be used with --to {settings.format}")
        return registry.by_name("csv")
    if settings.format:
        return registry.by_name(settings.format)
    default = _default_format(settings)
    if settings.path is None or settings.raw:  # raw text has its own format, such as @csv
        return default
    return registry.by_ending(settings.path.suffix) or default


def _default_format(settings: OutputSettings) -> Format | None:
    """Return the format of the config file, unless an option needs another. Raises UsageError."""
    if not settings.default_format:
        return None
    format_ = registry.by_name(settings.default_format)
    fits = set(settings.special) <= set(format_.options)
    return format_ if fits and not (settings.compact and format_.rows) else None


def format_settings(
    settings: OutputSettings, environment: Mapping[str, str], *, terminal: bool
) -> FormatSettings:
    """Return the options of the format."""
    from ocpiq.sinks.colors import colors, no_color
    from ocpiq.sinks.sink import FormatSettings
    from ocpiq.values.blank import NA

    color = settings.color or (terminal and not no_color(environment))
    tab = "\t" if settings.tab else None
    return FormatSettings(
        sort_keys=settings.sort_keys,
        null=settings.null or "",
        na=NA if settings.na is None else settings.na,
        csv=settings.csv or (),
        explode=settings.explode,
        column_types=settings.column_types,
        title=settings.title,
        lines_if_cut=settings.lines_if_cut,
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
    """Refuse an option of other formats. Raises UsageError."""
    for option in settings.special:
        formats = registry.formats_with(option)
        if formats and format_.name not in formats:
            names = " and ".join(filter(None, (", ".join(formats[:-1]), formats[-1])))
            raise UsageError(f"--{option} is for {names}, not for {format_.name}")


@contextmanager
def _open_target(
    settings: OutputSettings, request: OutputRequest
) -> Iterator[tuple[Target, WholeFile | None]]:
    """Open the target.

    A device, a pipe or a descriptor of this process cannot be replaced at the end: like standard output, it is written
    to directly.
    """
    if request.stream is not None:
        yield Target(request.stream, None, False, request.warn, about=request.about), None
        return
    path = settings.path
    descriptor = sys.stdout.fileno() if path is None else _descriptor(path)
    if descriptor is not None or (path is not None and path.exists() and not path.is_file()):
        if settings.mode is not None:
            raise UsageError("--mode needs a file (-o FILE)")
        with _open_stream(path, descriptor) as stream:
            yield Target(stream, None, stream.isatty(), request.warn, about=request.about), None
        return

    from ocpiq.sinks.file import WholeFile

    assert path is not None
    default_mode = settings.default_mode
    if default_mode is None and request.private:
        default_mode = PRIVATE
    files = request.files()
    file = WholeFile(path, files, mode=settings.mode, default_mode=default_mode, part=request.part)
    with file as stream:
        yield Target(stream, file.temporary, False, request.warn, file.work_folder, request.about), file


def _open_stream(path: Path | None, descriptor: int | None) -> BinaryIO:
    """Open a device, a pipe, or a descriptor, which stays open. Raises UsageError."""
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
        reason = "is a folder" if path.is_dir() else error.strerror
        raise UsageError(f"cannot write {path}: {reason}") from None


def _descriptor(path: Path) -> int | None:
    """Return the descriptor of this process for a path such as /dev/stdout, /dev/fd/3 or /proc/self/fd/1."""
    folders = {os.path.realpath(folder) for folder in DESCRIPTORS}
    for _ in range(MAX_LINKS):
        if os.path.realpath(path.parent) in folders and path.name.isdecimal():
            return int(path.name)
        try:
            path = path.parent / path.readlink()
        except (OSError, ValueError):
            return None
    return None
