"""The JSON types of the OCPI types in the tables. Standard library only, because the package build runs the check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

TABLES: Final = Path(__file__).with_name("tables")
OTHERS: Final = (
    "types",
    "enums",
    "marks",
    "modules",
    "totals",
    "counterparts",
)  # the tables that do not describe a module
JSON_TYPES: Final = ("number", "string", "boolean", "object")


def base(type_: str) -> str:
    """Return an OCPI type without its length, such as `int` for `int(5)`."""
    return re.sub(r"\(\d+\)$", "", type_)


@cache
def json_types() -> dict[str, str]:
    """Return the JSON type of each OCPI type without its length; enums are strings."""
    enums = {name: "string" for name, *_ in rows("enums")}
    return enums | {name: json for name, json, *_ in rows("types")}


def problems() -> Iterator[str]:
    """Yield the errors in the types of the tables; with any, the package must not be built."""
    known = json_types()
    yield from (f"types.txt: {json} is not a JSON type" for json in known.values() if json not in JSON_TYPES)
    for table in sorted(TABLES.glob("*.txt")):
        for path, _, type_, _, default, *_ in rows(table.stem) if table.stem not in OTHERS else ():
            json = known.get(base(type_))
            if json is None:
                yield f"{table.name}: {path} has the unknown type {type_}"
            elif (json == "object") is not (default == "-"):
                yield f"{table.name}: {path} has the type {type_}, which is {json} in types.txt"


def rows(name: str) -> Iterator[list[str]]:
    """Yield the columns of each line of a table."""
    text = (TABLES / f"{name}.txt").read_text(encoding="utf-8")
    return (re.split(r"  +", line) for line in text.splitlines() if not line.startswith("#"))
