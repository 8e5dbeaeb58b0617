"""Rows of just the fields read behave like whole objects, whatever shapes the fields have.

`sessions pass . | F` on objects is `.[] | F` on the same objects as plain JSON, outputs and errors alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from ocpiq import query
from ocpiq.errors import CompileError, RunError
from ocpiq.sources import memory
from ocpiq.values.json.codec import to_json
from ocpiq.values.types import Value

LEAVES = ["id", "kwh", "status", "currency"]
MISTAKES = ("is a list", "has no field", "is never", "is a string", "is a number", "is an ")

scalars = st.sampled_from([None, True, False, 0, 3, 4.5, "a", "2026-01-05T10:00:00Z"])
wrong = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "volume", "x"]), inner)
    ),
)
dimension = st.fixed_dictionaries({}, optional={"type": scalars, "volume": scalars})
period = st.fixed_dictionaries(
    {}, optional={"tariff_id": scalars, "dimensions": st.lists(dimension | wrong, max_size=2) | wrong}
)
objects = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(LEAVES, scalars | wrong),
        "cdr_token": st.fixed_dictionaries({}, optional={"uid": scalars, "type": scalars}) | wrong,
        "charging_periods": st.lists(period | wrong, max_size=2) | wrong,
        "total_cost": st.fixed_dictionaries({}, optional={"excl_vat": scalars}) | wrong,
    },
)

steps = st.sampled_from(
    [
        *(f".{name}" for name in LEAVES),
        ".cdr_token",
        ".cdr_token.type",
        ".cdr_token?.uid?",
        ".total_cost.excl_vat",
        ".charging_periods",
        ".charging_periods[]",
        ".charging_periods[].dimensions[].volume",
        ".charging_periods[0].dimensions[-1].type",
        ".charging_periods[1:][].tariff_id",
        ".charging_periods[]?.dimensions[]?.volume?",
        "[.charging_periods[] | select(.tariff_id) | .dimensions | length]",
        ".",
    ]
)
filters = st.one_of(
    steps,
    st.builds("{{a: {0}, b: {1}}}".format, steps, steps),
    st.builds("[{0}, {1}]".format, steps, steps),
    st.builds("({0}) // ({1})".format, steps, steps),
    st.builds("if {0} then {1} else {2} end".format, steps, steps, steps),
    st.builds("select({0} == {1})".format, steps, steps),
    st.builds("select({0} > 3) | {1}".format, steps, steps),
    st.builds('select({0} == "a") | {1}'.format, steps, steps),
    st.builds("({0}) as $x | [$x, {1}]".format, steps, steps),
    st.builds("({0}) as [$x, {{type: $y}}] | [$x, $y]".format, steps),
    st.builds("try ({0} + {1}) catch .".format, steps, steps),
    st.builds("[{0}] | map(type)".format, steps),
    st.builds("def f(g): [g, g]; f({0})".format, steps),
    st.builds("reduce ({0}) as $x (0; . + 1)".format, steps),
    st.builds("first({0})".format, steps),
    st.builds("[{0} | tostring]".format, steps),
    st.builds("{{a: ({0})}} | .a".format, steps),
    st.builds("del({0}) | keys".format, st.sampled_from([".id", ".charging_periods[0]", ".cdr_token.type"])),
)


def outputs(text: str, value: Value, listed: list[dict[str, object]] | None) -> Iterator[str]:
    try:
        sources = None if listed is None else memory({"sessions": listed})
        for output in query.compile(text).run(value, sources=sources):
            yield to_json(output)
    except RunError as error:
        yield f"error: {error.message}"


@settings(max_examples=250, deadline=None)
@given(st.lists(objects, min_size=1, max_size=3), filters)
def test_rows_behave_like_objects(listed: list[dict[str, object]], text: str) -> None:
    try:
        rows_outputs = list(outputs(f"sessions pass . | {text}", None, listed))
    except CompileError as error:  # a literal mistake: only then may the query be refused
        assert any(mistake in error.message for mistake in MISTAKES), text
        return
    assert rows_outputs == list(outputs(f".[] | {text}", listed, None))  # type: ignore[arg-type]
