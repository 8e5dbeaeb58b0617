"""From the plan to a Python function, and its runs."""

from __future__ import annotations

from ocpiq.engine.program import Program, Scan
from ocpiq.engine.runtime import Halted, Runtime

__all__ = ["Halted", "Program", "Runtime", "Scan"]
