"""`python -m tests.bench`: speed and memory beside the peers that are installed. Prints; asserts nothing.

Every question goes to every tool in turn, a few rounds of it, and the best time of each counts. The files stay in
the folder for the next run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.bench.data import cdrs, repeated
from tests.bench.peers import Peer, ocpiq, peers
from tests.bench.questions import BLANKED, IDENTITY, OPEN, QUESTIONS, Question

ROOT = Path(__file__).parents[2]
METER = Path(__file__).with_name("meter.py")


class Cost(Struct, frozen=True):
    """What one run took: wall and processor time in seconds, the most memory it had, in bytes; its exit code."""

    seconds: float
    processor: float
    memory: int
    status: int


def main() -> None:
    """Make the data, ask, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "ocpiq-bench")
    parser.add_argument(
        "--memory", action="store_true", help="only the memory at 10^4, 10^5 and 10^6 objects"
    )
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True)
    if not given.memory:
        file = cdrs(given.folder, given.objects)
        print(f"{given.objects:,} CDRs, {file.stat().st_size / 1e6:.0f} MB, best of {given.rounds}")
        print("wall time, processor time, wall time beside ocpiq, peak memory\n")
        compare(file, given.rounds)
    memory(given.folder)


def compare(file: Path, rounds: int) -> None:
    """Print for each question what each tool took, beside ocpiq."""
    tools = peers()
    for question in (*QUESTIONS, IDENTITY, BLANKED, OPEN):
        best: dict[str, Cost] = {}
        for _ in range(rounds):
            for tool in tools:
                cost = run(tool, question, file)
                if tool.name not in best or cost.seconds < best[tool.name].seconds:
                    best[tool.name] = cost
        ours = best["ocpiq"].seconds
        print(question.name)
        for name, cost in best.items():
            times = f"{cost.seconds / ours:6.1f} x ocpiq" if name != "ocpiq" else " " * 14
            spent = f"{cost.seconds:7.2f} s {cost.processor:7.2f} s"
            print(f"  {name:<18} {spent} {times}  {cost.memory / 1e6:5.0f} MB")
        print(flush=True)


def memory(folder: Path) -> None:
    """Print the peak memory of each question at 10^4, 10^5 and 10^6 objects; the last is a folder of ten links."""
    hundred = cdrs(folder, 100_000)
    sizes = {"10^4": cdrs(folder, 10_000), "10^5": hundred, "10^6": repeated(folder, hundred, 10)}
    print("peak memory of ocpiq in MB at", ", ".join(sizes))
    for question in QUESTIONS:
        peaks = [run(Peer("ocpiq", ocpiq), question, path).memory / 1e6 for path in sizes.values()]
        print(f"  {question.name:<18}", "  ".join(f"{peak:6.1f}" for peak in peaks), flush=True)


def run(tool: Peer, question: Question, file: Path) -> Cost:
    """Run the tool once, its results thrown away."""
    return measured(tool.command(question, file), f"{tool.name} on {question.name}")


def measured(argv: list[str], name: str) -> Cost:
    """Run a command, its output thrown away, and return what it took."""
    command = [sys.executable, "-I", "-S", str(METER), *argv]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    text = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True).stdout
    cost = msgspec.json.decode(text, type=Cost)
    if cost.status:
        sys.exit(f"{name} failed")
    return cost


if __name__ == "__main__":
    main()
