"""The drivers of a module's objects, whom the gate counts: a total of fields for aggregates only needs many of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from ocpiq.errors import CompileError, Message, Span, say
from ocpiq.privacy.treatments import full_path_text
from ocpiq.schema import VERSIONS, ModuleName, SchemaField, SchemaModule, module, modules
from ocpiq.schema.pseudonym_classes import pseudonym_class

DRIVERS: Final = 10
"""The number of distinct drivers that a total needs, if no policy says otherwise."""

FEWEST_DRIVERS: Final = 5
"""The smallest number that a policy may set."""

DRIVER_FIELDS: Final = ("contract_id", "uid", "auth_id")
"""The fields that name the driver, the best first: the first that an object has is its driver."""

HOLDERS: Final[tuple[tuple[str, ...], ...]] = (("cdr_token",), ())

Path = tuple[str, ...]


@cache
def driver_paths(name: str) -> tuple[Path, ...]:
    """Return the paths of the fields that name the driver of a module's objects, the best first; none without one."""
    version = next(version for version in reversed(VERSIONS) if name in modules(version))
    known = module(name, version)
    paths = ((*holder, field) for field in DRIVER_FIELDS for holder in HOLDERS)
    return tuple(path for path in paths if _names_driver(known, path))


def _names_driver(known: SchemaModule, path: Path) -> bool:
    fields = list(_fields(known.root, path))
    if len(fields) < len(path) or any(field.many for field in fields):
        return False
    return pseudonym_class(known.name, fields[-1]) in ("driver", "token")


def _fields(root: SchemaField, path: Path) -> Iterator[SchemaField]:
    """Yield the fields along a path, up to the first that does not exist."""
    field: SchemaField | None = root
    for name in path:
        field = field.children.get(name) if field is not None else None
        if field is not None:
            yield field


def check_has_drivers(known: SchemaModule, path: Path, place: Span) -> None:
    """Raise CompileError for a field that cannot be passed `as aggregate`: one in a list, or without a driver."""
    if not driver_paths(known.name):
        text = say(
            "{module} has no field that names a driver, so none of its fields can be passed as aggregate",
            module=ModuleName(known.name),
        )
        raise CompileError(text, span=place, hint=_of_modules_with_drivers())
    if any(field.many for field in _fields(known.root, path)):
        text = say("{field} is in a list", field=full_path_text(known.name, path))
        hint = say("as aggregate takes fields that an object has once")
        raise CompileError(text, span=place, hint=hint)


def _of_modules_with_drivers() -> Message:
    return say("sessions and cdrs have one")
