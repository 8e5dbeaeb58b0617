"""`ocpiq login`: what `--check` tells in plain words."""

from __future__ import annotations

import re

import pytest
from support.cli import command
from support.platforms import TOKEN, Platform, Response, envelope, serving

LOGIN = ("--party", "NL-GOV", "--token", TOKEN, "--name", "test")


# ---------------------------------------------------------------- --check


def listing(*rows: object, **headers: str):
    return lambda request: Response(envelope(list(rows)), headers=headers)


def test_a_check_tells_what_works_module_by_module(home):
    platform = Platform(
        modules=("locations", "sessions", "cdrs", "tariffs", "tokens", "nltnm-extra"),
        credentials={
            "roles": [
                {"role": "CPO", "country_code": "NL", "party_id": "ABC"},
                {"role": "E\x1b[2J\x9b", "country_code": "DE", "party_id": "XYZ"},
            ]
        },
        special={
            "sessions": listing(),
            "cdrs": listing({"id": "a"}),
            "tariffs": lambda request: Response(b"", 403),
            "tokens": listing({"uid": "a", "type": "RFID"}, "no object", **{"X-Total-Count": "1234"}),
        },
    )
    with serving(platform):
        run = command(home, ["login", platform.versions_url, *LOGIN, "--check"])
    assert run.code == 6
    assert run.out.decode().replace(platform.url, "URL").splitlines() == [
        "OCPI 2.2.1 at URL/ocpi/versions",
        "token: in Base64",
        "parties: NL-ABC CPO, DE-XYZ E\\u001b[2J\\u009b",
        "locations: 10 objects",
        "sessions: no objects",
        "cdrs: 1 object",
        "tariffs: URL/ocpi/2.2.1/tariffs refuses the token (HTTP 403) "
        "(log in again: the token may have been renewed, or be one for registration (token A))",
        "tokens: the platform keeps sending the same page; incomplete: 3 of 1234 objects came",
        "not supported by ocpiq: nltnm-extra",
    ]


def driver(country: object, party: object) -> dict[str, object]:
    return {"cdr_token": {"country_code": country, "party_id": party, "contract_id": "NL-XXX-C12345678-X"}}


def contract(text: object) -> dict[str, object]:
    return {"cdr_token": {"contract_id": text}}


def plain(text: object) -> dict[str, object]:
    return {"auth_id": text}


ISSUED = {
    "2.2.1, one issuer": ("2.2.1", [driver("nl", "TNM"), driver("NL", "tnm")], "NL-TNM"),
    "2.2.1, two issuers": ("2.2.1", [driver("NL", "TNM"), driver("DE", "TNM")], None),
    "2.2.1, an issuer that is not told": ("2.2.1", [driver("NL", "TNM"), {"id": "x"}], None),
    "2.2.1, issuers that are none": ("2.2.1", [driver("\x1b[", "2J ")] * 2, "NL-XXX"),
    "2.2.1, one object": ("2.2.1", [driver("NL", "TNM")], None),
    "2.2.1, no object": ("2.2.1", [], None),
    "2.2, one issuer": ("2.2", [contract("NL-TNM-C12345678-X"), contract("NLTNMC1234567A")], "NL-TNM"),
    "2.2, two issuers": ("2.2", [contract("NL-TNM-C12345678"), contract("NL-GFX-C12345678")], None),
    "2.1.1, one issuer": ("2.1.1", [plain("DE*8AC*C12E46L89"), plain("de8acc12e46l80")], "DE-8AC"),
    "2.1.1, two issuers": ("2.1.1", [plain("DE8ACC12E46L89"), plain("DE8ABC12E46L89")], None),
    "2.1.1, no contract ids": ("2.1.1", [plain("DE8AC12E46L89")] * 2, None),
    "2.1.1, one that is none": ("2.1.1", [plain("DE8ACC12E46L89"), plain("0a1b2c3d")], None),
    "2.1.1, nothing told": ("2.1.1", [plain(None), plain(7)], None),
}


@pytest.mark.parametrize(("version", "rows", "issuer"), ISSUED.values(), ids=ISSUED)
def test_a_check_warns_where_all_is_of_one_issuer(version, rows, issuer, home):
    module = "sessions"
    numbered = [{"id": str(number)} | row for number, row in enumerate(rows)]
    forms = ("raw",) if version == "2.1.1" else ("base64",)
    platform = Platform(
        offered=(version,), modules=(module,), token_forms=forms, special={module: listing(*numbered)}
    )
    with serving(platform):
        run = command(home, ["login", platform.versions_url, *LOGIN, "--check"])
    warned = [line for line in run.out.decode().splitlines() if "objects read" in line]
    text = (
        f"  all {len(rows)} objects read belong to drivers of {issuer}: "
        "does this login see only some of the objects?"
    )
    assert warned == ([text] if issuer else [])
    assert run.code == 0
    assert not re.search("12E46L8|12345678|1234567A", run.out.decode() + run.err)


def owned(*parties: str) -> list[dict[str, object]]:
    return [
        {"id": str(number), "country_code": party[:2], "party_id": party[3:]}
        for number, party in enumerate(parties)
    ]


OWNED = {
    "one of two": (owned("NL-ABC", "nl-abc"), ("NL-ABC", "DE-XYZ"), True),
    "both": (owned("NL-ABC", "DE-XYZ"), ("NL-ABC", "DE-XYZ"), False),
    "the only one": (owned("NL-ABC", "NL-ABC"), ("NL-ABC",), False),
    "one object": (owned("NL-ABC"), ("NL-ABC", "DE-XYZ"), False),
    "one that is not told": ([*owned("NL-ABC", "NL-ABC"), {"id": "9"}], ("NL-ABC", "DE-XYZ"), False),
}


@pytest.mark.parametrize("module", ["locations", "cdrs"])
@pytest.mark.parametrize(("rows", "parties", "warned"), OWNED.values(), ids=OWNED)
def test_a_check_names_another_party_that_could_be_asked(module, rows, parties, warned, home):
    roles = [{"role": "CPO", "country_code": party[:2], "party_id": party[3:]} for party in parties]
    platform = Platform(modules=(module,), credentials={"roles": roles}, special={module: listing(*rows)})
    with serving(platform):
        run = command(home, ["login", platform.versions_url, *LOGIN, "--check"])
    text = "  all 2 objects read belong to NL-ABC: --to-party DE-XYZ asks for those of DE-XYZ"
    assert [line for line in run.out.decode().splitlines() if "objects read" in line] == [text] * warned
    assert run.code == 0
