"""The state of an open prompt: sources, variables, the last query, objects read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import time_ns
from typing import Final

from msgspec import Struct, field, structs

from ocpiq.app import sources as origin
from ocpiq.app import variables as values
from ocpiq.app.recipient import stored_recipient
from ocpiq.app.settings import QuerySettings, Settings, SnapshotSettings
from ocpiq.errors import Notice, PageRead, PullEnded
from ocpiq.prompt.interrupts import Interrupts
from ocpiq.prompt.paths import list_folder
from ocpiq.prompt.question import Ask, ask_terminal
from ocpiq.prompt.results import KeptResults
from ocpiq.prompt.suggestion import DEMO, Surroundings
from ocpiq.schema import DEFAULT_VERSION, OwnForm, modules
from ocpiq.sinks import registry
from ocpiq.sources import Source
from ocpiq.sources.kept_rows import KeptRows
from ocpiq.sources.several_platforms import forms_of
from ocpiq.storage import history, logins
from ocpiq.values.types import Value

HOUR: Final = 3600 * 10**9  # nanoseconds


class Session(Struct):
    """An open prompt.

    `stack` closes the sources; `last_query` was saved to or loaded from `file`; `pending` is the text to put into the
    next prompt; `history_cleared` is set by `:history clear`; `seen` has the number of objects read, by module;
    `cuts_tables` leaves out the columns of a table that do not fit; `asks` asks the user for a line; `results` are kept
    as they were shown, and `rows` that were pulled; `folder` has the reports that were opened, and `at_end` removes it;
    `last_values` are those that the last query ran with, if not the `variables`; `watches` while `:watch` repeats it;
    `interrupts` has Ctrl-C.
    """

    settings: Settings
    stack: ExitStack
    platform: str = ""
    platforms: tuple[str, ...] = ()
    version: str = DEFAULT_VERSION
    sources: dict[str, Source] = field(default_factory=dict)
    variables: dict[str, Value] = field(default_factory=dict)
    form: str = "json"
    cuts_tables: bool = False
    last_query: str = ""
    last_values: Mapping[str, Value] | None = None
    watches: bool = False
    file: str = ""
    pending: str = ""
    keeps_history: bool = field(default_factory=history.is_enabled)
    history_cleared: bool = False
    seen: dict[str, int] = field(default_factory=dict)
    asks: Ask = ask_terminal
    interrupts: Interrupts = field(default_factory=Interrupts)
    results: KeptResults = field(default_factory=KeptResults)
    rows: KeptRows = field(default_factory=KeptRows)
    folder: Path | None = None
    at_end: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def start(cls, settings: Settings) -> Session | None:
        """Return a session on the demo, a platform, files or a snapshot; None without options and logins."""
        pull, output = settings.pull, settings.output
        form = output.format or ("" if output.csv is None else "csv") or output.default_format
        if form not in registry.TERMINAL_NAMES:
            form = "json"
        session = cls(settings, ExitStack(), variables=values.variables(settings.query), form=form)
        session.keeps_history = history.is_enabled() and settings.prompt.history
        stored_recipient(settings)
        if not (pull.platform or pull.files or pull.demo or settings.snapshot.read or logins.current()):
            return None
        session.reopen(settings)
        return session

    def switch(self, name: str) -> None:
        """Switch to another login or the demo. Raises UsageError."""
        demo = name == DEMO and name not in logins.names()
        pull = structs.replace(self.settings.pull, platform=None if demo else name, files=(), demo=demo)
        self.reopen(structs.replace(self.settings, pull=pull, snapshot=SnapshotSettings()))

    def reopen(self, settings: Settings) -> None:
        """Open the sources of `settings` and close the current ones. Raises UsageError."""
        with ExitStack() as new_stack:
            sources, name = _open(settings, new_stack)
            self.stack.close()
            self.stack.push(new_stack.pop_all())
        self.settings, self.sources, self.platform = settings, sources, name
        self.version = next(iter(sources.values())).version
        self.rows.clear()
        self.read_logins()
        self.seen.clear()

    def read_logins(self) -> None:
        """List the platforms again: another terminal may have logged in or out."""
        before, self.platforms = self.platforms, tuple(dict.fromkeys((*logins.names(), DEMO)))
        if any(name not in self.platforms for name in self.platform.split(",") if name in before):
            self.rows.clear()

    def sources_for(self, names: Sequence[str]) -> dict[str, Source]:
        """Return the sources of these modules; a snapshot as it is now. Raises UsageError, PrivacyError."""
        if self.settings.snapshot.read is None:
            return self.sources
        return origin.sources(self.settings, names, self.stack)

    def query_settings(self) -> Settings:
        """Return the settings of a query at the prompt, with the platform's version and the output format.

        Options of other formats are left out. JSON is written value by value, as on a terminal.
        """
        output, known = self.settings.output, registry.by_name(self.form).options
        special = tuple(option for option in output.special if option in known)
        csv = output.csv if "csv" in known else None
        return structs.replace(
            self.settings,
            query=self._query_settings(),
            output=structs.replace(
                output,
                format="" if self.form == "json" else self.form,
                default_format="",
                csv=csv,
                special=special,
                lines_if_cut=not self.cuts_tables,
            ),
        )

    def _query_settings(self) -> QuerySettings:
        """Return how a query is compiled: for the platform's version, unless it is read in another form."""
        settings = self.settings.query
        return settings if settings.as_version else structs.replace(settings, version=self.version)

    @property
    def shown_version(self) -> str:
        """The platform's version, and the one in whose form objects are read."""
        return f"{self.version} as {self.asked_version}" if self.own else self.version

    @property
    def asked_version(self) -> str:
        """The version whose fields a query names."""
        return self.settings.query.as_version or self.version

    @property
    def own(self) -> tuple[OwnForm, ...]:
        """The forms of the platforms, if they are others than the form that is asked for."""
        if not self.settings.query.as_version:
            return ()
        forms = dict.fromkeys(form for source in self.sources.values() for form in forms_of(source))
        return tuple(forms) if any(form.version != self.asked_version for form in forms) else ()

    def context(self) -> Surroundings:
        """Return the surroundings for suggestions."""
        query = self.settings.query
        own_modules = [modules(form.version) for form in self.own]
        names = (name for name in modules(self.asked_version) if all(name in known for known in own_modules))
        if self.settings.snapshot.read is not None:
            names = (name for name in names if name in self.sources)
        return Surroundings(
            self.asked_version,
            tuple(names),
            (*self.variables, *self.results.names),
            self.platforms,
            registry.TERMINAL_NAMES,
            list_folder,
            tuple(query.library),
            Path(self.file).parent if self.file else None,
            (query.zone, query.default_zone),
            time_ns() // HOUR * HOUR // 1000,
            self.own,
        )

    def ask(self, question: str) -> str:
        """Ask the user for a line. Raises KeyboardInterrupt for Ctrl-C and Ctrl-D."""
        return self.asks(question, self.interrupts)

    def count(self, notice: Notice) -> None:
        """Update the number of objects read."""
        if isinstance(notice, PageRead | PullEnded):
            self.seen[notice.module] = notice.objects


def _open(settings: Settings, stack: ExitStack) -> tuple[dict[str, Source], str]:
    """Return a source for each module, and one name for all of them."""
    wanted, pull = modules(), settings.pull
    if settings.snapshot.read is not None:
        stored = origin.modules_of_snapshot(settings.snapshot.read)
        name = settings.snapshot.read.rstrip("/").rpartition("/")[2]
        return origin.sources(settings, stored, stack), f"snapshot {name}"
    if pull.demo:
        return origin.sources(settings, wanted, stack), DEMO
    if pull.platform or not pull.files:
        names = origin.platform_names(pull) or [logins.find(None).name]
        return origin.sources(settings, wanted, stack), ",".join(names)
    return origin.sources(settings, (), stack), "files"
