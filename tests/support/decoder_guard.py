"""Finds the modules that import what can decode bytes or text, so that no such module is forgotten."""

from __future__ import annotations

import ast
from pathlib import Path

LIBRARIES = ("json", "orjson", "msgspec", "pickle", "marshal", "csv", "tomllib", "yaml", "ujson", "simdjson")
HARMLESS = ("Struct", "field", "structs", "UNSET", "UnsetType", "defstruct", "Raw")  # of msgspec
OWN_READERS = {
    "ocpiq.values.json.codec": ("decode", "decode_exactly", "DECODER"),
    "ocpiq.values.json.reader": ("parse", "parse_bytes", "word", "ValueParser", "Parser"),
    "ocpiq.values.json.events": (),
    "ocpiq.values.json.framing": (),
    "ocpiq.values.json.scanner": (),
    "ocpiq.values.json.fragments": (),
}
"""Modules that decode; of one that has other functions too, the names that decode."""


def decoding_modules(package: Path) -> set[str]:
    """Return the files that import a decoder."""
    return {
        path.relative_to(package).as_posix()
        for path in sorted(package.rglob("*.py"))
        if any(map(imports_decoder, ast.walk(ast.parse(path.read_text("utf-8")))))
    }


def imports_decoder(node: ast.AST) -> bool:
    """Return whether a statement imports a decoder."""
    match node:
        case ast.Import(names=names):
            return any(name.name.partition(".")[0] in LIBRARIES or name.name in OWN_READERS for name in names)
        case ast.ImportFrom(module=str(module), names=names):
            imported = [name.name for name in names]
            if module in OWN_READERS:
                readers = OWN_READERS[module]
                return not readers or any(name in readers for name in imported)
            if any(f"{module}.{name}" in OWN_READERS for name in imported):
                return True
            library = module.partition(".")[0] in LIBRARIES and module != "msgspec.structs"
            return library and any(name not in HARMLESS for name in imported)
    return False
