"""Who imports whom among the prompt, the command line, and what they share; inside functions as well."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages

import pytest

import ocpiq.commands.settings
import ocpiq.repl

COMMAND_LINE = (
    "ocpiq.commands.check",
    "ocpiq.commands.completion",
    "ocpiq.commands.demo",
    "ocpiq.commands.get",
    "ocpiq.commands.main",
    "ocpiq.commands.man",
    "ocpiq.commands.platforms",
)


def modules_in(package: str) -> tuple[str, ...]:
    """Return the names of a package and of all modules in it."""
    spec = find_spec(package)
    assert spec is not None
    inner = walk_packages(spec.submodule_search_locations, f"{package}.")
    return (package, *(module.name for module in inner))


PROMPT = modules_in(ocpiq.repl.__name__)
SHARED = tuple(
    name for name in modules_in(ocpiq.commands.settings.__package__ or "") if name not in COMMAND_LINE
)


def imported(module: str) -> Iterator[str]:
    """Yield the full name of everything that a module imports."""
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None
    for node in ast.walk(ast.parse(Path(spec.origin).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", SHARED)
def test_the_shared_part_knows_neither_side(module: str) -> None:
    assert not set(imported(module)) & {*COMMAND_LINE, *PROMPT}


@pytest.mark.parametrize("module", COMMAND_LINE)
def test_the_command_line_does_not_know_the_prompt(module: str) -> None:
    assert not set(imported(module)) & set(PROMPT)


@pytest.mark.parametrize("module", PROMPT)
def test_the_prompt_does_not_know_the_command_line(module: str) -> None:
    assert not set(imported(module)) & set(COMMAND_LINE)


@pytest.mark.parametrize("module", [*SHARED, *COMMAND_LINE, *PROMPT])
def test_options_are_asked_for_by_name_in_one_place(module: str) -> None:
    """Only the settings read the arguments; `Arguments` itself goes no further than to them and to main."""
    allowed = {"ocpiq.commands.arguments", "ocpiq.commands.settings", "ocpiq.commands.main"}
    assert module in allowed or "ocpiq.commands.arguments.Arguments" not in set(imported(module))
