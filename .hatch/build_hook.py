"""Build hook: stops while a schema table names an unknown type, and adds to a wheel what is made from the sources.

These are the parser's tables, the man page and the completion scripts. With the tables no run has to build them from
the grammar. An editable install gets them in the source tree, where git ignores them. Without them, or with those of
another grammar, they are built at run time (ocpiq/language/grammar.py).
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LANGUAGE = "ocpiq/language"
EXAMPLES, ENDINGS = "examples", (".ocpiq", ".jq")  # the report pack, without its pages
REPORTS = "ocpiq/reports/queries"
SHARED = {  # files that shells and `man` look for, and the command that prints each
    "share/man/man1/ocpiq.1": ("man",),
    "share/bash-completion/completions/ocpiq": ("completion", "bash"),
    "share/zsh/site-functions/_ocpiq": ("completion", "zsh"),
    "share/fish/vendor_completions.d/ocpiq.fish": ("completion", "fish"),
}


class BuildHook(BuildHookInterface[Any]):
    """Checks the schema tables; adds the parser's tables, man page, completion and reports to the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the tables: into the source tree for an editable install, else only into the wheel."""
        check_types(Path(self.root))
        language = Path(self.root) / LANGUAGE
        tables = _tables_module(language)
        grammar = tables.grammar_text()
        name, data = tables.file_name(grammar), tables.encode(tables.build(grammar))
        if version == "editable":
            with suppress(OSError):  # a tree that cannot be written: they are built when they are needed
                for outdated in language.glob("grammar-*.json"):
                    outdated.unlink()
                (language / name).write_bytes(data)
            return
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        file = folder / name
        file.write_bytes(data)
        build_data["force_include"][str(file)] = f"{LANGUAGE}/{name}"
        examples = Path(self.root) / EXAMPLES
        for path in sorted(path for ending in ENDINGS for path in examples.rglob(f"*{ending}")):
            build_data["force_include"][str(path)] = f"{REPORTS}/{path.relative_to(examples).as_posix()}"
        for number, (target, words) in enumerate(SHARED.items()):
            file = folder / str(number)
            file.write_bytes(_printed(Path(self.root), words))
            build_data["shared_data"][str(file)] = target

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the files that the wheel was given copies of."""
        if version != "editable":
            self._folder.cleanup()


def check_types(root: Path) -> None:
    """Raise ValueError where a schema table names an unknown type. The package cannot be imported during its build."""
    problems = list(runpy.run_path(str(root / "ocpiq" / "schema" / "types.py"))["problems"]())
    if problems:
        raise ValueError("; ".join(problems))


def _printed(root: Path, words: tuple[str, ...]) -> bytes:
    """Return what a command of the sources prints."""
    paths = os.pathsep.join(
        [str(root), *sys.path]
    )  # an isolated build finds its packages by way of sys.path alone
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "ocpiq", *words]
    return subprocess.run(command, check=True, capture_output=True, env=environment).stdout  # noqa: S603


def _tables_module(folder: Path) -> ModuleType:
    """Load grammar.py alone: what the rest of ocpiq imports is not installed while it is built."""
    spec = spec_from_file_location("parser_tables", folder / "grammar.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
