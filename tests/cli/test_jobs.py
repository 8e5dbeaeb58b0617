"""`--jobs N`: saved pages are read by several processes, with the results, messages and exit codes of one."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.cli import Outcome, command

CDRS = [
    {
        "id": f"C{number}",
        "currency": "EUR" if number % 3 else "GBP",
        "total_energy": number / 7,
        "last_updated": "2026-01-01T00:00:00Z",
    }
    for number in range(2_000)
]


@pytest.fixture
def folder(home: Path) -> Path:
    """A folder with pages of every form: an envelope, lines, compressed lines, an array."""
    pages = home.parent / "pages"
    pages.mkdir()
    lines = [json.dumps(cdr) for cdr in CDRS]
    (pages / "page1.json").write_text(
        json.dumps({"data": CDRS[:300], "status_code": 1000, "timestamp": "x"}), "utf-8"
    )
    (pages / "page2.ndjson").write_text("\ufeff\n" + "\n".join(lines[300:1200]), "utf-8")
    (pages / "page3.ndjson.gz").write_bytes(gzip.compress("\n".join(lines[1200:1700]).encode() + b"\n"))
    (pages / "page10.json").write_text(json.dumps(CDRS[1700:]), "utf-8")
    return pages


def run(home: Path, folder: Path, query: str, *words: str) -> Outcome:
    return command(home, ["-q", "--source", f"cdrs={folder}", *words, query])


QUERIES = [
    "cdrs",
    "cdrs pass total_energy | select(.total_energy > 100) | [.id, .total_energy]",
    "cdrs pass total_energy | aggregate {n: count, kwh: sum(.total_energy), m: median(.total_energy)} by .currency",
    "cdrs pass total_energy | top 5 by .total_energy | .id",
    "cdrs | limit 3 | .id",
    "cdrs | distinct by .currency | .id",
    "cdrs pass total_energy | aggregate count by .currency | {n: .count}",
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_bytes_are_those_of_one_process(home: Path, folder: Path, query: str) -> None:
    one = run(home, folder, query, "--jobs", "1")
    several = run(home, folder, query, "--jobs", "3")
    assert one.code == 0
    assert several == one


ODD = [
    rb'{"id":"\\ud800","total_energy":-0.0,"currency":"\\u0000","total_cost":{"excl_vat":1.50}}',
    b'{"id":"\xff\x7f","total_energy":123456789012345678901234567890,"currency":[1,{"a":null}]}',
    b'{"id":"\xc3\xa9\xe2\x80\xa8","total_energy":1e-7,"currency":"a\\tb","last_updated":null,"id":"twice"}',
    b'{"total_energy":1e999,"remark":[[[]]]}',
]
STYLES = [
    (),
    ("-r",),
    ("-S",),
    ("-a", "-c"),
    ("--seq", "--tab"),
    ("--indent", "3"),
    ("-C",),
    ("--raw-output0",),
    ("-e",),
    ("--to", "json"),
    ("--to", "csv"),
    ("--unbuffered",),
]
EACH = [
    "cdrs pass .",
    "cdrs pass total_energy | {id, e: .total_energy, double: (.total_energy * 2)}",
    "cdrs | .currency",
    "cdrs | empty",
    "cdrs | false",
    "cdrs | (.id, null)",
]


@pytest.mark.parametrize(
    ("style", "query"),
    [
        *((style, query) for query in ("cdrs", "cdrs | .id") for style in STYLES),
        *((("-e",), query) for query in EACH),
    ],
)
def test_results_that_processes_write_are_those_of_one(
    home: Path, folder: Path, style: tuple[str, ...], query: str
) -> None:
    """In any style, with the exit code of the last result, up to an error of the style."""
    (folder / "page2.ndjson").write_bytes(
        b"\n".join([*ODD, *[json.dumps(cdr).encode() for cdr in CDRS[:90]]])
    )
    one, several = (run(home, folder, query, *style, "--jobs", jobs) for jobs in ("1", "2"))
    assert several == one


def test_a_manifest_is_that_of_one_process(home: Path, folder: Path) -> None:
    """Also in the number of pages: lines that a part ends with are one page with those that the next begins with."""
    files = []
    for jobs in ("1", "2"):
        words = [
            "-q",
            "--source",
            f"cdrs={folder}",
            "-o",
            str(home / "x.ndjson"),
            "--manifest",
            "--jobs",
            jobs,
        ]
        outcome = command(home, [*words, "cdrs | {id}"], SOURCE_DATE_EPOCH="1796000000")
        assert (outcome.code, outcome.err) == (0, "")
        files.append(outcome.saved)
    assert files[0]["x.ndjson"].endswith(b'{"id":"C1999"}\n')
    assert files[1] == files[0]


@pytest.mark.parametrize(
    "query",
    [
        'cdrs pass total_energy | if .id == "C1500" then error("no") else .id end',
        "cdrs | .id | tonumber",
        "cdrs | select(.total_energy > 1)",
        "cdrs pass total_energy | aggregate sum(.id | tonumber)",
    ],
)
def test_errors_are_those_of_one_process(home: Path, folder: Path, query: str) -> None:
    """The results before the error are written, and it names its place in the query."""
    one = run(home, folder, query, "--jobs", "1")
    several = run(home, folder, query, "--jobs", "2")
    assert one.code in (5, 7)
    assert (several.out, several.err, several.code) == (one.out, one.err, one.code)


def test_variables_zone_and_imports_reach_the_processes(home: Path, folder: Path) -> None:
    library = home.parent / "library"
    library.mkdir()
    (library / "units.jq").write_text("def watts: . * 1000;", "utf-8")
    query = (
        'import "units" as u; cdrs pass total_energy, last_updated | select(.currency == $c)'
        " | aggregate sum(.total_energy | u::watts) by {d: (.last_updated | day)}"
    )
    words = ["-L", str(library), "--arg", "c", "GBP", "--tz", "Pacific/Auckland"]
    one = run(home, folder, query, *words, "--jobs", "1")
    assert one.code == 0, one.err
    assert run(home, folder, query, *words, "--jobs", "2") == one


def test_the_right_side_of_a_join_is_read_by_each(home: Path, folder: Path) -> None:
    locations = home.parent / "locations.json"
    locations.write_text(json.dumps([{"id": "L1", "city": "Gent"}]), "utf-8")
    query = 'cdrs | join locations as $l pass city on "L1" == $l.id | {id, city: $l.city} | select(.id == "C1999")'
    run_ = run(home, folder, query, "--source", f"locations={locations}", "--jobs", "2")
    assert (run_.out, run_.err) == (b'{"id":"C1999","city":"Gent"}\n', "")


NET = [
    "aggregate {n: count, kwh: sum(.total_energy), cost: avg(.total_cost | excl_vat)} by .currency",
    "sort by .total_energy | aggregate {m: median(.total_energy), ids: collect(.id)}",
    "join locations as $l pass city on .currency == $l.id | aggregate sum(.total_energy) by {city: $l.city}",
    "aggregate count_distinct([.id])",
]


@pytest.mark.parametrize("query", NET)
def test_credits_subtract_cdrs_of_other_parts(home: Path, folder: Path, query: str) -> None:
    credits = [
        cdr
        | {"id": f"{cdr['id']}-C", "credit": True, "credit_reference_id": cdr["id"]}
        | {"total_cost": {"excl_vat": 2}, "total_energy": -cdr["total_energy"]}  # type: ignore[operator]
        for cdr in [*CDRS[5::7], {**CDRS[0], "id": "not here \ud800"}]
    ]
    originals = [cdr | {"total_cost": {"excl_vat": -2}} for cdr in CDRS[5::9]]
    lines = [json.dumps(cdr) + "\n" for cdr in (*credits[:90], *originals, *credits[90:])]
    (folder / "page4.ndjson").write_text("".join(lines), "utf-8")
    locations = home.parent / "locations.json"
    locations.write_text(json.dumps([{"id": "EUR", "city": "Gent"}, {"id": "GBP", "city": "Leeds"}]), "utf-8")
    words = ["--source", f"locations={locations}", "--jobs"]
    text = f"cdrs net pass total_energy, total_cost | {query}"
    one, several = run(home, folder, text, *words, "1"), run(home, folder, text, *words, "3")
    assert (one.code, one.err) == (0, "")
    assert several == one


IN_ONE_PROCESS = {
    "[cdrs | .id] | length": "`[…]` holds all objects at once (write it with aggregate collect, or aggregate",
    "reduce (cdrs | .id) as $x (0; . + 1)": "`reduce` takes the objects one after the other (write it with aggregate)",
    "[foreach (cdrs | .id) as $x (0; . + 1)] | length": "`[…]` holds all objects at once (write it with aggregate",
    "foreach (cdrs | .id) as $x (0; . + 1)": "`foreach` takes the objects one after the other (write it with aggregate",
    "cdrs newest 3 | .id": "`newest` depends on all pages (write it with top)",
    "first(cdrs | .id)": "it stops in the middle of the objects (write it with limit)",
    "label $out | cdrs | .id, break $out": "it stops in the middle of the objects (write it with limit)",
    "isempty(cdrs)": "it stops in the middle of the objects (write it with limit)",
    "limit(3; cdrs) | .id": "a condition decides whether the source is read (put the condition after the source",
    "if true then cdrs else empty end | .id": "a condition decides whether the source is read (put the condition",
    '(cdrs | .id) // "none"': "`//` stops in the middle of the objects (put it after the source: cdrs | (… // …))",
    "try (cdrs | .id) catch .": "`try` stops in the middle of the objects (put it after the source: cdrs | try …)",
    "cdrs, cdrs | .id": "`,` reads one source after the other (run it once for each source)",
    "{a: (cdrs | .id)}": "the source is used within an expression (begin with the source: cdrs | …)",
    "cdrs | [.id, input_line_number]": "`input_line_number` depends on the input that was read last (leave it out)",
    "cdrs | .id | halt": "`halt` ends the run (leave it out)",
    "cdrs pass total_energy as aggregate | aggregate sum(.total_energy)": "(one process reads it: leave out --jobs and",
}


@pytest.mark.parametrize("query", IN_ONE_PROCESS)
def test_what_cannot_be_split_says_why_and_how_to_write_it(home: Path, folder: Path, query: str) -> None:
    """With --jobs one process reads it; a cluster refuses it before it is reached."""
    one, several = run(home, folder, query), run(home, folder, query, "--jobs", "2")
    assert one.code == 0
    assert (several.out, several.code) == (one.out, 0)
    assert several.err.startswith("warning: --jobs has no effect: the query cannot run in parts: ")
    assert IN_ONE_PROCESS[query] in several.err
    explained = command(home, ["explain", query]).out.decode()
    assert IN_ONE_PROCESS[query] in " ".join(explained.split())
    refused = run(home, folder, query, "--cluster", "local:2")
    assert (refused.out, refused.code) == (b"", 2)
    assert IN_ONE_PROCESS[query] in refused.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--jobs", "0"], "--jobs takes a whole number from 1 to 64"),
        (["--jobs", "many"], "--jobs takes a whole number from 1 to 64"),
    ],
)
def test_wrong_numbers_are_refused(home: Path, folder: Path, words: list[str], message: str) -> None:
    refused = run(home, folder, "cdrs", *words)
    assert (refused.code, message in refused.err) == (2, True)


@pytest.mark.parametrize("jobs", ["1", "3"])
@pytest.mark.parametrize("query", ["cdrs during 2026-01 | .id", "cdrs during 2026-01 | aggregate count(.id)"])
def test_an_incomplete_part_makes_the_whole_incomplete(
    home: Path, folder: Path, query: str, jobs: str
) -> None:
    """Objects whose end of charging cannot be read: the results so far are written, and the exit code is 8."""
    ends = ["2026-01-05T00:00:00Z", "never"]
    dated = [cdr | {"end_date_time": end} for end in ends for cdr in CDRS[:50]]
    (folder / "page2.ndjson").write_text("".join(json.dumps(cdr) + "\n" for cdr in dated), "utf-8")
    incomplete = run(home, folder, query, "--jobs", jobs)
    assert incomplete.code == 8
    assert len(incomplete.out.splitlines()) == (1 if "aggregate" in query else 50)
    assert "1150 of 1200 objects could be compared" in incomplete.err


@pytest.mark.parametrize("query", ["cdrs | .id", "cdrs | aggregate count"])
def test_a_damaged_file_is_named(home: Path, folder: Path, query: str) -> None:
    damaged = folder / "page3.ndjson.gz"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    one, several = (run(home, folder, query, "--jobs", jobs) for jobs in ("1", "2"))
    assert several.code == one.code == 2
    assert str(damaged) in several.err
    assert several.err == one.err


def test_warnings_and_the_summary_are_those_of_one_process(home: Path, folder: Path) -> None:
    """Also of lines: page and index of what is no object are those that one process says."""
    lines = (folder / "page2.ndjson").read_text("utf-8").splitlines()
    lines[830] = lines[899] = "5"
    (folder / "page2.ndjson").write_text("\n".join(lines), "utf-8")
    with (folder / "page10.json").open("w", encoding="utf-8") as file:
        json.dump([*CDRS[1700:], 5, {"id": "x", "surplus": 1}], file)
    words = ["--source", f"cdrs={folder}", "cdrs since 2020-01-01 pass last_updated | aggregate count"]
    one, several = (command(home, ["--jobs", jobs, *words]) for jobs in ("1", "3"))
    assert "warning: cdrs: 3 items are not objects, left out (page 18 index 29, page 19 index 48, " in one.err
    assert "cdrs: 2,002 objects, 30 pages" in one.err
    assert several == one


def large(home: Path) -> Path:
    """Return a file of lines that takes a while to read."""
    file = home.parent / "large.ndjson"
    line = json.dumps(
        CDRS[5] | {"charging_periods": [{"dimensions": [{"type": "ENERGY", "volume": 1.5}]}] * 40}
    )
    with file.open("w", encoding="utf-8") as out:
        for _ in range(60_000):
            out.write(line + "\n")
    return file


def start(home: Path, file: Path, query: str) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "ocpiq", "-q", "--jobs", "2", "--source", f"cdrs={file}", query]
    environment = {**os.environ, "HOME": str(home), "OCPIQ_CONFIG": str(home)}
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def workers_of(pid: int) -> list[int]:
    """Return the worker processes of a run, from /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == pid and b"ocpiq.runners.worker" in words:
            found.append(int(folder.name))
    return found


NESTED = (
    "cdrs pass charging_periods | .charging_periods[].dimensions[] | aggregate {n: count, s: sum(.volume)}"
)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
class TestEndings:
    """A worker that dies changes nothing; a run that ends takes its workers with it."""

    def test_a_killed_worker_changes_nothing(self, home: Path) -> None:
        run = start(home, large(home), NESTED)
        deadline = time.monotonic() + 60
        while len(workers := workers_of(run.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(workers[0], signal.SIGKILL)
        out, err = run.communicate(timeout=120)
        assert (run.returncode, b"error" in err) == (0, False)
        assert out == b'{"n":2400000,"s":3600000}\n'

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_the_run_and_its_workers(self, home: Path, number: int) -> None:
        run = start(home, large(home), NESTED)
        deadline = time.monotonic() + 60
        while len(workers := workers_of(run.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        run.send_signal(number)
        run.communicate(timeout=30)
        assert run.returncode == 128 + number
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)

    def test_a_closed_pipe_ends_the_run(self, home: Path) -> None:
        run = start(home, large(home), "cdrs | .id")
        assert run.stdout is not None
        assert run.stdout.readline() == b'"C5"\n'
        run.stdout.close()
        assert run.stderr is not None
        with run.stderr as said:
            run.wait(timeout=30)
            assert said.read() == b""
