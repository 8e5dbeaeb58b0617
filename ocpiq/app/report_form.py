"""The form of a report: the label of its period, and the format and file name that its recipient expects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import structs

from ocpiq.app.settings import OutputSettings, Settings
from ocpiq.values.relative_times import is_relative_period, period_label
from ocpiq.values.times import zone

if TYPE_CHECKING:
    from ocpiq.reports import Report

PERIOD: Final = "period"
PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def with_dates(settings: Settings, report: Report) -> Settings:
    """Return the settings with a relative period, such as `last quarter`, as the label of that period.

    It is relative to now in the time zone of the report, and its label is part of the file's name.
    """
    if not any(
        variable.name == PERIOD and is_relative_period(variable.text) for variable in settings.query.variables
    ):
        return settings
    from ocpiq.query.start import begin

    try:
        place = zone(settings.query.zone or report.metadata.tz or settings.query.default_zone or "UTC")
    except ValueError:
        return settings  # the query says so, when it is compiled
    now = begin().now
    variables = tuple(
        structs.replace(variable, text=period_label(variable.text, now, place))
        if variable.name == PERIOD and is_relative_period(variable.text)
        else variable
        for variable in settings.query.variables
    )
    return structs.replace(settings, query=structs.replace(settings.query, variables=variables))


def arguments(settings: Settings) -> dict[str, str]:
    """Return the parameters that are texts."""
    return {variable.name: variable.text for variable in settings.query.variables if variable.option == "arg"}


def with_form(settings: OutputSettings, report: Report, arguments: dict[str, str]) -> OutputSettings:
    """Return the settings with the recipient's form, unless an option or the ending of the file asks for another.

    A path that is a folder gets the recipient's file name.
    """
    form = report.metadata.form
    path = settings.path
    if path is not None and path.is_dir():
        path = path / file_name(report, arguments)
    ending = "" if path is None else path.suffix.lower()
    is_other = bool(settings.format or settings.csv is not None or (ending and ending != f".{form.to}"))
    if is_other or not form.to:
        return structs.replace(settings, path=path)
    csv = tuple(form.csv.split(",")) if form.csv else None
    return structs.replace(settings, path=path, format=form.to, csv=csv)


def file_name(report: Report, arguments: dict[str, str]) -> str:
    """Return the name that the recipient expects, or that of the report, with the values of parameters in it."""
    form = report.metadata.form
    defaults = {parameter.name: str(parameter.default) for parameter in report.metadata.params}
    values = defaults | arguments
    template = form.file or f"{report.name}.{form.to or 'ndjson'}"
    return PLACEHOLDER.sub(lambda match: UNSAFE.sub("-", values.get(match[1], "")), template)
