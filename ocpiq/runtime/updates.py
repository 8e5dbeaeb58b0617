"""Changing a value at paths: `setpath`, `delpaths`, and assignment, with jq's error texts.

Values are never changed in place, since others may hold them; an Edit copies each container on its way once, and
changes its own copies from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, cast

from ocpiq.errors import RunError
from ocpiq.runtime.access import cut, item, no_index, slice_bounds, slice_ends
from ocpiq.values.arithmetic import add, is_finite
from ocpiq.values.blank import Blank, refuse
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.order import SortKey, sort_key
from ocpiq.values.types import Value, type_name

LARGEST: Final = 536_870_911  # the largest index that jq takes

Container = list[Value] | dict[str, Value]


class Edit:
    """A value that is being changed."""

    def __init__(self, value: Value) -> None:
        self.value = value
        self._own: dict[
            int, Container
        ] = {}  # kept by identity, and kept alive so that identities stay theirs
        self._dropped: list[Value] = []

    def get(self, path: Sequence[Value]) -> Value:
        """Return the value at a path, null where nothing is."""
        value = self.value
        for key in path:
            if value is None:
                return None
            value = item(value, key)
        return value

    def set(self, path: Sequence[Value], new: Value) -> None:
        """Put `new` at a path, making what is missing on the way."""
        self.value = self._set(self.value, path, 0, new)

    def set_path(self, path: Value, new: Value) -> None:
        """Put `new` at a path that is a value of the query."""
        self.set(_path(path), new)

    def _set(self, value: Value, path: Sequence[Value], depth: int, new: Value) -> Value:
        """Return `value` with `new` at the rest of the path."""
        if depth == len(path):
            return new
        key = path[depth]
        kind, of = type(value), type(key)
        if of is str and (kind is dict or value is None):
            fields = cast("dict[str, Value]", self._owned({} if value is None else value))
            fields[cast(str, key)] = self._set(fields.get(cast(str, key)), path, depth + 1, new)
            return fields
        if of in NUMBERS and (kind is list or value is None):
            return self._set_item(value, path, depth, new)
        if of is dict and (kind is list or value is None):
            bounds = cast("dict[str, Value]", key)
            return self._set_slice(
                value, bounds, self._set(cut(value, *slice_ends(bounds)), path, depth + 1, new)
            )
        if of is dict and kind is str:
            slice_ends(cast("dict[str, Value]", key))
            raise RunError("Cannot update string slices")
        if of is list and kind is list:
            raise RunError("Cannot update field at array index of array")
        return no_index(value, key)

    def _set_item(self, value: Value, path: Sequence[Value], depth: int, new: Value) -> Value:
        items = cast("list[Value]", self._owned([] if value is None else value))
        index = cast(float, path[depth])
        if index != index:  # noqa: PLR0124
            raise RunError("Cannot set array element at NaN index")
        place = int(max(-LARGEST - 1, min(LARGEST + 1, index)))
        if place < 0:
            place += len(items)
            if place < 0:
                raise RunError("Out of bounds negative array index")
        if place > LARGEST:
            raise RunError("Array index too large")
        if place >= len(items):
            items.extend([None] * (place + 1 - len(items)))
        items[place] = self._set(items[place], path, depth + 1, new)
        return items

    def _set_slice(self, value: Value, bounds: dict[str, Value], new: Value) -> Value:
        if type(new) is not list:
            if type(new) is Blank:
                refuse(new)
            raise RunError("A slice of an array can only be assigned another array")
        items = cast("list[Value]", self._owned([] if value is None else value))
        first, last = slice_bounds(len(items), *slice_ends(bounds))
        items[first:last] = new
        return items

    def _owned(self, value: Value) -> Container:
        """Return a container that may be changed: the edit's own copy."""
        container = cast(Container, value)
        if self._own.get(id(container)) is container:
            return container
        copy = container.copy()
        self._own[id(copy)] = copy
        return copy

    def add(self, right: Value) -> None:
        """Add to the value, `. + right`; an array grows in place."""
        if type(self.value) is list and type(right) is list:
            cast("list[Value]", self._own_value()).extend(right)
        else:
            self.value = add(self.value, right)

    def _own_value(self) -> Container:
        self.value = self._owned(self.value)
        return self.value

    def drop(self, path: Sequence[Value]) -> None:
        """Delete a path, once everything else is done, so that other paths keep their meaning."""
        self._dropped.append(list(path))

    def done(self) -> Value:
        """Return the changed value."""
        return delete_paths(self.value, self._dropped) if self._dropped else self.value


def set_path(value: Value, path: Value, new: Value) -> Value:
    """`setpath(path; new)`"""
    edit = Edit(value)
    edit.set_path(path, new)
    return edit.value


Keyed = tuple[list[SortKey], list[Value]]  # a path behind what it is sorted by


def delete_paths(value: Value, paths: Value) -> Value:
    """`delpaths(paths)`: all at once, so that no deletion changes what another path means."""
    if type(paths) is not list:
        raise RunError("Paths must be specified as an array")
    ordered = sorted(((sort_key(path), path) for path in paths), key=itemgetter(0))
    for _, path in ordered:
        if type(path) is not list:
            raise RunError(f"Path must be specified as array, not {type_name(path)}")
    return (
        _delete(value, [(key[1], cast("list[Value]", path)) for key, path in ordered]) if ordered else value
    )


def _path(path: Value) -> list[Value]:
    if type(path) is list:
        return path
    if type(path) is Blank:
        refuse(path)
    raise RunError("Path must be specified as an array")


def _delete(value: Value, paths: list[Keyed]) -> Value:
    """Delete sorted paths: in each item first those that go deeper, then items themselves."""
    if not paths[0][1]:
        return None
    edit = Edit(value)
    whole: list[Value] = []
    for _, same in groupby(paths, key=lambda path: path[0][0]):
        group = list(same)
        key = group[0][1][0]
        if len(group[0][1]) == 1:
            whole.append(key)
            continue
        inner = item(edit.value, key)
        if inner is not None:
            edit.set([key], _delete(inner, [(keys[1:], path[1:]) for keys, path in group]))
    return _without(edit.value, whole) if whole else edit.value


def _without(value: Value, keys: list[Value]) -> Value:
    """Return `value` without its items `keys`."""
    for part in (value, *keys):
        if type(part) is Blank:
            refuse(part)
    if value is None:
        return None
    if type(value) is list:
        gone = {place for key in keys for place in _places(value, key)}
        return [found for place, found in enumerate(value) if place not in gone]
    if type(value) is not dict:
        raise RunError(f"Cannot delete fields from {type_name(value)}")
    for key in keys:
        if type(key) is not str:
            raise RunError(f"Cannot delete {type_name(key)} field of object")
    names = set(cast("list[str]", keys))
    return {name: found for name, found in value.items() if name not in names}


def _places(items: list[Value], key: Value) -> Iterable[int]:
    """Return the places in `items` of an index or a slice."""
    if type(key) in NUMBERS:
        index = cast(float, key)
        place = int(index) if is_finite(index) else len(items)
        return (place + len(items) if index < 0 else place,)
    if type(key) is dict:
        return range(*slice_bounds(len(items), *slice_ends(key)))
    raise RunError(f"Cannot delete {type_name(key)} element of array")
