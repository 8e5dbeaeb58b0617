"""The packages of ocpiq and what each may import: CONTRIBUTING.md has the list, this holds the code to it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ocpiq"
LAYERS = re.findall(r"^\| `(\w+)` +\|", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
FOLDERS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
MODULES = {
    path: module_name
    for path in PACKAGE.rglob("*.py")
    for module_name in [".".join(path.relative_to(ROOT).with_suffix("").parts)]
}


def imported(text: str) -> Iterator[str]:
    """Yield the dotted names that a module's text imports from ocpiq, wherever the import stands."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("ocpiq."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ocpiq":
            yield from (f"{node.module}.{name.name}" for name in node.names)


def upward(package: str, text: str) -> list[str]:
    """Return what a file of `package` imports from packages below its own in the list."""
    above = {*LAYERS[: LAYERS.index(package) + 1]}
    packages = [(name, name.split(".")[1]) for name in imported(text)]
    return [name for name, other in packages if other in LAYERS and other not in above]


def test_the_list_names_every_package_once() -> None:
    assert sorted(LAYERS) == FOLDERS


@pytest.mark.parametrize("package", FOLDERS)
def test_a_package_imports_only_from_those_above_it(package: str) -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for path in sorted((PACKAGE / package).rglob("*.py"))
        if (names := upward(package, path.read_text("utf-8")))
    }
    assert found == {}


def test_an_import_from_below_is_seen() -> None:
    assert upward("schema", "def f():\n    from ocpiq.prompt import session") == ["ocpiq.prompt.session"]


@pytest.mark.parametrize("package", FOLDERS)
def test_the_files_of_a_package_form_no_circle(package: str) -> None:
    """Imports in functions and for types alone count as well."""
    names = {name: path for path, name in MODULES.items() if name.startswith(f"ocpiq.{package}.")}
    files = {
        name.removesuffix(".__init__"): path for name, path in names.items() if path.name != "__init__.py"
    }
    graph = {
        name: {
            file
            for target in imported(path.read_text("utf-8"))
            for file in (target, target.rpartition(".")[0])
            if file in files and file != name
        }
        for name, path in files.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError


@pytest.mark.parametrize("file", ["language/grammar.py", "schema/types.py"])
def test_what_the_build_runs_needs_nothing_of_the_package(file: str) -> None:
    script = f"import runpy, sys; sys.modules['ocpiq'] = None; runpy.run_path({str(PACKAGE / file)!r})"
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
