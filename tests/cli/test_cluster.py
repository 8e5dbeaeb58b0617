"""`--cluster`: saved pages are read on a Dask cluster, with the bytes of one process, also if a worker is killed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Outcome, command

CDRS = [{"id": f"C{n}", "currency": "EUR" if n % 3 else "GBP", "total_energy": n / 7} for n in range(3_000)]
SUM = "cdrs pass total_energy | aggregate {n: count, kwh: sum(.total_energy)} by .currency"

DASK_SCHEDULER = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
DASK_WORKER = [sys.executable, "-m", "distributed.cli.dask_worker"]

pytestmark = pytest.mark.slow


@pytest.fixture
def pages(home: Path) -> Path:
    folder = home.parent / "pages"
    folder.mkdir()
    for number in range(6):
        lines = (json.dumps(cdr) + "\n" for cdr in CDRS[number * 500 : number * 500 + 500])
        (folder / f"page{number}.ndjson").write_text("".join(lines), "utf-8")
    return folder


def run(home: Path, pages: Path, query: str, *words: str) -> Outcome:
    return command(home, ["-q", "--source", f"cdrs={pages}", *words, query])


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers, as a user does on several machines; yield the address and the workers."""
    scheduler = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
        ],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    started: list[subprocess.Popen[bytes]] = []
    try:
        assert scheduler.stderr is not None
        for line in scheduler.stderr:
            if match := re.search(rb"tcp://127\.0\.0\.1:\d+", line):
                address = match[0].decode()
                break
        threading.Thread(target=scheduler.stderr.read, daemon=True).start()
        for _ in range(workers):
            words = [
                sys.executable,
                "-m",
                "distributed.cli.dask_worker",
                address,
                "--no-nanny",
                "--no-dashboard",
                "--nthreads",
                "1",
            ]
            started.append(subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        from distributed import Client

        with Client(address, timeout=30) as client:
            if workers:
                client.wait_for_workers(workers, timeout=60)
        yield address, started
    finally:
        for process in (*started, scheduler):
            process.kill()
            process.wait()
        scheduler.stderr.close()  # type: ignore[union-attr]


def test_a_cluster_of_this_machine_gives_the_bytes_of_one_process(home: Path, pages: Path) -> None:
    one = run(home, pages, SUM)
    assert run(home, pages, SUM, "--cluster", "local:2") == one
    failing = 'cdrs | if .id == "C1200" then error("no") else .id end'
    single, several = run(home, pages, failing), run(home, pages, failing, "--cluster", "local:2")
    assert (several.out, several.err, several.code) == (single.out, single.err, single.code)


def kill_one_that_works(address: str, killed: list[int]) -> None:
    """Kill a worker that has a part to do, once there is one."""
    from distributed import Client

    with Client(address, timeout=30) as client:
        processes = client.run(os.getpid)
        deadline = time.monotonic() + 60
        while not (busy := [name for name, parts in client.processing().items() if parts]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(processes[busy[0]], signal.SIGKILL)
        killed.append(processes[busy[0]])


def test_a_killed_worker_changes_nothing(home: Path, pages: Path) -> None:
    """Its parts run again on another; the results are the same bytes."""
    slow = "cdrs pass total_energy | aggregate {n: count, s: sum([range(20000)] | length)}"
    one = run(home, pages, slow)
    with cluster(2) as (address, workers):
        killed: list[int] = []
        thread = threading.Thread(target=kill_one_that_works, args=(address, killed))
        thread.start()
        several = run(home, pages, slow, "--cluster", address)
        thread.join()
        assert several == one
        assert killed == [worker.pid for worker in workers if worker.pid in killed and worker.wait(30)]
        assert run(home, pages, SUM, "--cluster", address) == run(home, pages, SUM)


def test_a_cluster_without_workers_says_so(home: Path, pages: Path) -> None:
    with cluster(0) as (address, _):
        refused = run(home, pages, SUM, "--cluster", address)
    assert refused.code == 2
    assert "the cluster has no worker (start one: dask worker" in refused.err


def test_a_worker_of_another_version_is_refused(
    home: Path, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cluster(1) as (address, _):
        monkeypatch.setattr("ocpiq.runners.dask.__version__", "99.0")
        refused = run(home, pages, SUM, "--cluster", address)
    assert refused.code == 2
    assert re.search(
        r"a worker of the cluster has ocpiq \S+ \(install ocpiq 99\.0 on all workers\)", refused.err
    )
    assert refused.err.count("error") == 1


REFUSED = {
    "not an address": (["--cluster", "here"], SUM, "--cluster takes the address of a Dask cluster"),
    "nobody there": (["--cluster", "tcp://127.0.0.1:9"], SUM, "cannot be reached"),
    "two ways": (["--cluster", "local:2", "--jobs", "2"], SUM, "--jobs and --cluster exclude each other"),
    "not in parts": (["--cluster", "local:2"], "[cdrs | .id] | length", "the query cannot run in parts"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_run_is_refused_in_one_line(
    home: Path, pages: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ocpiq.runners.dask.CONNECTING", 1)
    words, query, message = REFUSED[case]
    refused = run(home, pages, query, *words)
    assert (refused.code, refused.out) == (2, b"")
    assert message in refused.err


def test_a_damaged_file_is_named_and_an_incomplete_part_ends_with_8(home: Path, pages: Path) -> None:
    during = "cdrs during 2026-01 | aggregate count(.id)"
    unreadable = CDRS[0] | {"end_date_time": "never"}
    (pages / "page2.ndjson").write_text(json.dumps(unreadable) + "\n", "utf-8")
    one, several = (run(home, pages, during, *words) for words in ([], ["--cluster", "local:2"]))
    assert one.code == 8
    assert (several.out, several.err, several.code) == (one.out, one.err, one.code)
    damaged = pages / "page4.ndjson"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    one, several = (run(home, pages, SUM, *words) for words in ([], ["--cluster", "local:2"]))
    assert (one.code, str(damaged) in one.err) == (2, True)
    assert (several.out, several.err, several.code) == (one.out, one.err, one.code)


@pytest.mark.skipif(
    not Path("/proc/self/cwd").exists(), reason="names a folder that each process has for itself"
)
def test_a_worker_without_the_files_is_said(home: Path, pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path("/proc/self/cwd") / pages.name
    with cluster(1) as (address, _):
        monkeypatch.chdir(pages.parent)
        several = run(home, own, SUM, "--cluster", address)
    one = run(home, own, SUM)
    assert (several.out, several.code) == (one.out, 0)
    assert several.err.count("a worker of the cluster could not do its part, which was done here") == 1


def test_a_platform_is_not_read_on_a_cluster(home: Path) -> None:
    refused = command(home, ["--demo", "--cluster", "local:2", "cdrs | .id"])
    assert refused.code == 2
    assert (
        "only saved pages and snapshots are read on a cluster (save the pages first: ocpiq get, or ocpiq pull"
        in refused.err
    )


def test_the_key_of_a_recipient_stays_on_this_machine(home: Path, pages: Path) -> None:
    assert command(home, ["recipient", "add", "utrecht"]).code == 0
    query = "cdrs pass cdr_token.uid as pseudonym | .cdr_token.uid"
    refused = run(home, pages, query, "--recipient", "utrecht", "--cluster", "tcp://127.0.0.1:9")
    assert refused.code == 2
    assert "the recipient's key stays on this one (--jobs, or --cluster local:4)" in refused.err


def test_without_the_extra_the_fix_is_named(home: Path, pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocpiq.app.read_settings.find_spec", lambda _: None)
    refused = run(home, pages, SUM, "--cluster", "local:2")
    assert refused.code == 2
    assert "--cluster needs distributed (pip install 'ocpiq[dask]')" in refused.err
