"""Following paths: a part is written so that each output comes with where it was taken from.

What cannot be followed computes: its outputs stand nowhere, and the next step or the end is an error.
"""

from __future__ import annotations

from ocpiq.engine.traces import control, functions, steps
from ocpiq.engine.traces.functions import define_traced
from ocpiq.engine.traces.uses import STREAMS

TRACES = {**steps.TRACES, **control.TRACES, **functions.TRACES}

__all__ = ["STREAMS", "TRACES", "define_traced"]
