"""The chain of the audit trail: every change of a byte shows, and what a crash leaves is no change."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from sys import executable

import msgspec
import pytest

from ocpiq.errors import UsageError
from ocpiq.storage import audit_trail
from ocpiq.storage.audit_trail import BrokenTrailError, head_path


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    """A trail of five lines."""
    path = tmp_path / "state" / "audit.ndjson"
    for number in range(5):
        audit_trail.append(path, {"event": "test", "number": number})
    return path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def rewrite(path: Path, changed: list[bytes]) -> None:
    path.write_bytes(b"".join(changed))


def test_what_is_appended_is_read_and_whole(trail: Path) -> None:
    assert [entry["number"] for entry in audit_trail.entries(trail)] == [0, 1, 2, 3, 4]
    assert audit_trail.verify(trail).lines == 5


@pytest.mark.skipif(os.name != "posix", reason="no modes on this system")
def test_both_files_are_the_owners(trail: Path) -> None:
    for path in (trail, head_path(trail)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
    audit_trail.append(trail, {})
    assert {stat.S_IMODE(path.stat().st_mode) for path in trail.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(trail.parent.stat().st_mode) == 0o700


def test_every_changed_byte_shows(trail: Path) -> None:
    whole = trail.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        trail.write_bytes(changed)
        with pytest.raises(BrokenTrailError):
            audit_trail.verify(trail)
    trail.write_bytes(whole)
    audit_trail.verify(trail)


def forged(line: bytes, /, **changes: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(line), **changes}) + b"\n"


def without(number: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda all_lines: all_lines[:number] + all_lines[number + 1 :]


TAMPERED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "first removed": (without(0), "line 1 of {} was removed, added or moved"),
    "one removed": (without(2), "line 3 of {} was removed, added or moved"),
    "last removed": (without(4), "{} has 4 of 5 lines: the end is missing"),
    "all removed": (lambda _: [], "{} has 0 of 5 lines: the end is missing"),
    "two swapped": (
        lambda all_lines: [all_lines[1], all_lines[0], *all_lines[2:]],
        "line 1 of {} was removed",
    ),
    "one repeated": (
        lambda all_lines: [*all_lines, all_lines[4]],
        "line 6 of {} was removed, added or moved",
    ),
    "one added": (
        lambda all_lines: [*all_lines, forged(all_lines[4], line=6)],
        "line 5 of {} was changed, or",
    ),
    "one changed": (
        lambda all_lines: [*all_lines[:2], forged(all_lines[2], number=9), *all_lines[3:]],
        "line 3 of {} was changed, or line 4 was",
    ),
    "last changed": (
        lambda all_lines: [*all_lines[:4], forged(all_lines[4], number=9)],
        "does not belong to",
    ),
    "not JSON": (lambda all_lines: [*all_lines[:2], b"x\n", *all_lines[3:]], "line 3 of {} is not an entry"),
    "not UTF-8": (lambda all_lines: [b'{"\xff":1}\n', *all_lines[1:]], "line 1 of {} is not an entry"),
    "empty line": (lambda all_lines: [*all_lines, b"\n"], "line 6 of {} is not an entry"),
}


@pytest.mark.parametrize(("tamper", "message"), TAMPERED.values(), ids=TAMPERED)
def test_verify_names_the_place(tamper, message: str, trail: Path) -> None:
    rewrite(trail, tamper(lines(trail)))
    with pytest.raises(BrokenTrailError) as error:
        audit_trail.verify(trail)
    assert message.format(trail) in error.value.message


HEADS: dict[str, Callable[[Path], object]] = {
    "head deleted": lambda trail: head_path(trail).unlink(),
    "head emptied": lambda trail: head_path(trail).write_bytes(b""),
    "head replaced": lambda trail: head_path(trail).write_bytes(b"[]"),
    "trail deleted": lambda trail: trail.unlink(),
    "trail cut": lambda trail: rewrite(trail, lines(trail)[:3]),
}


@pytest.mark.parametrize("damage", HEADS.values(), ids=HEADS)
def test_nothing_is_appended_to_a_trail_that_is_cut(damage, trail: Path) -> None:
    damage(trail)
    before = trail.read_bytes() if trail.exists() else b""
    with pytest.raises(BrokenTrailError):
        audit_trail.append(trail, {})
    with pytest.raises(BrokenTrailError):
        audit_trail.verify(trail)
    assert (trail.read_bytes() if trail.exists() else b"") == before


def test_a_crash_before_the_head_was_written(trail: Path) -> None:
    head = head_path(trail).read_bytes()
    for number in (5, 6):
        audit_trail.append(trail, {"number": number})
    head_path(trail).write_bytes(head)
    assert audit_trail.verify(trail).lines == 7
    audit_trail.append(trail, {"number": 7})
    assert audit_trail.verify(trail).lines == 8


@pytest.mark.parametrize("call", range(1, 5))
def test_a_crash_at_any_write_of_the_first_entry(call: int, tmp_path: Path, monkeypatch) -> None:
    path, calls = tmp_path / "audit.ndjson", iter(range(1, 99))

    def crash(descriptor: int, data: bytes) -> int:
        if next(calls) == call:
            raise KeyboardInterrupt
        return real(descriptor, data)

    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", crash)
        for _ in range(2):
            with suppress(KeyboardInterrupt):
                audit_trail.append(path, {})
    audit_trail.append(path, {})
    assert audit_trail.verify(path).lines >= 2


def test_a_crash_in_the_middle_of_a_line(trail: Path) -> None:
    whole = lines(trail)
    for length in range(1, len(whole[4]) - 1, 7):
        with trail.open("ab") as file:
            file.write(whole[4][:length])
        audit_trail.append(trail, {"number": length})
        audit_trail.verify(trail)


def test_processes_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "audit.ndjson"
    program = (
        "from pathlib import Path; from ocpiq.storage.audit_trail import append\n"
        f"for number in range(25): append(Path({str(path)!r}), {{}})"
    )
    writers = [Popen([executable, "-c", program]) for _ in range(4)]
    assert [writer.wait() for writer in writers] == [0, 0, 0, 0]
    assert audit_trail.verify(path).lines == 100


def test_a_write_that_fails_leaves_the_trail_as_it_was(trail: Path, monkeypatch) -> None:
    before = trail.read_bytes(), head_path(trail).read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UsageError, match=r"could not write the audit trail .*: No space left on device"):
        audit_trail.append(trail, {})
    assert (trail.read_bytes(), head_path(trail).read_bytes()) == before


@pytest.mark.parametrize("kind", ["folder", "device", "file as a folder"])
def test_what_is_not_a_file(kind: str, tmp_path: Path) -> None:
    path = {"folder": tmp_path, "device": Path("/dev/null"), "file as a folder": tmp_path / "x" / "audit"}[
        kind
    ]
    (tmp_path / "x").write_text("")
    with pytest.raises(UsageError):
        audit_trail.append(path, {})
