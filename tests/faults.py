"""The faults of platforms, one name for each, and what a pull of `cdrs` makes of it.

Every fault is a platform that misbehaves over real HTTP, with ten objects, S0 to S9, on pages of four.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from misbehaving import TOKEN, Platform, Request, Response, envelope, good_link

ALL = tuple(f"S{number}" for number in range(10))
DONE, FAILED, INCOMPLETE = 0, 6, 8
Rows = Callable[[int, int], list[object]]


@dataclass
class Fault:
    """What a platform does, the ids that come all the same, the exit code, and what is said (a pattern each).

    `since` bounds the pull. `waits` says that the client has to wait for real, so it is given short bounds.
    """

    platform: Callable[[], Platform]
    ids: tuple[object, ...] = ALL
    code: int = DONE
    said: tuple[str, ...] = ()
    since: str = ""
    waits: bool = False


def answering(answer: Callable[[Platform, Request], Response], **switches: object) -> Callable[[], Platform]:
    """Return what makes a platform that answers each request for the module so."""

    def made() -> Platform:
        platform = Platform(**switches)  # type: ignore[arg-type]
        platform.special["cdrs"] = lambda request: answer(platform, request)
        return platform

    return made


def once(*responses: Response | None) -> Callable[[], Platform]:
    """Return what makes a platform that gives these answers first; None is a right one."""
    return lambda: Platform(next=list(responses))


def always(response: Response) -> Callable[[], Platform]:
    return answering(lambda platform, request: response)


def page(body: bytes, **headers: str) -> Callable[[], Platform]:
    """Return what makes a platform that gives one page."""
    return always(Response(body, headers=headers))


def switched(**switches: object) -> Callable[[], Platform]:
    return lambda: Platform(**switches)  # type: ignore[arg-type]


def changing(change: Callable[[Platform, int], None], *, total: bool = True) -> Callable[[], Platform]:
    """Return what makes a platform whose list is changed before the answer to each request, counted from 0."""

    def answer(platform: Platform, request: Request) -> None:
        change(platform, len(platform.pulls()) - 1)

    return answering(answer, total=str if total else lambda n: None)  # type: ignore[arg-type]


def moved(platform: Platform, number: int) -> None:
    """Move an object to the end once, as an update does where a list is sorted by update."""
    if number == 1:
        platform.objects.append(platform.objects.pop(0))


def shrunk(platform: Platform, number: int) -> None:
    if number == 1:
        del platform.objects[0]


def grown(platform: Platform, number: int) -> None:
    if number == 2:
        platform.objects.append({"id": "S10"})


def shuffled() -> Platform:
    """Return a platform that lists in another order each time."""
    chance = random.Random(7)
    return changing(lambda platform, number: chance.shuffle(platform.objects))()


def repeating() -> Platform:
    """Return a platform that lists some objects twice, and counts them twice."""
    return Platform(objects=[{"id": f"S{number // 2}"} for number in range(20)])


def endless(platform: Platform, request: Request) -> Response:
    """Link on and on to the same objects in another order."""
    rows = [{"id": f"S{(int(request.query.get('offset', 0)) * 3 + number) % 10}"} for number in range(10)]
    link = f'<?offset={int(request.query.get("offset", 0)) + 1}>; rel="next"'
    return Response(envelope(rows), headers={"Link": link})


@cache
def packed(body: bytes) -> Response:
    return Response(gzip.compress(body), headers={"Content-Encoding": "gzip"})


def two(inner: bytes) -> bytes:
    """Return a page of two objects, the first with something odd in it."""
    return b'{"data": [{"id": "S0", "remark": %s}, {"id": "S1"}], "status_code": 1000}' % inner


TWO = ("S0", "S1")
BOMB = b'{"data": [{"id": "S0"}], "x": "' + b" " * (40 << 20) + b'"}'
MANY = b'{"data": [%s]}' % b",".join(
    b'{"id": "S%d", "remark": "%s"}' % (n, b"x" * 400) for n in range(30_000)
)

FAULTS: dict[str, Fault] = {
    # paging
    "link to another host": Fault(
        switched(link=lambda *_: '<https://stranger.example/cdrs?offset=4>; rel="next"'),
        said=("next link that leads to another host; going on by offset",),
    ),
    "link to a file": Fault(
        switched(link=lambda *_: '<file:///etc/passwd>; rel="next"'), said=("leads to another host",)
    ),
    "link to a private address": Fault(
        switched(link=lambda *_: '<http://169.254.169.254/latest>; rel="next"'),
        said=("leads to another host",),
    ),
    "link to nothing": Fault(
        switched(link=lambda p, r, reached: f'<{p.url}/nowhere?offset={reached}>; rel="next"'),
        said=(r"fails at its own next link \(HTTP 404\); going on by offset",),
    ),
    "link to itself": Fault(
        switched(link=lambda p, r, reached: good_link(p, r, 0)), said=("a page that was read already",)
    ),
    "link missing": Fault(
        switched(link=lambda *_: None), said=("gives no next link although it announces more",)
    ),
    "link without end": Fault(answering(endless), said=("what was read already; going on by offset",)),
    "offset ignored": Fault(
        switched(ignore_offset=True, link=lambda *_: None),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=("no next link", "the same page again and again; incomplete: 4 of 10 objects came"),
    ),
    "limit ignored": Fault(switched(cap=10)),
    "limit refused": Fault(switched(refuse_above=100)),
    "total too high": Fault(
        switched(total=lambda n: str(n + 5)),
        code=INCOMPLETE,
        said=("gives no next link", "announced 15 objects and gave 10; incomplete: 10 of 15 objects came"),
    ),
    "total too high with dates": Fault(
        switched(total=lambda n: str(n + 5)),
        said=("gives no next link", "some platforms count without the dates", "10 objects are kept"),
        since="2020-01-01T00:00:00Z",
    ),
    "total too low": Fault(switched(total=lambda n: "3")),
    "total missing": Fault(switched(total=lambda n: None)),
    "total is no number": Fault(switched(total=lambda n: "NaN")),
    "objects repeated": Fault(
        repeating,
        code=INCOMPLETE,
        said=("the list moves while it is read", "announced 20 objects and gave 10"),
    ),
    "order shuffled": Fault(shuffled, said=("the list moves while it is read; reading it again",)),
    "an object moved": Fault(changing(moved), said=("the list moves while it is read; reading it again",)),
    "an object gone": Fault(changing(shrunk)),
    "an object new": Fault(changing(grown), ids=(*ALL, "S10")),
    "empty pages without end": Fault(
        answering(
            lambda p, r: Response(envelope([]), headers={"Link": f'<?page={len(p.requests)}>; rel="next"'})
        ),
        ids=(),
        said=("link after link to empty pages",),
    ),
    # answers
    "404 for an empty list": Fault(
        always(Response(envelope(None, 2003), 404)), ids=(), said=("taken for an empty list",)
    ),
    "429 for a moment": Fault(
        once(None, Response(b"", 429, {"Retry-After": "2"})), said=("asks to wait; waiting",)
    ),
    "429 for an hour": Fault(
        once(None, *[Response(b"", 429, {"Retry-After": "3600"})] * 2),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(r"too many requests \(HTTP 429\); incomplete: 4 of 10 objects came \(wait and try again",),
    ),
    "500 for a moment": Fault(once(Response(b"", 500), None, Response(b"<html>", 503))),
    "500 for good": Fault(always(Response(b"oops", 500)), ids=(), code=FAILED, said=(r"fails \(HTTP 500\)",)),
    "3000 for a moment": Fault(once(Response(envelope([], 3000)))),
    "2001 for good": Fault(
        always(Response(envelope(None, 2001, "no"))), ids=(), code=FAILED, said=("OCPI status 2001",)
    ),
    "token refused on the way": Fault(
        once(None, *[Response(b"", 401)] * 9),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(
            "fails at its own next link",
            r"refuses the token .*; incomplete: 4 of 10 objects came \(log in again",
        ),
    ),
    "token in a message": Fault(
        always(Response(envelope(None, 2004, f"unknown: {TOKEN}"))),
        ids=(),
        code=FAILED,
        said=(r'unknown token: "unknown: \[token\]"',),
    ),
    "escapes in a message": Fault(
        always(Response(envelope(None, 2001, "\x1b[2J\x1b]0;x\x07"))),
        ids=(),
        code=FAILED,
        said=(r"OCPI status 2001, [ -~]*$",),
    ),
    "redirect to a stranger": Fault(
        always(Response(b"", 302, {"Location": "https://stranger.example/cdrs"})),
        ids=(),
        code=FAILED,
        said=("sends on to stranger.example",),
    ),
    "redirect to a file": Fault(
        always(Response(b"", 302, {"Location": "file:///etc/passwd"})),
        ids=(),
        code=FAILED,
        said=("where the token does not go",),
    ),
    "redirect to a private address": Fault(
        always(Response(b"", 307, {"Location": "http://169.254.169.254/"})),
        ids=(),
        code=FAILED,
        said=("where the token does not go",),
    ),
    "redirect to a slash": Fault(switched(slash=True)),
    "date demanded": Fault(
        switched(needs_date=True), said=("10 objects are kept",), since="2020-01-01T00:00:00Z"
    ),
    "500 on the way": Fault(
        once(None, *[Response(b"oops", 500)] * 20),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(
            r"fails at its own next link \(HTTP 500\); going on by offset",
            r"fails \(HTTP 500\); incomplete: 4 of 10 objects came \(try again later",
        ),
    ),
    # silence
    "no answer": Fault(
        answering(lambda p, r: Response(b"", silent=9)),
        ids=(),
        code=FAILED,
        said=(r"does not answer in time \(try again later\)",),
        waits=True,
    ),
    "no answer on the way": Fault(
        once(None, *[Response(b"", silent=9)] * 20),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(r"does not answer in time; incomplete: 4 of 10 objects came \(try again later\)",),
        waits=True,
    ),
    "silence in a body": Fault(
        once(None, *[Response(envelope([{"id": "S4"}]), cut=30, silent=9)] * 20),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(r"does not answer in time; incomplete: 4 of 10 objects came \(try again later\)",),
        waits=True,
    ),
    "a body drop by drop": Fault(
        answering(lambda p, r: Response(envelope([{"id": "S4"}] * 20), slow=0.05)),
        ids=(),
        code=FAILED,
        said=("sends less than 10 kB a second",),
        waits=True,
    ),
    # bodies
    "cut short": Fault(once(None, Response(envelope([{"id": "S4"}]), cut=30))),
    "cut short for good": Fault(
        once(None, *[Response(envelope([{"id": "S4"}]), cut=30)] * 20),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=("ended the connection in its answer; incomplete: 4 of 10",),
    ),
    "broken JSON": Fault(
        page(b'{"data": [{"id": "S0"'), ids=(), code=FAILED, said=("answers with broken JSON",)
    ),
    "HTML": Fault(page(b"<html>"), ids=(), code=FAILED, said=("answers with HTML",)),
    "no body": Fault(page(b""), ids=(), code=FAILED, said=("answers with nothing",)),
    "no envelope": Fault(page(b'[{"id": "S0"}, {"id": "S1"}]'), ids=TWO),
    "null for an empty list": Fault(page(envelope(None)), ids=()),
    "byte order mark": Fault(page(b"\xef\xbb\xbf" + two(b"1")), ids=TWO),
    "another charset": Fault(
        page(two(b'"caf\xe9"'), **{"Content-Type": "text/plain; charset=utf-16"}), ids=TWO
    ),
    "NaN": Fault(page(two(b"NaN")), ids=TWO),
    "a lone surrogate": Fault(page(two(rb'"\ud800"')), ids=TWO),
    "a number of 5,000 digits": Fault(page(two(b"9" * 5000)), ids=TWO),
    "keys that occur twice": Fault(page(two(b'1, "id": "S0"')), ids=TWO),
    "deep nesting": Fault(page(two(b"[" * 50_000 + b"]" * 50_000)), ids=TWO),
    "objects that are none": Fault(
        page(b'{"data": [{"id": "S0"}, 7, null, {"id": "S1"}]}'),
        ids=TWO,
        said=(r"2 items are no object, left out \(page 1 index 1, page 1 index 2\)",),
    ),
    "dates that cannot be read": Fault(
        page(b'[{"id": "S0", "last_updated": "soon"}, {"id": "S1", "last_updated": "2026-01-01T00:00:00Z"}]'),
        ids=TWO,
        said=("1 object is kept whose last_updated cannot be read",),
        since="2025-01-01T00:00:00Z",
    ),
    "dates ignored": Fault(
        page(
            b'[{"id": "S0", "last_updated": "2026-01-01 00:00:00.5"},'
            b' {"id": "old", "last_updated": "2024-12-31T23:59:59+00:00"}]'
        ),
        ids=("S0",),
        since="2025-01-01T00:00:00Z",
    ),
    "packed without being asked": Fault(answering(lambda p, r: packed(two(b"1"))), ids=TWO),
    "packed wrongly": Fault(
        page(b"no gzip", **{"Content-Encoding": "gzip"}),
        ids=(),
        code=FAILED,
        said=("broken compressed body",),
    ),
    "packed zlib": Fault(page(zlib.compress(two(b"1")), **{"Content-Encoding": "deflate"}), ids=TWO),
    "a bomb": Fault(
        answering(lambda p, r: packed(BOMB)),
        ids=(),
        code=FAILED,
        said=("unpacks to more than 200 times its size",),
    ),
    "everything at once": Fault(page(MANY), ids=tuple(f"S{number}" for number in range(30_000))),
    "terminal escapes in data": Fault(page(json.dumps([{"id": "\x1b[2J"}]).encode()), ids=("\x1b[2J",)),
}
