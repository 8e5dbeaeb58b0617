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

from tests.bench.platform import TOKEN

ROOT = Path(__file__).parents[2]
METER = Path(__file__).with_name("meter.py")
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
    with platform(20_000, 100, 0.1) as url:
        alone = best(url, 1, "--parallel", "1")
        show("one at a time", alone, 20_000)
        for name, options in (("by default", ()), ("--parallel 8", ("--parallel", "8"))):
            cost = best(url, rounds, *options)
            show(name, cost, 20_000, f"{alone['seconds'] / cost['seconds']:.1f} times one at a time")
    print("200 pages of 1,000 objects, at once: the group-by over 200,000 objects")
    with platform(200_000, 1000, 0.0) as url:
        bare = min(reading(url, 200_000, 1000) for _ in range(rounds))
        show("urllib, bodies only", {"seconds": bare}, 200_000)
        for options in ((), ("--parallel", "1"), ("--parallel", "2")):
            cost = best(url, rounds, *options)
            show(
                " ".join(options) or "by default", cost, 200_000, f"{cost['seconds'] / bare:.2f} times urllib"
            )
    print("memory, pages of 100 objects")
    for pages in (10, 100, 1000, 2000):
        with platform(pages * 100, 100, 0.0) as url:
            show(f"{pages} pages", best(url, 1), pages * 100)


@contextmanager
def platform(objects: int, size: int, delay: float) -> Iterator[str]:
    """Give the versions URL of a platform that runs while the block does."""
    command = [sys.executable, "-m", "tests.bench.platform", str(objects), str(size), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def best(url: str, rounds: int, *options: str) -> dict[str, float]:
    """Return what the group-by cost in its best round; see meter.py."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OCPIQ_CONFIG": folder, "OCPIQ_TOKEN": TOKEN}
        ocpiq = [sys.executable, "-m", "ocpiq", "-q"]
        subprocess.run(
            [*ocpiq, "login", url, "--party", "NL-ABC", "--name", "b"], env=environment, check=True
        )
        command = [sys.executable, "-I", "-S", str(METER), *ocpiq, *options, GROUP]
        runs = [
            msgspec.json.decode(
                subprocess.run(command, env=environment, check=True, capture_output=True).stdout
            )
            for _ in range(rounds)
        ]
    assert all(run["status"] == 0 for run in runs)
    return min(runs, key=lambda run: run["seconds"])


def reading(url: str, objects: int, size: int) -> float:
    """Return the seconds of a loop that reads the bodies and nothing else."""
    began = time.perf_counter()
    for offset in range(0, objects, size):
        address = url.replace("/versions", f"/cdrs?offset={offset}&limit={size}")
        with urllib.request.urlopen(address) as answer:
            answer.read()
    return time.perf_counter() - began


def show(name: str, cost: dict[str, float], objects: int, beside: str = "") -> None:
    """Print a line."""
    memory = f"{cost['memory'] / 1e6:5.0f} MB" if "memory" in cost else " " * 8
    rate = objects / cost["seconds"]
    print(
        f"  {name:<22}{cost['seconds']:7.2f} s {rate:9,.0f} objects/s {memory}  {beside}".rstrip(), flush=True
    )


if __name__ == "__main__":
    main()
