"""`python -m tests.bench`: speed and memory beside the peers that are installed. Prints; asserts nothing.

Every question goes to every tool in turn, a few rounds of it, and the least processor time of each counts: on a machine
that does other work too, it says more than the time that passed. ocpiq reads in one process. Peak memory is that of the
first process of a tool. The files stay in the folder for the next run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.bench import keys
from tests.bench.data import cdrs, repeated
from tests.bench.peers import OCPIQ, Peer, ocpiq, peers
from tests.bench.questions import BLANKED, IDENTITY, OPEN, QUESTIONS, Question

ROOT = Path(__file__).parents[2]
LARGEST_FILE = 5  # as a power of ten of its objects
METER = Path(__file__).with_name("meter.py")


class Cost(Struct, frozen=True):
    """What one run took: wall and processor time in seconds, the most memory it had, in bytes; its exit code."""

    seconds: float
    processor: float
    memory: int
    status: int


def main() -> None:
    """Make the data, ask, print: start-up, questions, growth, keys at the prompt."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "ocpiq-bench")
    parser.add_argument(
        "--growth",
        type=int,
        metavar="EXPONENT",
        help="only the growth of time and memory, from 10^3 to 10^EXPONENT objects (7: 33 GB are read)",
    )
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True)
    if given.growth is None:
        file = cdrs(given.folder, given.objects)
        start_up(4 * given.rounds)
        print(f"{given.objects:,} CDRs, {file.stat().st_size / 1e6:.0f} MB, best of {given.rounds}")
        print("processor time, wall time, processor time beside ocpiq, peak memory\n")
        compare(file, given.rounds)
    growth(given.folder, given.growth or 6)
    if given.growth is None:
        keys.main()


def start_up(rounds: int) -> None:
    """Print what it takes to start: as usual, for the first time, without a place to write, and Python alone."""
    query = [*OCPIQ, "-n", "1"]
    with tempfile.TemporaryDirectory() as new:
        cases: dict[str, tuple[list[str], dict[str, str]]] = {
            "python -I -S": ([sys.executable, "-I", "-S", "-c", "pass"], {}),
            "ocpiq -n 1": (query, {}),
            "for the first time": (query, {"HOME": new, "OCPIQ_CONFIG": f"{new}/config"}),
            "read-only": (query, {"HOME": os.devnull, "OCPIQ_CONFIG": f"{os.devnull}/config"}),
        }
        best: dict[str, Cost] = {}
        for _ in range(rounds):
            for name, (argv, environment) in cases.items():
                keep_best(best, name, measured(argv, name, environment))
    print(f"start-up, best of {rounds}: processor time, wall time, peak memory")
    for name, cost in best.items():
        times = f"{cost.processor * 1000:6.0f} ms {cost.seconds * 1000:6.0f} ms"
        print(f"  {name:<18} {times} {cost.memory / 1e6:5.0f} MB")
    print(flush=True)


def keep_best(best: dict[str, Cost], name: str, cost: Cost) -> None:
    """Keep the run with the least processor time."""
    if name not in best or cost.processor < best[name].processor:
        best[name] = cost


def compare(file: Path, rounds: int) -> None:
    """Print for each question what each tool took, beside ocpiq."""
    tools = peers()
    for question in (*QUESTIONS, IDENTITY, BLANKED, OPEN):
        best: dict[str, Cost] = {}
        for _ in range(rounds):
            for tool in tools:
                keep_best(best, tool.name, run(tool, question, file))
        ours = best["ocpiq"].processor
        print(question.name)
        for name, cost in best.items():
            times = f"{cost.processor / ours:6.1f} x ocpiq" if name != "ocpiq" else " " * 14
            spent = f"{cost.processor:7.2f} s {cost.seconds:7.2f} s"
            print(f"  {name:<18} {spent} {times}  {cost.memory / 1e6:5.0f} MB")
        print(flush=True)


def growth(folder: Path, largest: int) -> None:
    """Print processor time and peak memory of each question from 10^3 to 10^largest objects.

    Beyond 10^5 it is a folder of links to one file.
    """
    sizes = {exponent: sized(folder, exponent) for exponent in range(3, largest + 1)}
    print("processor time and peak memory of ocpiq at", ", ".join(f"10^{exponent}" for exponent in sizes))
    for question in QUESTIONS:
        costs = [run(Peer("ocpiq", ocpiq), question, path) for path in sizes.values()]
        cells = (f"{cost.processor:7.2f} s {cost.memory / 1e6:5.1f} MB" for cost in costs)
        print(f"  {question.name:<18}", "  ".join(cells), flush=True)


def sized(folder: Path, exponent: int) -> Path:
    """Return a file, or a folder, with 10^exponent objects."""
    if exponent <= LARGEST_FILE:
        return cdrs(folder, 10**exponent)
    return repeated(folder, cdrs(folder, 10**LARGEST_FILE), 10 ** (exponent - LARGEST_FILE))


def run(tool: Peer, question: Question, file: Path) -> Cost:
    """Run the tool once, its results thrown away."""
    return measured(tool.command(question, file), f"{tool.name} on {question.name}")


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


if __name__ == "__main__":
    main()
