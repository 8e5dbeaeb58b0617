"""The schema has every field of every version, and looks fields up in the requested version first."""

from __future__ import annotations

import pytest
from support.rows import leaves

from ocpiq import schema
from ocpiq.schema import SchemaField

COUNTS = {
    "2.1.1": {"locations": 118, "sessions": 135, "cdrs": 172, "tariffs": 34, "tokens": 9},
    "2.2": {"locations": 129, "sessions": 28, "cdrs": 121, "tariffs": 49, "tokens": 16, "hubclientinfo": 5},
    "2.2.1": {"locations": 129, "sessions": 30, "cdrs": 125, "tariffs": 49, "tokens": 16, "hubclientinfo": 5},
    "2.3.0": {
        "locations": 163,
        "sessions": 34,
        "cdrs": 153,
        "tariffs": 52,
        "tokens": 16,
        "hubclientinfo": 5,
        "invoicereconciliation": 6,
        "terminals": 18,
        "financial_advice_confirmations": 14,
        "bookings": 107,
        "booking_locations": 57,
    },
}
NESTED = {"evses", "connectors"}
MODULES = [(module, version) for version in schema.VERSIONS for module in schema.modules(version)]


def fields(root: SchemaField) -> list[SchemaField]:
    return [field for child in root.children.values() for field in (child, *fields(child))]


def field_at(module: str, version: str, path: str) -> SchemaField:
    return next(field for field in fields(schema.module(module, version).root) if field.path == path)


def test_there_are_1795_fields() -> None:
    assert sum(sum(counts.values()) for counts in COUNTS.values()) == 1795


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_every_module_has_the_fields_of_its_version(version: str) -> None:
    roots = {
        name: schema.module(name, version).root
        for name in schema.platform_modules(version)
        if name not in NESTED
    }
    own = {
        name: [field for field in fields(root) if version in field.versions] for name, root in roots.items()
    }
    assert {name: len(listed) for name, listed in own.items()} == COUNTS[version]


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_statuses_are_in_every_version_and_of_no_platform(version: str) -> None:
    assert set(schema.modules(version)) - set(schema.platform_modules(version)) == {"statuses"}
    shown = {field.path for field in fields(schema.module("statuses", version).root) if field.shown}
    assert shown == {"country_code", "party_id", "location_id", "evse_uid", "by"}


@pytest.mark.parametrize(("module", "version"), MODULES)
def test_every_leaf_says_why_it_passes_or_is_blank(module: str, version: str) -> None:
    assert all(leaf.reason and not leaf.children for leaf in leaves(schema.module(module, version).root))


@pytest.mark.parametrize(("module", "version"), MODULES)
def test_containers_do_not_pass_and_paths_are_complete(module: str, version: str) -> None:
    for field in fields(schema.module(module, version).root):
        assert field.leaf or not field.shown
        for name, child in field.children.items():
            assert (child.name, child.path) == (name, f"{field.path}.{name}")


@pytest.mark.parametrize(("module", "version"), MODULES)
def test_fields_of_the_own_version_come_first(module: str, version: str) -> None:
    containers = [schema.module(module, version).root, *fields(schema.module(module, version).root)]
    for field in containers:
        own = [version in child.versions for child in field.children.values()]
        assert own == sorted(own, reverse=True)


@pytest.mark.parametrize(("module", "version"), MODULES)
def test_keys_are_fields(module: str, version: str) -> None:
    described = schema.module(module, version)
    assert described.key and set(described.key) <= {field.path for field in fields(described.root)}


@pytest.mark.parametrize(
    ("module", "version", "path", "type_", "many", "leaf", "shown"),
    [
        pytest.param("sessions", "2.2.1", "kwh", "number", False, True, False, id="a private leaf"),
        pytest.param(
            "sessions", "2.2.1", "auth_method", "AuthMethod", False, True, True, id="a leaf that passes"
        ),
        pytest.param(
            "sessions", "2.1.1", "location.evses.connectors", "Connector", True, False, False, id="2.1.1"
        ),
        pytest.param("cdrs", "2.1.1", "total_cost", "number", False, True, False, id="a number in 2.1.1"),
        pytest.param("cdrs", "2.2.1", "total_cost", "Price", False, False, False, id="a Price later"),
        pytest.param(
            "cdrs", "2.2.1", "total_cost.taxes", "TaxAmount", True, False, False, id="only in 2.3.0"
        ),
        pytest.param(
            "sessions", "2.2.1", "start_datetime", "DateTime", False, True, False, id="only in 2.1.1"
        ),
        pytest.param(
            "terminals", "2.1.1", "terminal_id", "CiString(36)", False, True, True, id="later module"
        ),
        pytest.param(
            "evses", "2.2.1", "location_id", "CiString(36)", False, True, True, id="key of the parent"
        ),
        pytest.param(
            "connectors", "2.2.1", "evse_uid", "CiString(36)", False, True, True, id="key of both parents"
        ),
    ],
)
def test_a_field_is_looked_up(
    module: str, version: str, path: str, type_: str, many: bool, leaf: bool, shown: bool
) -> None:
    field = field_at(module, version, path)
    assert (field.type, field.many, field.leaf, field.shown) == (type_, many, leaf, shown)


def test_a_leaf_has_no_fields_of_other_versions() -> None:
    assert field_at("cdrs", "2.1.1", "total_cost").children == {}
    assert list(field_at("cdrs", "2.2.1", "total_cost").children) == [
        "excl_vat",
        "incl_vat",
        "before_taxes",
        "taxes",
    ]


def test_enums_are_those_of_the_version() -> None:
    assert field_at("sessions", "2.1.1", "status").enum == ("ACTIVE", "COMPLETED", "INVALID", "PENDING")
    assert field_at("sessions", "2.2.1", "status").enum[-1] == "RESERVATION"
    assert [field_at("tokens", version, "type").open_enum for version in schema.VERSIONS] == [
        False,
        False,
        False,
        True,
    ]


def test_nested_modules_name_their_parent() -> None:
    evses, connectors = (schema.module(name, "2.2.1") for name in ("evses", "connectors"))
    assert (evses.pulled, connectors.pulled, schema.module("cdrs", "2.2.1").pulled) == (
        "locations",
        "locations",
        "cdrs",
    )
    assert connectors.part is not None and connectors.part.path == ("evses", "connectors")
    assert list(connectors.root.children)[:4] == ["country_code", "party_id", "location_id", "evse_uid"]


def test_an_unknown_module_or_version_is_a_key_error() -> None:
    for module, version in (("session", "2.2.1"), ("sessions", "3.0")):
        with pytest.raises(KeyError):
            schema.module(module, version)
