"""`python -m tests.bench`: speed and memory beside the peers that are installed. Prints; asserts nothing.

Every question goes to every tool in turn, a few rounds of it, and the least processor time of each counts: on a machine
that does other work too, it says more than the time that passed. Only where all cores are compared, the time that
passed counts. The files stay in the folder for the next run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from tests.bench import keys
from tests.bench import snapshots as snapshot_costs
from tests.bench.cost import Cost, keep_best, measured, wall
from tests.bench.data import cdrs, repeated
from tests.bench.peers import OCPIQ, Peer, ocpiq, ocpiq_on, peers, with_columns
from tests.bench.questions import BLANKED, IDENTITY, OPEN, QUESTIONS, Question

LARGEST_FILE = 5  # as a power of ten of its objects
LARGE = 200_000  # objects that all cores are compared over: 685 MB


class Sizes(Struct, frozen=True):
    """How much is measured: objects, rounds, and the largest power of ten of objects; `whole` files for every tool."""

    folder: Path
    objects: int
    rounds: int
    largest: int
    whole: bool


def main() -> None:
    """Make the data, ask, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="A run takes about ten minutes, with --full an hour."
    )
    parser.add_argument(
        "--objects", type=int, default=100_000, help="CDRs of the questions (100,000: 342 MB)"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "ocpiq-bench")
    parser.add_argument("--growth", type=int, default=6, metavar="EXPONENT", help="up to 10^EXPONENT objects")
    parser.add_argument(
        "--full", action="store_true", help="growth up to 10^7; all files whole for jq and gojq"
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), metavar="SECTION")
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True)
    largest = 7 if given.full else given.growth
    sizes = Sizes(given.folder, given.objects, given.rounds, largest, given.full)
    for name in given.only:
        began = time.perf_counter()
        SECTIONS[name](sizes)
        print(f"({name}: {time.perf_counter() - began:.0f} s)\n", flush=True)


def start_up(sizes: Sizes) -> None:
    """Print what it takes to start: as usual, for the first time, without a place to write, and Python alone."""
    rounds = 4 * sizes.rounds
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
        print(f"  {name:<18} {times} {cost.megabytes}")


def questions(sizes: Sizes) -> None:
    """Print for each question what each tool took, beside ocpiq in one process.

    Tools that take time in proportion to what they read, and much of it, read a fifth, and what they took counts
    five times. A command that answers several questions is measured with the first.
    """
    known: dict[tuple[str, ...], Cost] = {}
    tools = peers()
    files = {
        share: cdrs(sizes.folder, sizes.objects // share) for share in {1, *(tool.share for tool in tools)}
    }
    size = files[1].stat().st_size / 1e6
    print(f"{sizes.objects:,} CDRs, {size:.0f} MB, best of {sizes.rounds}")
    print("processor time, wall time, processor time beside ocpiq, peak memory\n")
    for question in (*QUESTIONS, IDENTITY, BLANKED, OPEN):
        shares = {tool: 1 if sizes.whole else tool.share for tool in tools}
        commands = {tool: tuple(tool.command(question, files[share])) for tool, share in shares.items()}
        best = {tool.name: known[command] for tool, command in commands.items() if command in known}
        for _ in range(sizes.rounds):
            for tool in (tool for tool, command in commands.items() if command not in known):
                keep_best(best, tool.name, run(tool, question, files[shares[tool]]).times(shares[tool]))
        known |= {command: best[tool.name] for tool, command in commands.items()}
        ours = best["ocpiq"].processor
        print(question.name)
        for name, cost in ((tool.name, best[tool.name]) for tool in tools):
            beside = f"{cost.processor / ours:6.1f} x ocpiq" if name != "ocpiq" else " " * 14
            print(f"  {name:<18} {cost} {beside}  {cost.megabytes}")
        print(flush=True)


def all_cores(sizes: Sizes) -> None:
    """Print for the questions that tables answer, too, the wall time on all cores."""
    cores = os.cpu_count() or 1
    folder = repeated(sizes.folder, cdrs(sizes.folder, 10**LARGEST_FILE), LARGE // 10**LARGEST_FILE)
    tools = [Peer("ocpiq", ocpiq), Peer(f"ocpiq --jobs {cores}", ocpiq_on(cores)), *with_columns()]
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    print(f"{LARGE:,} CDRs, {size:.0f} MB, {cores} cores, best of {sizes.rounds}")
    print("processor time, wall time, wall time of one process beside it, peak memory of all processes\n")
    for question in QUESTIONS:
        best: dict[str, Cost] = {}
        for _ in range(sizes.rounds):
            for tool in tools:
                keep_best(best, tool.name, run(tool, question, folder), wall)
        print(question.name)
        for name, cost in best.items():
            beside = f"{best['ocpiq'].seconds / cost.seconds:6.2f} x"
            print(f"  {name:<18} {cost} {beside}  {cost.megabytes}")
        print(flush=True)


def growth(sizes: Sizes) -> None:
    """Print processor time and peak memory of each question from 10^3 to 10^largest objects.

    Beyond 10^5 it is a folder of links to one file.
    """
    paths = {exponent: sized(sizes.folder, exponent) for exponent in range(3, sizes.largest + 1)}
    print("processor time and peak memory of ocpiq at", ", ".join(f"10^{exponent}" for exponent in paths))
    for question in QUESTIONS:
        costs = [run(Peer("ocpiq", ocpiq), question, path) for path in paths.values()]
        cells = (f"{cost.processor:7.2f} s {cost.memory / 1e6:5.1f} MB" for cost in costs)
        print(f"  {question.name:<18}", "  ".join(cells), flush=True)


def sized(folder: Path, exponent: int) -> Path:
    """Return a file, or a folder, with 10^exponent objects."""
    if exponent <= LARGEST_FILE:
        return cdrs(folder, 10**exponent)
    return repeated(folder, cdrs(folder, 10**LARGEST_FILE), 10 ** (exponent - LARGEST_FILE))


def run(tool: Peer, question: Question, path: Path) -> Cost:
    """Run the tool once, its results thrown away."""
    return measured(tool.command(question, path), f"{tool.name} on {question.name}")


def snapshots(sizes: Sizes) -> None:
    """Print what snapshots cost beside NDJSON."""
    snapshot_costs.print_costs(sizes.folder, sizes.objects, sizes.rounds)


SECTIONS: dict[str, Callable[[Sizes], None]] = {
    "start-up": start_up,
    "questions": questions,
    "all-cores": all_cores,
    "growth": growth,
    "snapshots": snapshots,
    "keys": lambda sizes: keys.main(),
}


if __name__ == "__main__":
    main()
