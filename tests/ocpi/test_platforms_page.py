"""The page on platforms is true: every fault has its row, and every line that it quotes is really said."""

from __future__ import annotations

import re

import pytest
from support.cli import command
from support.faults import FAULTS
from support.platforms import TOKEN, Platform, Response, envelope, serving
from support.platforms_page import PAGE, ROWS, as_quoted, quoted, rows_of

HTML = Response(b"<!doctype html>")
NONE = envelope(
    [{"version": "2.0", "url": "https://a.example"}, {"version": "3.0", "url": "https://b.example"}]
)

WRAPPED = envelope({"versions": [{"version": "2.2.1", "url": "/ocpi/2.2.1"}]})


def elsewhere() -> bytes:
    endpoint = {"identifier": "cdrs", "role": "SENDER", "url": "https://data.example/cdrs"}
    return envelope({"version": "2.2.1", "endpoints": [endpoint]})


def twice() -> bytes:
    listed = [{"identifier": "cdrs", "url": f"/ocpi/2.1.1/{last}"} for last in ("gone", "cdrs")]
    return envelope({"version": "2.1.1", "endpoints": listed})


LOGINS = {  # a platform, and what is asked of it once it is logged in to
    "login: token as it is": (Platform(modules=("cdrs",), token_forms=("raw",)), "cdrs only id"),
    "login: token refused": (Platform(token_forms=()), ""),
    "login: token for registration": (
        Platform(modules=("cdrs",), special={"cdrs": lambda request: Response(b"", 401)}),
        "cdrs only id",
    ),
    "login: endpoints elsewhere": (Platform(special={"2.2.1": lambda request: Response(elsewhere())}), ""),
    "login: no common version": (Platform(special={"versions": lambda request: Response(NONE)}), ""),
    "login: HTML": (Platform(special={"versions": lambda request: HTML}), ""),
    "login: modules twice": (
        Platform(
            offered=("2.1.1",), token_forms=("raw",), special={"2.1.1": lambda request: Response(twice())}
        ),
        "cdrs only id",
    ),
    "login: newest version broken": (
        Platform(modules=("cdrs",), special={"2.2.1": lambda request: Response(b"", 500)}),
        "cdrs only id",
    ),
    "login: newest version without modules": (
        Platform(modules=("cdrs",), special={"2.2.1": lambda request: Response(envelope({"endpoints": []}))}),
        "cdrs only id",
    ),
    "login: versions wrapped": (
        Platform(modules=("cdrs",), special={"versions": lambda request: Response(WRAPPED)}),
        "cdrs only id",
    ),
    "login: no such module": (Platform(modules=("cdrs",)), "tokens only uid"),
}


@pytest.mark.parametrize("name", [*FAULTS, *LOGINS])
def test_every_fault_has_one_row(name):
    assert len(rows_of(name)) == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.names[0])
def test_a_row_names_faults_and_quotes_their_messages(row):
    about = [name for name in (*FAULTS, *LOGINS) if row in rows_of(name)]
    assert about
    patterns = [pattern for name in about if name in FAULTS for pattern in FAULTS[name].said]
    if patterns:  # what they match is compared whole where each fault is pulled through
        assert all(any(re.search(pattern, line) for pattern in patterns) for line in row.lines)
        assert len(row.lines) <= len(patterns)
    elif not any(name in LOGINS for name in about):
        assert row.lines == ()


@pytest.mark.parametrize("name", LOGINS)
def test_the_messages_of_a_login_are_those_of_the_page(name, tmp_path):
    platform, query = LOGINS[name]
    home = tmp_path / "home"
    home.mkdir()
    with serving(platform):
        argv = ["login", platform.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", "test"]
        runs = [command(home, argv), *([command(home, [query])] if query else [])]
    lines = [line for run in runs for line in run.err.splitlines()]
    said = {as_quoted(line) for line in lines if line.startswith(("warning: ", "error: "))}
    assert said == quoted(name)
    assert runs[-1].code == (6 if any(line.startswith("error: ") for line in said) else 0)


def test_no_line_is_quoted_outside_of_the_rows():
    outside = re.sub(r"^\|.*$", "", PAGE, flags=re.MULTILINE)
    assert not re.search(r"`(warning|error): ", outside)
    assert len(re.findall(r"`(warning|error): ", PAGE)) == sum(len(row.lines) for row in ROWS)
