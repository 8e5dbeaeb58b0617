"""Every option: its names, the commands that have it, what it takes, what it does.

One table for the parser, the help, the man page and shell completion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ocpiq.sinks import registry

QUERY: Final = ("query",)
WRITES: Final = ("query", "get", "report")
FORMATS: Final = (*WRITES, "audit", "risk", "explain", "schema", "reports", "check")  # --to
LISTS: Final = (*WRITES, "audit", "risk", "schema", "reports", "check")  # in any output format
COMPILES: Final = ("query", "explain", "risk", "pull")
TAKES_VALUES: Final = (*COMPILES, "report")
PULLS: Final = ("query", "get", "explain", "risk", "report", "pull")
KEEPS_TIME: Final = ("query", "pull")
READS_SNAPSHOTS: Final = ("query", "explain")


class Option(Struct, frozen=True):
    """`--name` or `-short`, followed by the words in `takes`; `commands` have the option, none means all.

    `choices` are the words that it accepts; for a `LIST`, several separated by commas. With `prompt`, the prompt
    has it too. `meanings` has the description for commands where the option means something else.
    """

    name: str
    short: str
    takes: tuple[str, ...]
    about: str
    commands: tuple[str, ...] = QUERY
    choices: tuple[str, ...] = ()
    prompt: bool = False
    meanings: Mapping[str, str] = {}

    def about_in(self, command: str) -> str:
        """Return the description of the option for a command."""
        return self.meanings.get(command, self.about)


INPUT: Final = (
    Option("null-input", "n", (), "run once, on null; read inputs with `input` and `inputs`"),
    Option("raw-input", "R", (), "each line is a string"),
    Option("slurp", "s", (), "all inputs as one array; with -R, as one string"),
    Option("stream", "", (), "inputs as [path, leaf] events"),
    Option("stream-errors", "", (), "like --stream; what is not JSON becomes the event [message, path]"),
    Option("seq", "", (), "read and write JSON text sequences (RFC 7464)"),
    Option("from-file", "f", (), "QUERY is the name of a file that holds the query", COMPILES),
    Option(
        "library-path", "L", ("DIR",), "folder for `import` and `include` (repeatable)", COMPILES, prompt=True
    ),
)

VALUES: Final = (
    Option(
        "period",
        "",
        ("PERIOD",),
        "the same as --arg period: 2026-Q1, 2026-03, 2026-W05, 2026",
        TAKES_VALUES,
        meanings={
            "report": "the period: 2026-Q1, 2026-03, 2026-W05, 2026, 'last quarter', 'this month', yesterday"
        },
    ),
    Option("arg", "", ("NAME", "TEXT"), "set $NAME to a string", TAKES_VALUES, prompt=True),
    Option("argjson", "", ("NAME", "JSON"), "set $NAME to a JSON value", TAKES_VALUES, prompt=True),
    Option(
        "arg-file",
        "",
        ("NAME", "FILE"),
        "set $NAME to the text of a file, without its last newline",
        TAKES_VALUES,
        prompt=True,
    ),
    Option(
        "slurpfile",
        "",
        ("NAME", "FILE"),
        "set $NAME to an array of the file's values",
        TAKES_VALUES,
        prompt=True,
    ),
    Option("rawfile", "", ("NAME", "FILE"), "set $NAME to the text of a file", TAKES_VALUES, prompt=True),
    Option("args", "", (), "the remaining words are $ARGS.positional, not files", COMPILES, prompt=True),
    Option("jsonargs", "", (), "like --args, each word a JSON value", COMPILES, prompt=True),
)

OUTPUT: Final = (
    Option("compact-output", "c", (), "one line for each value", LISTS, prompt=True),
    Option("raw-output", "r", (), "print strings without quotes", WRITES),
    Option("join-output", "j", (), "like -r, without a newline after each value", WRITES),
    Option("raw-output0", "", (), "like -r, with a NUL after each value", WRITES),
    Option(
        "ascii-output",
        "a",
        (),
        "escape everything beyond ASCII as \\uXXXX; draw charts in ASCII",
        WRITES,
        prompt=True,
    ),
    Option("sort-keys", "S", (), "sort the keys of objects", LISTS, prompt=True),
    Option("tab", "", (), "indent with tabs", LISTS, prompt=True),
    Option("indent", "", ("N",), "indent with N spaces, 0 to 7", LISTS, prompt=True),
    Option("color-output", "C", (), "colors in a pipe too (JQ_COLORS sets them)", LISTS, prompt=True),
    Option("monochrome-output", "M", (), "no colors (as with NO_COLOR)", LISTS, prompt=True),
    Option("binary", "b", (), "no effect: ocpiq writes the same bytes on every system", WRITES),
    Option("unbuffered", "", (), "write each value immediately", WRITES),
    Option(
        "output",
        "o",
        ("FILE",),
        "write to a file: all results or no file; FILE.partial if incomplete; or sqlite:FILE#TABLE",
        LISTS,
        meanings={
            "report": "write to a file, or into a folder under the name that the recipient expects",
        },
    ),
    Option(
        "manifest",
        "",
        (),
        "also write FILE.manifest.json: columns, query, passed fields, SHA-256 (see ocpiq verify)",
        WRITES,
    ),
    Option(
        "mode", "", ("MODE",), "file mode in octal (default: 600 for a new file with passed fields)", LISTS
    ),
    Option(
        "exit-status",
        "e",
        (),
        "exit 1 if the last result is false or null, 4 if there are no results",
        WRITES,
    ),
)

FORMAT: Final = (
    Option(
        "to",
        "",
        ("FORMAT",),
        "output format, one of those below (default: JSON, or by the ending of FILE); explain: json, markdown, policy",
        FORMATS,
        registry.NAMES,
        prompt=True,
        meanings={
            "audit": "output format, one of those below (default: a table, or by the ending of FILE)",
            "risk": "output format, one of those below (default: a table, or by the ending of FILE)",
            "report": "output format, one of those below (default: that of the recipient)",
            "reports": "output format, one of those below (default: a table, or by the ending of FILE)",
            "check": "output format, one of those below (default: a table, or by the ending of FILE)",
            "schema": "with --all: output format, one of those below (default: a table, or by the ending of FILE)",
            "explain": "output format: json, markdown (an approval sheet) or policy (default: text)",
        },
    ),
    *(
        Option(option.name, "", option.takes, option.about, LISTS, option.choices, prompt=True)
        for option in registry.OPTIONS
    ),
)

SOURCES: Final = (
    Option(
        "platform",
        "",
        ("NAME",),
        "the login to use, or several: a,b (default: OCPIQ_PLATFORM, the config file, the last login)",
        PULLS,
        prompt=True,
    ),
    Option(
        "source",
        "",
        ("MODULE=PATH",),
        "read this module from saved pages: a file, a folder, or s3://BUCKET/KEY (repeatable)",
        PULLS,
        prompt=True,
    ),
    Option(
        "ocpi-version",
        "",
        ("VERSION",),
        "OCPI version of saved pages or of a schema (default: 2.2.1); at login, the version to use",
        (*PULLS, "schema", "login", "demo"),
        prompt=True,
        meanings={"demo": "an OCPI version to offer besides 2.1.1 and 2.2.1: 2.2 or 2.3.0"},
    ),
    Option(
        "as",
        "",
        ("NAME",),
        "read objects of every OCPI version in the form of this one: one query for all platforms",
        (*PULLS, "check"),
        ("2.1.1", "2.2", "2.2.1", "2.3.0"),
        prompt=True,
        meanings={"check": "the recipient whose rules the file must keep"},
    ),
    Option(
        "to-party",
        "",
        ("XX-YYY",),
        "ask only this party (hubs, shared platforms); `none` sends no party",
        PULLS,
        prompt=True,
    ),
    Option(
        "parallel", "", ("N",), "concurrent requests (default: adapts to the platform)", PULLS, prompt=True
    ),
    Option("rate", "", ("N",), "at most N requests a minute", PULLS, prompt=True),
    Option(
        "jobs",
        "",
        ("N",),
        "processes that open the pages (default: by the size of --source; of a platform: 1)",
        WRITES,
    ),
    Option(
        "cluster",
        "",
        ("ADDRESS",),
        "read --source on a Dask cluster: tcp://HOST:8786, or local:4",
        WRITES,
    ),
    Option(
        "recipient",
        "",
        ("NAME",),
        "who receives the results (default: OCPIQ_RECIPIENT); see `ocpiq recipient`",
        (*PULLS, "audit"),
        prompt=True,
        meanings={"audit": "only runs for this recipient"},
    ),
    Option(
        "policy",
        "",
        ("FILE",),
        "refuse what this policy does not allow, besides the recipient's own policy",
        (*WRITES, "pull"),
        prompt=True,
    ),
    Option(
        "audit",
        "",
        ("FILE",),
        "audit this run, in this trail (default with a recipient: the user's own); syslog: in the system's log",
        (*WRITES, "audit", "pull"),
        prompt=True,
        meanings={"audit": "the trail to read (default: the user's own)"},
    ),
    Option("demo", "", (), "use the embedded platform with made-up data", PULLS, prompt=True),
    Option(
        "ask",
        "",
        (),
        "a few requests for each source: number of objects and pages, estimated time",
        ("explain",),
    ),
    Option("tz", "", ("ZONE",), "time zone of `during`, days and months (default: UTC)", PULLS, prompt=True),
    Option(
        "quiet", "q", (), "no progress, no summary", (*WRITES, "login", "risk", "check", "pull"), prompt=True
    ),
    Option(
        "verbose",
        "",
        (),
        "a line for each request: path, status, objects, time",
        (*WRITES, "login", "risk", "pull"),
        prompt=True,
    ),
)

SNAPSHOTS: Final = (
    Option("into", "", ("DIR",), "the folder of the snapshot", ("pull",)),
    Option("compact", "", (), "write the snapshot again without objects that have changed since", ("pull",)),
    Option("repair", "", (), "drop damaged page files; the next pull gets their windows again", ("pull",)),
    Option(
        "snapshot",
        "",
        ("DIR",),
        "read modules from this snapshot, never from the platform; DIR may be s3://BUCKET/KEY (see ocpiq pull --help)",
        READS_SNAPSHOTS,
        prompt=True,
    ),
    Option("refresh", "", (), "with --snapshot: first pull what changed since"),
)

FOLLOW: Final = (
    Option(
        "follow",
        "",
        (),
        "poll again and again, until Ctrl-C: new and changed objects, as a line each (needs --state or --status-log)",
    ),
    Option(
        "poll",
        "",
        ("TIME",),
        "time between two polls: 30s, 5m, 1h (default: 60s); for --status-log without --follow, between two runs",
    ),
    Option(
        "rotate",
        "",
        ("PERIOD",),
        "with --follow and -o 'NAME_{from}_{to}.ndjson': a file for each period, whole when it gets its name",
        choices=("hour", "day", "week"),
    ),
    Option("heartbeat", "", ("TIME",), "with --follow: a sign of life on standard error, each TIME"),
    Option(
        "status-log",
        "",
        ("DIR",),
        "append every change of an EVSE's status to the log in DIR; read it with --source statuses=DIR",
    ),
)

GET: Final = (
    Option("privacy-pass", "", ("LIST",), "fields to show, separated by commas: id,kwh:rounded(5)", ("get",)),
    Option("date-from", "", ("TIME",), "only objects last updated at or after this time", ("get",)),
    Option("date-to", "", ("TIME",), "only objects last updated before this time", ("get",)),
)

LOGIN: Final = (
    Option("party", "", ("XX-YYY",), "your party: country code and party id", ("login",)),
    Option("name", "", ("NAME",), "name of this login (default: the host)", ("login",)),
    Option("token", "", ("TOKEN",), "better: OCPIQ_TOKEN, --token-file or the hidden prompt", ("login",)),
    Option("token-file", "", ("FILE",), "file that holds the token", ("login",)),
    Option(
        "keyring",
        "",
        (),
        "keep the token, or a recipient's key, in the system's keyring, not in a file",
        ("login", "recipient"),
    ),
    Option("import", "", ("FILE",), "take the session of ocpi-tool in this file", ("login",)),
    Option("open", "", (), "no token: the platform is open to everyone", ("login",)),
    Option("check", "", (), "list the platform's modules and test each", ("login",)),
    Option("allow-origin", "", ("ORIGIN",), "another https://HOST that may receive the token", ("login",)),
    Option("allow-http", "", (), "let the token cross the network unencrypted (http://)", ("login",)),
    Option("ca-file", "", ("FILE",), "additional certificate authorities (PEM)", ("login",)),
    Option("client-cert", "", ("FILE",), "client certificate (PEM)", ("login",)),
    Option(
        "client-key",
        "",
        ("FILE",),
        "key of the client certificate, if in a file of its own (PEM)",
        ("login",),
    ),
)

AUDIT: Final = (
    Option("since", "", ("TIME",), "only runs that began at or after this time", ("audit",)),
    Option("until", "", ("TIME",), "only runs that began before this time", ("audit",)),
    Option("file", "", ("FILE",), "only the runs that wrote this file, found by its SHA-256", ("audit",)),
)

RISK: Final = (
    Option("columns", "", ("LIST",), "these columns together, separated by commas: city,hour", ("risk",)),
)

STATE: Final = (
    Option(
        "state",
        "",
        ("NAME",),
        "deliver only what is new or changed since the last run with this name",
        ("query", "report"),
        meanings={
            "report": "deliver the report of a period that has ended once, and again, as a whole, if it changed since"
        },
    ),
    Option(
        "begin",
        "",
        ("DATE",),
        "the first run delivers what was updated since then: 2026-01-01, 7 days ago",
    ),
    Option(
        "all",
        "",
        (),
        "the first run delivers everything",
        ("query", "schema"),
        meanings={"schema": "every field of every version, or of the one chosen, with its default"},
    ),
    Option(
        "every",
        "",
        ("PERIOD",),
        "a file for each hour, day, week or month that has ended, also for those that were missed",
        choices=("hour", "day", "week", "month"),
    ),
    Option(
        "overlap",
        "",
        ("DURATION",),
        "pull this much again, for objects that the platform commits late (default: 1h)",
        KEEPS_TIME,
    ),
    Option(
        "settle",
        "",
        ("DURATION",),
        "leave out the last moments before now (default: 60s)",
        ("query", "report", "pull"),
        meanings={"report": "how long a period must have ended before a state closes it (default: 60s)"},
    ),
    Option(
        "state-rows",
        "",
        (),
        "let aggregate, top, sort, distinct and limit run over the rows of one delivery",
    ),
    Option(
        "reconcile",
        "",
        (),
        "then compare everything that was delivered with the platform: a file of corrections, also of what is gone",
    ),
    Option("fail-if-empty", "", (), "exit 9 if nothing was new", ("query", "report")),
    Option("mark", "", ("TIME",), "state set: where the next window begins", ("state",)),
)

JSON: Final = (
    Option(
        "diff", "", ("OLD", "NEW"), "what the second query discloses more; exit 1 if anything", ("explain",)
    ),
    Option("json", "", (), "print JSON", ("explain", "schema")),
)

DEMO: Final = (Option("port", "", ("N",), "port to listen on (default: any free port)", ("demo",)),)

OTHER: Final = (
    Option("help", "h", (), "show this help; with -f FILE, the purpose and parameters of a saved query", ()),
    Option("version", "V", (), "print the version of ocpiq", ()),
)

FORMAT_GROUP: Final = "Output formats"

GROUPS: Final = {
    "Input": INPUT,
    "Values for the query": VALUES,
    "Output": OUTPUT,
    FORMAT_GROUP: FORMAT,
    "Sources of modules": SOURCES,
    "Snapshots": SNAPSHOTS,
    "Following": FOLLOW,
    "ocpiq get": GET,
    "ocpiq login, ocpiq recipient": LOGIN,
    "Deliveries with a state, ocpiq state": STATE,
    "ocpiq audit": AUDIT,
    "ocpiq risk": RISK,
    "ocpiq explain, ocpiq schema": JSON,
    "ocpiq demo": DEMO,
    "Other": OTHER,
}

OPTIONS: Final = tuple(option for group in GROUPS.values() for option in group)
