"""`--jobs`, `--cluster`: whether a run is split, into which parts, and its results from several processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from ocpiq.app.settings import PullSettings
from ocpiq.errors import SourceError, UsageError, UserText, WarningIssued, say

if TYPE_CHECKING:
    from ocpiq.app.query_run import QueryRun
    from ocpiq.errors import Notify
    from ocpiq.plan.partial import Split
    from ocpiq.sources import Source
    from ocpiq.sources.places import Place
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
    if not (asked or pull.files) or (processes(pull) < 2 and not pull.cluster) or not query.modules:
        return None
    paths = paths_of(run)
    if len(paths) < len(query.modules):
        if asked:
            _refuse(run, UsageError("only saved pages are read in parts", hint="--source MODULE=PATH"))
        return None
    if not asked and not is_large(paths):
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
    from ocpiq.sources.places import absolute, size_of

    query, pull = run.query, run.settings.pull
    part_source = query.plan_for(run.sources).sources[cut.source]
    paths = paths_of(run)
    path, count = paths.pop(part_source.module), processes(pull)
    if pull.cluster:
        path, paths = absolute(path), {module: absolute(other) for module, other in paths.items()}
    size = max(1, size_of(path) // (count * PARTS_EACH))
    if cut.stage is None or cut.large:
        size = min(size, LARGEST_RESULT)
    parts = cut_files(path, framing_of(part_source.view), size)
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
    )
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
        notify=notify,
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


def is_large(paths: Mapping[str, Place]) -> bool:
    """Tell whether there is so much to read that several processes are faster."""
    from ocpiq.sources.places import size_of

    return sum(map(size_of, paths.values())) >= WORTH_SPLITTING
