"""A platform that changes while it is read.

Which objects change when follows from the seed and the simulated clock alone: requests only move the clock. So two
runs that reach the same moment have seen the same history, whatever the client did in between.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from heapq import heappop, heappush
from itertools import count
from math import floor
from random import Random
from typing import Any, Literal
from urllib.parse import urlencode

from support.platforms import Platform, Request, Response, envelope

START = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
HOUR = 3600.0
Kind = Literal["insert", "update", "hidden", "child", "delete"]
Object = dict[str, Any]
EVSES = 3  # of a location
EVSE_STATUSES = ("AVAILABLE", "CHARGING", "OUTOFORDER", "INOPERATIVE", "RESERVED")
SESSION_STATUSES = ("ACTIVE", "COMPLETED", "INVALID")


def iso(seconds: float) -> str:
    """Return a moment as an OCPI DateTime, with milliseconds only where there are some."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00").removesuffix(".000") + "Z"


@dataclass(frozen=True)
class Rates:
    """Changes an hour, on average.

    `hidden` changes a part of an object that a query need not show (`HIDDEN`), and the object's last_updated;
    `child` changes an EVSE and its last_updated, but not the location's. The share `late` of inserts and updates
    is committed up to `lateness` seconds after the time in their last_updated.
    """

    insert: float = 0.0
    update: float = 0.0
    hidden: float = 0.0
    child: float = 0.0
    delete: float = 0.0
    late: float = 0.0
    lateness: float = 0.0


@dataclass(frozen=True)
class Change:
    """One change: when it can be read, the time that its last_updated says, and the object (None: deleted)."""

    committed: float
    stamp: float
    kind: Kind
    id: str
    object: Object | None


HIDDEN = {"sessions": "meter_id", "cdrs": "meter_id", "locations": "directions"}


@dataclass
class ChangingPlatform(Platform):
    """A platform of one module, whose clock a test moves with `step`, and each page by `page_seconds`."""

    modules: tuple[str, ...] = ("sessions",)
    seed: int = 0
    rates: Rates = field(default_factory=Rates)
    size: int = 20  # objects at the start
    page_seconds: float = 0.0
    exclusive_from: bool = False  # date_from is exclusive, as platforms of 2.1.1 have it
    ignore_date_to: bool = False
    by_id: bool = False  # pages are sorted by id, else by last_updated
    milliseconds: bool = False  # last_updated has them, else whole seconds, with ties
    skew: float = 0.0  # seconds by which the clock of the web server is ahead of the clock of last_updated
    tells_date: bool = True  # in a Date header
    down: Response | None = None  # the answer to everything, as long as it is set
    changes: list[Change] = field(default_factory=list)
    now: float = START

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._queue: list[tuple[float, int, Kind, float]] = []
        self._order = count()
        self._random = {
            kind: Random(f"{self.seed}/{kind}") for kind in ("insert", "update", "hidden", "child", "delete")
        }
        self._current: dict[str, Object] = {}
        for number in range(self.size):
            self._insert(START, START - (self.size - number) * 60.0)
        for kind in self._random:
            self._plan(kind, START)  # type: ignore[arg-type]

    # what a test does

    def step(self, seconds: float) -> None:
        """Move the clock, and make all changes that are due by then."""
        with self._lock:
            end = self.now + seconds
            while self._queue and self._queue[0][0] <= end:
                committed, _, kind, stamp = heappop(self._queue)
                self.now = max(self.now, committed)
                self._apply(kind, committed, stamp)
            self.now = end

    def set_status(
        self, evse_uid: str, status: str, *, moves_parent: bool = True, moves_stamp: bool = True
    ) -> None:
        """Change the status of an EVSE now; its last_updated, and the location's, may stay as they are."""
        with self._lock:
            location = self._current[evse_uid.rsplit("-", 1)[0]]
            stamp = self.now if moves_stamp else START
            self._change_evse(location, evse_uid, status, stamp, moves_parent=moves_parent)

    def put(self, id: str, **members: Any) -> None:
        """Change or add members of an object, or remove those that are None, without another last_updated."""
        with self._lock:
            changed = {
                name: value for name, value in (self._current[id] | members).items() if value is not None
            }
            self._current[id] = changed
            self.changes.append(Change(self.now, self.now, "update", id, changed))

    def current(self) -> list[Object]:
        """Return the objects as they are now, sorted by id."""
        with self._lock:
            return [self._current[name] for name in sorted(self._current)]

    def versions(self, id: str) -> list[Change]:
        """Return all that happened to an object, the oldest first."""
        return [change for change in self.changes if change.id == id]

    # the history

    def _plan(self, kind: Kind, after: float) -> None:
        """Queue the next change of a kind."""
        rate = getattr(self.rates, kind)
        if rate <= 0 or (kind == "child" and self.modules[0] != "locations"):
            return
        random = self._random[kind]
        stamp = after + random.expovariate(rate / HOUR)
        committed = stamp
        if kind in ("insert", "update", "hidden") and random.random() < self.rates.late:
            committed += random.uniform(0, self.rates.lateness)
        heappush(self._queue, (committed, next(self._order), kind, stamp))

    def _apply(self, kind: Kind, committed: float, stamp: float) -> None:
        self._plan(kind, stamp)
        if kind == "insert":
            self._insert(committed, stamp)
            return
        random = self._random[kind]
        names = sorted(self._current)
        if not names:
            return
        object = self._current[random.choice(names)]
        if kind == "delete":
            del self._current[object["id"]]
            self.changes.append(Change(committed, stamp, kind, object["id"], None))
        elif kind == "child":
            evse = random.choice(object["evses"])
            others = [status for status in EVSE_STATUSES if status != evse["status"]]
            self._change_evse(object, evse["uid"], random.choice(others), stamp, moves_parent=False)
        elif kind == "hidden":
            self._put(committed, stamp, kind, object | {HIDDEN[self.modules[0]]: f"H{random.random()}"})
        else:
            self._put(committed, stamp, kind, object | self._visible(random))

    def _visible(self, random: Random) -> Object:
        """Return what an update changes."""
        match self.modules[0]:
            case "sessions":
                return {"kwh": round(random.uniform(1, 80), 3), "status": random.choice(SESSION_STATUSES)}
            case "cdrs":
                return {"total_energy": round(random.uniform(1, 80), 3)}
        return {"name": f"Site {random.randrange(10**9)}"}

    def _insert(self, committed: float, stamp: float) -> None:
        number = next(self._numbers)
        made = make(self.modules[0], number, stamp, old=self.offered == ("2.1.1",))
        self._put(committed, stamp, "insert", made)

    def _put(self, committed: float, stamp: float, kind: Kind, object: Object) -> None:
        """Store a new or changed object; its last_updated never goes back, as its row was locked."""
        before = self._current.get(object["id"])
        text = self._stamp(stamp)
        if before is not None:
            text = max(text, before["last_updated"], key=_sortable)
        object = object | {"last_updated": text}
        self._current[object["id"]] = object
        self.changes.append(Change(committed, stamp, kind, object["id"], object))

    def _change_evse(
        self, location: Object, uid: str, status: str, stamp: float, *, moves_parent: bool
    ) -> None:
        text = self._stamp(stamp)
        evses = [
            evse | {"status": status, "last_updated": text} if evse["uid"] == uid else evse
            for evse in location["evses"]
        ]
        changed = location | {"evses": evses} | ({"last_updated": text} if moves_parent else {})
        self._current[location["id"]] = changed
        self.changes.append(Change(self.now, stamp, "child", location["id"], changed))

    def _stamp(self, seconds: float) -> str:
        return iso(seconds if self.milliseconds else floor(seconds))

    # OCPI

    def answer(self, request: Request) -> Response:
        with self._lock:
            response = self.down or super().answer(request)
            moment = datetime.fromtimestamp(self.now + self.skew, UTC)
            date = {"Date": format_datetime(moment, usegmt=True)} if self.tells_date else {}
            return replace(response, headers={**date, **response.headers})

    def envelope(self, data: object, code: int = 1000, message: str = "OK") -> bytes:
        return envelope(data, code, message, timestamp=iso(self.now + self.skew))

    def module(self, request: Request) -> Response:
        """Return a page of the objects that are between the dates now."""
        self.step(self.page_seconds)
        objects = list(self._between(request.query.get("date_from"), request.query.get("date_to")))
        offset = int(request.query.get("offset", 0))
        limit = min(int(request.query.get("limit", self.cap)), self.cap)
        rows = objects[offset : offset + limit]
        headers = {"X-Limit": str(self.cap), "X-Total-Count": str(len(objects))}
        if offset + len(rows) < len(objects):
            query = urlencode({**request.query, "offset": str(offset + len(rows))})
            headers["Link"] = f'<{self.url}{request.path}?{query}>; rel="next"'
        return Response(self.envelope(rows), 200, headers)

    def _between(self, start: str | None, end: str | None) -> Iterator[Object]:
        for object in sorted(self._current.values(), key=self._position):
            updated = datetime.fromisoformat(object["last_updated"])
            if start is not None:
                begin = _moment(start)
                if updated < begin or (self.exclusive_from and updated == begin):
                    continue
            if end is not None and not self.ignore_date_to and updated >= _moment(end):
                continue
            yield object

    def _position(self, object: Object) -> tuple[str, str]:
        return ("" if self.by_id else _sortable(object["last_updated"]), object["id"])


def _sortable(stamp: str) -> str:
    """Return a DateTime so that texts compare as times, with and without milliseconds."""
    return stamp.removesuffix("Z")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def make(module: str, number: int, stamp: float, *, old: bool = False) -> Object:
    """Return a new object of a module; with `old` in the form of OCPI 2.1.1."""
    party = {} if old else {"country_code": "NL", "party_id": "TST"}
    name = f"{module[0].upper()}{number:06}"
    if module == "locations":
        return party | _location(name, number, stamp, old=old)
    common: Object = party | {"id": name, "auth_method": "WHITELIST", "currency": "EUR", "last_updated": ""}
    common[HIDDEN[module]] = "H0"
    contract = f"NL-TST-C{number % 7}"
    if old:
        common["auth_id"] = contract
    else:
        common["cdr_token"] = {"uid": f"T{number % 7}", "type": "RFID", "contract_id": contract}
    if module == "sessions":
        begin = "start_datetime" if old else "start_date_time"
        return common | {begin: iso(stamp), "kwh": 0, "status": "ACTIVE", "location_id": "L1"}
    place = {"id": f"L{number % 5}", "city": f"City {number % 3}", "country": "NLD"}
    return common | {
        "start_date_time": iso(stamp - HOUR),
        ("stop_date_time" if old else "end_date_time"): iso(stamp),
        ("location" if old else "cdr_location"): place,
        "total_energy": number % 50,
        "total_time": 1,
        "total_cost": number % 20 if old else {"excl_vat": number % 20},
    }


def _location(name: str, number: int, stamp: float, *, old: bool) -> Object:
    connector = {"id": "1", "standard": "IEC_62196_T2_COMBO", "format": "CABLE", "power_type": "DC"}
    connector["last_updated"] = iso(stamp)
    if not old:
        connector |= {"max_voltage": 400, "max_amperage": 375, "max_electric_power": 150000}  # type: ignore[dict-item]
    evses = [
        {
            "uid": f"{name}-{n}",
            "evse_id": f"NL*TST*E{number:06}{n}",
            "status": "AVAILABLE",
            "connectors": [connector],
            "last_updated": iso(stamp),
        }
        for n in range(EVSES)
    ]
    return {
        "id": name,
        **({"type": "ON_STREET"} if old else {"publish": True}),
        "name": f"Site {number}",
        "address": "Street 1",
        "city": f"City {number % 3}",
        "country": "NLD",
        "coordinates": {"latitude": "52.100000", "longitude": "4.300000"},
        "time_zone": "Europe/Amsterdam",
        HIDDEN["locations"]: [],
        "evses": evses,
        "last_updated": "",
    }
