"""Aggregate functions: merged states of parts equal the state of all values, to the last bit."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpiq.errors import RunError
from ocpiq.runtime.aggregates import FOLDS
from ocpiq.values.json.codec import to_json
from ocpiq.values.types import Value

NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.1, 0.2, -0.0, 1e308, -1e308, 1e-320, 5e-324, 2**53 + 1]),
)
ANYTHING = st.recursive(
    st.one_of(st.booleans(), NUMBERS, st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)
ONLY_NUMBERS = ("sum", "avg", "stddev", "median", "quantile")
FUNCTIONS = sorted(FOLDS)


def folded(name: str, values: list[Value]) -> object:
    function = FOLDS[name]
    state = function.new(name)
    for value in values:
        stepped = function.step(state, value)
        state = state if function.in_place else stepped
    return state


def finished(name: str, state: object) -> str:
    share = (0.3,) if name == "quantile" else ()
    return to_json(FOLDS[name].finish(state, *share))


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(deadline=None)
@given(data=st.data())
def test_merged_parts_equal_the_whole(name: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(NUMBERS if name in ONLY_NUMBERS else ANYTHING, max_size=200))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=5)))
    parts = [values[start:end] for start, end in zip([0, *cuts], [*cuts, len(values)], strict=True)]
    merged = folded(name, parts[0])
    for part in parts[1:]:
        merged = FOLDS[name].merge(merged, folded(name, part))
    assert finished(name, merged) == finished(name, folded(name, values))


@settings(deadline=None)
@given(st.lists(st.floats(-1e300, 1e300), max_size=300))
def test_sums_are_exactly_rounded_in_any_order(values: list[float]) -> None:
    exact = float(sum(map(Fraction, values)))
    for ordered in (values, values[::-1], sorted(values)):
        assert FOLDS["sum"].finish(folded("sum", ordered)) == exact


@settings(deadline=None)
@given(st.lists(st.integers(-1000, 1000).map(lambda n: n / 8), min_size=2))
def test_deviation_and_quantiles(values: list[float]) -> None:
    assert FOLDS["stddev"].finish(folded("stddev", values)) == pytest.approx(
        statistics.stdev(values), rel=1e-12
    )
    assert FOLDS["median"].finish(folded("median", values)) == statistics.median(values)
    assert FOLDS["quantile"].finish(folded("quantile", values), 0) == min(values)
    assert FOLDS["quantile"].finish(folded("quantile", values), 1) == max(values)


@pytest.mark.parametrize("name", ONLY_NUMBERS)
@pytest.mark.parametrize(
    ("value", "kind"), [("1", "a string"), ([1], "an array"), ({}, "an object"), (True, "a boolean")]
)
def test_the_error_names_the_type(name: str, value: Value, kind: str) -> None:
    state = FOLDS[name].new(f"{name}(.kwh)")
    with pytest.raises(RunError) as caught:
        FOLDS[name].step(state, value)
    assert caught.value.message == f"{name}(.kwh) needs numbers, not {kind}"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([math.inf, 1.0], math.inf, id="infinity stays"),
        pytest.param([1e308, 1e308, -1e308], 1e308, id="intermediate sum beyond a double"),
        pytest.param([1e308] * 100 + [-1e308] * 99, 1e308, id="many intermediate sums beyond a double"),
        pytest.param([2**63, 0.5], 9223372036854775808, id="integers and fractions"),
    ],
)
def test_sums_at_the_edge(values: list[Value], expected: float) -> None:
    assert FOLDS["sum"].finish(folded("sum", values)) == expected


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("sum", [10**400, 0.5], math.inf),
        ("sum", [-(10**400), 0.5], -math.inf),
        ("avg", [10**400, 10**400 + 1, 1], math.inf),
        ("avg", [10**400, 10**400], 10**400),
        ("median", [1, 10**400], math.inf),
        ("median", [-(10**400), 1], -math.inf),
        ("median", [10**400, math.inf], math.inf),
        ("stddev", [10**400, -(10**400)], math.inf),
        ("max", [10**400, 1.5], 10**400),
    ],
)
def test_integers_beyond_the_doubles(name: str, values: list[Value], expected: float) -> None:
    assert FOLDS[name].finish(folded(name, values)) == expected


def test_infinities_of_both_signs_have_no_sum() -> None:
    assert math.isnan(FOLDS["sum"].finish(folded("sum", [math.inf, -math.inf])))  # type: ignore[arg-type]
