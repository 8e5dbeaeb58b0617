"""The language reference: every example has the documented outputs, the whole language has entries, and every
listed difference from jq is real."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jq
import pytest

from ocpiq import query
from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.analysis.builtins import BUILTINS
from ocpiq.analysis.calls import builtin_names
from ocpiq.errors import OcpiqError
from ocpiq.language import parse, tree
from ocpiq.language.grammar import tables
from ocpiq.language.reference import Entry, Example, entries, entries_of, page
from ocpiq.schema import modules
from ocpiq.sources import Source, memory
from ocpiq.values.json.codec import to_json

PAGE = page()
TEXT = re.sub(r"^```.*?^```", "", PAGE, flags=re.DOTALL | re.MULTILINE)
OBJECTS = json.loads(PAGE.partition("```json\n")[2].partition("```")[0])
VARIABLES = {"day": "monday", "ARGS": {"positional": [], "named": {"day": "monday"}}}
LIBRARY = {"lib.jq": 'module {about: "halves"}; def half: . / 2;', "data.json": "[1, 2]"}

FORM = re.compile(r"([@a-z_A-Z0-9]+)(?:\((.*)\))?")
EVERY_BUILTIN = {*builtin_names(), *(f"{name}/0" for name, _ in BUILTINS if name[0] == "@")}


# ---------------------------------------------------------------- examples


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    for name, text in LIBRARY.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def sources() -> dict[str, Source]:
    """Return the objects of the page as sources; EVSEs and connectors come from the locations."""
    parts = dict.fromkeys(("evses", "connectors"), OBJECTS["locations"])
    return memory({name: [] for name in modules()} | OBJECTS | parts)


def outputs(program: str, library: Path | None = None) -> str:
    """Return the outputs of a program in the notation of the page."""
    results: list[str] = []
    try:
        compiled = query.compile(program, variables=VARIABLES, library=[library] if library else [])
        run = compiled.run(inputs=iter([1, 2, 3]), once=True, sources=sources(), variables=VARIABLES)
        results.extend(map(to_json, run))
    except OcpiqError as error:
        results.append(f"error: {error.message}")
    return ", ".join(results) or "nothing"


def examples() -> Iterator[object]:
    for entry in entries():
        for example in entry.examples:
            yield pytest.param(example, id=f"{entry.group}: {example.program}")


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_has_the_documented_outputs(example: Example, library: Path) -> None:
    assert outputs(example.program, library) == example.outputs


def test_every_arrow_of_the_page_belongs_to_an_entry() -> None:
    arrows = [line for line in TEXT.splitlines() if re.match(r" {4,}.*→", line)]
    assert len(arrows) == sum(len(entry.examples) for entry in entries()) > 250


def test_the_page_describes_the_library_files() -> None:
    for name, text in LIBRARY.items():
        assert f"`{name}` holds `{text}`" in PAGE.replace("\n", " ")


# ---------------------------------------------------------------- entries


def signatures(entry: Entry) -> set[str]:
    """Return the name and arity of each form of an entry, as name/arity."""
    found = set()
    for form in entry.forms:
        if match := FORM.fullmatch(form):
            found.add(f"{match[1]}/{0 if match[2] is None else match[2].count(';') + 1}")
    return found


LISTED = {
    name for entry in entries() if entry.group not in ("Sources", "Aggregates") for name in signatures(entry)
}


def test_every_builtin_has_an_entry() -> None:
    missing = EVERY_BUILTIN - LISTED
    assert not missing


def test_every_entry_of_a_builtin_is_one() -> None:
    unknown = LISTED - EVERY_BUILTIN - {"1/0"}  # the first of the literals
    assert not unknown


def test_every_aggregate_and_module_has_an_entry() -> None:
    found = {
        group: {name for entry in entries() if entry.group == group for name in signatures(entry)}
        for group in ("Sources", "Aggregates")
    }
    assert found["Aggregates"] == {f"{name}/{arity}" for name, arity in AGGREGATES}
    assert found["Sources"] == {
        f"{name}/0" for name in (*modules(), "net")
    }  # a clause without anything after it


def test_every_keyword_has_an_entry() -> None:
    words = {terminal.text for terminal in tables().terminals if terminal.word}
    assert {word for word in words if word and not entries_of(word)} == set()


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.forms[0])
def test_the_examples_show_every_form(entry: Entry) -> None:
    """Each builtin of an entry is called in one of its examples, with the same arity."""
    text = " ".join(example.program for example in entry.examples)
    found = {name for example in entry.examples for name in calls(parse(example.program))}
    found |= {f"{word}/0" for word in re.findall(r"@[a-z0-9]+", text)}
    shown = signatures(entry) - found - {"1/0"}
    assert shown == set() or entry.group == "Sources"


def calls(node: object) -> Iterator[str]:
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, tree.Call):
            yield f"{part.name}/{len(part.arguments)}"
        if isinstance(part, tuple):
            todo.extend(part)
        elif hasattr(part, "__struct_fields__"):
            todo.extend(getattr(part, field) for field in part.__struct_fields__)


# ---------------------------------------------------------------- differences

ROW = re.compile(r"\| `(.+?)` \| `(.*?)` \| `(.*?)` \| .* \|")
DIFFERENCES = [
    pytest.param(*(cell.replace("\\|", "|") for cell in ROW.fullmatch(line).groups()), id=line.split("`")[1])  # type: ignore[union-attr]
    for line in PAGE.partition("| program | jq |")[2].split("\n\n")[0].splitlines()[2:]
]


@pytest.mark.parametrize(("program", "theirs", "ours"), DIFFERENCES)
def test_a_difference_is_real(program: str, theirs: str, ours: str) -> None:
    assert re.sub("error: .*", "error", outputs(program)) == ours
    assert jq_outputs(program) == theirs


def jq_outputs(program: str) -> str:
    try:
        found = jq.compile(program).input_value(None).all()
    except ValueError:
        return "error"
    return ", ".join(json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in found)


# ---------------------------------------------------------------- code in the text

INLINE = [code.replace("\\|", "|") for code in re.findall(r"`([^`\n]+)`", TEXT)]
QUERIES = [code for code in INLINE if re.match(r"[\[(]*(sessions|cdrs|evses|locations)\b.", code)]
BLOCKS = [
    re.sub("^    ", "", block, flags=re.MULTILINE)
    for block in re.findall(r"(?:^    .*\n)+", TEXT, re.MULTILINE)
    if "→" not in block
]


def test_there_are_queries_and_programs() -> None:
    assert len(QUERIES) > 2
    assert len(BLOCKS) == 2


@pytest.mark.parametrize("code", [*QUERIES, *BLOCKS])
def test_queries_and_programs_parse(code: str) -> None:
    assert parse(code).body
