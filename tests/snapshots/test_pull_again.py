"""A pull that runs again: increments, interruptions at every step, damaged files, compaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.changing_platform import ChangingPlatform, Rates
from support.forgetful_disk import ForgetfulDisk
from support.full import FULL
from support.platforms import Response
from support.snapshots import OBJECTS, Snapshot, snapshot

from ocpiq.snapshots import page_files
from ocpiq.snapshots.manifest import Folder

PACE = 1200.0  # seconds between two pulls
STEPS = {
    "secret": (0,),
    "write": (0, 1, 2, 3, 4),
    "save": (0, 1, 2, 3),
    "open": (0, 1, 2),
    "add": (0, 1),
    "finish": (0, 1, 2),
    "sync": (0, 1, 3),
    "sweep": (0,),
}
SOME = (
    "secret before 0",
    "save after 0",
    "save after 2",
    "sync before 1",
    "finish before 1",
    "finish after 0",
)
MOMENTS = [
    f"{step} {when} {call}" for step, calls in STEPS.items() for call in calls for when in ("before", "after")
]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def pulled(tmp_path: Path) -> Iterator[Snapshot]:
    """A snapshot of a platform that changes only when the test says so."""
    with snapshot(tmp_path, ChangingPlatform(size=10)) as found:
        assert found.pull().code == 0
        yield found


def change(found: Snapshot, number: int, **fields: object) -> None:
    """Change an object, and its last_updated."""
    item = found.platform.current()[number]
    found.platform.step(PACE)
    found.platform._put(found.platform.now, found.platform.now, "update", item | fields)
    found.platform.step(120)


def current(found: Snapshot) -> dict[str, object]:
    return {item["id"]: item["kwh"] for item in found.platform.current()}


def shown(found: Snapshot) -> dict[str, object]:
    """Return what a query says, in which no object comes twice."""
    rows = found.rows()
    by_id = {row["id"]: row["kwh"] for row in rows}
    assert len(rows) == len(by_id)
    return by_id


# ---------------------------------------------------------------- increments


def test_a_pull_again_stores_what_changed(pulled: Snapshot) -> None:
    before = pulled.pages()
    for number, kwh in ((2, 42), (7, 43)):
        change(pulled, number, kwh=kwh)
    assert pulled.pull("--overlap", "0s").code == 0
    after = pulled.pages()
    assert {name: after[name] for name in before} == before
    (new,) = [text for name, text in after.items() if name not in before]
    assert [json.loads(line)["kwh"] for line in new.splitlines()] == [42, 43]
    assert shown(pulled) == current(pulled)


def test_a_pull_again_asks_for_an_overlap(pulled: Snapshot) -> None:
    pulled.platform.step(4 * PACE)
    assert pulled.pull().code == 0
    assert pulled.platform.requests[-1].query["date_from"] == "2026-01-04T23:00:59Z"
    assert len(pulled.manifest.modules[0].windows) == 2  # the objects of the overlap, once more
    assert shown(pulled) == current(pulled)


def test_objects_without_an_id_are_warned_of_when_they_may_come_twice(tmp_path: Path) -> None:
    with snapshot(tmp_path, ChangingPlatform(size=10)) as found:
        found.platform._current["S000003"]["id"] = ""
        first = found.pull()
        assert (first.code, "without an id" in first.err) == (0, False)
        found.platform.step(PACE)
        again = found.pull()
        assert again.code == 0
        assert "1 object without an id may be in the snapshot twice (pull into a new folder)" in again.err


def test_a_pull_again_with_nothing_new(pulled: Snapshot) -> None:
    pulled.platform.step(7200)
    names = pulled.names()
    assert pulled.pull("--overlap", "0s").code == 0
    assert pulled.names() == names
    assert pulled.manifest.modules[0].mark == (pulled.platform.now - 60) * 1_000_000


def test_a_pull_goes_on_without_its_query(pulled: Snapshot) -> None:
    change(pulled, 2, kwh=42)
    assert pulled.go_on().code == 0
    assert shown(pulled) == current(pulled)


def test_refresh_pulls_first(pulled: Snapshot) -> None:
    change(pulled, 2, kwh=42)
    assert shown(pulled) != current(pulled)
    done = pulled.ask("sessions only id, kwh", "--refresh")
    assert done.code == 0
    assert {row["id"]: row["kwh"] for row in map(json.loads, done.out.splitlines())} == current(pulled)
    assert pulled.ask("sessions only id", "--refresh", "--platform", "none").code == 2


def test_many_increments_of_a_busy_platform(tmp_path: Path) -> None:
    rates = Rates(insert=40, update=60, hidden=20)
    with snapshot(tmp_path, ChangingPlatform(size=12, cap=10, rates=rates, page_seconds=5)) as found:
        for number in range(8):
            assert found.pull().code == 0
            found.platform.step(PACE)
            if number == 5:
                assert found.maintain("--compact").code == 0
        found.platform._queue.clear()
        found.platform.step(PACE)
        assert found.pull().code == 0
        assert shown(found) == current(found)


def test_a_window_that_has_ended_is_not_asked_for_again(tmp_path: Path) -> None:
    query = "sessions only id, kwh until 2026-01-04T23:55Z"
    with snapshot(tmp_path, ChangingPlatform(size=10), query=query) as found:
        assert found.pull().code == 0
        found.platform.step(PACE)
        done = found.go_on()
        assert (done.code, done.err) == (0, "")
        assert [request for request in found.platform.requests if "date_to" in request.query] == []


def test_a_period_gets_objects_that_come_late(tmp_path: Path) -> None:
    platform = ChangingPlatform(size=4, modules=("cdrs",))
    with snapshot(tmp_path, platform, query="cdrs only id during 2026-01") as found:
        assert found.pull().code == 0
        platform._insert(platform.now, platform.now)
        platform.step(300)
        assert found.pull().code == 0
        assert len(found.rows("cdrs only id during 2026-01")) == 5


def test_saved_pages_are_stored_anew(tmp_path: Path) -> None:
    with snapshot(tmp_path, ChangingPlatform(size=1), query="sessions only id") as found:
        pages = tmp_path / "s.ndjson"
        for count in (9, 3):
            pages.write_text("".join(f'{{"id":"{number}","kwh":1}}\n' for number in range(count)))
            assert found.pull("--source", f"sessions={pages}").code == 0
            assert len(found.rows("sessions only id")) == count
        assert sum(name.endswith(".zst") for name in found.names()) == 1


# ---------------------------------------------------------------- interrupted


class Twins:
    """Two snapshots of the same history: the pulls of one are interrupted."""

    def __init__(self, tmp_path: Path, stack: ExitStack) -> None:
        rates = Rates(insert=20, update=30)
        self.calm, self.disturbed = (
            stack.enter_context(
                snapshot(tmp_path / name, ChangingPlatform(seed=1, size=14, cap=10, rates=rates))
            )
            for name in ("calm", "disturbed")
        )

    def pull(self) -> None:
        """Pull into both, and let time pass."""
        for one in (self.calm, self.disturbed):
            done = one.pull()
            assert done.code == 0, done.err
            one.platform.step(PACE)

    def check(self) -> None:
        """Nothing differs: not a file, not a name, not a line."""
        assert self.disturbed.names() == self.calm.names()
        assert self.disturbed.pages() == self.calm.pages()
        assert shown(self.disturbed) == shown(self.calm)


@pytest.mark.parametrize("moment", MOMENTS if FULL else SOME)
def test_killed_at_a_step(tmp_path: Path, stack: ExitStack, moment: str) -> None:
    step, _, when = moment.partition(" ")
    twins = Twins(tmp_path, stack)
    killed = 0
    for _ in range(2):  # in the first pull, and in a later one
        killed += twins.disturbed.process(step, when) < 0
        twins.pull()
    assert killed
    twins.check()


@pytest.mark.slow
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("first", [True, False])
def test_a_power_cut_or_a_full_disk(tmp_path: Path, stack: ExitStack, first: bool, full: bool) -> None:
    for step in range(0, 200, 1 if FULL else 7):
        twins = Twins(tmp_path / str(step), stack)
        if not first:
            twins.pull()
        one = twins.disturbed
        one.folder.mkdir(mode=0o700, exist_ok=True)
        disk = ForgetfulDisk(one.folder, one.home.parent / "unused", step, full=full)
        with disk.installed():
            done = one.pull()
        if (disk.operations <= step) if full else not disk.survivors:
            assert step > 8
            return
        if full:
            assert (done.code, done.err.count("\n")) == (2, 1), done.err
            assert "(make room, and run it again: what is whole is kept)" in done.err
        twins.pull()
        twins.check()


def fail_at(found: Snapshot, number: int) -> None:
    """Answer the page of that number, and those after it, with an error."""
    left: list[Response | None] = [None] * number
    found.platform.special = {"sessions": lambda _: left.pop(0) if left else Response(b"", 404)}


def test_an_interrupted_pull_goes_on_after_its_last_whole_file(tmp_path: Path) -> None:
    with snapshot(tmp_path, ChangingPlatform(size=30, cap=10)) as found:
        fail_at(found, 2)
        failed = found.pull()
        assert failed.code == 8, failed.err
        whole = {path.name: path.stat().st_mtime_ns for path in (found.folder / "sessions").glob("*.zst")}
        assert len(whole) >= 10 // OBJECTS
        done = found.ask()
        assert (done.code, "is not complete (go on with: ocpiq pull --into" in done.err) == (8, True)
        found.platform.special = {}
        assert found.pull().code == 0
        again = {path.name: path.stat().st_mtime_ns for path in (found.folder / "sessions").glob("*.zst")}
        assert {name: again[name] for name in whole} == whole
        assert shown(found) == current(found)


def test_an_interrupted_increment_is_not_seen(pulled: Snapshot) -> None:
    before = shown(pulled)
    for number in range(10):
        change(pulled, number, kwh=number)
    pulled.platform.cap = 4
    fail_at(pulled, 2)
    assert pulled.pull().code == 8
    assert len(pulled.manifest.modules[0].windows) == 1
    assert shown(pulled) == before
    pulled.platform.special = {}
    assert pulled.pull().code == 0
    assert shown(pulled) == current(pulled)


# ---------------------------------------------------------------- damaged


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "is missing": (".ndjson.zst", Path.unlink),
    "is cut": (".ndjson.zst", cut),
    "is damaged": (".ndjson.zst", flip),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_page_file_is_named_and_repaired(pulled: Snapshot, how: str) -> None:
    change(pulled, 5, kwh=42)
    assert pulled.pull().code == 0
    ending, damage = DAMAGES[how]
    path = pulled.folder / f"sessions/00000002{ending}"
    damage(path)
    done = pulled.ask()
    assert (done.code, f"error: the page file {path} {how} (" in done.err) == (5, True), done.err
    repaired = pulled.maintain("--repair")
    assert (repaired.code, "sessions: 00000002.ndjson.zst dropped" in repaired.err) == (0, True), repaired.err
    incomplete = pulled.ask()
    assert (incomplete.code, "has lost a page file (pull its window again" in incomplete.err) == (8, True)
    assert pulled.maintain("--compact").code == 2
    assert pulled.pull().code == 0
    assert shown(pulled) == current(pulled)
    assert pulled.maintain("--repair").err == "sessions: nothing dropped\n"


@pytest.mark.parametrize("damage", [Path.unlink, cut])
def test_damaged_keys_are_named_and_repaired(pulled: Snapshot, damage: Callable[[Path], None]) -> None:
    change(pulled, 5, kwh=42)
    assert pulled.pull().code == 0
    damage(pulled.folder / "sessions/00000002.keys")
    done = pulled.ask()
    assert (done.code, "00000002.ndjson.zst has " in done.err) == (5, True), done.err
    assert pulled.maintain("--repair").code == pulled.pull().code == 0
    assert shown(pulled) == current(pulled)


def test_an_object_that_changed_after_the_lost_file_keeps_its_change(pulled: Snapshot) -> None:
    """A file of the first window is lost: what later windows have is newer than what is pulled again."""
    change(pulled, 1, kwh=42)
    assert pulled.pull("--overlap", "0s").code == 0
    (pulled.folder / "sessions/00000001.ndjson.zst").unlink()
    assert pulled.maintain("--repair").code == 0
    change(pulled, 2, kwh=43)
    assert pulled.pull("--overlap", "0s").code == 0
    assert shown(pulled) == current(pulled)
    assert pulled.maintain("--compact").code == 0
    assert shown(pulled) == current(pulled)


# ---------------------------------------------------------------- compaction


def test_compaction_drops_stale_lines_and_keeps_the_order(pulled: Snapshot) -> None:
    for number in range(4):
        change(pulled, number, kwh=number + 1)
        done = pulled.pull("--overlap", "0s")
        assert done.code == 0
    assert "29 % of the stored objects have changed since; to drop them: ocpiq pull --compact" in done.err
    before = pulled.rows()
    done = pulled.maintain("--compact")
    assert (done.code, done.err) == (0, "sessions: 4 objects dropped, 3 page files\n")
    assert pulled.rows() == before
    assert sum(name.endswith(".zst") for name in pulled.names()) == 3
    assert [file.stale for file in pulled.manifest.modules[0].files] == [0, 0, 0]
    change(pulled, 0, kwh=9)
    assert pulled.pull().code == 0
    assert shown(pulled) == current(pulled)


def test_a_query_during_a_compaction_is_to_be_run_again(
    pulled: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page files that it reads are replaced after the first."""
    read, codes = page_files.read, []

    def compacting_read(folder: Folder, name: str) -> bytes | None:
        data = read(folder, name)
        if not codes:
            codes.append(0)
            codes.append(pulled.maintain("--compact").code)
        return data

    monkeypatch.setattr(page_files, "read", compacting_read)
    done = pulled.ask("sessions only id | .id")
    assert codes == [0, 0]
    assert (done.code, "was changed while it was read (run the query again)" in done.err) == (2, True)
    assert pulled.ask("sessions only id | .id").code == 0
