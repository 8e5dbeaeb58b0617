"""The line after each result: rows, time, pages, what was blanked, complete or not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from time import monotonic
from typing import Literal

from ocpiq.analysis.field_uses import summary
from ocpiq.app.error_report import write_stderr
from ocpiq.app.progress import quantity
from ocpiq.errors import Notice, PageRead, PullEnded
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode

Ending = Literal["complete", "incomplete", "stopped"]


class ResultLine:
    """Collects what the line says of a result, and prints it on a terminal. It has no values, only names and counts."""

    def __init__(self, *, quiet: bool) -> None:
        self.rows = 0
        self.viewed = 0.0  # seconds in the pager, which are not the query's
        self.ending: Ending = "stopped"
        self.notes: list[str] = []
        self.kept_at: tuple[str, ...] = ()  # times of the rows that were not pulled again
        self._shown = not quiet and sys.stderr.isatty()
        self._plan: QueryPlan | None = None
        self._pages: dict[str, int] = {}
        self._started = monotonic()

    def begin(self, plan: QueryPlan) -> None:
        """Note the query that runs."""
        self._plan = plan

    def notice(self, notice: Notice) -> None:
        """Count pages; kept rows have none."""
        if isinstance(notice, PageRead | PullEnded) and not notice.snapshot:
            self._pages[notice.module] = notice.pages

    def print(self) -> None:
        """Print the line if a query ran."""
        if self._shown and self._plan is not None:
            write_stderr(self.text(shutil.get_terminal_size().columns))

    def text(self, width: int) -> str:
        """Return the line; names of blanked fields that do not fit the width are counted."""
        parts = [f"{quantity(self.rows, 'row')} in {monotonic() - self._started - self.viewed:.1f} s"]
        if self._pages:
            parts.append(quantity(sum(self._pages.values()), "page"))
        parts.append(self.ending)
        if self.kept_at:
            parts.append(f"from rows kept at {' and '.join(self.kept_at)} (:refresh pulls again)")
        parts += self.notes
        text = ", ".join(parts)
        names = [] if self._plan is None else list(dict.fromkeys(blanked_fields(self._plan)))
        return text + _listed(names, width - len(text) - 1) if names else text


def blanked_fields(plan: QueryPlan) -> Iterator[str]:
    """Yield the names of the fields that the query reads and its results have blanks for."""
    several = len({source.module for source in plan.sources}) > 1
    for source in plan.sources:
        paths = _blanked(source.view, source.demand, "")
        for path in summary(paths, source.module, plan.version):
            yield f"{source.module}.{path}" if several else path


def _blanked(node: ViewNode, demand: Demand, path: str) -> Iterator[str]:
    if node.visibility == "blank" and node.treatment is None:
        yield path
        return
    for name, child in node.children.items():
        inner = Demand(whole=True) if demand.whole else demand.fields.get(name)
        if inner is not None:
            yield from _blanked(child, inner, f"{path}.{name}".lstrip("."))


def _listed(names: list[str], room: int) -> str:
    """Return the names that fit, and the number of the others."""
    for count in range(len(names), 0, -1):
        others = len(names) - count
        text = f", blanked: {', '.join(names[:count])}" + (f" and {others} more" if others else "")
        if len(text) <= room:
            return text
    return f", {quantity(len(names), 'field')} blanked"
