"""What a prompt knows while it is open: where objects come from, variables, the last query, what was seen."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

from msgspec import Struct, field, structs

from ocpiq.commands import origin, values
from ocpiq.commands.arguments import Arguments
from ocpiq.commands.options import SOURCES, VALUES
from ocpiq.errors import Notice, PageRead, PullEnded, UsageError
from ocpiq.repl.context import Context
from ocpiq.repl.files import names_in
from ocpiq.schema import DEFAULT_VERSION, modules
from ocpiq.sinks.registry import ON_TERMINAL
from ocpiq.sources import Source
from ocpiq.storage import history, logins
from ocpiq.values.types import Value

DEMO: Final = "demo"
# What means something at the prompt.
LAYOUT: Final = (
    "compact-output ascii-output sort-keys tab indent color-output monochrome-output library-path to csv"
)
TAKEN: Final = {*LAYOUT.split(), *(option.name for option in (*SOURCES, *VALUES))}


class Session(Struct):
    """An open prompt.

    `stack` holds what has to be closed; `last` is the last query, `file` where it was saved or loaded from, `pending`
    what is to stand at the prompt; `forgotten` tells that the history was cleared; `seen` counts the objects that the
    last query read.
    """

    given: Arguments
    stack: ExitStack
    platform: str = ""
    platforms: tuple[str, ...] = ()
    version: str = DEFAULT_VERSION
    sources: dict[str, Source] = field(default_factory=dict)
    variables: dict[str, Value] = field(default_factory=dict)
    form: str = "json"
    last: str = ""
    file: str = ""
    pending: str = ""
    remembers: bool = field(default_factory=history.wanted)
    forgotten: bool = False
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def begin(cls, given: Arguments) -> Session | None:
        """Return a session on the demo, the platform or the files that were asked for; None where there are none."""
        for name in given.options:
            if name not in TAKEN:
                raise UsageError(f"--{name} means nothing at the prompt", hint="it goes with a query")
        found = cls(
            given,
            ExitStack(),
            variables=values.variables(given),
            form=given.last("to") or ("csv" if given.has("csv") else "json"),
        )
        named = given.has("platform") or given.has("source") or given.has("demo")
        if not named and not logins.names():
            return None
        found.reopen(given)
        return found

    def switch(self, name: str) -> None:
        """Pull from another login from now on, or from the demo. Raises UsageError."""
        asked = {key: value for key, value in self.given.options.items() if key not in ("demo", "source")}
        if name == DEMO and name not in logins.names():
            asked = {key: value for key, value in asked.items() if key != "platform"} | {"demo": [()]}
        else:
            asked["platform"] = [(name,)]
        self.reopen(structs.replace(self.given, options=asked))

    def reopen(self, given: Arguments) -> None:
        """Open what `given` asks for, and close what was open. Raises UsageError."""
        with ExitStack() as opened:
            sources, name = _open(given, opened)
            self.stack.close()
            self.stack.push(opened.pop_all())
        self.given, self.sources, self.platform = given, sources, name
        self.version = next(iter(sources.values())).version
        self.platforms = tuple(dict.fromkeys((*logins.names(), DEMO)))
        self.seen.clear()

    def arguments(self, command: str, *words: str, **options: str) -> Arguments:
        """Return the command line that would do the same as what is asked at the prompt."""
        asked = dict(self.given.options)
        for name, text in {"ocpi-version": self.version, **options}.items():
            asked[name] = [(text,)]
        if self.form != "csv":
            asked.pop("csv", None)
        return Arguments(command, list(words), asked)

    def context(self) -> Context:
        """Return what suggestions are made from."""
        names = modules(self.version)
        return Context(self.version, names, tuple(self.variables), self.platforms, ON_TERMINAL, names_in)

    def heard(self, notice: Notice) -> None:
        """Count what a run has read."""
        if isinstance(notice, PageRead | PullEnded):
            self.seen[notice.module] = notice.objects


def _open(given: Arguments, stack: ExitStack) -> tuple[dict[str, Source], str]:
    """Return a source for each module, and what they are called together."""
    wanted = modules()
    if given.has("demo"):
        return origin.sources(given, wanted, stack), DEMO
    if given.has("platform") or not given.has("source"):
        name = logins.find(given.last("platform")).name
        return origin.sources(given, wanted, stack), name
    return origin.sources(given, (), stack), "files"
