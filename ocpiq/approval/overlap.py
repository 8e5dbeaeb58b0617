"""Finds earlier runs whose totals, subtracted from those of a new run, may be the value of few drivers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from ocpiq.approval.audit import RunDescription
from ocpiq.privacy.treatments import AGGREGATE

OF_CHARGING: Final = frozenset({"sessions", "cdrs"})
"""Modules with the same charging: the totals of one may be subtracted from those of the other."""

FIRST, LAST = "", "\x7f"  # before and after every time as text

Window = tuple[str, str, str]  # the field that it bounds, and its bounds


class EarlierRun(Struct, frozen=True):
    """An earlier run: the day on which it began, and the module of its totals."""

    day: str
    module: str


def overlapping_run(entries: Iterable[Mapping[str, object]], run: RunDescription) -> EarlierRun | None:
    """Return the last run of the same recipient and platform that a new run overlaps, and does not repeat."""
    found = None
    for entry in entries:
        if entry.get("event") != "begun" or entry.get("recipient") != run.recipient:
            continue
        may_repeat = entry.get("query_sha256") == run.query_sha256 and not run.arguments
        sources = entry.get("sources")
        for source in sources if isinstance(sources, list) else ():
            if _overlaps(source, run, may_repeat=may_repeat):
                found = EarlierRun(str(entry.get("time", ""))[:10], str(source.get("module")))
    return found


def _overlaps(earlier: Mapping[str, object], run: RunDescription, *, may_repeat: bool) -> bool:
    passes = earlier.get("passes")
    if not isinstance(passes, list) or not any(str(path).endswith(f" as {AGGREGATE}") for path in passes):
        return False
    for source, window in zip(run.explanation.sources, run.windows, strict=True):
        same_charging = {source.module, earlier.get("module")} <= OF_CHARGING
        if not source.totals or not (same_charging or source.module == earlier.get("module")):
            continue
        if run.origins.get(source.module, "") != earlier.get("from"):
            continue
        old, new = _window(earlier), _window(window.as_text())
        if not (may_repeat and old == new) and _meet(old, new):
            return True
    return False


def _window(texts: Mapping[str, object]) -> Window:
    """Return a window as it stands in the trail; times there sort as texts."""
    during = texts.get("during")
    if isinstance(during, list):
        return "during", str(during[0]), str(during[1])
    return "updated", str(texts.get("since", FIRST)), str(texts.get("until", LAST))


def _meet(one: Window, other: Window) -> bool:
    """Tell whether an object may lie in both windows."""
    return one[0] != other[0] or (one[1] < other[2] and other[1] < one[2])
