"""`--explode FIELD`: a row for each item of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import structs

from ocpiq.errors import Message, SourceError, UserText, did_you_mean, say
from ocpiq.plan.columns import UNKNOWN, Columns
from ocpiq.sinks.sink import Sink
from ocpiq.values.types import Value


class ExplodingSink:
    """Passes a value on once for each item of the list at `path`, with the item in place of the list.

    A value whose list is empty, or is not a list, is passed on once: no result is lost. An empty list becomes null. If
    there are values and none has a list there, `warn` says so at the end.
    """

    def __init__(self, sink: Sink, path: tuple[str, ...], warn: Callable[[Message], None]) -> None:
        self._sink = sink
        self._path = path
        self._warn = warn
        self._lacking = False  # whether there are values, and none has a list yet
        self._found = False
        self.flush = sink.flush
        self.discard = sink.discard

    def close(self) -> None:
        """Close the sink."""
        self._sink.close()
        if self._lacking and not self._found:
            self._warn(say("--explode: no result has a list {field}", field=UserText(".".join(self._path))))

    def write(self, value: Value) -> None:
        """Pass the value on, as rows."""
        if not self._found:
            self._lacking = True
            self._found = has_list(value, self._path)
        for row in exploded(value, self._path):
            self._sink.write(row)


def has_list(value: Value, path: tuple[str, ...]) -> bool:
    """Tell whether a value has a list at `path`."""
    for name in path:
        if type(value) is not dict or name not in value:
            return False
        value = value[name]
    return type(value) is list


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
