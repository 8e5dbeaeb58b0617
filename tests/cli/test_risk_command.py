"""`ocpiq risk`: the same answer for an export in every format that it reads, and for the query itself."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.cli import command

from ocpiq.sinks.registry import ENDINGS

PACKAGES = {".duckdb": "duckdb", ".parquet": "pyarrow", ".arrow": "pyarrow", ".xlsx": "xlsxwriter"}
NOT_READ = {".html", ".htm"}  # pages for people
OF_PLACES = {".geojson"}
SESSIONS = [
    {"id": f"S{number}", "location_id": f'Park & Ride, "{number // 3}" é\n|', "kwh": number % 2 or None}
    for number in range(12)
]
QUERY = "sessions pass kwh, location_id | {where: {id: .location_id}, kwh}"
LINES = [
    {"columns": "where.id, kwh", "groups": 8, "smallest": 1, "unique": 4, "percent": 33.3},
    {"columns": "where.id", "groups": 4, "smallest": 3, "unique": 0, "percent": 0.0},
    {"columns": "kwh", "groups": 2, "smallest": 6, "unique": 0, "percent": 0.0},
]
SENTENCE = (
    "33.3 % of the rows are the only ones with their where.id and kwh: whoever knows these finds the row\n"
)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("s.json").write_text(json.dumps(SESSIONS))
    return folder


SOURCE = ("-q", "--source", "sessions=s.json")


def risk(home: Path, *words: str) -> list[dict[str, object]]:
    run = command(home, ["risk", "--to", "ndjson", *words])
    assert (run.err, run.code) == (SENTENCE, 0)
    return [json.loads(line) for line in run.out.splitlines()]


@pytest.mark.parametrize("ending", sorted(ENDINGS.keys() - NOT_READ - OF_PLACES))
def test_a_file_in_every_format(ending: str, home: Path, work: Path) -> None:
    package = PACKAGES.get(ending)
    if package and find_spec(package) is None:
        pytest.skip(f"needs {package}")
    assert command(home, [*SOURCE, "-o", f"out{ending}", QUERY]).code == 0
    assert risk(home, f"out{ending}") == LINES


@pytest.mark.parametrize("option", ["semicolon", "excel", "tab", "bom", "decimal-comma"])
def test_every_csv(option: str, home: Path, work: Path) -> None:
    assert command(home, [*SOURCE, "--csv", option, "-o", "out.csv", QUERY]).code == 0
    assert risk(home, "out.csv") == LINES


def test_places(home: Path, work: Path) -> None:
    places = [
        {"latitude": f"52.{number // 3}", "longitude": "5.1", "kwh": number % 2} for number in range(12)
    ]
    Path("p.json").write_text(json.dumps(places))
    assert command(home, ["-q", "-o", "out.geojson", ".[]", "p.json"]).code == 0
    lines = command(home, ["risk", "--to", "ndjson", "out.geojson"]).out.splitlines()
    assert json.loads(lines[0]) == {**LINES[0], "columns": "kwh, geometry.coordinates"}


def test_a_query(home: Path, work: Path) -> None:
    assert risk(home, *SOURCE, QUERY) == LINES
    Path("q.ocpiq").write_text(QUERY)
    assert risk(home, *SOURCE, "-f", "q.ocpiq") == LINES


def test_a_table_with_its_sentence(home: Path, work: Path) -> None:
    run = command(home, ["risk", *SOURCE, QUERY])
    assert run.out.decode().splitlines()[0].split() == ["columns", "groups", "smallest", "unique", "percent"]
    assert len(run.out.decode().splitlines()) == 5


def test_chosen_columns(home: Path, work: Path) -> None:
    command(home, [*SOURCE, "-o", "out.csv", QUERY])
    run = command(home, ["risk", "--columns", "where", "--to", "ndjson", "out.csv"])
    assert json.loads(run.out) == LINES[1]
    assert run.err == "no row is the only one with its where.id; the smallest group has 3 rows\n"
    run = command(home, ["risk", "--columns", "kwh,where.id", "--to", "csv", "out.csv"])
    assert run.out == b'columns,groups,smallest,unique,percent\n"kwh, where.id",8,1,4,33.3\n'


def test_a_blanked_field_tells_nothing(home: Path, work: Path) -> None:
    run = command(home, ["risk", *SOURCE, "--to", "ndjson", "sessions | {id, kwh}"])
    assert json.loads(run.out)["columns"] == "id"
    run = command(home, ["risk", *SOURCE, "--columns", "kwh", "--to", "ndjson", "sessions | {kwh}"])
    assert json.loads(run.out)["groups"] == 1


def test_more_combinations_than_lines(home: Path, work: Path) -> None:
    rows = [{name: (row * 7 + place) % 3 for place, name in enumerate("abcdef")} for row in range(9)]
    Path("x.json").write_text(json.dumps([*rows, *[dict.fromkeys("abcdef", 0)] * 2]))
    run = command(home, ["risk", "x.json"])
    assert len(run.out.splitlines()) == 22
    assert run.err.startswith("21 more combinations with fewer unique rows: --to csv lists all\n")
    assert len(command(home, ["risk", "--to", "csv", "x.json"]).out.splitlines()) == 42


def test_no_rows(home: Path, work: Path) -> None:
    Path("x.csv").write_text("a,b\n")
    assert command(home, ["risk", "x.csv"])[:3] == (b"", "no rows\n", 0)


def test_rows_that_do_not_vary(home: Path, work: Path) -> None:
    Path("x.csv").write_text("a,b\n1,2\n")
    assert command(home, ["risk", "x.csv"]).err == "there is one row, and it stands alone\n"
    Path("x.csv").write_text("a,b\n1,2\n1,2\n")
    assert command(home, ["risk", "x.csv"]).err == "all 2 rows have the same values\n"


MISTAKES = {
    ("risk",): "ocpiq risk takes one file or query (such as ocpiq risk cdrs.csv)",
    ("risk", "a.csv", "b.csv"): "ocpiq risk takes one file or query (such as ocpiq risk cdrs.csv)",
    ("risk", "missing.csv"): "could not read missing.csv: No such file or directory",
    ("risk", "--columns", "b", "ok.csv"): "--columns names a column that does not exist (available: a)",
    (
        "risk",
        "notes.txt",
    ): "cannot read notes.txt (endings that can be read: .csv, .tsv, .json, .ndjson, .jsonl, .md, "
    ".geojson, .sqlite, .db, .duckdb, .xlsx, .parquet, .arrow, .arrows)",
    ("risk", "bad.csv"): "bad.csv is not a whole csv file",
    ("risk", "bad.json"): "bad.json is not a whole json file",
    ("risk", "bad.xlsx"): "bad.xlsx is not a whole xlsx file",
    ("risk", "bad.parquet"): "bad.parquet is not a whole parquet file",
    ("risk", "bad.db"): "bad.db is not a whole db file",
    ("--columns", "a", "1"): "--columns is an option of ocpiq risk",
}


@pytest.mark.parametrize(("words", "message"), MISTAKES.items(), ids=map(" ".join, MISTAKES))
def test_mistakes(words: tuple[str, ...], message: str, home: Path, work: Path) -> None:
    for name in ("bad.csv", "bad.json", "bad.xlsx", "bad.db", "notes.txt"):
        Path(name).write_text("a,b\nSECRET\n")
    Path("ok.csv").write_text("a\n1\n")
    Path("bad.parquet").write_bytes(b"PAR1" + bytes(30) + (10).to_bytes(4, "little") + b"PAR1")
    run = command(home, words)
    assert (run.err, run.code) == (f"error: {message}\n", 2)


def test_pseudonyms_need_a_recipient_and_have_one(home: Path, work: Path) -> None:
    query = "sessions only location_id as pseudonym"
    assert command(home, ["risk", *SOURCE, query]).code == 2
    command(home, ["recipient", "add", "utrecht"])
    run = command(home, ["risk", *SOURCE, "--recipient", "utrecht", "--to", "ndjson", query])
    assert json.loads(run.out) == {**LINES[1], "columns": "location_id"}


@pytest.mark.parametrize("what", ["a file", "a query"])
def test_a_page_has_the_sentence(what: str, home: Path, work: Path) -> None:
    Path("q.ocpiq").write_text(QUERY)
    assert command(home, [*SOURCE, "-o", "out.csv", QUERY]).code == 0
    words = ["out.csv"] if what == "a file" else [*SOURCE, "-f", "q.ocpiq"]
    assert command(home, ["risk", "-o", "risk.html", *words]).code == 0
    page = Path("risk.html").read_text()
    title = "Risk of out.csv" if what == "a file" else "Risk of q.ocpiq"
    assert f"<title>{title}</title>" in page
    assert f"<p class=lead>{SENTENCE.strip()}</p>" in page
    assert "where.id, kwh" in page


def test_names_in_a_markdown_table(home: Path, work: Path) -> None:
    odd = "a`b*c_ [d] \\\\ ~e|f"
    assert command(home, ["-n", "-o", "out.md", "--arg", "name", odd, "range(3) | {($name): .}"]).code == 0
    run = command(home, ["risk", "--to", "ndjson", "out.md"])
    assert [json.loads(line)["columns"] for line in run.out.splitlines()] == [odd]


def test_a_report_says_how_many_of_its_rows_stand_alone(home: Path, work: Path) -> None:
    """The sentence of `ocpiq risk` for the same rows stands in the HTML report of a query; not beside totals."""
    rows = work / "cdrs.ndjson"
    lines = ((f"C{n}", n % 7, "EUR" if n % 2 else "GBP") for n in range(40))
    text = '{"id": "%s", "total_energy": %d, "currency": "%s"}\n'
    rows.write_text("".join(text % line for line in lines), "utf-8")
    page = work / "report.html"
    source = ["-q", "--source", f"cdrs={rows}"]
    assert command(home, [*source, "-o", str(page), "cdrs only total_energy, currency"]).code == 0
    written = page.read_text("utf-8")
    risk = command(home, ["risk", *source, "cdrs only total_energy, currency"])
    [sentence] = [line for line in risk.err.splitlines() if "row" in line]
    assert "<h3>Rows that stand alone</h3>" in written
    assert sentence[:1].upper() + sentence[1:] in written
    page.unlink()
    totals = "cdrs pass total_energy | aggregate sum(.total_energy) by .currency"
    assert command(home, [*source, "-o", str(page), totals]).code == 0
    assert "stand alone" not in page.read_text("utf-8")
