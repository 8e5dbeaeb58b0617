"""Paging that headers do not show: a URL, a cursor or a number of objects in the body, beside the list."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.platforms import TOKEN, Platform, Request, Response, envelope, serving
from test_pull import Pulled, login_to, pulled

from ocpiq.errors import IncompleteError
from ocpiq.gate import BodyPaging, PagingMembers

ALL = [f"S{number}" for number in range(10)]
Beside = Callable[[Platform, int], dict[str, object]]
"""Gives the members beside the list, of the place where the next page begins; a page has four objects."""


def url(platform: Platform, reached: int) -> str | None:
    return f"{platform.url}/ocpi/2.2.1/cdrs?from={reached}" if reached < 10 else None


def paging(beside: Beside, *, offsets: bool = False) -> Platform:
    """Return a platform that lists from the parameter `from` on, and says no more than `beside` does."""
    platform = Platform()

    def answer(request: Request) -> Response:
        begin = int(request.query.get("from", 0)) or (int(request.query.get("offset", 0)) if offsets else 0)
        rows = platform.objects[begin : begin + 4]
        return Response(envelope(rows, **beside(platform, begin + 4)))

    platform.special["cdrs"] = answer
    return platform


URLS: dict[str, Beside] = {
    "next": lambda p, reached: {"next": url(p, reached)},
    "next, empty at the end": lambda p, reached: {"next": url(p, reached) or ""},
    "next, absent at the end": lambda p, reached: {"next": url(p, reached)} if reached < 10 else {},
    "nextPage": lambda p, reached: {"nextPage": url(p, reached)},
    "next_path": lambda p, reached: {
        "next_path": f"/ocpi/2.2.1/cdrs?from={reached}" if reached < 10 else None
    },
    "a query alone": lambda p, reached: {"nextLink": f"?from={reached}" if reached < 10 else None},
    "links.next": lambda p, reached: {"links": {"prev": "/x", "next": url(p, reached)}},
    "_links.next.href": lambda p, reached: {
        "_links": {"next": {"href": url(p, reached)}, "self": {"href": "/"}}
    },
    "pagination.next_url": lambda p, reached: {"pagination": {"next_url": url(p, reached), "page": 1}},
    "meta.paging.next": lambda p, reached: {"meta": {"paging": {"next": url(p, reached)}}},
    "a list of links": lambda p, reached: {
        "links": [{"rel": "self", "href": "/"}, {"rel": "next", "href": url(p, reached)}]
    },
    "@odata.nextLink": lambda p, reached: {"@odata.nextLink": url(p, reached)},
}


@pytest.mark.parametrize("beside", URLS.values(), ids=URLS)
def test_a_url_of_the_platform_is_followed(beside):
    result = pulled(paging(beside))
    assert (result.ids, result.error, result.warnings) == (ALL, None, [])


SECRET = "QzPrivate"
CURSORS: dict[str, tuple[str, object]] = {  # what the message names, and what stands there
    "a token": ("next", SECRET),
    "the number of a page": ("nextPage", 2),
    "an offset": ("next_offset", 4),
    "a flag": ("next", True),
    "cursor": ("cursor", SECRET),
    "meta.next_cursor": ("meta", {"next_cursor": SECRET}),
    "pageInfo": ("pageInfo", {"hasNextPage": True, "startCursor": SECRET}),
    "cursors.after": ("cursors", {"before": SECRET, "after": SECRET}),
    "has_more": ("has_more", True),
    "hasMore as text": ("hasMore", "true"),
    "last": ("last", False),
    "totalPages": ("totalPages", 3),
    "continuationToken": ("continuationToken", SECRET),
    "a URL elsewhere": ("next", "https://stranger.example/cdrs?from=4"),
    "a URL that fails": ("next", "/nowhere?from=4"),
}
TOTALS: dict[str, tuple[str, object]] = {
    "total": ("total", 10),
    "totalElements": ("totalElements", 10),
    "total_count as text": ("total_count", "10"),
    "meta.totalRecords": ("meta", {"totalRecords": 10.0}),
    "pagination.totalItems": ("pagination", {"page": 1, "totalItems": 10}),
}


@pytest.mark.parametrize(("name", "sent"), [*CURSORS.values(), *TOTALS.values()], ids=[*CURSORS, *TOTALS])
def test_a_cursor_that_cannot_be_followed_is_incomplete(name, sent):
    result = pulled(paging(lambda platform, reached: {name: sent}))
    assert result.ids == ALL[:4]
    assert isinstance(result.error, IncompleteError)
    assert f'"{name}' in result.error.message
    assert "announces more objects" in result.error.message
    assert not any(value in str((result.error, result.warnings)) for value in (SECRET, "10", "stranger"))


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({f"meta-{TOKEN}": {"total": 10}}, id="a total"),
        pytest.param({f"meta-{TOKEN}": {"next": "Zm91cg=="}}, id="a cursor"),
        pytest.param({f"page_{TOKEN.upper()}": {"hasMore": True}}, id="in capital letters"),
    ],
)
def test_a_member_named_like_the_token_is_redacted(members):
    message = pulled(paging(lambda platform, reached: members)).error.message
    assert "[token]" in message
    assert TOKEN not in message.casefold()


def test_a_list_named_like_the_token_is_redacted():
    platform = Platform()
    lists = {TOKEN: [{"id": "S0"}], "content": []}
    platform.special["cdrs"] = lambda request: Response(json.dumps({"data": lists}).encode())
    message = pulled(platform).error.message
    assert "2 lists where one belongs: content, [token]" in message


@pytest.mark.parametrize(("name", "sent"), [*CURSORS.values(), *TOTALS.values()], ids=[*CURSORS, *TOTALS])
def test_offsets_complete_a_pull_with_a_cursor(name, sent):
    result = pulled(paging(lambda platform, reached: {name: sent}, offsets=True))
    assert (result.ids, result.error) == (ALL, None)


NOTHING: dict[str, dict[str, object]] = {
    "count": {"count": 500},
    "a total that is no greater": {"total": 4},
    "a total of 0": {"total": 0},
    "a total of something else": {"totalCost": 500, "total_kwh": 500, "subtotal": 500},
    "a page": {"page": 1, "size": 4, "limit": 100, "offset": 0, "number": 0, "numberOfElements": 4},
    "one page": {"totalPages": 1, "last": True},
    "an end": {"next": None, "nextPage": "", "has_more": False, "cursor": None, "hasNext": False},
    "a way back": {
        "prev": "/x?from=0",
        "previousPage": 3,
        "before_cursor": "x",
        "links": {"self": "/x", "first": "/y"},
    },
    "next in another place": {"nextUpdate": "2026-01-01T00:00:00Z", "text": "next", "remarks": {"next": "x"}},
    "an empty link": {"link": ""},
}


@pytest.mark.parametrize("beside", NOTHING.values(), ids=NOTHING)
def test_other_members_change_nothing(beside):
    result = pulled(paging(lambda platform, reached: beside))
    assert (result.ids, result.error, result.warnings) == (ALL[:4], None, [])


def test_the_token_goes_to_no_other_host():
    with (
        serving(Platform()) as stranger,
        serving(paging(lambda p, reached: {"next": f"{stranger.url}/cdrs"})) as own,
    ):
        assert isinstance(Pulled(login_to(own)).error, IncompleteError)
    assert stranger.requests == []


def test_a_header_goes_before_the_body():
    platform = Platform()
    good = platform.module
    platform.module = lambda request: _with(good(request), next="/nowhere")
    result = pulled(platform)
    assert (result.ids, result.error) == (ALL, None)


def _with(response: Response, **members: object) -> Response:
    response.body = response.body[:-1] + f', "next": "{members["next"]}"}}'.encode()
    return response


KEY = ("country_code", "party_id", "id")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b'[{"next": "/x"}]', BodyPaging(), id="a list"),
        pytest.param(b'{"id": "S1", "next": "/x"}', BodyPaging(), id="an object of the module"),
        pytest.param(b'{"data": {"id": "S1", "next": "/x"}}', BodyPaging(), id="one in the envelope"),
        pytest.param(b'{"data": [{"next": "/x"}], "status": 1}', BodyPaging(), id="in an object of the list"),
        pytest.param(
            b'{"data": {"items": [], "next": "/x"}}',
            BodyPaging("/x", "data.next"),
            id="beside a list in data",
        ),
        pytest.param(b'{"items": [], "total": 3}', BodyPaging("", "", 3, "total"), id="without an envelope"),
        pytest.param(
            b'\xef\xbb\xbf {"data": [NaN], "next": "/x"}', BodyPaging("/x", "next"), id="not quite JSON"
        ),
        pytest.param(b'{"data": [], "next": "/%s"}' % (b"x" * 5000), BodyPaging(), id="too long"),
        pytest.param(
            b'{"data": [], "\\u001bnext": 1}', BodyPaging("", "a member"), id="a name that is not shown"
        ),
        pytest.param(b'{"data": [', BodyPaging(), id="cut off"),
    ],
)
def test_accepted_responses(body, expected):
    assert PagingMembers(KEY).read(body) == expected


def test_later_answers_are_looked_at_for_the_members_of_the_first():
    members = PagingMembers(KEY)
    assert members.read(b'{"data": [1], "next": "/a", "x": 1}').next == "/a"
    assert list(members.names.values()) == ["next"]
    assert members.read(b'{"data": [1], "next": "/b", "cursor": 1}') == BodyPaging("/b", "next")
    assert members.read(b'{"data": [NaN], "next": null}') == BodyPaging()
    assert PagingMembers(KEY).read(b'{"data": []}') == BodyPaging()
