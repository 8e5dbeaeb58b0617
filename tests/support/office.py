"""LibreOffice as a reader of files: the cells of the first sheet, each with its type."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

from support.programs import program

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
LANGUAGES = {"en": 1033, "nl": 1043, "de": 1031, "fr": 1036}  # Windows' numbers, as the filter wants them
MOST_REPEATS = 100  # of an empty cell or row; the rest of a sheet is one of millions

Cell = str | float | bool | None


def read_csv(path: Path, language: str, separator: str, *, formulas: bool = True) -> list[list[Cell]]:
    """Return the rows of a CSV file as LibreOffice imports it, in a language, with dates and formulas recognized."""
    options = [str(ord(separator)), "34", "76", "1", "", str(LANGUAGES[language])]
    options += ["false", "true", "false", "false", "false", "-1", str(formulas).lower()]
    return _rows(path, f"--infilter=Text - txt - csv (StarCalc):{','.join(options)}")


def _rows(path: Path, *options: str) -> list[list[Cell]]:
    folder = path.parent / f"{path.name}.office"
    profile = (path.parent / "profile").as_uri()
    argv = [program("soffice"), "--headless", f"-env:UserInstallation={profile}", *options]
    run = subprocess.run(
        [*argv, "--convert-to", "fods", "--outdir", str(folder), str(path)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    converted = folder / f"{path.stem}.fods"
    assert converted.exists(), run.stdout + run.stderr
    sheet = ET.parse(converted).getroot().find(f".//{TABLE}table")
    assert sheet is not None
    rows: list[list[Cell]] = []
    for row in sheet.iter(f"{TABLE}table-row"):
        cells: list[Cell] = []
        for cell in row.iter(f"{TABLE}table-cell"):
            repeats = int(cell.get(f"{TABLE}number-columns-repeated", "1"))
            cells += [_value(cell)] * min(repeats, MOST_REPEATS)
        rows += [cells] * min(int(row.get(f"{TABLE}number-rows-repeated", "1")), MOST_REPEATS)
    return rows


def _value(cell: ET.Element) -> Cell:
    match cell.get(f"{OFFICE}value-type"):
        case "string":
            return "\n".join(_text(paragraph) for paragraph in cell.findall(f"{TEXT}p"))
        case "boolean":
            return cell.get(f"{OFFICE}boolean-value") == "true"
        case "date":
            return f"a date: {cell.get(f'{OFFICE}date-value')}"
        case "time":
            return f"a time: {cell.get(f'{OFFICE}time-value')}"
        case None:
            return None
    return float(cell.get(f"{OFFICE}value", "nan"))


def _text(element: ET.Element) -> str:
    text = element.text or ""
    for child in element:
        text += {f"{TEXT}s": " " * int(child.get(f"{TEXT}c", "1")), f"{TEXT}tab": "\t"}.get(
            child.tag, _text(child)
        )
        text += child.tail or ""
    return text
