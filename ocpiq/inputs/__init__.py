"""jq's own `.`: the values of files and of standard input."""

from __future__ import annotations

from ocpiq.inputs.files import InputFormat, Inputs

__all__ = ["InputFormat", "Inputs"]
