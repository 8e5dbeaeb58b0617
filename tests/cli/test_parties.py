"""Platforms with several parties, and hubs: whom requests name, and that the objects of all come."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.platforms import TOKEN, Platform, Request, Response, envelope, serving

from ocpiq import demo

QUERY = "cdrs only country_code, party_id, id | .party_id + .id"
CPOS = ("CPO NL ABC", "CPO DE XYZ", "EMSP FR FOO")
HUB = (*CPOS, "HUB BE HUB")
ALL = ["ABC1", "ABC2", "ABC3", "XYZ1", "XYZ2"]


def rows(party: str, count: int) -> list[object]:
    return [{"country_code": "NL", "party_id": party, "id": str(number)} for number in range(1, count + 1)]


def named(request: Request) -> tuple[str, ...]:
    """Return the parties that a request names: its sender and its receiver."""
    names = ("from-country-code", "from-party-id", "to-country-code", "to-party-id")
    return tuple(request.headers.get(f"ocpi-{name}", "") for name in names)


def of_parties(*roles: str, answers: dict[str, Response], **switches: object) -> Platform:
    """Return a platform with these roles, and an answer by the party that a request goes to."""
    words = [role.split(" ") for role in roles]
    listed = [{"role": role, "country_code": country, "party_id": party} for role, country, party in words]
    return Platform(
        credentials={"roles": listed},
        special={"cdrs": lambda request: answers.get(named(request)[3])},
        **switches,  # type: ignore[arg-type]
    )


def page(*found: object, **headers: str) -> Response:
    return Response(envelope([*found]), headers={"X-Total-Count": str(len(found))} | headers)


BOTH = {"ABC": page(*rows("ABC", 3)), "XYZ": page(*rows("XYZ", 2))}
TOGETHER = page(*rows("ABC", 3), *rows("XYZ", 2))
REFUSALS = {
    "HTTP 400": Response(b"", 400),
    "2001": Response(envelope(None, 2001, "OCPI-to-party-id is missing")),
}


def pulled(
    home: Path, platform: Platform, *words: str, own: tuple[str, ...] = ("--party", "NL-GOV")
) -> Outcome:
    with serving(platform):
        login = ["login", platform.versions_url, "--token", TOKEN, "--name", "test", *own]
        assert command(home, login).code == 0
        platform.requests.clear()
        return command(home, [*words, "-q", "-r", QUERY])


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_each_party_is_asked_where_the_platform_wants_one_named(refusal, home):
    platform = of_parties(*CPOS, answers={"": refusal, **BOTH})
    run = pulled(home, platform)
    assert run.out.decode().split() == ALL
    assert run.code == 0
    assert run.err == ("warning: cdrs: the platform must be asked for one party at a time: NL-ABC, DE-XYZ\n")
    asked = dict.fromkeys(named(request) for request in platform.pulls() if named(request)[3])
    assert list(asked) == [("NL", "GOV", "NL", "ABC"), ("NL", "GOV", "DE", "XYZ")]


def test_all_are_asked_at_once_where_the_platform_lets_them(home):
    platform = of_parties(*CPOS, answers={"": TOGETHER})
    run = pulled(home, platform)
    assert (run.out.decode().split(), run.err, run.code) == (ALL, "", 0)
    assert {named(request) for request in platform.pulls()} == {("",) * 4}


PARTLY = {
    "one fails": (
        {**BOTH, "ABC": Response(b"", 403)},
        ["XYZ1", "XYZ2"],
        8,
        "refuses the token (HTTP 403) (of NL-ABC) (log in again",
    ),
    "one gives a part": (
        {**BOTH, "XYZ": page(*rows("XYZ", 2), **{"X-Total-Count": "4"})},
        ALL,
        8,
        "incomplete: 2 of 4 objects came (of DE-XYZ)",
    ),
    "all fail": (
        {"ABC": Response(b"", 403), "XYZ": Response(b"", 404)},
        [],
        6,
        "refuses the token (HTTP 403) (log in again",
    ),
}


@pytest.mark.parametrize(("answers", "came", "code", "said"), PARTLY.values(), ids=PARTLY)
def test_what_a_party_does_not_give_is_said(answers, came, code, said, home):
    run = pulled(home, of_parties(*CPOS, answers={"": REFUSALS["2001"], **answers}))
    assert (run.out.decode().split(), run.code) == (came, code)
    assert run.err.splitlines()[-1].startswith("error: cdrs: ")
    assert said in run.err


def test_a_refusal_is_a_refusal_where_there_is_one_party(home):
    run = pulled(home, of_parties(CPOS[0], answers={"ABC": REFUSALS["2001"]}))
    assert (run.out, run.code) == (b"", 6)
    assert "answers OCPI status 2001" in run.err


CHOICES = {
    "one of several": (CPOS, ("--to-party", "de-xyz"), ("NL", "GOV", "DE", "XYZ")),
    "a hub": (HUB, (), ("NL", "GOV", "BE", "HUB")),
    "one party of a hub": (HUB, ("--to-party", "DE*XYZ"), ("NL", "GOV", "DE", "XYZ")),
    "one that the platform does not list": (HUB, ("--to-party", "SE-NEW"), ("NL", "GOV", "SE", "NEW")),
    "nobody": (HUB, ("--to-party", "none"), ("",) * 4),
    "the only one": (CPOS[1:], (), ("NL", "GOV", "DE", "XYZ")),
    "a party that no header can hold": (("CPO NL A\nB",), (), ("",) * 4),
    "a country that is none": (("CPO N\x1b ABC",), (), ("",) * 4),
    "a party that is too long": (("CPO NL ABCD",), (), ("",) * 4),
}


@pytest.mark.parametrize(("roles", "words", "names"), CHOICES.values(), ids=CHOICES)
def test_whom_a_request_names(roles, words, names, home):
    platform = of_parties(*roles, answers={})
    run = pulled(home, platform, *words)
    assert run.code == 0
    assert {named(request) for request in platform.pulls()} == {names}


USAGE = {
    "no party": (("--to-party", "XYZ"), ("--party", "NL-GOV"), "2.2.1", "not a party (write it as XX-YYY"),
    "no party of one's own": (
        ("--to-party", "NL-ABC"),
        ("--open",),
        "2.2.1",
        "asking for one party requires your own party (log in to test again with --party XX-YYY)",
    ),
    "no parties in 2.1.1": (
        ("--to-party", "NL-ABC"),
        ("--party", "NL-GOV"),
        "2.1.1",
        "OCPI 2.1.1 cannot ask for one party",
    ),
}


@pytest.mark.parametrize(("words", "own", "version", "said"), USAGE.values(), ids=USAGE)
def test_one_party_cannot_be_asked(words, own, version, said, home):
    platform = of_parties(*CPOS, answers={}, offered=(version,), token_forms=("base64", "raw"))
    platform.knows = lambda sent: True  # type: ignore[method-assign]
    run = pulled(home, platform, *words, own=own)
    assert run.code == 2
    assert run.err.startswith(f"error: {said}")
    assert platform.requests == []


def test_the_demo_is_a_hub_of_two_parties(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    one = ["--to-party", "GB-DMK"]
    query = "locations | aggregate count by {country_code, party_id}"
    with demo.platform() as platform:
        login = ["login", platform.versions_url, "--token", platform.token, "--party", "NL-GOV"]
        assert command(home, login).code == 0
        counts = [command(home, ["-q", "--to", "csv", *words, query]).out.decode() for words in ([], one)]
    assert [text.splitlines()[1:] for text in counts] == [["GB,DMK,27", "NL,DEM,86"], ["GB,DMK,27"]]


DEMO = [
    ("GB-DMK", {"DMK"}),
    ("nl*dem", {"DEM"}),
    ("none", {"DEM", "DMK"}),
]


@pytest.mark.parametrize(("party", "expected"), DEMO, ids=[party for party, _ in DEMO])
@pytest.mark.parametrize("module", ["locations", "statuses"])
def test_one_party_of_the_demo(module, party, expected, home):
    run = command(home, ["-q", "-r", "--demo", "--to-party", party, f"{module} | .party_id"])
    assert (set(run.out.decode().split()), run.code) == (expected, 0)


def test_a_party_that_the_demo_does_not_have(home):
    run = command(home, ["-q", "--demo", "--to-party", "SE-NEW", "locations"])
    assert (run.out, run.code) == (b"", 6)
    assert "the hub does not know the receiver" in run.err


@pytest.mark.parametrize(
    "words", [["--source", "locations=places.json"], ["--source", "statuses=log"]], ids=" ".join
)
def test_files_are_not_those_of_one_party(words, home):
    """To ignore it would give the objects of all parties as those of one."""
    (home / "places.json").write_text("[]")
    run = command(home, ["--to-party", "NL-ABC", *words, words[1].partition("=")[0]])
    assert (run.out, run.code) == (b"", 2)
    assert run.err.startswith(
        "error: --to-party asks a platform, and all modules of the query are read from files"
    )
