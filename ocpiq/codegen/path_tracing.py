"""Following paths: a part is written so that each output comes with where it was taken from.

What cannot be followed computes: its outputs stand nowhere, and the next step or the end is an error.
"""

from __future__ import annotations

from ocpiq.codegen import path_control, path_functions, path_steps
from ocpiq.codegen.path_functions import define_traced
from ocpiq.codegen.path_updates import STREAMS

TRACES = {**path_steps.TRACES, **path_control.TRACES, **path_functions.TRACES}

__all__ = ["STREAMS", "TRACES", "define_traced"]
