"""The colours of jq (jq manual, "Colors"): eight escape sequences; JQ_COLORS may replace them from the left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ocpiq.values.patterns import lazy_pattern

# null, false, true, numbers, strings, arrays, objects, object keys: the defaults of jq 1.8
DEFAULT: Final = ("0;90", "0;39", "0;39", "0;39", "0;32", "1;39", "1;39", "34;1")
CODES: Final = lazy_pattern(r"[0-9;]*(?::[0-9;]*)*")


def colors(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the escape sequences; a JQ_COLORS that is not a list of colours is ignored."""
    text = environment.get("JQ_COLORS", "")
    codes = text.split(":") if text and CODES.fullmatch(text) else []
    return tuple(f"\033[{code}m" for code in (*codes[: len(DEFAULT)], *DEFAULT[len(codes) :]))


def no_color(environment: Mapping[str, str]) -> bool:
    """Tell whether NO_COLOR turns colours off (https://no-color.org)."""
    return bool(environment.get("NO_COLOR"))
