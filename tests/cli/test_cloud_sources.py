"""`--source MODULE=s3://…`: saved pages in S3 are read like files of this machine, or one line says why not."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.cli import command

CDRS = [{"id": f"C{n}", "currency": "EUR" if n % 3 else "GBP", "total_energy": n / 7} for n in range(2_000)]
LINES = [json.dumps(cdr).encode() + b"\n" for cdr in CDRS]
PAGES = {
    "page1.json": json.dumps({"data": CDRS[:300], "status_code": 1000}).encode(),
    "page2.ndjson": b"\xef\xbb\xbf\n" + b"".join(LINES[300:1200]),
    "page3.ndjson.gz": gzip.compress(b"".join(LINES[1200:1700])),
    "page10.json": json.dumps(CDRS[1700:]).encode(),
    ".hidden": b"not a page",
    "below/page.json": b"not read",
}
LOCATIONS = json.dumps([{"id": "EUR", "city": "Gent"}, {"id": "GBP", "city": "Leeds"}]).encode()
LARGE = b"".join(json.dumps({"id": f"C{n}", "remark": "x" * 900}).encode() + b"\n" for n in range(30_000))
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"}


class Store(NamedTuple):
    """A server of S3 on this machine, which logs its requests, and a home without keys."""

    address: str
    log: Path
    home: Path

    def put(self, path: str, body: bytes, *, public: bool = False) -> None:
        """Store a file, or make a bucket."""
        headers = {"Content-Type": "application/octet-stream"} | (
            {"x-amz-acl": "public-read-write"} if public else {}
        )
        request = urllib.request.Request(f"{self.address}/{path}", body, headers, method="PUT")
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200

    def environment(self, **variables: str) -> dict[str, str]:
        """Return the environment of a run."""
        others = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OCPIQ_"))
        }
        own = {"HOME": str(self.home), "OCPIQ_CONFIG": str(self.home), "AWS_ENDPOINT_URL": self.address}
        return {**others, **own, **(variables or KEYS)}

    def run(self, *words: str, **variables: str) -> tuple[bytes, str, int]:
        """Run the command line."""
        ended = subprocess.run(
            [sys.executable, "-m", "ocpiq", "-q", *words],
            capture_output=True,
            env=self.environment(**variables),
            check=False,
            timeout=120,
        )
        return ended.stdout, ended.stderr.decode(), ended.returncode


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    log = folder / "log"
    with log.open("wb") as out:
        words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        server = subprocess.Popen(words, stdout=out, stderr=out)
    try:
        while not (match := re.search(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8"))):
            assert server.poll() is None, log.read_text("utf-8")
        started = Store(match[0], log, folder / "home")
        started.home.mkdir()
        started.put("bucket", b"")
        for name, body in PAGES.items():
            started.put(f"bucket/cdrs/{name}", body)
        started.put("bucket/cdrs/", b"")  # as consoles mark a folder
        started.put("bucket/empty/.hidden", b"")
        started.put("bucket/locations.json", LOCATIONS)
        started.put("bucket/large.ndjson", LARGE)
        started.put("bucket/all%20the%20CDRs%20%C3%A9.ndjson", b"".join(LINES), public=True)
        started.put("bucket/bomb.gz", gzip.compress(b"[" + b" " * (300 << 20)))
        yield started
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages = tmp_path / "cdrs"
    for name, body in PAGES.items():
        (pages / name).parent.mkdir(parents=True, exist_ok=True)
        (pages / name).write_bytes(body)
    return pages


SUM = "cdrs net pass total_energy | aggregate {n: count(.id), kwh: sum(.total_energy)} by .currency"


@pytest.mark.slow
class TestResults:
    """The bytes are those of the same files on this machine."""

    @pytest.mark.parametrize("words", [["cdrs"], [SUM], ["--jobs", "3", "cdrs"], ["--jobs", "3", SUM]])
    def test_a_folder(self, store: Store, folder: Path, words: list[str]) -> None:
        local = store.run("--source", f"cdrs={folder}", *words)
        assert (local[1], local[2]) == ("", 0)
        assert store.run("--source", "cdrs=s3://bucket/cdrs", *words) == local
        if words == ["cdrs"]:
            assert store.run("--source", "cdrs=s3://bucket/cdrs/", *words) == local

    @pytest.mark.parametrize("jobs", ["1", "3"])
    def test_a_file(self, store: Store, tmp_path: Path, jobs: str) -> None:
        file = tmp_path / "cdrs.ndjson"
        file.write_bytes(b"".join(LINES))
        local = store.run("--source", f"cdrs={file}", SUM)
        path = "cdrs=s3://bucket/all the CDRs é.ndjson"
        assert store.run("--source", path, "--jobs", jobs, SUM) == local

    def test_the_right_side_of_a_join_and_a_cluster(self, store: Store, folder: Path) -> None:
        query = f"{SUM.partition('|')[0]} | join locations as $l pass city on .currency == $l.id | aggregate"
        query += " sum(.total_energy) by {city: $l.city}"
        words = ["--source", "locations=s3://bucket/locations.json", query]
        local = store.run("--source", f"cdrs={folder}", *words)
        assert (local[1], local[2]) == ("", 0)
        for runner in (["--jobs", "2"], ["--cluster", "local:2"]):
            assert store.run(*runner, "--source", "cdrs=s3://bucket/cdrs", *words) == local

    def test_in_python(self, store: Store, snapshot: Path) -> None:
        program = (
            "import ocpiq; query = ocpiq.compile('cdrs | aggregate count')\n"
            "print(list(query.run(sources=ocpiq.files({'cdrs': 's3://bucket/cdrs'}))),"
            " list(query.run(sources=ocpiq.snapshot('s3://bucket/snapshot'))))\n"
        )
        words = [sys.executable, "-c", program]
        ended = subprocess.run(
            words, capture_output=True, env=store.environment(), check=False, timeout=120, text=True
        )
        assert (ended.stdout, ended.stderr) == ("[2000] [2000]\n", "")

    def test_a_public_bucket_needs_no_key(self, store: Store) -> None:
        path = "cdrs=s3://bucket/all the CDRs é.ndjson"
        assert store.run("--source", path, "cdrs | aggregate count", FSSPEC_S3_ANON="true")[0] == b"2000\n"

    def test_a_limit_stops_the_download(self, store: Store) -> None:
        before = store.log.read_text("utf-8").count("GET /bucket/large.ndjson")
        assert store.run("--source", "cdrs=s3://bucket/large.ndjson", "cdrs | limit 1 | .id")[0] == b'"C0"\n'
        requests = store.log.read_text("utf-8").count("GET /bucket/large.ndjson") - before
        assert 1 <= requests <= 3, "of seven pieces"


STORED = "cdrs only id, currency, total_energy"


@pytest.fixture(scope="module")
def snapshot(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a snapshot on this machine; a copy of it is in S3, and one without a page file."""
    pages = tmp_path_factory.mktemp("pages") / "cdrs.ndjson"
    pages.write_bytes(b"".join(LINES))
    folder = pages.parent / "snapshot"
    _, err, code = store.run("pull", STORED, "--source", f"cdrs={pages}", "--into", str(folder))
    assert code == 0, err
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder)
        if name.name == "secret.key":
            continue
        store.put(f"bucket/snapshot/{name}", file.read_bytes())
        if file.suffix != ".zst":
            store.put(f"bucket/damaged/{name}", file.read_bytes())
    return folder


@pytest.mark.slow
class TestSnapshots:
    """`--snapshot s3://…` gives what the snapshot that was copied there gives."""

    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_a_snapshot(self, store: Store, snapshot: Path, jobs: str) -> None:
        query = f"{STORED} | aggregate {{n: count(.id), kwh: sum(.total_energy)}} by .currency"
        local = store.run("--snapshot", str(snapshot), query)
        assert local[2] == 0, local
        assert store.run("--snapshot", "s3://bucket/snapshot", "--jobs", jobs, query) == local

    def test_what_cannot_be_read_is_one_line(self, store: Store, snapshot: Path) -> None:
        out, err, code = store.run("--snapshot", "s3://bucket/damaged", f"{STORED} | .id")
        assert (out, code, err.count("\n")) == (b"", 5, 1), err
        assert (
            "s3://bucket/damaged/cdrs/00000001.ndjson.zst is missing (repair the snapshot where it was" in err
        )
        out, err, code = store.run("--snapshot", "s3://bucket/cdrs", STORED)
        assert (out, code) == (b"", 2)
        assert (
            "s3://bucket/cdrs is not a snapshot (pull it into a folder of this machine, and copy that)" in err
        )
        out, err, code = store.run(
            "--snapshot", "s3://bucket/snapshot", STORED, AWS_EC2_METADATA_DISABLED="true"
        )
        assert (out, code, "no access key" in err) == (b"", 2, True)
        assert store.run("--snapshot", "s3://bucket/snapshot", "cdrs pass remark | .remark")[2] == 7


@pytest.mark.parametrize(
    "words",
    [
        ["pull", STORED, "--into", "s3://bucket/new"],
        ["--snapshot", "s3://bucket/snapshot", "--refresh", STORED],
    ],
)
def test_a_pull_does_not_write_to_the_cloud(home: Path, words: list[str]) -> None:
    refused = command(home, [*words, "--demo"])
    assert (refused.code, refused.out) == (2, b"")
    assert "a pull writes into a folder of this machine (pull, and copy the folder to S3)" in refused.err


ERRORS = {
    "no bucket": ("s3://nobody/cdrs", KEYS, "there is no file or folder s3://nobody/cdrs"),
    "no file": ("s3://bucket/none", KEYS, "there is no file or folder s3://bucket/none"),
    "an empty folder": ("s3://bucket/empty", KEYS, "the folder s3://bucket/empty holds no file"),
    "no key": (
        "s3://bucket/cdrs",
        {"AWS_EC2_METADATA_DISABLED": "true"},
        "s3://bucket/cdrs cannot be read: no access key (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    "not allowed": (
        "s3://bucket/locations.json",
        {"FSSPEC_S3_ANON": "true"},
        "s3://bucket/locations.json cannot be read: access denied",
    ),
    "nobody there": (
        "s3://bucket/cdrs",
        {**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"},
        "s3://bucket/cdrs cannot be read: the server cannot be reached (check AWS_ENDPOINT_URL",
    ),
    "not an endpoint": (
        "s3://bucket/cdrs",
        {**KEYS, "AWS_ENDPOINT_URL": "nonsense"},
        "cannot be read: the server has no valid address (check AWS_ENDPOINT_URL)",
    ),
    "a file that unpacks to far more": ("s3://bucket/bomb.gz", KEYS, "unpacks to more than"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", ERRORS)
def test_what_cannot_be_read_is_one_line(store: Store, case: str) -> None:
    path, variables, message = ERRORS[case]
    out, err, code = store.run("--source", f"cdrs={path}", "cdrs | .id", **variables)
    assert (out, code, err.count("\n")) == (b"", 2, 1), err
    assert message in err


@pytest.mark.slow
def test_a_file_that_changes_while_it_is_read_is_not_mixed(store: Store) -> None:
    """The run waits for its output to be taken; the file is replaced meanwhile."""
    store.put("bucket/changing.ndjson", LARGE, public=True)
    words = [
        sys.executable,
        "-m",
        "ocpiq",
        "-q",
        "--source",
        "cdrs=s3://bucket/changing.ndjson",
        "cdrs | .id",
    ]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=store.environment())
    assert run.stdout is not None
    assert run.stdout.readline() == b'"C0"\n'
    store.put("bucket/changing.ndjson", LARGE.replace(b'"C', b'"D'))
    out, err = run.communicate(timeout=120)
    assert b'"D' not in out
    assert run.returncode == 2
    assert b"s3://bucket/changing.ndjson cannot be read: it changed while it was read" in err


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("s3://", "s3:// names no bucket (s3://BUCKET/KEY)"),
        (
            "gs://bucket/cdrs",
            "gs://bucket/cdrs cannot be read (give a path on this machine, or s3://BUCKET/KEY)",
        ),
    ],
)
def test_other_addresses_are_refused(home: Path, path: str, message: str) -> None:
    refused = command(home, ["-q", "--source", f"cdrs={path}", "cdrs"])
    assert (refused.code, refused.err) == (2, f"error: {message}\n")


def test_a_status_log_is_read_from_this_machine(home: Path) -> None:
    refused = command(home, ["-q", "--source", "statuses=s3://bucket/log", "statuses"])
    assert (refused.code, "a status log is read from a folder of this machine" in refused.err) == (2, True)


def test_without_the_extra_the_fix_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocpiq.sources.cloud.find_spec", lambda _: None)
    refused = command(home, ["-q", "--source", "cdrs=s3://bucket/cdrs", "cdrs"])
    assert (refused.code, refused.err) == (
        2,
        "error: s3://bucket/cdrs needs s3fs (pip install 'ocpiq[cloud]')\n",
    )
