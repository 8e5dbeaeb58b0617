"""JSON text as jq's streaming events (jq manual, "Streaming"): `[path, leaf]`, and `[path]` where a container ends."""

from __future__ import annotations

from typing import Final, cast

from ocpiq.values.json.reader import NOTHING, Level, Parser
from ocpiq.values.types import Value

EMITTED: Final = object()  # stands for a container whose events are emitted


class EventParser(Parser):
    """Collects jq's streaming events of any number of texts; holds no more of a text than the path to its end."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Value] = []
        self._path: list[Value] = []

    @property
    def path(self) -> list[Value]:
        """Where the parser is."""
        if self.levels:
            self._step(self.levels[-1])
        return self._path.copy()

    def _open(self, level: Level) -> None:
        if self.levels:
            self._step(self.levels[-1])
        self.levels.append(level)
        self._path.append(None)

    def _step(self, level: Level) -> None:
        self._path[-1] = level.count if level.is_array else level.key

    def _take(self, level: Level) -> None:
        self._step(level)
        if self.ready is not EMITTED:
            self.events.append([self._path.copy(), cast(Value, self.ready)])

    def _close(self, level: Level) -> None:
        if level.count:
            self.events.append([self._path.copy()])
            self.ready = EMITTED
        else:
            self.ready = [] if level.is_array else {}
        self._path.pop()

    def _complete(self) -> None:
        if self.ready is not EMITTED:
            self.events.append([[], cast(Value, self.ready)])
        self.ready = NOTHING
