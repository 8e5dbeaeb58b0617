"""Updates of a value at paths: `setpath`, `delpaths`, and assignment, with jq's error texts.

Values are never changed in place, since they may be shared; an Edit copies each container on a path once and then
changes its own copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final, cast

from ocpiq.errors import RunError
from ocpiq.runtime.access import fail_index, item, slice_bounds, slice_ends, slice_value
from ocpiq.values.arithmetic import add, is_finite
from ocpiq.values.blank import Blank, refuse
from ocpiq.values.numbers import NUMBERS
from ocpiq.values.order import SortKey, sort_key
from ocpiq.values.types import Value, type_name

LARGEST_INDEX: Final = 536_870_911  # the largest index that jq takes

Container = list[Value] | dict[str, Value]


class Edit:
    """A value under change."""

    def __init__(self, value: Value) -> None:
        self.value = value
        self._copies: dict[
            int, Container
        ] = {}  # kept by identity, and kept alive so that identities stay theirs
        self._deleted_paths: list[Value] = []

    def get(self, path: Sequence[Value]) -> Value:
        """Return the value at a path, null if there is none."""
        value = self.value
        for key in path:
            if value is None:
                return None
            value = item(value, key)
        return value

    def set(self, path: Sequence[Value], new: Value) -> None:
        """Put `new` at a path, creating missing containers."""
        self.value = self._set(self.value, path, 0, new)

    def set_path(self, path: Value, new: Value) -> None:
        """Put `new` at a path that is a value of the query."""
        self.set(_require_path(path), new)

    def _set(self, value: Value, path: Sequence[Value], depth: int, new: Value) -> Value:
        """Return `value` with `new` at the rest of the path."""
        if depth == len(path):
            return new
        key = path[depth]
        value_type, key_type = type(value), type(key)
        if key_type is str and (value_type is dict or value is None):
            fields = cast("dict[str, Value]", self._own_copy({} if value is None else value))
            fields[cast(str, key)] = self._set(fields.get(cast(str, key)), path, depth + 1, new)
            return fields
        if key_type in NUMBERS and (value_type is list or value is None):
            return self._set_item(value, path, depth, new)
        if key_type is dict and (value_type is list or value is None):
            bounds = cast("dict[str, Value]", key)
            return self._set_slice(
                value, bounds, self._set(slice_value(value, *slice_ends(bounds)), path, depth + 1, new)
            )
        if key_type is dict and value_type is str:
            slice_ends(cast("dict[str, Value]", key))
            raise RunError("Cannot update string slices")
        if key_type is list and value_type is list:
            raise RunError("Cannot update field at array index of array")
        return fail_index(value, key)

    def _set_item(self, value: Value, path: Sequence[Value], depth: int, new: Value) -> Value:
        items = cast("list[Value]", self._own_copy([] if value is None else value))
        index = cast(float, path[depth])
        if index != index:  # noqa: PLR0124
            raise RunError("Cannot set array element at NaN index")
        position = int(max(-LARGEST_INDEX - 1, min(LARGEST_INDEX + 1, index)))
        if position < 0:
            position += len(items)
            if position < 0:
                raise RunError("Out of bounds negative array index")
        if position > LARGEST_INDEX:
            raise RunError("Array index too large")
        if position >= len(items):
            items.extend([None] * (position + 1 - len(items)))
        items[position] = self._set(items[position], path, depth + 1, new)
        return items

    def _set_slice(self, value: Value, bounds: dict[str, Value], new: Value) -> Value:
        if type(new) is not list:
            if type(new) is Blank:
                refuse(new)
            raise RunError("A slice of an array can only be assigned another array")
        items = cast("list[Value]", self._own_copy([] if value is None else value))
        first, last = slice_bounds(len(items), *slice_ends(bounds))
        items[first:last] = new
        return items

    def _own_copy(self, value: Value) -> Container:
        """Return a container that may be changed: the edit's own copy."""
        container = cast(Container, value)
        if self._copies.get(id(container)) is container:
            return container
        copy = container.copy()
        self._copies[id(copy)] = copy
        return copy

    def add(self, right: Value) -> None:
        """Add to the value, `. + right`; an array grows in place."""
        if type(self.value) is list and type(right) is list:
            cast("list[Value]", self._own_value()).extend(right)
        else:
            self.value = add(self.value, right)

    def _own_value(self) -> Container:
        self.value = self._own_copy(self.value)
        return self.value

    def delete(self, path: Sequence[Value]) -> None:
        """Mark a path for deletion by `result`, so that other paths keep their meaning."""
        self._deleted_paths.append(list(path))

    def result(self) -> Value:
        """Return the changed value."""
        return delete_paths(self.value, self._deleted_paths) if self._deleted_paths else self.value


def set_path(value: Value, path: Value, new: Value) -> Value:
    """`setpath(path; new)`"""
    edit = Edit(value)
    edit.set_path(path, new)
    return edit.value


KeyedPath = tuple[list[SortKey], list[Value]]  # a path after its sort keys


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


def _require_path(path: Value) -> list[Value]:
    if type(path) is list:
        return path
    if type(path) is Blank:
        refuse(path)
    raise RunError("Path must be specified as an array")


def _delete(value: Value, paths: list[KeyedPath]) -> Value:
    """Delete sorted paths: in each item first those that go deeper, then items themselves."""
    if not paths[0][1]:
        return None
    edit = Edit(value)
    last_keys: list[Value] = []
    for _, same_key in groupby(paths, key=lambda path: path[0][0]):
        group = list(same_key)
        key = group[0][1][0]
        if len(group[0][1]) == 1:
            last_keys.append(key)
            continue
        inner = item(edit.value, key)
        if inner is not None:
            edit.set([key], _delete(inner, [(keys[1:], path[1:]) for keys, path in group]))
    return _delete_items(edit.value, last_keys) if last_keys else edit.value


def _delete_items(value: Value, keys: list[Value]) -> Value:
    """Return `value` without its items `keys`."""
    for operand in (value, *keys):
        if type(operand) is Blank:
            refuse(operand)
    if value is None:
        return None
    if type(value) is list:
        deleted = {index for key in keys for index in _indices(value, key)}
        return [element for index, element in enumerate(value) if index not in deleted]
    if type(value) is not dict:
        raise RunError(f"Cannot delete fields from {type_name(value)}")
    for key in keys:
        if type(key) is not str:
            raise RunError(f"Cannot delete {type_name(key)} field of object")
    names = set(cast("list[str]", keys))
    return {name: element for name, element in value.items() if name not in names}


def _indices(items: list[Value], key: Value) -> Iterable[int]:
    """Return the places in `items` of an index or a slice."""
    if type(key) in NUMBERS:
        index = cast(float, key)
        position = int(index) if is_finite(index) else len(items)
        return (position + len(items) if index < 0 else position,)
    if type(key) is dict:
        return range(*slice_bounds(len(items), *slice_ends(key)))
    raise RunError(f"Cannot delete {type_name(key)} element of array")
