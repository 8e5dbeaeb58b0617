"""`--explode FIELD`: a row for each item of a list."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from ocpiq.errors import SourceError, UserText, did_you_mean, say
from ocpiq.plan.columns import UNKNOWN, Columns
from ocpiq.sinks.sink import Sink
from ocpiq.values.types import Value


class ExplodingSink:
    """Passes a value on once for each item of the list at `path`, with the item in place of the list.

    A value whose list is empty, or is not a list, is passed on once: no result is lost. An empty list becomes null.
    """

    def __init__(self, sink: Sink, path: tuple[str, ...]) -> None:
        self._sink = sink
        self._path = path
        self.flush = sink.flush
        self.close = sink.close
        self.discard = sink.discard

    def write(self, value: Value) -> None:
        """Pass the value on, as rows."""
        for row in exploded(value, self._path):
            self._sink.write(row)


def exploded(value: Value, path: tuple[str, ...]) -> Iterator[Value]:
    """Yield the value for each item of the list at `path`."""
    if not path:
        if type(value) is list:
            yield from value or (None,)
        else:
            yield value
    elif type(value) is dict and path[0] in value:
        for inner in exploded(value[path[0]], path[1:]):
            yield {**value, path[0]: inner}
    else:
        yield value


def exploded_columns(columns: Columns, path: tuple[str, ...]) -> Columns:
    """Return the columns of the rows. Raises UsageError if no list can be at `path`."""
    if not path:
        if columns.fields or columns.type not in ("list", "unknown"):
            hint = say("ocpiq schema MODULE marks lists with *")
            raise SourceError(say("--explode: the field is not a list"), hint=hint)
        return columns.items or UNKNOWN
    if path[0] in columns.fields:
        inner = exploded_columns(columns.fields[path[0]], path[1:])
        return structs.replace(columns, fields={**columns.fields, path[0]: inner})
    if columns.open:
        return columns
    hint = did_you_mean(path[0], columns.fields)
    raise SourceError(say("--explode: there is no field {field}", field=UserText(path[0])), hint=hint)
