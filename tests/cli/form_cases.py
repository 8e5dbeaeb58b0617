"""The command-line cases of forms with rows, and of what shells are given."""

from __future__ import annotations

from command_cases import FILES, SOURCE, Case

OBJECTS = '{"a":{"b":-1.5},"c":"=x;y"} {"a":null,"c":null}'

FORMS = [
    Case("csv", ("--to", "csv", "."), "a.b,c\n-1.5,=x;y\n,\n", OBJECTS),
    Case("tsv", ("--to", "tsv", "."), "a.b\tc\n-1.5\t=x;y\n\t\n", OBJECTS),
    Case("table", ("--to", "table", "."), " a.b  c\n────  ────\n-1.5  =x;y\n\n", OBJECTS),
    Case(
        "markdown",
        ("--to", "markdown", "."),
        "| a.b | c |\n| ---: | --- |\n| -1.5 | =x;y |\n|  |  |\n",
        OBJECTS,
    ),
    Case(
        "--csv excel",
        ("--csv", "excel,decimal-comma", "."),
        '\ufeffa.b;c\r\n-1,5;"\'=x;y"\r\n;\r\n',
        OBJECTS,
    ),
    Case("--csv semicolon", ("--to=csv", "--csv=semicolon", "."), 'a.b;c\n-1.5;"=x;y"\n;\n', OBJECTS),
    Case("--csv tab", ("--csv=tab", "."), "a.b\tc\n-1.5\t=x;y\n\t\n", OBJECTS),
    Case("--csv bom", ("--csv", "bom", "."), "\ufeffvalue\n1\n", "1"),
    Case(
        "--csv of nonsense",
        ("--csv", "exel", "."),
        "",
        "1",
        err="--csv: unknown word.*did you mean excel",
        code=2,
    ),
    Case("--csv of two delimiters", ("--csv", "tab,semicolon", "."), "", "1", err="not both", code=2),
    Case(
        "--csv and another form",
        ("--csv", "bom", "--to", "tsv", "."),
        "",
        "1",
        err="does not go with",
        code=2,
    ),
    Case("--null", ("--to", "csv", "--null", "NULL", "."), "value\nNULL\n", "null"),
    Case(
        "--null is not for JSON",
        ("--null", "x", "."),
        "",
        "1",
        err="--null is for csv, tsv, table and markdown, not",
        code=2,
    ),
    Case(
        "--na",
        (*SOURCE, "--to", "csv", "--na", "", "sessions | {id, kwh} | limit 1"),
        "id,kwh\n1,\n",
        files=FILES,
    ),
    Case(
        "--na in a list",
        (*SOURCE, "--to", "csv", "--na", "hidden", 'sessions | {l: [.kwh, {a: .kwh, b: "#NA"}]} | limit 1'),
        'l\n"[""hidden"",{""a"":""hidden"",""b"":""#NA""}]"\n',
        files=FILES,
    ),
    Case("a blank", (*SOURCE, "--to", "csv", "sessions | {kwh} | limit 1"), "kwh\n#NA\n", files=FILES),
    Case(
        "columns of the query, not of the first row",
        (*SOURCE, "--to", "csv", "sessions only id, end_date_time, kwh | limit 1"),
        "id,end_date_time,kwh\n1,,10.5\n",
        files=FILES,
    ),
    Case(
        "columns without a row",
        (*SOURCE, "--to", "csv", "sessions only id, kwh | select(.kwh > 99)"),
        "id,kwh\n",
        files=FILES,
    ),
    Case(
        "jq's columns come from the first row", ("--to", "csv", "."), "b,a\n1,2\n,3\n", '{"b":1,"a":2}{"a":3}'
    ),
    Case(
        "a row with more is an error",
        ("--to", "csv", "."),
        "a\n1\n",
        '{"a":1}{"a":1,"b":2}{"a":3}',
        err=r"result 2 has b, for which there is no column \(name the columns",
        code=5,
    ),
    Case("no row", ("--to", "table", "."), "", "[1]", err=r"result 1 is an array.*\.\[\]", code=5),
    Case(
        "what is held back comes before the error",
        ("--to", "table", ".a + 1"),
        "value\n─────\n    2\n    3\n",
        '{"a":1}{"a":"x"}{"a":2}',
        err="cannot be added",
        code=5,
    ),
    Case("-S sorts the columns", ("--to", "csv", "-S", "."), "a,b\n2,1\n", '{"b":1,"a":2}'),
    Case(
        "-r is for JSON",
        ("--to", "csv", "-r", "."),
        "",
        "1",
        err="--raw-output is for json and ndjson, not for csv",
        code=2,
    ),
    Case("-o .csv", ("-o", "x.csv", "."), "", '{"a":1}', made={"x.csv": "a\n1\n"}),
    Case("-o .TSV", ("-o", "x.TSV", "."), "", '{"a":1}', made={"x.TSV": "a\n1\n"}),
    Case("-o .md", ("-o", "x.md", "."), "", "1", made={"x.md": "| value |\n| ---: |\n| 1 |\n"}),
    Case("--to beats the ending", ("-o", "x.csv", "--to", "ndjson", "."), "", "1", made={"x.csv": "1\n"}),
    Case("-o .csv of raw text", ("-r", "-o", "x.csv", "@csv"), "", '[1,"a"]', made={"x.csv": '1,"a"\n'}),
    Case(
        "a file that would not fit is not made",
        ("-o", "x.csv", "."),
        "",
        '1{"a":1}',
        err="result 2",
        code=5,
        made={"x.csv": None},
    ),
    Case(
        "get",
        ("get", "--source", "tokens=t.json", "-q", "--csv", "semicolon", "--ocpi-version", "2.1.1", "tokens"),
        "uid;type;auth_id;visual_number;issuer;valid;whitelist;language;last_updated\n"
        "#NA;RFID;;;x;;ALWAYS;;\n",
        files={"t.json": '[{"uid":"1","type":"RFID","issuer":"x","whitelist":"ALWAYS"}]'},
    ),
    Case("completion of nonsense", ("completion", "bahs"), err="name of a shell.*did you mean bash", code=2),
    Case("completion of nothing", ("completion",), err="available: bash, zsh, fish", code=2),
    Case("man takes nothing", ("man", "ocpiq"), err="takes no words", code=2),
]
