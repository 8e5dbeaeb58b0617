"""From query text to results, for the Python API, the commands and the prompt."""

from __future__ import annotations

from ocpiq.query.compile_text import compile
from ocpiq.query.query import Query

__all__ = ["Query", "compile"]
