"""The settings of a command line and the config file; only it and `read_output_settings` look up options by name."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal, cast

from ocpiq.app.arguments import LONG, Arguments
from ocpiq.app.option_values import comma_list, duration, path_of, whole_number
from ocpiq.app.read_output_settings import output_settings, writes_policy
from ocpiq.app.settings import (
    DEFAULT_POLL,
    FollowSettings,
    GetSettings,
    InputSettings,
    LoginSettings,
    Positional,
    PromptSettings,
    PullSettings,
    QuerySettings,
    Settings,
    SnapshotSettings,
    StateSettings,
    TrailSettings,
    Variable,
    VariableOption,
)
from ocpiq.delivery.database_address import is_address
from ocpiq.errors import UsageError
from ocpiq.storage.config import Config
from ocpiq.storage.config import load as load_config
from ocpiq.values.patterns import lazy_pattern

MAX_JOBS: Final = 64
CLUSTER: Final = lazy_pattern(
    r"local:[1-9][0-9]?|(?:tcp|tls|wss?)://(?:[^/\s:\[\]]+|\[[0-9a-fA-F:]+\]):[0-9]+"
)
MAX_PARALLEL: Final = 32
MAX_RATE: Final = 100_000  # requests a minute
MIN_POLL: Final = 5  # seconds
ROTATIONS: Final = ("hour", "day", "week")
MAX_PORT: Final = 65_535
VARIABLE_OPTIONS: Final = ("arg", "argjson", "arg-file", "slurpfile", "rawfile")

STATE_OPTIONS: Final = (
    "begin",
    "all",
    "every",
    "overlap",
    "settle",
    "state-rows",
    "fail-if-empty",
    "reconcile",
)
PERIODS: Final = ("hour", "day", "week", "month")


def settings(arguments: Arguments, config: Config | None = None) -> Settings:
    """Return the settings of a command line; the user's config file has the defaults. Raises UsageError."""
    config = load_config() if config is None else config
    return Settings(
        command=arguments.command,
        words=tuple(arguments.words),
        query=_query(arguments, config),
        input=_input(arguments),
        output=output_settings(arguments, config),
        pull=_pull(arguments, config),
        state=_state(arguments),
        snapshot=_snapshot(arguments),
        mark=arguments.last("mark"),
        get=_get(arguments),
        login=_login(arguments),
        following=_following(arguments),
        prompt=PromptSettings(config.vi, config.menu, config.history),
        recipient=arguments.last("recipient"),
        keyring=arguments.has("keyring"),
        audit=_audit(arguments, config),
        trail=_trail(arguments),
        columns=tuple(filter(None, comma_list(arguments, "columns"))),
        check_as=arguments.last("as") or "",
        all=arguments.has("all"),
        policy=path_of(arguments, "policy"),
        to_policy=writes_policy(arguments),
        diff=_diff(arguments),
        quiet=arguments.has("quiet"),
        verbose=arguments.has("verbose"),
        json=arguments.has("json"),
        ask=arguments.has("ask"),
        port=whole_number(arguments, "port", 0, MAX_PORT) or 0,
    )


def prompt_settings(arguments: Arguments) -> Settings:
    """Return the settings of the prompt. Raises UsageError for an option that needs a query."""
    for name, _ in arguments.options:
        if not LONG[name].prompt:
            raise UsageError(f"--{name} has no meaning at the prompt", hint=f"ocpiq --{name} … QUERY")
    return settings(arguments)


def _query(arguments: Arguments, config: Config) -> QuerySettings:
    return QuerySettings(
        from_file=arguments.has("from-file"),
        library=tuple(Path(folder) for (folder,) in arguments.every("library-path")),
        variables=tuple(
            Variable(cast(VariableOption, option), *words)
            for option, words in arguments.options
            if option in VARIABLE_OPTIONS
        )
        + tuple(Variable("arg", "period", text) for (text,) in arguments.every("period")),
        positional=tuple(Positional(text, option == "jsonargs") for option, text in arguments.positional),
        version=_version(arguments),
        as_version=None if arguments.command == "check" else _known_version(arguments, "as"),
        zone=arguments.last("tz"),
        default_zone=config.zone,
    )


def _version(arguments: Arguments) -> str | None:
    if arguments.command == "login":  # a platform may have versions that the schema does not know
        return None
    return _known_version(arguments, "ocpi-version")


def _known_version(arguments: Arguments, option: str) -> str | None:
    """Return the OCPI version of an option. Raises UsageError if it is unknown."""
    version = arguments.last(option)
    if version is None:
        return None
    from ocpiq.schema import VERSIONS

    if version not in VERSIONS:
        raise UsageError(f"--{option}: unknown OCPI version", hint=f"available: {', '.join(VERSIONS)}")
    return version


def _input(arguments: Arguments) -> InputSettings:
    return InputSettings(
        null=arguments.has("null-input"),
        raw=arguments.has("raw-input"),
        slurp=arguments.has("slurp"),
        stream=arguments.has("stream"),
        stream_errors=arguments.has("stream-errors"),
        seq=arguments.has("seq"),
    )


def _pull(arguments: Arguments, config: Config) -> PullSettings:
    return PullSettings(
        platform=_platform(arguments),
        default_platform=config.platform,
        files=tuple(map(_source, (text for (text,) in arguments.every("source")))),
        demo=arguments.has("demo"),
        party=arguments.last("to-party"),
        parallel=whole_number(arguments, "parallel", 1, MAX_PARALLEL),
        jobs=whole_number(arguments, "jobs", 1, MAX_JOBS),
        cluster=_cluster(arguments),
        rate=whole_number(arguments, "rate", 1, MAX_RATE),
    )


def _platform(arguments: Arguments) -> str | None:
    """Return the logins of --platform. Raises UsageError for one that is named twice, and beside --demo."""
    listed = arguments.last("platform")
    if listed is not None and arguments.has("demo"):
        raise UsageError("--demo and --platform exclude each other", hint="leave out one of them")
    names = [name.strip() for name in (listed or "").split(",")]
    if len(set(names)) < len(names):
        raise UsageError("--platform names a platform twice", hint="name each platform once")
    return listed


def _cluster(arguments: Arguments) -> str:
    """Return the address of --cluster. Raises UsageError."""
    address = arguments.last("cluster") or ""
    if not address:
        return ""
    if arguments.has("jobs"):
        raise UsageError("--jobs and --cluster exclude each other", hint="--cluster local:4 has four workers")
    if find_spec("distributed") is None:
        raise UsageError("--cluster needs distributed", hint="pip install 'ocpiq[dask]'")
    if not CLUSTER.fullmatch(address):
        raise UsageError("--cluster takes the address of a Dask cluster", hint="tcp://HOST:8786, or local:4")
    return address


def _source(text: str) -> tuple[str, str]:
    module, _, path = text.partition("=")
    if not path:
        raise UsageError("--source takes MODULE=PATH", hint="such as --source sessions=pages/")
    return module, path


def _state(arguments: Arguments) -> StateSettings:
    name = arguments.last("state")
    if name is None and not is_address(arguments.last("output") or ""):
        for option in STATE_OPTIONS:
            if arguments.has(option) and arguments.command in ("query", "report"):
                raise UsageError(f"--{option} needs a state", hint="--state NAME, a name of your choice")
        return StateSettings()
    begin, everything = arguments.last("begin"), arguments.has("all")
    if begin is not None and everything:
        raise UsageError("--begin and --all exclude each other")
    every = arguments.last("every")
    if every is not None and every not in PERIODS:
        raise UsageError("--every takes a period", hint=f"choose from {', '.join(PERIODS)}")
    return StateSettings(
        name or "",
        begin,
        everything,
        every,
        duration(arguments, "overlap", 0),
        duration(arguments, "settle", 1),
        arguments.has("state-rows"),
        arguments.has("fail-if-empty"),
        arguments.has("reconcile"),
    )


def _snapshot(arguments: Arguments) -> SnapshotSettings:
    """Return the options of snapshots. Raises UsageError for those that exclude each other."""
    read, refresh = arguments.last("snapshot") or None, arguments.has("refresh")
    if refresh and read is None:
        raise UsageError("--refresh needs --snapshot", hint="ocpiq --snapshot DIR --refresh QUERY")
    into = arguments.last("into") or ""
    if "://" in into or (refresh and read is not None and "://" in read):
        raise UsageError(
            "a pull writes into a folder of this machine", hint="pull, and copy the folder to S3"
        )
    if read is not None:
        others = ("state", "follow", "status-log", "demo", "platform", "to-party")
        other = next((name for name in others if arguments.has(name)), None)
        if other is not None and not (refresh and other in ("demo", "platform", "to-party")):
            raise UsageError(
                f"--{other} and --snapshot exclude each other", hint="a snapshot asks no platform"
            )
    if arguments.command != "pull":
        return SnapshotSettings(read=read, refresh=refresh)
    if arguments.has("compact") and arguments.has("repair"):
        raise UsageError(
            "--compact and --repair exclude each other", hint="repair first, then pull, then compact"
        )
    return SnapshotSettings(
        path_of(arguments, "into"),
        arguments.has("compact"),
        arguments.has("repair"),
        duration(arguments, "overlap", 0),
        duration(arguments, "settle", 1),
    )


def _get(arguments: Arguments) -> GetSettings:
    return GetSettings(
        tuple(path for path in comma_list(arguments, "privacy-pass") if path),
        arguments.last("date-from"),
        arguments.last("date-to"),
    )


def _login(arguments: Arguments) -> LoginSettings:
    token_file = arguments.last("token-file")
    ca_file, client_cert, client_key = (
        str(Path(path).absolute()) if (path := arguments.last(name)) else ""
        for name in ("ca-file", "client-cert", "client-key")
    )
    return LoginSettings(
        party=arguments.last("party"),
        name=arguments.last("name") or "",
        version=arguments.last("ocpi-version"),
        token=arguments.last("token"),
        token_file=None if token_file is None else Path(token_file),
        session_file=path_of(arguments, "import"),
        keyring=arguments.has("keyring"),
        open=arguments.has("open"),
        check=arguments.has("check"),
        allowed_origins=tuple(origin for (origin,) in arguments.every("allow-origin")),
        allow_http=arguments.has("allow-http"),
        ca_file=ca_file,
        client_cert=client_cert,
        client_key=client_key,
    )


def _following(arguments: Arguments) -> FollowSettings:
    poll, heartbeat = (
        duration(arguments, "poll", MIN_POLL),
        duration(arguments, "heartbeat", 1),
    )
    follows = arguments.has("follow")
    status_log = path_of(arguments, "status-log")
    if poll is not None and not follows and status_log is None:
        raise UsageError("--poll needs --follow or --status-log", hint="ocpiq --follow --poll 60s QUERY")
    if heartbeat is not None and not follows:
        raise UsageError("--heartbeat needs --follow", hint="ocpiq --follow --heartbeat 5m QUERY")
    rotation = arguments.last("rotate") or ""
    if rotation and not follows:
        raise UsageError("--rotate needs --follow", hint="or --every, for one run in each period")
    if rotation and rotation not in ROTATIONS:
        raise UsageError("--rotate takes a period", hint=f"choose from {', '.join(ROTATIONS)}")
    return FollowSettings(follows, DEFAULT_POLL if poll is None else poll, heartbeat, rotation, status_log)


def _audit(arguments: Arguments, config: Config) -> Path | bool | Literal["syslog"]:
    path = arguments.last("audit") or (config.audit if isinstance(config.audit, str) else "")
    if path == "syslog":
        return "syslog"
    return Path(path).expanduser().absolute() if path else bool(config.audit)


def _diff(arguments: Arguments) -> tuple[str, str] | None:
    pairs = arguments.every("diff")
    return (pairs[-1][0], pairs[-1][1]) if pairs else None


def _trail(arguments: Arguments) -> TrailSettings:
    return TrailSettings(arguments.last("since"), arguments.last("until"), path_of(arguments, "file"))
