"""What a run has besides its program: inputs, the environment, and what ends it early."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from ocpiq.errors import RunError
from ocpiq.values.text import to_json
from ocpiq.values.types import Value


class Left(Exception):
    """`break`, or the end of a `limit`: ends the block of its label."""

    def __init__(self, label: object) -> None:
        super().__init__()
        self.label = label


class Halted(Exception):
    """`halt`"""


class Runtime:
    """One run. `inputs` are what follows the value that the program runs on."""

    def __init__(self, inputs: Iterator[Value]) -> None:
        self._inputs = inputs

    def input(self) -> Value:
        """`input`"""
        for value in self._inputs:
            return value
        raise RunError("No more inputs")

    def inputs(self) -> Iterator[Value]:
        """`inputs`"""
        return self._inputs

    def env(self) -> Value:
        """`env`: the environment, without the program's own settings, which hold tokens."""
        return {name: value for name, value in os.environ.items() if not name.startswith("OCPIQ_")}

    def debug(self, value: Value) -> Value:
        """`debug`"""
        sys.stderr.write(f'["DEBUG:",{to_json(value)}]\n')
        return value

    def halt(self) -> None:
        """`halt`"""
        raise Halted
