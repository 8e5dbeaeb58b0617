"""Fields that only another OCPI version has: an error that names the field of this version, unless they are quoted."""

from __future__ import annotations

import pytest

import ocpiq
from ocpiq.errors import OtherVersionError
from ocpiq.schema import VERSIONS, module, modules
from ocpiq.schema.counterparts import lines
from ocpiq.schema.fields import SchemaField
from ocpiq.schema.version_fields import counterpart
from ocpiq.sources.memory_source import MemorySource

MIXED = 'if the platform sends it all the same: pass "{}"'

WRONG = [
    ("2.2.1", "cdrs pass stop_date_time", "cdrs.stop_date_time", "2.1.1", "end_date_time"),
    ("2.2.1", "cdrs pass . | .stop_date_time", "cdrs.stop_date_time", "2.1.1", "end_date_time"),
    ("2.2.1", "cdrs only stop_date_time", "cdrs.stop_date_time", "2.1.1", "end_date_time"),
    (
        "2.2.1",
        "cdrs pass . | aggregate count(.stop_date_time)",
        "cdrs.stop_date_time",
        "2.1.1",
        "end_date_time",
    ),
    ("2.2.1", "cdrs pass . | {stop_date_time}", "cdrs.stop_date_time", "2.1.1", "end_date_time"),
    ("2.2.1", "(cdrs pass .) as {stop_date_time: $t} | $t", "cdrs.stop_date_time", "2.1.1", "end_date_time"),
    ("2.2.1", 'cdrs pass . | .["stop_date_time"]', "cdrs.stop_date_time", "2.1.1", "end_date_time"),
    ("2.2.1", "[cdrs pass .] | map(.stop_date_time)", "cdrs.stop_date_time", "2.1.1", "end_date_time"),
    ("2.2.1", "tokens pass . | sort by .auth_id", "tokens.auth_id", "2.1.1", "contract_id"),
    ("2.2.1", "sessions | .auth_id", "sessions.auth_id", "2.1.1", "cdr_token.contract_id"),
    ("2.2.1", "locations | .type", "locations.type", "2.1.1", "parking_type"),
    ("2.2.1", "connectors | .voltage", "connectors.voltage", "2.1.1", "max_voltage"),
    (
        "2.2.1",
        "cdrs pass . | .total_cost.before_taxes",
        "cdrs.total_cost.before_taxes",
        "2.3.0",
        "total_cost.excl_vat",
    ),
    ("2.2.1", "locations | .help_phone", "locations.help_phone", "2.3.0", ""),
    ("2.1.1", "cdrs pass end_date_time", "cdrs.end_date_time", "2.2, 2.2.1, 2.3.0", "stop_date_time"),
    ("2.1.1", "sessions | .cdr_token.uid", "sessions.cdr_token", "2.2, 2.2.1, 2.3.0", ""),
    (
        "2.3.0",
        "cdrs pass . | .total_cost.excl_vat",
        "cdrs.total_cost.excl_vat",
        "2.2, 2.2.1",
        "total_cost.before_taxes",
    ),
]


@pytest.mark.parametrize(
    ("version", "query", "field", "versions", "instead"), WRONG, ids=[case[1] for case in WRONG]
)
def test_is_an_error_that_names_the_field_of_this_version(
    version: str, query: str, field: str, versions: str, instead: str
) -> None:
    with pytest.raises(OtherVersionError) as caught:
        ocpiq.compile(query, version=version)
    assert caught.value.message == f"{field} is a field of OCPI {versions}, not of {version}"
    mixed = MIXED.format(field.partition(".")[2])
    assert caught.value.hint == (f"write {instead}; {mixed}" if instead else mixed)
    assert caught.value.exit_code == 3 and caught.value.span is not None


RIGHT = [
    "cdrs pass . | .stop_date_time?",
    "cdrs pass . | try .stop_date_time catch 0",
    "cdrs pass . | .stop_date_time // .end_date_time",
    'cdrs pass "stop_date_time" | .stop_date_time',
    'cdrs pass ., "stop_date_time" | {stop_date_time}',
    'sessions pass "location" | .location.id',
    'sessions pass "location.id" | .location.id',
    "connectors pass . | power_kw",
    "cdrs pass total_cost | .total_cost | excl_vat",
]


@pytest.mark.parametrize("query", RIGHT)
def test_is_none_where_it_may_be_missing_or_is_quoted(query: str) -> None:
    ocpiq.compile(query, version="2.2.1")


def test_the_quoted_name_reads_what_the_platform_sends() -> None:
    source = MemorySource([{"id": "1", "stop_date_time": "2026-01-01T00:00:00Z"}], "2.2.1")
    query = ocpiq.compile('cdrs pass "stop_date_time" | .stop_date_time')
    assert list(query.run(sources=source)) == ["2026-01-01T00:00:00Z"]


def test_without_a_version_the_one_of_the_sources_counts() -> None:
    query = ocpiq.compile("cdrs pass stop_date_time | .stop_date_time")
    objects = [{"id": "1", "stop_date_time": "2026-01-01T00:00:00Z"}]
    assert list(query.run(sources=MemorySource(objects, "2.1.1"))) == ["2026-01-01T00:00:00Z"]
    with pytest.raises(OtherVersionError):
        next(query.run(sources=MemorySource(objects, "2.2.1")))


def every_field(field: SchemaField) -> list[SchemaField]:
    return [field, *(inner for child in field.children.values() for inner in every_field(child))]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_of_a_version_can_be_read_without_quotes(version: str) -> None:
    for name in modules(version):
        for field in every_field(module(name, version).root):
            if field.path and version in field.versions:
                ocpiq.compile(f"{name} only {field.path}", version=version)


def test_each_name_in_the_table_is_a_field_of_its_type() -> None:
    fields = [
        field
        for name in modules()
        for version in VERSIONS
        for field in every_field(module(name, version).root)
    ]
    for type_, names in lines():
        parents = [field for field in fields if field.type == type_]
        own = [name for name in dict.fromkeys(names) if name[0] not in "-@"]
        for name in own if len(own) > 1 else ():
            assert any(counterpart(parent, name, version) for parent in parents for version in VERSIONS)
