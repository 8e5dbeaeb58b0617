"""`ocpiq schema [MODULE[.PATH]]`: fields and types, and which are shown by default and why."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from ocpiq.app.settings import Settings
from ocpiq.errors import UsageError, choices, did_you_mean, safe_word

if TYPE_CHECKING:
    from ocpiq.schema import SchemaField, SchemaModule
    from ocpiq.values.types import Value

LIST_COLUMNS: Final = ("version", "module", "field", "type", "default", "reason")
REASON_INDENT: Final = " " * 12


def run(settings: Settings) -> int:
    """Print the modules, a module's tree, or one field with its possible values, as text or JSON."""
    from ocpiq.schema import DEFAULT_VERSION, modules

    if len(settings.words) > 1:
        raise UsageError("ocpiq schema takes one module or field", hint="such as sessions or sessions.kwh")
    if settings.all:
        return _list_all(settings)
    if settings.output.format or settings.output.path:
        raise UsageError(
            "ocpiq schema writes formats and files of the whole list only", hint="add --all, or use --json"
        )
    version = settings.query.version or DEFAULT_VERSION
    if not settings.words:
        _print(settings, modules(version), modules(version))
        return 0
    name, _, path = settings.words[0].partition(".")
    if name not in modules():
        raise UsageError(f"unknown module {safe_word(name)}", hint=choices(name, modules()))
    from ocpiq.schema import module
    from ocpiq.schema.version_fields import of_version

    schema_module = module(name, version)
    field = of_version(_field_at(schema_module, path), version)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    _print(settings, field, _field_lines(schema_module, field, width))
    return 0


def _list_all(settings: Settings) -> int:
    """Print every field of every version, or of one, with its default and the reason. Raises UsageError."""
    from ocpiq.app.listing import write_listing
    from ocpiq.schema import VERSIONS, module, modules

    if settings.words:
        raise UsageError("ocpiq schema --all takes no module", hint=f"ocpiq schema {settings.words[0]}")
    versions = (settings.query.version,) if settings.query.version else VERSIONS
    rows = (
        _row(version, module(name, version).name, field)
        for version in versions
        for name in modules(version)
        for field in _leaves(module(name, version).root, version)
    )
    write_listing(settings.output, LIST_COLUMNS, rows)
    return 0


def _leaves(field: SchemaField, version: str) -> Iterator[SchemaField]:
    for child in field.children.values():
        if version in child.versions:
            yield from _leaves(child, version)
    if field.leaf:
        yield field


def _row(version: str, module: str, field: SchemaField) -> Value:
    return {
        "version": version,
        "module": module,
        "field": field.path,
        "type": field.type,
        "default": _default(field),
        "reason": field.reason,
    }


def _print(settings: Settings, data: object, lines: Iterable[str]) -> None:
    if settings.json:
        import msgspec

        lines = [msgspec.json.encode(data).decode()]
    sys.stdout.writelines(line + "\n" for line in lines)


def _field_at(module: SchemaModule, path: str) -> SchemaField:
    """Return the field at `path`, the module's root if it is empty. Raises UsageError."""
    from ocpiq.schema.version_fields import counterpart, of_version, only_in_other_versions

    field = module.root
    for name in path.split(".") if path else ():
        if name not in field.children:
            hint = did_you_mean(name, of_version(field, module.version).children)
            raise UsageError(f"{module.name} has no field {safe_word(path)}", hint=hint)
        child = field.children[name]
        if only_in_other_versions(field, child, module.version):
            latest = child.versions[-1]
            other = counterpart(field, child.name, module.version)
            fix = f"{other} in this version; " * bool(other) + f"for OCPI {latest}: --ocpi-version {latest}"
            text = f"{module.name}.{child.path} is a field of OCPI {', '.join(child.versions)}"
            raise UsageError(f"{text}, not of {module.version}", hint=fix)
        field = child
    return field


def _field_lines(module: SchemaModule, field: SchemaField, width: int | None = None) -> Iterator[str]:
    """Yield the lines for a field and all below it; reasons stand on their own lines if `width` is too narrow."""
    yield f"{module.name}{'.' if field.path else ''}{field.path}  {_type(field)}  OCPI {module.version}"
    if field.leaf:
        yield f"  {_default(field)}: {field.reason}"
        if field.versions:
            yield f"  in {', '.join(field.versions)}"
        if field.enum:
            yield f"  {', '.join(field.enum)}{', and others' if field.open_enum else ''}"
        return
    rows = list(_rows(field, 1))
    names = max(len(row[0]) for row in rows)
    types = max(len(row[1]) for row in rows)
    lines = [
        (f"{name:<{names}}  {type_:<{types}}  {default:<7}", reason) for name, type_, default, reason in rows
    ]
    fits = width is None or max(len(line) + 2 + len(reason) for line, reason in lines) <= width
    for line, reason in lines:
        if fits or width is None:
            yield f"{line}  {reason}".rstrip()
        else:
            yield line.rstrip()
            yield from textwrap.wrap(
                reason, width, initial_indent=REASON_INDENT, subsequent_indent=REASON_INDENT
            )


def _rows(field: SchemaField, depth: int) -> Iterator[tuple[str, str, str, str]]:
    for child in field.children.values():
        default = _default(child) if child.leaf else ""
        yield "  " * depth + child.name, _type(child), default, child.reason if child.leaf else ""
        yield from _rows(child, depth + 1)


def _type(field: SchemaField) -> str:
    return field.type + ("*" if field.many else "" if field.required else "?")


def _default(field: SchemaField) -> str:
    return "shown" if field.shown else "blanked"
