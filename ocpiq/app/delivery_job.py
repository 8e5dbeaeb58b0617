"""What the deliveries of one run with a state have in common: the query, its sources and options, checked."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from ocpiq.app import sources as app_sources
from ocpiq.app import variables as app_variables
from ocpiq.app.authorization import authorize
from ocpiq.app.compile import compile_query
from ocpiq.app.corrections import key_columns
from ocpiq.app.handout import Handout
from ocpiq.app.progress import Progress
from ocpiq.app.query_run import QueryRun, begin_run
from ocpiq.app.query_text import QueryText
from ocpiq.app.settings import Settings, StateSettings
from ocpiq.app.shutdown import Shutdown
from ocpiq.delivery import file_names, state_file
from ocpiq.delivery.increment import Bounds
from ocpiq.delivery.left_source import LeftSource, left_source
from ocpiq.delivery.state import Kind
from ocpiq.errors import UsageError
from ocpiq.query import Query
from ocpiq.query.start import Start, begin
from ocpiq.sources import Source
from ocpiq.sources.protocol import Platform
from ocpiq.values.types import Value


class Job(Struct, frozen=True):
    """A run with a state: what its deliveries have in common. `path` is that of -o with its fields."""

    settings: Settings
    text: QueryText
    query: Query
    sources: dict[str, Source]
    variables: dict[str, Value]
    progress: Progress
    shutdown: Shutdown
    start: Start
    left: LeftSource
    platform: Platform
    path: Path | None

    @property
    def options(self) -> StateSettings:
        """The options of the state."""
        return self.settings.state

    @property
    def kind(self) -> Kind:
        """What the query delivers."""
        return "since last" if self.left.plan.during is None else "during"

    @property
    def module(self) -> str:
        """The module at the left end."""
        return self.left.plan.module


def prepare(
    settings: Settings,
    text: QueryText,
    files: list[str],
    stack: ExitStack,
    progress: Progress,
    shutdown: Shutdown,
) -> Job:
    """Check everything that needs no request. Raises OcpiqError."""
    start, name = begin(), settings.state.name
    is_known = bool(settings.output.database) or state_file.exists(name)
    if files:
        raise UsageError("a state cannot be used with input files", hint="it remembers what a platform sent")
    if settings.pull.files:
        raise UsageError("a state cannot be used with --source", hint="it remembers what a platform sent")
    variables = app_variables.variables(settings.query)
    query = compile_query(settings.query, text, variables)
    path = settings.output.path
    if path is not None and not is_stream(path):
        file_names.check_unique(path)
    begins_now = settings.following.follow  # with what is updated from then on
    first = left_source(query.plan, state_rows=settings.state.rows)
    if first.plan.during is not None:
        _check_during(settings.state)
    elif not (is_known or settings.state.begin or settings.state.everything or begins_now):
        raise UsageError(
            f"there is no state {name} yet",
            hint="for the first run, say where it begins: --begin 2026-01-01, or --all",
        )
    sources = app_sources.sources(settings, query.modules, stack)
    left = left_source(query.plan_for(sources), state_rows=settings.state.rows)
    platform = sources[left.plan.module]
    if not isinstance(platform, Platform):
        raise UsageError("a state is of one platform", hint="use a state for each: --platform NAME --state …")
    job = Job(settings, text, query, sources, variables, progress, shutdown, start, left, platform, path)
    if job.kind == "during" or settings.state.reconcile:
        key_columns(query, sources, left)
    return job


def _check_during(options: StateSettings) -> None:
    """Refuse the options of `since last`. Raises UsageError."""
    names = ("begin", "every", "overlap")
    given = [f"--{name}" for name in names if getattr(options, name) is not None]
    given += ["--all"] * options.everything + ["--reconcile"] * options.reconcile
    if given:
        raise UsageError(
            f"{given[0]} is for since last; during has a window of its own",
            hint="run the query again for corrections of its period",
        )


def is_stream(path: Path) -> bool:
    """Tell whether a path is not a file that can be renamed to: a device or a pipe."""
    return path.exists() and not path.is_file()


def handout_of(job: Job, start: Start) -> Handout:
    """Return what a delivery hands out, for the policies and the audit trail."""
    is_terminal = job.path is None and sys.stdout.isatty()
    return Handout(job.text, job.query, job.sources, job.variables, (), is_terminal, start)


def begin_window(job: Job, settings: Settings, start: Start) -> QueryRun:
    """Return the run that delivers one window, as `begin_run` does. Raises PrivacyError, UsageError."""
    return begin_run(settings, handout_of(job, start), job.progress, job.shutdown)


def check_policies(job: Job, mark: int | None) -> None:
    """Raise PrivacyError for what a policy does not allow, before the first request."""
    bounds = (mark, job.start.now) if job.kind == "since last" else None
    window = Bounds(job.left.number, bounds)
    authorize(job.settings, handout_of(job, Start(job.start.now, window)), begins=False)


def platform_time(job: Job) -> int:
    """Return the platform's time in microseconds since 1970. Raises PlatformError."""
    return job.platform.time(job.module, job.progress)
