"""The variables that a query is given: --arg and its kin, and $ARGS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ocpiq.commands.arguments import Arguments
from ocpiq.errors import InputError, UsageError
from ocpiq.values.json.codec import decode, well_formed
from ocpiq.values.types import Value


def variables(given: Arguments) -> dict[str, Value]:
    """Return the value of each variable by its name without `$`; the first of a name counts, as in jq."""
    named: dict[str, Value] = {}
    for option, (name, text) in given.in_order(*READERS):
        if name not in named:
            named[name] = READERS[option](text, name)
    positional = [
        _json(text, "--jsonargs") if kind == "jsonargs" else well_formed(text)
        for kind, text in given.positional
    ]
    return {"ARGS": {"positional": positional, "named": dict(named)}, **named}


def _json(text: str, option: str) -> Value:
    try:
        return decode(text.encode("utf-8", "surrogateescape"))
    except InputError:
        raise UsageError(f"{option} takes JSON", hint="a string needs its quotes: '\"text\"'") from None


def _text(path: str, name: str) -> Value:
    return _read(path, name).decode("utf-8-sig", "replace").removesuffix("\n").removesuffix("\r")


def _values(path: str, name: str) -> Value:
    from ocpiq.values.json.framing import Texts, values

    try:
        return list(values(Texts(iter([_read(path, name)]))))
    except InputError as error:
        raise UsageError(f"{path} for ${name} is not JSON: {error.message}") from None


def _read(path: str, name: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"could not read {path} for ${name}: {error.strerror}") from None


READERS: Final[Mapping[str, Callable[[str, str], Value]]] = {
    "arg": lambda text, _: well_formed(text),
    "argjson": lambda text, name: _json(text, f"--argjson {name}"),
    "rawfile": lambda path, name: _read(path, name).decode("utf-8", "replace"),
    "arg-file": _text,
    "slurpfile": _values,
}
"""The options that give a variable a value: of its second word, and its name for errors."""
