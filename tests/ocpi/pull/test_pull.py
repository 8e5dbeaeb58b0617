"""The pull: what comes back, what is asked and what is said, with correct platforms and faulty ones."""

from __future__ import annotations

import sys
import time
from urllib.parse import urlencode

import pytest
from support.gates import gate_of, ids
from support.platforms import BASE64, TOKEN, Platform, Request, Response, envelope, good_link, serving

from ocpiq import ocpi
from ocpiq.errors import IncompleteError, PlatformError, RequestEnded, WarningIssued
from ocpiq.storage import AccessToken, Login, Party, PlatformParty

BOUNDS = ocpi.Bounds(first=5, idle=5)
OWN, CPO, HUB = Party("NL", "GOV"), Party("NL", "ABC"), Party("BE", "HUB")
ALL = [f"S{n}" for n in range(10)]


def login_to(platform: Platform, version: str = "2.2.1", **other: object) -> Login:
    given = {
        "name": "test",
        "url": platform.versions_url,
        "token": AccessToken(TOKEN, "base64"),
        "version": version,
        "endpoints": {name: (f"{platform.url}/ocpi/{version}/{name}",) for name in platform.modules},
        "own": OWN,
        "parties": (PlatformParty(CPO, "CPO"),),
        "saved": "",
    }
    return Login(**(given | other))


class Pulled:
    """What a pull gave: ids, totals, warnings, waits, and the error that ended it."""

    def __init__(self, login: Login, module: str = "cdrs", **bounds: object) -> None:
        self.ids: list[object] = []
        self.totals: list[int | None] = []
        self.waits: list[float] = []
        notices: list[object] = []
        self.error: PlatformError | IncompleteError | None = None
        retry_policy = ocpi.RetryPolicy(pause=self.waits.append, spread=0)
        with ocpi.HttpClient(bounds=BOUNDS) as connection:
            gate = gate_of(module, login.version)
            try:
                found = ocpi.pull(
                    connection,
                    login,
                    module,
                    gate,
                    notify=notices.append,
                    retry_policy=retry_policy,
                    **bounds,
                )
                for opened, total in found:
                    self.ids += ids([opened])
                    self.totals.append(total)
            except (PlatformError, IncompleteError) as error:
                self.error = error
        assert all(isinstance(notice, WarningIssued | RequestEnded) for notice in notices)
        self.warnings = [notice.message for notice in notices if isinstance(notice, WarningIssued)]


def pulled(platform: Platform, module: str = "cdrs", **bounds: object) -> Pulled:
    with serving(platform):
        return Pulled(login_to(platform), module, **bounds)


def offsets(platform: Platform) -> list[str | None]:
    return [request.query.get("offset") for request in platform.pulls()]


# ---------------------------------------------------------------- a correct platform


def test_pages_are_read_by_their_links_each_one_object_early():
    platform = Platform(objects=[{"id": f"S{n}"} for n in range(9)])
    result = pulled(platform)
    assert (result.ids, result.error, result.warnings) == (ALL[:9], None, [])
    assert result.totals == [9, 9, 9]
    assert [request.query for request in platform.pulls()] == [
        {"offset": offset, "limit": "1000"} for offset in ("0", "3", "6")
    ]


def test_a_full_last_page_is_asked_after():
    platform = Platform()
    result = pulled(platform)
    assert (result.ids, result.error, result.warnings) == (ALL, None, [])
    assert offsets(platform) == ["0", "3", "6", "9"]


def test_the_newest_are_read_from_the_end():
    platform = Platform()
    result = pulled(platform, newest=3)
    assert (result.ids, result.error, result.warnings) == (ALL[7:], None, [])
    assert offsets(platform) == ["0", "7"]


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        pytest.param(None, ALL, id="no number announced"),
        pytest.param("8", ALL[5:], id="a number that is too low"),
        pytest.param("30", ALL, id="a number that is too high"),
    ],
)
def test_the_newest_come_whatever_number_is_announced(total, expected):
    result = pulled(Platform(total=lambda _: total), newest=3)
    assert result.ids[-3:] == ALL[7:]
    assert result.ids == expected


def test_offsets_that_are_ignored_are_noticed():
    result = pulled(Platform(ignore_offset=True, link=lambda *_: None), newest=3)
    assert isinstance(result.error, IncompleteError)


def test_a_short_list_is_read_from_the_front():
    platform = Platform()
    assert pulled(platform, newest=9).ids == ALL
    assert offsets(platform) == ["0", "3", "6", "9"]


def test_dates_are_sent_and_sessions_always_get_one():
    platform = Platform(needs_date=True)
    result = pulled(platform, "sessions")
    assert (result.ids, result.error) == (ALL, None)
    assert {request.query["date_from"] for request in platform.pulls()} == {"2009-12-31T23:59:59Z"}
    platform.requests.clear()
    pulled(platform, "sessions", since="2026-01-01T00:00:00Z", until="2026-02-01T00:00:00Z")
    assert {(r.query["date_from"], r.query["date_to"]) for r in platform.pulls()} == {
        ("2025-12-31T23:59:59Z", "2026-02-01T00:00:00Z")
    }


def test_nothing_more_is_asked_when_the_consumer_stops():
    platform = Platform()
    with serving(platform), ocpi.HttpClient() as connection:
        pages = ocpi.pull(connection, login_to(platform), "cdrs", gate_of("cdrs"))
        next(pages)
        pages.close()
    assert offsets(platform) == ["0"]


def test_the_headers_of_a_pull():
    platform = Platform()
    pulled(platform)
    sent = platform.pulls()
    assert {request.token for request in sent} == {f"Token {BASE64}"}
    assert {request.headers["accept"] for request in sent} == {"application/json"}
    assert len({request.headers["x-request-id"] for request in sent}) == len(sent) > 1
    assert len({request.headers["x-correlation-id"] for request in sent}) == 1
    names = {
        "Authorization",
        "X-Request-ID",
        "X-Correlation-ID",
        "OCPI-from-country-code",
        "OCPI-to-party-id",
    }
    assert names <= set(sent[0].names)


ROUTING = {
    "a CPO": ({}, ("NL", "GOV", "NL", "ABC")),
    "a hub comes first": (
        {"parties": (PlatformParty(CPO, "CPO"), PlatformParty(HUB, "HUB"))},
        ("NL", "GOV", "BE", "HUB"),
    ),
    "the only party, whatever it is": ({"parties": (PlatformParty(CPO, "NSP"),)}, ("NL", "GOV", "NL", "ABC")),
    "one of several is not chosen": (
        {"parties": (PlatformParty(CPO, "CPO"), PlatformParty(HUB, "CPO"))},
        None,
    ),
    "platform not known": ({"parties": ()}, None),
    "own party not known": ({"own": None}, None),
    "none in 2.1.1": ({"version": "2.1.1"}, None),
}


@pytest.mark.parametrize(("other", "expected"), ROUTING.values(), ids=ROUTING)
def test_routing_headers_name_both_parties_or_none(other, expected):
    with serving(Platform()) as platform:
        Pulled(login_to(platform, **other))
    headers = platform.requests[0].headers
    names = ("from-country-code", "from-party-id", "to-country-code", "to-party-id")
    assert tuple(headers.get(f"ocpi-{name}") for name in names) == (expected or (None,) * 4)


def test_hubclientinfo_has_no_routing():
    platform = Platform(modules=("hubclientinfo",))
    pulled(platform, "hubclientinfo")
    assert not any(name.startswith("ocpi-") for name in platform.requests[0].headers)


# ---------------------------------------------------------------- links that cannot be followed


def fastapi_link(platform: Platform, request: Request, reached: int) -> str:
    """What the FastAPI family writes on Python 3.11: enum names in the path, https, None."""
    host = platform.url.replace("http://", "https://")
    query = urlencode({"date_from": "None", "date_to": "None", "offset": reached, "limit": 4})
    return f'<{host}/ocpi/cpo/VersionNumber.v_2_2_1/ModuleID.cdrs/?{query}>; rel="next"'


def linked(target: str):
    return lambda platform, request, reached: f'<{target.replace("REACHED", str(reached))}>; rel="next"'


LINKS = {
    "another path, https, None": (fastapi_link, "fails on its own next link (HTTP 404)"),
    "another host": (
        linked("http://stranger.invalid/cdrs?offset=REACHED"),
        "sends a next link to another host",
    ),
    "another port": (
        linked("http://127.0.0.1:9/cdrs?offset=REACHED"),
        "sends a next link to another host",
    ),
    "no http": (linked("file:///etc/passwd"), "sends a next link to another host"),
    "no URL": (linked("http://[::1"), "sends a next link to another host"),
    "empty": (lambda *_: "", "sends no next link although it announces more objects"),
    "none": (lambda *_: None, "sends no next link although it announces more objects"),
    "no brackets": (lambda *_: "next", "sends no next link although it announces more objects"),
    "itself": (
        lambda platform, request, reached: good_link(platform, request, 0),
        "sends a next link to a page that was already read",
    ),
    "a page that was read, in other words": (
        linked("?limit=4&offset=0&again"),
        "repeats a page on its own next link",
    ),
}


@pytest.mark.parametrize(("link", "reason"), LINKS.values(), ids=LINKS)
def test_offsets_replace_a_bad_link(link, reason):
    platform = Platform(link=link)
    result = pulled(platform)
    assert (result.ids, result.error) == (ALL, None)
    assert result.warnings == [f"cdrs: the platform {reason}; continuing by offset"]
    assert [o for o in offsets(platform) if o != "0"][-3:] == ["3", "6", "9"]


@pytest.mark.parametrize("name", ["another path, https, None", "empty", "none"])
def test_a_bad_last_link_causes_no_warning(name):
    platform = Platform(last_link=LINKS[name][0](Platform(), Request("", {}, {}, ()), 10))
    result = pulled(platform)
    assert (result.ids, result.error, result.warnings) == (ALL, None, [])


GOOD_LINKS = {
    "relative": linked("/ocpi/2.2.1/cdrs?offset=REACHED&limit=4"),
    "relative query": linked("?offset=REACHED"),
    "https on a plain server": lambda p, r, reached: good_link(p, r, reached).replace("http:", "https:"),
    "rel without quotes": lambda p, r, reached: good_link(p, r, reached).replace('"next"', "next"),
    "several links": lambda p, r, reached: f'<{p.url}/>; rel="first", ' + good_link(p, r, reached),
    "a cursor": linked("?offset=REACHED&page=2"),
    "other parameters first": lambda p, r, reached: good_link(p, r, reached).replace(
        "; rel", '; title="a, <b>"; rel'
    ),
}


@pytest.mark.parametrize("link", GOOD_LINKS.values(), ids=GOOD_LINKS)
@pytest.mark.parametrize(
    "total", [str, lambda n: None, lambda n: "many"], ids=["total", "no total", "no number"]
)
def test_legal_and_repairable_links_are_followed(link, total):
    platform = Platform(link=link, total=total)
    result = pulled(platform)
    assert (result.ids, result.error, result.warnings) == (ALL, None, [])


def test_the_token_goes_to_no_other_host():
    with serving(Platform()) as stranger:
        platform = Platform(link=linked(f"{stranger.url}/ocpi/2.2.1/cdrs?offset=REACHED"))
        result = pulled(platform)
        away = Response(b"", 307, {"Location": f"{stranger.url}/ocpi/2.2.1/cdrs"})
        redirected = pulled(Platform(next=[away]))
    assert result.ids == ALL
    assert "the token is not sent there" in redirected.error.message
    assert stranger.requests == []


def test_dates_that_a_link_lost_are_added_again():
    platform = Platform(link=linked("?offset=REACHED&date_from=None"))
    result = pulled(platform, since="2026-01-01T00:00:00Z", until="2026-02-01T00:00:00Z")
    assert result.ids == ALL
    assert {(r.query["date_from"], r.query["date_to"]) for r in platform.pulls()} == {
        ("2025-12-31T23:59:59Z", "2026-02-01T00:00:00Z")
    }


def test_a_refused_link_is_tried_without_its_empty_parameters():
    def strict(request: Request) -> Response | None:
        return Response(b'{"detail": "bad date"}', 422) if request.query.get("date_from") == "None" else None

    platform = Platform(link=linked("?date_from=None&date_to=&offset=REACHED"), special={"cdrs": strict})
    result = pulled(platform)
    assert (result.ids, result.error, result.warnings) == (ALL, None, [])
    assert offsets(platform) == ["0", "3", "3", "6", "9"]


def test_a_link_without_a_total_that_fails_is_followed_by_offsets_until_an_empty_page():
    platform = Platform(link=linked("http://elsewhere.invalid/"), total=lambda n: None)
    result = pulled(platform)
    assert (result.ids, result.error) == (ALL, None)
    assert offsets(platform) == ["0", "3", "6", "9"]


# ---------------------------------------------------------------- limits, totals, empty and repeated pages


def test_a_refused_limit_is_halved_until_it_is_taken():
    platform = Platform(refuse_above=100)
    result = pulled(platform)
    assert (result.ids, result.error, result.warnings) == (ALL, None, [])
    assert [request.query["limit"] for request in platform.pulls()] == [
        "1000",
        "500",
        "250",
        "125",
        "62",
        "62",
        "62",
        "62",
    ]


def test_a_request_that_is_refused_at_any_limit_fails_with_the_first_answer():
    result = pulled(Platform(refuse_above=0, refusal=Response(envelope(None, 2001, "what?"), 400)))
    assert result.error.message.endswith('does not accept the request (HTTP 400): "what?"')


@pytest.mark.parametrize("total", ["0", "3", "-1", "x", "99999999999999999999", ""])
def test_a_wrong_total_does_not_stop_the_links(total):
    result = pulled(Platform(total=lambda n: total))
    assert result.ids == ALL
    assert result.error is None


def test_a_total_that_never_comes_is_incomplete():
    result = pulled(Platform(total=lambda n: "12"))
    assert result.ids == ALL
    assert isinstance(result.error, IncompleteError)
    assert result.error.message == (
        "cdrs: the platform announced 12 objects but returned 10; incomplete: 10 of 12 objects came"
    )


def test_with_dates_a_total_that_is_too_high_is_a_warning():
    result = pulled(Platform(total=lambda n: "12"), since="2026-01-01T00:00:00Z")
    assert (result.ids, result.error) == (ALL, None)
    assert result.warnings[-1].endswith("some platforms ignore the dates when they count")


def test_a_last_link_to_an_empty_page_is_the_end():
    platform = Platform(last_link='<?offset=10>; rel="next"', total=lambda n: None)
    platform.special["cdrs"] = lambda r: Response(envelope([])) if r.query["offset"] == "10" else None
    result = pulled(platform)
    assert (result.ids, result.error) == (ALL, None)


def test_links_to_empty_pages_without_end_are_the_end():
    platform = Platform(endless=True, total=lambda n: None)
    platform.link = lambda p, r, reached: f'<?offset={reached}&page={len(p.requests)}>; rel="next"'
    platform.last_link = None
    platform.special["cdrs"] = lambda r: None
    result = pulled(platform)
    assert (result.ids, result.error) == (ALL, None)
    assert len(platform.pulls()) == 8


@pytest.mark.parametrize("link", [None, lambda *_: None], ids=["links", "offsets"])
@pytest.mark.parametrize("endless", [True, False])
def test_a_page_repeated_for_ever_ends_the_pull(link, endless):
    platform = Platform(ignore_offset=True, link=link, endless=endless)
    result = pulled(platform)
    assert result.ids == ALL[:4]
    assert isinstance(result.error, IncompleteError)
    assert result.error.message.endswith(
        "the platform keeps sending the same page; incomplete: 4 of 10 objects came"
    )
    assert len(platform.pulls()) <= 4


EMPTY = {
    "[]": Response(envelope([])),
    "null": Response(envelope(None)),
    "{}": Response(envelope({})),
    "no data": Response(b'{"status_code": 1000, "timestamp": "2026-01-01T00:00:00Z"}'),
    "[] without an envelope": Response(b"[]"),
}


@pytest.mark.parametrize("response", EMPTY.values(), ids=EMPTY)
def test_an_empty_list_in_any_form(response):
    result = pulled(Platform(special={"cdrs": lambda _: response}))
    assert (result.ids, result.error, result.warnings) == ([], None, [])


def test_a_404_with_an_envelope_is_an_empty_list():
    result = pulled(Platform(special={"cdrs": lambda _: Response(envelope(None, 2003, "none"), 404)}))
    assert (result.ids, result.error) == ([], None)
    assert result.warnings == ["cdrs: the platform answers HTTP 404 without a list; treated as an empty list"]


def test_a_bare_array_is_a_page():
    result = pulled(Platform(special={"cdrs": lambda _: Response(b'\xef\xbb\xbf[{"id": "a"}]')}))
    assert (result.ids, result.error) == (["a"], None)


def test_each_page_is_asked_with_a_slash_once_the_platform_wanted_one():
    platform = Platform(slash=True, link=lambda *_: None)
    result = pulled(platform)
    assert (result.ids, result.error) == (ALL, None)
    assert [request.path[-1] for request in platform.pulls()] == ["s", "/", "/", "/", "/"]


# ---------------------------------------------------------------- failures


def test_transient_failures_are_retried():
    faults = [
        Response(b"", 500),
        Response(envelope(None, 3000)),
        None,
        Response(envelope([]), cut=9),
        Response(b"", 503),
    ]
    platform = Platform(next=[*faults, None])
    result = pulled(platform)
    assert (result.ids, result.error, result.warnings) == (ALL, None, [])
    assert result.waits == [1.0, 3.0, 1.0, 3.0]


def test_429_waits_as_long_as_the_platform_says():
    result = pulled(
        Platform(next=[None, *[Response(b"", 429, {"Retry-After": "5"})] * 2, None, Response(b"", 429)])
    )
    assert (result.ids, result.error, result.waits) == (ALL, None, [5.0, 5.0, 1.0])
    assert result.warnings == [
        f"cdrs: the platform received too many requests; waiting {seconds} s (fewer per minute: --rate N)"
        for seconds in (5, 1)
    ]


def test_retry_after_may_be_a_date():
    late = {"Date": "Sun, 01 Feb 2026 10:00:00 GMT", "Retry-After": "Sun, 01 Feb 2026 10:00:20 GMT"}
    result = pulled(Platform(next=[Response(b"", 503, late)]))
    assert result.waits == [20.0]


def test_a_wait_that_is_too_long_ends_the_pull():
    result = pulled(Platform(next=[Response(b"", 429, {"Retry-After": "3600"})]))
    assert result.error.message.endswith("received too many requests (HTTP 429)")
    assert result.waits == []


@pytest.mark.parametrize(
    ("response", "tries", "message"),
    [
        (Response(b"", 401), 1, "URL refuses the token (HTTP 401)"),
        (Response(b"", 403), 1, "URL refuses the token (HTTP 403)"),
        (Response(b"", 404), 2, "URL has nothing at this address (HTTP 404)"),
        (Response(b'{"detail": "Not Found"}', 404), 2, "URL has nothing at this address (HTTP 404)"),
        (Response(b"", 405), 1, "URL does not allow reading this address (HTTP 405)"),
        (Response(b"<html>", 500), 5, "URL fails (HTTP 500)"),
        (Response(envelope(None, 3001, "x"), 500), 5, 'URL fails (HTTP 500): "x"'),
        (Response(b"<html>"), 1, "URL answers with HTML"),
        (Response(b""), 1, "URL answers with nothing"),
        (Response(b"ok"), 1, "URL answers with something that is not JSON"),
        (Response(b'{"data": [{"id": "private'), 4, "URL answers with broken JSON"),
        (Response(envelope([], 3000, "")), 5, "HOST answers OCPI status 3000, server error"),
        (Response(envelope([], 3002, "")), 1, "HOST answers OCPI status 3002, unsupported version"),
        (Response(envelope([], 2004, "")), 1, "HOST answers OCPI status 2004, unknown token"),
        (
            Response(envelope([], 4001, "")),
            1,
            "HOST answers OCPI status 4001, the hub does not know the receiver",
        ),
        (Response(envelope([], 4002, "")), 5, "HOST answers OCPI status 4002, the hub's request timed out"),
        (Response(envelope([], 4003, "")), 4, "HOST answers OCPI status 4003, the hub cannot connect"),
        (
            Response(envelope([], 2901, "own")),
            1,
            'HOST answers OCPI status 2901, a platform-specific code: "own"',
        ),
        (Response(envelope([], 200, "")), 1, "HOST answers OCPI status 200, a platform-specific code"),
        (Response(envelope([]), cut=7), 4, "HOST closed the connection in the middle of a response"),
    ],
)
def test_a_first_page_that_fails_is_one_clear_line(response, tries, message):
    platform = Platform(special={"cdrs": lambda _: response})
    result = pulled(platform)
    expected = message.replace("URL", f"{platform.url}/ocpi/2.2.1/cdrs").replace("HOST", platform.url[7:])
    assert type(result.error).__mro__[1] is PlatformError
    assert result.error.message == f"cdrs: {expected}"
    assert len(platform.requests) == tries
    assert "private" not in str(result.error)


def test_a_refused_token_names_the_registration_token():
    result = pulled(Platform(special={"cdrs": lambda _: Response(b"", 401)}))
    assert "token A" in result.error.hint


@pytest.mark.parametrize("response", [Response(b"", 401), Response(b"", 500), Response(b"<html>")])
def test_an_interrupted_pull_says_how_much_was_received(response):
    platform = Platform(next=[None, *[response] * 9])
    result = pulled(platform)
    assert result.ids == ALL[:4]
    assert isinstance(result.error, IncompleteError)
    assert result.error.message.endswith("incomplete: 4 of 10 objects came")


def test_the_token_is_redacted_from_what_the_platform_says():
    message = f"no {TOKEN}, no {BASE64}"
    result = pulled(Platform(special={"cdrs": lambda _: Response(envelope(None, 2004, message))}))
    assert result.error.message.endswith('unknown token: "no [token], no [token]"')


def test_a_message_that_is_cut_holds_no_part_of_the_token():
    message = "x" * 190 + TOKEN + "y" * 50
    result = pulled(Platform(special={"cdrs": lambda _: Response(envelope(None, 2004, message))}))
    assert TOKEN[:5] not in result.error.message


def test_the_error_for_a_missing_module_lists_the_others():
    with serving(Platform()) as platform:
        result = Pulled(login_to(platform), "tariffs")
        tokens = Pulled(login_to(platform), "tokens")
    assert result.error.message == "tariffs: the platform test does not offer this module"
    assert result.error.hint == "with OCPI 2.2.1 it offers cdrs, locations, sessions"
    assert "eMSP" in tokens.error.hint


@pytest.mark.parametrize(
    "wrong",
    [Response(b"", 404), Response(b"", 405), Response(envelope(None, 2000), 404), Response(envelope([]))],
)
def test_the_endpoint_with_objects_is_used_if_none_has_a_role(wrong):
    with serving(Platform(special={"receiver": lambda _: wrong})) as platform:
        places = (f"{platform.url}/ocpi/receiver", f"{platform.url}/ocpi/2.1.1/cdrs?x=1")
        result = Pulled(login_to(platform, endpoints={"cdrs": places}))
    assert (result.ids, result.error, result.warnings) == (ALL, None, [])
    assert {request.query["x"] for request in platform.requests if request.path.endswith("cdrs")} == {"1"}


# ---------------------------------------------------------------- several requests at once

AT_ONCE_FAULTS = {
    "401": lambda _: Response(b"", 401),
    "403": lambda _: Response(b"<html>", 403),
    "2000": lambda _: Response(envelope(None, 2000)),
    "no objects": lambda _: Response(envelope([])),
    "the first page": lambda platform: Response(envelope(platform.objects[:4])),
}


@pytest.mark.parametrize("at_once", AT_ONCE_FAULTS.values(), ids=AT_ONCE_FAULTS)
def test_parallel_requests_stop_if_the_platform_fails_on_them(at_once):
    platform = Platform(objects=[{"id": f"S{n}"} for n in range(40)])
    under_way: list[Request] = []

    def answer(request: Request) -> Response | None:
        under_way.append(request)
        alone = len(under_way) == 1
        time.sleep(0.02)
        under_way.pop()
        return None if alone else at_once(platform)

    platform.special["cdrs"] = answer
    result = pulled(platform, parallel=4)
    assert sorted(result.ids) == sorted(f"S{n}" for n in range(40))
    assert result.error is None
    assert result.warnings == [
        "cdrs: the platform fails when asked for several pages at once; continuing one page at a time"
    ]


def test_requests_in_flight_when_the_rate_is_refused_cost_no_further_waits():
    platform = Platform(objects=[{"id": f"S{n}"} for n in range(60)])
    window: list[Request] = []
    waits: list[float] = []

    def limited(request: Request) -> Response | None:
        window.append(request)
        return Response(b"", 429, {"Retry-After": "50"}) if len(window) > 12 else None

    def pause(seconds: float) -> None:
        waits.append(seconds)
        time.sleep(0.1)  # for the requests in flight
        window.clear()

    platform.special["cdrs"] = limited
    with serving(platform), ocpi.HttpClient(bounds=BOUNDS) as connection:
        policy = ocpi.RetryPolicy(pause=pause, spread=0)
        pages = ocpi.pull(
            connection, login_to(platform), "cdrs", gate_of("cdrs"), retry_policy=policy, parallel=4
        )
        assert len(ids([opened for opened, _ in pages])) == 60
    assert waits == [50.0]


SLOW = Response(envelope([{"id": "S"}] * 20), slow=0.05)


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize("link", [None, lambda *_: None], ids=["links", "offsets"])
def test_after_a_slow_body_nothing_else_is_tried(link, parallel, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "BOUNDS", ocpi.Bounds(slow_after=0.3))
    platform = Platform(objects=[{"id": f"S{n}"} for n in range(40)], link=link)
    platform.special["cdrs"] = lambda request: SLOW if int(request.query["offset"]) >= 6 else None
    result = pulled(platform, parallel=parallel)
    assert result.error.message.endswith("less than 10 kB per second; incomplete: 7 of 40 objects came")
    assert len(platform.pulls()) <= 2 + parallel
    assert len(result.warnings) == (link is not None)


# ---------------------------------------------------------------- the time that all of it may take


def on_a_clock(login: Login) -> float:
    """Pull with a retry policy whose one wait leaves no time for anything else; return the seconds waited."""
    clock = [0.0]

    def pause(seconds: float) -> None:
        clock[0] += seconds

    retry_policy = ocpi.RetryPolicy(waits=(57.0,), in_all=60, spread=0, pause=pause, clock=lambda: clock[0])
    with ocpi.HttpClient(bounds=BOUNDS) as connection, pytest.raises((PlatformError, IncompleteError)):
        list(ocpi.pull(connection, login, "cdrs", gate_of("cdrs"), retry_policy=retry_policy, parallel=1))
    return clock[0]


def test_offsets_are_not_tried_where_the_link_took_all_the_time():
    platform = Platform(next=[None, *[Response(b"", 500)] * 9])
    with serving(platform):
        assert on_a_clock(login_to(platform)) == 57
    assert len(platform.pulls()) == 3


def test_smaller_pages_and_other_endpoints_are_not_tried_where_the_first_took_all_the_time():
    platform = Platform(next=[Response(b"", 500)] * 9)
    with serving(platform):
        endpoints = {"cdrs": (f"{platform.url}/ocpi/2.2.1/cdrs", f"{platform.url}/ocpi/2.1.1/cdrs")}
        assert on_a_clock(login_to(platform, endpoints=endpoints)) == 57
    assert len(platform.pulls()) == 2
