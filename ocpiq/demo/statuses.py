"""The status log of the demo: 90 days of polls of its published EVSEs, with their outages and one time without polls.

An EVSE is CHARGING while a car is plugged in, and as the platform lists it at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Final

from msgspec import Struct

from ocpiq.demo.chance import Chance, Weighted
from ocpiq.demo.charging import charges
from ocpiq.demo.clock import DAY, HOUR, MINUTE, NOW, instant, iso
from ocpiq.demo.json import Json
from ocpiq.demo.sites import sites
from ocpiq.storage.status_log import Block, Evidence, PollLine, StatusLine

SEED: Final = 505
POLL: Final = 5 * MINUTE
BEGIN: Final = NOW - 90 * DAY
SILENCE: Final = (instant("2026-09-14T02:00"), instant("2026-09-14T08:00"))  # nobody polled
OUTAGES: Final = Weighted((0, 1, 2, 3), (60, 25, 10, 5))  # of an EVSE in the 90 days
OUTAGE: Final = Weighted(("OUTOFORDER", "INOPERATIVE"), (80, 20))
HOURS: Final = Weighted((1, 3, 8, 24, 72), (30, 30, 20, 14, 6))


class Change(Struct, frozen=True):
    """An EVSE has a status from a moment on; `evse` is its place in the list of published EVSEs."""

    moment: int
    evse: int
    status: str


class Stay(Struct, frozen=True):
    """A time in which an EVSE is not AVAILABLE."""

    begin: int
    end: int
    status: str


def blocks() -> Iterator[Block]:
    """Yield every poll: the first with all EVSEs, the others with those that changed since the poll before."""
    listed = published()
    changes = iter(all_changes([evse for _, evse in listed]))
    following = next(changes, None)
    current: dict[int, Change] = {}
    logged: dict[int, str] = {}
    last = 0
    for moment in polls():
        while following is not None and following.moment <= moment:
            current[following.evse] = following
            following = next(changes, None)
        is_start = moment - last > POLL
        changed = [number for number in current if is_start or current[number].status != logged[number]]
        logged |= {number: current[number].status for number in changed}
        lines = [line(*listed[number], current[number], moment, is_start) for number in sorted(changed)]
        yield Block(PollLine(iso(moment), POLL), tuple(lines), 0)
        last = moment


def polls() -> Iterator[int]:
    """Yield the instants of the polls."""
    return (moment for moment in range(BEGIN, NOW, POLL) if not SILENCE[0] <= moment < SILENCE[1])


def published() -> list[tuple[Json, Json]]:
    """Return the EVSEs that everybody may see, each with its location."""
    return [(place, evse) for place in sites().locations if place["publish"] for evse in place["evses"]]


def line(place: Json, evse: Json, change: Change, moment: int, is_start: bool) -> StatusLine:
    """Return the line of an EVSE in the log."""
    by: Evidence = "start" if is_start else "stamp"
    since = iso(moment if is_start else change.moment)
    key = {"country_code": place["country_code"], "party_id": place["party_id"]}
    return StatusLine(place["id"], evse["uid"], change.status, since, iso(moment), by, **key)


def all_changes(evses: Sequence[Json]) -> list[Change]:
    """Return the changes of all EVSEs, in the order of time."""
    chance = Chance(SEED)
    plugged = plugged_in()
    found: list[Change] = []
    for number, evse in enumerate(evses):
        outages = [outage(chance) for _ in range(OUTAGES.pick(chance))]
        found += changes_of(number, evse, plugged.get(evse["uid"], []), outages)
    return sorted(found, key=attrgetter("moment"))


def plugged_in() -> dict[str, list[Stay]]:
    """Return the times of the charges in the 90 days, by EVSE."""
    found: dict[str, list[Stay]] = {}
    for charge in charges():
        if charge.end > BEGIN and charge.seconds > MINUTE:
            stay = Stay(charge.start, charge.end, "CHARGING")
            found.setdefault(charge.spot.evse_uid, []).append(stay)
    return found


def outage(chance: Chance) -> Stay:
    """Return an outage somewhere in the 90 days."""
    begin = BEGIN + chance.below(88 * DAY)
    seconds = HOURS.pick(chance) * HOUR * chance.between(40, 130) // 100
    return Stay(begin, begin + seconds, OUTAGE.pick(chance))


def changes_of(number: int, evse: Json, plugged: Sequence[Stay], outages: Sequence[Stay]) -> Iterator[Change]:
    """Yield the changes of one EVSE; an outage during a charge did not happen, nor one that reaches into another."""
    status = evse["status"]
    if status in ("PLANNED", "REMOVED"):
        yield Change(BEGIN, number, status)
        return
    stays = sorted([*plugged, *outages], key=attrgetter("begin"))
    kept = [
        stay
        for before, stay, after in zip([None, *stays], stays, [*stays[1:], None], strict=False)
        if stay.status == "CHARGING"
        or ((before is None or before.end < stay.begin) and (after is None or stay.end < after.begin))
    ]
    yield Change(BEGIN, number, "AVAILABLE")
    for stay, after in pairwise([*kept, None]):
        assert stay is not None
        yield Change(max(stay.begin, BEGIN), number, stay.status)
        if stay.end < NOW and (after is None or stay.end < after.begin):
            yield Change(stay.end, number, "AVAILABLE")
    end = kept[-1].end if kept else BEGIN
    if end < NOW - HOUR:
        since = instant(evse["last_updated"].removesuffix("Z"))
        yield Change(max(since, end + MINUTE), number, status)
