"""The sizes of the sources of a query, judged by their first pages (`ocpiq explain --ask`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cli import command
from support.platforms import TOKEN, Platform, Request, Response, envelope, serving

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
    assert [(source.module, source.objects, source.basis, source.pages) for source in asked] == [
        ("locations", 113, "counted", 1),
        ("sessions", 1036, "counted", 2),
    ]
    assert len(requests) == 4


def test_a_file_that_is_read_to_its_end_is_counted(tmp_path: Path) -> None:
    lines = tmp_path / "s.ndjson"
    for number, basis in ((1, "counted"), (151, "counted"), (251, "lower bound")):
        lines.write_text('{"id": "1"}\n' * number)
        (asked,) = ocpiq.compile("sessions").ask(ocpiq.files({"sessions": lines}))
        assert (asked.module, asked.objects, asked.basis) == ("sessions", min(number, 250), basis)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def rows(start: int, stop: int) -> list[dict[str, str]]:
    return [{"id": str(number)} for number in range(start, stop)]


def pages_that_announce_themselves(request: Request) -> Response:
    offset = int(request.query.get("offset", 0))
    page = rows(offset, min(offset + 100, 250))
    return Response(envelope(page), headers={"X-Total-Count": str(len(page)), "X-Limit": "100"})


def count_with_a_ceiling(request: Request) -> Response:
    offset = int(request.query.get("offset", 0))
    page = rows(offset, min(offset + 100, 1200))
    return Response(envelope(page), headers={"X-Total-Count": "200", "X-Limit": "100"})


def cursor_in_the_body(request: Request) -> Response:
    body = {"data": rows(0, 100), "status_code": 1000, "cursor": "b2Zmc2V0OjEwMA"}
    return Response(json.dumps(body).encode())


def cursor_and_total(request: Request) -> Response:
    return Response(cursor_in_the_body(request).body, headers={"X-Total-Count": "250"})


PULLS = {  # what a platform sends, what explain and login --check say of it, and the exit code
    "no objects": (lambda request: Response(envelope([])), "no objects", "no objects", 0),
    "a total of each page": (
        pages_that_announce_themselves,
        "250 objects, 4 pages, about 1 s one after the other",
        "250 objects",
        0,
    ),
    "a total that is cut": (
        count_with_a_ceiling,
        "496 objects or more",
        r"cdrs: 1,0\d\d objects or more \(the platform does not say how many\)",
        0,
    ),
    "a total that is far away": (
        lambda request: Response(count_with_a_ceiling(request).body, headers={"X-Total-Count": "1200"}),
        "1,200 objects announced, 12 pages, about 1 s one after the other",
        "cdrs: 1,200 objects announced",
        0,
    ),
    "a cursor": (
        cursor_in_the_body,
        "100 objects or more",
        'the platform keeps sending the same page|"cursor" in its responses announces more objects',
        8,
    ),
    "a cursor and a total": (
        cursor_and_total,
        "100 objects or more",
        "incomplete: 100 of 250 objects came",
        8,
    ),
}


@pytest.mark.parametrize(("answer", "has", "checked", "code"), PULLS.values(), ids=PULLS)
def test_the_commands_say_what_a_pull_would_say(
    answer: Callable[[Request], Response], has: str, checked: str, code: int, home: Path
) -> None:
    with serving(Platform(modules=("cdrs",), special={"cdrs": answer})) as platform:
        login = ["login", platform.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", "test"]
        check = command(home, [*login, "--check"])
        explained = command(home, ["explain", "--ask", "cdrs only id"])
        as_json = command(home, ["explain", "--ask", "--json", "cdrs only id"])
        pulled = command(home, ["-q", "cdrs only id"])
    assert [run.code for run in (check, explained, as_json, pulled)] == [code] * 4
    assert f"  has         {has}\n" in explained.out.decode()
    (line,) = [line for line in check.out.decode().splitlines() if line.startswith("cdrs: ")]
    assert re.search(checked, line)
    error = [line for line in pulled.err.splitlines() if line.startswith("error: ")]
    assert [line for line in explained.err.splitlines() if line.startswith("error: ")] == error
    (asked,) = json.loads(as_json.out)["asked"]
    assert (asked["basis"] == "lower bound") == ("or more" in has)
    assert bool(asked["incomplete"]) == (code == 8)


def test_the_command_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--ask", "--demo", "tariffs | .id"]) == 0
    assert "  has         33 objects, 1 page, about " in capsys.readouterr().out
    assert run(["explain", "--ask", "--demo", "--json", "tariffs | .id"]) == 0
    (asked,) = json.loads(capsys.readouterr().out)["asked"]
    assert (asked["module"], asked["objects"], asked["pages"]) == ("tariffs", 33, 1)
