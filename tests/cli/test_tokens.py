"""The token is in nothing that is printed, wherever a platform or an address brings it up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.cli import Outcome, command
from support.platforms import BASE64, Platform, Request, Response, envelope, serving

TOKEN = "Qx7/mZ2pL9+vB4nR8tK1wE5yU3"
PARTS = [TOKEN[place : place + 8].lower() for place in range(len(TOKEN) - 7)]
SHOWN_IN_JSON = TOKEN.replace("/", "\\/")


def has_token(run: Outcome) -> bool:
    said = (run.out.decode() + run.err).lower().replace("\\/", "/").replace("%2f", "/").replace("%2b", "+")
    return any(part in said for part in PARTS)


def base(platform: Platform) -> str:
    return f"{platform.url}/ocpi/{TOKEN}"


def offers(platform: Platform) -> Response:
    return Response(envelope([{"version": "2.2.1", "url": f"{base(platform)}/2.2.1"}]))


def details(platform: Platform, **others: str) -> Response:
    listed = {"cdrs": f"{base(platform)}/cdrs", **others}
    endpoints = [{"identifier": name, "role": "SENDER", "url": url} for name, url in listed.items()]
    return Response(envelope({"version": "2.2.1", "endpoints": endpoints}))


def in_addresses() -> Platform:
    """Return a platform whose addresses all hold the token."""
    platform = Platform(token_forms=(), modules=("cdrs",))
    platform.knows = lambda sent: True  # type: ignore[method-assign]
    platform.special = {
        "versions": lambda _: offers(platform),
        "2.2.1": lambda _: details(platform),
    }
    return platform


Answer = Callable[[Platform, Request], Response | None]
REDIRECT = f"http://127.0.0.1:9/{TOKEN}"
HOSTED = f"http://{TOKEN.replace('/', '').replace('+', '')}.example/cdrs"
ECHOED = envelope(None, 2001, f"no such token {TOKEN}, {SHOWN_IN_JSON}, {BASE64}")
LOGINS: dict[str, Answer] = {
    "nothing there": lambda platform, _: Response(b"", 404),
    "HTML": lambda platform, _: Response(b"<html>"),
    "broken JSON": lambda platform, _: Response(b"[1"),
    "no versions": lambda platform, _: Response(envelope("x")),
    "an echo": lambda platform, _: Response(ECHOED, 400),
    "an echo with HTTP 200": lambda platform, _: Response(ECHOED),
    "a redirect elsewhere": lambda platform, _: Response(b"", 302, {"Location": REDIRECT}),
    "a redirect to a host": lambda platform, _: Response(b"", 302, {"Location": HOSTED}),
    "a version": lambda platform, _: Response(envelope([{"version": TOKEN, "url": base(platform)}])),
    "cut": lambda platform, _: Response(b"[" * 100, cut=3),
}


@pytest.mark.parametrize("answer", LOGINS.values(), ids=LOGINS)
def test_a_login_that_fails(answer, home):
    platform = in_addresses()
    platform.special["versions"] = lambda request: answer(platform, request)
    with serving(platform):
        words = ["login", f"{base(platform)}/versions", "--party", "NL-GOV", "--token", TOKEN, "--verbose"]
        run = command(home, words)
    assert (run.out, run.code) == (b"", 6)
    assert not has_token(run), run.err


ELSEWHERE = {
    "an endpoint": lambda platform: details(platform, tariffs=HOSTED),
    "a path": lambda platform: details(platform, tariffs=f"http://127.0.0.1:9/{TOKEN}"),
}


@pytest.mark.parametrize("answer", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_place_that_nobody_agreed_to(answer, home):
    platform = in_addresses()
    platform.special["2.2.1"] = lambda _: answer(platform)
    with serving(platform):
        words = ["login", f"{base(platform)}/versions", "--party", "NL-GOV", "--token", TOKEN]
        run = command(home, words)
    assert run.code == 6
    assert not has_token(run), run.err


PULLS: dict[str, Answer] = {
    "as it should be": lambda platform, _: None,
    "nothing there": lambda platform, _: Response(b"", 404),
    "an echo": lambda platform, _: Response(ECHOED),
    "not JSON": lambda platform, _: Response(TOKEN.encode()),
    "no page": lambda platform, _: Response(b'{"error": "x"}'),
    "a redirect elsewhere": lambda platform, _: Response(b"", 307, {"Location": REDIRECT}),
    "in circles": lambda platform, request: Response(b"", 307, {"Location": request.path}),
    "a field": lambda platform, _: Response(envelope([{"id": "1", TOKEN[8:10] + TOKEN[12:]: 1}])),
    "a bomb of headers": lambda platform, _: Response(b"[]", headers={"X": "y" * 110_000}),
}


@pytest.mark.parametrize("answer", PULLS.values(), ids=PULLS)
def test_a_pull(answer, home):
    platform = in_addresses()
    platform.special["2.2.1"] = lambda _: details(platform, **{TOKEN.lower(): f"{base(platform)}/x"})
    with serving(platform):
        words = ["login", f"{base(platform)}/versions", "--party", "NL-GOV", "--token", TOKEN, "--name", "x"]
        login = command(home, [*words, "--check"])
        platform.special["cdrs"] = lambda request: answer(platform, request)
        runs = [login, command(home, ["platforms"])]
        runs += [command(home, ["--verbose", "cdrs | .id"]), command(home, ["tariffs | .id"])]
    assert login.code == 0, login.err
    assert b"/ocpi/[token]/versions" in runs[1].out
    for run in runs:
        assert not has_token(run), run.err + run.out.decode()


def test_logins_of_earlier_versions_are_listed_without_the_token(home):
    platform = in_addresses()
    with serving(platform):
        words = ["login", f"{base(platform)}/versions", "--party", "NL-GOV", "--token", TOKEN, "--name", "x"]
        assert command(home, words).code == 0
    (file,) = home.rglob("x.json")
    kept = [line for line in file.read_text("utf-8").splitlines() if '"shown"' not in line]
    file.write_text("\n".join(kept).replace('"allow_http": false,', '"allow_http": false'), "utf-8")
    run = command(home, ["platforms"])
    assert run.code == 0
    assert b"/ocpi/[token]/versions" in run.out
    assert not has_token(run)


def test_the_name_of_a_platform_that_has_none_is_its_host_without_the_token(home):
    from ocpiq.ocpi.login import platform_name

    assert platform_name("https://abcdefgh12.cpo.example/", "abcdefgh12") == "token-.cpo.example"
