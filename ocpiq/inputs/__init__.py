"""jq's own `.`: the values of files and of standard input."""

from __future__ import annotations

from ocpiq.inputs.files import Form, Inputs
from ocpiq.inputs.texts import Texts, values

__all__ = ["Form", "Inputs", "Texts", "values"]
