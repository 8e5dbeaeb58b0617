"""The saved queries: those of the current folder, of `queries` in the config folder, and the examples."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ocpiq.analysis.field_uses import passes
from ocpiq.app import text_files
from ocpiq.app.compile import compile_query
from ocpiq.app.query_text import QueryText
from ocpiq.app.settings import QuerySettings
from ocpiq.errors import OcpiqError, UsageError, did_you_mean
from ocpiq.prompt.parameters import query_name
from ocpiq.prompt.paths import expand_path
from ocpiq.query import Query
from ocpiq.query.imports import ENDINGS
from ocpiq.storage.folders import config_folder

INDENT: Final = "    "
SUFFIX: Final = ENDINGS[0]


def library_folder() -> Path:
    """Return the folder of the user's saved queries, which may not exist."""
    return config_folder() / "queries"


def saved_queries() -> dict[str, list[Path]]:
    """Return the files of saved queries by the place where they are."""
    from ocpiq.reports import pack_folder  # noqa: PLC0415 - not before it is used

    own = library_folder()
    return {
        "This folder": sorted(Path().glob(f"*{SUFFIX}")),
        str(own): sorted(own.glob(f"*{SUFFIX}")),
        "Examples": sorted(pack_folder().rglob(f"*{SUFFIX}"), key=lambda path: path.name),
    }


def is_example(path: Path) -> bool:
    """Tell whether a file is one of the examples."""
    from ocpiq.reports import pack_folder  # noqa: PLC0415

    return path.resolve().is_relative_to(pack_folder().resolve())


def find_query(name: str) -> Path:
    """Return the file of a saved query by its path, or by its name in the places of `:queries`. Raises UsageError."""
    path = expand_path(name)
    for candidate in (path, path.with_name(path.name + SUFFIX)) if path.name else ():
        if candidate.is_file():
            return candidate
    files = [file for files in saved_queries().values() for file in files]
    for file in files:
        if query_name(file) == name:
            return file
    if len(path.parts) > 1 or path.suffix:
        raise UsageError(f"could not read {path}: No such file or directory")
    hint = did_you_mean(name, [query_name(file) for file in files]) or ":queries lists all saved queries"
    raise UsageError(f"unknown query {path}", hint=hint)


def listing(settings: QuerySettings) -> str:
    """Return the saved queries with their purpose, their parameters and what they pass."""
    width = max(20, shutil.get_terminal_size().columns - 1)
    blocks: list[str] = []
    for place, files in saved_queries().items():
        if files:
            entries = (line for file in files for line in _entry(settings, file))
            lines = (
                textwrap.fill(line, width, initial_indent=start, subsequent_indent=start + "  ")
                for start, line in entries
            )
            blocks.append("\n".join([f"{place}:", *lines]))
    return "\n".join(blocks)


def _entry(settings: QuerySettings, file: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines on a saved query, each with its indentation."""
    try:
        text = text_files.read(str(file), "the query ")
        query = compile_query(settings, QueryText(text, str(file)), ())
    except OcpiqError as error:
        yield "  ", f"{query_name(file)}: {error.message}"
        return
    about = query.metadata.about.partition(". ")[0].removesuffix(".")
    yield "  ", f"{query_name(file)}: {about}" if about else query_name(file)
    parameters = ", ".join(_parameters(query))
    if parameters:
        yield INDENT, f"parameters: {parameters}"
    for source in query.source_plans:
        yield INDENT, f"{source.module} passes {', '.join(passes(source.view)) or 'nothing'}"


def _parameters(query: Query) -> Iterator[str]:
    """Yield the parameters of a query."""
    for parameter in query.metadata.params:
        about = f" ({parameter.about})" if parameter.about else ""
        yield f"{parameter.name}{about}" + ("" if parameter.required else ", optional")
