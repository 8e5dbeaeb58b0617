"""What the documents beside README.md name is there, and the commands in them mean something."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ocpiq.app.arguments import parse
from ocpiq.query import compile

ROOT = Path(__file__).parents[2]
DOCUMENTS = {
    name: (ROOT / name).read_text("utf-8")
    for name in (
        "README.md",
        "PRIVACY.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "grammar/README.md",
        "examples/README.md",
        "ocpiq/ocpi/OCPI_TOOL.md",
        "ocpiq/ocpi/PLATFORMS.md",
        "ocpiq/prompt/PROMPT.md",
        *(f"examples/{page.parent.name}/README.md" for page in (ROOT / "examples").glob("*/README.md")),
        "ocpiq/delivery/DELIVERIES.md",
        "ocpiq/snapshots/SNAPSHOTS.md",
        *(f".docs/{page.name}" for page in (ROOT / ".docs").glob("*.md")),
    )
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_and_link_leads_somewhere(name: str) -> None:
    text = DOCUMENTS[name]
    paths = re.findall(r"`((?:ocpiq|tests|grammar|examples|\.ci)/[\w./-]*)(?:::\w+)?`", text)
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []
    anchors = re.findall(r"\]\(#([^)]+)\)", text)
    titles = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    assert set(anchors) <= titles


COMMANDS = [
    (name, command.replace("\\\n", " ").replace(r"\|", "|"))
    for name, text in DOCUMENTS.items()
    for command in (
        *re.findall(r"^    (ocpiq (?:[^\n]|\\\n)*)", text, re.MULTILINE),
        *re.findall(r"`(ocpiq [^`…]*)`", text),
    )
]


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[command[:60] for _, command in COMMANDS])
def test_a_command_is_one(name: str, command: str) -> None:
    """The command line takes it; a query with a module in it compiles, for one of the versions."""
    first = re.split(r" [|>&] (?=[a-z])(?!.*')", command)[0]
    given = parse(shlex.split(first)[1:])
    queries = given.words[:1] if given.command == "query" and not given.has("from-file") else []
    for query in queries:
        if query not in ("NAME", "QUERY"):
            version = "2.1.1" if "start_datetime" in query else "2.2.1"
            compile(query, version=version)


SHOWN = re.findall(r"^    (sessions\b.*?)(?:  .*)?$", DOCUMENTS["PRIVACY.md"], re.MULTILINE)


@pytest.mark.parametrize("query", SHOWN)
def test_a_query_of_the_privacy_page_compiles(query: str) -> None:
    compile(query)
