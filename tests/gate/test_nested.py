"""EVSEs and connectors as modules of their own, from the locations that a platform lists."""

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
    """Return a page of locations opened as their nested objects; both decoders must agree."""
    view = seen(module, passed)
    page = gate(view, needs(*paths), window=window).page(listed(sent))
    with careful_only():
        careful = gate(view, needs(*paths), window=window).page(listed(sent))
    assert [plain(row) for row in page.rows] == [plain(row) for row in careful.rows]
    assert page.field_report.unknown == careful.field_report.unknown
    return page


def test_evses_have_the_keys_of_their_location() -> None:
    page = opened("evses", [LOCATION, b'{"id":"L2"}'], ".")
    connectors = [{"id": "1", "standard": "CHADEMO", "last_updated": BLANK}, {"id": "2"}]
    assert list(page.rows) == [
        {**KEYS, "uid": "E1", "evse_id": BLANK, "connectors": connectors, "last_updated": BLANK},
        {**KEYS, "uid": "E2", "last_updated": BLANK},
    ]
    assert (page.count, page.bad) == (2, ())
    assert list(page.rows[0])[:4] == [*KEYS, "uid"]  # type: ignore[call-overload]


def test_connectors_have_the_keys_of_location_and_evse() -> None:
    page = opened("connectors", [LOCATION], ".")
    assert list(page.rows) == [
        {**KEYS, "evse_uid": "E1", "id": "1", "standard": "CHADEMO", "last_updated": BLANK},
        {**KEYS, "evse_uid": "E1", "id": "2"},
    ]


@pytest.mark.parametrize("passed", [(), (".",)], ids=["by default", "everything passed"])
def test_a_holders_key_comes_only_from_the_holder(passed: tuple[str, ...]) -> None:
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
def test_a_window_applies_to_the_nested_object(paths: tuple[str, ...]) -> None:
    january = Window(epoch_us("2026-01-01"), epoch_us("2026-02-01"))
    page = opened("evses", [LOCATION], *paths, window=january)
    assert (len(page.rows), page.undated) == (1, 0)
    assert opened("connectors", [LOCATION], "id", window=january).undated == 1


def test_bad_locations_and_unknown_nested_fields() -> None:
    page = opened("evses", [b"5", b'{"x_a":1,"evses":[{"x_b":1,"connectors":[{"x_c":1}]},7]}', b"[]"], "uid")
    assert (page.count, len(page.rows), page.bad) == (3, 1, (0, 2))
    assert page.field_report.unknown == ("connectors.x_c", "x_b")
