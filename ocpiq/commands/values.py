"""The variables that a query is given: --arg and its kin, and $ARGS."""

from __future__ import annotations

from pathlib import Path

from ocpiq.commands.arguments import Arguments
from ocpiq.errors import InputError, UsageError
from ocpiq.values.json.codec import decode
from ocpiq.values.types import Value


def variables(given: Arguments) -> dict[str, Value]:
    """Return the value of each variable by its name without `$`; the first of a name counts, as in jq."""
    named: dict[str, Value] = {}
    for name, text in given.every("arg"):
        named.setdefault(name, text)
    for name, text in given.every("argjson"):
        named.setdefault(name, _json(text, f"--argjson {name}"))
    for name, path in given.every("rawfile"):
        named.setdefault(name, _read(path, name).decode("utf-8", "replace"))
    for name, path in given.every("arg-file"):
        named.setdefault(
            name, _read(path, name).decode("utf-8-sig", "replace").removesuffix("\n").removesuffix("\r")
        )
    for name, path in given.every("slurpfile"):
        named.setdefault(name, _values(path, name))
    positional = [
        _json(text, "--jsonargs") if kind == "jsonargs" else text for kind, text in given.positional
    ]
    return {"ARGS": {"positional": positional, "named": dict(named)}, **named}


def _json(text: str, option: str) -> Value:
    try:
        return decode(text.encode("utf-8", "surrogateescape"))
    except InputError:
        raise UsageError(f"{option} takes JSON", hint="a string needs its quotes: '\"text\"'") from None


def _values(path: str, name: str) -> Value:
    from ocpiq.values.json.framing import Texts, values

    try:
        return list(values(Texts(iter([_read(path, name)]))))
    except InputError as error:
        raise UsageError(f"{path} for ${name} is no JSON: {error.message}") from None


def _read(path: str, name: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"could not read {path} for ${name}: {error.strerror}") from None
