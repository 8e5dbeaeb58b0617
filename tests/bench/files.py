"""`python -m tests.bench.files`: the result file of each format beside CSV. Prints; asserts nothing.

Rows of 10 columns (text, times, numbers) from CDRs. The formats take turns, and the best time of each counts. Peak
memory is compared with NDJSON's, at 10^5 and 10^6 rows. Formats whose packages are missing are left out.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from ocpiq.sinks.registry import FORMATS
from tests.bench.cost import Cost, measured
from tests.bench.data import cdrs, repeated

QUERY = (
    "cdrs pass start_date_time, end_date_time, cdr_location, total_energy, total_time, total_cost, last_updated"
    " | {id, start_date_time, end_date_time, city: .cdr_location.city, evse: .cdr_location.evse_id,"
    " kwh: .total_energy, hours: .total_time, cost: .total_cost.excl_vat, currency, last_updated}"
)
NAMES = ("csv", "ndjson", "sqlite", "duckdb", "parquet", "arrow", "xlsx")


def main() -> None:
    """Make the data, write the files, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.files")
    parser.add_argument("--memory", action="store_true", help="also the memory at 10^6 rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "ocpiq-bench")
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True)
    file = cdrs(given.folder, 100_000)
    packages = {format_.name: format_.packages for format_ in FORMATS}
    names = [name for name in NAMES if all(map(find_spec, packages[name]))]
    with tempfile.TemporaryDirectory(dir=given.folder) as results:
        costs = best_of(names, file, Path(results), given.rounds)
        print(
            f"100,000 rows of 10 columns, best of {given.rounds}: wall time, beside csv, peak memory over ndjson"
        )
        for name, cost in costs.items():
            ratio = cost.seconds / costs["csv"].seconds
            over = (cost.memory - costs["ndjson"].memory) / 1e6
            size = (Path(results) / f"x.{name}").stat().st_size / 1e6
            print(
                f"  {name:<8} {cost.seconds:6.2f} s {ratio:5.2f} x csv {over:+6.0f} MB, file {size:5.1f} MB",
                flush=True,
            )
        if not given.memory:
            return
        print("peak memory in MB at 10^5 and 10^6 rows")
        many = repeated(given.folder, file, 10)
        for name in names:
            peak = write(name, many, Path(results)).memory / 1e6
            print(f"  {name:<8} {costs[name].memory / 1e6:6.1f} {peak:6.1f}", flush=True)


def best_of(names: list[str], file: Path, folder: Path, rounds: int) -> dict[str, Cost]:
    """Return the fastest run of each format."""
    best: dict[str, Cost] = {}
    for _ in range(rounds):
        for name in names:
            cost = write(name, file, folder)
            if name not in best or cost.seconds < best[name].seconds:
                best[name] = cost
    return best


def write(name: str, source: Path, folder: Path) -> Cost:
    """Write the file once."""
    words = ["-q", "--source", f"cdrs={source}", "--to", name, "-o", str(folder / f"x.{name}"), QUERY]
    return measured([sys.executable, "-m", "ocpiq", *words], f"--to {name}")


if __name__ == "__main__":
    main()
