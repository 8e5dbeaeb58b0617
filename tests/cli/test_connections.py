"""What leaves the machine: connections are counted, whatever makes them; and what stays on it is for its owner."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.cli import command
from support.platforms import TOKEN, Platform, serving

CONNECTING = (
    "socket.connect",
    "socket.sendto",
    "socket.sendmsg",
    "socket.getaddrinfo",
    "socket.gethostbyname",
)
STARTING = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "webbrowser.open")
LOGIN = ("--party", "NL-GOV", "--token", TOKEN, "--name", "test")
LISTENERS: list[list[tuple[str, object]]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if LISTENERS and event in CONNECTING + STARTING:
        # of a lookup the host and port come first, of a connection the socket
        LISTENERS[-1].append((event, arguments[:2] if "get" in event else arguments[1:2]))


sys.addaudithook(_hook)  # of Python itself: nothing in this process connects past it


@pytest.fixture
def connections() -> Iterator[list[tuple[str, object]]]:
    LISTENERS.append([])
    yield LISTENERS[-1]
    LISTENERS.pop()


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving(Platform()) as served:
        yield served


def test_a_run_connects_to_its_platform_only(
    home: Path, platform: Platform, connections: list[tuple[str, object]], tmp_path: Path
) -> None:
    port = urlsplit(platform.url).port
    command(home, ["recipient", "add", "utrecht"])
    for words in (
        ["login", platform.versions_url, *LOGIN, "--check"],
        ["-q", "sessions | limit 1"],
        ["-q", "--recipient", "utrecht", "-o", str(tmp_path / "out.csv"), "sessions only id"],
        ["get", "-q", "sessions"],
        ["explain", "--ask", "sessions"],
    ):
        connections.clear()
        assert command(home, words).code in (0, 8), words
        assert connections, words
        assert {event for event, _ in connections} <= set(CONNECTING)
        for _, target in connections:
            assert str(port) in str(target)
            assert "127.0.0.1" in str(target)


SILENT = {
    "help": ["help"],
    "all of the help": ["--help"],
    "version": ["version"],
    "a JSON program": ["-n", "1"],
    "explain": ["explain", "sessions pass kwh"],
    "explain as a policy": ["explain", "--to", "policy", "sessions pass kwh"],
    "explain as a sheet": ["explain", "--to", "markdown", "sessions pass kwh"],
    "schema": ["schema", "sessions"],
    "the list of defaults": ["schema", "--all"],
    "platforms": ["platforms"],
    "recipient": ["recipient", "add", "utrecht"],
    "saved pages": ["-q", "--source", "sessions=s.json", "sessions"],
    "a mistake": ["sessions pass khw"],
    "a refused run": ["--source", "sessions=s.json", "sessions | .kwh > 1"],
    "risk": ["risk", "s.json"],
    "completion": ["completion", "bash"],
    "man": ["man"],
    "config": ["config"],
}


@pytest.mark.parametrize("words", SILENT.values(), ids=SILENT)
def test_a_command_without_data_connects_to_nothing(
    words: list[str], home: Path, tmp_path: Path, connections: list[tuple[str, object]], monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.json").write_text('[{"id": "S1", "kwh": 1}]')
    command(home, words)
    assert connections == []


def test_a_connection_is_seen(connections: list[tuple[str, object]], home: Path, platform: Platform) -> None:
    command(home, ["login", platform.versions_url, *LOGIN])
    assert "socket.connect" in {event for event, _ in connections}


@pytest.mark.skipif(os.name != "posix", reason="no modes on this system")
def test_every_file_of_ocpiq_is_for_its_owner(home: Path, platform: Platform, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        command(home, ["login", platform.versions_url, *LOGIN])
        command(home, ["recipient", "add", "utrecht"])
        command(
            home,
            ["-q", "--recipient", "utrecht", "-o", str(home / "out.csv"), "sessions pass kwh | {id, kwh}"],
        )
    finally:
        os.umask(before)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert len(files) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = {path.parent for path in files} - {home}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
