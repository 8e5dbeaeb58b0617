"""Login: which URL, form of the token, version and endpoints, and what is said when it fails."""

from __future__ import annotations

import json

import pytest
from support.platforms import BASE64, TOKEN, Platform, Response, envelope, serving

from ocpiq import ocpi
from ocpiq.errors import Message, PlatformError, UsageError, WarningIssued
from ocpiq.storage import Party, PlatformParty

OWN = Party("NL", "GOV")
WRONG = {
    "401": Response(b"", 401),
    "403": Response(envelope(None, 2004, "no"), 403),
    "400": Response(envelope(None, 2001, "Invalid base64 token"), 400),
    "500 as text": Response(b"Internal Server Error", 500, {"Content-Type": "text/plain"}),
    "200 and 3000": Response(envelope([], 3000, "error")),
}


@pytest.fixture
def waits():
    return []


@pytest.fixture
def retry_policy(waits):
    return ocpi.RetryPolicy(pause=waits.append, spread=0)


def test_the_highest_common_version_and_its_sender_endpoints():
    with serving(
        Platform(offered=("2.0", "2.1.1", "2.2.1-d2", "2.2.1", "3.0"), roles=("RECEIVER", "sender"))
    ) as platform:
        login = ocpi.login(f"  {platform.versions_url} ", TOKEN, OWN)
    assert login.version == "2.2.1"
    assert login.endpoints == {
        module: (f"{platform.url}/ocpi/2.2.1/{module}",) for module in ("sessions", "cdrs", "locations")
    }
    assert (login.url, login.name, login.own) == (platform.versions_url, "127.0.0.1", OWN)
    assert (login.token.value, login.token.form) == (TOKEN, "base64")


@pytest.mark.parametrize("written", ["v2.2.1", "2.2.1-d2", " 2.2.1 ", 2.2])
@pytest.mark.parametrize("role", ["Sender", "BOTH", "CPO", None])
def test_versions_and_roles_as_platforms_write_them(written, role):
    version = "2.2" if written == 2.2 else "2.2.1"
    offers = [{"version": written, "url": version}, {"version": "3.0", "url": "new"}]
    platform = Platform(
        offered=(version,), roles=(role,), special={"versions": lambda _: Response(envelope(offers))}
    )
    with serving(platform):
        login = ocpi.login(platform.versions_url, TOKEN, OWN)
    assert login.version == version
    assert login.endpoints["cdrs"] == (f"{platform.url}/ocpi/{version}/cdrs",)


def test_an_address_that_is_refused_is_not_taken_for_a_refused_token():
    with serving(Platform()) as platform, pytest.raises(PlatformError) as raised:
        ocpi.login(f"{platform.url}/ocpi/version", TOKEN, OWN)
    assert raised.value.message.endswith("/ocpi/version has nothing at this address (HTTP 404)")


def test_a_version_can_be_asked_for_and_the_details_url_be_given():
    with serving(Platform(token_forms=("base64", "raw"))) as platform:
        older = ocpi.login(platform.versions_url, TOKEN, OWN, version="2.1.1", name="old")
        direct = ocpi.login(f"{platform.url}/ocpi/2.1.1", TOKEN, OWN)
    assert (older.version, older.name, older.token.form) == ("2.1.1", "old", "raw")
    assert direct.version == "2.1.1"
    assert direct.endpoints == older.endpoints


@pytest.mark.parametrize("form", ["base64", "raw"])
@pytest.mark.parametrize("version", ["2.1.1", "2.2.1"])
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_the_form_of_the_token_that_works_is_found_and_kept(form, version, wrong, retry_policy, waits):
    with serving(Platform(offered=(version,), token_forms=(form,), wrong_token=wrong)) as platform:
        login = ocpi.login(platform.versions_url, TOKEN, OWN, retry_policy=retry_policy)
    assert login.token.form == form
    assert waits == []


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1"])
def test_the_form_is_found_where_the_versions_are_open_to_all(version):
    with serving(
        Platform(offered=(version,), token_forms=("raw",), open_versions=True, credentials={})
    ) as platform:
        login = ocpi.login(platform.versions_url, TOKEN, OWN)
    assert login.token.form == "raw"


@pytest.mark.parametrize(
    "given", [TOKEN, f" {TOKEN}\n", f"Token {TOKEN}", f"Authorization: Token {TOKEN}", f"token  {TOKEN}"]
)
def test_a_token_may_come_as_it_was_copied(given):
    with serving(Platform()) as platform:
        assert ocpi.login(platform.versions_url, given).token.value == TOKEN


def test_a_token_may_come_in_base64_already():
    with serving(Platform()) as platform:
        login = ocpi.login(platform.versions_url, BASE64)
    assert (login.token.value, login.token.form) == (BASE64, "raw")


def test_a_token_that_is_not_ascii_can_only_be_sent_in_base64(retry_policy):
    with serving(Platform()) as platform, pytest.raises(PlatformError):
        ocpi.login(platform.versions_url, "tökén", retry_policy=retry_policy)
    assert len(platform.requests) == 1


def test_every_endpoint_is_kept_where_there_are_no_roles():
    details = envelope(
        {
            "version": "2.1.1",
            "endpoints": [
                {"identifier": "sessions", "url": "/cpo/sessions"},
                {"identifier": "Sessions", "url": "/emsp/sessions"},
                {"identifier": "commands", "url": "/cpo/commands"},
            ],
        }
    )
    with serving(Platform(offered=("2.1.1",), special={"2.1.1": lambda _: Response(details)})) as platform:
        login = ocpi.login(platform.versions_url, TOKEN)
    assert login.endpoints == {"sessions": (f"{platform.url}/cpo/sessions", f"{platform.url}/emsp/sessions")}


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("CDRs", {"cdrs": "x"}),
        (
            "payments",
            {
                "terminals": "x/terminals",
                "financial_advice_confirmations": "x/financial-advice-confirmations",
            },
        ),
        ("Booking", {"bookings": "x", "booking_locations": "x/booking_locations"}),
        ("bookings", {"bookings": "x", "booking_locations": "x/booking_locations"}),
        ("terminals", {"terminals": "x"}),
    ],
)
def test_identifiers_become_the_modules_of_queries(identifier, expected):
    data = {"version": "2.3.0", "endpoints": [{"identifier": identifier, "role": "SENDER", "url": "x"}]}
    with serving(
        Platform(offered=("2.3.0",), special={"2.3.0": lambda _: Response(envelope(data))})
    ) as platform:
        login = ocpi.login(platform.versions_url, TOKEN)
    assert login.endpoints == {
        module: (f"{platform.url}/ocpi/{place}",) for module, place in expected.items()
    }


@pytest.mark.parametrize(
    "data",
    [
        [{"version": "2.2.1", "endpoints": [{"identifier": "cdrs", "role": "SENDER", "url": "/cdrs"}]}],
        [{"identifier": "cdrs", "role": "SENDER", "url": "/cdrs"}],
        {"endpoints": [{"identifier": "cdrs", "url": "/cdrs"}, {"identifier": 7}, "x", None]},
        {
            "version": "2.2.1",
            "endpoints": [
                {"identifier": "cdrs", "url": "/other"},
                {"identifier": "cdrs", "role": "SENDER", "url": "/cdrs"},
            ],
        },
    ],
    ids=["details in a list", "endpoints alone", "no version, no roles, rubbish", "a role decides"],
)
def test_odd_version_details_are_understood(data):
    with serving(Platform(special={"2.2.1": lambda _: Response(envelope(data))})) as platform:
        login = ocpi.login(platform.versions_url, TOKEN)
    assert [url.rsplit("/", 1)[1] for url in login.endpoints["cdrs"]] == ["cdrs"]


CPO = {"role": "CPO", "country_code": "NL", "party_id": "ABC"}


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (None, []),
        ({"country_code": "nl", "party_id": "ABC"}, [("NL-ABC", "")]),
        (
            {
                "roles": [{"role": "CPO", "country_code": "NL", "party_id": "ABC"}, {"role": "CPO"}],
                "hub_party_id": "BEHUB",
            },
            [("NL-ABC", "CPO"), ("BE-HUB", "HUB")],
        ),
        ({"roles": [{"role": "EMSP", "country_code": "NL", "party_id": "GOV"}]}, []),
        ({"roles": None}, []),
        ([], []),
        ({"credentials": {"token": "x", "roles": [CPO]}}, [("NL-ABC", "CPO")]),
        ({"links": 1, "result": {"credentials": {"roles": [CPO]}}}, [("NL-ABC", "CPO")]),
        ([{"token": "x", "country_code": "NL", "party_id": "ABC"}], [("NL-ABC", "")]),
        ({"ours": {"roles": [CPO]}, "yours": {"roles": [CPO]}}, []),
        ({"a": {"b": {"c": {"roles": [CPO]}}}}, []),
    ],
    ids=[
        "none",
        "2.1.1",
        "2.2 and a hub",
        "our own",
        "null",
        "no object",
        "in an object",
        "in two objects",
        "in a list",
        "two of them",
        "too deep",
    ],
)
def test_the_platforms_parties_come_from_its_credentials(credentials, expected):
    with serving(Platform(credentials=credentials)) as platform:
        login = ocpi.login(platform.versions_url, TOKEN, OWN)
    assert [(str(entry.party), entry.role) for entry in login.parties] == expected
    assert all(isinstance(entry, PlatformParty) for entry in login.parties)


def answering(**specials: object) -> Platform:
    """Return a platform of two versions whose URLs answer with these bodies or responses."""
    special = {
        name.replace("v_", "").replace("_", "."): (lambda _, r=value: r) for name, value in specials.items()
    }
    return Platform(special=special)  # type: ignore[arg-type]


BROKEN_DETAILS = {
    "HTTP 500": (Response(b"boom", 500), "HTTP 500"),
    "HTTP 404": (Response(b"", 404), "HTTP 404"),
    "the token refused": (Response(b"", 401), "HTTP 401"),
    "OCPI status 3000": (Response(envelope(None, 3000)), "OCPI status 3000"),
    "HTML": (Response(b"<html>"), "no OCPI answer"),
    "other JSON": (Response(envelope({"hello": "world"})), "no OCPI answer"),
    "cut short": (Response(envelope({}), cut=5), "no answer"),
}


@pytest.mark.parametrize(("broken", "reason"), BROKEN_DETAILS.values(), ids=BROKEN_DETAILS)
def test_the_next_version_is_used_if_the_details_of_the_newest_fail(broken, reason, retry_policy):
    notices = []
    with serving(answering(v_2_2_1=broken)) as platform:
        login = ocpi.login(platform.versions_url, TOKEN, retry_policy=retry_policy, notify=notices.append)
    assert login.version == "2.1.1"
    assert login.endpoints["cdrs"] == (f"{platform.url}/ocpi/2.1.1/cdrs",)
    assert [notice for notice in notices if isinstance(notice, WarningIssued)] == [
        WarningIssued(Message(f"OCPI 2.2.1 cannot be used (its details: {reason}); using OCPI 2.1.1"))
    ]


NOTHING_TO_PULL = {
    "no endpoint": [],
    "receivers only": [{"identifier": "cdrs", "role": "RECEIVER", "url": "/cdrs"}],
    "credentials only": [{"identifier": "credentials", "role": "SENDER", "url": "/credentials"}],
    "a module of its own": [{"identifier": "tellme", "role": "SENDER", "url": "/tellme"}],
}


@pytest.mark.parametrize("endpoints", NOTHING_TO_PULL.values(), ids=NOTHING_TO_PULL)
def test_the_next_version_is_used_if_the_newest_has_nothing_to_pull(endpoints):
    notices = []
    details = Response(envelope({"version": "2.2.1", "endpoints": endpoints}))
    with serving(answering(v_2_2_1=details)) as platform:
        login = ocpi.login(platform.versions_url, TOKEN, notify=notices.append)
        wanted = ocpi.login(platform.versions_url, TOKEN, version="2.2.1")
    assert (login.version, wanted.version) == ("2.1.1", "2.2.1")
    assert WarningIssued(Message("OCPI 2.2.1 has no module to pull; using OCPI 2.1.1")) in notices


def test_a_version_that_was_asked_for_is_not_replaced(retry_policy):
    with (
        serving(answering(v_2_2_1=Response(b"", 404))) as platform,
        pytest.raises(PlatformError, match="HTTP 404"),
    ):
        ocpi.login(platform.versions_url, TOKEN, version="2.2.1", retry_policy=retry_policy)
    assert not any(request.path.endswith("2.1.1") for request in platform.requests)


def test_if_no_version_can_be_used_the_error_is_that_of_the_newest(retry_policy):
    broken = {"v_2_2_1": Response(b"", 404), "v_2_1_1": Response(b"<html>")}
    with serving(answering(**broken)) as platform, pytest.raises(PlatformError, match=r"2\.2\.1 .*HTTP 404"):
        ocpi.login(platform.versions_url, TOKEN, retry_policy=retry_policy)


def test_a_version_elsewhere_is_not_replaced_without_consent():
    with serving(Platform()) as stranger:
        entries = [
            {"version": "2.2.1", "url": f"{stranger.url}/ocpi/2.2.1"},
            {"version": "2.1.1", "url": "2.1.1"},
        ]
        with (
            serving(answering(versions=Response(envelope(entries)))) as platform,
            pytest.raises(PlatformError, match="without your consent"),
        ):
            ocpi.login(platform.versions_url, TOKEN)


def test_a_version_without_a_url_is_skipped():
    entries = [{"version": "2.2.1", "url": "ftp://x"}, {"version": "2.1.1", "url": "2.1.1"}]
    with serving(answering(versions=Response(envelope(entries)))) as platform:
        assert ocpi.login(platform.versions_url, TOKEN).version == "2.1.1"


VERSIONS = [{"version": "2.2.1", "url": "2.2.1"}]
CDRS = {"version": "2.2.1", "endpoints": [{"identifier": "cdrs", "role": "SENDER", "url": "/cdrs"}]}
WRAPPED = {
    "versions in data": ({"data": {"versions": VERSIONS}, "status_code": 1000}, CDRS),
    "under any name, with other members": (
        {"data": {"count": 1, "items": VERSIONS}, "status_code": 1000},
        CDRS,
    ),
    "beside the status": ({"versions": VERSIONS, "status_code": 1000}, CDRS),
    "without an envelope": ({"versions": VERSIONS}, CDRS),
    "twice": ({"result": {"versions": VERSIONS, "count": 1}}, CDRS),
    "one version": ({"data": VERSIONS[0], "status_code": 1000}, CDRS),
    "details in an object": ({"data": VERSIONS}, {"version_details": CDRS}),
}


@pytest.mark.parametrize(("versions", "details"), WRAPPED.values(), ids=WRAPPED)
def test_a_wrapped_list_of_versions_is_unwrapped(versions, details):
    bodies = {"versions": json.dumps(versions).encode(), "v_2_2_1": envelope(details)}
    with serving(answering(**{name: Response(body) for name, body in bodies.items()})) as platform:
        login = ocpi.login(platform.versions_url, TOKEN)
    assert (login.version, login.endpoints) == ("2.2.1", {"cdrs": (f"{platform.url}/cdrs",)})


def test_two_lists_are_no_versions():
    two = Response(envelope({"versions": VERSIONS, "others": []}))
    with (
        serving(answering(versions=two)) as platform,
        pytest.raises(PlatformError, match="OCPI versions"),
    ):
        ocpi.login(platform.versions_url, TOKEN)


def test_request_ids_differ_and_the_correlation_id_does_not():
    with serving(Platform(credentials={})) as platform:
        ocpi.login(platform.versions_url, TOKEN, OWN)
    ids = [request.headers["x-request-id"] for request in platform.requests]
    assert len(set(ids)) == len(ids) == 3
    assert len({request.headers["x-correlation-id"] for request in platform.requests}) == 1
    assert "X-Request-ID" in platform.requests[0].names
    assert not any(name.startswith("ocpi-") for request in platform.requests for name in request.headers)


def test_transient_failures_are_retried(retry_policy, waits):
    answers = [Response(b"", 500), Response(b"", 500), None]
    with serving(Platform(special={"versions": lambda _: answers.pop(0) if answers else None})) as platform:
        assert ocpi.login(platform.versions_url, TOKEN, retry_policy=retry_policy).version == "2.2.1"
    assert waits == [1.0]


def test_429_at_login_waits_as_long_as_the_platform_says(retry_policy, waits):
    answers = [Response(b"", 429, {"Retry-After": "7"}), None]
    said = []
    with serving(Platform(special={"versions": lambda _: answers.pop(0) if answers else None})) as platform:
        ocpi.login(platform.versions_url, TOKEN, retry_policy=retry_policy, notify=said.append)
    said = [notice for notice in said if isinstance(notice, WarningIssued)]
    assert waits == [7.0]
    assert [request.token for request in platform.requests[:2]] == [f"Token {BASE64}"] * 2
    assert said == [
        WarningIssued(
            Message(
                f"{platform.url[7:]} received too many requests; waiting 7 s (fewer per minute: --rate N)"
            )
        )
    ]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_on_the_same_host_is_followed_with_the_token(status):
    def slash(request):
        return None if request.path.endswith("/") else Response(b"", status, {"Location": f"{request.path}/"})

    with serving(Platform(special={"versions": slash, "2.2.1": slash})) as platform:
        assert ocpi.login(platform.versions_url, TOKEN).version == "2.2.1"


def test_a_redirect_to_another_host_gets_no_token():
    with serving(Platform()) as stranger:
        away = Response(b"", 302, {"Location": stranger.versions_url})
        with (
            serving(Platform(special={"versions": lambda _: away})) as platform,
            pytest.raises(PlatformError) as caught,
        ):
            ocpi.login(platform.versions_url, TOKEN)
    assert stranger.requests == []
    assert f"redirects to {stranger.url[7:]} (HTTP 302)" in caught.value.message


def test_a_redirect_in_a_circle_ends():
    def to_itself(request):
        return Response(b"", 302, {"Location": request.path})

    with (
        serving(Platform(special={"versions": to_itself})) as platform,
        pytest.raises(PlatformError, match="too many times"),
    ):
        ocpi.login(platform.versions_url, TOKEN)


ELSEWHERE = envelope(
    {
        "version": "2.2.1",
        "endpoints": [{"identifier": "cdrs", "role": "SENDER", "url": "https://data.example/cdrs"}],
    }
)


def test_the_token_goes_to_another_origin_only_with_consent():
    asked: list[str] = []
    with serving(Platform(special={"2.2.1": lambda _: Response(ELSEWHERE)})) as platform:
        with pytest.raises(PlatformError, match="without your consent") as caught:
            ocpi.login(platform.versions_url, TOKEN)
        agreed = ocpi.login(platform.versions_url, TOKEN, agree=lambda there: not asked.append(there))
    assert caught.value.hint == "if that is correct: --allow-origin https://data.example"
    assert asked == ["https://data.example"]
    assert agreed.endpoints == {"cdrs": ("https://data.example/cdrs",)}


def test_version_details_elsewhere_are_not_asked_without_consent():
    with serving(Platform()) as stranger:
        offers = envelope([{"version": "2.2.1", "url": f"{stranger.url}/ocpi/2.2.1"}])
        with serving(Platform(special={"versions": lambda _: Response(offers)})) as platform:
            with pytest.raises(PlatformError, match="without your consent"):
                ocpi.login(platform.versions_url, TOKEN)
            assert stranger.requests == []
            login = ocpi.login(platform.versions_url, TOKEN, agree=lambda there: there == stranger.url)
    assert login.endpoints["cdrs"] == (f"{stranger.url}/ocpi/2.2.1/cdrs",)


@pytest.mark.parametrize(
    ("place", "module", "version"),
    [
        ("ocpi/2.2.1/cdrs", "cdrs", "2.2.1"),
        ("open/2.1.1/CDRS/", "cdrs", "2.1.1"),
        ("feed/cdrs", "cdrs", "2.2.1"),
    ],
)
def test_the_url_of_one_module_is_enough(place, module, version):
    with serving(Platform(special={"CDRS": lambda _: Response(envelope([]))})) as platform:
        login = ocpi.login(f"{platform.url}/{place}", TOKEN)
    assert login.endpoints == {module: (f"{platform.url}/{place}",)}
    assert (login.version, login.parties) == (version, ())
    assert [request.query for request in platform.requests] == [{"offset": "0", "limit": "1"}]


def test_an_open_feed_is_asked_without_a_token():
    with serving(Platform(special={"cdrs": lambda _: Response(b'[{"id": "a"}]')})) as platform:
        login = ocpi.login(f"{platform.url}/cdrs", "")
    assert (login.token.value, platform.requests[0].token) == ("", None)


def test_the_url_of_a_module_that_answers_with_something_else():
    with (
        serving(Platform(special={"cdrs": lambda _: Response(b"<html>")})) as platform,
        pytest.raises(PlatformError, match="answers with HTML"),
    ):
        ocpi.login(f"{platform.url}/cdrs", TOKEN)


HTML = Response(b"<!doctype html><title>Welcome</title>", 200, {"Content-Type": "text/html"})
FAILURES = {
    "401": (Response(b"", 401), "versions: URL refuses the token (HTTP 401)", "check the token"),
    "403": (Response(b"<html>", 403), "versions: URL refuses the token (HTTP 403)", "check the token"),
    "404": (
        Response(b"", 404),
        "versions: URL has nothing at this address (HTTP 404)",
        "use the versions or version-details URL of the platform",
    ),
    "405": (
        Response(b"", 405),
        "versions: URL does not allow reading this address (HTTP 405)",
        "use the versions or version-details URL of the platform",
    ),
    "500": (
        Response(b"oops", 500),
        "versions: URL fails (HTTP 500)",
        "try again later; if it lasts, tell the platform",
    ),
    "429": (Response(b"", 429), "versions: URL received too many requests (HTTP 429)", "wait and try again"),
    "418": (
        Response(b"", 418),
        "versions: URL answers with an unexpected status (HTTP 418)",
        "--verbose shows the request; ask the platform what is wrong with it",
    ),
    "HTML": (
        HTML,
        "versions: URL answers with HTML",
        "use the versions or version-details URL of the platform",
    ),
    "text": (
        Response(b"hello"),
        "versions: URL answers with something that is not JSON",
        "use the versions or version-details URL of the platform",
    ),
    "nothing": (
        Response(b""),
        "versions: URL answers with nothing",
        "use the versions or version-details URL of the platform",
    ),
    "broken": (
        Response(b'{"data": ['),
        "versions: URL answers with broken JSON",
        "use the versions or version-details URL of the platform",
    ),
    "2001": (
        Response(envelope(None, 2001, "date\x1b[31m missing\nsee log")),
        'versions: HOST answers OCPI status 2001, invalid or missing parameters: "date [31m missing see log"',
        "",
    ),
    "3000 as text": (
        Response(envelope([], "3000", "x" * 300)),  # type: ignore[arg-type]
        f'versions: HOST answers OCPI status 3000, server error: "{"x" * 199}…"',
        "",
    ),
    "no OCPI": (
        Response(b'{"hello": "world"}'),
        "URL does not answer with OCPI versions",
        "the versions or version-details URL, as provided by the platform",
    ),
    "a list of others": (
        Response(b"[1, 2]"),
        "URL does not answer with OCPI versions",
        "the versions or version-details URL, as provided by the platform",
    ),
    "no common version": (
        Response(envelope([{"version": "2.0", "url": "x"}, {"version": "3.0", "url": "y"}])),
        "no version in common with the platform",
        "it has 2.0, 3.0; ocpiq knows 2.1.1, 2.2, 2.2.1, 2.3.0",
    ),
    "the token in a message": (
        Response(envelope(None, 2004, f"unknown {TOKEN} and {BASE64} and {BASE64[:9]}")),
        'versions: HOST answers OCPI status 2004, unknown token: "unknown [token] and [token] and [token]"',
        "log in again: the token may have been renewed, or be one for registration (token A)",
    ),
}


@pytest.mark.parametrize(("response", "message", "hint"), FAILURES.values(), ids=FAILURES)
def test_every_failure_is_one_clear_line(response, message, hint, retry_policy):
    with (
        serving(Platform(special={"versions": lambda _: response})) as platform,
        pytest.raises(PlatformError) as caught,
    ):
        ocpi.login(platform.versions_url, TOKEN, retry_policy=retry_policy)
    expected = message.replace("URL", platform.versions_url).replace("HOST", platform.url[7:])
    assert (caught.value.message, caught.value.hint) == (expected, hint)
    assert caught.value.exit_code == 6


def test_a_cut_body_is_tried_again_and_named(retry_policy, waits):
    cut = Response(envelope([]), cut=5)
    with (
        serving(Platform(special={"versions": lambda _: cut})) as platform,
        pytest.raises(PlatformError) as caught,
    ):
        ocpi.login(platform.versions_url, TOKEN, retry_policy=retry_policy)
    assert (
        caught.value.message
        == f"versions: {platform.url[7:]} closed the connection in the middle of a response"
    )
    assert len(waits) == 3


def test_a_version_that_is_not_offered_or_not_known():
    with serving(Platform()) as platform:
        with pytest.raises(PlatformError, match=r"does not offer OCPI 2\.3\.0"):
            ocpi.login(platform.versions_url, TOKEN, version="2.3.0")
        with pytest.raises(PlatformError, match=r"OCPI 9 is unknown"):
            ocpi.login(platform.versions_url, TOKEN, version="9")
        with pytest.raises(PlatformError, match=r"does not offer OCPI 2\.2\.1"):
            ocpi.login(f"{platform.url}/ocpi/2.1.1", TOKEN, version="2.2.1")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cpo.example/versions",
        "ftp://cpo.example",
        "https://",
        "http://[::1",
        "https://x:99999/",
        "https://u:p@x/",
    ],
)
def test_an_invalid_url_is_refused_before_anything_is_sent(url):
    with pytest.raises(UsageError) as caught:
        ocpi.login(url, TOKEN)
    assert caught.value.exit_code == 2


def test_an_invalid_name_is_refused_before_anything_is_sent():
    with serving(Platform()) as platform, pytest.raises(UsageError):
        ocpi.login(platform.versions_url, TOKEN, name="a/b")
    assert platform.requests == []


@pytest.mark.parametrize("token", ["  ", "Token ", "a\nb", "a\x00b"])
def test_an_invalid_token_is_refused(token):
    with pytest.raises(UsageError):
        ocpi.login("http://127.0.0.1:1/", token)
