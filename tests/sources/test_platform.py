"""A platform as a source: one connection for all modules, notices, and how a pull ends."""

from __future__ import annotations

import pytest
from support.gates import gate_of, ids
from support.platforms import TOKEN, Platform, Response, serving

from ocpiq import ocpi, sources
from ocpiq.errors import (
    IncompleteError,
    Message,
    PageRead,
    PlatformError,
    PullEnded,
    RequestEnded,
    WarningIssued,
)
from ocpiq.sources import Ask


def heard(notices):
    """Keep what is said to everyone, in `notices`: requests are for those who want to see each."""
    return lambda notice: None if isinstance(notice, RequestEnded) else notices.append(notice)


def read(source, module, notices, **bounds):
    return ids(source.pages(Ask(module, **bounds), gate_of(module), heard(notices)))


def test_modules_share_a_connection_and_each_pull_says_how_it_went():
    notices: list[object] = []
    with (
        serving(Platform()) as platform,
        sources.platform(ocpi.login(platform.versions_url, TOKEN)) as source,
    ):
        assert source.version == "2.2.1"
        before = platform.connections
        for module in ("sessions", "cdrs"):
            assert len(read(source, module, notices)) == 10
        assert platform.connections == before + 1
    assert notices[:4] == [
        PageRead("sessions", 1, 4, 10),
        PageRead("sessions", 2, 7, 10),
        PageRead("sessions", 3, 10, 10),
        PullEnded("sessions", 3, 10, True),
    ]
    assert notices[-1] == PullEnded("cdrs", 3, 10, True)


def test_the_parts_of_locations_are_pulled_from_locations():
    with (
        serving(Platform()) as platform,
        sources.platform(ocpi.login(platform.versions_url, TOKEN)) as source,
    ):
        list(source.pages(Ask("evses"), gate_of("evses"), lambda notice: None))
    assert {request.path for request in platform.pulls()} == {"/ocpi/2.2.1/locations"}


def test_bounds_go_to_the_platform():
    with (
        serving(Platform()) as platform,
        sources.platform(ocpi.login(platform.versions_url, TOKEN)) as source,
    ):
        read(source, "cdrs", [], since="2026-01-01T00:00:00Z")
    assert {request.query["date_from"] for request in platform.pulls()} == {"2025-12-31T23:59:59Z"}


def test_a_pull_that_breaks_off_gives_what_came_and_says_so():
    notices: list[object] = []
    came = []
    with (
        serving(Platform(next=[None, Response(b"", 401), Response(b"", 401)])) as platform,
        sources.platform(ocpi.login(platform.versions_url, TOKEN)) as source,
        pytest.raises(IncompleteError, match="incomplete: 4 of 10 objects came"),
    ):
        came += (page for page in source.pages(Ask("cdrs"), gate_of("cdrs"), heard(notices)))
    assert len(ids(came)) == 4
    assert notices[-1] == PullEnded("cdrs", 1, 4, False)


def test_a_pull_that_gets_nothing_is_an_error_and_no_end():
    notices: list[object] = []
    with (
        serving(Platform(special={"cdrs": lambda _: Response(b"", 401)})) as platform,
        sources.platform(ocpi.login(platform.versions_url, TOKEN)) as source,
        pytest.raises(PlatformError),
    ):
        read(source, "cdrs", notices)
    assert notices == []


def test_a_pull_that_the_consumer_stops_asks_for_no_more_and_has_no_end():
    notices: list[object] = []
    with (
        serving(Platform(objects=[{"id": "a", "x_odd": 1}, 7, {"id": "b"}], cap=2)) as platform,
        sources.platform(ocpi.login(platform.versions_url, TOKEN)) as source,
    ):
        pages = source.pages(Ask("cdrs"), gate_of("cdrs"), heard(notices))
        assert ids([next(pages)]) == ["a"]
        pages.close()
    assert len(platform.pulls()) == 1
    assert notices == [
        PageRead("cdrs", 1, 2, 3),
        WarningIssued(Message("cdrs: 1 item is not an object, left out (page 1 index 1)")),
        WarningIssued(Message("cdrs: 1 field is not OCPI's, left out: x_odd")),
    ]


def test_a_source_without_with_leaves_no_socket_behind():
    with serving(Platform()) as platform:
        source = sources.platform(ocpi.login(platform.versions_url, TOKEN))
        assert len(read(source, "cdrs", [])) == 10
        del source
