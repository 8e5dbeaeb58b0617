"""Python objects as a source."""

from __future__ import annotations

from support.gates import gate_of, ids

from ocpiq import sources
from ocpiq.errors import PageRead, PullEnded
from ocpiq.sources import Ask
from ocpiq.sources.memory_source import MemorySource
from ocpiq.values.blank import BLANK


def test_objects_go_through_the_gate_page_by_page():
    notices = []
    source = MemorySource([{"id": "a"}, {"id": "b"}, {"id": "c"}], "2.2.1", page=2)
    assert ids(source.pages(Ask("cdrs"), gate_of("cdrs"), notices.append)) == ["a", "b", "c"]
    assert notices == [PageRead("cdrs", 1, 2, 3), PageRead("cdrs", 2, 3, 3), PullEnded("cdrs", 2, 3, True)]


def test_private_fields_are_blank_there_too():
    source = sources.memory({"tokens": [{"uid": "private"}]})["tokens"]
    (page,) = source.pages(Ask("tokens"), gate_of("tokens"), lambda notice: None)
    assert page.rows[0]["uid"] == BLANK


def test_no_objects_are_an_empty_page():
    source = sources.memory({"cdrs": []}, "2.1.1")["cdrs"]
    assert source.version == "2.1.1"
    assert ids(source.pages(Ask("cdrs"), gate_of("cdrs"), lambda notice: None)) == []
