"""What a run of a command takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

ROOT = Path(__file__).parents[2]
METER = Path(__file__).with_name("meter.py")


class Cost(Struct, frozen=True):
    """What one run took: wall and processor time in seconds, the most memory it had, in bytes; its exit code.

    Both count the processes that it starts: memory as the sum of the most that each had.
    """

    seconds: float
    processor: float
    memory: int
    status: int

    def times(self, share: int) -> Cost:
        """Return the cost of a run over `share` times as much by a tool whose memory does not grow."""
        return Cost(self.seconds * share, self.processor * share, self.memory, self.status)

    def __str__(self) -> str:
        return f"{self.processor:7.2f} s {self.seconds:7.2f} s"

    @property
    def megabytes(self) -> str:
        """The memory."""
        return f"{self.memory / 1e6:5.0f} MB"


def processor(cost: Cost) -> float:
    """Return the processor time."""
    return cost.processor


def wall(cost: Cost) -> float:
    """Return the wall time."""
    return cost.seconds


def keep_best(best: dict[str, Cost], name: str, cost: Cost, key: Callable[[Cost], float] = processor) -> None:
    """Keep the run with the least time."""
    if name not in best or key(cost) < key(best[name]):
        best[name] = cost


def measured(argv: list[str], name: str, changes: Mapping[str, str] | None = None) -> Cost:
    """Run a command, its output thrown away, in this environment with `changes`, and return what it took."""
    command = [sys.executable, "-I", "-S", str(METER), *argv]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(changes or {})}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    text = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True).stdout
    cost = msgspec.json.decode(text, type=Cost)
    if cost.status:
        sys.exit(f"{name} failed")
    return cost
