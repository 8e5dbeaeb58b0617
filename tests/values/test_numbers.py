"""Numbers: exact up to 4,300 digits, kept as text beyond, and keyed so that nobody can make them collide."""

from __future__ import annotations

import pickle
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.values.arithmetic import EXACT, add, multiply, negate, subtract
from ocpiq.values.json.codec import decode, to_json
from ocpiq.values.numbers import EXACT_DIGITS, LARGEST, LiteralNumber, integer
from ocpiq.values.order import equal, group_key, less
from ocpiq.values.types import Value

LONG = "1" * 5000
NEGATIVE = "-" + LONG

TEXTS = {
    "short": ("12", 12),
    "a sign": ("+12", 12),
    "the longest exact one": ("9" * 4300, EXACT - 1),
    "longer": (LONG, LiteralNumber(LARGEST, LONG)),
    "far below zero": (NEGATIVE, LiteralNumber(-LARGEST, NEGATIVE)),
    "zeros at the start": ("0" * 5000 + "12", 12),
    "only zeros": ("0" * 5000, 0),
    "zeros before many digits": ("000" + LONG, LiteralNumber(LARGEST, LONG)),
}


@pytest.mark.parametrize(("text", "number"), TEXTS.values(), ids=TEXTS)
def test_an_integer_of_any_length(text: str, number: Value) -> None:
    found = integer(text)
    assert type(found) is type(number) and found == number and to_json(found) == to_json(number)


def test_a_long_number_keeps_its_text_where_it_is_only_moved() -> None:
    value = decode(b'[{"n":%s}]' % LONG.encode())
    assert to_json(value) == f'[{{"n":{LONG}}}]'
    assert to_json(pickle.loads(pickle.dumps(value))) == to_json(value)


COMPUTED = {
    "plus": (add(LiteralNumber(LARGEST, LONG), 1), LARGEST),
    "plus itself": (add(LiteralNumber(LARGEST, LONG), LiteralNumber(LARGEST, LONG)), float("inf")),
    "minus": (subtract(1, LiteralNumber(LARGEST, LONG)), -LARGEST),
    "negated": (negate(LiteralNumber(LARGEST, LONG)), LiteralNumber(-LARGEST, NEGATIVE)),
    "a product beyond the limit": (multiply(EXACT - 1, 10), float("inf")),
    "a sum beyond the limit": (add(EXACT - 1, EXACT - 1), float("inf")),
    "a difference below it": (subtract(1 - EXACT, EXACT - 1), float("-inf")),
    "a product within": (multiply(10**2000, 10**2000), 10**4000),
}


@pytest.mark.parametrize(("found", "expected"), COMPUTED.values(), ids=COMPUTED)
def test_computed(found: Value, expected: Value) -> None:
    assert type(found) is type(expected) and found == expected


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python has no such limit")
def test_no_limit_of_the_interpreter_is_met() -> None:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert to_json(decode(b"9" * 4300)) == "9" * 4300
        assert to_json(decode(LONG.encode())) == LONG
    finally:
        sys.set_int_max_str_digits(before)


# ---------------------------------------------------------------- keys

NUMBERS = st.one_of(
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),  # which is unlike itself, and alike as a key
    st.integers(-(2**53), 2**53).map(float),
    st.integers(2**60, 2**63).map(float),
    st.sampled_from(
        [0, -0.0, LiteralNumber(LARGEST, LONG), LARGEST, int(LARGEST), int(LARGEST) + 1, 0x1E5, 1e5]
    ),
)
VALUES = st.recursive(
    NUMBERS | st.text(max_size=2) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=1), inner, max_size=2),
    max_leaves=4,
)


@given(VALUES, VALUES)
def test_equal_values_have_equal_keys_and_others_do_not(left: Value, right: Value) -> None:
    assert (group_key(left) == group_key(right)) == equal(left, right)
    assert group_key(left) == group_key(left)


@given(NUMBERS)
def test_a_number_is_keyed_alike_in_every_form(number: float) -> None:
    assert (
        number in (float("inf"), float("-inf"))
        or group_key(number) == group_key(int(number))
        or number != int(number)
    )


PERIOD = sys.hash_info.modulus  # integers that differ by it have the same hash
COLLIDING: dict[str, list[Value]] = {
    "integers": [7 + PERIOD * turn for turn in range(2000)],
    "negative integers": [-7 - PERIOD * turn for turn in range(2000)],
    "integers in arrays": [[7 + PERIOD * turn, 1] for turn in range(2000)],
    "integers in objects": [{"a": 7 + PERIOD * turn} for turn in range(2000)],
    "doubles": [2.0 ** (turn * PERIOD.bit_length()) for turn in range(16)],
}


@pytest.mark.parametrize("values", COLLIDING.values(), ids=COLLIDING)
def test_no_keys_collide_by_choice(values: list[Value]) -> None:
    keys = [group_key(value) for value in values]
    assert len(set(map(hash, keys))) == len(set(keys)) == len(values)


# ---------------------------------------------------------------- time


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="this Python has no such limit")
@pytest.mark.parametrize("digits", [EXACT_DIGITS + 1, 320_000])
def test_the_digits_of_a_number_that_is_too_long_are_never_converted(digits: int) -> None:
    """Python's conversion takes time by the square of the digits; at its limit it raises instead."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        data = b"[" + b",".join([b"7" * digits] * 40) + b"]"
        value = decode(data)
        assert isinstance(value, list) and {type(item) for item in value} == {LiteralNumber}
        assert not less(value[0], value[1]) and group_key(value[0]) == group_key(value[1])
        assert to_json(value).encode() == data
    finally:
        sys.set_int_max_str_digits(before)


def test_a_product_of_many_numbers_is_not_a_number_of_many_digits() -> None:
    found: Value = 1
    for _ in range(100):
        found = multiply(found, 10**4000)
    assert found == float("inf") and Decimal(to_json(found)) == Decimal(repr(LARGEST))
