"""The table of command-line cases: what is given, what comes out. test_cases.py runs it."""

from __future__ import annotations

from msgspec import Struct, field


class Case(Struct, frozen=True):
    """One run: words, standard input, files by name; what it prints, a pattern of its errors, its exit code."""

    name: str
    argv: tuple[str, ...]
    out: str = ""
    stdin: str | bytes = ""
    files: dict[str, str | bytes] = field(default_factory=dict)
    err: str = ""
    code: int = 0
    made: dict[str, str | None] = field(
        default_factory=dict
    )  # files afterwards; None for one that must not be
    environment: dict[str, str] = field(default_factory=dict)


VENDOR = '{"id":"1","country_code":"NL","kwh":1,"data":[{"id":"Jane Doe","currency":"+316"}]}'
SESSIONS = """\
{"id":"1","country_code":"NL","kwh":10.5,"status":"COMPLETED","start_date_time":"2026-01-02T10:00:00Z","last_updated":"2026-01-02T11:00:00Z"}
{"id":"2","country_code":"NL","kwh":4.5,"status":"COMPLETED","start_date_time":"2026-02-02T10:00:00Z","last_updated":"2026-02-02T11:00:00Z"}
{"id":"3","country_code":"BE","kwh":7,"status":"ACTIVE","start_date_time":"2026-02-03T10:00:00Z","last_updated":"2026-02-03T11:00:00Z"}
"""
FILES = {"s.ndjson": SESSIONS}
SOURCE = ("--source", "sessions=s.ndjson", "-q")

INPUT = [
    Case("each input in turn", (".a",), "1\n2\n", '{"a":1}{"a":2}'),
    Case("from files in turn", (".", "x", "y"), "1\n2\n3\n", files={"x": "1 2", "y": "3"}),
    Case("a dash is standard input", (".", "x", "-"), "1\n2\n", "2", {"x": "1"}),
    Case("numbers are not glued over files", (".", "x", "y"), "1\n2\n", files={"x": "1", "y": "2"}),
    Case("no input, no output", (".",), "", "  \n"),
    Case("-n", ("-n", "1, ."), "1\nnull\n", "7"),
    Case("-n and inputs", ("-n", "[inputs]"), "[1,2]\n", "1 2"),
    Case("-n and input", ("-n", "input"), "1\n", "1 2"),
    Case("input takes from the inputs", ("[., input]",), "[1,2]\n[3,4]\n", "1 2 3 4"),
    Case("-s", ("-s", "."), "[1,2]\n", "1 2"),
    Case("-R", ("-R", "."), '"a b"\n""\n"c"\n', "a b\n\nc"),
    Case("-Rs", ("-Rs", "."), '"a\\nb\\n"\n', "a\nb\n"),
    Case(
        "-R of Latin-1",
        ("-R", "."),
        '"a\ufffd"\n"\ufffd"\n',
        b"a\xff\n\xff",
        err="^warning: <stdin> is not UTF-8; if it is Latin-1, convert it: iconv -f ISO-8859-1 -t UTF-8$",
    ),
    Case(
        "--stream",
        ("--stream", "."),
        '[["a",0],1]\n[["a",1],[]]\n[["a",1]]\n[["a"]]\n[[],2]\n',
        '{"a":[1,[]]} 2',
    ),
    Case("--seq", ("--seq", "."), "\x1e1\n\x1e[2]\n", "\x1e1\n\x1e[2]\n"),
    Case(
        "--seq skips what is broken",
        ("--seq", "."),
        "\x1e1\n\x1e3\n",
        "\x1e1\n\x1e{\n\x1e3\n",
        err="ignoring Unfinished",
    ),
    Case(
        "--seq drops a number that may be cut",
        ("--seq", "-s", "."),
        "\x1e[1]\n",
        "\x1e1\n\x1e2",
        err=r"ignoring Potentially truncated top-level numeric value at EOF at line 2, column 1",
    ),
    Case(
        "--seq drops a constant before a separator",
        ("--seq", "."),
        "\x1e2\n\x1efalse\n",
        "\x1etrue\x1e2 \x1efalse",
        err=r"ignoring Truncated value at line 1, column 4",
    ),
    Case(
        "--seq drops what is before the first separator",
        ("--seq", "."),
        "\x1e2\n",
        "1\n\x1e2\n",
        err="ignoring the text before the first record separator",
    ),
    Case("--stream of a cut text", ("--stream", "."), "[[0],1]\n[[1,0],2]\n", "[1,[2,3", err="EOF", code=5),
    Case(
        "--stream-errors",
        ("--stream-errors", "."),
        '[[0],"a"]\n["Invalid numeric literal at line 1, column 7",[1]]\n[[],2]\n',
        '["a",n]\n2',
    ),
    Case(
        "after an error the next line is read",
        ("-n", '[(try input catch "E"), (try input catch "F")]'),
        '["E","def"]\n',
        '"a\\u263"\n"def"\n',
    ),
    Case(
        "an error of inputs is one of the program",
        ("-n", "[limit(3; repeat(try inputs catch .))]"),
        '[1,"Invalid literal at line 2, column 4",3]\n',
        "1\ntru \n3",
    ),
    Case(
        "an error of input costs its value",
        ("input",),
        "2\n4\n",
        "1 2\n3\ntru \n4 4",
        err="Invalid literal",
        code=5,
    ),
    Case(
        "-s and an error",
        ("-ns", "(try input catch .), input"),
        '"Invalid literal at line 2, column 4"\n[1,3]\n',
        "1\ntru \n3",
    ),
    Case("a string times a huge number", ("-n", '1e300 * ""'), '""\n'),
    Case("a number of 5,000 digits", (".",), "1" * 5000 + "\n", "1" * 5000),
    Case("and what is computed with it", (". + 0",), "1.7976931348623157e+308\n", "1" * 5000),
    Case(
        "a byte that is not UTF-8 in a variable",
        ("-n", "--arg", "x", "a\udce9", "$x | @base64, @uri"),
        '"Ye+/vQ=="\n"a%EF%BF%BD"\n',
    ),
    Case("-b", ("-b", "."), "1\n", "1"),
    Case(
        "the first value of a variable counts", ("-n", "--argjson", "y", "2", "--arg", "y", "3", "$y"), "2\n"
    ),
    Case(
        "of files too",
        ("-n", "--slurpfile", "y", "x", "--rawfile", "y", "x", "--arg", "y", "3", "$y, $ARGS.named"),
        '[1]\n{"y":[1]}\n',
        files={"x": "1"},
    ),
    Case("-e and halt", ("-n", "-e", "1, false, halt"), "1\nfalse\n"),
    Case("-e and halt alone", ("-n", "-e", "halt")),
    Case("-e and halt for one of the inputs", ("-e", "if . then halt else . end"), "false\n", "false true 5"),
    Case("only definitions", ("-n", "-f", "x"), files={"x": "def f: 1;"}, err="only definitions", code=3),
    Case("an empty query", ("-n", ""), err="the query is empty", code=3),
    Case("only a comment", ("-n", "# x"), err="the query is empty", code=3),
    Case(
        "data of a folder",
        ("-n", 'import "m" as $m; $m, $m::m'),
        "[1,2]\n[1,2]\n",
        files={"m/m.json": "1 2"},
    ),
    Case(
        "data of a file before that of a folder",
        ("-n", 'import "m" as $m; $m'),
        "[3]\n",
        files={"m/m.json": "1 2", "m.json": "3"},
    ),
    Case(
        "data that is not JSON",
        ("-n", 'import "m" as $m; $m'),
        files={"m.json": "}"},
        err="m.json is not JSON",
        code=2,
    ),
    Case(
        "~/.jq is a file of definitions",
        ("-n", "hello"),
        '"hi"\n',
        files={"home/.jq": 'def hello: "hi"; def unused: nosuch;'},
        environment={"HOME": "home"},
    ),
    Case(
        "a query's own definition comes first",
        ("-n", 'def hello: "own"; hello'),
        '"own"\n',
        files={"home/.jq": 'def hello: "hi";'},
        environment={"HOME": "home"},
    ),
    Case(
        "~/.jq is a folder of modules",
        ("-n", 'import "lib" as l; l::seven'),
        "7\n",
        files={"home/.jq/lib.jq": "def seven: 7;"},
        environment={"HOME": "home"},
    ),
    Case(
        "a mistake in ~/.jq",
        ("-n", "1"),
        files={"home/.jq": "def f:"},
        environment={"HOME": "home"},
        err="~/.jq, line 1, column 7: unexpected end",
        code=3,
    ),
    Case(
        "~/.jq passes no fields",
        ("-n", *SOURCE, "mine"),
        files={**FILES, "home/.jq": "def mine: sessions pass kwh;"},
        environment={"HOME": "home"},
        err="only the query itself may pass fields",
        code=7,
    ),
    Case("input_filename of standard input", ("input_filename",), '"<stdin>"\n', "1"),
    Case("a file that is not there", (".", "x", "no"), files={"x": "1"}, err="could not open no", code=2),
    Case("a folder", (".", "x", "d"), files={"x": "1", "d/y": "2"}, err="open d: it is a folder", code=2),
    Case("no JSON", (".",), "1\n", "1 x", err=r"error.*<stdin>: Invalid numeric literal", code=5),
    Case(
        "no JSON in a file",
        (".", "x"),
        files={"x": "1\n2 }"},
        out="1\n2\n",
        err="x: Unmatched '}' at line 2",
        code=5,
    ),
    Case("an unfinished value", (".",), "", "[1,", err="Unfinished JSON term", code=5),
    Case("deep input", ("length",), "1\n", "[" * 9000 + "]" * 9000),
    Case(
        "a large integer stays exact",
        (".",),
        "123456789012345678901234567890\n",
        "123456789012345678901234567890",
    ),
    Case("a number keeps its form", (".",), "[95.0,0.10,100,0.00001]\n", "[95.0, 0.10, 100, 0.00001]"),
    Case("a lone surrogate", (".",), '"\ufffd"\n', '"\\ud800"'),
    Case("a byte order mark", (".",), "1\n", b"\xef\xbb\xbf1"),
]

OUTPUT = [
    Case("one value a line in a pipe", (".",), '{"a":[1,{}]}\n', '{"a": [1, {}]}'),
    Case("--tab", ("--tab", "."), "[\n\t1\n]\n", "[1]"),
    Case("--indent", ("--indent", "3", "."), "[\n   1\n]\n", "[1]"),
    Case("--indent=", ("--indent=1", "."), "[\n 1\n]\n", "[1]"),
    Case("--indent 0", ("--indent", "0", "."), "[1]\n", "[1]"),
    Case("--indent 9", ("--indent", "9", "."), "", "[1]", err="0 to 7", code=2),
    Case("-r asks for the form of jq", ("-r", "."), "[\n  1\n]\nx y\n", '[1] "x y"'),
    Case("-rc", ("-rc", "."), "[1]\nx\n", '[1] "x"'),
    Case("-j", ("-jc", "."), "1a[2]", '1 "a" [2]'),
    Case("--raw-output0", ("--raw-output0", "."), "a\0001\0", '"a" 1'),
    Case("--raw-output0 and NUL", ("--raw-output0", "."), "a\0", '"a" "\\u0000"', err="NUL", code=5),
    Case("-a", ("-a", "."), '"\\u00e9"\n', '"é"'),
    Case("-S", ("-S", "."), '{"a":{"c":1,"d":2},"b":3}\n', '{"b":3,"a":{"d":2,"c":1}}'),
    Case("-C", ("-Cc", "."), "\x1b[1;39m[\x1b[0m\x1b[0;39m1\x1b[0m\x1b[1;39m]\x1b[0m\n", "[1]"),
    Case("-CM", ("-CcM", "."), "[1]\n", "[1]"),
    Case("JQ_COLORS", ("-Cc", "."), "\x1b[1;31mnull\x1b[0m\n", "null", environment={"JQ_COLORS": "1;31"}),
    Case("-C beats NO_COLOR", ("-Cc", "."), "\x1b[0;90mnull\x1b[0m\n", "null", environment={"NO_COLOR": "1"}),
    Case("-o", ("-o", "out", "."), "", "1 2", made={"out": "1\n2\n"}),
    Case("-o by its ending", ("-o", "out.json", "."), "", "[1]", made={"out.json": "[\n  1\n]\n"}),
    Case("-o .ndjson", ("-o", "out.ndjson", "."), "", "[1]", made={"out.ndjson": "[1]\n"}),
    Case("--to", ("--to", "json", "."), "[\n  1\n]\n", "[1]"),
    Case(
        "--to nonsense",
        ("--to", "xml", "."),
        "",
        "1",
        err=r'unknown format "xml" \(available: json, ',
        code=2,
    ),
    Case("--to, mistyped", ("--to", "cvs", "."), "", "1", err="did you mean csv", code=2),
    Case(
        "-o leaves the file after a failure",
        ("-o", "x", ".+1"),
        "",
        '1 "a"',
        {"x": "old"},
        "cannot be added",
        5,
        {"x": "old"},
    ),
    Case(
        "-o into nowhere",
        ("-o", "no/x", "."),
        "",
        "1",
        err="cannot write no/x: folder no does not exist$",
        code=2,
    ),
    Case("-o -", ("-o", "-", "."), "1\n", "1", made={"-": None}),
    Case(
        "-o of a format that is not written",
        ("-o", "x.XLS", "."),
        stdin="1",
        err=r"does not write \.xls .*-o NAME.xlsx",
        code=2,
        made={"x.XLS": None},
    ),
    Case(
        "-o of any name where --to says the form",
        ("-o", "x.gz", "--to", "json", "."),
        "",
        "1",
        made={"x.gz": "1\n"},
    ),
    Case("-e true", ("-e", "."), "1\n", "1"),
    Case("-e false", ("-e", "."), "true\nfalse\n", "true false", code=1),
    Case("-e null", ("-e", "."), "null\n", "null", code=1),
    Case("-e nothing", ("-e", "empty"), "", "1", code=4),
    Case("--unbuffered", ("--unbuffered", "."), "1\n", "1"),
]

VARIABLES = [
    Case("--arg", ("-n", "--arg", "a", "1", "$a"), '"1"\n'),
    Case("--arg behind the query", ("-n", "$a + $b", "--arg", "a", "1", "--arg", "b", "2"), '"12"\n'),
    Case("the first --arg counts", ("-n", "$a", "--arg", "a", "1", "--arg", "a", "2"), '"1"\n'),
    Case("whatever their kinds", ("-n", "$a", "--argjson", "a", "2", "--arg", "a", "3"), "2\n"),
    Case("--argjson", ("-n", "--argjson", "a", '{"b":[1]}', "$a.b[0]"), "1\n"),
    Case(
        "--argjson that is none", ("-n", "--argjson", "a", "x y", "$a"), err="--argjson a takes JSON", code=2
    ),
    Case("--rawfile", ("-n", "--rawfile", "a", "x", "$a"), '"1\\n"\n', files={"x": "1\n"}),
    Case("--arg-file", ("-n", "--arg-file", "a", "x", "$a"), '"1"\n', files={"x": "1\n"}),
    Case(
        "a byte order mark in --arg-file",
        ("-n", "--arg-file", "a", "x", "$a"),
        '"1"\n',
        files={"x": "\ufeff1\r\n"},
    ),
    Case("--slurpfile", ("-n", "--slurpfile", "a", "x", "$a"), "[1,2]\n", files={"x": "1\n2"}),
    Case(
        "--slurpfile that is none",
        ("-n", "--slurpfile", "a", "x", "$a"),
        files={"x": "}"},
        err="x for .a is not JSON",
        code=2,
    ),
    Case(
        "--rawfile that is not there",
        ("-n", "--rawfile", "a", "no", "$a"),
        err="could not read .a from no: No such file",
        code=2,
    ),
    Case("--args", ("-n", "$ARGS.positional", "--args", "a", "1"), '["a","1"]\n'),
    Case("--jsonargs", ("-n", "$ARGS.positional", "--jsonargs", '{"a":1}', "2"), '[{"a":1},2]\n'),
    Case("both, in turn", ("-n", "$ARGS.positional", "--jsonargs", "1", "--args", "1"), '[1,"1"]\n'),
    Case("--args before the query", ("-n", "--args", "$ARGS.positional", "a"), '["a"]\n'),
    Case("$ARGS.named", ("-n", "--arg", "a", "1", "--argjson", "b", "2", "$ARGS.named"), '{"a":"1","b":2}\n'),
    Case("-f", ("-f", "q", "x"), "2\n", files={"q": "# a comment\n.a\n", "x": '{"a":2}'}),
    Case("-nf", ("-nf", "q"), "3\n", files={"q": "1 + 2"}),
    Case("a byte order mark in a query", ("-nf", "q"), "3\n", files={"q": "\ufeff3"}),
    Case("and in one on standard input", (), "3\n", b"\xef\xbb\xbf3"),
    Case(
        "and in a library",
        ("-n", "-L", "lib", 'import "m" as m; m::two'),
        "2\n",
        files={"lib/m.jq": "\ufeffdef two: 2;"},
    ),
    Case("-f of a file that is called like a command", ("-nf", "get"), "3\n", files={"get": "3"}),
    Case(
        "explain -f",
        ("explain", "-f", "q"),
        "reads no module: a program on plain JSON, run once for each input\n",
        files={"q": "3"},
    ),
    Case(
        "-f of a command that has none", ("get", "-f", "q"), err="ocpiq get has no option --from-file", code=2
    ),
    Case("-f behind", ("-n", "q", "-f"), "3\n", files={"q": "3"}),
    Case("-f that is not there", ("-f", "no"), err="could not read the query no", code=2),
    Case(
        "an error in a file gives its name",
        ("-n", "-f", "q.ocpiq"),
        files={"q.ocpiq": "1 +\n  )"},
        err=r"q\.ocpiq, line 2, column 3",
        code=3,
    ),
    Case(
        "-L",
        ("-L", "lib", "-n", 'import "m" as m; m::two'),
        "2\n",
        files={"lib/m.jq": "def two: 2;"},
    ),
    Case(
        "a library beside the query",
        ("-n", "-f", "q/x.ocpiq"),
        "2\n",
        files={"q/x.ocpiq": 'import "m" as m; m::two', "q/m.jq": "def two: 2;"},
    ),
    Case("-- ends the options", ("-n", "--", "-1"), "-1\n"),
    Case("a negative number is a query", ("-n", "-1"), "-1\n"),
]

ERRORS = [
    Case(
        "a mistyped time zone",
        ("-n", "--tz", "Europe/Brusels", "1"),
        err=r"unknown time zone \(did you mean Europe/Brussels\?\)",
        code=2,
    ),
    Case(
        "a library that is not there",
        ("-n", "-L", "nolib", 'import "m" as m; 1'),
        err=r"module not found: m \(the folder nolib does not exist\)",
        code=3,
    ),
    Case(
        "a module that is not in the library",
        ("-n", "-L", "lib", 'import "m" as m; 1'),
        files={"lib/x": ""},
        err=r"module not found: m \(not in lib; add a folder with -L\)",
        code=3,
    ),
    Case(
        "a failure costs its input only",
        (".+1",),
        "2\n3\n",
        '1 "a" 2',
        err=r"^error \(at <stdin>:1\): string",
        code=5,
    ),
    Case(
        "the file and line of a failure",
        (".+1", "x"),
        "2\n",
        files={"x": '1\n\n"a"\n'},
        err=r"error \(at x:3\)",
        code=5,
    ),
    Case("a failure with -n", ("-n", '1 + "a"'), err=r"^error: number", code=5),
    Case(
        "error(object)",
        ("-n", 'error({"a":1})'),
        err=r'not a string\): \{"a":1\}|not a string: \{"a":1\}',
        code=5,
    ),
    Case("halt", ("1, halt, 2",), "1\n", "null null"),
    Case("halt_error", ("-n", '"bye" | halt_error(3)'), err="^bye$", code=3),
    Case("a syntax error", ("-n", ".a["), err=r"line 1, column", code=3),
    Case("an unknown function", ("-n", "frobnicate"), err="frobnicate", code=3),
    Case("an unknown module", ("-n", "sesions pass kwh"), err="did you mean sessions", code=3),
    Case(
        "an unknown option",
        ("--nul-input", "."),
        err=r"unknown option --nul-input \(did you mean --null-input\?",
        code=2,
    ),
    Case("an unknown letter", ("-nz", "."), err="unknown option -z", code=2),
    Case("an option without its word", ("-n", "--arg", "a"), err="--arg takes NAME TEXT", code=2),
    Case("no query", ("-n",), err="no query", code=2),
    Case(
        "an option of another command",
        ("--party", "NL-ABC", "."),
        err="--party is an option of ocpiq login",
        code=2,
    ),
    Case(
        "an option that the command lacks",
        ("schema", "-r"),
        err="ocpiq schema has no option --raw-output",
        code=2,
    ),
]

SOURCES = [
    Case("a source", (*SOURCE, "sessions pass kwh | .kwh"), "10.5\n4.5\n7\n", files=FILES),
    Case(
        "private by default",
        (*SOURCE, "sessions | [.id, .kwh]"),
        '["1","#NA"]\n["2","#NA"]\n["3","#NA"]\n',
        files=FILES,
    ),
    Case(
        "an aggregate",
        (*SOURCE, "sessions pass kwh, status | aggregate {n: count, kwh: sum(.kwh)} by .status"),
        '{"status":"ACTIVE","n":1,"kwh":7}\n{"status":"COMPLETED","n":2,"kwh":15}\n',
        files=FILES,
    ),
    Case(
        "a summary without times",
        ("--source", "sessions=s.ndjson", "sessions | .id"),
        '"1"\n"2"\n"3"\n',
        files=FILES,
        err=r"^sessions: 3 objects, 1 page$",
    ),
    Case(
        "a summary of one",
        ("--source", "sessions=one", "sessions | .id"),
        '"1"\n',
        files={"one": '{"id":"1"}'},
        err=r"^sessions: 1 object, 1 page$",
    ),
    Case(
        "data of a vendor's own, in lines",
        (*SOURCE, "sessions"),
        '{"country_code":"NL","id":"1","kwh":"#NA"}\n' * 2,
        files={"s.ndjson": f"{VENDOR}\n{VENDOR}"},
        err="^warning: sessions: 1 field is not OCPI's, left out: data$",
    ),
    Case(
        "data of a vendor's own, in one object",
        (*SOURCE, "sessions"),
        '{"country_code":"NL","id":"1","kwh":"#NA"}\n',
        files={"s.ndjson": VENDOR.replace(",", ",\n")},
        err="left out: data$",
    ),
    Case(
        "data of a vendor's own, in an envelope",
        (*SOURCE, "sessions"),
        '{"country_code":"NL","id":"1","kwh":"#NA"}\n',
        files={"s.ndjson": f'{{"status_code":1000,"data":{VENDOR}}}'},
        err="left out: data$",
    ),
    Case(
        "a status code of a vendor's own",
        (*SOURCE, "sessions | .id"),
        '"1"\n"2"\n',
        files={"s.ndjson": '{"id":"1","status_code":7}\n{"id":"2","status_code":7}\n'},
        err="left out: status_code$",
    ),
    Case(
        "a list in an object",
        (*SOURCE, "sessions | .id"),
        '"1"\n',
        files={"s.ndjson": '{"content":[{"id":"1"}],"size":1}'},
    ),
    Case(
        "a list in data",
        (*SOURCE, "sessions | .id"),
        '"1"\n',
        files={"s.ndjson": '{"status_code":1000,"data":{"items":[{"id":"1"}]}}'},
    ),
    Case(
        "two lists",
        (*SOURCE, "sessions | .id"),
        files={"s.ndjson": '{"status_code":1000,"data":{"items":[{"id":"1"}],"content":[]}}'},
        err="^error: s.ndjson: the response has 2 lists where one belongs: content, items$",
        code=2,
    ),
    Case("standard input is not touched", (*SOURCE, "sessions | .id"), '"1"\n"2"\n"3"\n', "no json", FILES),
    Case("input beside a source", (*SOURCE, "[sessions | .id], input"), '["1","2","3"]\n7\n', "7", FILES),
    Case("limit", (*SOURCE, "sessions | .id | limit 1"), '"1"\n', files=FILES),
    Case("since", (*SOURCE, "sessions since 2026-02-01 | .id"), '"2"\n"3"\n', files=FILES),
    Case(
        "a blank is refused",
        (*SOURCE, "sessions | select(.kwh > 5)"),
        files=FILES,
        err="sessions.kwh is blanked .*pass kwh",
        code=7,
    ),
    Case(
        "a blank is refused before a file is written",
        (*SOURCE, "-o", "out", "sessions | .kwh + 1"),
        files=FILES,
        code=7,
        err="blanked",
        made={"out": None},
    ),
    Case(
        "a field that is not there",
        (*SOURCE, "sessions pass kwhh"),
        files=FILES,
        err="did you mean kwh",
        code=3,
    ),
    Case(
        "a folder",
        ("--source", "sessions=d", "-q", "sessions | .id"),
        '"1"\n"2"\n"3"\n"1"\n"2"\n"3"\n',
        files={
            "d/p1.json": '{"status_code":1000,"data":[' + ",".join(SESSIONS.splitlines()) + "]}",
            "d/p2.ndjson": SESSIONS,
        },
    ),
    Case("a source that is not there", ("--source", "sessions=no", "sessions"), err="no", code=2),
    Case(
        "a source of no module",
        ("--source", "sesion=s.ndjson", "sessions"),
        files=FILES,
        err="did you mean sessions",
        code=2,
    ),
    Case("a source without a path", ("--source", "sessions", "sessions"), err="MODULE=PATH", code=2),
    Case(
        "another version",
        ("--source", "sessions=s.ndjson", "--ocpi-version", "2.1.1", "-q", "sessions | .id | limit 1"),
        '"1"\n',
        err="fields of OCPI 2.2 or 2.2.1 or 2.3.0, and are read as 2.1.1",
        files=FILES,
    ),
    Case("a version that is none", ("--ocpi-version", "9", "sessions"), err="2.2.1", code=2),
    Case("no platform", ("sessions",), err="no platform .*ocpiq login", code=2),
    Case(
        "a platform that is not there",
        ("--platform", "x", "sessions"),
        err="unknown platform .?x",
        code=2,
    ),
    Case(
        "get",
        ("get", "sessions", *SOURCE, "--privacy-pass", "kwh,status", "--date-from", "2026-02-03T00:00:00Z"),
        files=FILES,
        out='{"country_code":"BE","id":"3","start_date_time":"#NA","kwh":7,"status":"ACTIVE","last_updated":"#NA"}\n',
    ),
    Case("get no module", ("get", "sesions"), err="did you mean sessions", code=2),
    Case(
        "get a bad field",
        ("get", "sessions", *SOURCE, "--privacy-pass", "kwhh"),
        files=FILES,
        err="did you mean kwh",
        code=3,
    ),
    Case(
        "get what is not a field",
        ("get", "sessions", "--privacy-pass", "a|b"),
        err="--privacy-pass takes",
        code=2,
    ),
]

OTHER = [
    Case("--version", ("--version",), "ocpiq 0.2.0\n"),
    Case(
        "schema of a field",
        ("schema", "sessions.kwh"),
        "sessions.kwh  number  OCPI 2.2.1\n  blanked: amount or course of a person's charging\n"
        "  in 2.1.1, 2.2, 2.2.1, 2.3.0\n",
    ),
    Case("schema of no module", ("schema", "sesions"), err="did you mean sessions", code=2),
    Case("schema of no field", ("schema", "sessions.kw"), err="did you mean kwh", code=2),
    Case(
        "explain",
        ("explain", "sessions pass kwh since 2026-01-01 | .kwh"),
        "sessions (OCPI 2.2.1)\n  asks for    last updated from 2026-01-01T00:00:00Z\n  passes      kwh\n"
        "  shown       kwh\n  window      last_updated\n  key         country_code, party_id, id\n"
        "in parts      sessions can be split; each part sends its results; with --jobs\n",
    ),
    Case(
        "explain a plain program",
        ("explain", ".a"),
        "reads no module: a program on plain JSON, run once for each input\n",
    ),
    Case(
        "explain as JSON",
        ("explain", "--json", "sessions only id"),
        '{"version":"2.2.1","sources":[{"module":"sessions","version":"2.2.1","passes":["id"],"passed":['
        '{"path":"id","roles":["shown","key"],"treatment":"clear","type":"CiString(36)","reason":"identi'
        'fier of infrastructure or of a record; names no person","private":false}],"since":null,"until":'
        'null,"during":null,"newest":null,"fields":[{"path":"id","roles":["shown","key"],"treatment":"cl'
        'ear","type":"CiString(36)","reason":"identifier of infrastructure or of a record; names no pers'
        'on","private":false},{"path":"country_code","roles":["key"],"treatment":"default","type":"CiStr'
        'ing(2)","reason":"roaming party (company) identifier","private":false},{"path":"party_id","role'
        's":["key"],"treatment":"default","type":"CiString(3)","reason":"roaming party (company) identif'
        'ier","private":false}],"net":false,"totals":[],"own_versions":[],"own_names":{},"window":{}}],"holds":[],'
        '"warnings":[],"columns":[{"name":"id","type":"s'
        'tring","path":"sessions.id","blank":false}],"parts":"sessions can be split; each part sends its resul'
        'ts; with --jobs","parameters":{}}\n',
    ),
    Case(
        "schema as JSON",
        ("schema", "--json", "tokens.valid", "--ocpi-version", "2.1.1"),
        '{"name":"valid","path":"valid","type":"boolean","many":false,"required":true,"leaf":true,"shown":false,'
        '"reason":"property of a person\'s contract or preference","enum":[],"open_enum":false,"children":{},'
        '"versions":["2.1.1","2.2","2.2.1","2.3.0"],"json":"boolean","mark":""}\n',
    ),
    Case("explain what does not compile", ("explain", "sessions pass kw"), err="did you mean kwh", code=3),
    Case("platforms, none", ("platforms",), err="no platforms yet"),
    Case("logout, none", ("logout",), err="no login to remove", code=2),
    Case("login without party", ("login", "https://example.com/"), err="--party XX-YYY", code=2),
    Case(
        "login with no party",
        ("login", "https://example.com/", "--party", "ABCDEFG", "--token", "t"),
        err="XX-YYY",
        code=2,
    ),
    Case(
        "login without token",
        ("login", "https://example.com/", "--party", "NL-ABC"),
        err="no token .*OCPIQ_TOKEN",
        code=2,
    ),
    Case("login without URL", ("login", "--party", "NL-ABC"), err="takes one URL", code=2),
    Case(
        "login to what is no URL",
        ("login", "example", "--party", "NL-ABC", "--token", "t"),
        err="example|URL",
        code=2,
    ),
    Case(
        "the token is not a part of an error",
        ("login", "http://127.0.0.1:1/", "--party", "NL-ABC", "--token", "s3cret"),
        err="(?s)^(?!.*s3cret)",
        code=6,
    ),
]

STANDARD_INPUT = [
    Case("without a query, standard input holds it", (), "2\n", "1 + 1\n"),
    Case("it runs once, on null", (), "[null]\n", "[.]"),
    Case("it reads modules", SOURCE, "10.5\n4.5\n", "sessions pass kwh\n| .kwh\n| limit 2\n", FILES),
    Case("it takes variables and forms", ("-r", "--arg", "a", "x y"), "x y\n", "$a"),
    Case("it has no further inputs", (), "", "input", err="No more inputs", code=5),
    Case("its mistakes have a place", (), "", "1 |\n2 2", err="standard input, line 2, column 3", code=3),
    Case("there is none in it", (), "", " \n", err="no query", code=2),
    Case("it is not UTF-8", (), "", b'"\xff"', err="not UTF-8", code=2),
]

CASES = [*INPUT, *OUTPUT, *VARIABLES, *ERRORS, *SOURCES, *OTHER, *STANDARD_INPUT]
