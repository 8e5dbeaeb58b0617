"""jq's arithmetic (jq manual, "Builtin operators and functions"). Integers are exact; a blank is refused.

A computed number that is integral is an int, so that it prints without a fraction, as jq prints it; a zero may have a
sign. A number that is not computed with keeps the digits that it was written with, also where only its sign changes.
"""

from __future__ import annotations

import math
from typing import Final, NoReturn, cast

from ocpiq.errors import RunError
from ocpiq.values.blank import Blank, refuse, refuse_inside
from ocpiq.values.json.codec import excerpt
from ocpiq.values.numbers import EXACT_DIGITS, NEGATIVE_ZERO, NUMBERS, LiteralNumber, negated
from ocpiq.values.types import Value, type_name

INTEGRAL: Final = 2.0**53  # beyond it the digits of a double and of its integer differ
EXACT: Final[int] = 10**EXACT_DIGITS  # integers up to here are exact
MAX_REPEATED: Final = 2**31  # characters of a string that is repeated

Number = int | float


def normalize(number: float) -> Number:
    """Return a computed float as jq would print it: an int where it is integral and not huge."""
    if number.is_integer() and -INTEGRAL < number < INTEGRAL:
        return int(number) or (0 if math.copysign(1, number) > 0 else NEGATIVE_ZERO)
    return number


def is_number(value: Value) -> bool:
    """Tell whether `value` is a number; booleans are not."""
    return type(value) in NUMBERS


def bounded_integer(number: int) -> Number:
    """Return a computed integer; beyond EXACT, convert to float (infinity if too large)."""
    return number if -EXACT < number < EXACT else to_float(number)


def is_finite(number: Number) -> bool:
    """Tell whether `number` is neither infinite nor NaN; an integer may be larger than any float."""
    return -math.inf < number < math.inf


def to_float(number: Number) -> float:
    """Return a number as a float, infinite where it is beyond the largest."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def add(left: Value, right: Value) -> Value:
    """Return `left + right`."""
    left_type, right_type = type(left), type(right)
    if left_type is right_type:
        if left_type is int:
            return bounded_integer(left + right)  # type: ignore[operator, arg-type]
        if left_type is str:
            return left + right  # type: ignore[operator]
        if left_type is float or left_type is LiteralNumber:
            return normalize(left + right)  # type: ignore[operator, arg-type]
        if left_type is list:
            return [*cast("list[Value]", left), *cast("list[Value]", right)]
        if left_type is dict:
            return {**cast("dict[str, Value]", left), **cast("dict[str, Value]", right)}
    elif left_type in NUMBERS and right_type in NUMBERS:
        return normalize(_float(left) + _float(right))
    if left is None:
        return right if right_type is not Blank else refuse(cast(Blank, right))
    if right is None:
        return left if left_type is not Blank else refuse(cast(Blank, left))
    return fail_operation(left, right, "added")


def subtract(left: Value, right: Value) -> Value:
    """Return `left - right`; of arrays, the items of left that right does not have."""
    left_type, right_type = type(left), type(right)
    if left_type is int and right_type is int:
        return bounded_integer(left - right)  # type: ignore[operator, arg-type]
    if left_type in NUMBERS and right_type in NUMBERS:
        return normalize(_float(left) - _float(right))
    refuse_inside(left)
    refuse_inside(right)
    if left_type is list and right_type is list:
        from ocpiq.values.order import equal  # noqa: PLC0415 - order is not needed by most programs

        removed = cast("list[Value]", right)
        return [
            item
            for item in cast("list[Value]", left)
            if not any(equal(item, removed_item) for removed_item in removed)
        ]
    return fail_operation(left, right, "subtracted")


def multiply(left: Value, right: Value) -> Value:
    """Return `left * right`: numbers, a string repeated, objects merged at every depth."""
    left_type, right_type = type(left), type(right)
    if left_type is int and right_type is int:
        product = left * right  # type: ignore[operator]
        return bounded_integer(product) if product else _zero(left, right)  # type: ignore[arg-type]
    if left_type in NUMBERS and right_type in NUMBERS:
        return normalize(_float(left) * _float(right))
    if left_type is str and right_type in NUMBERS:
        return _repeat(cast(str, left), cast(Number, right))
    if left_type in NUMBERS and right_type is str:
        return _repeat(cast(str, right), cast(Number, left))
    if left_type is dict and right_type is dict:
        return _merge(cast("dict[str, Value]", left), cast("dict[str, Value]", right))
    return fail_operation(left, right, "multiplied")


def divide(left: Value, right: Value) -> Value:
    """Return `left / right`: numbers, a string split by another."""
    left_type, right_type = type(left), type(right)
    if left_type in NUMBERS and right_type in NUMBERS:
        if not right:
            fail_operation(left, right, "divided because the divisor is zero")
        if left_type is int and right_type is int:
            quotient, remainder = divmod(cast(int, left), cast(int, right))
            if not remainder:
                return quotient or _zero(left, right)  # type: ignore[arg-type]
        return normalize(_float(left) / _float(right))
    if left_type is str and right_type is str:
        return split(cast(str, left), cast(str, right))
    refuse_inside(left)
    refuse_inside(right)
    return fail_operation(left, right, "divided")


def modulo(left: Value, right: Value) -> Value:
    """Return `left % right`: both cut to integers, the sign of the dividend, as in C."""
    if type(left) not in NUMBERS or type(right) not in NUMBERS:
        refuse_inside(left)
        refuse_inside(right)
        return fail_operation(left, right, "divided (remainder)")
    dividend, divisor = cast(Number, left), cast(Number, right)
    if dividend != dividend or divisor != divisor:  # noqa: PLR0124 - NaN
        return math.nan
    whole = _truncate(divisor)
    if whole == 0:
        fail_operation(left, right, "divided (remainder) because the divisor is zero")
    remainder = abs(_truncate(dividend)) % abs(whole)
    return -remainder if dividend < 0 else remainder


def negate(value: Value) -> Value:
    """Return `-value`, with the digits of a number that was written."""
    if type(value) in NUMBERS:
        return negated(cast(float, value))
    refuse_inside(value)
    raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be negated")


def negate_computed(value: Value) -> Value:
    """Return `-value` for a value that was computed: zero gets a sign, as in jq."""
    return NEGATIVE_ZERO if value == 0 and type(value) is int else negate(value)


def split(text: str, separator: str) -> list[Value]:
    """Return the parts of `text`; the empty separator splits into characters."""
    if not text:
        return []
    return list(text.split(separator)) if separator else list(text)


def fail_operation(left: Value, right: Value, verb: str) -> NoReturn:
    """Raise jq's error for two values that an operator does not take."""
    for value in (left, right):
        if type(value) is Blank:
            refuse(value)
    raise RunError(
        f"{type_name(left)} ({excerpt(left)}) and {type_name(right)} ({excerpt(right)}) cannot be {verb}"
    )


def _zero(left: int, right: int) -> Number:
    """Return the zero that is the product or the quotient of these, with its sign."""
    return NEGATIVE_ZERO if left < 0 or right < 0 else 0


def _float(value: Value) -> float:
    return to_float(cast(Number, value))


def _truncate(number: Number) -> int:
    """Truncate towards zero; floats outside the 64-bit range are clamped, as in jq."""
    limit = 2**63
    if isinstance(number, int):
        return number
    return int(max(min(number, limit - 1), -limit))


def _repeat(text: str, times: Number) -> Value:
    if times < 0 or times != times:  # noqa: PLR0124
        return None
    if not text:
        return text
    if times > MAX_REPEATED / len(text):
        raise RunError("Repeat string result too long")
    return text * int(times)


def _merge(left: dict[str, Value], right: dict[str, Value]) -> dict[str, Value]:
    merged = dict(left)
    for name, value in right.items():
        old = merged.get(name)
        if type(old) is dict and type(value) is dict:
            merged[name] = _merge(old, value)
        else:
            merged[name] = value
    return merged
