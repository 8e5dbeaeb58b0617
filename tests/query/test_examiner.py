"""The examiner finds no value of too few drivers; in a copy of the package with a planted bug, it finds one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import examiner
from support.examiner import examine
from support.full import FULL

import ocpiq

PACKAGE = Path(ocpiq.__file__).parent
SHARE = 0.2  # of the queries must run


def test_no_query_gives_away_a_value_of_few_drivers() -> None:
    ran, found = examine(500)
    assert found == []
    assert ran >= 500 * SHARE


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2] if FULL else [1])
def test_none_of_10000_queries_gives_away_a_value_of_few_drivers(seed: int) -> None:
    ran, found = examine(10_000, seed)
    assert found == []
    assert ran >= 10_000 * SHARE


TOTALS, CHECKS, GATE = "runtime/sealed_totals.py", "analysis/sealed.py", "gate/sealed.py"
PLANTED = {
    "k is off by one": [(TOTALS, "needed = runtime.drivers", "needed = runtime.drivers - 1")],
    "the remainder is not merged": [
        (TOTALS, "while shown and len(other[keys].drivers) < needed:", "while False:"),
        (TOTALS, "        return []\n", "        return shown\n"),
    ],
    "the remainder is shown as it is": [
        (TOTALS, "while shown and len(other[keys].drivers) < needed:", "while False:"),
        (TOTALS, "        return []\n", "        pass\n"),
    ],
    "a filter is let through": [
        (CHECKS, "if not (is_local or is_builtin or isinstance(part, SIMPLE)):", "if False:"),
        (CHECKS, "if node.outputs is Outputs.MANY:", "if False:"),
    ],
    "an object is joined more than once": [(CHECKS, "keys=keys, each=False", "keys=keys")],
    "two sources are let through": [
        (CHECKS, "    if len(sealed) > 1:\n", "    if False:\n"),
    ],
    "objects without a number count": [
        (GATE, "raw[0] not in NUMBER_STARTS:\n        return None", "raw[0] not in NUMBER_STARTS:\n        return 0"),
    ],
    "every token is a driver": [(GATE, "SECRET + self._fold(name)", "SECRET + str(part) + str(id(part))")],
    "the only group is not counted": [(TOTALS, "if len(group.drivers) >= runtime.drivers:", "if True:")],
}  # fmt: skip


@pytest.mark.parametrize("bug", PLANTED)
def test_the_examiner_finds_a_planted_bug(bug: str, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "ocpiq", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGE.parent / "grammar", tmp_path / "grammar")
    for file, right, wrong in PLANTED[bug]:
        path = tmp_path / "ocpiq" / file
        text = path.read_text("utf-8")
        assert text.count(right) == 1, (file, right)
        path.write_text(text.replace(right, wrong), "utf-8")
    words = [sys.executable, "-P", examiner.__file__, "600"]
    done = subprocess.run(words, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    origin, (_, found) = json.loads(done.stdout)
    assert origin == str(tmp_path / "ocpiq" / "__init__.py")
    assert found != []
