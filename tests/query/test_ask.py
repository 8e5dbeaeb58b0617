"""Asking the sources of a query what they have, by one request each (`ocpiq explain --ask`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ocpiq
from ocpiq import demo, query
from ocpiq.cli.main import run


def test_objects_and_pages_are_what_the_platform_says() -> None:
    requests: list[str] = []
    with demo.platform(log=requests.append) as served:
        from ocpiq.ocpi import login
        from ocpiq.sources import platform

        with platform(login(served.versions_url, served.token)) as source:
            requests.clear()
            asked = query.compile("[locations | .id] as $l | sessions since 2026-10-01 | .id").ask(source)
    assert [(each.module, each.objects, each.pages) for each in asked] == [
        ("locations", 112, 1),
        ("sessions", 1036, 2),
    ]
    assert len(requests) == 2


def test_files_do_not_say(tmp_path: Path) -> None:
    (tmp_path / "s.ndjson").write_text('{"id": "1"}\n')
    (asked,) = ocpiq.compile("sessions").ask(ocpiq.files({"sessions": tmp_path / "s.ndjson"}))
    assert (asked.module, asked.objects, asked.pages, asked.seconds) == ("sessions", None, None, None)


def test_the_command_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--ask", "--demo", "tariffs | .id"]) == 0
    assert "  has       33 objects, 1 page, about " in capsys.readouterr().out
    assert run(["explain", "--ask", "--demo", "--json", "tariffs | .id"]) == 0
    (asked,) = json.loads(capsys.readouterr().out)["asked"]
    assert (asked["module"], asked["objects"], asked["pages"]) == ("tariffs", 33, 1)
