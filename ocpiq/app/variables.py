"""The variables of a query: --arg and the similar options, and $ARGS."""

from __future__ import annotations

from ocpiq.app.error_report import write_stderr
from ocpiq.app.settings import Positional, QuerySettings, Variable
from ocpiq.app.text_files import read, read_bytes
from ocpiq.errors import InputError, UsageError
from ocpiq.values.encodings import conversion, encoding_of, wide_encoding
from ocpiq.values.json.codec import decode, well_formed
from ocpiq.values.types import Value


def variables(settings: QuerySettings) -> dict[str, Value]:
    """Return the variables by name, without `$`; the first use of a name counts, as in jq."""
    named: dict[str, Value] = {}
    for variable in settings.variables:
        if variable.name not in named:
            named[variable.name] = _value(variable)
    positional = list(map(_positional, settings.positional))
    return {"ARGS": {"positional": positional, "named": dict(named)}, **named}


def _value(variable: Variable) -> Value:
    name, text = variable.name, variable.text
    match variable.option:
        case "arg":
            return well_formed(text)
        case "argjson":
            return _json(text, f"--argjson {name}")
        case "slurpfile":
            return _values(text, name)
        case "rawfile":
            return _raw(text, name)
        case "arg-file":
            return read(text, f"${name} from ").removesuffix("\n").removesuffix("\r")


def _positional(word: Positional) -> Value:
    return _json(word.text, "--jsonargs") if word.json else well_formed(word.text)


def _json(text: str, option: str) -> Value:
    try:
        return decode(text.encode("utf-8", "surrogateescape"))
    except InputError:
        raise UsageError(f"{option} takes JSON", hint="a string needs its quotes: '\"text\"'") from None


def _raw(path: str, name: str) -> str:
    """Return the text of a file; bytes that are not UTF-8 are replaced, as in jq, but not silently."""
    data = read_bytes(path, f"${name} from ")
    if encoding_of(data) != "UTF-8":
        _warn(path, name)
    return data.decode("utf-8", "replace")


def _warn(path: str, name: str) -> None:
    fix = conversion("Latin-1", path)
    write_stderr(f"warning: {path} for ${name} is not UTF-8; if it is Latin-1, convert it: {fix}")


def _values(path: str, name: str) -> Value:
    from ocpiq.values.json.framing import Texts, values

    data = read_bytes(path, f"${name} from ")
    encoding = wide_encoding(data)
    if encoding is not None:
        raise UsageError(f"{path} for ${name} is {encoding}, not UTF-8", hint=conversion(encoding, path))
    if encoding_of(data) != "UTF-8":
        _warn(path, name)
    try:
        return list(values(Texts(iter([data]))))
    except InputError as error:
        raise UsageError(f"{path} for ${name} is not JSON: {error.message}") from None
