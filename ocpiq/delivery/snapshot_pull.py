"""The pull into a snapshot: windows as of a delivery with a state, in page files that appear whole and once.

The steps, each on disk before the next begins:

1. The window is written into the manifest as pending.
2. Each page file and its keys are written beside their names, and renamed.
3. The manifest names the page file.
4. The window is complete: the manifest has it among its windows, and the mark is its end.

A pull that was interrupted has the same window again, and leaves out the objects of the page files that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.delivery.state import OVERLAP, SETTLE
from ocpiq.delivery.windows import settled
from ocpiq.errors import SourceError, UserText, say
from ocpiq.gate import keyed_hasher
from ocpiq.query.pulls import Pulls
from ocpiq.query.start import Start
from ocpiq.snapshots import page_files
from ocpiq.snapshots.columns import ColumnEncoder, list_names
from ocpiq.snapshots.folder import SnapshotFolder, files_of, writing
from ocpiq.snapshots.line_encoder import LineEncoder, view_of_numbers
from ocpiq.snapshots.manifest import PageFile, PulledWindow, StoredModule, inexact_fields
from ocpiq.snapshots.page_files import CHUNK, KeyedLine, PageWriter
from ocpiq.values.times import SECOND

if TYPE_CHECKING:
    from ocpiq.errors import Notify
    from ocpiq.gate import Identity
    from ocpiq.plan.query_plan import QueryPlan
    from ocpiq.privacy.recipient import Recipient
    from ocpiq.sources.protocol import Source
    from ocpiq.values.types import Value

STALE_SHARE: Final = 0.2  # of the lines, from which on compaction is worth it

KeyedRow = tuple[object, "Identity"]


class Lag(Struct, frozen=True):
    """How far windows reach back before the mark, and how far they end before now, in seconds."""

    overlap: int = OVERLAP
    settle: int = SETTLE


class StoredRows:
    """The rows of one window, each with its identity; a `Delivery` for the pulls of one source."""

    source = 0
    late_before = None

    def __init__(
        self, bounds: tuple[int | None, int | None] | None, period: tuple[int, int] | None, secret: bytes
    ) -> None:
        self.bounds = bounds
        self.period = period
        self.secret = secret
        self.is_complete = False

    def select(self, rows: Sequence[object], identities: Sequence[Identity]) -> Iterator[Iterable[object]]:
        """Yield the rows of a page with their identities."""
        yield zip(rows, identities, strict=True)

    def complete(self) -> None:
        """Note that every page was read to the end."""
        self.is_complete = True


class ModulePull(Struct, frozen=True):
    """What is needed to pull one module: a plan with its source alone, and where it comes from.

    A source `repeats` if it is a platform, which orders its objects by a clock: saved pages are read whole each time.
    """

    plan: QueryPlan
    source: Source
    variables: dict[str, Value]
    now: int
    notify: Notify
    recipient: Recipient | None
    lag: Lag = Lag()

    @property
    def module(self) -> str:
        """The module."""
        return self.plan.sources[0].module


def due_windows(stored: StoredModule, time: int, lag: Lag, *, is_platform: bool) -> Iterator[PulledWindow]:
    """Yield the windows to pull: the one that was interrupted, those that lost a file, what is new at a `time`."""
    if not is_platform:
        yield PulledWindow(None, time)
        return
    mark, repairs = stored.mark, list(map(bounds_of, stored.repairs))
    if stored.pending is not None:
        yield stored.pending
        if bounds_of(stored.pending) not in repairs:
            mark = stored.pending.end
    for start, end in repairs:
        if stored.pending is None or (start, end) != bounds_of(stored.pending):
            yield PulledWindow(start, end)
    end = settled(time, lag.settle)
    if stored.until is not None:
        end = min(end, stored.until)
    start = stored.begin if mark is None else mark
    if start is None or start < end:
        yield PulledWindow(start, end)


def pull_window(
    folder: SnapshotFolder, pull: ModulePull, stored: StoredModule, window: PulledWindow
) -> StoredModule:
    """Pull a window into page files; return the module with it.

    Raises IncompleteError, after which the window is still pending, and what a pull raises.
    """
    path = folder.pages(stored.module)
    if not pull.source.repeats or _has_keyless(path, window):
        window = replace(window, files=())  # what is there cannot be told from what is not
    stored = replace(stored, pending=window)
    folder.save_module(stored)
    known = _known_keys(path, stored, window)
    pulls = _pulls(pull, _rows(pull, stored, window, folder.secret))
    rows = cast("Iterator[Iterable[KeyedRow]]", pulls.scan(0))
    lists = list_names(pull.module, pull.plan.version, stored.view)
    encoder = LineEncoder(pull.plan.sources[0].view)
    encode = ColumnEncoder(lists, encoder.encode).encode
    hasher = keyed_hasher(folder.secret, b"ocpiq key", page_files.KEY)
    lines = ((encode(row), identity.key_by(hasher)) for page in rows for row, identity in page)
    written = _written(path, stored.last_number + 1, lists, lambda: encoder.inexact, _chunks(lines), known)
    for file in written:
        window = replace(window, files=(*window.files, file))
        stored = replace(stored, pending=window)
        folder.save_module(stored)
    pulls.end()
    return _committed(folder, stored, window, replaces=not pull.source.repeats)


def _pulls(pull: ModulePull, rows: StoredRows) -> Pulls:
    sources = {pull.module: pull.source}
    (source,) = pull.plan.sources
    plan = replace(pull.plan, sources=(replace(source, view=view_of_numbers(source.view)),))
    return Pulls(plan, sources, pull.variables, pull.notify, Start(pull.now, rows), pull.recipient)


def _rows(pull: ModulePull, stored: StoredModule, window: PulledWindow, secret: bytes) -> StoredRows:
    """Return what bounds a pull: saved pages keep the window of the query; a platform is asked from an overlap on."""
    if not pull.source.repeats:
        return StoredRows(None, None, secret)
    since = window.start
    if since is not None and since != stored.begin:
        since -= pull.lag.overlap * SECOND
        since = since if stored.begin is None else max(since, stored.begin)
    return StoredRows((since, window.end), stored.during, secret)


def _known_keys(folder: Path, stored: StoredModule, window: PulledWindow) -> frozenset[bytes]:
    """Return the keys of objects that need not be stored again: of this window, and of later ones if it is repaired."""
    windows = [window]
    if bounds_of(window) in map(bounds_of, stored.repairs):
        windows += [other for other in stored.windows if other.end >= window.end]
    keys = (key for one in windows for file in one.files for key in page_files.keys(folder, file))
    return frozenset(keys) - {page_files.NO_KEY}


def _has_keyless(folder: Path, window: PulledWindow) -> bool:
    return any(page_files.NO_KEY in page_files.keys(folder, file) for file in window.files)


def keyless_objects(folder: SnapshotFolder, stored: StoredModule, before: Collection[int]) -> int:
    """Return how many objects without a key are in the page files, except those with these numbers."""
    files = (file for file in stored.files if file.number not in before)
    path = folder.path / stored.module
    return sum(page_files.keys(path, file).count(page_files.NO_KEY) for file in files)


def _chunks(lines: Iterator[KeyedLine]) -> Iterator[list[KeyedLine]]:
    """Yield lines in lists that are small, however large the pages are."""
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


def _written(
    folder: Path,
    number: int,
    lists: Sequence[str],
    inexact: Callable[[], tuple[str, ...] | None],
    chunks: Iterable[list[KeyedLine]],
    known: frozenset[bytes] = frozenset(),
) -> Iterator[PageFile]:
    """Write lines into page files; yield each file once it is whole. Raises UsageError."""
    worker = ThreadPoolExecutor(1)
    writer: PageWriter | None = None
    try:
        for chunk in chunks:
            lines: Sequence[KeyedLine] = chunk
            if known:
                lines = [line for line in chunk if line[1] not in known]
            while lines:
                with writing(folder):
                    writer = writer or PageWriter(folder, number, lists, inexact, worker)
                    lines = writer.add(lines)
                    file = writer.finish() if writer.is_full else None
                if file is not None:
                    writer, number = None, number + 1
                    yield file
        if writer is not None:
            with writing(folder):
                file = writer.finish()
            writer = None
            yield file
    finally:
        worker.shutdown()
        if writer is not None:
            writer.discard()


def _committed(
    folder: SnapshotFolder, stored: StoredModule, window: PulledWindow, *, replaces: bool
) -> StoredModule:
    """Make a window that was pulled to its end part of the snapshot."""
    windows = () if replaces else stored.windows
    if windows and not window.files:
        windows = (*windows[:-1], replace(windows[-1], end=max(windows[-1].end, window.end)))
    else:
        windows = page_files.with_stale_counts(folder.pages(stored.module), (*windows, window))
    repairs = tuple(repair for repair in stored.repairs if bounds_of(repair) != bounds_of(window))
    stored = replace(stored, windows=windows, pending=None, repairs=() if replaces else repairs)
    folder.save_module(stored)
    return stored


def compact(folder: SnapshotFolder, stored: StoredModule) -> StoredModule:
    """Write a module again without stale objects, in the same order. Raises UsageError, DamagedError."""
    if stored.repairs or not stored.windows:
        raise SourceError(
            say("the pull into {folder} is not complete", folder=UserText(folder.path)),
            hint=say("go on with: ocpiq pull --into {folder}", folder=UserText(folder.path)),
        )
    path = folder.pages(stored.module)
    current = page_files.current_lines(path, stored)
    lists, inexact = page_files.lists_of(stored), inexact_fields(stored.files)
    files = tuple(_written(path, stored.last_number + 1, lists, lambda: inexact, current))
    window = PulledWindow(stored.windows[0].start, stored.mark or stored.windows[-1].end, files)
    stored = replace(stored, windows=(window,))
    folder.save_module(stored)
    return stored


def repair(
    folder: SnapshotFolder, stored: StoredModule, *, is_platform: bool
) -> tuple[StoredModule, list[str]]:
    """Drop the page files that are damaged, and mark their windows to be pulled again; return their names."""
    path = folder.pages(stored.module)
    pending = stored.pending
    dropped = [file.name for file in files_of(stored) if not page_files.is_whole(path, file)]
    if not dropped:
        return stored, []
    windows = tuple(_without(window, dropped) for window in stored.windows)
    lost = [window for window, before in zip(windows, stored.windows, strict=True) if window != before]
    repairs = {bounds_of(window): PulledWindow(*bounds_of(window)) for window in (*stored.repairs, *lost)}
    if lost and not is_platform:
        windows, repairs = (), {}  # saved pages are read whole again
    stored = replace(
        stored,
        windows=page_files.with_stale_counts(path, windows),
        pending=None if pending is None else _without(pending, dropped),
        repairs=tuple(repairs.values()),
    )
    folder.save_module(stored)
    return stored, dropped


def _without(window: PulledWindow, names: Sequence[str]) -> PulledWindow:
    return replace(window, files=tuple(file for file in window.files if file.name not in names))


def bounds_of(window: PulledWindow) -> tuple[int | None, int]:
    """Return the bounds of a window, without its files."""
    return window.start, window.end


def stale_share(stored: StoredModule) -> float:
    """Return which share of the stored objects later windows have again."""
    files = stored.files
    return sum(file.stale for file in files) / max(1, sum(file.objects for file in files))
