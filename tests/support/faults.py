"""The faults of platforms, one name for each, and what a pull of `cdrs` makes of it.

Every fault is a platform that misbehaves over real HTTP, with ten objects, S0 to S9, on pages of four. SILENCE
takes short bounds, as the client waits; BODIES are single pages, whose number of requests at once is no matter.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import brotli
from support.platforms import TOKEN, Platform, Request, Response, envelope, good_link

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ALL = tuple(f"S{number}" for number in range(10))
DATED = [{"id": name, "last_updated": "2026-01-01T00:00:00Z"} for name in ALL]
DONE, FAILED, INCOMPLETE = 0, 6, 8
Rows = Callable[[int, int], list[object]]


@dataclass
class Fault:
    """What a platform does, the ids that come all the same, the exit code, and what is said (a pattern each).

    `since` and `until` bound the pull.
    """

    platform: Callable[[], Platform]
    ids: tuple[object, ...] = ALL
    code: int = DONE
    said: tuple[str, ...] = ()
    since: str = ""
    until: str = ""


def answering(answer: Callable[[Platform, Request], Response], **switches: object) -> Callable[[], Platform]:
    """Return what makes a platform that answers each request for the module so."""

    def build() -> Platform:
        platform = Platform(**switches)  # type: ignore[arg-type]
        platform.special["cdrs"] = lambda request: answer(platform, request)
        return platform

    return build


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


def shrunk_in_the_middle(platform: Platform, number: int) -> None:
    """Take an object away that was read already, but not one of the first page."""
    if number == 2:
        del platform.objects[5]


def replaced(platform: Platform, number: int) -> None:
    """Take the oldest away as a new one comes, once: their number stays the same."""
    if number == 1:
        del platform.objects[0]
        platform.objects.append({"id": "S10"})


def by_page(change: Callable[[Platform, int], None], *, total: bool = True) -> Callable[[], Platform]:
    """Return what makes a platform that changes its list, and whose links say no offset."""

    def answer(platform: Platform, request: Request) -> Response:
        change(platform, len(platform.pulls()) - 1)
        number = int(request.query.get("page", 0))
        rows, rest = platform.objects[4 * number : 4 * number + 4], platform.objects[4 * number + 4 :]
        link = {"Link": f'<?page={number + 1}>; rel="next"'} if rest else {}
        return Response(
            envelope(rows), headers=link | ({"X-Total-Count": str(len(platform.objects))} if total else {})
        )

    return answering(answer)


def always_replaced(platform: Platform, number: int) -> None:
    """Take the oldest away as a new one comes, before each answer but the first."""
    if number:
        del platform.objects[0]
        platform.objects.append({"id": f"N{number}"})


def echoed(platform: Platform, request: Request) -> Response:
    """Announce the objects of the page, and the limit that was asked for as the platform's own."""
    offset = int(request.query.get("offset", 0))
    rows = platform.objects[offset : offset + 4]
    return Response(envelope(rows), headers={"X-Total-Count": str(len(rows)), "X-Limit": "1000"})


def in_body(beside: Callable[[Platform, int], dict[str, object]]) -> Callable[[], Platform]:
    """Return what makes a platform that pages by `from`, and tells how in the body alone."""

    def answer(platform: Platform, request: Request) -> Response:
        begin = int(request.query.get("from", 0))
        return Response(envelope(platform.objects[begin : begin + 4], **beside(platform, begin + 4)))

    return answering(answer)


def rounding(platform: Platform, request: Request) -> Response:
    """List whole pages of four, wherever the offset falls."""
    offset = int(request.query.get("offset", 0)) // 4 * 4
    rows = platform.objects[offset : offset + 4]
    return Response(envelope(rows), headers={"X-Total-Count": str(len(platform.objects))})


def grown(platform: Platform, number: int) -> None:
    if number == 2:
        platform.objects.append({"id": "S10"})


def shuffled(*, total: bool = True) -> Platform:
    """Return a platform that lists in another order each time."""
    chance = random.Random(7)
    return changing(lambda platform, number: chance.shuffle(platform.objects), total=total)()


def repeating() -> Platform:
    """Return a platform that lists some objects twice, and counts them twice."""
    return Platform(objects=[{"id": f"S{number // 2}"} for number in range(20)])


def endless(platform: Platform, request: Request) -> Response:
    """Send link after link to the same objects in another order."""
    rows = [{"id": f"S{(int(request.query.get('offset', 0)) * 3 + number) % 10}"} for number in range(10)]
    link = f'<?offset={int(request.query.get("offset", 0)) + 1}>; rel="next"'
    return Response(envelope(rows), headers={"Link": link})


SHOWN = tuple(name for name in ALL if name not in ("S1", "S6"))


def kept_back(platform: Platform, request: Request) -> Response:
    """List pages of four without the objects that are not for this client; the links count them."""
    offset = int(request.query.get("offset", 0))
    rows = [{"id": name} for name in ALL[offset : offset + 4] if name in SHOWN]
    total = {"X-Total-Count": str(len(SHOWN))} if platform.total(0) else {}
    link = {"Link": good_link(platform, request, offset + 4)} if offset + 4 < len(ALL) else {}
    return Response(envelope(rows), headers={**total, **link})


def newest_left_out(platform: Platform, request: Request) -> Response:
    """List what was there when the platform started, unless there is a date_to."""
    listed = platform.objects if "date_to" in request.query else platform.objects[:7]
    return Response(envelope(listed), headers={"X-Total-Count": str(len(listed))})


HOURS: list[object] = [
    {"id": name, "last_updated": f"2026-01-01T{hour:02}:00:00Z"} for hour, name in enumerate(ALL)
]
HALF_SECONDS: list[object] = [
    {"id": name, "last_updated": f"2026-01-01T{hour:02}:00:00.500Z"} for hour, name in enumerate(ALL)
]
DATE_FORMS = {
    "with milliseconds": r"[^.+]+\.[0-9]{3}Z",
    "with an offset": r"[^.Z]+\+00:00",
    "without a zone": r"[0-9-]+T[0-9:]+",
    "without a time": r"[0-9-]+",
}


def window(platform: Platform, request: Request, after: Callable[[str, str], bool]) -> Response:
    """Return a page of the objects after date_from and before date_to, compared as text."""
    start, end = request.query.get("date_from", ""), request.query.get("date_to", "z")
    inside = [
        entry
        for entry in platform.objects
        if isinstance(entry, dict) and after(entry["last_updated"], start) and entry["last_updated"] < end
    ]
    offset = int(request.query.get("offset", 0))
    link = {"Link": good_link(platform, request, offset + 4)} if offset + 4 < len(inside) else {}
    return Response(
        envelope(inside[offset : offset + 4]), headers={"X-Total-Count": str(len(inside)), **link}
    )


def accepting(form: str, refusal: Response | None = None) -> Callable[[Platform, Request], Response]:
    """Return an answer that takes dates of one form only."""

    def answer(platform: Platform, request: Request) -> Response:
        dates = [request.query[name] for name in ("date_from", "date_to") if name in request.query]
        if all(re.fullmatch(form, date) for date in dates):
            return window(platform, request, lambda one, other: one >= other)
        return refusal or Response(envelope(None, 2001, "dates"), 400)

    return answer


def many_headers(platform: Platform, request: Request) -> Response:
    right = platform.module(request)
    return replace(right, headers={**{f"X-{number}": "y" for number in range(2000)}, **right.headers})


def raw_deflate(body: bytes) -> bytes:
    """Return a body packed as many servers understand `deflate`: without zlib's frame."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {  # with the name that stands in the header
    "gzip": ("gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "deflate": ("deflate", raw_deflate),
    "br": ("br", lambda body: brotli.compress(body, quality=1)),
    "zstd": ("zstd", zstd.compress),
    "gzip twice": ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
}


@cache
def packed(body: bytes, coding: str = "gzip") -> Response:
    name, pack = CODINGS[coding]
    return Response(pack(body), headers={"Content-Encoding": name})


def unpacked(body: bytes, coding: str) -> Callable[[], Platform]:
    """Return what makes a platform that packs its one page."""
    return answering(lambda platform, request: packed(body, coding))


def two(inner: bytes) -> bytes:
    """Return a page of two objects, the first with something odd in it."""
    return b'{"data": [{"id": "S0", "remark": %s}, {"id": "S1"}], "status_code": 1000}' % inner


TWO = ("S0", "S1")
BOMB = b'{"data": [{"id": "S0"}], "x": "' + b" " * (40 << 20) + b'"}'
MANY = b'{"data": [%s]}' % b",".join(
    b'{"id": "S%d", "remark": "%s"}' % (n, b"x" * 400) for n in range(30_000)
)

PAGING: dict[str, Fault] = {
    "link to another host": Fault(
        switched(link=lambda *_: '<https://stranger.example/cdrs?offset=4>; rel="next"'),
        said=("next link to another host; continuing by offset",),
    ),
    "link to a file": Fault(
        switched(link=lambda *_: '<file:///etc/passwd>; rel="next"'), said=("next link to another host",)
    ),
    "link to a private address": Fault(
        switched(link=lambda *_: '<http://169.254.169.254/latest>; rel="next"'),
        said=("next link to another host",),
    ),
    "link to nothing": Fault(
        switched(link=lambda p, r, reached: f'<{p.url}/nowhere?offset={reached}>; rel="next"'),
        said=(r"fails on its own next link \(HTTP 404\); continuing by offset",),
    ),
    "link to itself": Fault(
        switched(link=lambda p, r, reached: good_link(p, r, 0)), said=("a page that was already read",)
    ),
    "link missing": Fault(
        switched(link=lambda *_: None), said=("sends no next link although it announces more objects",)
    ),
    "link with dates that are none": Fault(
        answering(
            lambda p, r: Response(b"", 422) if r.query.get("date_from") == "None" else None,
            link=lambda p, r, reached: f'<{p.url}{r.path}?date_from=None&offset={reached}>; rel="next"',
        ),
    ),
    "link without the dates": Fault(
        switched(
            needs_date=True, link=lambda p, r, reached: f'<?offset={reached}>; rel="next"', objects=DATED
        ),
        since="2020-01-01T00:00:00Z",
    ),
    "link too far": Fault(
        switched(link=lambda p, r, reached: good_link(p, r, reached + 4)),
        said=("sends no next link", "the list changes while it is read"),
    ),
    "objects kept back": Fault(answering(kept_back), ids=SHOWN),
    "objects kept back and no total": Fault(
        answering(kept_back, total=lambda n: None),
        ids=SHOWN,
        said=("skips objects with its own next link; continuing by offset",),
    ),
    "link too far and no total": Fault(
        switched(link=lambda p, r, reached: good_link(p, r, reached + 4), total=lambda n: None),
        said=("skips objects with its own next link; continuing by offset",),
    ),
    "link on the last page": Fault(switched(last_link='<?offset=10>; rel="next"')),
    "link that is empty": Fault(switched(last_link="")),
    "link without end": Fault(
        answering(endless), said=("objects that were already read; continuing by offset",)
    ),
    "links in several headers": Fault(
        switched(link=lambda p, r, reached: f'{good_link(p, r, reached)}\r\nLink: <?offset=8>; rel="last"')
    ),
    "link and total missing": Fault(
        switched(link=lambda *_: None, total=lambda n: None),
        said=("no next link and no total; continuing by offset",),
    ),
    "link missing, and the total is the page's": Fault(
        switched(link=lambda *_: None, total=lambda n: "4"),
        said=("no next link and no total; continuing by offset",),
    ),
    "nothing but all at once, whatever is asked": Fault(
        switched(cap=1000, ignore_offset=True, link=lambda *_: None, total=lambda n: None)
    ),
    "offset ignored": Fault(
        switched(ignore_offset=True, link=lambda *_: None),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=("no next link", "keeps sending the same page; incomplete: 4 of 10 objects came"),
    ),
    "limit ignored": Fault(switched(cap=10)),
    "limit refused": Fault(switched(refuse_above=100)),
    "404 without a slash": Fault(
        answering(lambda p, r: None if r.path.endswith("/") else Response(b"", 404))
    ),
    "limit and offset 0 refused": Fault(
        answering(lambda p, r: Response(b"", 400) if r.query.get("offset") == "0" else None)
    ),
    "total too high": Fault(
        switched(total=lambda n: str(n + 5)),
        code=INCOMPLETE,
        said=(
            "sends no next link",
            "announced 15 objects but returned 10; incomplete: 10 of 15 objects came",
        ),
    ),
    "total too high with dates": Fault(
        switched(total=lambda n: str(n + 5), objects=DATED),
        said=("sends no next link", "some platforms ignore the dates when they count"),
        since="2020-01-01T00:00:00Z",
    ),
    "total too low": Fault(switched(total=lambda n: "3")),
    "total missing": Fault(switched(total=lambda n: None)),
    "total is not a number": Fault(switched(total=lambda n: "NaN")),
    "total cut at a bound": Fault(
        switched(
            objects=[{"id": f"S{number}"} for number in range(20)],
            total=lambda n: "8",
            link=lambda p, r, reached: good_link(p, r, reached) if reached < 8 else None,
        ),
        ids=tuple(f"S{number}" for number in range(20)),
        said=("has more objects than it announces; continuing by offset",),
    ),
    "link missing, the total is the page's, and X-Limit is the request's": Fault(
        answering(echoed), said=("no next link and no total; continuing by offset",)
    ),
    "next URL in the body": Fault(
        in_body(
            lambda p, reached: {
                "links": {"next": f"/ocpi/2.2.1/cdrs?from={reached}" if reached < 10 else None}
            }
        )
    ),
    "cursor in the body": Fault(
        in_body(lambda p, reached: {"next": "Zm91cg=="}),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=('"next" in its responses announces more objects',),
    ),
    "total in the body": Fault(
        in_body(lambda p, reached: {"meta": {"totalElements": 10}}),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=('"meta.totalElements" in its responses announces more objects',),
    ),
    "offsets rounded to pages": Fault(answering(rounding), said=("sends no next link",)),
    "the oldest replaced by a new one": Fault(
        changing(replaced), ids=(*ALL, "S10"), said=("the list changes while it is read",)
    ),
    "an object gone and no total": Fault(changing(shrunk, total=False), said=("the list changes",)),
    "an object gone, and links without offsets": Fault(by_page(shrunk), said=("the list changes",)),
    "an object gone, and links without offsets and no total": Fault(
        by_page(shrunk, total=False), said=("the list changes",)
    ),
    "an object gone in the middle, and links without offsets": Fault(
        by_page(shrunk_in_the_middle), said=("the list changes",)
    ),
    "an object gone in the middle, and links without offsets and no total": Fault(
        by_page(shrunk_in_the_middle, total=False), said=("the list changes",)
    ),
    "the oldest replaced at each page, and links without offsets": Fault(
        by_page(always_replaced),
        ids=(*ALL, *(f"N{number}" for number in range(1, 12) if number != 9)),
        code=INCOMPLETE,
        said=(
            "the list changes",
            "objects are removed while the list is read, so others may have been skipped",
        ),
    ),
    "objects with the same id on different pages": Fault(
        switched(objects=[{"id": name} for name in ALL[:9] * 2]),
        ids=tuple(sorted(ALL[:9] * 2)),
        said=("9 objects share an id with an object of another response; all were kept",),
    ),
    "objects with the same id on different pages and no total": Fault(
        switched(objects=[{"id": name} for name in ALL[:9] * 2], total=lambda n: None),
        ids=ALL[:9],
        code=INCOMPLETE,
        said=("objects on different pages share an id",),
    ),
    "objects without an id": Fault(
        switched(objects=[{"total_time": number} for number in range(10)]),
        ids=(None,) * 10,
        said=("no object has id, which the query reads and OCPI requires",),
    ),
    "a field in other letters": Fault(
        switched(objects=[{"Id": str(number), "total_time": number} for number in range(10)]),
        ids=(None,) * 10,
        said=(
            "1 field is not OCPI's, left out: Id",
            "no object has id, which the query reads; they have Id",
        ),
    ),
    "objects repeated": Fault(
        repeating,
        ids=tuple(sorted(ALL * 2)),
        said=("20 objects share an id with another object of the same response; all were kept",),
    ),
    "order shuffled": Fault(shuffled, said=("the list changes while it is read; reading it again",)),
    "order shuffled and no total": Fault(
        lambda: shuffled(total=False), said=("the list changes while it is read; reading it again",)
    ),
    "an object moved": Fault(changing(moved), said=("the list changes while it is read; reading it again",)),
    "an object gone": Fault(changing(shrunk)),
    "an object new": Fault(changing(grown), ids=(*ALL, "S10")),
    "empty pages without end": Fault(
        answering(
            lambda p, r: Response(envelope([]), headers={"Link": f'<?page={len(p.requests)}>; rel="next"'})
        ),
        ids=(),
        said=("one next link after another to empty pages",),
    ),
}

ANSWERS: dict[str, Fault] = {
    "404 for an empty list": Fault(
        always(Response(envelope(None, 2003), 404)), ids=(), said=("treated as an empty list",)
    ),
    "204 for an empty list": Fault(
        always(Response(b"", 204)),
        ids=(),
        said=("answers HTTP 204 without a list; treated as an empty list",),
    ),
    "204 in the middle": Fault(
        once(None, Response(b"", 204)),
        said=(r"finds nothing at its own next link \(HTTP 204\); continuing by offset",),
    ),
    "204 after the end": Fault(
        answering(
            lambda p, r: Response(b"", 204) if int(r.query["offset"]) >= len(ALL) else None,
            link=lambda *_: None,
            total=lambda n: None,
        ),
        said=("no next link and no total; continuing by offset",),
    ),
    "103 before each response": Fault(answering(lambda p, r: replace(p.module(r), early=True))),
    "2,000 headers": Fault(answering(many_headers)),
    "408 and 520 for a moment": Fault(once(Response(b"", 408), None, Response(b"", 520))),
    "429 for a moment": Fault(
        once(None, Response(b"", 429, {"Retry-After": "2"})),
        said=(r"received too many requests; waiting 2 s \(",),
    ),
    "429 at every second request": Fault(
        once(*[Response(b"", 429, {"Retry-After": "2"}), None] * 4),
        said=(r"received too many requests; waiting 2 s \(",),
    ),
    "429 without a time": Fault(
        once(None, *[Response(b"", 429)] * 2),
        said=(r"waiting 1 s \(", r"waiting 3 s \("),
    ),
    "503 with a time": Fault(
        once(None, Response(b"", 503, {"Retry-After": "2"})), said=("asks ocpiq to wait; waiting 2 s",)
    ),
    "429 for an hour": Fault(
        once(None, *[Response(b"", 429, {"Retry-After": "3600"})] * 2),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(r"too many requests \(HTTP 429\); incomplete: 4 of 10 objects came \(limit the requests",),
    ),
    "500 for a moment": Fault(once(Response(b"", 500), None, Response(b"<html>", 503))),
    "500 for good": Fault(always(Response(b"oops", 500)), ids=(), code=FAILED, said=(r"fails \(HTTP 500\)",)),
    "3000 for a moment": Fault(once(Response(envelope([], 3000)))),
    "2001 for good": Fault(
        always(Response(envelope(None, 2001, "no"))), ids=(), code=FAILED, said=("OCPI status 2001",)
    ),
    "2001 as text": Fault(
        always(Response(b'{"data": null, "status_code": "2001", "status_message": "no"}')),
        ids=(),
        code=FAILED,
        said=("OCPI status 2001",),
    ),
    "4001 for good": Fault(
        always(Response(envelope(None, 4001, "no"))),
        ids=(),
        code=FAILED,
        said=(r"does not know the receiver: \"no\" \(log in again with the party",),
    ),
    "token refused on the way": Fault(
        once(None, *[Response(b"", 401)] * 9),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(
            "fails on its own next link",
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
        said=("redirects to stranger.example",),
    ),
    "redirect to a file": Fault(
        always(Response(b"", 302, {"Location": "file:///etc/passwd"})),
        ids=(),
        code=FAILED,
        said=("the token is not sent there",),
    ),
    "redirect to a private address": Fault(
        always(Response(b"", 307, {"Location": "http://169.254.169.254/"})),
        ids=(),
        code=FAILED,
        said=("the token is not sent there",),
    ),
    "redirect to a slash": Fault(switched(slash=True)),
    "date_from that is exclusive": Fault(
        answering(lambda p, r: window(p, r, lambda one, other: one > other), objects=HOURS),
        ids=ALL[3:],
        since="2026-01-01T03:00:00Z",
    ),
    "dates compared as text": Fault(
        answering(lambda p, r: window(p, r, lambda one, other: one >= other), objects=HALF_SECONDS),
        ids=ALL[3:],
        since="2026-01-01T03:00:00Z",
    ),
    **{
        f"dates refused unless {name}": Fault(
            answering(accepting(form), objects=HOURS),
            ids=ALL[3:8],
            said=("does not accept dates as OCPI writes them; continuing with another form",),
            since="2026-01-01T03:00:00Z",
            until="2026-01-01T08:00:00Z",
        )
        for name, form in DATE_FORMS.items()
    },
    "dates that are an internal error unless with milliseconds": Fault(
        answering(accepting(DATE_FORMS["with milliseconds"], Response(b"", 500)), objects=HOURS),
        ids=ALL[3:],
        said=("does not accept dates as OCPI writes them; continuing with another form",),
        since="2026-01-01T03:00:00Z",
    ),
    "dates refused in every form": Fault(
        answering(accepting("never"), objects=HOURS),
        ids=(),
        code=FAILED,
        said=(r'does not accept the request \(HTTP 400\): "dates"',),
        since="2026-01-01T03:00:00Z",
    ),
    "date demanded": Fault(switched(needs_date=True, objects=DATED), since="2020-01-01T00:00:00Z"),
    "500 on the way": Fault(
        once(None, *[Response(b"oops", 500)] * 20),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(
            r"fails on its own next link \(HTTP 500\); continuing by offset",
            r"fails \(HTTP 500\); incomplete: 4 of 10 objects came \(try again later",
        ),
    ),
    "large pages fail": Fault(
        answering(lambda p, r: Response(b"", 504) if int(r.query["limit"]) > 100 else None),
        said=("fails on large pages; continuing with 62 objects per page",),
    ),
    "newest left out": Fault(answering(newest_left_out), ids=ALL[:7]),
    "newest left out, but asked for": Fault(
        answering(newest_left_out, objects=DATED), until="2100-01-01T00:00:00Z"
    ),
    "cut short": Fault(once(None, Response(envelope([{"id": "S4"}]), cut=30))),
    "cut short for good": Fault(
        once(None, *[Response(envelope([{"id": "S4"}]), cut=30)] * 20),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=("closed the connection in the middle of a response; incomplete: 4 of 10",),
    ),
}

SILENCE: dict[str, Fault] = {
    "no answer": Fault(
        answering(lambda p, r: Response(b"", silent=9)),
        ids=(),
        code=FAILED,
        said=(r"does not answer in time \(try again later\)",),
    ),
    "no answer on the way": Fault(
        once(None, *[Response(b"", silent=9)] * 20),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(r"does not answer in time; incomplete: 4 of 10 objects came \(try again later\)",),
    ),
    "silence in a body": Fault(
        once(None, *[Response(envelope([{"id": "S4"}]), cut=30, silent=9)] * 20),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=(r"does not answer in time; incomplete: 4 of 10 objects came \(try again later\)",),
    ),
    "a body drop by drop": Fault(
        answering(lambda p, r: Response(envelope([{"id": "S4"}] * 20), slow=0.05)),
        ids=(),
        code=FAILED,
        said=("sends less than 10 kB per second",),
    ),
    "a body drop by drop on the way": Fault(
        once(None, *[Response(envelope([{"id": "S4"}] * 20), slow=0.05)] * 20),
        ids=ALL[:4],
        code=INCOMPLETE,
        said=("sends less than 10 kB per second; incomplete: 4 of 10 objects came",),
    ),
}

BODIES: dict[str, Fault] = {
    "broken JSON": Fault(
        page(b'{"data": [{"id": "S0"'), ids=(), code=FAILED, said=("answers with broken JSON",)
    ),
    "HTML": Fault(page(b"<html>"), ids=(), code=FAILED, said=("answers with HTML",)),
    "HTML on the way": Fault(
        once(None, Response(b"<html>")),
        said=(r"fails on its own next link \(no OCPI answer\); continuing by offset",),
    ),
    "JSON of another kind": Fault(
        page(b'{"message": "moved", "code": 7}'),
        ids=(),
        code=FAILED,
        said=(r"answers with JSON that is not an OCPI page \(is it an OCPI address\?\)",),
    ),
    "pages of another kind": Fault(
        page(b'{"content": [{"id": "S0"}], "totalPages": 3, "last": false}'),
        ids=("S0",),
        code=INCOMPLETE,
        said=("incomplete",),
    ),
    "an object with data of its own": Fault(
        page(b'{"id": "S0", "currency": "EUR", "data": [{"id": "Jane Doe"}]}'),
        ids=(),
        code=FAILED,
        said=("JSON that is not an OCPI page",),
    ),
    "an object in data with data of its own": Fault(
        page(b'{"status_code": 1000, "data": {"id": "S0", "data": [{"id": "Jane Doe"}]}}'),
        ids=("S0",),
        said=("1 field is not OCPI's, left out: data",),
    ),
    "a list in data": Fault(page(b'{"data": {"items": [{"id": "S0"}, {"id": "S1"}]}}'), ids=TWO),
    "two lists in data": Fault(
        page(b'{"data": {"items": [{"id": "S0"}], "content": []}}'),
        ids=(),
        code=FAILED,
        said=(r"answers with 2 lists where one belongs: content, items \(tell the platform\)",),
    ),
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
        said=(r"2 items are not objects, left out \(page 1 index 1, page 1 index 2\)",),
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
    "packed wrongly": Fault(
        page(b"no gzip", **{"Content-Encoding": "gzip"}),
        ids=(),
        code=FAILED,
        said=("broken compressed body",),
    ),
    "packed in a way that nobody knows": Fault(
        page(b"no JSON", **{"Content-Encoding": "x-own"}),
        ids=(),
        code=FAILED,
        said=("answers with something that is not JSON",),
    ),
    **{f"packed with {coding}": Fault(unpacked(two(b"1"), coding), ids=TWO) for coding in CODINGS},
    **{
        f"a bomb of {coding}": Fault(
            unpacked(BOMB, coding), ids=(), code=FAILED, said=("unpacks to more than 200 times its size",)
        )
        for coding in CODINGS
    },
    "everything at once": Fault(page(MANY), ids=tuple(f"S{number}" for number in range(30_000))),
    "terminal escapes in data": Fault(page(json.dumps([{"id": "\x1b[2J"}]).encode()), ids=("\x1b[2J",)),
}

FAULTS = PAGING | ANSWERS | SILENCE | BODIES
