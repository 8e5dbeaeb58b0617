"""The platform that changes while it is read: its history follows from its seed and its clock."""

from __future__ import annotations

import json
from itertools import pairwise
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest
from support.changing_platform import HIDDEN, START, ChangingPlatform, Rates, iso
from support.cli import command
from support.platforms import BASE64, TOKEN, Response, serving

BUSY = Rates(insert=40, update=60, hidden=20, child=30, delete=10, late=0.3, lateness=300)


def get(platform, **parameters):
    query = "&".join(f"{name.removesuffix('_')}={value}" for name, value in parameters.items())
    request = HttpRequest(
        f"{platform.url}/ocpi/{platform.offered[-1]}/{platform.modules[0]}?{query}",
        headers={"Authorization": f"Token {BASE64}"},
    )
    with urlopen(request) as response:
        return json.loads(response.read()), response.headers


@pytest.mark.parametrize("module", ["sessions", "cdrs", "locations"])
def test_the_history_follows_from_the_seed_and_the_clock(module):
    one, other, third = (ChangingPlatform(modules=(module,), seed=seed, rates=BUSY) for seed in (1, 1, 2))
    one.step(7200)
    for _ in range(720):
        other.step(10)
    third.step(7200)
    assert one.changes == other.changes != third.changes
    assert one.current() == other.current()
    kinds = {change.kind for change in one.changes}
    assert kinds == {"insert", "update", "hidden", "delete"} | ({"child"} if module == "locations" else set())


def test_what_each_kind_of_change_does():
    platform = ChangingPlatform(modules=("locations",), rates=BUSY)
    platform.step(4 * 3600)
    for name in {change.id for change in platform.changes}:
        versions = platform.versions(name)
        for before, after in pairwise(versions):
            if after.object is None:
                assert after.kind == "delete" and after is versions[-1]
                continue
            changed = {key for key in after.object if after.object[key] != before.object[key]}
            expected = {"update": "name", "hidden": HIDDEN["locations"], "child": "evses"}[after.kind]
            assert changed - {"last_updated"} == {expected}
            assert after.kind != "child" or changed == {"evses"}
    late = [change for change in platform.changes if change.committed > change.stamp >= START]
    assert late and all(change.committed - change.stamp <= 300 for change in late)


def test_a_page_moves_the_clock_and_what_is_due_happens_between_pages():
    platform = ChangingPlatform(rates=Rates(insert=600), page_seconds=60, by_id=True)
    with serving(platform):
        first, headers = get(platform, offset=0)
        second, later = get(platform, offset=4)
    assert (first["timestamp"], second["timestamp"]) == (iso(START + 60), iso(START + 120))
    assert headers["Date"] == "Mon, 05 Jan 2026 00:01:00 GMT"
    assert int(later["X-Total-Count"]) > int(headers["X-Total-Count"]) > 20
    assert [row["id"] for row in first["data"] + second["data"]] == [f"S{n:06}" for n in range(1, 9)]
    assert 'rel="next"' in headers["Link"]


@pytest.mark.parametrize(("exclusive", "expected"), [(False, 3), (True, 2)])
def test_dates(exclusive, expected):
    platform = ChangingPlatform(cap=100, exclusive_from=exclusive)
    bounds = {"date_from": iso(START - 180), "date_to": iso(START)}
    with serving(platform):
        assert len(get(platform, **bounds)[0]["data"]) == expected
        bounds["date_to"] = iso(START - 60)
        assert len(get(platform, **bounds)[0]["data"]) == expected - 1
        platform.ignore_date_to = True
        assert len(get(platform, **bounds)[0]["data"]) == expected


def test_its_clocks_may_differ_and_it_may_be_down():
    platform = ChangingPlatform(skew=120, rates=Rates(insert=3600))
    with serving(platform):
        platform.step(3600)
        page, headers = get(platform, offset=len(platform.current()) - 1)
        assert page["timestamp"] == iso(START + 3600 + 120)
        assert headers["Date"] == "Mon, 05 Jan 2026 01:02:00 GMT"
        assert page["data"][0]["last_updated"] <= iso(START + 3600)
        platform.down = Response(b"", 503, {"Retry-After": "7"})
        with pytest.raises(OSError, match="503"):
            get(platform)


def test_a_test_changes_the_status_of_an_evse_with_or_without_its_parent():
    platform = ChangingPlatform(modules=("locations",))
    platform.step(90)
    platform.set_status("L000002-1", "OUTOFORDER", moves_parent=False)
    platform.set_status("L000003-0", "CHARGING")
    second, third = platform.current()[1:3]
    assert [evse["status"] for evse in second["evses"]] == ["AVAILABLE", "OUTOFORDER", "AVAILABLE"]
    assert second["evses"][1]["last_updated"] == third["last_updated"] == iso(START + 90)
    assert second["last_updated"] < iso(START)


@pytest.mark.parametrize("version", ["2.2.1", "2.1.1"])
@pytest.mark.parametrize("module", ["sessions", "cdrs", "locations"])
def test_it_is_pulled_like_any_other(tmp_path, module, version):
    platform = ChangingPlatform(modules=(module,), offered=(version,), token_forms=("base64", "raw"))
    (tmp_path / "home").mkdir()
    with serving(platform):
        home = tmp_path / "home"
        login = ["login", platform.versions_url, "--party", "NL-GOV", "--name", "mine"]
        assert command(home, login, OCPIQ_TOKEN=TOKEN).code == 0
        outcome = command(home, ["-c", "-q", f"{module} | .id"])
    assert (outcome.err, outcome.code) == ("", 0)
    assert sorted(json.loads(outcome.out.replace(b"\n", b",").join([b"[", b"null]"]))[:-1]) == [
        row["id"] for row in platform.current()
    ]
