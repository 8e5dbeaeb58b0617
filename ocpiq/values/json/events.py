"""A value as jq's streaming events (jq manual, "Streaming"): `[path, leaf]`, `[path]` where one ends."""

from __future__ import annotations

from collections.abc import Iterator

from ocpiq.values.types import Value

Steps = Iterator[tuple[str | int, Value]]


def events(value: Value) -> Iterator[Value]:
    """Yield what `tostream` yields for `value`; without recursion, so that depth is no limit."""
    steps = _steps(value)
    if steps is None:
        yield [[], value]
        return
    path: list[Value] = [None]
    open_: list[Steps] = [steps]
    while open_:
        step = next(open_[-1], None)
        if step is None:
            open_.pop()
            yield [path.copy()]
            path.pop()
            continue
        path[-1], item = step
        inner = _steps(item)
        if inner is None:
            yield [path.copy(), item]
        else:
            open_.append(inner)
            path.append(None)


def _steps(value: Value) -> Steps | None:
    """Return the keys and items of a container that has any."""
    if isinstance(value, list) and value:
        return iter(enumerate(value))
    if isinstance(value, dict) and value:
        return iter(value.items())
    return None
