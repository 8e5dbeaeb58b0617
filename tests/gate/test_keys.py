"""Keys leave the gate as hashes: equal for the same object, whatever the query shows and however it is decoded."""

from __future__ import annotations

import json

import pytest
from support.rows import seen

from ocpiq.gate import gate
from ocpiq.privacy.demand import Demand
from ocpiq.schema import module

WHOLE = Demand(whole=True)
KWH = Demand(fields={"kwh": Demand(whole=True)})
NESTED = Demand(fields={"total_cost": Demand(whole=True)})
DEMANDS = {
    "a few fields": (KWH, ["kwh"]),
    "its key passed": (Demand(fields={"id": WHOLE, "party_id": WHOLE}), ["id", "party_id"]),
    "its key blank": (Demand(fields={"id": Demand()}), []),
    "dicts": (WHOLE, []),
    "everything": (WHOLE, ["."]),
    "nested": (NESTED, ["total_cost"]),
}
SESSION = b'{"country_code": "NL", "party_id": "ABC", "id": "S1", "kwh": 1}'


class KeyReader:
    """The sealed keys of pages."""

    def __init__(self, name: str, demand: Demand, passed: list[str], version: str = "2.2.1") -> None:
        queried = module(name, version)
        self.key = module(queried.pulled, version).key
        self.view, self.demand = seen(name, passed), demand

    def keys_of(self, *objects: bytes) -> list[int | None]:
        keys: list[int | None] = []
        gate(self.view, self.demand, key=self.key).page(
            b"[%s]" % b",".join(objects), lambda page_keys: keys.extend(page_keys) or ()
        )
        return keys


SAME_KEY = {
    "other case": b'{"country_code": "nl", "party_id": "Abc", "id": "s1"}',
    "another order, other fields": b'{"id": "S1", "kwh": [3], "x": null, "party_id": "ABC", "country_code": "NL"}',
    "escaped": rb'{"country_code": "\u004eL", "party_id": "ABC", "id": "S\u0031"}',
    "a key that occurs twice": b'{"id": 7, "country_code": "NL", "party_id": "ABC", "id": "S1"}',
    "NaN in it": b'{"country_code": "NL", "party_id": "ABC", "id": "S1", "x": NaN}',
    "a lone surrogate in it": rb'{"country_code": "NL", "party_id": "ABC", "id": "S1", "x": "\ud800"}',
}
OTHER_KEY = {
    "another id": b'{"country_code": "NL", "party_id": "ABC", "id": "S2"}',
    "another owner": b'{"country_code": "NL", "party_id": "ABD", "id": "S1"}',
    "no owner": b'{"id": "S1"}',
}
WITHOUT_KEY = {
    "no id": b'{"country_code": "NL", "party_id": "ABC"}',
    "an empty id": b'{"country_code": "NL", "party_id": "ABC", "id": ""}',
    "an id of a wrong type": b'{"country_code": "NL", "party_id": "ABC", "id": {"id": "S1"}}',
}


@pytest.mark.parametrize("read", DEMANDS)
@pytest.mark.parametrize("received", SAME_KEY.values(), ids=SAME_KEY)
def test_the_same_object_has_the_same_key(read, received):
    first, second = KeyReader("sessions", *DEMANDS[read]).keys_of(SESSION, received)
    assert first == second


@pytest.mark.parametrize("read", DEMANDS)
def test_different_objects_have_different_keys(read):
    keys = KeyReader("sessions", *DEMANDS[read]).keys_of(SESSION, *OTHER_KEY.values())
    assert len(set(keys)) == 1 + len(OTHER_KEY)


@pytest.mark.parametrize(
    "received",
    [*SAME_KEY.values(), *OTHER_KEY.values(), *WITHOUT_KEY.values(), b'{"id": 37}', b'{"id": 37.0}', b"{}"],
)
def test_a_key_is_the_same_whatever_is_read(received):
    keys = {KeyReader("sessions", *read).keys_of(received)[0] for read in DEMANDS.values()}
    assert len(keys) == 1


@pytest.mark.parametrize("read", DEMANDS)
@pytest.mark.parametrize("received", WITHOUT_KEY.values(), ids=WITHOUT_KEY)
def test_an_object_without_a_key_has_no_sealed_key(read, received):
    """Its other fields do not replace the key."""
    assert KeyReader("sessions", *DEMANDS[read]).keys_of(received, SESSION)[0] is None


def test_repeats_are_left_out_by_position():
    for demand, passed in DEMANDS.values():
        opened = gate(seen("sessions", passed), demand, key=module("sessions", "2.2.1").key).page(
            b"[%s, 7, %s, %s]" % (OTHER_KEY["another id"], SESSION, OTHER_KEY["another owner"]),
            lambda keys: [1],
        )
        assert (opened.count, opened.repeated, len(opened.rows), opened.bad) == (4, 1, 2, (1,))
        opened = gate(seen("sessions", passed), demand, key=module("sessions", "2.2.1").key).page(
            b"[%s, %s]" % (OTHER_KEY["another id"], SESSION), lambda keys: [0]
        )
        assert (opened.count, opened.repeated, len(opened.rows), opened.bad) == (2, 1, 1, ())


@pytest.mark.parametrize(
    "demand", [WHOLE, Demand(fields={"uid": WHOLE, "location_id": WHOLE})], ids=["dicts", "rows"]
)
def test_nested_objects_have_the_key_of_their_holder(demand):
    holder = {"country_code": "NL", "party_id": "ABC", "id": "L1"}
    two = json.dumps(holder | {"evses": [{"uid": "1"}, {"uid": "2"}]}).encode()
    bare = json.dumps(holder).encode()
    keys = KeyReader("evses", demand, ["uid"]).keys_of(two, bare)
    assert keys[0] == keys[1]
    assert KeyReader("locations", WHOLE, []).keys_of(bare)[0] == keys[0]
    opened = gate(seen("evses", []), demand, key=("country_code", "party_id", "id")).page(
        b"[%s, %s]" % (two, two.replace(b"L1", b"L2")), lambda keys: [0]
    )
    assert (opened.count, opened.repeated, len(opened.rows)) == (2, 1, 2)


def test_a_private_key_does_not_stay_in_a_row():
    for view in (seen("sessions", ["kwh"], ["kwh"]), seen("tokens", ["valid"], ["valid"])):
        demand = Demand(fields=dict.fromkeys(view.children, WHOLE))
        sent = b'[{"country_code": "NL", "party_id": "ABC", "id": "S", "uid": "U", "type": "X", "kwh": 1, "valid": 1}]'
        for key in (module("sessions", "2.2.1").key, module("tokens", "2.2.1").key):
            rows = gate(view, demand, key=key).page(sent, lambda keys: ()).rows
            values = [getattr(row, name) for row in rows for name in row.__struct_fields__]
            assert [value for value in values if value is not None] == [1]


def test_without_a_key_repeats_are_not_detected():
    opened = gate(seen("sessions", ["kwh"]), KWH).page(b"[%s,%s]" % (SESSION, SESSION), lambda keys: [0, 1])
    assert (len(opened.rows), opened.repeated) == (2, 0)
