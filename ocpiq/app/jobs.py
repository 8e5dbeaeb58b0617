"""`--jobs`, `--cluster`: whether a run is split, into which parts, and its results from several processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace

from ocpiq.app.settings import PullSettings
from ocpiq.errors import Notice, PullEnded, SourceError, UserText, WarningIssued, say

if TYPE_CHECKING:
    from ocpiq.app.query_run import QueryRun
    from ocpiq.errors import Notify
    from ocpiq.plan.partial import Split
    from ocpiq.query.part_texts import TextBlock
    from ocpiq.query.received_parts import Finish
    from ocpiq.runners.job import Job
    from ocpiq.sinks.json import JsonStyle
    from ocpiq.sources import Source
    from ocpiq.sources.places import Place
    from ocpiq.sources.snapshot_source import SnapshotSource
    from ocpiq.values.types import Value

T = TypeVar("T")

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
    try:
        return _split_of(run, asked=asked)
    except SourceError as error:
        if pull.cluster:
            raise
        if asked:
            reason = f"{error.message} ({error.hint})" if error.hint else str(error.message)
            run.progress(WarningIssued(say("--jobs has no effect: {reason}", reason=UserText(reason))))
        return None


def _split_of(run: QueryRun, *, asked: bool) -> Split | None:
    """Return how a run is split; None if one process is as fast. Raises SourceError if it cannot be split."""
    from ocpiq.query.parts import split_of

    paths, stored, live = paths_of(run), snapshots_of(run), platforms_of(run)
    _check_sources(run, len(paths) + len(stored), live)
    if not asked and (live or not is_large(paths, stored)):
        return None
    cut = split_of(run.query, run.sources)
    if live:
        _check_live(run, cut, live)
    return None if cut.large and not asked else cut


def _check_sources(run: QueryRun, saved: int, live: Collection[str]) -> None:
    """Raise SourceError if not all modules can be read in parts: `saved` is the number of those without platform."""
    from ocpiq.query.forwarded import SAVE

    cluster, delivers = run.settings.pull.cluster, run.start.delivery or run.corrections
    if live and cluster:
        raise SourceError(say("only saved pages and snapshots are read on a cluster"), hint=SAVE)
    if saved + len(live) < len(run.query.modules):
        hint = say("--source MODULE=PATH, or --snapshot DIR")
        raise SourceError(say("only platforms, saved pages and snapshots are read in parts"), hint=hint)
    if delivers:
        raise SourceError(say("one process decides which objects a delivery hands out"), hint=SAVE)
    if cluster and run.query.needs_recipient and not cluster.startswith("local:"):
        raise SourceError(
            say("pseudonyms are not made on other machines: the recipient's key stays on this one"),
            hint=say("--jobs, or --cluster local:4"),
        )


def _check_live(run: QueryRun, cut: Split, live: Collection[str]) -> None:
    """Raise SourceError if the pages of the platforms must be opened by this process."""
    from ocpiq.query.forwarded import SAVE, check_forwarding

    if run.query.source_plans[cut.source].module not in live:
        raise SourceError(
            say("the right side of a join is a platform, and the left side is not"),
            hint=SAVE,
        )
    check_forwarding(run.query, run.sources, cut)


def results(
    run: QueryRun, cut: Split, sources: Mapping[str, Source], notify: Notify, check: Callable[[], None]
) -> Iterator[Value]:
    """Yield the results of a run that is split; `check` is called while it waits."""
    from ocpiq.query.received_parts import finish

    return _finished(finish, run, cut, _job(run, cut), sources, notify, check)


def texts(
    style: JsonStyle,
    run: QueryRun,
    cut: Split,
    sources: Mapping[str, Source],
    notify: Notify,
    check: Callable[[], None],
) -> Iterator[TextBlock]:
    """Yield the results of a run that is split without a stage, as JSON that the processes have written."""
    from ocpiq.query.received_parts import finish_texts

    job = replace(_job(run, cut), style=style)
    return _finished(finish_texts, run, cut, job, sources, notify, check)


def _finished(
    finish: Finish[T],
    run: QueryRun,
    cut: Split,
    job: Job,
    sources: Mapping[str, Source],
    notify: Notify,
    check: Callable[[], None],
) -> Iterator[T]:
    """Yield what `finish` makes of the parts of a run."""
    if job.platforms:
        return _live_results(finish, run, cut, job, sources, notify, check)
    return _saved_results(finish, run, cut, job, sources, notify, check)


def _saved_results(
    finish: Finish[T],
    run: QueryRun,
    cut: Split,
    job: Job,
    sources: Mapping[str, Source],
    notify: Notify,
    check: Callable[[], None],
) -> Iterator[T]:
    """Yield the results of a run over saved pages and snapshots."""
    from ocpiq.gate import framing_of
    from ocpiq.query.parts import merge_with
    from ocpiq.runners.processes import run_in_processes
    from ocpiq.sources.file_ranges import cut as cut_files
    from ocpiq.sources.places import size_of

    query, pull = run.query, run.settings.pull
    part_source = query.plan_for(run.sources).sources[cut.source]
    paths, stored, count = paths_of(run), snapshots_of(run), processes(pull)
    most = LARGEST_RESULT if cut.stage is None or cut.large else None
    if part_source.module in stored:
        from ocpiq.sources.snapshot_source import cut_snapshot

        snapshot = stored[part_source.module]
        parts = cut_snapshot(snapshot, part_size(snapshot.size, count, most))
    else:
        path = absolute_if(paths[part_source.module], pull)
        parts = cut_files(path, framing_of(part_source.view), part_size(size_of(path), count, most))
    job = replace(job, of=len(parts))
    times = {module: source.time for module, source in stored.items()}
    if pull.cluster:
        from ocpiq.runners.dask import run_on_cluster

        done = run_on_cluster(query, job, parts, pull.cluster, check, notify)
    else:
        done = run_in_processes(query, job, parts, count, check)
    return merge_with(
        finish,
        query,
        done,
        sources,
        variables=run.variables,
        notify=lambda notice: notify(with_snapshot(notice, times)),
        recipient=run.recipient,
        start=run.start,
    )


def _live_results(
    finish: Finish[T],
    run: QueryRun,
    cut: Split,
    job: Job,
    sources: Mapping[str, Source],
    notify: Notify,
    check: Callable[[], None],
) -> Iterator[T]:
    """Yield the results of a run whose pages other processes open, while this one pulls them."""
    from ocpiq.query.forwarded import PulledPages, run_forwarded
    from ocpiq.runners.processes import run_pulled

    query = run.query
    source_plans = query.plan_for(run.sources).sources

    def run_parts(pulled: PulledPages) -> Iterator[bytes]:
        return run_pulled(query, job, pulled, processes(run.settings.pull), check)

    return run_forwarded(
        finish,
        query,
        cut,
        sources,
        [
            number
            for number in (cut.source, *cut.read_by_each)
            if source_plans[number].module in job.platforms
        ],
        run_parts,
        variables=run.variables,
        notify=notify,
        recipient=run.recipient,
        start=run.start,
    )


def _job(run: QueryRun, cut: Split) -> Job:
    """Return what each part of a run needs; how many there are is not known yet."""
    from ocpiq.runners.job import Job, pack_variables
    from ocpiq.sources.places import absolute, place

    query, stored = run.query, snapshots_of(run)
    module = query.plan_for(run.sources).sources[cut.source].module
    assert query.recipe is not None
    saved = (source.version for source in run.sources.values() if not source.repeats)
    return Job(
        recipe=query.recipe,
        module=module,
        whole={
            name: str(absolute_if(path, run.settings.pull))
            for name, path in paths_of(run).items()
            if name != module
        },
        version=next(saved, query.version_of(run.sources)),  # that of the files, also with --as
        variables=pack_variables(run.variables),
        recipient=run.recipient,
        now=run.start.now,
        of=0,
        snapshot=str(absolute(place(run.settings.snapshot.read or ""))) if stored else "",
        stored=tuple(source.stored for source in stored.values()),
        platforms={
            name: {login: source.version for login, source in platforms.items()}
            for name, platforms in platforms_of(run).items()
        },
        split=cut.source,
    )


def absolute_if(path: Place, pull: PullSettings) -> Place:
    """Return a path for the workers, which on a cluster run in another folder."""
    from ocpiq.sources.places import absolute

    return absolute(path) if pull.cluster else path


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


def platforms_of(run: QueryRun) -> dict[str, dict[str, Source]]:
    """Return the platforms of each module that is pulled, by name; without one for the only platform."""
    from ocpiq.schema import OWN_MODULES
    from ocpiq.sources.protocol import Platform
    from ocpiq.sources.several_platforms import SeveralPlatforms

    platforms: dict[str, dict[str, Source]] = {}
    for module in run.query.modules:
        source = run.sources.get(module)
        if module in OWN_MODULES:
            continue
        if isinstance(source, SeveralPlatforms):
            platforms[module] = dict(source.platforms)
        elif isinstance(source, Platform):
            platforms[module] = {"": source}
    return platforms


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
