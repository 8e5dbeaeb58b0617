"""For users of ocpi-tool: its session file is used where the environment names it, and can be imported at login."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from support.cli import command
from support.platforms import TOKEN, Platform, Server, serving

OBJECTS: list[object] = [{"id": str(n), "kwh": n, "currency": "EUR"} for n in range(10)]


@pytest.fixture
def platform() -> Iterator[Server]:
    with serving(Platform(objects=OBJECTS)) as server:
        yield server


def session(folder: Path, url: str, **members: object) -> Path:
    """Write a session as ocpi-tool 1.1.1 does."""
    base = url.removesuffix("versions") + "2.2.1/"
    endpoints = [
        {"identifier": "credentials", "role": "RECEIVER", "url": base + "credentials"},
        {"identifier": "sessions", "role": "RECEIVER", "url": base + "receiver/sessions"},
        {"identifier": "sessions", "role": "SENDER", "url": base + "sessions"},
    ]
    content = {"version": "2.2.1", "endpoints": endpoints, "token": TOKEN, "partyId": "NLGOV"}
    path = folder / "session"
    path.write_text(json.dumps({"session": content | members}), "utf-8")
    return path


def test_get_uses_the_session_that_the_environment_names(home: Path, platform: Server) -> None:
    file = session(home, platform.versions_url)
    run = command(home, ["-q", "get", "sessions", "--privacy-pass", "kwh"], OCPI_SESSION_FILE=str(file))
    assert run.code == 0, run.err
    assert [json.loads(line)["kwh"] for line in run.out.splitlines()] == list(range(10))
    assert platform.requests[-1].path.endswith("2.2.1/sessions")
    config = command(home, ["config"], OCPI_SESSION_FILE=str(file))
    assert "ocpi-tool" in config.out.decode()
    assert "OCPI_SESSION_FILE" in config.out.decode()


def test_the_session_takes_precedence_over_the_last_login_but_not_over_a_named_one(home: Path) -> None:
    with serving(Platform(objects=OBJECTS)) as ours, serving(Platform(objects=OBJECTS[:3])) as theirs:
        words = ["login", ours.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", "ours"]
        assert command(home, words).code == 0
        file = str(session(home, theirs.versions_url))
        counted = ["-q", "sessions | aggregate count"]
        assert command(home, counted).out == b"10\n"
        assert command(home, counted, OCPI_SESSION_FILE=file).out == b"3\n"
        assert command(home, counted, OCPI_SESSION_FILE=file, OCPIQ_PLATFORM="ours").out == b"10\n"
        assert command(home, [*counted, "--platform", "ours"], OCPI_SESSION_FILE=file).out == b"10\n"


@pytest.mark.parametrize("form", ["raw", "base64"])
def test_import_finds_out_the_form_of_the_token(home: Path, form: str) -> None:
    with serving(Platform(objects=OBJECTS, token_forms=(form,))) as server:
        file = session(home, server.versions_url)
        before = file.read_bytes()
        run = command(home, ["login", "--import", str(file), "--name", "west"])
        assert (run.code, run.err) == (0, "logged in to west: OCPI 2.2.1, sessions\n")
        assert file.read_bytes() == before
        assert command(home, ["-q", "sessions | aggregate count"]).out == b"10\n"
        assert TOKEN not in command(home, ["platforms"]).out.decode() + run.err


def test_login_without_a_url_offers_the_session(home: Path, platform: Server) -> None:
    session(home, platform.versions_url).rename(home / ".ocpi")
    run = command(home, ["login"])
    assert run.code == 2
    assert f"--import {home / '.ocpi'}" in run.err
    missing = command(home, ["-q", "sessions"])
    assert f"ocpiq login --import {home / '.ocpi'}" in missing.err


@pytest.mark.skipif(sys.platform == "win32", reason="has no pseudo-terminals")
@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2), ("", 2)])
def test_on_a_terminal_it_asks(home: Path, platform: Server, answer: str, code: int) -> None:
    session(home, platform.versions_url).rename(home / ".ocpi")
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    child = pexpect.spawn(
        sys.executable, ["-m", "ocpiq", "login"], env=environment, encoding="utf-8", timeout=30
    )
    child.expect_exact("import the session of ocpi-tool in")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code


MISTAKES = {
    "not JSON": ("x", "is not a session of ocpi-tool"),
    "another file": ('{"a": 1}', "is not a session of ocpi-tool"),
    "another version": ({"version": "1.9"}, "OCPI version that ocpiq does not read"),
    "no endpoints": ({"endpoints": []}, "has no endpoints"),
    "nothing to pull": (
        {"endpoints": [{"identifier": "credentials", "url": "http://127.0.0.1:1/c"}]},
        "no module to pull",
    ),
    "unencrypted": (
        {"endpoints": [{"identifier": "sessions", "url": "http://cpo.example/s"}]},
        "would be sent to cpo.example unencrypted (use https, or --allow-http to accept that)",
    ),
    "two hosts": (
        {
            "endpoints": [
                {"identifier": "sessions", "url": "https://cpo.example/s"},
                {"identifier": "cdrs", "url": "https://other.example/c"},
            ]
        },
        "--allow-origin https://other.example",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_session_that_cannot_be_imported_says_why(home: Path, mistake: str) -> None:
    content, message = MISTAKES[mistake]
    file = home / "session"
    if isinstance(content, str):
        file.write_text(content, "utf-8")
    else:
        session(home, "https://cpo.example/ocpi/versions", **content)
    run = command(home, ["login", "--import", str(file)])
    assert run.code in (2, 6)
    assert message in run.err
    assert run.err.count("\n") == 1
    assert TOKEN not in run.err


def test_a_missing_session_file_is_named(home: Path) -> None:
    run = command(home, ["-q", "sessions"], OCPI_SESSION_FILE=str(home / "none"))
    assert run.code == 2
    assert "could not read" in run.err
    url = command(home, ["login", "https://x.example/versions", "--import", "y"])
    assert "--import takes no URL" in url.err


def test_the_page_is_part_of_the_help(home: Path) -> None:
    page = command(home, ["help", "ocpi-tool"]).out.decode()
    assert "`ocpiq get sessions`, or `ocpiq sessions`" in page
    assert max(map(len, page.splitlines())) <= 80
