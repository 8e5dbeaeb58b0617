"""What is not passed has no influence: whatever stands there, outputs, errors, exit code and files stay the same.

Each query is run twice through the command line, on objects that differ in everything but what it passes: in types,
null, numbers that are none, lone surrogates, bytes that are no UTF-8, depth, keys that occur twice, the order of keys.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from generated_queries import queries
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from support.cli import Outcome, command, text_of
from support.json_texts import listed
from support.private import Pair, object_pairs, quoted

from ocpiq.errors import OcpiqError
from ocpiq.plan.nodes import SourcePlan
from ocpiq.query import compile
from ocpiq.schema import ENDED, UPDATED

EXAMPLES = 3000 if os.environ.get("CI") == "true" else 250
THOROUGH = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TIMES = [
    b'"2026-01-15T12:00:00Z"',
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


class Case(NamedTuple):
    """A query, the OCPI version of its objects, and pairs of them for each module."""

    text: str
    version: str
    sent: dict[str, list[Pair]]


def run(case: Case, way: Callable[[list[bytes]], dict[str, bytes]], side: int) -> Outcome:
    """Run a query on one side of the pairs, in folders of its own."""
    words = ["--ocpi-version", case.version, case.text]
    with TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        for module, both in case.sent.items():
            sent = Path(folder, module)
            sent.mkdir()
            for name, body in way([pair[side] for pair in both]).items():
                (sent / name).write_bytes(body)
            words += ["--source", f"{module}={sent}"]
        found = command(home, words)
    return found._replace(err=found.err.replace(str(folder), "FOLDER"))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a query, and pairs of objects for the views of its sources."""
    version, text = draw(queries())
    try:
        sources = compile(text, version=version).plan.sources
    except OcpiqError as error:
        event(f"while compiling: {type(error).__name__}")
        return Case(text, version, {})
    assume(len({source.module for source in sources}) == len(sources))
    return Case(text, version, {source.module: draw(sent_to(source, text)) for source in sources})


@st.composite
def sent_to(draw: st.DrawFn, source: SourcePlan, text: str) -> list[Pair]:
    """Draw pairs of objects for a source: the same dates where it has a window, and more of what the query names."""
    dated = source.since is not None or source.until is not None
    windows = [UPDATED] * dated + list(ENDED) * (source.during is not None)
    always = [(quoted(name), draw(st.sampled_from(TIMES))) for name in windows]
    named = set(re.findall(r"\w+", text))
    return draw(st.lists(object_pairs(source.view, named, always), min_size=1, max_size=3))


@THOROUGH
@given(cases(), st.sampled_from(list(WAYS)))
def test_what_is_not_passed_changes_nothing(case: Case, way: str) -> None:
    if way == "lines" and any(b"\n" in side for both in case.sent.values() for pair in both for side in pair):
        way = "a page"  # a line that a text breaks is two lines
    one, other = (run(case, WAYS[way], side) for side in (0, 1))
    event(f"exit code {one.code}")
    assert one == other, (case.text, case.version, way, text_of(one), text_of(other))
    assert one.saved == {}
    assert "internal error" not in one.err, one.err


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_the_property_can_fail(way: Callable[[list[bytes]], dict[str, bytes]]) -> None:
    """A passed value has an influence: the test above looks where it would show."""
    case = Case("sessions pass kwh", "2.2.1", {"sessions": [(b'{"kwh":1}', b'{"kwh":2}')]})
    one, other = (run(case, way, side) for side in (0, 1))
    assert one.code == other.code == 0
    assert one.out != other.out
