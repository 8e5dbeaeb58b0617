"""Tracing of paths: a node is compiled so that each output comes with its path.

A node that cannot be traced computes: its outputs have no path, so the next step or the end is an error.
"""

from __future__ import annotations

from ocpiq.codegen import path_control, path_functions, path_steps
from ocpiq.codegen.path_functions import write_traced_definition
from ocpiq.codegen.path_updates import STREAMS

TRACES = {**path_steps.TRACES, **path_control.TRACES, **path_functions.TRACES}

__all__ = ["STREAMS", "TRACES", "write_traced_definition"]
