"""The builtins written in Python, by name; the table in `analysis/builtins.py` says how each treats a blank."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ocpiq.analysis.calls import builtin_names
from ocpiq.runtime.builtins import arrays, formats, math, numbers, objects, streams, strings
from ocpiq.runtime.dates import dates, moments
from ocpiq.runtime.regex import regex

NATIVES: Final[dict[str, Callable[..., Any]]] = {
    **numbers.NATIVES,
    **strings.NATIVES,
    **arrays.NATIVES,
    **objects.NATIVES,
    **formats.NATIVES,
    **math.NATIVES,
    **regex.NATIVES,
    **dates.NATIVES,
    **moments.NATIVES,
    **streams.NATIVES,
    "builtins": builtin_names,
}
