"""Named platforms: kept, found, listed, removed; and a token that never prints."""

from __future__ import annotations

import os
import stat

import msgspec
import pytest

from ocpiq.errors import UsageError
from ocpiq.storage import AccessToken, Login, Party, PlatformParty, config_folder, logins

SECRET = "s3cret-token-value"


def a_login(name: str, saved: str = "2026-01-01T00:00:00Z", **other: object) -> Login:
    login = Login(
        name=name,
        url="https://cpo.example/ocpi/versions",
        token=AccessToken(SECRET, "base64"),
        version="2.2.1",
        endpoints={"sessions": ("https://cpo.example/ocpi/2.2.1/sessions",)},
        own=Party("NL", "GOV"),
        parties=(PlatformParty(Party("NL", "ABC"), "CPO"),),
        saved=saved,
    )
    return msgspec.structs.replace(login, **other)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("OCPIQ_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("OCPIQ_PLATFORM", raising=False)
    return tmp_path / "config"


def test_what_is_saved_is_what_is_loaded():
    logins.save(a_login("one"))
    assert logins.load("one") == a_login("one")


def test_the_file_is_the_owners_alone(own_folder):
    logins.save(a_login("one"))
    if os.name == "posix":
        assert stat.S_IMODE((own_folder / "platforms" / "one.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((own_folder / "platforms").stat().st_mode) == 0o700


def test_the_token_is_in_no_repr():
    login = a_login("one")
    assert SECRET not in repr(login) + str(login) + repr(login.token) + f"{login.token}"


def test_the_last_login_is_the_current_one(monkeypatch):
    assert logins.current() is None
    logins.save(a_login("new", "2026-02-01T00:00:00Z"))
    logins.save(a_login("old", "2026-01-01T00:00:00Z"))
    assert logins.current() == "new"
    assert logins.load().name == "new"
    monkeypatch.setenv("OCPIQ_PLATFORM", "old")
    assert logins.load().name == "old"
    assert logins.load("new").name == "new"
    logins.remove("new")
    assert logins.current() == "old"
    assert logins.names() == ("old",)
    assert [login.name for login in logins.every()] == ["old"]


def test_without_a_login_the_error_says_how_to_make_one():
    with pytest.raises(UsageError) as caught:
        logins.load()
    assert caught.value.message == "no platform"
    assert "ocpiq login URL" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("gren", "did you mean green?"),
        ("zzz", "available: blue, green"),
        ("../etc", "available: blue, green"),
    ],
)
def test_an_unknown_name_gets_the_nearest(name, hint):
    logins.save(a_login("green"))
    logins.save(a_login("blue"))
    with pytest.raises(UsageError) as caught:
        logins.load(name)
    assert caught.value.hint == hint
    with pytest.raises(UsageError):
        logins.remove(name)


@pytest.mark.parametrize("name", ["", "a/b", "../a", ".hidden", "a b", "é", "x" * 65, "a\n"])
def test_a_name_that_is_no_file_name_is_refused(name, own_folder):
    with pytest.raises(UsageError):
        logins.save(a_login(name))
    assert not own_folder.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": "one"}', b"\xff"])
def test_a_file_that_is_no_login_is_named(content, own_folder):
    logins.save(a_login("one"))
    (own_folder / "platforms" / "one.json").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        logins.load("one")
    assert "one.json is not a login file" in caught.value.message
    assert SECRET not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_one_clear_line(own_folder):
    own_folder.write_text("a file, no folder")
    with pytest.raises(UsageError) as caught:
        logins.save(a_login("one"))
    assert "could not save the login to" in caught.value.message


def test_the_folder_is_the_systems_own_without_the_variable(monkeypatch):
    monkeypatch.delenv("OCPIQ_CONFIG")
    assert config_folder().name == "ocpiq"
