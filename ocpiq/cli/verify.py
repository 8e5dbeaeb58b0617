"""`ocpiq verify FILE`: whether a result file is the one that its manifest describes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from ocpiq.app.error_report import write_stderr
from ocpiq.app.settings import Settings
from ocpiq.errors import OcpiqError, UsageError
from ocpiq.sinks.manifest import ENDING, path_of

DIFFERS: Final = 5
INCOMPLETE: Final = 8
HASH: Final = "sha256:"


def run(settings: Settings) -> int:
    """Compare a file with its manifest and print what differs. Raises UsageError."""
    if len(settings.words) != 1:
        raise UsageError("ocpiq verify takes one file", hint="such as ocpiq verify cdrs.csv")
    word = settings.words[0]
    if word.endswith(ENDING):
        word = word.removesuffix(ENDING)
    file = Path(word)
    package = _read(path_of(file))
    differences = list(_differences(file, package))
    for difference in differences:
        write_stderr(f"{file}: {difference}")
    if differences:
        return DIFFERS
    origin = package["ocpiq"]
    if not settings.quiet:
        sys.stdout.write(f"{file}: as its manifest says, {_summary(origin, package)}\n")
    if not origin["complete"]:
        write_stderr(f"{file}: incomplete: {safe_line(origin['incomplete'])}")
        return INCOMPLETE
    return 0


def _read(path: Path) -> dict[str, Any]:
    """Return the manifest. Raises UsageError if it cannot be read or is not one of ocpiq."""
    try:
        package = json.loads(path.read_bytes())
        resource, origin = package["resources"][0], package["ocpiq"]
        known = (
            isinstance(resource["hash"], str)
            and resource["hash"].startswith(HASH)
            and isinstance(resource["bytes"], int)
            and isinstance(resource["path"], str)
            and all(isinstance(field["name"], str) for field in resource["schema"]["fields"])
            and isinstance(origin["rows"], int)
            and isinstance(origin["complete"], bool)
        )
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}", hint="write it with -o FILE --manifest"
        ) from None
    except (ValueError, LookupError, TypeError, RecursionError):
        known = False
    if not known:
        raise UsageError(f"{path} is not a manifest of ocpiq")
    return package  # type: ignore[no-any-return]


def _differences(file: Path, package: dict[str, Any]) -> Iterator[str]:
    """Yield what is different, in words. Raises UsageError if the file cannot be read."""
    resource = package["resources"][0]
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            digest = file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    if resource["path"] != file.name:
        yield f"the manifest is that of {safe_line(resource['path'])}"
    if f"{HASH}{digest}" == resource["hash"]:
        return
    expected = resource["hash"].removeprefix(HASH)
    yield f"the content has changed: SHA-256 {digest[:16]}…, in the manifest {safe_line(expected[:16])}…"
    if size != resource["bytes"]:
        yield f"{size:,} bytes, in the manifest {resource['bytes']:,}"
    yield from _differences_of_rows(file, resource, package["ocpiq"]["rows"])


def _differences_of_rows(file: Path, resource: dict[str, Any], rows: int) -> Iterator[str]:
    """Yield differences in the columns and the number of rows, if the file can be read by rows."""
    from ocpiq.approval.result_files import is_readable, rows_of_file

    if not is_readable(file) or not file.name.lower().endswith(f".{resource['format']}"):
        return
    names: list[str] | None = None
    count = 0
    try:
        for row in rows_of_file(file):
            count += 1
            names = list(row) if names is None else names
    except (OcpiqError, ValueError, OSError) as error:
        text = error.message if isinstance(error, OcpiqError) else "it cannot be read"
        yield f"after {count:,} rows: {text}"
        return
    expected = [field["name"] for field in resource["schema"]["fields"]]
    if names is not None and resource["format"] in ("csv", "tsv") and names != expected:
        for name in sorted(set(expected) - set(names)):
            yield f"column {safe_line(name)} is missing"
        for name in sorted(set(names) - set(expected)):
            yield f"column {safe_line(name)} is not in the manifest"
        if set(names) == set(expected):
            yield "the columns are in another order"
    if count != rows:
        yield f"{count:,} rows, in the manifest {rows:,}"


def _summary(origin: dict[str, Any], package: dict[str, Any]) -> str:
    rows = "1 row" if origin["rows"] == 1 else f"{origin['rows']:,} rows"
    created = safe_line(str(package.get("created", "")))
    version = safe_line(str(origin.get("version", "")))
    state = "complete" if origin["complete"] else "incomplete"
    return f"{rows}, {state}, written by ocpiq {version} at {created}"


def safe_line(text: object) -> str:
    """Return a text of a manifest as a message may show it: cut, on one line."""
    shown = str(text)
    shown = shown if shown.isprintable() else ascii(shown)[1:-1]
    return shown if len(shown) <= 200 else shown[:199] + "…"
