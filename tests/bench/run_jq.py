"""jq 1.8 through its Python binding, fairly: the binding has no `inputs`, so the file goes in by blocks of lines.

jq parses each block and folds or writes it, all in C; Python adds up the blocks' few groups. What this costs beside
a jq program is the copying of the text; what it saves is the program's own reading of files.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import jq

BLOCK = 1 << 20
CONVERTED = "{id, kwh: .total_energy, cost: .total_cost.incl_vat} | tojson"
FOLDS = {
    "group": 'reduce .[] as $c ({}; .[$c.cdr_location.city + " n"] += 1 | .[$c.cdr_location.city] += $c.total_energy)',
    "nested": "reduce (.[] | .charging_periods[].dimensions[]) as $d ({}; .[$d.type] += $d.volume)",
    "dates": 'reduce .[] as $c ({}; ($c.start_date_time[0:7]) as $m | .[$m + " n"] += 1 | .[$m] += $c.total_energy)',
}


def main(question: str, path: str) -> None:
    """Answer the question over the file."""
    fold = FOLDS.get(question)
    program = jq.compile(fold or (CONVERTED if question == "projection" else "tojson"))
    sums: Counter[str] = Counter()
    with Path(path).open(encoding="utf-8") as file:
        while lines := file.readlines(BLOCK):
            text = "".join(lines)
            if fold:
                sums.update(program.input_text(text, slurp=True).first())
            else:
                sys.stdout.write("\n".join(program.input_text(text)) + "\n")
    if fold:
        sys.stdout.write(json.dumps(sums) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
