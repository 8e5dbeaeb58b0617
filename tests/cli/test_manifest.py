"""`--manifest` and `ocpiq verify`: what a file of results says of itself, and whether it is still that file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from support.cli import Outcome, command
from support.platforms import TOKEN, Platform, Response, serving

SESSIONS = [
    {
        "country_code": "NL",
        "party_id": "ABC",
        "id": f"S{number}",
        "kwh": number + 0.5,
        "cdr_token": {"uid": "SECRET"},
        "location_id": "L1",
        "status": "COMPLETED",
        "x_vendor": "SECRET",
        "last_updated": "2026-01-02T00:00:00Z",
    }
    for number in range(3)
]
QUERY = 'sessions since 2026-01-01 pass kwh, status | select(.status == "COMPLETED") | {id, kwh, token: .cdr_token.uid}'


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("s.json").write_text(json.dumps(SESSIONS))
    return folder


def write(home: Path, *words: str) -> Outcome:
    return command(
        home, ["-q", "--source", "sessions=s.json", *words, "--manifest"], SOURCE_DATE_EPOCH="1796000000"
    )


def manifest_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(f"{name}.manifest.json").read_text("utf-8"))
    return found


def test_a_manifest_describes_the_file_and_its_origin(home: Path, work: Path) -> None:
    outcome = write(home, "--csv", "excel:nl", "-o", "x.csv", QUERY)
    assert outcome.code == 0, outcome.err
    package = manifest_of("x.csv")
    resource, origin = package["resources"][0], package["ocpiq"]
    data = Path("x.csv").read_bytes()
    assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert (resource["path"], resource["bytes"], resource["format"]) == ("x.csv", len(data), "csv")
    assert resource["dialect"] == {"delimiter": ";", "lineTerminator": "\r\n"}
    assert resource["schema"] == {
        "fields": [
            {"name": "id", "type": "string", "source": "sessions.id"},
            {"name": "kwh", "type": "number", "decimalChar": ",", "unit": "kWh", "source": "sessions.kwh"},
            {"name": "token", "type": "string", "source": "sessions.cdr_token.uid", "blank": True},
        ],
        "missingValues": ["", "#NA"],
    }
    assert package["created"] == "2026-11-30T00:53:20Z"
    assert origin["query_sha256"] == hashlib.sha256(QUERY.encode()).hexdigest()
    assert "COMPLETED" not in origin["query"] and "select" in origin["query"]
    assert (origin["platform"], origin["ocpi_version"], origin["rows"]) == ("saved pages", "2.2.1", 3)
    assert (origin["complete"], origin["incomplete"]) == (True, "")
    assert origin["pulls"] == [{"module": "sessions", "objects": 3, "pages": 1, "complete": True}]
    (source,) = origin["sources"]
    assert source["window"] == "updated from 2026-01-01"
    assert source["passed"] == ["kwh", "status"]
    assert source["reasons"][0] == {"field": "kwh", "reason": "amount or course of a person's charging"}
    assert source["blanked"] == ["cdr_token.uid"]
    assert any("x_vendor" in warning for warning in origin["warnings"])
    assert "SECRET" not in Path("x.csv.manifest.json").read_text()
    assert str(work) not in Path("x.csv.manifest.json").read_text()


def test_the_manifest_is_as_readable_as_the_file(home: Path, work: Path) -> None:
    write(home, "-o", "x.csv", QUERY)
    assert Path("x.csv.manifest.json").stat().st_mode & 0o777 == 0o600
    write(home, "--mode", "640", "-o", "y.csv", QUERY)
    assert Path("y.csv.manifest.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.json", "x.ndjson", "x.md", "x.html", "x.sqlite"])
def test_every_file_is_verified(name: str, home: Path, work: Path) -> None:
    assert write(home, "-o", name, QUERY).code == 0
    assert [field["name"] for field in manifest_of(name)["resources"][0]["schema"]["fields"]] == [
        "id",
        "kwh",
        "token",
    ]
    outcome = command(home, ["verify", name])
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.decode().startswith(
        f"{name}: as its manifest says, 3 rows, complete, written by ocpiq "
    )
    assert command(home, ["verify", f"{name}.manifest.json"]).code == 0
    assert command(home, ["verify", "-q", name]).out == b""


def test_rows_of_an_exploded_list_are_counted(home: Path, work: Path) -> None:
    write(home, "-o", "x.csv", "--explode", "l", "sessions | {id, l: [1, 2]}")
    assert manifest_of("x.csv")["ocpiq"]["rows"] == 6
    assert command(home, ["verify", "x.csv"]).code == 0


def test_no_results_have_a_manifest_too(home: Path, work: Path) -> None:
    write(home, "-o", "x.csv", "sessions pass kwh | select(.kwh > 99) | {id, kwh}")
    assert manifest_of("x.csv")["ocpiq"]["rows"] == 0
    assert command(home, ["verify", "x.csv"]).code == 0


CHANGES = {
    "a value": (lambda text: text.replace("1.5", "9.5"), ["content has changed"]),
    "a row less": (
        lambda text: text.rpartition("S2")[0],
        ["content has changed", "bytes", "2 rows, in the manifest 3"],
    ),
    "a row more": (lambda text: text + "S9,1,x\n", ["4 rows, in the manifest 3"]),
    "a column renamed": (
        lambda text: text.replace("kwh", "power"),
        ["column kwh is missing", "column power is not in the manifest"],
    ),
    "columns in another order": (
        lambda text: "".join(",".join(reversed(line.split(","))) + "\n" for line in text.splitlines()),
        ["the columns are in another order"],
    ),
    "not CSV any more": (lambda text: '"' + text, ["content has changed"]),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_differs_is_named(change: Any, expected: list[str], home: Path, work: Path) -> None:
    write(home, "-o", "x.csv", QUERY)
    Path("x.csv").write_text(change(Path("x.csv").read_text()))
    outcome = command(home, ["verify", "x.csv"])
    assert (outcome.code, outcome.out) == (5, b"")
    assert all(line.startswith("x.csv: ") for line in outcome.err.splitlines())
    for text in expected:
        assert text in outcome.err


def test_a_renamed_file_is_not_the_one_of_the_manifest(home: Path, work: Path) -> None:
    write(home, "-o", "x.csv", QUERY)
    Path("x.csv").rename("y.csv")
    Path("x.csv.manifest.json").rename("y.csv.manifest.json")
    outcome = command(home, ["verify", "y.csv"])
    assert (outcome.code, outcome.err) == (5, "y.csv: the manifest is that of x.csv\n")


MISTAKES = {
    "no manifest": ({"x.csv": "a\n"}, ["x.csv"], "cannot read x.csv.manifest.json: No such file.*--manifest"),
    "no file": ({}, ["x.csv"], "cannot read x.csv.manifest.json"),
    "not JSON": ({"x.csv.manifest.json": "{"}, ["x.csv"], "is not a manifest of ocpiq"),
    "another JSON": ({"x.csv.manifest.json": '{"resources": []}'}, ["x.csv"], "is not a manifest of ocpiq"),
    "numbers for text": (
        {"x.csv.manifest.json": '{"resources": [3], "ocpiq": 3}'},
        ["x.csv"],
        "not a manifest",
    ),
    "two files": ({}, ["x.csv", "y.csv"], "takes one file"),
    "nothing": ({}, [], "takes one file"),
}


@pytest.mark.parametrize(("files", "words", "error"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(files: dict[str, str], words: list[str], error: str, home: Path, work: Path) -> None:
    for name, text in files.items():
        Path(name).write_text(text)
    outcome = command(home, ["verify", *words])
    import re

    assert outcome.code == 2
    assert re.search(error, outcome.err), outcome.err


def test_without_the_file_verify_says_so(home: Path, work: Path) -> None:
    write(home, "-o", "x.csv", QUERY)
    Path("x.csv").unlink()
    outcome = command(home, ["verify", "x.csv"])
    assert (outcome.code, outcome.err) == (2, "error: cannot read x.csv: No such file or directory\n")


@pytest.mark.parametrize("words", [[], ["-o", "/dev/stdout"], ["-o", "-"]])
def test_a_manifest_needs_a_file(words: list[str], home: Path, work: Path) -> None:
    outcome = write(home, *words, QUERY)
    assert (outcome.code, outcome.out) == (2, b"")
    assert outcome.err == "error: --manifest needs a file (-o FILE)\n"


def test_a_run_that_fails_writes_no_manifest(home: Path, work: Path) -> None:
    assert write(home, "-o", "x.csv", 'sessions | {id}, error("no")').code == 5
    assert not list(work.glob("x.csv*"))


def test_an_incomplete_file_is_verified_as_incomplete(home: Path, work: Path) -> None:
    with serving(Platform()) as platform:
        login = ["login", platform.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", "test"]
        assert command(home, login).code == 0
        platform.special = {
            "sessions": lambda request: (
                Response(b"", 403, {}) if int(request.query.get("offset", 0)) >= 4 else None
            )
        }
        assert command(home, ["-q", "--manifest", "-o", "x.csv", "sessions | {id}"]).code == 8
    assert manifest_of("x.csv.partial")["ocpiq"]["complete"] is False
    outcome = command(home, ["verify", "x.csv.partial"])
    assert outcome.code == 8
    assert "x.csv.partial: incomplete: " in outcome.err
    assert not Path("x.csv.manifest.json").exists()
