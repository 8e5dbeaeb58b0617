"""What is not passed has no influence: whatever stands there, outputs, errors, exit code and files stay the same.

Each query is run twice through the command line, on objects that differ in everything but what it passes: in types,
null, numbers that are none, lone surrogates, bytes that are no UTF-8, depth, keys that occur twice, the order of keys.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from generated_queries import queries
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from in_process import Outcome, command, text_of
from json_texts import listed
from unpassed import Pair, object_pairs

from ocpiq.errors import OcpiqError
from ocpiq.query import compile

EXAMPLES = 3000 if os.environ.get("CI") == "true" else 250
THOROUGH = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
UPDATED = [
    b'"2025-12-31T00:00:00Z"',
    b'"2026-01-01T00:00:00Z"',
    b'"2026-01-02 00:00:00.5"',
    b"null",
    b"[]",
    b"NaN",
]


def page(objects: list[bytes]) -> dict[str, bytes]:
    """An envelope around all objects."""
    return {"page.json": b'{"data":%s,"status_code":1000,"timestamp":"x"}' % listed(objects)}


def pages(objects: list[bytes]) -> dict[str, bytes]:
    """A page for each object, in a folder."""
    return {f"page{number}.json": listed([one]) for number, one in enumerate(objects)}


def lines(objects: list[bytes]) -> dict[str, bytes]:
    """A line for each object."""
    return {"objects.ndjson": b"\n".join(objects)}


def with_care(objects: list[bytes]) -> dict[str, bytes]:
    """A page with an item that no decoder takes, so that each object is taken alone."""
    return {"page.json": listed([b"tru", *objects])}


WAYS = {"a page": page, "pages": pages, "lines": lines, "with care": with_care}


def run(text: str, module: str, version: str, files: dict[str, bytes]) -> Outcome:
    """Run a query on files, in folders of its own."""
    with TemporaryDirectory() as folder:
        home, sent = Path(folder, "home"), Path(folder, "sent")
        home.mkdir()
        sent.mkdir()
        for name, body in files.items():
            (sent / name).write_bytes(body)
        source = f"{module}={sent if len(files) > 1 else sent / next(iter(files))}"
        found = command(home, ["--ocpi-version", version, "--source", source, text])
    return found._replace(err=found.err.replace(str(folder), "FOLDER"))


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, str, list[Pair]]:
    """Draw a query that compiles, or is refused while compiling, and pairs of objects for its source."""
    version, text = draw(queries())
    module = text.lstrip("[").split(" ")[0].rstrip("]")
    try:
        (source,) = compile(text, version=version).plan.sources
    except OcpiqError as error:
        event(f"while compiling: {type(error).__name__}")
        return text, module, version, [(b"{}", b'{"id":1}')]
    windowed = source.since is not None
    always = [(b'"last_updated"', draw(st.sampled_from(UPDATED)))] if windowed else []
    favoured = {name for name in source.view.children if f".{name}" in text} | set(
        text.replace("[]?", "").split(".")
    )
    some = object_pairs(source.view, favoured, always)
    return text, module, version, draw(st.lists(some, min_size=1, max_size=3))


@THOROUGH
@given(cases(), st.sampled_from(list(WAYS)))
def test_what_is_not_passed_changes_nothing(case: tuple[str, str, str, list[Pair]], way: str) -> None:
    text, module, version, both = case
    if way == "lines" and any(b"\n" in side for pair in both for side in pair):
        way = "a page"  # a line that a text breaks is two lines
    one, other = (run(text, module, version, WAYS[way]([pair[side] for pair in both])) for side in (0, 1))
    event(f"exit code {one.code}")
    assert one == other, (text, version, way, text_of(one), text_of(other))
    assert one.saved == {}
    assert "internal error" not in one.err, one.err


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_the_property_can_fail(way: object) -> None:
    """A passed value has an influence: the test above looks where it would show."""
    both = [WAYS["a page"]([b'{"kwh":%d}' % kwh]) for kwh in (1, 2)]
    one, other = (run("sessions pass kwh", "sessions", "2.2.1", files) for files in both)
    assert one.code == other.code == 0
    assert one.out != other.out
