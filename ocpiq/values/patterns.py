"""Regular expressions that are compiled when they are first used.

A query uses a few of those in the modules that it loads; to compile all of them takes a tenth of its start.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


def lazy_pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a pattern for its methods; not for `isinstance`, nor as an argument of `re`'s functions."""
    return cast("re.Pattern[AnyStr]", LazyPattern(text, flags))


class LazyPattern:
    """Finds a method of the compiled pattern once: after that, to call it costs what it always does."""

    def __init__(self, text: Any, flags: int) -> None:  # noqa: ANN401 - text or bytes
        self._source = text, flags

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the attribute of the pattern
        value = getattr(re.compile(*self._source), name)  # which keeps what it has compiled
        setattr(self, name, value)
        return value
