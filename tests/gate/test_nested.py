"""EVSEs and connectors as modules of their own, out of the locations that a platform lists."""

from __future__ import annotations

import pytest
from support.json_texts import listed
from support.rows import careful_only, needs, plain, seen

from ocpiq.gate import OpenedPage, Window, gate
from ocpiq.values.blank import BLANK
from ocpiq.values.times import epoch_us

LOCATION = b"""{"country_code":"NL","party_id":"ABC","id":"L1","evses":[
    {"uid":"E1","evse_id":"NL*1","location_id":"x","last_updated":"2026-01-05T00:00:00Z",
     "connectors":[{"id":"1","standard":"CHADEMO","last_updated":"2026-01-01"},{"id":"2"}]},
    null, {"uid":"E2","last_updated":"2026-02-05T00:00:00Z"}]}""".replace(b"\n", b"")
KEYS = {"country_code": "NL", "party_id": "ABC", "location_id": "L1"}


def opened(
    module: str, sent: list[bytes], *paths: str, window: Window | None = None, passed: tuple[str, ...] = ()
) -> OpenedPage:
    """Return a page of locations, opened as a page of their parts, the fast way and with care."""
    view = seen(module, passed)
    found = gate(view, needs(*paths), window=window).page(listed(sent))
    with careful_only():
        careful = gate(view, needs(*paths), window=window).page(listed(sent))
    assert [plain(row) for row in found.rows] == [plain(row) for row in careful.rows]
    assert found.field_report.unknown == careful.field_report.unknown
    return found


def test_evses_have_the_keys_of_their_location() -> None:
    found = opened("evses", [LOCATION, b'{"id":"L2"}'], ".")
    connectors = [{"id": "1", "standard": "CHADEMO", "last_updated": BLANK}, {"id": "2"}]
    assert list(found.rows) == [
        {**KEYS, "uid": "E1", "evse_id": BLANK, "connectors": connectors, "last_updated": BLANK},
        {**KEYS, "uid": "E2", "last_updated": BLANK},
    ]
    assert (found.count, found.bad) == (2, ())
    assert list(found.rows[0])[:4] == [*KEYS, "uid"]  # type: ignore[call-overload]


def test_connectors_have_the_keys_of_location_and_evse() -> None:
    found = opened("connectors", [LOCATION], ".")
    assert list(found.rows) == [
        {**KEYS, "evse_uid": "E1", "id": "1", "standard": "CHADEMO", "last_updated": BLANK},
        {**KEYS, "evse_uid": "E1", "id": "2"},
    ]


@pytest.mark.parametrize("passed", [(), (".",)], ids=["by default", "everything passed"])
def test_a_key_comes_from_the_holder_alone(passed: tuple[str, ...]) -> None:
    for sent in (b'{"evses":{"location_id":"x","country_code":{}}}', b'{"evses":[[{"location_id":"x"}]]}'):
        assert list(opened("evses", [sent], ".", passed=passed).rows) == [{}]
    rows = opened(
        "evses", [b'{"id":["a"],"country_code":null,"evses":[{"uid":1,"x":2}]}'], ".", passed=passed
    ).rows
    shown = {"country_code": None, "location_id": ["a"], "uid": 1} | ({"x": 2} if passed else {})
    assert list(rows) == [shown]


def test_rows_of_a_few_fields() -> None:
    opening = gate(seen("connectors"), needs("location_id", "evse_uid", "id", "last_updated"))
    rows = opening.page(listed([LOCATION])).rows
    assert opening.shape is not None
    slots = opening.shape.slots
    assert [[getattr(row, slots[key].attribute) for key in slots] for row in rows] == [
        ["L1", "E1", "1", BLANK],
        ["L1", "E1", "2", None],
    ]


@pytest.mark.parametrize("paths", [("uid",), (".",), ("uid", "last_updated")], ids=str)
def test_a_window_is_on_the_part_itself(paths: tuple[str, ...]) -> None:
    january = Window(epoch_us("2026-01-01"), epoch_us("2026-02-01"))
    found = opened("evses", [LOCATION], *paths, window=january)
    assert (len(found.rows), found.undated) == (1, 0)
    assert opened("connectors", [LOCATION], "id", window=january).undated == 1


def test_bad_locations_and_unknown_fields_of_parts() -> None:
    found = opened("evses", [b"5", b'{"x_a":1,"evses":[{"x_b":1,"connectors":[{"x_c":1}]},7]}', b"[]"], "uid")
    assert (found.count, len(found.rows), found.bad) == (3, 1, (0, 2))
    assert found.field_report.unknown == ("connectors.x_c", "x_b")
