"""Compiles a plan to a Python function and runs it."""

from __future__ import annotations

from ocpiq.codegen.program import Program, Scan
from ocpiq.runtime.context import Halted, Runtime

__all__ = ["Halted", "Program", "Runtime", "Scan"]
