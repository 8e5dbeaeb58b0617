"""The parameters of a query, and which variables of the prompt it takes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from ocpiq.analysis.metadata import TYPES, QueryParameter, metadata
from ocpiq.errors import OcpiqError
from ocpiq.language import parse, tree
from ocpiq.language.partial import parse_partial
from ocpiq.prompt.suggestion import PREDEFINED
from ocpiq.values.types import Value

CLAUSE_TYPES: Final = {"_SINCE": "date", "_UNTIL": "date", "_DURING": "period"}


def parameters(text: str) -> tuple[QueryParameter, ...]:
    """Return the parameters that a query declares; none for one with errors, which compiling it reports."""
    try:
        return metadata(parse(text)).params
    except OcpiqError:
        return ()


def accepted(program: tree.Program, names: Collection[str]) -> tuple[str, ...]:
    """Return the variables that a query accepts: all, unless it declares its parameters."""
    try:
        declared = [parameter.name for parameter in metadata(program).params]
    except OcpiqError:
        declared = []
    return tuple(name for name in names if not declared or name in declared or name == PREDEFINED)


def accepted_values(text: str, variables: Mapping[str, Value]) -> dict[str, Value]:
    """Return the variables that a query accepts, with their values."""
    declared = {parameter.name for parameter in parameters(text)}
    return {
        name: value
        for name, value in variables.items()
        if not declared or name in declared or name == PREDEFINED
    }


def question(parameter: QueryParameter) -> str:
    """Return the question for a parameter that has no value."""
    about = f"{parameter.about}; " if parameter.about else ""
    return f"{parameter.name} ({about}such as {TYPES[parameter.type].example}): "


def with_head(text: str, name: str, variables: Collection[str]) -> str:
    """Return a query with its metadata: those of its variables that the prompt has set become parameters.

    A query that has metadata or needs none stays as it is. Values, which may be private, are not written.
    """
    used = dict(_used(text, variables))
    if not used or _has_head(text):
        return text
    params = ", ".join(f"{variable}: {{type: {json.dumps(type_)}}}" for variable, type_ in used.items())
    return f"module {{name: {json.dumps(name)}, params: {{{params}}}}};\n{text}"


def _has_head(text: str) -> bool:
    try:
        return parse(text).module is not None
    except OcpiqError:
        return True  # as it is


def _used(text: str, variables: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the variables in a text with their types; the clause before a variable tells its type."""
    types: dict[str, str] = {}
    tokens = parse_partial(text).tokens
    for before, token in zip([None, *tokens], tokens, strict=False):
        name = token.text.removeprefix("$").strip()
        if token.kind == "VARIABLE" and name in variables and name != PREDEFINED:
            clause = CLAUSE_TYPES.get(before.kind, "") if before is not None else ""
            types[name] = clause or types.get(name) or "string"
    yield from types.items()


def query_name(path: Path) -> str:
    """Return the name of a saved query: that of its file without the ending."""
    return path.name.removesuffix(path.suffix)
