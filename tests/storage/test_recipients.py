"""The recipients' files: the key is the owner's, and a damaged one is never used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
import pytest
from support.cli import own_home

from ocpiq.errors import UsageError
from ocpiq.storage import recipients


@pytest.fixture(autouse=True)
def _home(tmp_path: Path):
    with own_home(tmp_path):
        yield


def stored(name: str = "utrecht") -> dict[str, object]:
    return msgspec.json.decode(recipients.path_of(name).read_bytes())


def test_what_is_added_is_loaded() -> None:
    added = recipients.add("utrecht", in_keyring=False)
    loaded = recipients.load("utrecht")
    assert (loaded.name, loaded.key_id, len(loaded.key)) == ("utrecht", added.key_id, 32)
    assert recipients.names() == ("utrecht",)


@pytest.mark.skipif(os.name != "posix", reason="no modes on this system")
def test_the_file_is_the_owners() -> None:
    before = os.umask(0)
    try:
        recipients.add("utrecht", in_keyring=False)
    finally:
        os.umask(before)
    path = recipients.path_of("utrecht")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    recipients.load("utrecht")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_recipients_have_two_keys() -> None:
    assert recipients.add("a", in_keyring=False).key_id != recipients.add("b", in_keyring=False).key_id


def test_a_rotation_deletes_the_key_and_keeps_its_id() -> None:
    first = recipients.add("utrecht", in_keyring=False)
    key = stored()["key"]
    second = recipients.rotate("utrecht", in_keyring=False)
    third = recipients.rotate("utrecht", in_keyring=False)
    assert [former.key_id for former in third.former] == [first.key_id, second.key_id]
    assert str(key).encode() not in recipients.path_of("utrecht").read_bytes()
    assert len({first.key_id, second.key_id, recipients.load("utrecht").key_id}) == 3


def test_no_repr_shows_the_key() -> None:
    recipients.add("utrecht", in_keyring=False)
    assert "key" in stored()
    shown = recipients.find("utrecht")
    assert repr(shown) == f"StoredRecipient('utrecht', key {shown.key_id})"
    assert shown.__rich_repr__() == [("name", "utrecht"), ("key_id", shown.key_id)]


DAMAGE = {
    "another key": lambda content: {**content, "key": "AAAA" * 10 + "AAA="},
    "no key": lambda content: {**content, "key": ""},
    "another id": lambda content: {**content, "key_id": "00000000"},
    "another name": lambda content: {**content, "name": "other"},
    "not a recipient": lambda content: {"name": content["name"]},
    "not base64": lambda content: {**content, "key": "*"},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_refused_without_a_word_of_the_key(damage) -> None:
    recipients.add("utrecht", in_keyring=False)
    content = stored()
    recipients.path_of("utrecht").write_bytes(msgspec.json.encode(damage(content)))
    with pytest.raises(UsageError) as error:
        recipients.load("utrecht")
    assert str(content["key"])[:8] not in error.value.message + error.value.hint


def test_removing_deletes_the_policy_too() -> None:
    recipients.add("utrecht", in_keyring=False)
    recipients.policy_path("utrecht").write_text("")
    recipients.remove("utrecht")
    assert list(recipients.folder().iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "", "a b", ".a", "x" * 65, "a/b"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(UsageError):
        recipients.add(name, in_keyring=False)
    with pytest.raises(UsageError):
        recipients.find(name)
