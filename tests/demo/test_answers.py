"""What the demo platform answers: discovery, lists by page and by date, refusals."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from urllib.parse import parse_qs, urlsplit

import pytest
from support.ocpi_client import Client, base64_of, next_target

from ocpiq import demo

# --- discovery


def test_versions_lead_to_details_and_details_to_every_module(client: Client) -> None:
    _, _, envelope = client.ask(urlsplit(client.platform.versions_url).path)
    assert [each["version"] for each in envelope["data"]] == ["2.1.1", "2.2.1"]
    for each in envelope["data"]:
        assert each["url"].startswith(client.platform.url)
        _, _, details = client.ask(urlsplit(each["url"]).path)
        assert details["data"]["version"] == each["version"]
        endpoints = details["data"]["endpoints"]
        assert [endpoint["identifier"] for endpoint in endpoints] == ["credentials", *demo.MODULES]
        assert {endpoint.get("role") for endpoint in endpoints} == {
            "SENDER" if each["version"] == "2.2.1" else None
        }
        for endpoint in endpoints:
            status, _, answer = client.ask(urlsplit(endpoint["url"]).path)
            assert (status, answer["status_code"]) == (200, 1000)


def test_credentials(client: Client) -> None:
    new, old = (client.ask(f"/ocpi/{version}/credentials")[2]["data"] for version in ("2.2.1", "2.1.1"))
    assert [(role["role"], role["country_code"], role["party_id"]) for role in new["roles"]] == [
        ("CPO", "NL", "DEM"),
        ("CPO", "GB", "DMK"),
        ("EMSP", "NL", "DEM"),
        ("EMSP", "BE", "DEB"),
        ("EMSP", "GB", "DEG"),
        ("HUB", "NL", "DMH"),
    ]
    assert (old["country_code"], old["party_id"]) == ("NL", "DEM")
    assert new["token"] == old["token"] == client.platform.token
    assert new["url"] == client.platform.versions_url


def test_every_answer_is_an_envelope(client: Client) -> None:
    for target in (
        "/ocpi/versions",
        "/ocpi/2.2.1/sessions?limit=1",
        "/ocpi/2.2.1/sessions?limit=0",
        "/nothing",
    ):
        _, headers, envelope = client.ask(target)
        assert headers["content-type"] == "application/json"
        assert isinstance(envelope["status_code"], int)
        assert envelope["timestamp"].endswith("Z")
        datetime.fromisoformat(envelope["timestamp"])


def test_addresses_are_those_that_the_client_uses(client: Client) -> None:
    port = urlsplit(client.platform.url).port
    _, headers, _ = client.ask("/ocpi/2.2.1/sessions", Host=f"localhost:{port}")
    assert headers["link"].startswith(f"<http://localhost:{port}/ocpi/2.2.1/sessions?")
    _, headers, _ = client.ask("/ocpi/2.2.1/sessions", Host='x">')
    assert headers["link"].startswith(f"<{client.platform.url}/")


@pytest.mark.parametrize("name", ["X-Request-ID", "X-Correlation-ID"])
def test_message_ids_are_echoed(client: Client, name: str) -> None:
    assert client.ask("/ocpi/versions", **{name: "4f1c"})[1][name.lower()] == "4f1c"
    assert name.lower() not in client.ask("/ocpi/versions")[1]


# --- paging


@pytest.mark.parametrize("module", demo.MODULES)
def test_the_pages_together_are_the_module(client: Client, module: str) -> None:
    assert client.all(f"/ocpi/2.2.1/{module}?limit=1000") == list(demo.objects(module))


@pytest.mark.parametrize("module", demo.MODULES)
def test_both_versions_are_paged_alike(client: Client, module: str) -> None:
    objects = demo.objects(module, "2.1.1")
    for _, _, envelope in islice(client.pages(f"/ocpi/2.1.1/{module}?limit=30"), 3):
        assert envelope["data"] == list(islice(objects, 30))


def test_pages_by_default(client: Client) -> None:
    replies = list(client.pages("/ocpi/2.2.1/tokens"))
    assert [len(envelope["data"]) for _, _, envelope in replies] == [100, 100, 100, 100, 20]
    assert {headers["x-total-count"] for _, headers, _ in replies} == {"420"}
    assert {headers["x-limit"] for _, headers, _ in replies} == {"1000"}
    assert ["link" in headers for _, headers, _ in replies] == [True] * 4 + [False]


@pytest.mark.parametrize(
    ("query", "count", "more"),
    [
        ("limit=7", 7, True),
        ("limit=420", 420, False),
        ("offset=400", 20, False),
        ("offset=420", 0, False),
        ("offset=5000&limit=5", 0, False),
        ("offset=319&limit=100", 100, True),
        ("offset=320&limit=100", 100, False),
    ],
)
def test_offset_and_limit(client: Client, query: str, count: int, more: bool) -> None:
    _, headers, envelope = client.ask(f"/ocpi/2.2.1/tokens?{query}")
    assert (len(envelope["data"]), "link" in headers, headers["x-total-count"]) == (count, more, "420")


def test_a_page_has_no_more_than_the_platform_allows(client: Client) -> None:
    _, headers, envelope = client.ask("/ocpi/2.2.1/sessions?limit=5000")
    assert len(envelope["data"]) == 1000
    assert parse_qs(headers["link"])["limit"] != ["5000"]


def test_limits_are_configurable() -> None:
    with demo.platform(limit=3, max_limit=4) as platform:
        client = Client(platform)
        assert len(client.ask("/ocpi/2.2.1/tariffs")[2]["data"]) == 3
        _, headers, envelope = client.ask("/ocpi/2.2.1/tariffs?limit=10")
        assert (len(envelope["data"]), headers["x-limit"]) == (4, "4")
        client.connection.close()


# --- date filters


def test_date_from_is_inclusive_and_date_to_exclusive(client: Client) -> None:
    every = list(demo.objects("cdrs"))
    begin, end = every[4000]["last_updated"], every[5000]["last_updated"]
    found = client.all(f"/ocpi/2.2.1/cdrs?date_from={begin}&date_to={end}&limit=300")
    assert found == [each for each in every if begin <= each["last_updated"] < end]
    assert found[0]["id"] == every[4000]["id"]
    _, headers, _ = client.ask(f"/ocpi/2.2.1/cdrs?date_from={begin}&date_to={end}")
    assert headers["x-total-count"] == str(len(found))


def test_the_link_repeats_the_filters(client: Client) -> None:
    _, headers, _ = client.ask(
        "/ocpi/2.2.1/cdrs?date_from=2026-01-01T00:00:00%2B01:00&date_to=2026-02-01%2000:00:00"
    )
    target = next_target(headers)
    assert target is not None
    assert parse_qs(urlsplit(target).query) == {
        "date_from": ["2026-01-01T00:00:00+01:00"],
        "date_to": ["2026-02-01 00:00:00"],
        "offset": ["100"],
        "limit": ["100"],
    }


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-01T00:00:00Z",
        "2026-03-01T00:00:00",
        "2026-03-01 00:00:00Z",
        "2026-03-01T00:00:00.000Z",
        "2026-03-01T01:00:00%2B01:00",
        "2026-02-28T23:59:59.5Z",
    ],
)
def test_forms_of_a_date(client: Client, moment: str) -> None:
    expected = sum(each["last_updated"] >= "2026-03-01" for each in demo.objects("tokens"))
    assert 0 < expected < 420
    _, headers, _ = client.ask(f"/ocpi/2.2.1/tokens?limit=1&date_from={moment.replace(' ', '%20')}")
    assert headers["x-total-count"] == str(expected)


# --- refusals


@pytest.mark.parametrize(
    "query",
    [
        "date_from=yesterday",
        "date_from=",
        "date_from=None",
        "date_to=2026-02-30T00:00:00Z",
        "date_to=2026-02-01",
        "date_from=2026-01-01T00:00:00+01:00",
        "offset=-1",
        "offset=1.5",
        "limit=0",
        "limit=all",
        "limit=99999999999999999999",
    ],
)
@pytest.mark.parametrize("version", ["2.1.1", "2.2.1"])
def test_invalid_parameters(client: Client, query: str, version: str) -> None:
    status, _, envelope = client.ask(f"/ocpi/{version}/sessions?{query}")
    assert (status, envelope["status_code"]) == (200, 2001)
    assert "data" not in envelope


@pytest.mark.parametrize(
    "path", ["/", "/ocpi", "/ocpi/2.2.1/chargers", "/ocpi/3.0", "/ocpi/2.2.1/sessions/S0000001"]
)
def test_unknown_addresses(client: Client, path: str) -> None:
    status, _, envelope = client.ask(path)
    assert (status, envelope["status_code"]) == (404, 2000)


RAW, ENCODED = f"Token {demo.TOKEN}", f"Token {base64_of(demo.TOKEN)}"


@pytest.mark.parametrize(
    ("path", "authorization", "expected"),
    [
        ("/ocpi/versions", ENCODED, 200),
        ("/ocpi/versions", RAW, 200),
        ("/ocpi/2.2.1", ENCODED, 200),
        ("/ocpi/2.2.1", f"Token {base64_of(demo.TOKEN + chr(10))}", 200),
        ("/ocpi/2.2.1", f"token {base64_of(demo.TOKEN)}", 200),
        ("/ocpi/2.2.1", RAW, 401),
        ("/ocpi/2.2.1/sessions", RAW, 401),
        ("/ocpi/2.1.1", RAW, 200),
        ("/ocpi/2.1.1/sessions", ENCODED, 200),
        ("/ocpi/2.1.1", "", 401),
        ("/ocpi/2.1.1", "Token ", 401),
        ("/ocpi/2.1.1", "Token wrong", 401),
        ("/ocpi/2.1.1", f"Bearer {demo.TOKEN}", 401),
        ("/ocpi/2.1.1", "Token \xe9\xe9", 401),
        ("/nowhere", "", 401),
    ],
)
def test_the_token(client: Client, path: str, authorization: str, expected: int) -> None:
    status, _, envelope = client.ask(path, Authorization=authorization)
    assert status == expected
    assert envelope["status_code"] == (1000 if expected == 200 else 2000)


# --- a hub with two CPOs


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [
        pytest.param((), {"NL", "GB"}, id="nobody in particular"),
        pytest.param(("NL", "DMH"), {"NL", "GB"}, id="the hub"),
        pytest.param(("NL", "DEM"), {"NL"}, id="one CPO"),
        pytest.param(("gb", "dmk"), {"GB"}, id="the other"),
        pytest.param(("BE", "DEB"), set(), id="a provider"),
    ],
)
def test_the_receiver_decides_whose_objects_are_listed(
    client: Client, receiver: tuple[str, ...], expected: set[str]
) -> None:
    named = dict(zip(("OCPI-to-country-code", "OCPI-to-party-id"), receiver, strict=False))
    status, headers, envelope = client.ask("/ocpi/2.2.1/locations?limit=1000", **named)
    assert (status, envelope["status_code"]) == (200, 1000)
    assert {place["country_code"] for place in envelope["data"]} == expected
    assert headers["x-total-count"] == str(len(envelope["data"]))


def test_a_party_that_the_hub_does_not_have(client: Client) -> None:
    to = {"OCPI-to-country-code": "FR", "OCPI-to-party-id": "XXX"}
    assert client.ask("/ocpi/2.2.1/cdrs", **to)[2]["status_code"] == 4001
    assert client.ask("/ocpi/2.1.1/cdrs", **to)[2]["status_code"] == 1000
