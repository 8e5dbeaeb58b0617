"""`ocpiq login --keyring`: the token is in the keyring of the system, and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail, null
from support.cli import Outcome, command
from support.keyrings import InMemory
from support.platforms import BASE64, TOKEN, Platform, serving

LOGIN = ("--party", "NL-GOV", "--name", "test")
COUNT = "cdrs | aggregate count"


@pytest.fixture
def ring() -> Iterator[InMemory]:
    """The keyring of the system."""
    before, made = keyring.get_keyring(), InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving(Platform()) as served:
        yield served


def ocpiq(home: Path, *words: str) -> Outcome:
    """Run the command line; the token is seen nowhere."""
    run = command(home, words, OCPIQ_TOKEN=TOKEN)
    shown = run.out.decode() + run.err
    assert TOKEN not in shown
    assert BASE64 not in shown
    assert run.err.count("\n") == len(run.err.splitlines())
    return run


def login(home: Path, platform: Platform, *words: str) -> Outcome:
    return ocpiq(home, "login", platform.versions_url, *LOGIN, *words)


def entry(platform: Platform, name: str = "test") -> tuple[str, str]:
    return "ocpiq", f"{name} at {platform.url.removeprefix('http://')}/ocpi/versions"


def files(run: Outcome) -> bytes:
    return b"".join(run.saved.values())


def test_the_token_is_in_the_keyring_and_in_no_file(ring, platform, home):
    run = login(home, platform, "--keyring")
    assert run.code == 0, run.err
    assert ring.entries == {entry(platform): TOKEN}
    assert len(run.saved) == 1
    assert TOKEN.encode() not in files(run)
    assert BASE64.encode() not in files(run)
    platform.requests.clear()
    pulled = ocpiq(home, "--verbose", COUNT)
    assert (pulled.out, pulled.code) == (b"10\n", 0)
    assert {request.token for request in platform.requests} == {f"Token {BASE64}"}


def test_without_the_option_it_is_in_the_file(ring, platform, home):
    run = login(home, platform)
    assert TOKEN.encode() in files(run)
    assert ring.asked == 0


def test_a_list_of_logins_does_not_open_the_keyring(ring, platform, home):
    login(home, platform, "--keyring")
    asked = ring.asked
    assert ocpiq(home, "platforms").out.startswith(b"* test")
    assert ring.asked == asked


def test_logout_takes_the_entry_away(ring, platform, home):
    login(home, platform, "--keyring")
    run = ocpiq(home, "logout")
    assert (run.code, run.saved, ring.entries) == (0, {}, {})


def test_logout_where_the_entry_is_gone(ring, platform, home):
    login(home, platform, "--keyring")
    ring.entries.clear()
    run = ocpiq(home, "logout")
    assert (run.code, run.saved, run.err) == (0, {}, "logged out of test\n")


def test_a_login_in_place_of_another_leaves_no_entry_behind(ring, platform, home):
    with serving(Platform()) as other:
        login(home, other, "--keyring")
    assert login(home, platform, "--keyring").code == 0
    assert ring.entries == {entry(platform): TOKEN}
    again = login(home, platform)
    assert (again.code, ring.entries) == (0, {})
    assert TOKEN.encode() in files(again)


def test_an_open_feed_has_nothing_to_keep(ring, platform, home):
    platform.knows = lambda sent: sent is None  # type: ignore[method-assign]
    assert login(home, platform, "--keyring", "--open").code == 0
    assert ring.entries == {}
    assert ocpiq(home, "-q", COUNT).out == b"10\n"


def test_no_login_finds_the_token_for_another_address(ring, platform, home):
    saved = login(home, platform, "--keyring").saved
    (path, content), *_ = saved.items()
    (home / path).write_bytes(content.replace(b"/ocpi/versions", b"/ocpi/elsewhere"))
    platform.requests.clear()
    run = ocpiq(home, COUNT)
    assert run.code == 2
    assert "the system keyring has no token for test at 127.0.0.1:" in run.err
    assert platform.requests == []


# ---------------------------------------------------------------- what can be in the way

NO_PACKAGE = "error: the system keyring needs the Python package keyring (pip install 'ocpiq[keyring]')\n"
NO_KEYRING = (
    "error: this system has no usable keyring "
    "(without --keyring, the token is stored in a file that only you can read)\n"
)
LOCKED = "error: could not use the system keyring (KeyringLocked) (is it locked?)\n"


def no_package(patch: pytest.MonkeyPatch, ring: InMemory) -> None:
    patch.setitem(sys.modules, "keyring", None)


def no_keyring(patch: pytest.MonkeyPatch, ring: InMemory) -> None:
    keyring.set_keyring(fail.Keyring())


def lock(patch: pytest.MonkeyPatch, ring: InMemory) -> None:
    ring.locked = True


WAYS = {
    "no package": (no_package, NO_PACKAGE),
    "no keyring": (no_keyring, NO_KEYRING),
    "locked": (lock, LOCKED),
}


@pytest.mark.parametrize(("happen", "said"), WAYS.values(), ids=WAYS)
def test_no_login(happen, said, ring, platform, home, monkeypatch):
    happen(monkeypatch, ring)
    run = login(home, platform, "--keyring")
    assert (run.err, run.code, run.saved) == (said, 2, {})
    assert platform.requests == [] or happen is lock  # a lock shows when something is put there


@pytest.mark.parametrize(("happen", "said"), WAYS.values(), ids=WAYS)
def test_no_query(happen, said, ring, platform, home, monkeypatch):
    login(home, platform, "--keyring")
    happen(monkeypatch, ring)
    platform.requests.clear()
    run = ocpiq(home, COUNT)
    assert (run.err, run.code) == (said, 2)
    assert platform.requests == []


@pytest.mark.parametrize(("happen", "said"), WAYS.values(), ids=WAYS)
def test_logout_says_that_the_entry_stays(happen, said, ring, platform, home, monkeypatch):
    login(home, platform, "--keyring")
    happen(monkeypatch, ring)
    run = ocpiq(home, "logout")
    why = said.removeprefix("error: ").partition(" (")[0]
    assert run.err.startswith(
        f"error: the token for {entry(platform)[1]} is still in the system keyring: {why}"
    )
    assert run.err.endswith("(delete the entry ocpiq there)\n")
    assert (run.code, run.saved, len(ring.entries)) == (2, {}, 1)


def test_an_entry_that_is_gone(ring, platform, home):
    login(home, platform, "--keyring")
    ring.entries.clear()
    run = ocpiq(home, COUNT)
    assert run.code == 2
    assert run.err == f"error: the system keyring has no token for {entry(platform)[1]} (log in again)\n"


def test_a_keyring_that_keeps_nothing(ring, platform, home):
    keyring.set_keyring(null.Keyring())
    run = login(home, platform, "--keyring")
    assert (run.code, run.saved) == (2, {})
    assert run.err == "error: the system keyring did not store the token (log in without --keyring)\n"
