"""`--jobs`, `--cluster`: whether a run is split, into which parts, and its results from several processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from ocpiq.app.settings import PullSettings
from ocpiq.errors import Notice, PullEnded, SourceError, UsageError, UserText, WarningIssued, say

if TYPE_CHECKING:
    from ocpiq.app.query_run import QueryRun
    from ocpiq.errors import Notify
    from ocpiq.plan.partial import Split
    from ocpiq.sources import Source
    from ocpiq.sources.places import Place
    from ocpiq.sources.snapshot_source import SnapshotSource
    from ocpiq.values.types import Value

WORTH_SPLITTING: Final = 300_000_000  # bytes; below, starting processes takes as long as they save
MOST_BY_DEFAULT: Final = 8  # processes
PARTS_EACH: Final = 4  # parts for each process, so that all end at about the same time
WORKERS_OF_A_CLUSTER: Final = 16  # parts are made for at least so many
LARGEST_RESULT: Final = 16 << 20  # bytes of a part whose results are held until they are written


def split_run(run: QueryRun) -> Split | None:
    """Return how a run is split between processes; None if this process does it alone.

    Where the query or its sources cannot be split, a warning says why if `--jobs` asks for several processes. Raises
    UsageError if `--cluster` does.
    """
    pull, query = run.settings.pull, run.query
    asked = pull.jobs is not None or bool(pull.cluster)
    if (
        not (asked or pull.files or run.settings.snapshot.read)
        or (processes(pull) < 2 and not pull.cluster)
        or not query.modules
    ):
        return None
    paths, stored = paths_of(run), snapshots_of(run)
    if len(paths) + len(stored) < len(query.modules):
        if asked:
            hint = "--source MODULE=PATH, or --snapshot DIR"
            _refuse(run, UsageError("only saved pages and snapshots are read in parts", hint=hint))
        return None
    if not asked and not is_large(paths, stored):
        return None
    if pull.cluster and query.needs_recipient and not pull.cluster.startswith("local:"):
        raise UsageError(
            "pseudonyms are not made on other machines: the recipient's key stays on this one",
            hint="--jobs, or --cluster local:4",
        )
    from ocpiq.query.parts import split_of

    try:
        cut = split_of(query, run.sources)
    except SourceError as error:
        if asked:
            _refuse(run, error)
        return None
    return None if cut.large and not asked else cut


def _refuse(run: QueryRun, error: UsageError | SourceError) -> None:
    """Raise what prevents a run in parts if a cluster was to do it; else warn of it."""
    if run.settings.pull.cluster:
        raise error
    reason = f"{error.message} ({error.hint})" if error.hint else str(error.message)
    run.progress(WarningIssued(say("--jobs has no effect: {reason}", reason=UserText(reason))))


def results(
    run: QueryRun, cut: Split, sources: Mapping[str, Source], notify: Notify, check: Callable[[], None]
) -> Iterator[Value]:
    """Yield the results of a run that is split; `check` is called while it waits."""
    from ocpiq.gate import framing_of
    from ocpiq.query.parts import merge
    from ocpiq.runners.job import Job, pack_variables
    from ocpiq.runners.processes import run_in_processes
    from ocpiq.sources.file_ranges import cut as cut_files
    from ocpiq.sources.places import absolute, place, size_of

    query, pull = run.query, run.settings.pull
    part_source = query.plan_for(run.sources).sources[cut.source]
    paths = paths_of(run)
    stored, count = snapshots_of(run), processes(pull)
    if pull.cluster:
        paths = {module: absolute(path) for module, path in paths.items()}
    most = LARGEST_RESULT if cut.stage is None or cut.large else None
    if part_source.module in stored:
        from ocpiq.sources.snapshot_source import cut_snapshot

        snapshot = stored[part_source.module]
        parts = cut_snapshot(snapshot, part_size(snapshot.size, count, most))
    else:
        path = paths.pop(part_source.module)
        parts = cut_files(path, framing_of(part_source.view), part_size(size_of(path), count, most))
    assert query.recipe is not None
    job = Job(
        recipe=query.recipe,
        module=part_source.module,
        whole={module: str(path) for module, path in paths.items()},
        version=next(iter(run.sources.values())).version,
        variables=pack_variables(run.variables),
        recipient=run.recipient,
        now=run.start.now,
        of=len(parts),
        snapshot=str(absolute(place(run.settings.snapshot.read or ""))) if stored else "",
        stored=tuple(source.stored for source in stored.values()),
    )
    times = {module: source.time for module, source in stored.items()}
    if pull.cluster:
        from ocpiq.runners.dask import run_on_cluster

        done = run_on_cluster(query, job, parts, pull.cluster, check, notify)
    else:
        done = run_in_processes(query, job, parts, count, check)
    return merge(
        query,
        done,
        sources,
        variables=run.variables,
        notify=lambda notice: notify(with_snapshot(notice, times)),
        recipient=run.recipient,
        start=run.start,
    )


def processes(pull: PullSettings) -> int:
    """Return the number of processes for a run that is split; of a cluster elsewhere, a guess at its workers."""
    if pull.cluster:
        workers = pull.cluster.removeprefix("local:")
        return int(workers) if workers.isdecimal() else WORKERS_OF_A_CLUSTER
    return pull.jobs or min(os.cpu_count() or 1, MOST_BY_DEFAULT)


def paths_of(run: QueryRun) -> dict[str, Place]:
    """Return the path of each module that is read from saved pages, not from standard input or a status log."""
    from ocpiq.sources.file_source import FileSource
    from ocpiq.sources.places import STANDARD_INPUT

    sources = ((module, run.sources.get(module)) for module in run.query.modules)
    files = {module: source.path for module, source in sources if isinstance(source, FileSource)}
    return {module: path for module, path in files.items() if path != STANDARD_INPUT}


def snapshots_of(run: QueryRun) -> dict[str, SnapshotSource]:
    """Return the source of each module that is read from a snapshot."""
    if run.settings.snapshot.read is None:
        return {}
    from ocpiq.sources.snapshot_source import SnapshotSource

    sources = ((module, run.sources.get(module)) for module in run.query.modules)
    return {module: source for module, source in sources if isinstance(source, SnapshotSource)}


def is_large(paths: Mapping[str, Place], stored: Mapping[str, SnapshotSource]) -> bool:
    """Tell whether there is so much to read that several processes are faster."""
    from ocpiq.sources.places import size_of

    lines = sum(source.size for source in stored.values())
    return sum(map(size_of, paths.values())) + lines >= WORTH_SPLITTING


def part_size(size: int, count: int, most: int | None) -> int:
    """Return the bytes of a part of so many bytes, for a number of processes; `most` bounds it."""
    part = max(1, size // (count * PARTS_EACH))
    return part if most is None else min(part, most)


def with_snapshot(notice: Notice, times: Mapping[str, str]) -> Notice:
    """Return a notice; that a pull has ended, with the moment that its snapshot is of."""
    if isinstance(notice, PullEnded) and notice.module in times:
        return replace(notice, snapshot=times[notice.module])
    return notice
