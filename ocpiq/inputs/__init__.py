"""jq's own `.`: the values of files and of standard input."""

from __future__ import annotations

from ocpiq.inputs.files import Form, Inputs

__all__ = ["Form", "Inputs"]
