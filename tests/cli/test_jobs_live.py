"""`--jobs N` over a platform: one process pulls, others open the pages, with the bytes and messages of one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.faults import FAULTS
from support.platforms import BASE64, TOKEN, Platform, Request, serving
from support.recipients import config_with_recipient
from support.rows import RECIPIENT
from test_jobs import workers_of

from ocpiq.gate import PageBody, PageOwner
from ocpiq.gate.forwarding import PageCounts
from ocpiq.query import compile
from ocpiq.runners import processes, worker
from ocpiq.runners.frames import read_frame, write_frame
from ocpiq.runners.job import Job, Task, encode_job, encode_task, pack_variables

QUERIES = [
    "cdrs | .id",
    "cdrs pass total_energy | aggregate {n: count, kwh: sum(.total_energy)} by .currency",
    "cdrs pass charging_periods | .charging_periods[].dimensions[] | aggregate {n: count, s: sum(.volume)}",
    "cdrs pass cdr_location.id | join (locations pass city) as $l on .cdr_location.id == $l.id"
    " | aggregate count by {c: $l.city}",
    "evses | .status",
    "cdrs during 2026-01 | aggregate count",
    "cdrs net pass total_energy | aggregate sum(.total_energy)",
    "cdrs | .id | tonumber",
    'cdrs | if .currency == "EUR" then error("no") else . end',
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_bytes_and_messages_are_those_of_one_process(home: Path, query: str) -> None:
    one, several = (command(home, ["--demo", "--jobs", jobs, query]) for jobs in ("1", "2"))
    assert several == one


@contextmanager
def logged_in(home: Path, platform: Platform) -> Iterator[None]:
    """Serve a platform, and log in to it."""
    with serving(platform):
        words = ["login", platform.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", "test"]
        assert command(home, words).code == 0
        yield


def both(home: Path, name: str, query: str) -> tuple[Outcome, Outcome]:
    """Run a query on a faulty platform with one process, and on another one like it with two."""
    outcomes = []
    for jobs in ("1", "2"):
        with logged_in(home, FAULTS[name].platform()):
            outcomes.append(command(home, ["-q", "--jobs", jobs, "--parallel", "1", query]))
    return outcomes[0], outcomes[1]


def said(outcome: Outcome) -> list[str]:
    """Return what a run said; its warnings may come earlier, and the platform has another port."""
    return sorted(re.sub(r"127\.0\.0\.1:\d+", "HOST", outcome.err).splitlines())


SOME_FAULTS = [
    "objects repeated",
    "order shuffled and no total",
    "an object gone in the middle, and links without offsets",
    "the oldest replaced at each page, and links without offsets",
    "objects with the same id on different pages",
    "objects without an id",
    "empty pages without end",
    "204 for an empty list",
    "token refused on the way",
]


@pytest.mark.parametrize("name", SOME_FAULTS)
def test_faults_of_platforms_are_handled_alike(home: Path, name: str) -> None:
    one, several = both(home, name, "cdrs | .id")
    assert (several.out, several.code) == (one.out, one.code)
    assert said(several) == said(one)


def test_neither_the_token_nor_a_file_reaches_the_workers(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[bytes] = []
    write, start = processes.write_frame, subprocess.Popen
    environments: list[dict[str, str]] = []

    def recorded(stream: object, data: bytes) -> None:
        frames.append(data)
        write(stream, data)  # type: ignore[arg-type]

    def started(*words: object, **named: object) -> object:
        environments.append(named["env"])  # type: ignore[arg-type]
        return start(*words, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(processes, "write_frame", recorded)
    monkeypatch.setattr(processes.subprocess, "Popen", started)
    with logged_in(home, Platform(objects=[{"id": "1"}])):
        run = command(home, ["-q", "--jobs", "2", "cdrs | .id"], OCPIQ_TOKEN=TOKEN)
    assert (run.out, run.code, list(run.saved)) == (b'"1"\n', 0, [".config/ocpiq/platforms/test.json"])
    assert len(frames) == 2 and b'"id": "1"' in frames[1]
    assert not [frame for frame in frames if TOKEN.encode() in frame or BASE64.encode() in frame]
    assert not [names for names in environments if TOKEN in names.values()]


def test_of_an_error_a_worker_says_nothing() -> None:
    """The run does the part itself: no message comes back."""
    page = PageBody(b'[{"id":"Jane"}]', (), PageCounts(1, 0, 0, 0, 0), PageOwner("", "2.2.1"))
    for text in ("cdrs | .id | tonumber", 'cdrs | if .id == "Jane" then error(.id) else . end'):
        recipe = compile(text).recipe
        assert recipe is not None
        job = Job(
            recipe, "cdrs", {}, "2.2.1", pack_variables({}), None, 0, 0, platforms={"cdrs": {"": "2.2.1"}}
        )
        tasks, results = BytesIO(), BytesIO()
        for data in (encode_job(job), encode_task(Task(0, pages=(page,)))):
            write_frame(tasks, data)
        tasks.seek(0)
        worker.serve(tasks, results)
        results.seek(0)
        assert read_frame(results) == b""
        assert read_frame(results) is None


def test_audit_pseudonyms_and_treatments_are_those_of_one_process(home: Path) -> None:
    """The recipient's key reaches the workers, and the audit trail has the same counts and the same hash."""
    query = "cdrs only cdr_token.contract_id as pseudonym, total_energy as rounded(5), cdr_location.city"
    settings = {"OCPIQ_CONFIG": str(config_with_recipient()), "SOURCE_DATE_EPOCH": "1796000000"}
    outcomes, entries = [], []
    for jobs in ("1", "2"):
        trail = home / f"trail{jobs}"
        words = ["--demo", "--recipient", RECIPIENT.name, "--audit", str(trail), "--jobs", jobs, query]
        outcomes.append(command(home, words, **settings)._replace(saved={}))
        lines = [json.loads(line) for line in trail.read_text("utf-8").splitlines()]
        entries.append([line | dict.fromkeys(("line", "previous", "time", "run")) for line in lines])
    assert outcomes[0].code == 0
    assert outcomes[1] == outcomes[0]
    assert len(entries[0]) == 2
    assert entries[1] == entries[0]


def test_several_platforms_are_read_as_one(home: Path) -> None:
    west = Platform(objects=[{"id": str(number)} for number in range(9)])
    east = Platform(objects=[{"id": "1"}, {"id": "1-C", "credit": True, "credit_reference_id": "1"}])
    with serving(west), serving(east):
        for name, platform in (("west", west), ("east", east)):
            words = ["login", platform.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", name]
            assert command(home, words).code == 0
        for query in (
            "cdrs | [.platform, .id]",
            "cdrs net | aggregate {n: count} by .platform",
            "cdrs only id",
        ):
            one, several = (
                command(home, ["-q", "--platform", "west,east", "--jobs", jobs, query]) for jobs in ("1", "2")
            )
            assert one.code == 0, one.err
            assert several == one


IN_ONE_PROCESS = {
    "cdrs | limit 3 | .id": "`limit` ends the pull as soon as it has its objects",
    "cdrs newest 3 | .id": "`newest` depends on all pages",
    "reduce (cdrs | .id) as $x (0; . + 1)": "`reduce` takes the objects one after the other",
    'module {ocpi: "2.3.0"}; cdrs pass id | .id': "--as reads the objects in another form",
}


@pytest.mark.parametrize("query", IN_ONE_PROCESS)
def test_what_one_process_must_do_says_why(home: Path, query: str) -> None:
    one, several = (command(home, ["--demo", "-q", "--jobs", jobs, query]) for jobs in ("1", "2"))
    assert (several.out, several.code) == (one.out, one.code) == (one.out, 0)
    assert several.err.startswith("warning: --jobs has no effect: ")
    assert IN_ONE_PROCESS[query] in several.err


def test_a_delivery_is_read_by_one_process(home: Path) -> None:
    words = ["--demo", "-q", "--state", "x", "--all", "-o", str(home / "x_{seq}.ndjson"), "cdrs | .id"]
    run = command(home, ["--jobs", "2", *words])
    assert run.code == 0
    assert "--jobs has no effect: one process decides which objects a delivery hands out (save the" in run.err


def test_saved_pages_are_not_joined_with_a_platform_in_parts(home: Path) -> None:
    pages = home.parent / "cdrs.ndjson"
    pages.write_text('{"id":"C1","cdr_location":{"id":"L1"}}\n', "utf-8")
    query = "cdrs pass cdr_location.id | join locations as $l pass city on .cdr_location.id == $l.id | .id"
    with logged_in(home, Platform(objects=[], modules=("locations",))):
        run = command(home, ["-q", "--jobs", "2", "--source", f"cdrs={pages}", query])
    assert (run.out, run.code) == (b'"C1"\n', 0)
    assert "--jobs has no effect: the right side of a join is a platform, and the left side is not" in run.err


class Halfway:
    """A platform with 40 MB of CDRs that waits in the middle until the test lets it go on."""

    def __init__(self) -> None:
        periods = [{"dimensions": [{"type": "ENERGY", "volume": 1.5}]}] * 200
        cdrs = [{"id": f"C{number}", "charging_periods": periods} for number in range(4_000)]
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.platform = Platform(objects=cdrs, cap=100, special={"cdrs": self.wait})

    def wait(self, request: Request) -> None:
        if int(request.query.get("offset", 0)) >= 2_500:
            self.reached.set()
            assert self.go_on.wait(120)


NESTED = (
    "cdrs pass charging_periods | .charging_periods[].dimensions[] | aggregate {n: count, s: sum(.volume)}"
)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
class TestEndings:
    """A worker that dies changes nothing; a run that ends takes its workers with it."""

    @contextmanager
    def halfway(self, home: Path) -> Iterator[tuple[Halfway, subprocess.Popen[bytes], list[int]]]:
        """Run a query until the platform waits in the middle; the workers have pages by then."""
        halfway = Halfway()
        with logged_in(home, halfway.platform):
            words = [sys.executable, "-m", "ocpiq", "-q", "--jobs", "2", "--parallel", "1", NESTED]
            environment = {name: value for name, value in os.environ.items() if "OCPIQ" not in name}
            environment["HOME"] = str(home)
            run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
            try:
                assert halfway.reached.wait(120)
                workers = workers_of(run.pid)
                assert len(workers) == 2
                yield halfway, run, workers
            finally:
                halfway.go_on.set()
                run.kill()
                run.communicate()

    def test_a_killed_worker_changes_nothing(self, home: Path) -> None:
        with self.halfway(home) as (halfway, run, workers):
            os.kill(workers[0], signal.SIGKILL)
            halfway.go_on.set()
            out, err = run.communicate(timeout=120)
            assert (run.returncode, out) == (0, b'{"n":800000,"s":1200000}\n')
            assert b"error" not in err

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_the_run_and_its_workers(self, home: Path, number: int) -> None:
        with self.halfway(home) as (_, run, workers):
            run.send_signal(number)
            run.communicate(timeout=60)
            assert run.returncode == 128 + number
            for pid in workers:
                _wait_for_end(pid)

    def test_a_killed_run_takes_its_workers_with_it(self, home: Path) -> None:
        with self.halfway(home) as (_, run, workers):
            run.kill()
            for pid in workers:
                _wait_for_end(pid)


def _wait_for_end(pid: int) -> None:
    """Wait until a process has ended; it may stay as a zombie of a parent that does not ask for it."""
    for _ in range(600):
        try:
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return
        except OSError:
            return
        threading.Event().wait(0.05)
    raise AssertionError("a worker goes on")
