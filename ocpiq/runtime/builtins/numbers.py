"""Numbers (jq manual, "Math" and `range`, `length`, `tonumber`)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from ocpiq.errors import RunError
from ocpiq.values.arithmetic import INTEGRAL, Number, add, is_finite, is_number, negate, normalize
from ocpiq.values.json.codec import excerpt
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.numbers import number as written_number
from ocpiq.values.order import greater, less
from ocpiq.values.patterns import lazy_pattern
from ocpiq.values.types import Value, type_name

LITERAL: Final = lazy_pattern(
    r"[+-]?(?:(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:e[+-]?[0-9]++)?|nan|inf(?:inity)?)", re.ASCII | re.IGNORECASE
)
SMALLEST_NORMAL: Final = 2.2250738585072014e-308


def number(value: Value) -> Number:
    """Return a number; raise jq's error for anything else."""
    if type(value) in NUMBERS:
        return cast(Number, value)
    raise RunError(f"{type_name(value)} ({excerpt(value)}) number required")


def _function(function: Callable[[float], float], default: float = math.nan) -> Callable[[Value], Value]:
    """Return a builtin of a mathematical function; outside of its domain it gives `default`."""

    def builtin(value: Value) -> Value:
        try:
            return normalize(function(number(value)))
        except ValueError:
            return default
        except OverflowError:
            return math.inf

    return builtin


def _log(value: float) -> float:
    return -math.inf if value == 0 else math.log(value)


def _rounding(function: Callable[[float], float]) -> Callable[[Value], Value]:
    def builtin(value: Value) -> Value:
        exact = number(value)
        if type(exact) is int or not math.isfinite(exact):
            return exact
        return normalize(math.copysign(function(exact), exact))

    return builtin


def round_half_away(value: float) -> float:
    """Round to the nearest integer, halves away from zero (C's `round`)."""
    whole = math.floor(abs(value))
    return math.copysign(whole + (abs(value) - whole >= 0.5), value)


def power(base: Value, exponent: Value) -> Value:
    """`pow(base; exponent)`"""
    x, y = number(base), number(exponent)
    if type(x) is int and type(y) is int and 0 <= y < 1024 and abs(x) < INTEGRAL:
        exact: int = x**y
        if abs(exact) < INTEGRAL:
            return exact
    try:
        return normalize(math.pow(x, y))
    except ValueError:
        return math.nan if x else math.inf
    except OverflowError:
        return -math.inf if x < 0 and y % 2 == 1 else math.inf


def absolute(value: Value) -> Value:
    """`abs`"""
    return negate(value) if less(value, 0) else value


def range_(*bounds: Value) -> Iterator[Value]:
    """`range(end)`, `range(start; end)`, `range(start; end; step)`; the last by `+` and jq's order, on any type."""
    if len(bounds) == 3:
        return _range_by_step(*bounds)
    start, end = bounds if len(bounds) == 2 else (0, *bounds)
    if type(start) not in NUMBERS or type(end) not in NUMBERS:
        raise RunError("Range bounds must be numeric")
    return _simple_range(start, end)  # type: ignore[arg-type]


def _simple_range(start: Number, end: Number) -> Iterator[Value]:
    if type(start) is int and is_finite(end):
        yield from range(start, math.ceil(end))
        return
    if not start >= end:  # NaN never ends
        yield start  # as it was written
    while not (start := start + 1) >= end:
        yield start if type(start) is int else normalize(start)


def _range_by_step(start: Value, end: Value, step: Value) -> Iterator[Value]:
    if step and all(is_number(bound) and is_finite(bound) for bound in (start, end, step)):  # type: ignore[arg-type]
        yield from _number_range(start, end, step)  # type: ignore[arg-type]
    elif greater(step, 0):
        while less(start, end):
            yield start
            start = add(start, step)
    elif less(step, 0):
        while greater(start, end):
            yield start
            start = add(start, step)


def _number_range(start: Number, end: Number, step: Number) -> Iterator[Value]:
    """Yield what is between finite numbers."""
    if type(start) is int and type(step) is int:
        yield from range(start, math.ceil(end) if step > 0 else math.floor(end), step)
        return
    current = start
    while (current < end) if step > 0 else (current > end):
        yield current if type(current) is int or current is start else normalize(current)
        current += step


def to_number(value: Value) -> Value:
    """`tonumber`"""
    if type(value) in NUMBERS:
        return value
    if type(value) is str and LITERAL.fullmatch(value):
        return float(value) if value[-1:].isalpha() else written_number(value)
    raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be parsed as a number")


def to_boolean(value: Value) -> Value:
    """`toboolean`"""
    if type(value) is bool:
        return value
    if type(value) is str and value in ("true", "false"):
        return value == "true"
    raise RunError(f"{type_name(value)} ({excerpt(value)}) cannot be parsed as a boolean")


def is_normal(value: Value) -> bool:
    """`isnormal`: not zero, not so small that digits are lost, not infinite; nothing but a number is."""
    if type(value) is int:
        return value != 0
    return type(value) in NUMBERS and SMALLEST_NORMAL <= abs(cast(float, value)) < math.inf


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "floor": _rounding(math.floor),
    "ceil": _rounding(math.ceil),
    "round": _rounding(round_half_away),
    "sqrt": _function(math.sqrt),
    "log": _function(_log),
    "pow": power,
    "abs": absolute,
    "range": range_,
    "tonumber": to_number,
    "toboolean": to_boolean,
    "infinite": lambda: math.inf,
    "nan": lambda: math.nan,
    "isnan": lambda value: type(value) is float and math.isnan(value),
    "isinfinite": lambda value: isinstance(value, float) and math.isinf(value),
    "isnormal": is_normal,
}
