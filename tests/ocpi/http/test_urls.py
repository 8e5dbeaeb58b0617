"""URLs: where a link or redirect may lead, what of a URL is shown, how its query changes."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpiq.ocpi.http import urls

HTTPS = "https://cpo.example/ocpi/2.2.1/cdrs?offset=0"
PORT = "https://cpo.example:8443/ocpi/cdrs"
PLAIN = "http://cpo.example:8080/ocpi/cdrs"

RESOLVED = {
    "a path": ("/next", HTTPS, "https://cpo.example/next"),
    "a query": ("?offset=5", HTTPS, "https://cpo.example/ocpi/2.2.1/cdrs?offset=5"),
    "the same": (HTTPS, HTTPS, HTTPS),
    "http behind a proxy": ("http://cpo.example/x", HTTPS, "https://cpo.example/x"),
    "http and an inner port": ("http://cpo.example:3000/x", PORT, "https://cpo.example:8443/x"),
    "https on a plain server": ("https://cpo.example/x", PLAIN, "http://cpo.example:8080/x"),
    "loopback": ("http://localhost:3000/x?y", PORT, "https://cpo.example:8443/x?y"),
    "another host": ("https://other.example/x", HTTPS, "https://other.example/x"),
    "another host without TLS": ("http://other.example:80/x", HTTPS, "https://other.example/x"),
    "a user name": ("https://u:p@cpo.example/x", HTTPS, "https://cpo.example/x"),
    "a fragment": ("/x#y", HTTPS, "https://cpo.example/x"),
    "an IPv6 host": ("http://[::2]:1/x", "http://[::2]:1/", "http://[::2]:1/x"),
    "another scheme": ("ftp://cpo.example/x", HTTPS, None),
    "no URL": ("http://[::1", HTTPS, None),
    "a bad port": ("https://cpo.example:99999/", HTTPS, None),
}


@pytest.mark.parametrize(("link", "base", "expected"), RESOLVED.values(), ids=RESOLVED)
def test_a_platforms_url_is_resolved(link, base, expected):
    assert urls.resolve(link, base) == expected


REDIRECTS = {
    "a slash": (f"{PLAIN}/", PLAIN, f"{PLAIN}/"),
    "to https": ("https://cpo.example/x", PLAIN, "https://cpo.example/x"),
    "never from https": ("http://cpo.example/x", HTTPS, "https://cpo.example/x"),
    "another host": ("https://other.example/", HTTPS, None),
    "another port": ("https://cpo.example:8443/", HTTPS, None),
    "to https, its port written": ("https://cpo.example:443/x", PLAIN, "https://cpo.example:443/x"),
    "to https at the same port": ("https://cpo.example:8080/x", PLAIN, "https://cpo.example:8080/x"),
    "to https at another port": ("https://cpo.example:8443/x", PLAIN, None),
    "to https at the port of http": ("https://cpo.example:80/x", PLAIN, None),
    "from the port of http": ("https://cpo.example:80/x", "http://cpo.example/", "https://cpo.example:80/x"),
    "no URL": ("http://[", HTTPS, None),
}


@pytest.mark.parametrize(("location", "base", "expected"), REDIRECTS.values(), ids=REDIRECTS)
def test_redirects_that_may_receive_the_token(location, base, expected):
    assert urls.redirect_target(location, base) == expected


@settings(deadline=None)
@given(
    st.text(max_size=40) | st.from_regex(r"\A(https?:)?//[a-z:@\[\].0-9\\]{0,20}/\S{0,10}\Z"),
    st.sampled_from((HTTPS, PORT)),
)
def test_a_redirect_stays_with_the_host_and_with_tls(location, base):
    target = urls.redirect_target(location, base)
    assert target is None or urlsplit(target)[:2] == urlsplit(base)[:2]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://u:p@cpo.example:8443/a/b?token=x#y", "https://cpo.example:8443/a/b"),
        ("https://[::1]:1/a?b", "https://[::1]:1/a"),
        ("http://[::1", "the address"),
    ],
)
def test_the_part_of_a_url_that_is_shown(url, expected):
    assert urls.without_query(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"), [("https://x/a/b/?c", "/a/b"), ("https://x", ""), ("http://[::1/versions", "")]
)
def test_the_path_of_a_url(url, expected):
    assert urls.path(url) == expected


def test_parameters_are_replaced_and_the_others_left_as_they_are():
    url = "https://x/a?Key=a%2Fb&offset=0&&flag"
    assert urls.with_query(url, {"offset": "5", "date_from": "2026-01-01T00:00:00Z"}) == (
        "https://x/a?Key=a%2Fb&flag&offset=5&date_from=2026-01-01T00%3A00%3A00Z"
    )
    assert urls.with_query("https://x/a", {}) == "https://x/a"


def test_empty_parameters_are_removed():
    url = "https://x/a?date_from=None&date_to=&b=null&c=undefined&limit=5&d"
    assert urls.without_empty_parameters(url) == "https://x/a?limit=5"
    assert urls.parameters(url) == {"limit": "5"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://cpo.example/", True),
        ("http://192.0.2.1/", True),
        ("http://[2001:db8::1]/", True),
        ("http://localhost.example/", True),
        ("http://127.example/", True),
        ("https://cpo.example/", False),
        ("http://localhost:8080/", False),
        ("http://ocpi.localhost/", False),
        ("http://127.1.2.3/", False),
        ("http://[::1]/", False),
        ("http://0.0.0.0:1/", False),
    ],
)
def test_urls_that_are_unencrypted(url, expected):
    assert urls.is_plain_http(url) is expected


@pytest.mark.parametrize(
    "host", ["a" * 400, "\u0315\u0300" * 300, "[" + ":" * 400 + "]", "u:p@" + "x." * 200]
)
@pytest.mark.parametrize("start", ["http://", "//", " http:/\n/", "HTTPS://"])
def test_a_host_that_is_too_long_is_not_parsed(host, start):
    assert urls.resolve(f"{start}{host}/x", HTTPS) is None
    assert urls.redirect_target(f"{start}{host}/x", HTTPS) is None
