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


class Peer(Struct, frozen=True):
    """A tool: its name with version, and its command line for a question over a file."""

    name: str
    command: Callable[[Question, Path], list[str]]


def ocpiq(question: Question, file: Path) -> list[str]:
    """Return the command line of ocpiq itself."""
    start = [sys.executable, "-m", "ocpiq", "-q"]
    if question is IDENTITY:
        return [*start, question.ocpiq, str(file)]
    return [*start, "--source", f"cdrs={file}", question.ocpiq]


def peers() -> list[Peer]:
    """Return ocpiq and all peers that are installed; a jq 1.8 program, or else its binding for Python."""
    found = [Peer("ocpiq", ocpiq)]
    for name in ("jq", "gojq"):
        path = shutil.which(name)
        if path:
            found.append(Peer(_version(path, name), _jq(path)))
    if not any(peer.name.startswith("jq 1.8") for peer in found) and importlib.util.find_spec("jq"):
        found.append(Peer("jq 1.8 (binding)", _binding))
    if importlib.util.find_spec("duckdb"):
        found.append(Peer("duckdb", _duckdb))
    return found


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
    query = question.duckdb.replace("CDRS", f"read_ndjson('{file}')")
    return [sys.executable, "-c", f"import duckdb; print(len(duckdb.sql({query!r}).fetchall()))"]
