"""File names with `{from}`, `{to}`, `{seq}` and `{module}`: each delivery has a name of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ocpiq.delivery.windows import DeliveryWindow, compact
from ocpiq.errors import UsageError, choices

FIELDS: Final = ("from", "to", "seq", "module")
FIELD: Final = re.compile(r"\{([a-z_]+)\}")
DIGITS: Final = 6  # of {seq}


def has_fields(path: Path) -> bool:
    """Tell whether a file name has one of the fields."""
    return any(name in FIELDS for name in FIELD.findall(str(path)))


def check_fields(path: Path) -> None:
    """Raise UsageError for a field that does not exist."""
    for name in FIELD.findall(str(path)):
        if name not in FIELDS:
            raise UsageError(f"-o: unknown field {{{name}}}", hint=choices(name, FIELDS))


def check_unique(path: Path) -> None:
    """Raise UsageError for a name under which one delivery would replace another."""
    check_fields(path)
    names = FIELD.findall(str(path))
    if "seq" not in names and not {"from", "to"} <= set(names):
        raise UsageError(
            "with a state, each delivery needs a file name of its own",
            hint=f"such as -o '{path.stem}_{{from}}_{{to}}{path.suffix}' or -o '{path.stem}_{{seq}}{path.suffix}'",
        )


def expanded(path: Path, window: DeliveryWindow, module: str, number: int | None = None) -> Path:
    """Return the name of a file for a window; `number` is for `{seq}`. Raises UsageError."""
    check_fields(path)
    if number is None and "seq" in FIELD.findall(str(path)):
        raise UsageError("-o: {seq} counts the deliveries of a state", hint="use --state NAME")
    values = {
        "from": compact(window.start),
        "to": compact(window.end),
        "seq": f"{number or 0:0{DIGITS}}",
        "module": module,
    }
    return Path(FIELD.sub(lambda match: values[match[1]], str(path)))


def correction_of(path: Path, correction: int) -> Path:
    """Return the name of a file of corrections: `cdrs_corr1.csv`; of a delivery, the name itself."""
    return path.with_name(f"{path.stem}_corr{correction}{path.suffix}") if correction else path


def part_of(path: Path) -> Path:
    """Return the file beside `path` that is written first: always the same, so that it is found after a crash."""
    return path.with_name(f".{path.name}.part")


def whole_of(path: Path) -> Path:
    """Return the file beside `path` that is made of the lines of a part."""
    return path.with_name(f".{path.name}.whole")
