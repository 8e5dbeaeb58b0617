"""`ocpiq report NAME`: a report of the pack, in the form that its recipient takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from ocpiq.app.query_text import QueryText
from ocpiq.app.report_form import arguments, with_dates, with_form
from ocpiq.app.run import run_text
from ocpiq.app.saved import describe_text
from ocpiq.app.settings import Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.errors import UsageError

if TYPE_CHECKING:
    from ocpiq.reports import Report


def run(settings: Settings, shutdown: Shutdown) -> int:
    """Run a report; return the exit code. Raises UsageError."""
    report = _report(settings)
    settings = with_dates(settings, report)
    if settings.state.name:
        from ocpiq.app.report_delivery import deliver

        return deliver(settings, report, shutdown)
    output = with_form(settings.output, report, arguments(settings))
    text = QueryText(report.text, str(report.path))
    return run_text(structs.replace(settings, output=output), text, [], shutdown)


def describe(settings: Settings) -> str:
    """Return the help of a report: purpose, source, parameters, what OCPI does not know, privacy. Raises UsageError."""
    report = _report(settings)
    return describe_text(settings, QueryText(report.text, str(report.path)), f"ocpiq report {report.name}")


def _report(settings: Settings) -> Report:
    from ocpiq.reports import find

    if len(settings.words) != 1:
        raise UsageError("ocpiq report takes one report", hint="ocpiq reports lists them")
    return find(settings.words[0])
