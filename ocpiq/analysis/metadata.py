"""The metadata of a saved query: `module {name, about, params, tz, …};` (jq manual, "Modules")."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC
from typing import Final

from msgspec import Struct

from ocpiq.analysis.modules import literal
from ocpiq.errors import CompileError, InputError, Span, UsageError, did_you_mean
from ocpiq.language import tree
from ocpiq.schema import VERSIONS
from ocpiq.values.json.codec import decode, excerpt
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.times import epoch_us, period, zone, zone_hint
from ocpiq.values.types import Value

TEXTS: Final = ("name", "about", "recipient", "source", "unknown", "privacy", "check", "tz", "ocpi")
"""The keys of the metadata that are texts."""


class QueryParameter(Struct, frozen=True):
    """A parameter of a query: its type, its purpose, and its default."""

    name: str
    type: str = "string"
    about: str = ""
    default: Value = None
    required: bool = True


class ResultForm(Struct, frozen=True):
    """The form that a recipient takes: the format (`to`), the words of `csv`, the name of the file.

    In `file`, `{name}` is the value of a parameter.
    """

    to: str = ""
    csv: str = ""
    file: str = ""


class Metadata(Struct, frozen=True):
    """A query's own name, purpose, parameters and time zone; "" for what it does not state.

    A report also has its `recipient`, the legal or public `source` of its rules, what OCPI does not know and how to
    give it (`unknown`), the `check` by which the recipient accepts a file, and the recipient's `form`.
    `ocpi` is the OCPI version in whose form it reads objects of every version.
    """

    name: str = ""
    about: str = ""
    recipient: str = ""
    source: str = ""
    unknown: str = ""
    privacy: str = ""
    check_name: str = ""
    tz: str = ""
    form: ResultForm = ResultForm()
    ocpi: str = ""
    params: tuple[QueryParameter, ...] = ()

    def check(self, arguments: Collection[str]) -> None:
        """Raise UsageError for an argument that is not a parameter, if the query declares any."""
        names = [parameter.name for parameter in self.params]
        for name in arguments if names else ():
            if name not in names and name != "ARGS":
                hint = did_you_mean(name, names) or f"it takes {', '.join(names)}"
                raise UsageError(f"the query has no parameter {name}", hint=hint)

    def values(self, arguments: Mapping[str, Value]) -> dict[str, Value]:
        """Return each parameter's value, converted to its type. UsageError for a missing or wrong one."""
        values = dict(arguments)
        missing = [param for param in self.params if param.required and param.name not in arguments]
        if missing:
            needed = ", and ".join(
                f"{param.name}: {param.about}" if param.about else param.name for param in missing
            )
            raise UsageError(f"the query needs {needed}", hint=" ".join(map(_option, missing)))
        for parameter in self.params:
            if parameter.name in arguments:
                values[parameter.name] = _read(parameter, arguments[parameter.name])
            else:
                values[parameter.name] = parameter.default
        return values


def metadata(program: tree.Program) -> Metadata:
    """Return the metadata of a program. Raises CompileError if it is not valid."""
    if program.module is None:
        return Metadata()
    entries = literal(program.module)
    place = program.module.span
    texts: dict[str, str] = {}
    for name in TEXTS:
        value = entries.get(name, "")
        if not isinstance(value, str):
            raise CompileError(f"{name} in the metadata must be a string", span=place)
        texts["check_name" if name == "check" else name] = " ".join(
            value.split()
        )  # a text may have several lines
    try:
        zone(texts["tz"] or "UTC")
    except ValueError:
        hint = zone_hint(texts["tz"])
        raise CompileError("tz in the metadata is not a time zone", span=place, hint=hint) from None
    if texts["ocpi"] not in ("", *VERSIONS):
        versions = f"available: {', '.join(VERSIONS)}"
        raise CompileError("ocpi in the metadata is not an OCPI version", span=place, hint=versions)
    params = entries.get("params", {})
    if not isinstance(params, dict):
        example = 'such as params: {month: {type: "period", about: "which month"}}'
        raise CompileError("params in the metadata must be an object", span=place, hint=example)
    try:
        return Metadata(
            **texts,
            form=_form(entries.get("output", {}), place),
            params=tuple(_parameter(name, description) for name, description in params.items()),
        )
    except UsageError as error:
        raise CompileError(error.message, span=place, hint=error.hint) from None


def _form(form: Value, place: Span) -> ResultForm:
    """Return the form of the results. Raises CompileError."""
    known = ResultForm.__struct_fields__
    if not isinstance(form, dict) or not all(
        name in known and isinstance(text, str) for name, text in form.items()
    ):
        raise CompileError(
            "output in the metadata must be {to, csv, file}",
            span=place,
            hint='such as output: {to: "csv", csv: "semicolon,bom", file: "month_{period}.csv"}',
        )
    return ResultForm(**{name: str(text) for name, text in form.items()})


def _parameter(name: str, description: Value) -> QueryParameter:
    if isinstance(description, str):
        description = {"type": description}
    if not isinstance(description, dict) or not set(description) <= {"type", "about", "default"}:
        raise UsageError(f"the parameter {name} must be {{type, about, default}}")
    type_ = description.get("type", "string")
    if not isinstance(type_, str) or type_ not in TYPES:
        hint = did_you_mean(str(type_), TYPES) or f"available: {', '.join(TYPES)}"
        raise UsageError(f"the parameter {name} has an unknown type", hint=hint)
    about = description.get("about", "")
    parameter = QueryParameter(
        name, type_, about if isinstance(about, str) else "", None, "default" not in description
    )
    default = description.get("default")
    if default is None:
        return parameter
    return QueryParameter(name, type_, parameter.about, _read(parameter, default), False)


def _read(parameter: QueryParameter, value: Value) -> Value:
    """Return a parameter's value; `--arg` passes text, which is converted to the type."""
    type_ = TYPES[parameter.type]
    try:
        return type_.read(value)
    except ValueError:
        raise UsageError(
            f"{parameter.name}: {excerpt(value)} is not {type_.name}", hint=_option(parameter)
        ) from None


def _option(parameter: QueryParameter) -> str:
    """Return the option of the command line that sets a parameter, with an example."""
    option = "--period" if parameter.name == "period" else f"--arg {parameter.name}"
    return f"{option} {TYPES[parameter.type].example}"


class ParameterType(Struct, frozen=True):
    """A parameter type: its name in messages, an example, and a reader that raises ValueError."""

    name: str
    example: str
    read: Callable[[Value], Value]


def _string(value: Value) -> Value:
    if not isinstance(value, str):
        raise ValueError
    return value


def _number(value: Value) -> Value:
    if isinstance(value, str):
        try:
            value = decode(value.encode())
        except InputError:
            raise ValueError from None
    if type(value) not in NUMBERS:
        raise ValueError
    return value


def _integer(value: Value) -> Value:
    value = _number(value)
    if type(value) is not int:
        raise ValueError
    return value


def _boolean(value: Value) -> Value:
    if value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise ValueError
    return value


def _date(value: Value) -> Value:
    if not isinstance(value, str) or epoch_us(value) is None:
        raise ValueError
    return value


def _period(value: Value) -> Value:
    if not isinstance(value, str) or period(value, UTC) is None:
        raise ValueError
    return value


def _zone(value: Value) -> Value:
    if not isinstance(value, str):
        raise ValueError
    zone(value)
    return value


TYPES: Final = {
    "string": ParameterType("a string", "TEXT", _string),
    "number": ParameterType("a number", "1.5", _number),
    "integer": ParameterType("a whole number", "10", _integer),
    "boolean": ParameterType("true or false", "true", _boolean),
    "date": ParameterType("a date", "2026-01-31", _date),
    "period": ParameterType("a period", "2026-01", _period),
    "zone": ParameterType("a time zone", "Europe/Amsterdam", _zone),
    "json": ParameterType("a value", "TEXT", lambda value: value),
}
