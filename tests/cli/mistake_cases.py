"""The command-line cases of mistakes that are one word off, of saved queries, encodings and the config file."""

from __future__ import annotations

from command_cases import FILES, SOURCE, Case

from ocpiq import __version__

QUERY = """\
module {
  name: "energy", about: "Energy of a period, and nothing else.",
  privacy: "Shows one number.",
  params: {period: {type: "period", about: "which month"}, least: {type: "integer", default: 5}},
  tz: "Europe/Amsterdam"
};
sessions during $period pass kwh, end_date_time | aggregate sum(.kwh) | select(. > $least)
"""
SAVED_FILES = {"q.ocpiq": QUERY}
DESCRIBED = """\
Energy of a period, and nothing else.

Usage
  ocpiq -f q.ocpiq --period PERIOD [OPTIONS]

Parameters
  period  period: which month (required)
  least   integer (default: 5)

Privacy
  Shows one number.
  sessions: passes end_date_time, kwh

Time zone: Europe/Amsterdam (--tz ZONE for another)
"""

# What a hurried hand makes of a command, and the command.
MISTYPED = {
    "logn": "login",
    "lgoin": "login",
    "logot": "logout",
    "plaforms": "platforms",
    "platform": "platforms",
    "explian": "explain",
    "schma": "schema",
    "dmeo": "demo",
    "hlep": "help",
    "completions": "completion",
    "confg": "config",
    "versoin": "version",
}

COMMANDS = [
    *(
        Case(f"a mistyped {command}: {word}", (word, "x"), err=rf"\(did you mean ocpiq {command}\?\)", code=3)
        for word, command in MISTYPED.items()
    ),
    Case("a module is nearer than a command", ("sesions",), err=r"\(did you mean sessions\?\)", code=3),
    Case("a builtin is nearer than a command", ("lenght",), err=r"\(did you mean length\?\)", code=3),
    Case("a query of several words is not a command", ("-n", "logn | 1"), err="did you mean log", code=3),
    Case(
        "a mistyped command and --help", ("logn", "--help"), err="unknown command logn .*ocpiq login", code=2
    ),
    Case(
        "a mistyped command with its option",
        ("shema", "sessions", "--json"),
        err=r"--json is an option of .* \(did you mean ocpiq schema\?\)",
        code=2,
    ),
    Case("help on a mistyped command", ("help", "logn"), err=r"\(did you mean login\?\)", code=2),
    Case("version", ("version",), f"ocpiq {__version__}\n"),
    Case("-V", ("-V",), f"ocpiq {__version__}\n"),
]

OPTIONS = [
    Case(
        "one dash for a long option", ("-platform", "x", "."), err=r"-p \(did you mean --platform\?", code=2
    ),
    Case("an underscore", ("--null_input", "."), err=r"\(did you mean --null-input\?\)", code=2),
    Case("no option is near", ("--qqqqqq", "."), err=r"--qqqqqq \(ocpiq --help lists the options\)", code=2),
    Case("the word after it is not repeated", ("--tokn", "s3cret", "x"), err="(?s)^(?!.*s3cret)", code=2),
    Case(
        "a parameter",
        ("-f", "q.ocpiq", "--least", "7"),
        files=SAVED_FILES,
        err="--arg least 7[)]",
        code=2,
    ),
    Case(
        "before -f",
        ("--least=7", "-f", "q.ocpiq"),
        files=SAVED_FILES,
        err="--arg least 7",
        code=2,
    ),
    Case("with -nf", ("-nf", "q.ocpiq", "--least", "7"), files=SAVED_FILES, err="--arg least 7", code=2),
    Case("a mistyped one", ("-f", "q.ocpiq", "--lest", "7"), files=SAVED_FILES, err="--arg least 7", code=2),
    Case(
        "of explain",
        ("explain", "-f", "q.ocpiq", "--least", "7"),
        files=SAVED_FILES,
        err="--arg least 7",
        code=2,
    ),
    Case(
        "of a query that declares none",
        ("-f", "p.ocpiq", "--month", "2026"),
        files={"p.ocpiq": "sessions during $month"},
        err="unknown option --month .*--arg month 2026",
        code=2,
    ),
    Case(
        "of a query that has no such parameter",
        ("-f", "p.ocpiq", "--month", "2026"),
        files={"p.ocpiq": "1"},
        err="unknown option --month .*--arg month 2026",
        code=2,
    ),
    Case(
        "an option of -f",
        ("-f", "p.ocpiq", "--demoo"),
        files={"p.ocpiq": "1"},
        err="did you mean --demo",
        code=2,
    ),
    Case(
        "a text for it is not repeated",
        ("-f", "q.ocpiq", "--least", "NL-ABC-1"),
        files=SAVED_FILES,
        err="--arg least TEXT",
        code=2,
    ),
    Case(
        "an option is nearer than a parameter",
        ("-f", "q.ocpiq", "--qiet"),
        files=SAVED_FILES,
        err="did you mean --quiet",
        code=2,
    ),
    Case(
        "of a query that names none",
        ("-f", "q", "--city", "x"),
        files={"q": "$city"},
        err="--arg city TEXT",
        code=2,
    ),
    Case(
        "--period is --arg period",
        ("-n", "-f", "p.ocpiq", "--period", "2026-Q1"),
        '"2026-Q1"\n',
        files={"p.ocpiq": "$period"},
    ),
    Case("of a file that is not there", ("-f", "no", "--city", "7"), err="--arg city 7", code=2),
]

UNKNOWN = [
    Case(
        "get, no such module",
        ("get", "chargers"),
        err=r"module chargers \(available: locations, sessions",
        code=2,
    ),
    Case("schema, no such module", ("schema", "chargers"), err=r"\(available: locations, sessions", code=2),
    Case("--source, no such module", ("--source", "chargers=x", "1"), err=r"\(available: locations", code=2),
    Case("--ocpi-version", ("--ocpi-version", "3", "1"), err=r"\(available: 2.1.1, 2.2, 2.2.1", code=2),
]

QUOTES = [
    Case(
        "a query without quotes",
        (*SOURCE, "sessions", "pass", "kwh"),
        files=FILES,
        err="quotes: 'sessions pass kwh'",
        code=2,
    ),
    Case(
        "with a comma",
        (*SOURCE, "sessions", "only", "id,", "kwh"),
        files=FILES,
        err="quotes: 'sessions only id, kwh'",
        code=2,
    ),
    Case(
        "one that is not a query by itself",
        ("if", ".a", "then", "1", "else", "2", "end"),
        err="put the query in quotes",
        code=3,
    ),
    Case("an operator", (".a", "+", "1"), err="quotes: '.a \\+ 1'", code=2),
    Case("a file follows it", (".a", "+", "1", "x"), files={"x": "{}"}, err="quotes: '.a \\+ 1'", code=2),
    Case(
        "a mistyped name as well",
        ("sesions", "pass", "kwh"),
        err="did you mean sessions.; put the query in quotes",
        code=3,
    ),
    Case(
        "a long one is not repeated",
        (*SOURCE, "sessions", "pass", *("kwh,",) * 20, "id"),
        files=FILES,
        err=r"\(put the query in quotes\)$",
        code=2,
    ),
    Case("a file that is not there", (".", "no.json"), err="no.json: no such file$", code=2),
    Case("a pattern without files", (".", "*.json"), err=r"\*\.json: no such file$", code=2),
    Case("a path", (".", "/no/such"), err="/no/such: no such file$", code=2),
    Case("a file called like a clause", (".", "pass"), "1\n", files={"pass": "1"}),
    Case(
        "explain",
        ("explain", "sessions", "pass", "kwh"),
        err="takes one query .put the query in quotes",
        code=2,
    ),
    Case(
        "explain and a file",
        ("explain", ".a", "x"),
        files={"x": "1"},
        err="leave out the input files",
        code=2,
    ),
    Case(
        "-f is not concerned",
        ("-f", "q", "pass"),
        files={"q": "."},
        err="pass: no such file$",
        code=2,
    ),
]

SAVED = [
    Case("-f and --help", ("-f", "q.ocpiq", "--help"), DESCRIBED, files=SAVED_FILES),
    Case("--help before -f", ("-h", "-f", "q.ocpiq"), DESCRIBED, files=SAVED_FILES),
    Case(
        "a query that says nothing of itself",
        ("-f", "q.jq", "--help"),
        "q.jq has no description.\n\nUsage\n  ocpiq -f q.jq [OPTIONS]\n\nPrivacy\n  Reads no module.\n",
        files={"q.jq": ".a"},
    ),
    Case(
        "one that needs variables",
        ("-f", "q.jq", "--help"),
        "q.jq has no description.\n\nUsage\n  ocpiq -f q.jq [OPTIONS]\n\nPrivacy\n"
        "  The fields that it passes are unknown: $a is not defined.\n",
        files={"q.jq": "sessions pass kwh | $a"},
    ),
    Case(
        "and gets them",
        ("-f", "q.jq", "--arg", "a", "1", "--help"),
        "q.jq has no description.\n\nUsage\n  ocpiq -f q.jq [OPTIONS]\n\nPrivacy\n  sessions: passes kwh\n",
        files={"q.jq": "sessions pass kwh | $a"},
    ),
    Case("a file that is not there", ("-f", "no", "--help"), err="could not read the query no", code=2),
    Case("one that is not a query", ("-f", "q", "--help"), files={"q": "1 +"}, err="unexpected end", code=3),
]

UTF_16 = '{"id": "1"}'.encode("utf-16")
UTF_16_BE = '{"id": "1"}'.encode("utf-16-be")
UTF_32_LE = '{"id": "1"}'.encode("utf-32-le")
LATIN_1 = '{"a": "é"}'.encode("latin-1")
ENCODINGS = [
    Case(
        "input in UTF-16",
        (".", "x"),
        files={"x": UTF_16},
        err="^error: x is UTF-16, not UTF-8 .iconv -f UTF-16 -t UTF-8 x",
        code=2,
    ),
    Case(
        "on standard input",
        (".",),
        stdin=UTF_16,
        err="<stdin> is UTF-16, not UTF-8 .iconv -f UTF-16 -t UTF-8[)]",
        code=2,
    ),
    Case("without a mark", (".", "x"), files={"x": UTF_16_BE}, err="x is UTF-16BE, not UTF-8", code=2),
    Case("in UTF-32", (".", "x"), files={"x": UTF_32_LE}, err="x is UTF-32LE, not UTF-8", code=2),
    Case("with -s", ("-s", ".", "x"), files={"x": UTF_16}, err="x is UTF-16, not UTF-8", code=2),
    Case("with -R", ("-R", ".", "x"), files={"x": UTF_16}, err="x is UTF-16, not UTF-8", code=2),
    Case("with -Rs", ("-Rs", ".", "x"), files={"x": UTF_16}, err="x is UTF-16, not UTF-8", code=2),
    Case("zero bytes in lines", ("-R", "."), '"a\\u0000b"\n', b"a\0b\n"),
    Case("a file of one byte", (".", "x"), "1\n", files={"x": b"1"}),
    Case(
        "input in Latin-1",
        (".a", "x"),
        '"\ufffd"\n',
        files={"x": LATIN_1},
        err="^warning: x is not UTF-8; if it is Latin-1",
    ),
    Case(
        "Latin-1 with -Rs",
        ("-Rs", ".", "x"),
        '"{\\"a\\": \\"\ufffd\\"}"\n',
        files={"x": LATIN_1},
        err="^warning: x is not UTF-8",
    ),
    Case(
        "a saved page",
        ("--source", "sessions=x", "-q", "sessions"),
        files={"x": UTF_16},
        err="x is UTF-16, not UTF-8",
        code=2,
    ),
    Case(
        "a query",
        ("-nf", "x"),
        files={"x": "1".encode("utf-16")},
        err="the query x: it is UTF-16, not UTF-8",
        code=2,
    ),
    Case(
        "a query in Latin-1",
        ("-nf", "x"),
        files={"x": '"é"'.encode("latin-1")},
        err="it is Latin-1, not UTF-8 .iconv",
        code=2,
    ),
    Case(
        "a query on standard input",
        (),
        stdin="1".encode("utf-16"),
        err="the query on standard input: it is UTF-16",
        code=2,
    ),
    Case(
        "a library",
        ("-n", 'import "m" as m; 1'),
        files={"m.jq": "def f: 1;".encode("utf-16")},
        err="m.jq is UTF-16",
        code=2,
    ),
    Case(
        "--arg-file",
        ("-n", "--arg-file", "a", "x", "$a"),
        files={"x": LATIN_1},
        err=".a from x: it is Latin-1",
        code=2,
    ),
    Case(
        "--slurpfile of Latin-1",
        ("-nc", "--slurpfile", "a", "x", "$a"),
        '["\ufffd"]\n',
        files={"x": b'"\xe9"'},
        err="^warning: x for .a is not UTF-8; if it is Latin-1",
    ),
    Case(
        "--slurpfile",
        ("-n", "--slurpfile", "a", "x", "$a"),
        files={"x": UTF_16},
        err="x for .a is UTF-16",
        code=2,
    ),
    Case(
        "a token",
        ("login", "https://x.example/", "--party", "NL-ABC", "--token-file", "x"),
        files={"x": "s3cret".encode("utf-16")},
        err="(?s)^(?!.*s3cret).*the token file x: it is UTF-16",
        code=2,
    ),
]

HERE = {"OCPIQ_CONFIG": "."}
CONFIG = [
    Case("form", (".",), "a\n1\n", '{"a":1}', {"config.toml": 'form = "csv"'}, environment=HERE),
    Case(
        "--to before the config",
        ("--to", "ndjson", "."),
        "1\n",
        "1",
        {"config.toml": 'form = "csv"'},
        environment=HERE,
    ),
    Case(
        "-o before it",
        ("-o", "x.ndjson", "."),
        "",
        "1",
        {"config.toml": 'form = "csv"'},
        made={"x.ndjson": "1\n"},
        environment=HERE,
    ),
    Case("-r before it", ("-r", "."), "x\n", '"x"', {"config.toml": 'form = "csv"'}, environment=HERE),
    Case("-c before it", ("-c", "."), "[1]\n", "[1]", {"config.toml": 'form = "table"'}, environment=HERE),
    Case(
        "zone",
        ("-n", '"2026-01-31T23:30:00Z" | day'),
        '"2026-02-01"\n',
        "",
        {"config.toml": 'zone = "Europe/Amsterdam"'},
        environment=HERE,
    ),
    Case(
        "--tz before it",
        ("-n", "--tz", "UTC", '"2026-01-31T23:30:00Z" | day'),
        '"2026-01-31"\n',
        "",
        {"config.toml": 'zone = "Europe/Amsterdam"'},
        environment=HERE,
    ),
    Case(
        "a query's own before it",
        ("-n", 'module {tz: "UTC"}; "2026-01-31T23:30:00Z" | day'),
        '"2026-01-31"\n',
        "",
        {"config.toml": 'zone = "Europe/Amsterdam"'},
        environment=HERE,
    ),
    Case(
        "platform",
        ("sessions",),
        files={"config.toml": 'platform = "depot"'},
        err="unknown platform 'depot'",
        code=2,
        environment=HERE,
    ),
    Case(
        "--platform before it",
        ("--platform", "x", "sessions"),
        files={"config.toml": 'platform = "depot"'},
        err="unknown platform 'x'",
        code=2,
        environment=HERE,
    ),
    Case(
        "OCPIQ_PLATFORM before it",
        ("sessions",),
        files={"config.toml": 'platform = "depot"'},
        err="unknown platform 'y'",
        code=2,
        environment={**HERE, "OCPIQ_PLATFORM": "y"},
    ),
    Case(
        "a byte order mark",
        (".",),
        "value\n1\n",
        "1",
        {"config.toml": '\ufeffform = "csv"'},
        environment=HERE,
    ),
    Case(
        "an unknown setting",
        (".",),
        "",
        "1",
        {"config.toml": 'zon = "UTC"'},
        r"config.toml: unknown setting zon \(did you mean zone\?",
        2,
        environment=HERE,
    ),
    Case(
        "an unknown form",
        (".",),
        "",
        "1",
        {"config.toml": 'form = "cvs"'},
        "unknown form.*did you mean csv",
        2,
        environment=HERE,
    ),
    Case(
        "a zone that is none",
        (".",),
        "",
        "1",
        {"config.toml": 'zone = "Mars"'},
        "config.toml: zone is not a time zone",
        2,
        environment=HERE,
    ),
    Case(
        "a mode that is none",
        (".",),
        "",
        "1",
        {"config.toml": 'mode = "rw"'},
        'mode is not a file mode .mode = "0640"',
        2,
        environment=HERE,
    ),
    Case(
        "a number",
        (".",),
        "",
        "1",
        {"config.toml": "mode = 640"},
        'mode must be text .mode = "0640"',
        2,
        environment=HERE,
    ),
    Case(
        "not TOML",
        (".",),
        "",
        "1",
        {"config.toml": "form: csv"},
        "config.toml is not TOML: ",
        2,
        environment=HERE,
    ),
    Case(
        "not UTF-8",
        (".",),
        "",
        "1",
        {"config.toml": 'form = "csv"'.encode("utf-16")},
        "config.toml is UTF-16, not UTF-8",
        2,
        environment=HERE,
    ),
    Case(
        "help in spite of a broken one",
        ("-V",),
        f"ocpiq {__version__}\n",
        "",
        {"config.toml": "x"},
        environment=HERE,
    ),
    Case(
        "config takes no words",
        ("config", "zone"),
        err=r"takes no words \(edit .*config.toml\)",
        code=2,
        environment=HERE,
    ),
]

MISTAKES = [*COMMANDS, *OPTIONS, *UNKNOWN, *QUOTES, *SAVED, *ENCODINGS, *CONFIG]
