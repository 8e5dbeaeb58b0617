"""Keys leave the gate as hashes: equal for the same object, whatever of it is shown and however it is read."""

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
READS = {
    "narrow": (KWH, ["kwh"]),
    "its key passed": (Demand(fields={"id": WHOLE, "party_id": WHOLE}), ["id", "party_id"]),
    "its key blank": (Demand(fields={"id": Demand()}), []),
    "dicts": (WHOLE, []),
    "everything": (WHOLE, ["."]),
    "nested": (NESTED, ["total_cost"]),
}
ONE = b'{"country_code": "NL", "party_id": "ABC", "id": "S1", "kwh": 1}'


class Heard:
    """The sealed keys of pages."""

    def __init__(self, name: str, need: Demand, passed: list[str], version: str = "2.2.1") -> None:
        found = module(name, version)
        self.key = module(found.pulled, version).key
        self.view, self.need = seen(name, passed), need

    def of(self, *objects: bytes) -> list[int | None]:
        keys: list[int | None] = []
        gate(self.view, self.need, key=self.key).page(
            b"[%s]" % b",".join(objects), lambda found: keys.extend(found) or ()
        )
        return keys


SAME = {
    "other case": b'{"country_code": "nl", "party_id": "Abc", "id": "s1"}',
    "another order, other fields": b'{"id": "S1", "kwh": [3], "x": null, "party_id": "ABC", "country_code": "NL"}',
    "escaped": rb'{"country_code": "\u004eL", "party_id": "ABC", "id": "S\u0031"}',
    "a key that occurs twice": b'{"id": 7, "country_code": "NL", "party_id": "ABC", "id": "S1"}',
    "NaN in it": b'{"country_code": "NL", "party_id": "ABC", "id": "S1", "x": NaN}',
    "a lone surrogate in it": rb'{"country_code": "NL", "party_id": "ABC", "id": "S1", "x": "\ud800"}',
}
OTHER = {
    "another id": b'{"country_code": "NL", "party_id": "ABC", "id": "S2"}',
    "another owner": b'{"country_code": "NL", "party_id": "ABD", "id": "S1"}',
    "no owner": b'{"id": "S1"}',
}
NONE = {
    "no id": b'{"country_code": "NL", "party_id": "ABC"}',
    "an empty id": b'{"country_code": "NL", "party_id": "ABC", "id": ""}',
    "an id that is none": b'{"country_code": "NL", "party_id": "ABC", "id": {"id": "S1"}}',
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("sent", SAME.values(), ids=SAME)
def test_one_object_has_one_key(read, sent):
    first, second = Heard("sessions", *READS[read]).of(ONE, sent)
    assert first == second


@pytest.mark.parametrize("read", READS)
def test_different_objects_have_different_keys(read):
    keys = Heard("sessions", *READS[read]).of(ONE, *OTHER.values())
    assert len(set(keys)) == 1 + len(OTHER)


@pytest.mark.parametrize(
    "sent", [*SAME.values(), *OTHER.values(), *NONE.values(), b'{"id": 37}', b'{"id": 37.0}', b"{}"]
)
def test_a_key_is_the_same_on_every_way(sent):
    keys = {Heard("sessions", *read).of(sent)[0] for read in READS.values()}
    assert len(keys) == 1


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("sent", NONE.values(), ids=NONE)
def test_an_object_without_a_key_has_none(read, sent):
    """What it holds beside is not looked at instead."""
    assert Heard("sessions", *READS[read]).of(sent, ONE)[0] is None


def test_repeats_are_left_out_in_their_places():
    for need, passed in READS.values():
        opened = gate(seen("sessions", passed), need, key=module("sessions", "2.2.1").key).page(
            b"[%s, 7, %s, %s]" % (OTHER["another id"], ONE, OTHER["another owner"]), lambda keys: [1]
        )
        assert (opened.count, opened.repeated, len(opened.rows), opened.bad) == (4, 1, 2, (1,))
        opened = gate(seen("sessions", passed), need, key=module("sessions", "2.2.1").key).page(
            b"[%s, %s]" % (OTHER["another id"], ONE), lambda keys: [0]
        )
        assert (opened.count, opened.repeated, len(opened.rows), opened.bad) == (2, 1, 1, ())


@pytest.mark.parametrize(
    "need", [WHOLE, Demand(fields={"uid": WHOLE, "location_id": WHOLE})], ids=["dicts", "narrow"]
)
def test_parts_have_the_key_of_the_object_that_holds_them(need):
    holder = {"country_code": "NL", "party_id": "ABC", "id": "L1"}
    two = json.dumps(holder | {"evses": [{"uid": "1"}, {"uid": "2"}]}).encode()
    bare = json.dumps(holder).encode()
    keys = Heard("evses", need, ["uid"]).of(two, bare)
    assert keys[0] == keys[1]
    assert Heard("locations", WHOLE, []).of(bare)[0] == keys[0]
    opened = gate(seen("evses", []), need, key=("country_code", "party_id", "id")).page(
        b"[%s, %s]" % (two, two.replace(b"L1", b"L2")), lambda keys: [0]
    )
    assert (opened.count, opened.repeated, len(opened.rows)) == (2, 1, 2)


def test_no_key_stays_in_a_row_that_may_not_show_it():
    for view in (seen("sessions", ["kwh"], ["kwh"]), seen("tokens", ["valid"], ["valid"])):
        need = Demand(fields=dict.fromkeys(view.children, WHOLE))
        sent = b'[{"country_code": "NL", "party_id": "ABC", "id": "S", "uid": "U", "type": "X", "kwh": 1, "valid": 1}]'
        for key in (module("sessions", "2.2.1").key, module("tokens", "2.2.1").key):
            rows = gate(view, need, key=key).page(sent, lambda keys: ()).rows
            held = [getattr(row, name) for row in rows for name in row.__struct_fields__]
            assert [value for value in held if value is not None] == [1]


def test_without_a_key_nothing_is_asked():
    opened = gate(seen("sessions", ["kwh"]), KWH).page(b"[%s,%s]" % (ONE, ONE), lambda keys: [0, 1])
    assert (len(opened.rows), opened.repeated) == (2, 0)
