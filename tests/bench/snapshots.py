"""`python -m tests.bench.snapshots`: snapshots beside NDJSON of the same rows. Prints; asserts nothing.

The pull and the query that writes NDJSON take turns, and so do the questions; the best time of each counts. What has
changed, one object in a hundred, comes from a platform in a process of its own. ocpiq reads in one process.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.cost import Cost, measured
from tests.bench.data import cdrs, repeated
from tests.bench.peers import OCPIQ
from tests.bench.pulls import platform
from tests.bench.questions import QUESTIONS

PASSED = (
    "cdrs pass start_date_time, end_date_time, auth_method, cdr_location.city, cdr_location.country,"
    " cdr_location.evse_uid, cdr_location.connector_standard, cdr_location.connector_format,"
    " cdr_location.connector_power_type, charging_periods, total_cost, total_energy, total_time, last_updated"
)
FLAT = "cdrs only id, start_date_time, cdr_location.city, total_energy, total_cost, last_updated"
LARGE = 1_000_000


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.snapshots")
    parser.add_argument("--objects", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="also disk and memory of 10^6 objects")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "ocpiq-bench")
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True)
    print_costs(given.folder, given.objects, given.rounds)
    if given.large:
        print_large(given.folder)


def print_costs(folder: Path, objects: int, rounds: int) -> None:
    """Print what a pull, a question and an increment cost."""
    pages = cdrs(folder, objects)
    with tempfile.TemporaryDirectory(dir=folder) as new:
        rows, snapshot = Path(new, "rows.ndjson"), Path(new, "snapshot")
        source = ["--source", f"cdrs={pages}"]
        print(f"snapshot of {objects:,} CDRs, 14 paths passed: wall and processor time, peak memory")
        commands = {
            "to NDJSON": [*source, "--jobs", "1", "--to", "ndjson", "-o", str(rows), PASSED],
            "pull": [*source, "pull", PASSED, "--into", str(snapshot)],
        }
        show(best_of(commands, rounds, remove=snapshot))
        raw, stored = pages.stat().st_size, disk(snapshot)
        print(f"  on disk {stored / 1e6:.0f} MB: {100 * stored / raw:.1f} % of {raw / 1e6:.0f} MB of pages")
        for question in (found for found in QUESTIONS if found.name in ("group", "nested")):
            print(f"{question.name}, over NDJSON of the same rows and over the snapshot")
            commands = {
                "NDJSON": ["--source", f"cdrs={rows}", "--jobs", "1", question.ocpiq],
                "snapshot": ["--snapshot", str(snapshot), "--jobs", "1", question.ocpiq],
            }
            show(best_of(commands, rounds))
    print_increment(folder, objects)


def print_increment(folder: Path, objects: int) -> None:
    """Print what it costs to pull what has changed, beside the query that reads it."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as new,
        platform(objects, 1000, 0.0) as served,
    ):
        into = ["pull", FLAT, "--into", f"{new}/snapshot"]
        print(f"increment: {objects // 100:,} of {objects:,} CDRs changed on a platform")
        environment = served.environment
        costs = {
            "first pull": run("first pull", into, environment),
            "increment": run("increment", into, environment),
            "query": run("query", [f"{FLAT} since 2026-01-31"], environment),
        }
        show(costs)


def print_large(folder: Path) -> None:
    """Print disk and memory of 10^6 objects."""
    pages = repeated(folder, cdrs(folder, 100_000), LARGE // 100_000)
    with tempfile.TemporaryDirectory(dir=folder) as new:
        into = Path(new, "snapshot")
        print("snapshot of 1,000,000 CDRs, 6 paths")
        costs = {"pull": run("pull", ["--source", f"cdrs={pages}", "pull", FLAT, "--into", str(into)])}
        costs["group"] = run("group", ["--snapshot", str(into), "--jobs", "1", QUESTIONS[1].ocpiq])
        show(costs)
        print(f"  on disk {disk(into) / 1e6:.0f} MB")


def best_of(
    commands: Mapping[str, Sequence[str]], rounds: int, remove: Path | None = None
) -> dict[str, Cost]:
    """Return the best wall and processor time of each command, which take turns; `remove` a folder before each."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, words in commands.items():
            if remove is not None:
                shutil.rmtree(remove, ignore_errors=True)
            costs[name].append(run(name, words))
    return {
        name: Cost(
            min(cost.seconds for cost in runs),
            min(cost.processor for cost in runs),
            max(cost.memory for cost in runs),
            0,
        )
        for name, runs in costs.items()
    }


def run(name: str, words: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run ocpiq once."""
    return measured([*OCPIQ, *words], name, environment)


def show(costs: Mapping[str, Cost]) -> None:
    """Print a line for each cost, the times also beside those of the first."""
    first = next(iter(costs.values()))
    for name, cost in costs.items():
        beside = f"{cost.seconds / first.seconds:5.2f} {cost.processor / first.processor:5.2f} x"
        times = f"{cost.seconds:7.2f} s {cost.processor:7.2f} s {beside}"
        print(f"  {name:<12} {times} {cost.memory / 1e6:5.0f} MB", flush=True)


def disk(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
