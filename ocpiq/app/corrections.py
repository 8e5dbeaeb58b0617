"""Files of corrections: rows that are new, changed or deleted since a delivery, with a column that says which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, cast

from msgspec.structs import replace

from ocpiq.delivery.increment import Increment
from ocpiq.delivery.left_source import LeftSource
from ocpiq.errors import CompileError
from ocpiq.gate import KeySeal
from ocpiq.plan.columns import Columns
from ocpiq.privacy.view import is_in_the_clear
from ocpiq.schema import module
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.query import Query
    from ocpiq.sources import Source

CHANGE: Final = "_change"
DELETED: Final = "deleted"
OWNER: Final = ("country_code", "party_id")  # may be left out: most platforms have one

KeyColumns = dict[str, tuple[str, ...]]
"""The fields of the key that the results show, each with the path of its column."""


class Corrections:
    """The results of a comparison, with the column `_change`, and then a row for each object that is gone."""

    def __init__(self, increment: Increment, key: tuple[str, ...], columns: KeyColumns) -> None:
        self._increment = increment
        self._seal = KeySeal(increment.secret, key, ())
        self._columns = columns

    def marked(self, results: Iterable[Value]) -> Iterator[Value]:
        """Yield the results with what changed."""
        for value in results:
            if isinstance(value, dict):
                yield {**value, CHANGE: self._increment.change}
            else:
                yield value
        gone = map(self._seal.parts, self._increment.gone())
        for parts in sorted(gone, key=lambda parts: tuple(parts.values())):
            yield self._deleted(parts)

    def columns(self, columns: Columns) -> Columns:
        """Return the columns of the results, with what changed as the last one."""
        return replace(columns, fields={**columns.fields, CHANGE: Columns(type="string")})

    def _deleted(self, parts: dict[str, str]) -> Value:
        row: dict[str, Value] = {}
        for field, path in self._columns.items():
            inner = row
            for name in path[:-1]:
                inner = cast("dict[str, Value]", inner.setdefault(name, {}))
            inner[path[-1]] = parts.get(field)
        return {**row, CHANGE: DELETED}


def key_of(left: LeftSource, version: str) -> tuple[str, ...]:
    """Return the fields of the key of the source's objects."""
    return module(left.plan.module, version).key


def key_columns(query: Query, sources: dict[str, Source], left: LeftSource) -> KeyColumns:
    """Return the columns of the results that show the key. Raises CompileError if they do not name the object."""
    name, view = left.plan.module, left.plan.view
    key = key_of(left, sources[name].version)
    by_path = {f"{name}.{field}": field for field in key if is_in_the_clear(view, field)}
    columns = query.columns(sources)
    found: KeyColumns = {}
    for column in columns.leaves() if columns.fields else ():
        if column.path in by_path and not column.blank:
            found.setdefault(by_path[column.path], tuple(column.name.split(".")))
    missing = [field for field in key if field not in found and field not in OWNER]
    if missing:
        raise CompileError(
            f"corrections name the objects that are gone: the results need {' and '.join(missing)} of {name}",
            span=left.plan.span,
            hint=f"pass it, and put it into the results: {{{missing[0]}, …}}",
        )
    return found
