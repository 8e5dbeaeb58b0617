"""The builtins that are written in Python, by name; what each does with a blank stands in the table of the analysis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ocpiq.engine.natives import arrays, formats, numbers, objects, strings

NATIVES: Final[dict[str, Callable[..., Any]]] = {
    **numbers.NATIVES,
    **strings.NATIVES,
    **arrays.NATIVES,
    **objects.NATIVES,
    **formats.NATIVES,
}
