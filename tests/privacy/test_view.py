"""The view that `pass` and `only` make of the schema, or the error with the nearest field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rows import NOWHERE, clauses, leaves, seen

from ocpiq import schema
from ocpiq.errors import CompileError, Span
from ocpiq.language import tree
from ocpiq.privacy.treatments import suitable
from ocpiq.privacy.view import ViewNode, view


def visibilities(node: ViewNode, prefix: str = "") -> dict[str, str]:
    """Return the visibility of every field in the view by path; fields below a shown one are left out."""
    result = {}
    for name, child in node.children.items():
        result[f"{prefix}{name}"] = child.visibility
        if child.visibility == "container":
            result |= visibilities(child, f"{prefix}{name}.")
    return result


TOKEN = {"cdr_token": "container", "cdr_token.uid": "shown"}


@pytest.mark.parametrize(
    ("passed", "only", "expected"),
    [
        pytest.param([], ["id", "kwh"], {"id": "shown", "kwh": "shown"}, id="only these"),
        pytest.param(["kwh"], ["id"], {"id": "shown", "kwh": "shown"}, id="only and pass add up"),
        pytest.param([], ["kwh", "id"], {"id": "shown", "kwh": "shown"}, id="in schema order"),
        pytest.param([], ["cdr_token.uid"], TOKEN, id="a path through a container"),
        pytest.param(["cdr_token"], ["cdr_token.uid"], {"cdr_token": "shown"}, id="overlapping"),
        pytest.param([], [".kwh"], {"kwh": "shown"}, id="a leading dot"),
        pytest.param(
            [], ['"x_depot.name"'], {"x_depot": "container", "x_depot.name": "shown"}, id="a vendor's"
        ),
        pytest.param(
            [], ['"x_b"', '"x_a"', "id"], {"id": "shown", "x_a": "shown", "x_b": "shown"}, id="vendors last"
        ),
        pytest.param(
            [], ['"cdr_token.x"'], {"cdr_token": "container", "cdr_token.x": "shown"}, id="vendor inside"
        ),
        pytest.param([], ['"kwh"'], {"kwh": "shown"}, id="a known field in quotes"),
        pytest.param(
            [],
            ["location.name"],
            {"location": "container", "location.name": "shown"},
            id="of another version",
        ),
    ],
)
def test_only_shows(passed: list[str], only: list[str], expected: dict[str, str]) -> None:
    assert list(visibilities(seen("sessions", passed, only)).items()) == list(expected.items())


@pytest.mark.parametrize(
    "passed", [["."], [".", "kwh"], ["kwh", "."], ["cdr_token", ".", "cdr_token.uid"]], ids=str
)
def test_a_dot_passes_everything(passed: list[str]) -> None:
    root = seen("sessions", passed)
    assert root.visibility == "shown"
    unknown = root.child("x_unknown")
    assert unknown is not None and unknown.visibility == "shown"


def test_a_passed_container_shows_its_unknown_fields_and_others_leave_them_out() -> None:
    root = seen("sessions", ["cdr_token"])
    assert root.children["cdr_token"].child("x_unknown") is not None
    assert root.child("x_unknown") is None
    assert root.children["charging_periods"].child("x_unknown") is None


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_a_pass_of_one_leaf_changes_that_leaf_alone(version: str) -> None:
    for name in schema.modules(version):
        module = schema.module(name, version)
        default = visibilities(view(module, []))
        for leaf in leaves(module.root):
            passing = view(module, clauses([leaf.path]), any_version=True)
            assert visibilities(passing) == default | {leaf.path: "shown"}


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_without_clauses_a_leaf_is_plain_or_blank_as_the_schema_says(version: str) -> None:
    for name in schema.modules(version):
        module = schema.module(name, version)
        result = visibilities(view(module, []))
        expected = {leaf.path: "plain" if leaf.shown else "blank" for leaf in leaves(module.root)}
        assert {
            path: visibility for path, visibility in result.items() if visibility != "container"
        } == expected


@pytest.mark.parametrize(
    ("passed", "path", "expected"),
    [
        pytest.param([], "cdr_token", False, id="private fields in it"),
        pytest.param(["cdr_token"], "cdr_token", True, id="passed"),
        pytest.param(["cdr_token.uid", "cdr_token.contract_id"], "cdr_token", True, id="every field passes"),
        pytest.param(["cdr_token.uid"], "cdr_token", False, id="one of two passes"),
    ],
)
def test_a_scalar_in_place_of_a_container_is_shown_if_all_of_it_passes(
    passed: list[str], path: str, expected: bool
) -> None:
    assert seen("sessions", passed).children[path].scalars is expected


def test_a_scalar_is_not_shown_if_only_leaves_out_fields_of_the_container() -> None:
    assert not seen("sessions", [], ["cdr_token.uid"]).children["cdr_token"].scalars
    assert seen("locations", [], version="2.3.0").children["evses"].children["parking"].scalars


def test_a_blank_names_the_field_to_pass() -> None:
    blank = seen("sessions").children["cdr_token"].children["uid"].blank
    assert (blank.module, blank.path) == ("sessions", "cdr_token.uid")


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        pytest.param("kw", "sessions has no field kw", "did you mean kwh?", id="mistyped"),
        pytest.param(
            "cdr_token.uidd", "sessions has no field cdr_token.uidd", "did you mean cdr_token.uid?", id="deep"
        ),
        pytest.param(
            "dimension",
            "sessions has no field dimension",
            "did you mean charging_periods.dimensions?",
            id="last name",
        ),
        pytest.param("kwh.x", "sessions has no field kwh.x", "did you mean kwh?", id="below a leaf"),
        pytest.param(
            "cdrs",
            "sessions has no field cdrs",
            "cdrs is a module: put each source with clauses in parentheses",
            id="a second source without parentheses",
        ),
        pytest.param(
            '"kwh.x"', "sessions has no field kwh.x", "did you mean kwh?", id="a vendor's below a leaf"
        ),
        pytest.param(
            "zzzzz",
            "sessions has no field zzzzz",
            "put the name of a vendor's own field in quotes",
            id="nothing near",
        ),
        pytest.param('""', "an empty name is not a field", "write . for the whole object", id="empty"),
        pytest.param('"."', "an empty name is not a field", "write . for the whole object", id="empty too"),
    ],
)
def test_an_unknown_path_is_an_error_with_the_nearest(path: str, message: str, hint: str) -> None:
    with pytest.raises(CompileError) as caught:
        seen("sessions", [path])
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_the_error_points_at_the_unknown_path() -> None:
    clause = tree.Only(span=NOWHERE, paths=(tree.FieldPath(span=Span(14, 16), names=("kw",)),))
    with pytest.raises(CompileError) as caught:
        view(schema.module("sessions", "2.2.1"), [clause])
    assert caught.value.span == Span(14, 16)


@pytest.mark.parametrize(
    ("passed", "only", "expected"),
    [
        (["kwh as rounded(5)"], None, {"kwh": "treated"}),
        ([], ["kwh as rounded(5)"], {"kwh": "treated"}),
        ([".", "kwh as rounded(5)"], None, {"kwh": "treated", "id": "shown", "cdr_token": "shown"}),
        ([".", "cdr_token.uid as prefix(2)"], None, {"cdr_token": "open", "kwh": "shown"}),
        (
            ["cdr_token", "cdr_token.uid as prefix(2)"],
            None,
            {"cdr_token": "open", "kwh": "blank", "id": "plain"},
        ),
        (["cdr_token.uid as prefix(2)"], None, {"cdr_token": "container", "kwh": "blank"}),
        (["cdr_token as present"], None, {"cdr_token": "treated"}),
        (['"x_a.b" as prefix(2)'], None, {"x_a": "container"}),
        ([".", '"x_a.b" as prefix(2)'], None, {"x_a": "open"}),
    ],
    ids=str,
)
def test_treatments_in_a_view(passed: list[str], only: list[str] | None, expected: dict[str, str]) -> None:
    root = seen("sessions", passed, only)
    assert {name: root.children[name].visibility for name in expected} == expected
    if "." in passed:
        unknown = root.child("x_unknown")
        assert root.visibility == "open" and unknown is not None and unknown.visibility == "shown"


def test_a_scalar_in_place_of_an_object_with_a_treated_field_is_not_shown() -> None:
    token = seen("sessions", ["cdr_token", "cdr_token.uid as prefix(2)"]).children["cdr_token"]
    assert not token.scalars


def test_periods_are_in_the_zone_of_the_query() -> None:
    root = view(schema.module("sessions", "2.2.1"), clauses(["start_date_time as day"]), "Europe/Amsterdam")
    treatment = root.children["start_date_time"].treatment
    assert treatment is not None and treatment.zone == "Europe/Amsterdam"


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_every_treatment_that_fits_a_field_is_accepted(version: str) -> None:
    for name in schema.modules(version):
        for leaf in leaves(schema.module(name, version).root):
            for treatment in suitable(leaf):
                node = seen(name, [f"{leaf.path} as {treatment}"], version=version)
                for step in leaf.path.split("."):
                    node = node.children[step]
                assert str(node.treatment) == treatment


SESSION = [leaf.path for leaf in leaves(schema.module("sessions", "2.2.1").root)] + [
    ".",
    "cdr_token",
    "location",
]


@given(st.lists(st.sampled_from(SESSION), max_size=6), st.randoms(use_true_random=False))
def test_order_and_repetition_of_paths_have_no_effect(passed: list[str], random: object) -> None:
    mixed = passed + passed[:2]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert visibilities(seen("sessions", passed)) == visibilities(seen("sessions", mixed))
    assert visibilities(seen("sessions", [], passed)) == visibilities(seen("sessions", mixed[:1], mixed))
