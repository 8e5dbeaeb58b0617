"""`ocpiq recipient`, --recipient and OCPIQ_RECIPIENT: the key is printed nowhere."""

from __future__ import annotations

import re
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import keyring
import msgspec
import pytest
from keyring.backends import fail
from support.cli import Outcome, command
from support.keyrings import InMemory

FILE = ".config/ocpiq/recipients/utrecht.json"


@pytest.fixture
def ring() -> Iterator[InMemory]:
    """The keyring of the system."""
    before, made = keyring.get_keyring(), InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def ocpiq(home: Path, *words: str, **variables: str) -> Outcome:
    """Run the command line; no key is in what it prints."""
    before = _keys(home)
    run = command(home, words, **variables)
    printed = run.out.decode() + run.err
    for key in before | _keys(home):
        assert key not in printed
        assert b64decode(key).hex() not in printed
    return run


def _keys(home: Path) -> set[str]:
    files = home.glob(".config/ocpiq/recipients/*.json")
    return {key for path in files if (key := msgspec.json.decode(path.read_bytes())["key"])}


def key_id(run: Outcome) -> str:
    (found,) = re.findall(r"key,? ([0-9a-f]{8}), in", run.err)
    return found


def test_a_life(home: Path) -> None:
    run = ocpiq(home, "recipient", "add", "utrecht")
    first = key_id(run)
    assert (run.out, run.code, list(run.saved)) == (b"", 0, [FILE])
    assert ocpiq(home, "recipient").out.startswith(f"utrecht  key {first}  since 20".encode())
    second = ocpiq(home, "recipient", "rotate", "utrecht").err
    assert second.endswith(f"key {first} was deleted\n")
    shown = ocpiq(home, "recipient", "show", "utrecht").out.decode().splitlines()
    assert [line.split()[0] for line in shown] == ["name", "key", "former", "policy"]
    assert shown[2].startswith(f"former   {first}, from 20")
    run = ocpiq(home, "recipient", "remove", "utrecht")
    assert (run.code, run.saved) == (0, {})
    assert ocpiq(home, "recipient", "list").err == "no recipients yet (ocpiq recipient add NAME)\n"


def test_the_key_in_the_keyring_is_in_no_file(ring: InMemory, home: Path) -> None:
    run = ocpiq(home, "recipient", "add", "utrecht", "--keyring")
    (entry,), (key,) = ring.entries, ring.entries.values()
    assert entry[0] == "ocpiq"
    assert re.fullmatch(r"recipient utrecht \([0-9a-f]{8}\)", entry[1])
    assert key.encode() not in b"".join(run.saved.values())
    asked = ring.asked
    ocpiq(home, "recipient", "list")
    ocpiq(home, "recipient", "show", "utrecht")
    assert ring.asked == asked
    assert ocpiq(home, "recipient", "rotate", "utrecht").code == 0
    assert len(ring.entries) == 1
    assert key not in ring.entries.values()
    assert ocpiq(home, "recipient", "remove", "utrecht").code == 0
    assert ring.entries == {}


def test_a_rotation_may_move_the_key_into_the_keyring(ring: InMemory, home: Path) -> None:
    ocpiq(home, "recipient", "add", "utrecht")
    assert ring.asked == 0
    run = ocpiq(home, "recipient", "rotate", "utrecht", "--keyring")
    assert (len(ring.entries), msgspec.json.decode(run.saved[FILE])["key"]) == (1, "")


def test_without_a_usable_keyring_nothing_is_added(ring: InMemory, home: Path, monkeypatch) -> None:
    keyring.set_keyring(fail.Keyring())
    run = ocpiq(home, "recipient", "add", "utrecht", "--keyring")
    assert (run.code, run.saved) == (2, {})
    assert run.err == (
        "error: this system has no usable keyring "
        "(without --keyring, the key is stored in a file that only you can read)\n"
    )
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert ocpiq(home, "recipient", "add", "utrecht", "--keyring").saved == {}


MISTAKES = {
    ("add", "utrecht"): "recipient utrecht already exists (for a new key: ocpiq recipient rotate utrecht)",
    ("add",): "ocpiq recipient add takes one name (ocpiq recipient add NAME)",
    ("add", "a/b"): "invalid recipient name 'a/b' (up to 64 letters, digits, dots, dashes and underscores, "
    "starting with a letter or digit)",
    ("shwo", "utrecht"): "unknown action of ocpiq recipient (did you mean show?)",
    ("utrecht",): "unknown action of ocpiq recipient (available: add, list, show, rotate, remove)",
    ("show", "utrect"): "unknown recipient 'utrect' (did you mean utrecht?)",
    ("remove", "x"): "unknown recipient 'x' (available: utrecht)",
    ("rotate", "utrecht", "x"): "ocpiq recipient rotate takes one name (ocpiq recipient rotate NAME)",
    ("list", "utrecht"): "ocpiq recipient list takes no name (ocpiq recipient show utrecht)",
    ("show", "--keyring", "utrecht"): "ocpiq recipient show has no option --keyring",
}


@pytest.mark.parametrize(("words", "message"), MISTAKES.items(), ids=map(" ".join, MISTAKES))
def test_mistakes(words: tuple[str, ...], message: str, home: Path) -> None:
    before = ocpiq(home, "recipient", "add", "utrecht").saved
    run = ocpiq(home, "recipient", *words)
    assert (run.err, run.code, run.out, run.saved) == (f"error: {message}\n", 2, b"", before)


@pytest.mark.parametrize("words", [["1", "-n"], ["explain", "1"], ["get", "--demo", "tariffs"]])
def test_an_unknown_recipient_ends_every_run(words: list[str], home: Path) -> None:
    message = "error: unknown recipient 'x' (add it first: ocpiq recipient add NAME)\n"
    assert ocpiq(home, *words, "--recipient", "x")[:3] == (b"", message, 2)
    assert ocpiq(home, *words, OCPIQ_RECIPIENT="x")[:3] == (b"", message, 2)


def test_the_option_comes_before_the_environment(home: Path) -> None:
    ocpiq(home, "recipient", "add", "utrecht")
    assert ocpiq(home, "-n", "1", "--recipient", "utrecht", OCPIQ_RECIPIENT="x").code == 0
    assert ocpiq(home, "-n", "1", OCPIQ_RECIPIENT="").code == 0
