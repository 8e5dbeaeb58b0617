"""The gate: what is shown of a value of every shape, as tables."""

from __future__ import annotations

import pytest
from support.json_texts import listed
from support.rows import careful_only, leaves, needs, plain, seen

from ocpiq import schema
from ocpiq.gate import gate
from ocpiq.privacy.view import ViewNode, view
from ocpiq.schema import SchemaField
from ocpiq.values.blank import BLANK


def whole(raw: bytes, module: str = "sessions", version: str = "2.2.1", **clauses: list[str]) -> object:
    """Return one object as it leaves the gate when all of it is read; both decoders must agree."""
    view, page = seen(module, version=version, **clauses), listed([raw])
    opened = gate(view, needs(".")).page(page)
    with careful_only():
        careful = gate(view, needs(".")).page(page)
    assert (opened.count, len(opened.rows)) == (1, 1)
    assert plain(opened.rows[0]) == plain(careful.rows[0])
    return opened.rows[0]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b'{"kwh":1}', {"kwh": BLANK}, id="private: a number"),
        pytest.param(b'{"kwh":null}', {"kwh": BLANK}, id="private: null"),
        pytest.param(b'{"kwh":{"a":1}}', {"kwh": BLANK}, id="private: an object"),
        pytest.param(b'{"kwh":[1]}', {"kwh": BLANK}, id="private: a list"),
        pytest.param(b"{}", {}, id="nothing"),
        pytest.param(b'{"id":"a"}', {"id": "a"}, id="passes: a string"),
        pytest.param(b'{"id":37}', {"id": 37}, id="passes: a number"),
        pytest.param(b'{"id":null}', {"id": None}, id="passes: null"),
        pytest.param(b'{"id":["a",null,2,true]}', {"id": ["a", None, 2, True]}, id="passes: a list of scalars"),
        pytest.param(b'{"id":[]}', {"id": []}, id="passes: an empty list"),
        pytest.param(b'{"id":{"a":1}}', {"id": BLANK}, id="passes, but an object"),
        pytest.param(b'{"id":[["a"]]}', {"id": BLANK}, id="passes, but a list in a list"),
        pytest.param(b'{"id":["a",{}]}', {"id": BLANK}, id="passes, but an object in a list"),
        pytest.param(b'{"cdr_token":null}', {"cdr_token": None}, id="container: null"),
        pytest.param(b'{"cdr_token":"x"}', {"cdr_token": BLANK}, id="container: a scalar"),
        pytest.param(b'{"cdr_token":{}}', {"cdr_token": {}}, id="container: empty"),
        pytest.param(b'{"cdr_token":{"uid":1,"y":2}}', {"cdr_token": {"uid": BLANK}}, id="container: unknown inside"),
        pytest.param(b'{"cdr_token":[{"uid":1},null,5,[{"type":"RFID"}]]}', {
            "cdr_token": [{"uid": BLANK}, None, BLANK, [{"type": "RFID"}]]
        }, id="container: a list"),
        pytest.param(b'{"tariffs":{"id":"t"}}', {}, id="a field of another module"),
        pytest.param(b'{"charging_periods":{"x":1}}', {"charging_periods": {}}, id="list: an object"),
        pytest.param(b'{"charging_periods":[]}', {"charging_periods": []}, id="list: empty"),
        pytest.param(b'{"charging_periods":[null]}', {"charging_periods": [None]}, id="list: null inside"),
        pytest.param(b'{"total_cost":5.5}', {"total_cost": BLANK}, id="a Price that is a number"),
        pytest.param(b'{"x":1,"start_date_time ":2}', {}, id="unknown fields"),
        pytest.param(b'{"start_datetime":1}', {"start_datetime": BLANK}, id="a field of another version"),
        pytest.param(b'{"id":1,"id":2}', {"id": 2}, id="a key twice: the last"),
        pytest.param(b'{"id":{},"id":2}', {"id": 2}, id="a key twice: the first of a wrong shape"),
        pytest.param(b'{"\\u0069d":2}', {"id": 2}, id="a key with escapes"),
    ],
)  # fmt: skip
def test_by_default(raw: bytes, expected: object) -> None:
    assert whole(raw) == expected


def test_keys_are_in_schema_order() -> None:
    row = whole(
        b'{"status":"A","kwh":1,"x":1,"cdr_token":{"type":"RFID","uid":"u"},"id":"i","start_datetime":"s"}'
    )
    assert isinstance(row, dict)
    assert list(row) == ["id", "kwh", "cdr_token", "status", "start_datetime"]
    assert list(row["cdr_token"]) == ["uid", "type"]


TOKEN = {"z": 1, "uid": "u", "type": "RFID"}


@pytest.mark.parametrize(
    ("clauses", "expected"),
    [
        pytest.param({"passed": ["kwh"]}, {"kwh": 1, "cdr_token": {"uid": BLANK, "type": "RFID"}}, id="a leaf"),
        pytest.param({"passed": ["cdr_token"]}, {"kwh": BLANK, "cdr_token": TOKEN}, id="all of it"),
        pytest.param({"only": ["cdr_token.uid"]}, {"cdr_token": {"uid": "u"}}, id="only"),
        pytest.param({"only": ["id"]}, {}, id="only a missing field"),
        pytest.param({"only": ['"x"']}, {"x": [{"y": 1}]}, id="a vendor's"),
        pytest.param({"only": ['"x.y"']}, {"x": [{"y": 1}]}, id="a vendor's, deep"),
        pytest.param({"passed": ["."]}, {"x": [{"y": 1}], "kwh": 1, "cdr_token": TOKEN}, id="."),
    ],
)  # fmt: skip
def test_passed(clauses: dict[str, list[str]], expected: object) -> None:
    assert (
        whole(b'{"x":[{"y":1}],"kwh":1,"cdr_token":{"z":1,"uid":"u","type":"RFID"}}', **clauses) == expected
    )


@pytest.mark.parametrize("sent", [b"5", b'"a"', b"null", b'{"a":[{}]}', b"[[1]]"])
def test_a_passed_field_is_as_sent_in_any_shape(sent: bytes) -> None:
    rows = [
        whole(b'{"%s":%s}' % (name, sent), passed=["kwh", "cdr_token"]) for name in (b"kwh", b"cdr_token")
    ]
    as_sent = whole(b'{"a":%s}' % sent, passed=["."])
    assert [plain(row) for row in rows] == [plain({"kwh": as_sent["a"]}), plain({"cdr_token": as_sent["a"]})]  # type: ignore[index]


def test_a_scalar_in_place_of_a_container_that_passes_is_shown() -> None:
    row = whole(b'{"evses":[{"parking":["P1",null,{"parking_id":"P2"}]}]}', "locations", "2.3.0")
    assert row == {"evses": [{"parking": ["P1", None, {"parking_id": "P2"}]}]}


# ---------------------------------------------------------------- totality


EVERY = [(module, version) for version in schema.VERSIONS for module in schema.modules(version)]
SHAPES = [
    b"5",
    b"1.5",
    b'"s"',
    b"true",
    b"null",
    b'{"a":1}',
    b"[]",
    b"[1]",
    b'[{"a":1}]',
    b"[[1]]",
    b"NaN",
    b'"\xff"',
]


def filled(field: SchemaField, leaf: bytes, many: bool) -> bytes:
    """Return an object with every field; with `many`, containers are lists, else objects."""
    sent = [
        b'"%s":%s' % (name.encode(), leaf if child.leaf else filled(child, leaf, many))
        for name, child in field.children.items()
    ]
    return b"[{%s}]" % b",".join(sent) if many and field.path else b"{%s}" % b",".join(sent)


def disclosed(node: ViewNode, shown: object) -> list[str]:
    """Return the paths at which the gate shows a value that the view does not."""
    if isinstance(shown, list) and node.visibility == "container":
        return [path for item in shown for path in disclosed(node, item)]
    if node.visibility == "container":
        assert isinstance(shown, dict), node.blank.path
        assert list(shown) == list(node.children)
        return [path for name, value in shown.items() for path in disclosed(node.children[name], value)]
    is_scalar = not isinstance(shown, dict) and not (
        isinstance(shown, list) and any(isinstance(item, list | dict) for item in shown)
    )
    is_allowed = shown is node.blank or (node.visibility == "plain" and is_scalar)
    return [] if is_allowed else [node.blank.path]


@pytest.mark.parametrize(
    ("module", "version"), [entry for entry in EVERY if entry[0] not in ("evses", "connectors")]
)
def test_every_leaf_is_blank_unless_it_passes_whatever_its_shape(module: str, version: str) -> None:
    schema_module = schema.module(module, version)
    shown = view(schema_module, [])
    opening = gate(shown, needs("."))
    for many in (True, False):
        page = listed([filled(schema_module.root, shape, many) for shape in SHAPES])
        rows = opening.page(page).rows
        assert len(rows) == len(SHAPES)
        assert [path for row in rows for path in disclosed(shown, row)] == []


@pytest.mark.parametrize(
    ("module", "version"), [("sessions", "2.2.1"), ("cdrs", "2.1.1"), ("tariffs", "2.3.0")]
)
def test_every_scalar_in_place_of_a_container_is_blank(module: str, version: str) -> None:
    schema_module = schema.module(module, version)
    shown = view(schema_module, [])
    containers = {name: node for name, node in shown.children.items() if node.visibility == "container"}
    row = whole(b"{%s}" % b",".join(b'"%s":"x"' % name.encode() for name in containers), module, version)
    assert isinstance(row, dict)
    assert {name: value == BLANK for name, value in row.items()} == {
        n: not c.scalars for n, c in containers.items()
    }


def test_every_passed_leaf_is_shown() -> None:
    for leaf in leaves(schema.module("sessions", "2.2.1").root):
        row = whole(filled(schema.module("sessions", "2.2.1").root, b'"S"', many=True), only=[leaf.path])
        for name in leaf.path.split("."):
            row = (row[0] if isinstance(row, list) else row)[name]  # type: ignore[index]
        assert row == "S"


# ---------------------------------------------------------------- rows of a few fields


def test_a_row_holds_what_is_read_by_its_slots() -> None:
    opening = gate(
        seen("sessions", ["kwh"]), needs("id", "kwh", "cdr_token.uid", "charging_periods.tariff_id", "x")
    )
    page = b'[{"id":"a","kwh":1,"charging_periods":[{"tariff_id":"t"},null,5]},{"cdr_token":{"uid":1}}]'
    first, second = opening.page(page).rows
    shape = opening.shape
    assert shape is not None
    assert type(first) is type(second) is shape.cls

    def read(row: object, *keys: str) -> object:
        slots = shape.slots
        for key in keys:
            row, slots = getattr(row, slots[key].attribute), (slots[key].shape or shape).slots
        return row

    assert [read(first, key) for key in ("id", "kwh", "cdr_token", "x")] == ["a", 1, None, None]
    periods = read(first, "charging_periods")
    inner = shape.slots["charging_periods"].shape
    assert isinstance(periods, list) and inner is not None
    assert [type(item) is inner.cls for item in periods] == [True, False, False]
    assert (getattr(periods[0], inner.slots["tariff_id"].attribute), periods[1:]) == ("t", [None, BLANK])
    assert read(second, "cdr_token", "uid") == BLANK
    assert [read(second, key) for key in ("id", "charging_periods")] == [None, None]


def test_a_value_of_another_shape_is_whole() -> None:
    opening = gate(seen("sessions"), needs("charging_periods.tariff_id"))
    row = opening.page(b'{"charging_periods":{"tariff_id":"t","start_date_time":1}}').rows[0]
    assert opening.shape is not None
    slot = opening.shape.slots["charging_periods"]
    assert getattr(row, slot.attribute) == {"start_date_time": BLANK, "tariff_id": "t"}
