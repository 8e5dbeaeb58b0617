"""`ocpiq pull QUERY --into DIR`: store what a query passes, so that later queries read it without the platform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.app import sources as app_sources
from ocpiq.app import variables as app_variables
from ocpiq.app.compile import compile_query
from ocpiq.app.error_report import write_stderr
from ocpiq.app.handout import Handout
from ocpiq.app.progress import Progress, quantity
from ocpiq.app.query_run import QueryRun, begin_run
from ocpiq.app.query_text import QueryText, query_text
from ocpiq.app.settings import Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.write_results import report
from ocpiq.delivery import snapshot_pull
from ocpiq.delivery.snapshot_pull import STALE_SHARE, Lag, ModulePull
from ocpiq.delivery.state import OVERLAP, SETTLE
from ocpiq.errors import OcpiqError, PrivacyError, UsageError
from ocpiq.query.start import begin
from ocpiq.snapshots import folder as folders
from ocpiq.snapshots import manifest as manifests
from ocpiq.snapshots.folder import SnapshotFolder
from ocpiq.snapshots.manifest import MANIFEST, Manifest, Origin, StoredModule
from ocpiq.snapshots.stored_view import for_aggregates_only, stored_view
from ocpiq.sources.page_by_page import each_page
from ocpiq.sources.protocol import Platform
from ocpiq.values.times import EPOCH

if TYPE_CHECKING:
    from ocpiq.query import Query
    from ocpiq.sources import Source
    from ocpiq.values.types import Value

SAVED_PAGES: Final = Origin("saved pages")
COMMAND: Final = "ocpiq pull 'cdrs only id, total_energy' --into DIR"


class PullJob(Struct, frozen=True):
    """A pull into the snapshot at `path`; the query of the run is that of the sources alone."""

    run: QueryRun
    path: Path

    @property
    def origin(self) -> Origin:
        """Where the objects come from."""
        source = next(iter(self.run.sources.values()))
        return Origin(source.address, source.party) if isinstance(source, Platform) else SAVED_PAGES


def run(settings: Settings, shutdown: Shutdown) -> int:
    """Pull into a snapshot, or compact or repair one; return the exit code."""
    words = list(settings.words)
    chosen = settings.snapshot
    if chosen.compact or chosen.repair:
        if chosen.into is None and words:
            chosen = replace(chosen, into=Path(words.pop(0)))
        if words or settings.query.from_file:
            raise UsageError("--compact and --repair take the folder of a snapshot, and no query")
        if chosen.into is None:
            option = "repair" if chosen.repair else "compact"
            raise UsageError("which snapshot?", hint=f"ocpiq pull --{option} DIR")
        return _maintain(settings, chosen.into, is_repair=chosen.repair)
    if chosen.into is None:
        raise UsageError("ocpiq pull needs the folder of the snapshot", hint=COMMAND)
    text = (
        query_text(words, from_file=settings.query.from_file) if words or settings.query.from_file else None
    )
    if words:
        raise UsageError("ocpiq pull takes one query", hint=COMMAND)
    return pull(settings, chosen.into, text, shutdown)


def pull(settings: Settings, path: Path, text: QueryText | None, shutdown: Shutdown) -> int:
    """Pull what is new into a snapshot: of the query in `text`, without one of those that it was made with."""
    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    with ExitStack() as stack:
        stack.callback(progress.clear)
        try:
            job = _prepare(settings, path, text, stack, progress, shutdown)
            folder = stack.enter_context(folders.opened(path, create=text is not None))
            return job.run.record(lambda: _pull_all(job, folder))
        except OcpiqError as error:
            return report(error, replace(settings, words=()), text or QueryText(""), progress)


def _prepare(
    settings: Settings,
    path: Path,
    text: QueryText | None,
    stack: ExitStack,
    progress: Progress,
    shutdown: Shutdown,
) -> PullJob:
    """Check everything that needs no request, and begin the entry in the audit trail. Raises OcpiqError."""
    start = begin()
    variables = app_variables.variables(settings.query)
    settings = replace(settings, command="pull", words=(), snapshot=replace(settings.snapshot, read=None))
    if text is None:
        settings, text = _as_before(settings, manifests.load(path))
    else:
        settings, text, variables = _sources_alone(settings, text, variables)
    query = compile_query(settings.query, text, variables)
    _check_passes(query)
    sources = app_sources.sources(settings, query.modules, stack)
    _check_sources(sources)
    settings = replace(settings, output=replace(settings.output, path=path, format="ndjson"))
    handout = Handout(text, query, sources, variables, (), False, start, progress)
    return PullJob(begin_run(settings, handout, progress, shutdown), path)


def _sources_alone(
    settings: Settings, text: QueryText, variables: dict[str, Value]
) -> tuple[Settings, QueryText, dict[str, Value]]:
    """Return the query of the sources of a query, with the settings and variables that it needs."""
    query = compile_query(settings.query, text, variables)
    _check_passes(query)
    listed = query.pulled_sources
    if not listed:
        raise UsageError("the query reads no module", hint=COMMAND)
    as_version = settings.query.as_version or query.metadata.ocpi or None
    settings = replace(settings, query=replace(settings.query, zone=query.zone, as_version=as_version))
    alone = QueryText(", ".join(map(str, listed)), text.name)
    return settings, alone, query.values(variables)


def _as_before(settings: Settings, manifest: Manifest) -> tuple[Settings, QueryText]:
    """Return the query that a snapshot was made with, with its windows."""
    text = ", ".join(f"({stored.query} {_bounds(stored)})" for stored in manifest.modules)
    query = replace(settings.query, zone=manifest.zone, as_version=manifest.as_version or None)
    return replace(settings, query=query), QueryText(text)


def _bounds(stored: StoredModule) -> str:
    words = [
        f'{word} "{_time(bound)}"'
        for word, bound in (("since", stored.begin), ("until", stored.until))
        if bound
    ]
    return " ".join(words)


def _time(microseconds: int) -> str:
    return f"{(EPOCH + timedelta(microseconds=microseconds)).isoformat()}Z"


def _check_passes(query: Query) -> None:
    """Raise PrivacyError for fields that a folder would hold in the clear, although no result may show them."""
    paths = [
        f"{source.module}.{path}"
        for source in query.source_plans
        for path in for_aggregates_only(source.view)
    ]
    if paths:
        raise PrivacyError(
            f"{', '.join(paths)} for aggregates only would be in the clear in a snapshot",
            hint="leave it out of the pull, and query the platform for its totals",
        )


def _check_sources(sources: dict[str, Source]) -> None:
    """Raise UsageError if the sources are not all of one platform, or all saved pages."""
    if "statuses" in sources:
        raise UsageError("statuses are in a status log already", hint="leave them out of the pull")
    kinds = {isinstance(source, Platform) for source in sources.values()}
    if len(kinds) > 1 or any(source.repeats for source in sources.values()) > all(kinds):
        raise UsageError("a snapshot is of one platform, or of saved pages", hint="use a folder for each")


def _pull_all(job: PullJob, folder: SnapshotFolder) -> int:
    """Pull the windows of all modules that are due. Raises OcpiqError."""
    run, manifest = job.run, _checked_manifest(job, folder)
    number_of = {
        source.module: number for number, source in enumerate(run.query.plan_for(run.sources).sources)
    }
    for module, number in number_of.items():
        wanted = _wanted(job, number)
        stored = manifest.module(module)
        if stored is not None:
            _check_same(job, wanted, stored)
        run.rows += _pull_module(job, folder, stored or wanted, number)
    if run.audit is not None:
        run.file = job.path
        run.audit.sha256 = sha256((folder.path / MANIFEST).read_bytes()).hexdigest()
    return 0


def _checked_manifest(job: PullJob, folder: SnapshotFolder) -> Manifest:
    """Return the manifest, a new one for a first pull. Raises UsageError if it is of another origin."""
    run = job.run
    query_plan = run.query.plan_for(run.sources)
    new = Manifest(
        job.origin, query_plan.version, query_plan.zone, as_version=run.settings.query.as_version or ""
    )
    manifest = folder.manifest
    if manifest is None:
        folder.save(new)
        return new
    words = {
        "another platform": manifest.origin.address != new.origin.address,
        "another party": manifest.origin.party != new.origin.party,
        "another OCPI version": (manifest.version, manifest.as_version) != (new.version, new.as_version),
        "another time zone": manifest.zone != new.zone,
    }
    differences = [word for word, differs in words.items() if differs]
    if differences:
        raise UsageError(
            f"the snapshot {folder.path} is of {' and '.join(differences)}", hint="pull into another folder"
        )
    return manifest


def _wanted(job: PullJob, number: int) -> StoredModule:
    """Return a module as the query asks for it, without page files."""
    run = job.run
    source = run.query.plan_for(run.sources).sources[number]
    window = run.query.windows(run.variables, run.start)[number]
    clauses = run.query.pulled_sources[number].query
    key_id = "" if run.recipient is None else run.recipient.key_id
    return StoredModule(
        source.module, clauses, stored_view(source.view), key_id, window.since, window.until, window.during
    )


def _check_same(job: PullJob, wanted: StoredModule, stored: StoredModule) -> None:
    """Raise UsageError if a query asks for other objects than those that are stored."""
    problems = {
        f"the fields of {stored.module}": wanted.view != stored.view,
        "the recipient's key": wanted.key_id != stored.key_id,
        "the period": wanted.during != stored.during,
        "the end of the window": wanted.until != stored.until,
        "the beginning of the window": stored.begin is not None
        and (wanted.begin is None or wanted.begin < stored.begin),
    }
    changed = [word for word, differs in problems.items() if differs]
    if changed:
        raise UsageError(
            f"the query is not that of the snapshot {job.path}: {' and '.join(changed)} changed",
            hint=f"pull into another folder, or go on without a query: ocpiq pull --into {job.path}",
        )


def _pull_module(job: PullJob, folder: SnapshotFolder, stored: StoredModule, number: int) -> int:
    """Pull the windows of a module that are due; return the number of objects that were stored."""
    run = job.run
    chosen, source = run.settings.snapshot, run.sources[stored.module]
    lag = Lag(
        OVERLAP if chosen.overlap is None else chosen.overlap,
        SETTLE if chosen.settle is None else chosen.settle,
    )
    time = source.time(stored.module, run.progress) if isinstance(source, Platform) else run.start.now
    query_plan = run.query.plan_for(run.sources)
    module_pull = ModulePull(
        replace(query_plan, sources=(query_plan.sources[number],)),
        each_page(source, lambda _: run.shutdown.check()),
        run.query.values(run.variables),
        run.start.now,
        run.progress,
        run.recipient,
        lag,
    )
    before = {file.number for file in folders.files_of(stored)}
    for window in snapshot_pull.due_windows(stored, time, lag, is_platform=source.repeats):
        stored = snapshot_pull.pull_window(folder, module_pull, stored, window)
    objects = sum(file.objects for file in stored.files if file.number not in before)
    keyless = snapshot_pull.keyless_objects(folder, stored, before) if source.repeats and before else 0
    if keyless:
        write_stderr(
            f"warning: {stored.module}: {quantity(keyless, 'object')} without an id may be in the snapshot twice"
            " (pull into a new folder)"
        )
    if not run.settings.quiet:
        run.progress.clear()
        write_stderr(_summary(stored, objects, is_platform=source.repeats))
    if snapshot_pull.stale_share(stored) > STALE_SHARE:
        share, into = round(100 * snapshot_pull.stale_share(stored)), job.path
        write_stderr(
            f"{share} % of the stored objects have changed since; to drop them: ocpiq pull --compact {into}"
        )
    return objects


def _summary(stored: StoredModule, objects: int, *, is_platform: bool) -> str:
    files = stored.files
    size = sum(file.bytes for file in files)
    total = quantity(sum(file.objects - file.stale for file in files), "object")
    new = f"{quantity(objects, 'object')} stored" if objects else "nothing new"
    if not files and is_platform and stored.mark is not None:  # whose clock may be wrong
        new = f"nothing that was updated before {_time(stored.mark)}, by the platform's clock"
    return f"{stored.module}: {new}; in all {total}, {quantity(len(files), 'page file')}, {size / 1e6:.1f} MB"


def _maintain(settings: Settings, path: Path, *, is_repair: bool) -> int:
    """Compact or repair a snapshot; return the exit code."""
    with folders.opened(path, create=False) as folder:
        assert folder.manifest is not None
        for line in list(_repaired(folder) if is_repair else _compacted(folder)):
            if not settings.quiet:
                write_stderr(line)
    return 0


def _compacted(folder: SnapshotFolder) -> Iterator[str]:
    """Compact every module; yield what was done."""
    assert folder.manifest is not None
    for stored in folder.manifest.modules:
        compacted = snapshot_pull.compact(folder, stored)
        gone = sum(file.objects for file in stored.files) - sum(file.objects for file in compacted.files)
        yield f"{stored.module}: {quantity(gone, 'object')} dropped, {quantity(len(compacted.files), 'page file')}"


def _repaired(folder: SnapshotFolder) -> Iterator[str]:
    """Repair every module; yield what was done."""
    assert folder.manifest is not None
    is_platform = folder.manifest.origin != SAVED_PAGES
    for stored in folder.manifest.modules:
        _, dropped = snapshot_pull.repair(folder, stored, is_platform=is_platform)
        again = f"; pull again: ocpiq pull --into {folder.path}" if dropped else ""
        yield f"{stored.module}: {', '.join(dropped) or 'nothing'} dropped{again}"
