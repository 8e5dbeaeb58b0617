"""Result files: whole, or partial under another name, or not there; for whom; what a killed run leaves."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import stat
import subprocess
import sys
import types
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.cli import command
from support.platforms import TOKEN, Platform, Request, Response, envelope, serving

from ocpiq.plan.columns import Columns
from ocpiq.sinks import registry
from ocpiq.sinks.registry import Format
from ocpiq.sinks.sink import FormatSettings
from ocpiq.sinks.target import Target

LOGIN = ("--party", "NL-GOV", "--token", TOKEN, "--name", "test")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def platform(home: Path) -> Iterator[Platform]:
    """A platform with 10 sessions in pages of 4 that was logged in to."""
    with serving(Platform()) as found:
        assert command(home, ["login", found.versions_url, *LOGIN]).code == 0
        yield found


def fails_from(offset: int, **headers: str) -> dict[str, object]:
    """Return the switch of a platform that answers no page from an offset on."""

    def answer(request: Request) -> Response | None:
        return Response(b"", 403, headers) if int(request.query.get("offset", 0)) >= offset else None

    return {"sessions": answer}


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir())}


# ---------------------------------------------------------------- incomplete

LINES = "".join(f'{{"id":"S{number}"}}\n' for number in range(10))
TABLE = "".join(f"| S{number} |\n" for number in range(10))
FORMATS = {
    "x.ndjson": LINES,
    "x.json": "[\n" + LINES.strip().replace("\n", ",\n") + "\n]\n",
    "x.csv": "id\n" + "".join(f"S{number}\n" for number in range(10)),
    "x.tsv": "id\n" + "".join(f"S{number}\n" for number in range(10)),
    "x.md": "| id |\n| --- |\n" + TABLE,
}


@pytest.mark.parametrize(("name", "content"), FORMATS.items(), ids=FORMATS)
def test_an_incomplete_pull_leaves_all_that_was_received_in_a_partial_file(
    name: str, content: str, platform: Platform, home: Path, work: Path
) -> None:
    platform.special = fails_from(8)  # type: ignore[assignment]
    run = command(home, ["-q", "-c", "-o", name, "sessions only id"])
    assert (run.code, run.out, files(work)) == (8, b"", {f"{name}.partial": content})
    said = run.err.splitlines()[-1]
    assert said.startswith("error: sessions: ") and f"; what was received is in {name}.partial (" in said


def test_an_aggregate_of_an_incomplete_pull_is_partial_too(
    platform: Platform, home: Path, work: Path
) -> None:
    platform.special = fails_from(4)  # type: ignore[assignment]
    run = command(home, ["-q", "-o", "x", "sessions | aggregate count"])
    assert (run.code, files(work)) == (8, {"x.partial": "7\n"})


def test_columns_of_an_incomplete_pull_without_a_row(platform: Platform, home: Path, work: Path) -> None:
    platform.special = fails_from(4)  # type: ignore[assignment]
    run = command(home, ["-q", "-o", "x.csv", 'sessions only id | select(.id == "none")'])
    assert (run.code, files(work)) == (8, {"x.csv.partial": "id\n"})


def test_an_older_file_stays_beside_what_is_partial(platform: Platform, home: Path, work: Path) -> None:
    (work / "x").write_text("old")
    (work / "x.partial").write_text("older")
    platform.special = fails_from(8)  # type: ignore[assignment]
    assert command(home, ["-q", "-o", "x", "sessions only id"]).code == 8
    assert files(work) == {"x": "old", "x.partial": LINES}


def test_a_name_that_leaves_no_room_for_the_ending_is_cut(platform: Platform, home: Path, work: Path) -> None:
    platform.special = fails_from(8)  # type: ignore[assignment]
    run = command(home, ["-q", "-o", "é" * 125, "sessions only id"])
    assert (run.code, files(work)) == (8, {"é" * 123 + ".partial": LINES})


def test_get_leaves_a_partial_file_as_well(platform: Platform, home: Path, work: Path) -> None:
    platform.special = fails_from(8)  # type: ignore[assignment]
    run = command(home, ["get", "sessions", "-q", "-o", "x"])
    assert (run.code, list(files(work))) == (8, ["x.partial"])
    assert len(files(work)["x.partial"].splitlines()) == 10


def test_a_query_that_halts_after_an_incomplete_pull_says_so(
    platform: Platform, home: Path, work: Path
) -> None:
    platform.special = fails_from(8)  # type: ignore[assignment]
    run = command(home, ["-q", "-o", "x", "[sessions only id] | length, halt"])
    assert (run.code, files(work)) == (8, {"x.partial": "10\n"})
    assert "x.partial" in run.err


def test_on_standard_output_an_incomplete_result_ends_as_any(platform: Platform, home: Path) -> None:
    platform.special = fails_from(4)  # type: ignore[assignment]
    run = command(home, ["-q", "--to", "csv", 'sessions only id | select(.id == "none")'])
    assert (run.code, run.out) == (8, b"id\n")


# ---------------------------------------------------------------- whole, or not at all

NOT_KEPT = {
    "it does not compile": (["-n", "-o", "x", "("], 3),
    "it fails on a value": (["-n", "-o", "x", '1, ("a" | error)'], 5),
    "a result does not fit": (["-n", "-o", "x", "--to", "csv", "1, {a: 1}"], 5),
    "it ends itself": (["-n", "-o", "x", '1, ("a" | halt_error)'], 5),
    "with a code that means incomplete elsewhere": (["-n", "-o", "x", '1, ("" | halt_error(8))'], 8),
    "and with jq's": (["-n", "-o", "x", '1, ("" | halt_error(1))'], 1),
    "an input is no JSON": (["-o", "x", ".", "bad"], 5),
    "a blank is used": (["-q", "--demo", "-o", "x", "sessions | .id, .kwh + 1"], 7),
    "there is no platform": (["-o", "x", "sessions"], 2),
    "an unknown format": (["-n", "-o", "x", "--to", "xml", "1"], 2),
}


@pytest.mark.parametrize(("argv", "code"), NOT_KEPT.values(), ids=NOT_KEPT)
@pytest.mark.parametrize("old", [None, "old"])
def test_a_run_that_fails_leaves_the_file_as_it_was(
    argv: list[str], code: int, old: str | None, home: Path, work: Path
) -> None:
    (work / "bad").write_text("1 ]")
    if old is not None:
        (work / "x").write_text(old)
    run = command(home, argv)
    assert (run.code, run.out) == (code, b"")
    assert files(work) == {"bad": "1 ]", **({} if old is None else {"x": old})}


KEPT = {
    "it went well": (["-n", "-o", "x", "1"], "1\n", 0),
    "-e of false": (["-ne", "-o", "x", "false"], "false\n", 1),
    "-e of nothing": (["-ne", "-o", "x", "empty"], "", 4),
    "it halts": (["-n", "-o", "x", "1, halt, 2"], "1\n", 0),
    "it ends itself well": (["-n", "-o", "x", '1, ("" | halt_error(0)), 2'], "1\n", 0),
}


@pytest.mark.parametrize(("argv", "content", "code"), KEPT.values(), ids=KEPT)
def test_a_run_that_ends_well_leaves_its_file(
    argv: list[str], content: str, code: int, home: Path, work: Path
) -> None:
    assert command(home, argv).code == code
    assert files(work) == {"x": content}


BEFORE_THE_ERROR = {
    "table": "value\n─────\n    1\n    2\n",
    "markdown": "| value |\n| ---: |\n| 1 |\n| 2 |\n",
    "csv": "value\n1\n2\n",
    "ndjson": "1\n2\n",
}


@pytest.mark.parametrize("form", BEFORE_THE_ERROR)
@pytest.mark.parametrize(
    "failure", ['error("x")', "def f: [f]; f", '"x" | halt_error', "try error(null) catch error"]
)
def test_every_result_is_written_before_the_error(form: str, failure: str) -> None:
    argv = [sys.executable, "-m", "ocpiq", "-n", "--to", form, f"1, 2, ({failure})"]
    run = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    written = run.stdout.decode()
    assert run.returncode == 5
    assert written.startswith(BEFORE_THE_ERROR[form]) and len(written) > len(BEFORE_THE_ERROR[form])


# ---------------------------------------------------------------- for whom

SAVED = '{"id":"S1","kwh":1.5}\n'
FROM_FILE = ("-q", "--source", "sessions=s.ndjson")
MODES = {
    "passed": ([*FROM_FILE, "sessions pass kwh"], 0o600),
    "only": ([*FROM_FILE, "sessions only id, kwh"], 0o600),
    "passed and added up": ([*FROM_FILE, "sessions pass kwh | aggregate sum(.kwh)"], 0o600),
    "in the second of two": ([*FROM_FILE, "(sessions | .id), (sessions pass kwh | .id)"], 0o600),
    "get": (["get", *FROM_FILE, "--privacy-pass", "kwh", "sessions"], 0o600),
    "only what passes by default": ([*FROM_FILE, "sessions"], 0o644),
    "plain JSON": (["-n", "1"], 0o644),
    "--mode": ([*FROM_FILE, "--mode", "640", "sessions pass kwh"], 0o640),
    "--mode with a zero": ([*FROM_FILE, "--mode=0660", "sessions pass kwh"], 0o660),
    "--mode of plain JSON": (["-n", "--mode", "600", "1"], 0o600),
}


@pytest.mark.parametrize(("argv", "mode"), MODES.values(), ids=MODES)
def test_a_new_file_is_for_its_owner_if_it_holds_what_was_passed(
    argv: list[str], mode: int, home: Path, work: Path
) -> None:
    (work / "s.ndjson").write_text(SAVED)
    before = os.umask(0o022)
    try:
        assert command(home, [*argv, "-o", "x"]).code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((work / "x").stat().st_mode) == mode


@pytest.mark.parametrize(("words", "mode"), [((), 0o664), (("--mode", "600"), 0o600)])
def test_a_file_that_exists_keeps_its_mode(words: tuple[str, ...], mode: int, home: Path, work: Path) -> None:
    (work / "s.ndjson").write_text(SAVED)
    (work / "x").touch()
    (work / "x").chmod(0o664)
    assert command(home, [*FROM_FILE, *words, "-o", "x", "sessions pass kwh"]).code == 0
    assert stat.S_IMODE((work / "x").stat().st_mode) == mode


@pytest.mark.parametrize(("before", "mode"), [(None, 0o600), (0o640, 0o640)])
def test_a_partial_file_is_for_no_more_people(
    before: int | None, mode: int, platform: Platform, home: Path, work: Path
) -> None:
    platform.special = fails_from(8)  # type: ignore[assignment]
    (work / "x.partial").touch(0o644)
    if before is not None:
        (work / "x").touch()
        (work / "x").chmod(before)
    assert command(home, ["-q", "-o", "x", "sessions pass kwh"]).code == 8
    assert stat.S_IMODE((work / "x.partial").stat().st_mode) == mode


@pytest.mark.parametrize("mode", ["", "rw", "8", "888", "1777", "64", "-640", "0o640", "６４０"])
def test_what_is_no_mode_is_refused(mode: str, home: Path, work: Path) -> None:
    run = command(home, ["-n", "-o", "x", f"--mode={mode}", "1"])
    assert (run.code, run.err) == (2, "error: --mode takes a file mode in octal (such as --mode 640)\n")


@pytest.mark.parametrize("words", [(), ("-o", "-"), ("-o", "/dev/stdout"), ("-o", "/dev/null")])
def test_mode_needs_a_file(words: tuple[str, ...], home: Path) -> None:
    run = command(home, ["-n", "--mode", "600", *words, "1"])
    assert (run.code, run.err) == (2, "error: --mode needs a file (-o FILE)\n")


# ---------------------------------------------------------------- what a killed run leaves

LEFT = (".x.abcd.ocpiq-part", ".another.csv.efgh.ocpiq-part")
NOT_OURS = (".x.swp", "x.ocpiq-part", ".x.ocpiq-party", "x.partial")


def test_what_a_killed_run_left_is_removed_by_the_next(home: Path, work: Path) -> None:
    for name in (*LEFT, *NOT_OURS):
        (work / name).touch()
    assert command(home, ["-n", "-o", "y", "1"]).code == 0
    assert sorted(files(work)) == sorted((*NOT_OURS, "y"))


# ---------------------------------------------------------------- nothing else is on disk

MARKER = "Qz7private"
RUNS = {
    "a run": (["-q", "-o", "x", "sessions pass kwh"], 99, 0, ["x"]),
    "an incomplete one": (["-q", "-o", "x", "sessions pass kwh"], 4, 8, ["x.partial"]),
    "one that fails": (
        ["-q", "-o", "x", 'sessions pass kwh | if .id == "S5" then error("x") else . end'],
        99,
        5,
        [],
    ),
    "one that sorts": (["-q", "-o", "x", "sessions pass kwh | sort by .id"], 99, 0, ["x"]),
    "one that prints": (["-q", "sessions pass kwh"], 99, 0, []),
}


@pytest.mark.parametrize(("argv", "offset", "code", "made"), RUNS.values(), ids=RUNS)
def test_a_run_leaves_nothing_of_the_data_but_its_results(
    argv: list[str],
    offset: int,
    code: int,
    made: list[str],
    platform: Platform,
    home: Path,
    work: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TMPDIR", "OCPIQ_CACHE", "OCPIQ_STATE"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    platform.objects = [{"id": f"S{number}", "kwh": MARKER} for number in range(10)]
    platform.special = fails_from(offset)  # type: ignore[assignment]
    assert command(home, argv).code == code
    folders = [home, work, *(tmp_path / name for name in ("TMPDIR", "OCPIQ_CACHE", "OCPIQ_STATE"))]
    written = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    holding = [path.name for path in written if MARKER.encode() in path.read_bytes()]
    assert holding == made
    assert list(files(work)) == made
    assert not [path for path in (tmp_path / "TMPDIR").rglob("*") if path.is_file()]


def test_a_login_is_a_file_that_only_its_owner_can_read(platform: Platform, home: Path) -> None:
    holding = [path for path in home.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in holding] == [0o600]
    assert command(home, ["logout"]).code == 0
    assert not [path for path in home.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


# ---------------------------------------------------------------- saved pages

ONE = {"id": "S1", "kwh": 1.5}
SHAPES = {
    "answers": envelope([ONE, ONE]),
    "an array": json.dumps([ONE, ONE]).encode(),
    "an object a line": b"".join(json.dumps(ONE).encode() + b"\n" for _ in range(2)),
    "objects over lines": json.dumps([ONE, ONE], indent=2).encode(),
}


@pytest.mark.parametrize("content", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("where", ["pages.json", "pages/"])
def test_saved_pages_are_read_in_every_form(
    content: bytes, packed: bool, where: str, home: Path, work: Path
) -> None:
    (work / "pages").mkdir()
    (work / ("pages/1" if where == "pages/" else where)).write_bytes(
        gzip.compress(content) if packed else content
    )
    run = command(home, ["-q", "--source", f"sessions={where}", "sessions pass kwh | .kwh"])
    assert (run.out, run.err, run.code) == (b"1.5\n1.5\n", "", 0)


# ---------------------------------------------------------------- descriptors and devices


@pytest.mark.parametrize(
    "path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/thread-self/fd/1", "link"]
)
def test_a_descriptor_is_written_to_where_it_stands(path: str, home: Path, work: Path) -> None:
    """`>> FILE` appends: the file that standard output leads to must not be replaced."""
    (work / "link").symlink_to("/dev/stdout")
    (work / "out").write_text("before\n")
    with (work / "out").open("ab") as out:
        saved = os.dup(1)
        os.dup2(out.fileno(), 1)
        try:
            run = command(home, ["-n", "-o", path, "1"])
        finally:
            os.dup2(saved, 1)
            os.close(saved)
    assert run.code == 0
    assert (work / "out").read_text() == "before\n1\n"


@pytest.mark.parametrize("path", ["/dev/fd/99", "/dev/fd/x", "no/x", "."])
def test_what_cannot_be_written_is_an_error(path: str, home: Path, work: Path) -> None:
    run = command(home, ["-n", "-o", path, "1"])
    assert run.code == 2 and run.err.startswith("error: cannot write ") and run.err.count("\n") == 1


# ---------------------------------------------------------------- formats that need a file of their own


class Database:
    """A sink that cannot be a stream: values as rows of SQLite."""

    def __init__(self, target: Target, columns: Columns, settings: FormatSettings) -> None:
        assert target.path is not None
        self.names = list(columns.fields)
        self.connection = sqlite3.connect(target.path)
        self.connection.execute(f"create table results ({', '.join(self.names)})")
        self.waiting: list[tuple[object, ...]] = []

    def write(self, value: object) -> None:
        assert isinstance(value, dict)
        self.waiting.append(tuple(value[name] for name in self.names))

    def flush(self) -> None:
        marks = ", ".join("?" for _ in self.names)
        self.connection.executemany(f"insert into results values ({marks})", self.waiting)
        self.waiting.clear()
        self.connection.commit()

    def close(self) -> None:
        self.flush()
        self.connection.close()

    def discard(self) -> None:
        self.connection.close()


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("ocpiq.sinks.of_a_test")
    module.database = Database  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    form = Format("database", "SQLite", "of_a_test:database", (".test-db",), rows=True, target="file")
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, form))
    monkeypatch.setitem(registry.ENDINGS, ".test-db", form)


def rows(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select * from results").fetchall()


@pytest.mark.parametrize(
    ("offset", "count", "code", "name"), [(99, 10, 0, "x.test-db"), (8, 10, 8, "x.test-db.partial")]
)
def test_a_format_that_needs_a_path_fits(
    offset: int, count: int, code: int, name: str, platform: Platform, home: Path, work: Path, database: None
) -> None:
    platform.special = fails_from(offset)  # type: ignore[assignment]
    assert command(home, ["-q", "-o", "x.test-db", "sessions only id"]).code == code
    assert [path.name for path in work.iterdir()] == [name]
    assert rows(work / name) == [(f"S{number}",) for number in range(count)]


def test_it_leaves_nothing_where_a_run_fails(home: Path, work: Path, database: None) -> None:
    assert command(home, ["-n", "-o", "x.test-db", '{a: 1}, error("x")']).code == 5
    assert files(work) == {}


def test_it_is_refused_where_there_is_no_file(home: Path, work: Path, database: None) -> None:
    run = command(home, ["-n", "--to", "database", "{a: 1}"])
    assert (run.code, run.err) == (2, "error: --to database needs a file (-o NAME.test-db)\n")


def test_a_package_that_is_missing_is_said_before_anything_is_fetched(
    platform: Platform, home: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Format("far", "far away", "far:far", target="binary", extra="far", packages=("no_such_package",))
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, form))
    platform.requests.clear()
    run = command(home, ["--to", "far", "sessions"])
    assert (run.code, run.err) == (2, "error: --to far needs no_such_package (pip install 'ocpiq[far]')\n")
    assert platform.requests == []
