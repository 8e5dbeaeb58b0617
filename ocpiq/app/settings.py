"""What a run of ocpiq is to do: the command, its words, and all options, typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from ocpiq.sinks.sink import ColumnOption

DEFAULT_POLL: Final = 60

VariableOption = Literal["arg", "argjson", "arg-file", "slurpfile", "rawfile"]
Raw = Literal["", "lines", "joined", "nul"]


class Variable(Struct, frozen=True):
    """`--option NAME TEXT`: a variable of the query, and the text or file with its value."""

    option: VariableOption
    name: str
    text: str


class Positional(Struct, frozen=True):
    """A word after `--args`, or after `--jsonargs` if it is `json`."""

    text: str
    json: bool


class QuerySettings(Struct, frozen=True):
    """How a query is read and compiled. Without `version`, the schema's default.

    With `as_version`, objects of every version are read in the form of this one.
    `zone` is that of `--tz`; `default_zone` that of the config file, which the query's own time zone overrides.
    """

    from_file: bool = False
    library: tuple[Path, ...] = ()
    variables: tuple[Variable, ...] = ()
    positional: tuple[Positional, ...] = ()
    version: str | None = None
    as_version: str | None = None
    zone: str | None = None
    default_zone: str | None = None


class InputSettings(Struct, frozen=True):
    """jq's input options: `-n`, `-R`, `-s`, `--stream`, `--stream-errors`, `--seq`."""

    null: bool = False
    raw: bool = False
    slurp: bool = False
    stream: bool = False
    stream_errors: bool = False
    seq: bool = False


class OutputSettings(Struct, frozen=True):
    """Where results go, and in which format.

    `path` is None for standard output. `format` is that of `--to`, "" without it; `default_format` that of the config
    file. `csv` are the words of `--csv`, None without it; `explode` is the field of `--explode`; `column_types` are
    those of `--type`, `--text` and `--decimal`. `raw` tells how strings are written without quotes: one per line,
    joined, or with a NUL after each. `special` are the options of certain formats. `mode` is that of `--mode`,
    `default_mode` the config file's for new files. With `lines_if_cut`, a table that does not fit becomes lines.
    """

    path: Path | None = None
    database: str = ""
    format: str = ""
    default_format: str = ""
    csv: tuple[str, ...] | None = None
    explode: str = ""
    column_types: tuple[ColumnOption, ...] = ()
    special: tuple[str, ...] = ()
    null: str | None = None
    na: str | None = None
    title: str = ""
    manifest: bool = False
    raw: Raw = ""
    compact: bool = False
    ascii: bool = False
    sort_keys: bool = False
    tab: bool = False
    indent: int | None = None
    seq: bool = False
    color: bool = False
    monochrome: bool = False
    unbuffered: bool = False
    exit_status: bool = False
    mode: int | None = None
    default_mode: int | None = None
    lines_if_cut: bool = False


class PullSettings(Struct, frozen=True):
    """Where the objects of modules come from. `files` are modules with the path of their saved pages.

    `platform` is the login of `--platform`, `default_platform` that of the config file; `parallel` is the number of
    concurrent requests, `rate` the maximum of requests a minute.
    """

    platform: str | None = None
    default_platform: str | None = None
    files: tuple[tuple[str, str], ...] = ()
    demo: bool = False
    party: str | None = None
    parallel: int | None = None
    rate: int | None = None
    jobs: int | None = None
    cluster: str = ""


class GetSettings(Struct, frozen=True):
    """The options of `ocpiq get`, as in ocpi-tool: the paths to pass, and the window."""

    passed: tuple[str, ...] = ()
    date_from: str | None = None
    date_to: str | None = None


class LoginSettings(Struct, frozen=True):
    """The options of `ocpiq login`. Paths are absolute."""

    party: str | None = None
    name: str = ""
    version: str | None = None
    token: str | None = None
    token_file: Path | None = None
    session_file: Path | None = None
    keyring: bool = False
    open: bool = False
    check: bool = False
    allowed_origins: tuple[str, ...] = ()
    allow_http: bool = False
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""

    def __repr__(self) -> str:
        return "LoginSettings(…)"  # it may hold a token


class FollowSettings(Struct, frozen=True):
    """How a query is followed, and the folder of a status log. `poll` and `heartbeat` are seconds.

    `rotation` is the period of `--rotate`, "" without it.
    """

    follow: bool = False
    poll: int = DEFAULT_POLL
    heartbeat: int | None = None
    rotation: str = ""
    status_log: Path | None = None


class TrailSettings(Struct, frozen=True):
    """The runs that `ocpiq audit` lists: those that began in a window, those that wrote a file."""

    since: str | None = None
    until: str | None = None
    file: Path | None = None


class StateSettings(Struct, frozen=True):
    """A delivery with a state: `name` is that of `--state`, "" without one. `overlap` and `settle` are in seconds.

    `begin` is the text of `--begin`; `everything` that of `--all`; `every` the period of `--every`; `rows` that of
    `--state-rows`.
    """

    name: str = ""
    begin: str | None = None
    everything: bool = False
    every: str | None = None
    overlap: int | None = None
    settle: int | None = None
    rows: bool = False
    fail_if_empty: bool = False
    reconcile: bool = False


class PromptSettings(Struct, frozen=True):
    """The keys of vi; whether the menu opens while typing; whether queries are saved: all from the config file."""

    vi: bool = False
    menu: bool = True
    history: bool = True


class SnapshotSettings(Struct, frozen=True):
    """The folder of a snapshot: what `ocpiq pull` does with it, or that a query reads it.

    `overlap` and `settle` are in seconds.
    """

    into: Path | None = None
    compact: bool = False
    repair: bool = False
    overlap: int | None = None
    settle: int | None = None
    read: str | None = None
    refresh: bool = False


class Settings(Struct, frozen=True, kw_only=True):
    """A run of ocpiq: the command, its words, and all settings from options and the config file.

    `recipient` is the name given with `--recipient`; `keyring` says that a recipient's key belongs into the keyring;
    `audit` is the trail of `--audit`, else what the config file says: its path, True for the user's own, or `syslog`.
    `columns` are those of `--columns`; `check_as` is the name after `check --as`; `all` is `schema --all`; `policy` is
    the file of `--policy`; `to_policy` is `explain --to policy`, and `diff` are the queries of `explain --diff`; `mark`
    is that of `ocpiq state set`.
    """

    command: str = "query"
    words: tuple[str, ...] = ()
    query: QuerySettings = QuerySettings()
    input: InputSettings = InputSettings()
    output: OutputSettings = OutputSettings()
    pull: PullSettings = PullSettings()
    state: StateSettings = StateSettings()
    snapshot: SnapshotSettings = SnapshotSettings()
    mark: str | None = None
    get: GetSettings = GetSettings()
    login: LoginSettings = LoginSettings()
    following: FollowSettings = FollowSettings()
    prompt: PromptSettings = PromptSettings()
    recipient: str | None = None
    keyring: bool = False
    audit: Path | bool | Literal["syslog"] = False
    trail: TrailSettings = TrailSettings()
    columns: tuple[str, ...] = ()
    check_as: str = ""
    all: bool = False
    policy: Path | None = None
    to_policy: bool = False
    diff: tuple[str, str] | None = None
    quiet: bool = False
    verbose: bool = False
    json: bool = False
    ask: bool = False
    port: int = 0


def with_result_file(settings: Settings, path: Path | None) -> Settings:
    """Return the settings with another file for the results; None for standard output."""
    return replace(settings, output=replace(settings.output, path=path))
