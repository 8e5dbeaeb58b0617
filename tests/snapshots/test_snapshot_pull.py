"""`ocpiq pull --into DIR` and `--snapshot DIR`: what is stored, what is read, what is refused."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from hashlib import blake2b, sha256
from pathlib import Path

import pytest
from support.changing_platform import ChangingPlatform
from support.cli import Outcome, command
from support.recipients import config_with_recipient
from support.rows import RECIPIENT
from support.snapshots import FIELDS, OBJECTS, Snapshot, lines_of, snapshot

from ocpiq.snapshots import page_files

MARKER = "MARKER"


@pytest.fixture
def pulled(tmp_path: Path) -> Iterator[Snapshot]:
    """A snapshot of a platform that changes only when the test says so."""
    with snapshot(tmp_path, ChangingPlatform(size=10)) as found:
        assert found.pull().code == 0
        yield found


# ---------------------------------------------------------------- what is stored


def test_the_layout(pulled: Snapshot) -> None:
    pages = [f"sessions/{number:08}.{end}" for number in (1, 2, 3) for end in ("keys", "ndjson.zst")]
    assert pulled.names() == [".gitignore", ".lock", "secret.key", *pages, "snapshot.json"]
    assert (pulled.folder / ".gitignore").read_text() == "*\n"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in pulled.folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    folders = [pulled.folder, pulled.folder / "sessions"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_the_manifest_has_the_facts_of_each_file(pulled: Snapshot) -> None:
    manifest = json.loads((pulled.folder / "snapshot.json").read_text())
    assert manifest["origin"]["address"] == pulled.platform.versions_url
    (module,) = manifest["modules"]
    assert module["query"] == f"sessions only {', '.join(FIELDS)}"
    assert module["view"]["children"]["kwh"] == {"visibility": "shown", "type": "number", "scalars": True}
    (window,) = module["windows"]
    assert window["start"] is None
    for file in window["files"]:
        data = (pulled.folder / f"sessions/{file['number']:08}.ndjson.zst").read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(data), sha256(data).hexdigest())
    assert [file["objects"] for file in window["files"]] == [OBJECTS, OBJECTS, 2]


def test_a_key_is_a_keyed_hash_of_the_key_of_an_object(pulled: Snapshot) -> None:
    secret = (pulled.folder / "secret.key").read_bytes()
    keys = (pulled.folder / "sessions/00000001.keys").read_bytes()
    expected = [
        blake2b(f"nl\0tst\0s{number:06}".encode(), digest_size=16, key=secret, person=b"ocpiq key").digest()
        for number in range(1, OBJECTS + 1)
    ]
    assert keys == b"".join(expected)


def test_nothing_that_is_not_passed_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the snapshot, not in the folder of temporary files, not in what the command keeps."""
    private = {
        "auth_method": f"{MARKER}1",
        "cdr_token": {"uid": f"{MARKER}2", "contract_id": f"{MARKER}3"},
        "vendor": {"x": f"{MARKER}4"},
        "meter_id": f"{MARKER}5",
        "charging_periods": [{"dimensions": [{"type": f"{MARKER}6", "volume": 987654}]}],
    }
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    sources = tmp_path / "pages"
    sources.mkdir()
    for number in range(3):
        objects = [{"id": f"S{number}-{index}", "kwh": 1.50, **private} for index in range(50)]
        (sources / f"{number}.json").write_text(json.dumps(objects))
    home = tmp_path / "home"
    home.mkdir()
    into = tmp_path / "snapshot"
    words = ["pull", "--source", f"sessions={sources}", "sessions only kwh", "--into", str(into)]
    assert command(home, words).code == 0
    assert command(home, ["--snapshot", str(into), "sessions"]).code == 7
    found = [path for folder in (into, temporary, home) for path in folder.rglob("*") if path.is_file()]
    contents = [path.read_bytes() for path in found]
    file = page_files.PageFile(1, 150, len((into / "sessions/00000001.ndjson.zst").read_bytes()), "")
    monkeypatch.setattr(page_files, "verified", lambda folder, file: page_files.read(folder, file.name))
    contents.append(lines_of(into / "sessions", file))
    assert contents[-1] == b'{"kwh":1.5}\n' * 150
    for words_ in (MARKER, "987654", "S0-", "S1-"):
        assert not [path for path, data in zip(found, contents, strict=False) if words_.encode() in data]
        assert words_.encode() not in contents[-1]


def test_digits_are_stored_as_they_were_sent(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    objects = (
        b'{"id":"1","kwh":1.50,"total_cost":{"excl_vat":123456789012345678901234567890}}\n'
        b'{"id":"2","kwh":1e-7,"total_cost":null}\n{"id":"\\ud800","kwh":-0}\n'
    )
    (tmp_path / "s.ndjson").write_bytes(objects)
    query = "sessions only id, kwh, total_cost"
    source = ["-q", "--source", f"sessions={tmp_path / 's.ndjson'}"]
    direct = command(home, [*source, query])
    assert command(home, ["pull", *source, query, "--into", str(tmp_path / "snapshot")]).code == 0
    stored = command(home, ["-q", "--snapshot", str(tmp_path / "snapshot"), query])
    assert (stored.out, stored.code) == (direct.out, 0)
    assert b"1.50" in stored.out and b"123456789012345678901234567890" in stored.out


# ---------------------------------------------------------------- what is read


def test_a_query_reads_what_is_stored_without_a_request(pulled: Snapshot) -> None:
    done = pulled.ask("sessions only kwh | aggregate {n: count, s: max(.kwh)}")
    assert (json.loads(done.out), done.code) == ({"n": 10, "s": 0}, 0)
    assert re.fullmatch(r"sessions: 10 objects, 1 page, from snapshot of 2026-01-05T00:01:00Z\n", done.err)
    assert not pulled.platform.requests


def test_a_stored_field_that_the_query_does_not_ask_for_is_not_shown(pulled: Snapshot) -> None:
    assert pulled.rows("sessions only id")[0] == {"id": "S000001"}
    assert pulled.rows("sessions | {id, kwh}")[0] == {"id": "S000001", "kwh": "#NA"}
    assert pulled.ask("sessions | .kwh + 1").code == 7


def test_a_platform_whose_clock_is_late_is_said_to_have_nothing_before(tmp_path: Path) -> None:
    """Its objects are newer than the window, so that a next pull gets them: `nothing new` would hide them."""
    with snapshot(tmp_path, ChangingPlatform(size=10)) as found:
        found.platform.skew = -10 * 86_400
        done = command(found.home, ["pull", found.query, "--into", str(found.folder)])
        assert done.code == 0
        clock = "2025-12-26T00:01:00Z, by the platform's clock"
        assert f"sessions: nothing that was updated before {clock}; in all 0 objects" in done.err
        found.platform.skew = 0
        assert "10 objects stored" in command(found.home, ["pull", "--into", str(found.folder)]).err
        assert "nothing new" in command(found.home, ["pull", "--into", str(found.folder)]).err


def test_a_stored_blank_is_a_blank(tmp_path: Path) -> None:
    with snapshot(tmp_path, ChangingPlatform(size=1), query="sessions") as found:
        assert found.pull().code == 0
        (row,) = found.rows(
            "sessions | {m: .meter_id, t: .cdr_token.uid, s: .currency, x: .authorization_reference}"
        )
        assert row == {"m": "#NA", "t": "#NA", "s": "EUR", "x": None}
        assert b"#NA" not in b"".join(found.pages().values())
        assert found.ask("sessions | .meter_id + 1").code == 7


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("sessions pass kwh | .kwh", ["kwh"]),
        ("sessions | {id, currency, status}", ["status"]),
        ("sessions pass kwh | [.kwh, .status]", ["kwh", "status"]),
        ("sessions | [.id, .authorization_reference]", []),
    ],
)
def test_a_field_that_no_stored_object_has_is_said(
    tmp_path: Path, query: str, missing: list[str], jobs: str
) -> None:
    """As of the platform; the pull cannot know which fields later queries read."""
    home, pages, folder = tmp_path / "home", tmp_path / "s.ndjson", tmp_path / "snapshot"
    home.mkdir()
    pages.write_text("".join(f'{{"id":"S{number}","kWh":1,"currency":"EUR"}}\n' for number in range(150)))
    assert (
        command(
            home, ["pull", "--source", f"sessions={pages}", "sessions pass kwh", "--into", str(folder)]
        ).code
        == 0
    )
    done = command(home, ["--jobs", jobs, "--snapshot", str(folder), query])
    said = f"no object has {', '.join(missing)}, which the query reads and OCPI requires"
    assert done.code == 0
    assert [line.partition("sessions: ")[2] for line in done.err.splitlines()[:-1]] == (
        [said] if missing else []
    )


@pytest.mark.parametrize(
    ("query", "fields", "fix"),
    [
        (
            "sessions only id, location_id",
            "location_id",
            f"ocpiq pull 'sessions only {', '.join(FIELDS)}, location_id'",
        ),
        (
            "sessions pass meter_id | .meter_id",
            "meter_id",
            f"ocpiq pull 'sessions only {', '.join(FIELDS)}, meter_id'",
        ),
        ("sessions only cdr_token.uid as prefix(2)", "cdr_token", "cdr_token"),
    ],
)
def test_a_query_that_asks_for_more_is_refused(pulled: Snapshot, query: str, fields: str, fix: str) -> None:
    done = pulled.ask(query)
    assert (done.code, done.out) == (7, b"")
    assert f"{fields} of sessions is not in the snapshot" in done.err
    assert fix in done.err
    assert not pulled.platform.requests


def test_another_module_is_refused(pulled: Snapshot) -> None:
    done = pulled.ask("tariffs | .id")
    assert (done.code, done.out) == (7, b"")
    assert done.err.startswith(
        f"error: tariffs is not in the snapshot {pulled.folder} (ocpiq pull tariffs --into"
    )


def test_a_folder_that_is_not_a_snapshot(tmp_path: Path) -> None:
    done = command(tmp_path, ["--snapshot", str(tmp_path), "cdrs | .id"])
    assert (done.code, "is not a snapshot (to make one: ocpiq pull QUERY --into" in done.err) == (2, True)


@pytest.mark.parametrize("option", ["--state=x", "--demo", "--platform=test", "--follow"])
def test_a_snapshot_asks_no_platform(pulled: Snapshot, option: str) -> None:
    assert pulled.ask("sessions | .id", option).code == 2


# ---------------------------------------------------------------- windows

STORED = "sessions only id, last_updated since 2026-01-04T23:50Z"


@pytest.mark.parametrize(
    ("stored", "query", "code", "count"),
    [
        (STORED, "sessions only id since 2026-01-04T23:50Z", 0, 10),
        (STORED, "sessions only id since 2026-01-04T23:55Z", 0, 5),
        (STORED, "sessions only id since 2026-01-04T23:50Z until 2026-01-04T23:55Z", 0, 5),
        (STORED, "sessions only id since 2026-01-04T23:50Z until 2027-01-01", 0, 10),
        (STORED, "sessions only id", 7, 0),
        (STORED, "sessions only id since 2026-01-04T23:49Z", 7, 0),
        ("sessions only id", "sessions only id since 2026-01-04T23:55Z", 7, 0),
        ("sessions only id until 2026-01-04T23:55Z", "sessions only id", 7, 0),
        ("sessions only id until 2026-01-04T23:55Z", "sessions only id until 2026-01-04T23:55Z", 0, 5),
        ("sessions only id, last_updated as day", "sessions only id since 2026-01-04T23:55Z", 7, 0),
        ("cdrs only id, end_date_time during 2026-01", "cdrs only id during 2026-01-04", 0, 10),
        ("cdrs only id, end_date_time during 2026-01", "cdrs only id during 2025", 7, 0),
        ("cdrs only id, end_date_time during 2026-01", "cdrs only id", 7, 0),
        ("cdrs only id during 2026-01", "cdrs only id during 2026-01", 0, 10),
        ("cdrs only id during 2026-01", "cdrs only id during 2026-01-04", 7, 0),
        ("cdrs only id, end_date_time", "cdrs only id during 2026-01-04", 0, 10),
    ],
)
def test_a_window_lies_in_the_stored_one(
    tmp_path: Path, stored: str, query: str, code: int, count: int
) -> None:
    platform = ChangingPlatform(size=10, modules=(stored.split(maxsplit=1)[0],))
    with snapshot(tmp_path, platform, query=stored) as found:
        assert found.pull().code == 0
        done = found.ask(query)
        assert (done.code, len(done.out.splitlines())) == (code, count), done.err


def test_a_narrower_period_needs_the_end_of_charging(tmp_path: Path) -> None:
    with snapshot(tmp_path, ChangingPlatform(size=1, modules=("cdrs",)), query="cdrs only id") as found:
        assert found.pull().code == 0
        done = found.ask("cdrs only id during 2026-01")
        assert (done.code, done.out) == (7, b"")
        assert "ocpiq pull 'cdrs only id, end_date_time' --into ANOTHER_DIR" in done.err


def test_the_newest_are_the_last_that_were_pulled(pulled: Snapshot) -> None:
    assert [row["id"] for row in pulled.rows("sessions only id newest 2")] == ["S000009", "S000010"]


# ---------------------------------------------------------------- treatments, policies, audit


def private_run(found: Snapshot, *words: str) -> Outcome:
    """Run with the recipient of the tests."""
    return command(
        found.home, ["--recipient", RECIPIENT.name, *words], OCPIQ_CONFIG=str(config_with_recipient())
    )


@pytest.fixture
def treated(tmp_path: Path) -> Iterator[Snapshot]:
    """A snapshot of saved pages with a pseudonym and a rounded number."""
    platform = ChangingPlatform(size=1)
    with snapshot(tmp_path, platform) as found:
        pages = tmp_path / "s.ndjson"
        pages.write_text(
            '{"id":"1","kwh":12.7,"cdr_token":{"uid":"A"},"start_date_time":"2026-01-31T23:30:00Z"}\n'
        )
        query = "sessions only id, kwh as rounded(5), cdr_token.uid as pseudonym, start_date_time as month"
        source = ("--source", f"sessions={pages}", "--tz", "Europe/Amsterdam")
        done = private_run(found, "pull", *source, query, "--into", str(found.folder))
        assert done.code == 0, done.err
        yield found


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("sessions only kwh as rounded(5) | .kwh", 10),
        ("sessions only cdr_token.uid as pseudonym | aggregate count_distinct(.cdr_token.uid)", 1),
        ("sessions only start_date_time as month | .start_date_time", "2026-02"),
        ("sessions only id as prefix(1) | .id", "1"),
    ],
)
def test_a_treatment_is_read_as_it_is_stored(treated: Snapshot, query: str, result: object) -> None:
    done = private_run(treated, "-q", "--tz", "Europe/Amsterdam", "--snapshot", str(treated.folder), query)
    assert done.code == 0, done.err
    assert json.loads(done.out) == result


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("sessions only kwh", "kwh in the clear"),
        ("sessions only kwh as rounded(1)", "kwh as rounded(1)"),
        ("sessions only cdr_token.uid as prefix(2)", "cdr_token.uid as prefix(2)"),
        ("sessions only start_date_time as day", "start_date_time as day"),
        ("sessions only start_date_time as month", "start_date_time as month"),  # in UTC
    ],
)
def test_another_treatment_is_refused(treated: Snapshot, query: str, problem: str) -> None:
    done = private_run(treated, "--snapshot", str(treated.folder), query)
    assert (done.code, f"{problem} of sessions is not in the snapshot" in done.err) == (7, True), done.err


def test_the_key_of_the_recipient_is_part_of_a_snapshot(treated: Snapshot, tmp_path: Path) -> None:
    assert treated.manifest.modules[0].key_id == RECIPIENT.key_id
    assert command(treated.home, ["recipient", "add", "other"]).code == 0
    query = "sessions only cdr_token.uid as pseudonym"
    words = ["--recipient", "other", "--snapshot", str(treated.folder), query]
    done = command(treated.home, words)
    assert (done.code, "the pseudonyms in it are made with another key" in done.err) == (7, True), done.err


def test_fields_for_aggregates_only_are_not_stored(pulled: Snapshot, tmp_path: Path) -> None:
    into = tmp_path / "other"
    words = [
        "pull",
        "sessions only kwh as aggregate during 2026-01 | aggregate sum(.kwh)",
        "--into",
        str(into),
    ]
    done = command(pulled.home, words)
    assert (done.code, "sessions.kwh for aggregates only would be in the clear" in done.err) == (7, True)
    assert not into.exists()
    assert pulled.ask("sessions only kwh as aggregate | aggregate sum(.kwh)").code == 7


def test_a_policy_applies_to_both(pulled: Snapshot, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[sessions]\npass = ["id"]\n')
    into = tmp_path / "other"
    refused = command(pulled.home, ["pull", "--policy", str(policy), pulled.query, "--into", str(into)])
    assert (refused.code, into.exists()) == (7, False), refused.err
    assert "kwh" in refused.err
    assert (
        command(pulled.home, ["pull", "--policy", str(policy), "sessions only id", "--into", str(into)]).code
        == 0
    )
    assert pulled.ask("sessions only id", "--policy", str(policy)).code == 0
    assert pulled.ask("sessions only id, kwh", "--policy", str(policy)).code == 7


def test_both_are_in_the_audit_trail(pulled: Snapshot, tmp_path: Path) -> None:
    trail = tmp_path / "trail"
    assert pulled.pull("--audit", str(trail)).code == 0
    assert pulled.ask("sessions only id", "--audit", str(trail)).code == 0
    entries = [json.loads(line) for line in trail.read_text().splitlines()]
    assert [entry["event"] for entry in entries] == ["begun", "ended", "begun", "ended"]
    assert [entry["command"] for entry in entries[::2]] == ["pull", "query"]
    assert entries[0]["file"] == str(pulled.folder)
    assert entries[1]["sha256"] == sha256((pulled.folder / "snapshot.json").read_bytes()).hexdigest()
    assert entries[2]["sources"][0]["origin"] == "snapshot" if "origin" in entries[2]["sources"][0] else True
    assert command(pulled.home, ["audit", "verify", "--audit", str(trail)]).code == 0


def test_explain_says_whether_a_snapshot_answers(pulled: Snapshot) -> None:
    words = ["explain", "--snapshot", str(pulled.folder)]
    done = command(pulled.home, [*words, "sessions only kwh"])
    assert (
        done.code,
        f"{pulled.folder}, of 2026-01-05T00:01:00Z" in " ".join(done.out.decode().split()),
    ) == (0, True)
    assert command(pulled.home, [*words, "sessions only location_id"]).code == 7


# ---------------------------------------------------------------- what can be pulled


def test_a_saved_query_with_stages_and_a_join(tmp_path: Path) -> None:
    (tmp_path / "c.ndjson").write_text(
        '{"id":"1","total_energy":2,"cdr_token":{"uid":"T1"},"currency":"EUR"}\n'
    )
    (tmp_path / "t.ndjson").write_text('{"uid":"T1","type":"RFID","contract_id":"C1","valid":true}\n')
    query = tmp_path / "q.ocpiq"
    query.write_text(
        "cdrs only total_energy, cdr_token.uid | join tokens as $t only uid, type on .cdr_token.uid == $t.uid "
        "| aggregate sum(.total_energy) by $t.type"
    )
    home = tmp_path / "home"
    home.mkdir()
    sources = [
        word for name in ("cdrs", "tokens") for word in ("--source", f"{name}={tmp_path / name[0]}.ndjson")
    ]
    into = str(tmp_path / "snapshot")
    direct = command(home, ["-q", *sources, "-f", str(query)])
    assert direct.code == 0, direct.err
    done = command(home, ["pull", "-q", *sources, "-f", str(query), "--into", into])
    assert done.code == 0, done.err
    stored = command(home, ["-q", "--snapshot", into, "-f", str(query)])
    assert (stored.out, stored.err, stored.code) == (direct.out, direct.err, 0)


@pytest.mark.parametrize("module", ["evses", "connectors"])
def test_objects_inside_of_others(tmp_path: Path, module: str) -> None:
    with snapshot(tmp_path, ChangingPlatform(size=5, modules=("locations",)), query=module) as found:
        direct = command(found.home, ["-q", module])
        assert found.pull().code == 0
        assert found.ask(module).out == direct.out


@pytest.mark.parametrize(
    ("query", "code", "problem"),
    [
        ("1", 2, "the query reads no module"),
        ("sessions newest 3", 3, "newest cannot be pulled into a snapshot"),
        ("(sessions only id), (sessions only kwh)", 3, "a snapshot stores sessions in one way"),
        ("sessions | .kwh + 1", 7, "sessions.kwh is blanked"),
    ],
)
def test_a_query_that_cannot_be_pulled(pulled: Snapshot, query: str, code: int, problem: str) -> None:
    done = command(pulled.home, ["pull", query, "--into", str(pulled.folder.parent / "other")])
    assert (done.code, problem in done.err) == (code, True), done.err


@pytest.mark.parametrize(
    "words",
    [
        ["sessions"],
        ["--compact"],
        ["--compact", "a", "b"],
        ["--into", "x", "sessions", "tariffs"],
        ["--into", "x"],
    ],
)
def test_words_that_do_not_fit(pulled: Snapshot, words: list[str]) -> None:
    assert command(pulled.home, ["pull", *words]).code == 2


@pytest.mark.parametrize("option", ["--compact", "--repair"])
def test_an_option_without_its_folder_says_how_it_is_written(pulled: Snapshot, option: str) -> None:
    assert f"(ocpiq pull {option} DIR)" in command(pulled.home, ["pull", option]).err


def test_a_folder_with_anything_else_is_refused(pulled: Snapshot, tmp_path: Path) -> None:
    for folder, name in (
        (pulled.folder, "notes.txt"),
        (pulled.folder / "sessions", "a"),
        (tmp_path / "n", "b"),
    ):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text("")
        into = folder if folder.name == "n" else pulled.folder
        done = command(pulled.home, ["pull", pulled.query, "--into", str(into)])
        assert (done.code, f"holds something else: {name}" in done.err) == (2, True), done.err
        (folder / name).unlink()
    assert pulled.pull().code == 0


def test_another_query_for_the_same_folder_is_refused(pulled: Snapshot) -> None:
    done = pulled.pull(query="sessions only id")
    assert (done.code, "the fields of sessions changed" in done.err) == (2, True), done.err


def test_another_module_is_added(pulled: Snapshot) -> None:
    pulled.platform.modules = ("sessions", "cdrs")
    assert (
        command(
            pulled.home,
            [
                "login",
                pulled.platform.versions_url,
                "--party",
                "NL-GOV",
                "--token",
                "s3cret-token",
                "--name",
                "test",
            ],
        ).code
        == 0
    )
    assert pulled.pull(query="cdrs only id").code == 0
    assert pulled.ask("cdrs only id").code == pulled.ask("sessions only id").code == 0


def test_a_newer_format_is_refused(pulled: Snapshot) -> None:
    pulled.edit(format=4)
    for done in (pulled.ask(), pulled.pull()):
        assert (done.code, "a later version of ocpiq wrote the snapshot" in done.err) == (2, True)


def test_another_platform_and_another_party_are_refused(pulled: Snapshot) -> None:
    for part, word in (("address", "another platform"), ("party", "another party")):
        origin = pulled.manifest.origin
        changed = type(origin)(**{"address": origin.address, "party": origin.party, part: "x"})
        pulled.edit(origin=changed)
        done = pulled.pull()
        assert (done.code, f"is of {word}" in done.err) == (2, True), done.err
        pulled.edit(origin=origin)
    assert pulled.pull().code == 0


def test_a_damaged_manifest_is_not_a_first_pull(pulled: Snapshot) -> None:
    (pulled.folder / "snapshot.json").write_text("{")
    for done in (pulled.ask(), pulled.pull()):
        assert (done.code, "snapshot.json of the snapshot" in done.err) == (2, True)


def test_one_pull_at_a_time(pulled: Snapshot) -> None:
    from ocpiq.storage.locks import OwnedLock

    lock = OwnedLock(pulled.folder / ".lock")
    assert lock.acquire() is None
    try:
        done = pulled.pull()
    finally:
        lock.release()
    assert (done.code, f"is in use (pid {os.getpid()}" in done.err) == (2, True)
