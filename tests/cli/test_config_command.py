"""`ocpiq config`, and what the config file does to result files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from support.cli import command


@pytest.fixture
def config(home: Path) -> Path:
    """Where the user's config file would be."""
    (home / "config").mkdir()
    return home / "config" / "config.toml"


def shown(home: Path, config: Path, **variables: str) -> list[list[str]]:
    run = command(home, ["config"], OCPIQ_CONFIG=str(config.parent), **variables)
    assert (run.code, run.err) == (0, "")
    first, table, _ = run.out.decode().split("\n\n")
    assert first.startswith(f"config file: {config}")
    assert first.endswith(" (does not exist)") == (not config.exists())
    return [line.split(maxsplit=2) for line in table.splitlines()]


def test_without_a_file(home: Path, config: Path) -> None:
    assert [row[:2] for row in shown(home, config)] == [
        ["zone", "UTC"],
        ["form", "json"],
        ["mode", "0600"],
        ["platform", "none"],
        ["audit", "runs"],
        ["vi", "off"],
        ["menu", "on"],
        ["history", "on"],
    ]


def test_each_setting_with_its_origin(home: Path, config: Path) -> None:
    config.write_text('zone = "Europe/Paris"\nmode = "640"\nplatform = "depot"\naudit = true\nvi = true\n')
    assert shown(home, config) == [
        ["zone", "Europe/Paris", "config file"],
        ["form", "json", "default"],
        ["mode", "0640", "config file"],
        ["platform", "depot", "config file"],
        ["audit", str(home / ".local/state/ocpiq/audit.ndjson"), "config file"],
        ["vi", "on", "config file"],
        ["menu", "on", "default"],
        ["history", "on", "default"],
    ]
    assert shown(home, config, OCPIQ_PLATFORM="x")[3] == ["platform", "x", "OCPIQ_PLATFORM"]


@pytest.mark.parametrize(
    ("words", "query", "mode"),
    [
        pytest.param([], "sessions pass kwh", 0o640, id="passed fields"),
        pytest.param([], "1", 0o640, id="plain JSON"),
        pytest.param(["--mode", "604"], "1", 0o604, id="--mode comes before it"),
    ],
)
def test_mode_is_that_of_a_new_file(
    words: list[str], query: str, mode: int, home: Path, config: Path, tmp_path: Path
) -> None:
    config.write_text('mode = "0640"')
    (tmp_path / "s.ndjson").write_text('{"id":"1","kwh":1}\n')
    out = tmp_path / "out"
    argv = ["-q", "-n", "--source", f"sessions={tmp_path / 's.ndjson'}", *words, "-o", str(out), query]
    for expected in (mode, mode if words else 0o600):  # one that exists keeps its own
        run = command(home, argv, OCPIQ_CONFIG=str(config.parent))
        assert (run.code, run.err) == (0, "")
        assert stat.S_IMODE(out.stat().st_mode) == expected
        out.chmod(0o600)


def test_mode_means_nothing_to_standard_output(home: Path, config: Path) -> None:
    config.write_text('mode = "0640"')
    run = command(home, ["-n", "1"], OCPIQ_CONFIG=str(config.parent))
    assert (run.code, run.out, run.err) == (0, b"1\n", "")
