"""Objects and what holds for all types (jq manual, `length`, `keys`, `has`, `to_entries`, `getpath`, `error`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn, cast

from ocpiq.errors import RunError
from ocpiq.runtime.access import descend, field, item, iterate, object_key, truth
from ocpiq.runtime.updates import delete_paths, set_path
from ocpiq.values.blank import Blank, refuse
from ocpiq.values.json.codec import excerpt, to_json
from ocpiq.values.numbers import NUMBERS, WRITTEN_ZERO, magnitude
from ocpiq.values.order import equal
from ocpiq.values.types import Value, type_name


def error(value: Value) -> NoReturn:
    """`error`"""
    raise RunError(value, message="" if type(value) is str else f"(not a string): {to_json(value)}")


def length(value: Value) -> Value:
    """`length`"""
    if value is None:
        return 0
    if type(value) in NUMBERS:
        return magnitude(cast(float, value)) if value else WRITTEN_ZERO
    if type(value) is str or type(value) is list or type(value) is dict:
        return len(value)
    raise RunError(f"{type_name(value)} ({excerpt(value)}) has no length")


def keys(value: Value) -> Value:
    """`keys`"""
    return sorted(_keys(value)) if type(value) is dict else _keys(value)  # type: ignore[type-var]


def _keys(value: Value) -> list[Value]:
    if type(value) is dict or type(value) is list:
        return list(value) if type(value) is dict else list(range(len(value)))
    raise RunError(f"{type_name(value)} ({excerpt(value)}) has no keys")


def has(value: Value, key: Value) -> bool:
    """`has(key)`"""
    if type(value) is dict and type(key) is str:
        return key in value
    if type(value) is list and type(key) in NUMBERS:
        return 0 <= cast(float, key) < len(value)
    if value is None:
        return False
    raise RunError(f"Cannot check whether {type_name(value)} has a {type_name(key)} key")


def contains(value: Value, part: Value) -> bool:
    """`contains(part)`"""
    if type(value) is dict and type(part) is dict:
        return all(name in value and _contains(value[name], inner) for name, inner in part.items())
    if type(value) is list and type(part) is list:
        return all(any(_contains(outer, inner) for outer in value) for inner in part)
    if type(value) is str and type(part) is str:
        return part in value
    if type_name(value) == type_name(part) and (type(value) is not bool or value is part):
        return equal(value, part)
    raise RunError(
        f"{type_name(value)} ({excerpt(value)}) and {type_name(part)} ({excerpt(part)}) "
        "cannot have their containment checked"
    )


def _contains(outer: Value, inner: Value) -> bool:
    return type_name(outer) == type_name(inner) and (
        outer is inner if type(outer) is bool else contains(outer, inner)
    )


def to_entries(value: Value) -> Value:
    """`to_entries`"""
    if type(value) is not dict:
        keys(value)
        return [{"key": key, "value": element} for key, element in enumerate(iterate(value))]
    return [{"key": name, "value": element} for name, element in value.items()]


def from_entries(value: Value) -> Value:
    """`from_entries`; as in jq 1.8.2 a key may also be called `Key`, `name` or `Name`, a value `Value`."""
    result: dict[str, Value] = {}
    for entry in iterate(value):
        candidates = (field(entry, name) for name in ("key", "Key", "name", "Name"))
        key = object_key(next((key for key in candidates if truth(key)), None))
        result[key] = field(entry, "value" if type(entry) is dict and "value" in entry else "Value")
    return result


def get_path(value: Value, path: Value) -> Value:
    """`getpath(path)`; a path through null, or a blank, ends there."""
    if type(path) is not list:
        if type(path) is Blank:
            refuse(path)
        raise RunError("Path must be specified as an array")
    for key in path:
        value = item(value, key)
    return value


NATIVES: Final[dict[str, Callable[..., Any]]] = {
    "empty": lambda: None,
    "error": error,
    "not": lambda value: value is None or value is False,
    "length": length,
    "keys": keys,
    "keys_unsorted": _keys,
    "has": has,
    "contains": contains,
    "type": type_name,
    "to_entries": to_entries,
    "from_entries": from_entries,
    "recurse": descend,
    "getpath": get_path,
    "setpath": set_path,
    "delpaths": delete_paths,
}
