"""The forms of 2.2 and 2.3.0: tokens without a party, prices with taxes, parking places; and how they are offered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.cli import command
from support.ocpi_client import Client

from ocpiq import demo
from ocpiq.errors import UsageError

Json = dict[str, Any]


def first(module: str, version: str) -> Json:
    return next(iter(demo.objects(module, version)))


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_a_token_of_2_2_has_no_party(module: str) -> None:
    new, old = first(module, "2.2.1"), first(module, "2.2")
    assert (
        new["cdr_token"]
        == {"country_code": "NL", "party_id": new["cdr_token"]["party_id"]} | old["cdr_token"]
    )
    assert not {"country_code", "party_id"} & old["cdr_token"].keys()


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_a_cost_of_2_3_has_its_taxes(module: str) -> None:
    old, new = first(module, "2.2.1"), first(module, "2.3.0")
    [tax] = new["total_cost"]["taxes"]
    assert new["total_cost"]["before_taxes"] == old["total_cost"]["excl_vat"]
    assert tax["amount"] == pytest.approx(old["total_cost"]["incl_vat"] - old["total_cost"]["excl_vat"])


def test_each_evse_of_2_3_has_a_parking_place() -> None:
    kinds = set()
    for place in demo.objects("locations", "2.3.0"):
        parking = {item["id"]: item for item in place["parking_places"]}
        used = set()
        for evse in place["evses"]:
            [used_place] = evse["parking"]
            used.add(used_place["parking_id"])
            is_reserved = "DISABLED" in evse.get("parking_restrictions", ())
            assert parking[used_place["parking_id"]]["restricted_to_type"] == is_reserved
            kinds.add(is_reserved)
        assert used == parking.keys()
        assert place["help_phone"].startswith("+")
    assert kinds == {True, False}


@pytest.mark.parametrize("version", demo.VERSIONS)
def test_the_demo_is_a_platform_of_each_version(version: str, tmp_path: Path) -> None:
    words = ["-q", "--demo", "--ocpi-version", version, "locations | aggregate count"]
    found = command(tmp_path, words)
    assert (found.code, json.loads(found.out)) == (0, 113), found.err


def test_totals_are_the_same_in_the_form_of_one_version(tmp_path: Path) -> None:
    query = "cdrs during 2026-01 pass total_cost | aggregate sum(.total_cost | excl_vat) by .currency"
    outs = [
        command(tmp_path, ["-q", "--demo", "--ocpi-version", version, "--as", "2.2.1", query]).out
        for version in ("2.2", "2.2.1", "2.3.0")
    ]
    assert outs[0] and len(set(outs)) == 1


def test_other_versions_are_offered_on_demand() -> None:
    with demo.platform(version="2.3.0") as platform:
        client = Client(platform)
        _, _, envelope = client.ask("/ocpi/versions")
        assert [item["version"] for item in envelope["data"]] == ["2.1.1", "2.2.1", "2.3.0"]
        status, _, details = client.ask("/ocpi/2.3.0")
        assert (status, details["data"]["version"]) == (200, "2.3.0")
        client.connection.close()
    with pytest.raises(UsageError, match="unknown OCPI version"):
        demo.platform(version="9")
