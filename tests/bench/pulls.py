"""`python -m tests.bench.pulls`: pulls from a platform: one at a time and several, beside a loop that only reads.

Prints; asserts nothing. The platform is a process of its own on the loopback.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.bench.platform import TOKEN

ROOT = Path(__file__).parents[2]
METER = Path(__file__).with_name("meter.py")
OCPIQ = [sys.executable, "-m", "ocpiq", "-q"]
WAYS: tuple[tuple[str, ...], ...] = ((), ("--parallel", "1"), ("--parallel", "2"))
GROUP = (
    "cdrs pass cdr_location.city, total_energy"
    " | aggregate {n: count, kwh: sum(.total_energy)} by {city: .cdr_location.city}"
)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pulls")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print("200 pages of 100 objects, each 100 ms late")
    with platform(20_000, 100, 0.1) as asked:
        alone = asked.group("--parallel", "1")
        show("one at a time", alone, 20_000)
        for name, options in (("by default", ()), ("--parallel 8", ("--parallel", "8"))):
            cost = min((asked.group(*options) for _ in range(rounds)), key=seconds)
            show(name, cost, 20_000, f"{alone['seconds'] / cost['seconds']:.1f} times one at a time")
    print("200 pages of 1,000 objects, at once: the group-by over 200,000 objects")
    ways = {" ".join(options) or "by default": options for options in WAYS}
    with platform(200_000, 1000, 0.0) as asked:
        turns = [
            (asked.bodies(200_000, 1000), {name: asked.group(*options) for name, options in ways.items()})
            for _ in range(rounds)
        ]
    bare = min(bodies for bodies, _ in turns)
    show("urllib, bodies only", {"seconds": bare}, 200_000)
    for name in ways:
        cost = min((costs[name] for _, costs in turns), key=seconds)
        show(name, cost, 200_000, f"{cost['seconds'] / bare:.2f} times urllib")
    print("memory, pages of 100 objects")
    for pages in (10, 100, 1000, 2000):
        with platform(pages * 100, 100, 0.0) as asked:
            show(f"{pages} pages", asked.group(), pages * 100)


class Asked(Struct, frozen=True):
    """A platform that runs, and the environment of a user who has logged in to it."""

    url: str
    environment: dict[str, str]

    def group(self, *options: str) -> dict[str, float]:
        """Return what the group-by costs; see meter.py."""
        command = [sys.executable, "-I", "-S", str(METER), *OCPIQ, *options, GROUP]
        run = subprocess.run(command, env=self.environment, check=True, capture_output=True)
        cost: dict[str, float] = msgspec.json.decode(run.stdout)
        assert cost["status"] == 0
        return cost

    def bodies(self, objects: int, size: int) -> float:
        """Return the seconds of a loop that reads the bodies and nothing else."""
        began = time.perf_counter()
        for offset in range(0, objects, size):
            address = self.url.replace("/versions", f"/cdrs?offset={offset}&limit={size}")
            with urllib.request.urlopen(address) as answer:
                answer.read()
        return time.perf_counter() - began


@contextmanager
def platform(objects: int, size: int, delay: float) -> Iterator[Asked]:
    """Give a platform that runs while the block does."""
    command = [sys.executable, "-m", "tests.bench.platform", str(objects), str(size), str(delay)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process,
    ):
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            environment = os.environ | {"PYTHONPATH": str(ROOT), "OCPIQ_CONFIG": folder, "OCPIQ_TOKEN": TOKEN}
            environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
            login = [*OCPIQ, "login", url, "--party", "NL-ABC", "--name", "bench"]
            subprocess.run(login, env=environment, check=True, capture_output=True)
            yield Asked(url, environment)
        finally:
            process.kill()


def seconds(cost: dict[str, float]) -> float:
    """Return the wall time."""
    return cost["seconds"]


def show(name: str, cost: dict[str, float], objects: int, beside: str = "") -> None:
    """Print a line."""
    memory = f"{cost['memory'] / 1e6:5.0f} MB" if "memory" in cost else " " * 8
    rate = objects / cost["seconds"]
    print(
        f"  {name:<22}{cost['seconds']:7.2f} s {rate:9,.0f} objects/s {memory}  {beside}".rstrip(), flush=True
    )


if __name__ == "__main__":
    main()
