"""The builtins written in Python, by name; the table in `analysis/builtins.py` says how each treats a blank."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, TypeAlias

from ocpiq.analysis.calls import builtin_names

Native: TypeAlias = Callable[..., Any]

MODULES: Final = (
    *("builtins.objects", "builtins.arrays", "builtins.strings", "builtins.numbers", "builtins.streams"),
    *("builtins.formats", "builtins.math", "dates.moments", "dates.dates", "regex.regex"),
)
"""Those with a table NATIVES; the ones that take longest to load come last."""


def native(name: str) -> Native | None:
    """Return a builtin, None if there is none of this name.

    Modules are loaded until one has it: most queries need few, and all of them take a twelfth of a start.
    """
    if name == "builtins":
        return builtin_names
    tables = (table(module) for module in MODULES)
    return next((natives[name] for natives in tables if name in natives), None)


def table(module: str) -> dict[str, Native]:
    """Return the builtins of a module."""
    natives: dict[str, Native] = import_module(f"ocpiq.runtime.{module}").NATIVES
    return natives
