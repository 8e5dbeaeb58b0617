"""The state of each field in the text of a query: shown, blanked, passed or treated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ocpiq.errors import Span
from ocpiq.plan.types import ListType, SourceType, Type, UnionType

FieldStates = tuple[tuple[Span, str], ...]

STATES: Final = {
    "shown": "passed",
    "open": "passed",
    "treated": "treated",
    "plain": "shown",
    "blank": "blanked",
}
ORDER: Final = (
    "blanked",
    "treated",
    "passed",
    "shown",
)  # of a path that leads to several fields, the first counts


def field_states(fields: Iterable[tuple[Span, Type]]) -> FieldStates:
    """Return the state of each path and key, of those whose field is known."""
    found: dict[tuple[int, int], tuple[Span, set[str]]] = {}
    for span, type_ in fields:
        found.setdefault((span.start, span.end), (span, set()))[1].update(_states(type_))
    return tuple(
        (span, next(state for state in ORDER if state in states)) for span, states in found.values() if states
    )


def _states(type_: Type) -> set[str]:
    match type_:
        case SourceType(path=path, view=view) if path and view.visibility in STATES:
            return {STATES[view.visibility]}
        case ListType(item=item):
            return _states(item)
        case UnionType(options=options):
            return {state for option in options for state in _states(option)}
    return set()
