"""Objects of one OCPI version, read in the form of another: every field of the table, in both directions."""

from __future__ import annotations

import re
from itertools import permutations
from typing import Any

import pytest

import ocpiq
from ocpiq import sources
from ocpiq.errors import CompileError
from ocpiq.privacy.view import descendants
from ocpiq.schema import VERSIONS, SchemaField, module
from ocpiq.schema.counterparts import Counterpart, counterparts, lines

MODULES = ("sessions", "cdrs", "locations", "evses", "connectors", "tariffs", "tokens")
PAIRS = list(permutations(VERSIONS, 2))
CASES = [
    pytest.param(name, *pair, id=f"{name} {pair[0]} from {pair[1]}") for name in MODULES for pair in PAIRS
]


def leaves(name: str, version: str) -> list[SchemaField]:
    """The fields of a version that have no fields."""
    return [
        field for field in descendants(module(name, version).root) if field.leaf and version in field.versions
    ]


def marker(path: tuple[str, ...]) -> str:
    """The value of a field: no other field has it."""
    return f"<{'.'.join(path)}>"


def own_object(field: SchemaField, version: str, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object of a version with every field, and one item in each list."""
    sent: dict[str, Any] = {}
    for name, child in field.children.items():
        if version in child.versions:
            inner = (*path, name)
            value = marker(inner) if child.leaf else own_object(child, version, inner)
            sent[name] = [value] if child.many else value
    return sent


def at(value: object, path: str) -> object:
    """The value at a path, through lists with one item; `...` if there is none."""
    for name in path.split("."):
        value = value[0] if isinstance(value, list) else value
        if not isinstance(value, dict) or name not in value:
            return ...
        value = value[name]
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def read(text: str, name: str, version: str, own: str, sent: dict[str, Any] | None = None) -> Any:
    """The only result of a query in the form of `version` on one object of version `own`."""
    pulled = module(name, own).pulled
    sent = own_object(module(pulled, own).root, own) if sent is None else sent
    objects = sources.memory({name: [sent]}, own)
    (result,) = ocpiq.compile(text, as_version=version).run(sources=objects)
    return result


def own_path(name: str, counterpart: Counterpart) -> tuple[str, ...]:
    """The path of a counterpart from the objects that a platform lists."""
    nested = module(name, "2.2.1").part
    assert counterpart.path is not None
    if nested is None:
        return counterpart.path
    return nested.keys.get(counterpart.path[0], (*nested.path, *counterpart.path))


def moved(name: str, version: str, own: str) -> dict[str, tuple[SchemaField, Counterpart]]:
    """The fields of a version that have a counterpart among the fields of another, with it."""
    found = counterparts(name, version, own)
    return {
        field.path: (field, found[field.path])
        for field in leaves(name, version)
        if field.path in found and not found[field.path].party
    }


@pytest.mark.parametrize(("name", "version", "own"), CASES)
def test_each_field_has_the_value_of_its_counterpart(name: str, version: str, own: str) -> None:
    result = read(f"{name} pass .", name, version, own)
    fields = moved(name, version, own)
    for path, (_, counterpart) in fields.items():
        assert at(result, path) == marker(own_path(name, counterpart)), path
    for field in leaves(name, version):
        assert (at(result, field.path) is not ...) == (field.path in fields), field.path


@pytest.mark.parametrize(("name", "version", "own"), CASES)
def test_a_field_is_blanked_unless_it_passes_by_default_in_both_forms(
    name: str, version: str, own: str
) -> None:
    result = read(name, name, version, own)
    for path, (field, counterpart) in moved(name, version, own).items():
        assert counterpart.field is not None
        shown = field.shown and counterpart.field.shown
        assert at(result, path) == (marker(own_path(name, counterpart)) if shown else ocpiq.BLANK), path


def renamed(name: str, version: str, own: str) -> list[str]:
    """The fields with another path in the other version."""
    return [
        path
        for path, (_, counterpart) in moved(name, version, own).items()
        if counterpart.path != tuple(path.split("."))
    ]


@pytest.mark.parametrize(("name", "version", "own"), CASES)
def test_passing_a_field_passes_its_counterpart_and_no_sibling(name: str, version: str, own: str) -> None:
    fields = moved(name, version, own)
    for path in renamed(name, version, own) or list(fields)[:3]:
        result = read(f"{name} only {path}", name, version, own)
        assert repr(result).count("<") == 1, (path, result)
        assert at(result, path) == marker(own_path(name, fields[path][1]))
        assert read(f"{name} only {path} as present", name, version, own)


@pytest.mark.parametrize(("name", "version", "own"), CASES)
def test_a_field_without_a_counterpart_is_an_error_that_names_the_versions(
    name: str, version: str, own: str
) -> None:
    found = counterparts(name, version, own)
    lacking = [field.path for field in leaves(name, version) if field.path not in found]
    for path in lacking:
        for text in (f"{name} pass {path}", f'{name} pass "{path}"', f"{name} only {path} as present"):
            with pytest.raises(CompileError) as caught:
                read(text, name, version, own)
            expected = rf"{name}\.(\S+) of OCPI {version} has no counterpart in OCPI {own}"
            named = re.fullmatch(expected, str(caught.value.message))
            assert named is not None
            assert f"{path}.".startswith(f"{named[1]}.")
            assert "leave out --as" in str(caught.value.hint)


def test_each_line_of_the_table_is_a_field_of_its_versions() -> None:
    """A line that no object has would be silently useless."""
    types = {field.type for name in MODULES for version in VERSIONS for field in every(name, version)}
    for type_, names in lines():
        assert type_ in types
        assert len(names) == 3


def every(name: str, version: str) -> list[SchemaField]:
    root = module(name, version).root
    return [root, *descendants(root)]


CDR = {
    "id": "1",
    "stop_date_time": "2026-01-31T10:00:00Z",
    "auth_id": "NL-MSP-1",
    "total_cost": 3.5,
    "location": {"id": "L", "evses": [{"uid": "E", "connectors": [{"id": "1"}]}]},
}


@pytest.mark.parametrize("evses", [[], [{"uid": "E"}, {"uid": "F"}], None, "x", {}])
def test_of_several_embedded_evses_none_is_the_one(evses: object) -> None:
    sent = CDR | {"location": {"id": "L", "evses": evses}}
    assert read("cdrs pass . | .cdr_location", "cdrs", "2.2.1", "2.1.1", sent) == {"id": "L"}


def test_an_embedded_evse_may_come_without_its_list() -> None:
    sent = CDR | {"location": {"id": "L", "evses": {"uid": "E"}}}
    result = read("cdrs pass . | .cdr_location", "cdrs", "2.2.1", "2.1.1", sent)
    assert result == {"id": "L", "evse_uid": "E"}


def test_an_amount_that_a_platform_sends_as_an_object_is_a_blank() -> None:
    """The object has other amounts, which nobody passed."""
    sent = CDR | {"total_cost": {"excl_vat": 1, "incl_vat": 2}}
    result = read("cdrs pass total_cost.excl_vat | .total_cost", "cdrs", "2.2.1", "2.1.1", sent)
    assert result == {"excl_vat": ocpiq.BLANK}


@pytest.mark.parametrize(
    ("sent", "expected"), [(["a"], "a"), ([], None), (["a", "b"], None), (None, None), ("a", "a")]
)
def test_several_tariffs_are_none(sent: object, expected: object) -> None:
    location = {"id": "L", "evses": [{"uid": "E", "connectors": [{"id": "1", "tariff_ids": sent}]}]}
    assert read("connectors | .tariff_id", "connectors", "2.1.1", "2.2.1", location) == expected


def test_a_sum_that_the_other_version_does_not_have_is_absent() -> None:
    sent = {"id": "1", "total_cost": {"before_taxes": 2, "taxes": [{"name": "VAT", "amount": 0.4}]}}
    result = read("cdrs pass total_cost | .total_cost", "cdrs", "2.2.1", "2.3.0", sent)
    assert result == {"excl_vat": 2}
    assert read("cdrs pass . | .total_cost.incl_vat?", "cdrs", "2.2.1", "2.3.0", sent) is None
    assert read("cdrs pass . | .total_cost.incl_vat // 0", "cdrs", "2.2.1", "2.3.0", sent) == 0


def test_a_treatment_applies_to_the_counterpart() -> None:
    text = (
        "cdrs pass end_date_time as month, total_cost.excl_vat as rounded(2) | [.end_date_time, .total_cost]"
    )
    assert read(text, "cdrs", "2.2.1", "2.1.1", CDR) == ["2026-01", {"excl_vat": 2}]


@pytest.mark.parametrize(("period", "count"), [("2026-01", 1), ("2026-02", 0)])
def test_a_window_reads_the_fields_of_the_platform(period: str, count: int) -> None:
    objects = sources.memory({"cdrs": [CDR]}, "2.1.1")
    query = ocpiq.compile(f"cdrs during {period} only id | .id", as_version="2.2.1")
    assert len(list(query.run(sources=objects))) == count


def test_a_vendors_field_is_read_where_the_platform_has_its_object() -> None:
    sent = CDR | {"x_depot": {"name": "D"}, "location": {"id": "L", "x_site": "S"}}
    text = 'cdrs only "x_depot.name", "cdr_location.x_site"'
    assert read(text, "cdrs", "2.2.1", "2.1.1", sent) == {
        "cdr_location": {"x_site": "S"},
        "x_depot": {"name": "D"},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('cdrs pass "auth_id"', "cdrs.auth_id is a field of OCPI 2.1.1, not of 2.2.1"),
        ('cdrs pass "cdr_location.owner"', "cdrs.cdr_location.owner of OCPI 2.2.1 has no counterpart"),
        ('cdrs pass "cdr_token.x"', "cdrs.cdr_token.x of OCPI 2.2.1 has no counterpart"),
        ("cdrs | .stop_date_time", "cdrs.stop_date_time is a field of OCPI 2.1.1, not of 2.2.1"),
        ("cdrs | .session_id", "cdrs.session_id of OCPI 2.2.1 has no counterpart in OCPI 2.1.1"),
        ("cdrs pass country_code", "cdrs.country_code of OCPI 2.2.1 has no counterpart in OCPI 2.1.1"),
        ("cdrs net | aggregate count", "net reads cdrs.credit, which has no counterpart in OCPI 2.1.1"),
        ("hubclientinfo", "OCPI 2.1.1 has no module hubclientinfo"),
    ],
)
def test_a_name_of_the_platforms_own_form_is_not_a_way_around(text: str, message: str) -> None:
    with pytest.raises(CompileError) as caught:
        read(text, text.split(maxsplit=1)[0], "2.2.1", "2.1.1", CDR)
    assert str(caught.value.message).startswith(message)


def test_the_owner_is_a_blank_unless_the_login_knows_it() -> None:
    assert read("cdrs only id, auth_method | keys", "cdrs", "2.2.1", "2.1.1", CDR) == ["id"]
    assert read("cdrs | [.country_code, .party_id]", "cdrs", "2.2.1", "2.1.1", CDR) == [ocpiq.BLANK] * 2
    assert "country_code" not in read("cdrs pass .", "cdrs", "2.2.1", "2.1.1", CDR)


def test_the_query_itself_may_name_the_form() -> None:
    text = 'module {ocpi: "2.2.1"}; cdrs only end_date_time | .end_date_time'
    objects = sources.memory({"cdrs": [CDR]}, "2.1.1")
    assert list(ocpiq.compile(text).run(sources=objects)) == [CDR["stop_date_time"]]
    same = sources.memory({"cdrs": [{"end_date_time": "x"}]}, "2.2.1")
    assert list(ocpiq.compile(text).run(sources=same)) == ["x"]
    with pytest.raises(CompileError, match="ocpi in the metadata is not an OCPI version"):
        ocpiq.compile('module {ocpi: "2.0"}; cdrs')


def test_sources_of_different_versions_can_be_joined_in_one_form() -> None:
    objects = sources.memory({"cdrs": [CDR]}, "2.1.1") | sources.memory({"locations": [{"id": "L"}]}, "2.3.0")
    text = "cdrs only cdr_location.id | join locations as $l on $l.id == .cdr_location.id | $l.id"
    assert list(ocpiq.compile(text, as_version="2.2.1").run(sources=objects)) == ["L"]
