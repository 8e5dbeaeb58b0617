"""The status log of the demo: always the same, in agreement with its sessions and its locations, with outages."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from typing import Any

import orjson

from ocpiq import demo
from ocpiq.cli.main import run
from ocpiq.demo.statuses import BEGIN, NOW, POLL, SILENCE, blocks, iso
from ocpiq.sources.status_log_source import periods

Json = dict[str, Any]
DOWN = ("OUTOFORDER", "INOPERATIVE")


@cache
def statuses() -> list[Json]:
    return list(periods(blocks()))


def by_evse() -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for status in statuses():
        found[str(status["evse_uid"])].append(status)
    return found


def test_it_is_always_the_same() -> None:
    content = b"".join(map(orjson.dumps, statuses()))
    assert hashlib.sha256(content).hexdigest()[:16] == "0ad3394561d796a9"


def test_it_is_of_90_days() -> None:
    polls = [block.poll.poll for block in blocks()]
    assert (polls[0], polls[-1]) == (iso(BEGIN), iso(NOW - POLL))
    assert NOW - BEGIN == 90 * 86400


def test_it_is_of_the_published_evses() -> None:
    expected = {
        evse["uid"] for place in demo.objects("locations") if place["publish"] for evse in place["evses"]
    }
    assert by_evse().keys() == expected


def test_there_are_outages_and_a_time_without_polls() -> None:
    counts = Counter(status["status"] for status in statuses())
    assert counts["OUTOFORDER"] > 100
    assert counts["INOPERATIVE"] > 20
    assert {
        (status["from"], status["until"]) for status in statuses() if status["status"] == "UNOBSERVED"
    } == {(iso(SILENCE[0] - POLL), iso(SILENCE[1]))}


def test_the_times_of_an_evse_follow_each_other() -> None:
    for uid, listed in by_evse().items():
        ordered = sorted(listed, key=lambda status: str(status["from"]))
        assert all(before["until"] == after["from"] for before, after in pairwise(ordered)), uid


def test_nobody_charges_where_an_evse_is_down() -> None:
    down = {
        uid: [status for status in listed if status["status"] in DOWN] for uid, listed in by_evse().items()
    }
    polled = iso(SILENCE[0] - POLL), iso(SILENCE[1])
    for session in demo.objects("sessions"):
        start, end = session["start_date_time"], session.get("end_date_time", iso(NOW))
        if session["status"] != "COMPLETED" or end <= iso(BEGIN) or session["kwh"] <= 0 or start > end:
            continue
        for outage in down.get(session["evse_uid"], ()):
            apart = end <= outage["from"] or outage["until"] <= start
            assert apart or polled[0] <= outage["until"] <= polled[1], session["id"]


def test_it_ends_as_the_platform_lists_it() -> None:
    listed = {evse["uid"]: evse["status"] for place in demo.objects("locations") for evse in place["evses"]}
    last = {
        uid: max(times, key=lambda status: str(status["from"]))["status"] for uid, times in by_evse().items()
    }
    differing = {uid for uid, status in last.items() if status != listed[uid]}
    recent = {
        session["evse_uid"]
        for session in demo.objects("sessions")
        if session.get("end_date_time", iso(NOW)) > iso(NOW - 3600)
    }
    assert differing <= recent


def test_it_is_a_module_of_the_demo(capfd: Any) -> None:
    query = 'statuses pass status | select(.status == "OUTOFORDER") | aggregate count'
    assert run(["-q", "--demo", query]) == 0
    found = Counter(status["status"] for status in statuses())
    assert json.loads(capfd.readouterr().out) == found["OUTOFORDER"]
