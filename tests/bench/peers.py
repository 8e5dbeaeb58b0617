"""The tools to compare with: whichever of them is installed."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from tests.bench.questions import IDENTITY, Question

HERE = Path(__file__).parent
SLOW = 5  # the share of tools of which the time grows with the size alone
OCPIQ = [sys.executable, "-m", "ocpiq", "-q"]


class Peer(Struct, frozen=True):
    """A tool: its name with version, and its command line for a question over a file, or a folder of files.

    One that takes long reads one part in `share` of the objects.
    """

    name: str
    command: Callable[[Question, Path], list[str]]
    share: int = 1


def ocpiq(question: Question, file: Path) -> list[str]:
    """Return the command line of ocpiq itself, in one process."""
    if question is IDENTITY:
        return [*OCPIQ, question.ocpiq, str(file)]
    return ocpiq_on(1)(question, file)


def ocpiq_on(jobs: int) -> Callable[[Question, Path], list[str]]:
    """Return the function for the command line of ocpiq in a number of processes."""
    return lambda question, file: [
        *(*OCPIQ, "--jobs", str(jobs), "--source", f"cdrs={file}"),
        question.ocpiq,
    ]


def peers() -> list[Peer]:
    """Return ocpiq and all peers that are installed; a jq 1.8 program, or else its binding for Python."""
    found = [Peer("ocpiq", ocpiq)]
    for name in ("jq", "gojq"):
        path = shutil.which(name)
        if path:
            found.append(Peer(_version(path, name), _jq(path), SLOW))
    if not any(peer.name.startswith("jq 1.8") for peer in found) and importlib.util.find_spec("jq"):
        found.append(Peer("jq 1.8 (binding)", _binding, SLOW))
    if importlib.util.find_spec("duckdb"):
        found.append(Peer("duckdb", _duckdb))
    return found + with_columns()


def with_columns() -> list[Peer]:
    """Return the peers that use all cores, if they are installed; DuckDB is told the columns."""
    found = [Peer("duckdb, columns", _duckdb_with_columns)] if importlib.util.find_spec("duckdb") else []
    return [*found, Peer("polars", _polars)] if importlib.util.find_spec("polars") else found


def _version(path: str, name: str) -> str:
    text = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"\d+\.\d+(?:\.\d+)?", text)
    return f"{name} {match[0] if match else '?'}"


def _jq(path: str) -> Callable[[Question, Path], list[str]]:
    return lambda question, file: [path, "-nc", question.jq, str(file)]


def _binding(question: Question, file: Path) -> list[str]:
    """Run the jq binding on blocks of lines: jq parses and folds in C; see run_jq.py for what is left to Python."""
    return [sys.executable, str(HERE / "run_jq.py"), question.name, str(file)]


def _duckdb(question: Question, file: Path) -> list[str]:
    return _duckdb_command(question.duckdb.replace("CDRS", f"read_ndjson('{_files(file)}')"))


def _duckdb_with_columns(question: Question, file: Path) -> list[str]:
    """Give DuckDB the types of the columns; without a list of them, it looks for them itself."""
    columns = f", columns={question.columns}" if question.columns else ""
    return _duckdb_command(question.duckdb.replace("CDRS", f"read_ndjson('{_files(file)}'{columns})"))


def _files(path: Path) -> str:
    return str(path / "*.ndjson" if path.is_dir() else path)


def _duckdb_command(query: str) -> list[str]:
    return [sys.executable, "-c", f"import duckdb; print(len(duckdb.sql({query!r}).fetchall()))"]


def _polars(question: Question, file: Path) -> list[str]:
    code = f"import polars as pl; cdrs = pl.scan_ndjson({_files(file)!r}); print(len(({question.polars}).collect()))"
    return [sys.executable, "-c", code]
