"""Every command and option: its names, what it takes, what it does.

One table, which the parser, the help text, the man page and the completion of shells read.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

QUERY: Final = ("query",)
READS: Final = ("query", "get")
ASKS: Final = ("query", "explain")
CHECKS: Final = ("query", "get", "explain")


ROWS: Final = ("csv", "tsv", "table", "markdown")
FORMS: Final = ("json", "ndjson", *ROWS)
DIALECTS: Final = ("excel", "semicolon", "tab", "decimal-comma", "bom")
SHELLS: Final = ("bash", "zsh", "fish")


class Command(Struct, frozen=True):
    """`ocpiq name takes`. `examples` are what follows `ocpiq `."""

    name: str
    takes: str
    about: str
    examples: tuple[str, ...]


COMMANDS: Final = (
    Command(
        "login",
        "URL --party XX-YYY",
        "log in to a platform: its versions or version-details URL",
        (
            "login https://ocpi.example.com/ocpi/versions --party NL-ABC",
            "login https://ocpi.example.com/2.2.1 --party NL-ABC --name depot",
            "login https://ocpi.example.com/ocpi/versions --party NL-ABC --check",
        ),
    ),
    Command("logout", "[NAME]", "forget a login", ("logout", "logout depot")),
    Command("platforms", "", "list the logins; the one in use has a star", ("platforms",)),
    Command(
        "get",
        "MODULE",
        "all objects of a module, as ocpi-tool gives them",
        (
            "get --demo sessions --privacy-pass start_date_time,kwh",
            "get cdrs --date-from 2026-01-01 --date-to 2026-02-01 -o cdrs.ndjson",
            "get locations --source locations=saved/ --to table",
        ),
    ),
    Command(
        "explain",
        "QUERY",
        "what a query reads, shows and asks of the platform",
        (
            "explain 'sessions only id, kwh during 2026-01'",
            "explain --demo --ask 'cdrs only total_cost | aggregate count'",
            "explain -f report.ocpiq --arg month 2026-01",
        ),
    ),
    Command(
        "schema",
        "[MODULE[.PATH]]",
        "fields, types, and what is shown by default and why",
        (
            "schema",
            "schema sessions",
            "schema cdrs.cdr_token.uid",
            "schema cdrs.stop_date_time --ocpi-version 2.1.1",
            "schema locations.evses --json",
        ),
    ),
    Command("demo", "", "serve the embedded platform until Ctrl-C", ("demo", "demo --port 8642")),
    Command(
        "help",
        "[NAME]",
        "the language: what there is, or one entry with examples; a command",
        ("help", "help aggregate", "help Dates", "help differences", "help login"),
    ),
    Command(
        "completion",
        "SHELL",
        f"the completion of ocpiq in {', '.join(SHELLS[:-1])} or {SHELLS[-1]}",
        (
            "completion bash > ~/.local/share/bash-completion/completions/ocpiq",
            "completion zsh > ~/.zfunc/_ocpiq",
            "completion fish > ~/.config/fish/completions/ocpiq.fish",
        ),
    ),
    Command("man", "", "what --help says, as a man page", ("man | man -l -",)),
)


class Option(Struct, frozen=True):
    """`--name` or `-short`, followed by as many words as `takes` has; `commands` are those that know it.

    `choices` are the words that it may be given; where it takes a `LIST`, several with commas between.
    """

    name: str
    short: str
    takes: tuple[str, ...]
    about: str
    commands: tuple[str, ...] = QUERY
    choices: tuple[str, ...] = ()


INPUT: Final = (
    Option("null-input", "n", (), "run once, on null; read with `input` and `inputs`"),
    Option("raw-input", "R", (), "each line is a string"),
    Option("slurp", "s", (), "all inputs as one array; with -R, as one string"),
    Option("stream", "", (), "inputs as [path, leaf] events"),
    Option("stream-errors", "", (), "like --stream; what is not JSON is an event, [message, path]"),
    Option("seq", "", (), "JSON text sequences (RFC 7464), in and out"),
    Option("from-file", "f", (), "QUERY is the name of a file that holds it", ASKS),
    Option("library-path", "L", ("DIR",), "where `import` and `include` look", ASKS),
)

VALUES: Final = (
    Option("arg", "", ("NAME", "TEXT"), "$NAME is this string", ASKS),
    Option("argjson", "", ("NAME", "JSON"), "$NAME is this value", ASKS),
    Option("arg-file", "", ("NAME", "FILE"), "$NAME is the file's text, without its last line break", ASKS),
    Option("slurpfile", "", ("NAME", "FILE"), "$NAME is the array of the file's values", ASKS),
    Option("rawfile", "", ("NAME", "FILE"), "$NAME is the file's text", ASKS),
    Option("args", "", (), "the words that follow are $ARGS.positional, not files", ASKS),
    Option("jsonargs", "", (), "the same, each a JSON value", ASKS),
)

OUTPUT: Final = (
    Option("compact-output", "c", (), "one line for each value", READS),
    Option("raw-output", "r", (), "strings without quotes", READS),
    Option("join-output", "j", (), "like -r, and no line break behind a value", READS),
    Option("raw-output0", "", (), "like -r, and a NUL behind each value", READS),
    Option("ascii-output", "a", (), "all beyond ASCII as \\uXXXX", READS),
    Option("sort-keys", "S", (), "the keys of objects in order", READS),
    Option("tab", "", (), "indent with tabs", READS),
    Option("indent", "", ("N",), "indent with N spaces, 0 to 7", READS),
    Option("color-output", "C", (), "colours, also in a pipe (JQ_COLORS changes them)", READS),
    Option("monochrome-output", "M", (), "no colours (NO_COLOR does the same)", READS),
    Option("binary", "b", (), "as in jq on Windows; ocpiq always writes the same bytes", READS),
    Option("unbuffered", "", (), "write each value at once", READS),
    Option("output", "o", ("FILE",), "write to a file: whole, or not at all", READS),
    Option("exit-status", "e", (), "exit 1 if the last result is false or null, 4 if there is none", READS),
)

FORM: Final = (
    Option("to", "", ("FORM",), f"{', '.join(FORMS)}; else as FILE ends: .csv, .tsv, .md, …", READS, FORMS),
    Option(
        "csv",
        "",
        ("LIST",),
        "CSV with any of: excel (opens as it is, formulas defused), semicolon, tab, decimal-comma, bom",
        READS,
        DIALECTS,
    ),
    Option("null", "", ("TEXT",), "what stands for null in a table; else nothing", READS),
    Option("na", "", ("TEXT",), "what stands for a blanked value in a table; else #NA", READS),
)

SOURCES: Final = (
    Option("platform", "", ("NAME",), "which login (or OCPIQ_PLATFORM); else the last", CHECKS),
    Option("source", "", ("MODULE=PATH",), "this module from saved pages: a file or a folder", CHECKS),
    Option(
        "ocpi-version",
        "",
        ("VERSION",),
        "of saved pages or a schema, else 2.2.1; or the one to log in with",
        (*CHECKS, "schema", "login"),
    ),
    Option(
        "to-party", "", ("XX-YYY",), "the party to ask, of a hub or of several; none names nobody", CHECKS
    ),
    Option("parallel", "", ("N",), "requests at once; else as many as the platform answers well", CHECKS),
    Option("rate", "", ("N",), "requests a minute at most", CHECKS),
    Option("demo", "", (), "the embedded platform with made-up data", CHECKS),
    Option("ask", "", (), "one request a source: how many objects and pages, how long", ("explain",)),
    Option("tz", "", ("ZONE",), "the zone of `during`", CHECKS),
    Option("quiet", "q", (), "no progress and no summary", (*READS, "login")),
    Option("verbose", "", (), "a line for each request: path, status, objects, time", (*READS, "login")),
)

GET: Final = (
    Option("privacy-pass", "", ("LIST",), "fields to show, with commas: kwh,cdr_token.uid", ("get",)),
    Option("date-from", "", ("TIME",), "only what was last updated then or later", ("get",)),
    Option("date-to", "", ("TIME",), "only what was last updated before", ("get",)),
)

LOGIN: Final = (
    Option("party", "", ("XX-YYY",), "your own party, as the platform knows it", ("login",)),
    Option("name", "", ("NAME",), "what to call this platform; else its host", ("login",)),
    Option("token", "", ("TOKEN",), "better: OCPIQ_TOKEN, or wait to be asked", ("login",)),
    Option("token-file", "", ("FILE",), "a file that holds the token", ("login",)),
    Option("keyring", "", (), "keep the token in the system's keyring, not in the login's file", ("login",)),
    Option("open", "", (), "no token: the platform is open to all", ("login",)),
    Option("check", "", (), "say what works, and how many objects each module has", ("login",)),
    Option("allow-origin", "", ("ORIGIN",), "another https://HOST that the token may go to", ("login",)),
    Option("ca-file", "", ("FILE",), "further authorities to trust (PEM)", ("login",)),
    Option("client-cert", "", ("FILE",), "your own certificate (PEM)", ("login",)),
    Option("client-key", "", ("FILE",), "its key, if that is another file (PEM)", ("login",)),
)

TOLD: Final = (Option("json", "", (), "as JSON", ("explain", "schema")),)

DEMO: Final = (Option("port", "", ("N",), "where to listen; else any free port", ("demo",)),)

OTHER: Final = (
    Option("help", "h", (), "this text", ()),
    Option("version", "V", (), "the version of ocpiq", ()),
)

GROUPS: Final = {
    "Input": INPUT,
    "Values for the query": VALUES,
    "Output": OUTPUT,
    "Forms of output": FORM,
    "Where a module's objects come from": SOURCES,
    "ocpiq get": GET,
    "ocpiq login": LOGIN,
    "ocpiq explain, ocpiq schema": TOLD,
    "ocpiq demo": DEMO,
    "Other": OTHER,
}

OPTIONS: Final = tuple(option for group in GROUPS.values() for option in group)
