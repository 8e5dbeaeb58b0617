"""Reads back the files that ocpiq writes: rows with their columns, nested fields joined with dots."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile, ZipFile

import msgspec

from ocpiq.errors import Reason, SourceError, UserText, join, say

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Row = Mapping[str, object]
INSTALL: Final = say("pip install 'ocpiq[parquet]'")
DELIMITERS: Final = (",", ";", "\t")
SHEET: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BAR: Final = re.compile(r"(?<!\\)\|")
ESCAPED: Final = re.compile(r"\\([\\|`*<\[&~_])")  # in a Markdown table


def is_readable(path: Path) -> bool:
    """Tell whether the ending of a path is one that can be read."""
    return path.suffix.lower() in READERS


def rows_of_file(path: Path) -> Iterator[Row]:
    """Yield the rows of a file, in the format of its ending. Raises UsageError."""
    read = READERS.get(path.suffix.lower())
    if read is None:
        endings = join(map(UserText, READERS))
        raise SourceError(
            say("cannot read {path}", path=UserText(path)),
            hint=say("endings that can be read: {endings}", endings=endings),
        )
    try:
        yield from read(path)
    except OSError as error:
        if error.strerror is None:  # pyarrow's own, for a damaged file
            raise _damaged(path) from None
        reason = Reason(error.strerror)
        text = say("could not read {path}: {reason}", path=UserText(path), reason=reason)
        raise SourceError(text) from None
    except UnicodeDecodeError:
        raise SourceError(say("{path} is not UTF-8", path=UserText(path))) from None
    except (ValueError, csv.Error, sqlite3.Error, BadZipFile, KeyError, SyntaxError):
        raise _damaged(path) from None


def _damaged(path: Path) -> SourceError:
    ending = UserText(path.suffix[1:])
    return SourceError(say("{path} is not a whole {ending} file", path=UserText(path), ending=ending))


def rows_of_values(values: Iterable[object]) -> Iterator[Row]:
    """Yield the rows of results: the fields of an object, or the one value."""
    for value in values:
        yield dict(_flat(value, ""))


def _flat(value: object, name: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        yield name or "value", msgspec.json.encode(value, enc_hook=str)
    elif value is None or isinstance(value, str | bool):
        yield name or "value", value
    else:  # a number, or a blank
        yield name or "value", str(value)


def _json(path: Path) -> Iterator[Row]:
    data = json.loads(path.read_text("utf-8-sig"))
    if isinstance(data, dict) and data.get("type") == "FeatureCollection":
        data = [
            {**(each.get("properties") or {}), "geometry": each.get("geometry")} for each in data["features"]
        ]
    return rows_of_values(data if isinstance(data, list) else [data])


def _ndjson(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as lines:
        yield from rows_of_values(json.loads(line) for line in lines if line.strip())


def _csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = re.sub(r'"[^"]*"', "", file.readline())
        file.seek(0)
        delimiter = "\t" if path.suffix.lower() == ".tsv" else max(DELIMITERS, key=header.count)
        rows = csv.reader(file, delimiter=delimiter, strict=True)
        yield from _with_header(rows)


def _tsv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="\n") as lines:
        yield from _with_header(line.rstrip("\n").split("\t") for line in lines)


def _markdown(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as lines:
        cells = (list(map(_unescaped, BAR.split(line.strip())[1:-1])) for line in lines if line.strip())
        yield from _with_header(row for number, row in enumerate(cells) if number != 1)


def _unescaped(cell: str) -> str:
    """Return the text of a cell of a Markdown table."""
    return ESCAPED.sub(r"\1", cell.strip())


def _with_header(rows: Iterable[list[str]]) -> Iterator[Row]:
    cells = iter(rows)
    names = next(cells, [])
    for row in cells:
        if len(row) != len(names):
            raise ValueError
        yield dict(zip(names, row, strict=True))


def _sqlite(path: Path) -> Iterator[Row]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        cursor = connection.execute("SELECT * FROM results")
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))


def _duckdb(path: Path) -> Iterator[Row]:
    try:
        import duckdb  # noqa: PLC0415
    except ModuleNotFoundError:
        hint = say("pip install 'ocpiq[duckdb]'")
        raise SourceError(say("reading duckdb needs the package duckdb"), hint=hint) from None
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            cursor = connection.execute("SELECT * FROM results")
            names = [column[0] for column in cursor.description or ()]
            while rows := cursor.fetchmany(4096):
                yield from rows_of_values(dict(zip(names, row, strict=True)) for row in rows)
    except duckdb.Error:
        raise ValueError from None


def _xlsx(path: Path) -> Iterator[Row]:
    from xml.etree.ElementTree import iterparse  # noqa: PLC0415

    with ZipFile(path) as archive:
        shared: list[str] = []
        if "xl/sharedStrings.xml" in archive.namelist():
            with archive.open("xl/sharedStrings.xml") as file:
                items = (element for _, element in iterparse(file) if element.tag == f"{SHEET}si")  # noqa: S314
                shared = ["".join(item.itertext()) for item in items]
        with archive.open("xl/worksheets/sheet1.xml") as file:
            found = (element for _, element in iterparse(file) if element.tag == f"{SHEET}row")  # noqa: S314
            yield from _with_header(_padded(_cells(row, shared) for row in found))


def _cells(row: Element, shared: list[str]) -> dict[int, str]:
    """Return the text of the cells of a row by the number of their column."""
    cells: dict[int, str] = {}
    for cell in row.findall(f"{SHEET}c"):
        letters = cell.get("r", "A1").rstrip("0123456789")
        number = 0
        for letter in letters:
            number = number * 26 + ord(letter) - ord("A") + 1
        text = "".join(cell.itertext())
        cells[number - 1] = shared[int(text)] if cell.get("t") == "s" else text
    row.clear()
    return cells


def _padded(rows: Iterable[dict[int, str]]) -> Iterator[list[str]]:
    width = 0
    for row in rows:
        width = width or max(row, default=-1) + 1
        yield [row.get(number, "") for number in range(width)]


def _parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import parquet  # noqa: PLC0415
    except ModuleNotFoundError:
        raise SourceError(say("reading parquet needs pyarrow"), hint=INSTALL) from None
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches():
            yield from rows_of_values(batch.to_pylist())


def _arrow(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import ipc  # noqa: PLC0415
    except ModuleNotFoundError:
        raise SourceError(say("reading arrow needs pyarrow"), hint=INSTALL) from None
    with path.open("rb") as file, ipc.open_stream(file) as batches:
        for batch in batches:
            yield from rows_of_values(batch.to_pylist())


READERS: Final[dict[str, Callable[[Path], Iterator[Row]]]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".json": _json,
    ".ndjson": _ndjson,
    ".jsonl": _ndjson,
    ".md": _markdown,
    ".geojson": _json,
    ".sqlite": _sqlite,
    ".db": _sqlite,
    ".duckdb": _duckdb,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".arrows": _arrow,
}
