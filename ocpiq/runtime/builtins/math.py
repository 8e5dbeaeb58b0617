"""The functions of the C mathematics library (jq manual, "Math"), from Python where it has them, else from C itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from ocpiq.errors import RunError
from ocpiq.runtime.builtins.numbers import number
from ocpiq.values.arithmetic import Number, normalize, to_float
from ocpiq.values.types import Value

MAX_INT: Final = 2**31 - 1  # the largest exponent or order that C takes
MAX_STEPS: Final = 10_000_000  # C goes step by step to a Bessel function's order

FROM_PYTHON: Final = (
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "log1p",
    "log10",
    "log2",
    "sin",
    "sinh",
    "tan",
    "tanh",
)
FROM_C: Final = ("exp10", "gamma", "j0", "j1", "lgamma", "significand", "tgamma", "y0", "y1")


def _float(value: Value) -> float:
    return to_float(number(value))


@cache
def c_function(name: str, doubles: int, *, order: bool = False) -> Callable[..., float]:
    """Return the C library's function of `doubles` numbers, with `order` after an integer; raise where it has none."""
    import ctypes  # noqa: PLC0415 - needed by few programs
    import ctypes.util  # noqa: PLC0415

    library = ctypes.CDLL(ctypes.util.find_library("m") or ctypes.util.find_library("c") or "msvcrt")
    try:
        function = getattr(library, name, None) or getattr(library, f"_{name}")
    except AttributeError:
        raise RunError(f"Error: {name}/{doubles + order} not found at build time") from None
    function.restype = ctypes.c_double
    function.argtypes = [*([ctypes.c_int] * order), *([ctypes.c_double] * doubles)]
    return function  # type: ignore[no-any-return]


def _from_python(name: str) -> Callable[[Value], Value]:
    """Return a builtin of a function of Python's; where Python raises, C's gives infinity or NaN."""
    function: Callable[[float], float] = getattr(math, name)

    def builtin(value: Value) -> Value:
        try:
            return normalize(function(_float(value)))
        except (ValueError, OverflowError):
            return normalize(c_function(name, 1)(_float(value)))

    return builtin


def _from_c(name: str) -> Callable[[Value], Value]:
    def builtin(value: Value) -> Value:
        return normalize(c_function(name, 1)(_float(value)))

    return builtin


def _two_arguments(function: Callable[[float, float], float]) -> Callable[..., Value]:
    def builtin(first: Value, second: Value) -> Value:
        x, y = _float(first), _float(second)
        try:
            return normalize(function(x, y))
        except OverflowError:
            return math.copysign(math.inf, x)
        except ValueError:
            return math.nan

    return builtin


def _bessel(name: str) -> Callable[..., Value]:
    """Return `jn`, `yn`: Bessel functions of an integer order."""

    def builtin(order: Value, x: Value) -> Value:
        order_number, function = _float(order), _float(x)
        if math.isnan(order_number):
            return math.nan
        whole = int(max(-MAX_STEPS, min(MAX_STEPS, order_number)))
        return normalize(c_function(name, 1, order=True)(whole, function))

    return builtin


def _exponent(value: Number) -> int:
    """Return an exponent as C's integer."""
    return -MAX_INT if value != value else int(max(-MAX_INT, min(MAX_INT, value)))  # noqa: PLR0124 - NaN


def load_exponent(mantissa: Value, exponent: Value) -> Value:
    """`ldexp`, `scalbln`: `mantissa` times two to the power of `exponent`."""
    x, y = _float(mantissa), _exponent(number(exponent))
    try:
        return normalize(math.ldexp(x, y))
    except OverflowError:
        return math.copysign(math.inf, x)


def scale(mantissa: Value, exponent: Value) -> Value:
    """`scalb`: as `ldexp`, for an exponent that is a whole number or infinite."""
    x, y = _float(mantissa), _float(exponent)
    if math.isinf(y):
        return normalize(x * y) if y > 0 else normalize(x / -y)
    return load_exponent(x, y) if y.is_integer() else math.nan


def multiply_add(x: Value, y: Value, z: Value) -> Value:
    """`fma(x; y; z)`: x * y + z, rounded once."""
    return normalize(c_function("fma", 3)(_float(x), _float(y), _float(z)))


def mantissa_and_exponent(value: Value) -> Value:
    """`frexp`: mantissa and exponent."""
    mantissa, exponent = math.frexp(_float(value))
    return [normalize(mantissa), exponent]


def fraction_and_whole(value: Value) -> Value:
    """`modf`: fraction and whole part."""
    fraction, whole = math.modf(_float(value))
    return [normalize(fraction), normalize(whole)]


def log_gamma(value: Value) -> Value:
    """`lgamma_r`: the logarithm of the gamma function, and its sign."""
    x = _float(value)
    negative = math.isfinite(x) and x < 0 and not x.is_integer() and math.floor(x) % 2
    return [normalize(c_function("lgamma", 1)(x)), -1 if negative else 1]


def binary_exponent(value: Value) -> Value:
    """`logb`"""
    x = _float(value)
    if x == 0:
        return -math.inf
    return abs(x) if not math.isfinite(x) else math.frexp(x)[1] - 1


def _rounding(function: Callable[[float], float]) -> Callable[[Value], Value]:
    """Return `trunc`, `rint` or `nearbyint`."""

    def builtin(value: Value) -> Value:
        exact = number(value)
        return (
            exact
            if type(exact) is int or not math.isfinite(exact)
            else normalize(math.copysign(function(exact), exact))
        )

    return builtin


def _larger(x: float, y: float) -> float:
    return y if x != x or y > x else x  # noqa: PLR0124 - NaN is not a number


def _smaller(x: float, y: float) -> float:
    return y if x != x or y < x else x  # noqa: PLR0124


def _difference(x: float, y: float) -> float:
    return x - y if x > y else math.nan if math.isnan(x) or math.isnan(y) else 0.0


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    **{name: _from_python(name) for name in FROM_PYTHON},
    **{name: _from_c(name) for name in FROM_C},
    "jn": _bessel("jn"),
    "yn": _bessel("yn"),
    "atan2": _two_arguments(math.atan2),
    "copysign": _two_arguments(math.copysign),
    "drem": _two_arguments(math.remainder),
    "remainder": _two_arguments(math.remainder),
    "fdim": _two_arguments(_difference),
    "fmax": _two_arguments(_larger),
    "fmin": _two_arguments(_smaller),
    "fmod": _two_arguments(math.fmod),
    "hypot": _two_arguments(math.hypot),
    "nextafter": _two_arguments(math.nextafter),
    "nexttoward": _two_arguments(math.nextafter),
    "ldexp": load_exponent,
    "scalbln": load_exponent,
    "scalb": scale,
    "fma": multiply_add,
    "frexp": mantissa_and_exponent,
    "modf": fraction_and_whole,
    "lgamma_r": log_gamma,
    "logb": binary_exponent,
    "trunc": _rounding(math.trunc),
    "rint": _rounding(round),
    "nearbyint": _rounding(round),
}
