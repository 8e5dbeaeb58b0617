"""What recipients accept: one file for each recipient, with a `Validator` for each kind of file that it takes.

`VALIDATORS` has the module of each; it is imported when a file is checked.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from ocpiq.errors import SourceError, choices, safe_word, say
from ocpiq.reports.rules import Validator

VALIDATORS: Final = {
    "ev-chart-2": "ev_chart:MODULE_2",
    "ev-chart-power": "ev_chart:POWER",
    "ev-chart-3": "ev_chart:MODULE_3",
    "ev-chart-coverage": "ev_chart:COVERAGE",
    "ev-chart-4": "ev_chart:MODULE_4",
    "atlas-sessions": "atlas:SESSIONS",
    "atlas-ports": "atlas:PORTS",
    "irve-static": "irve:STATIC",
    "irve-dynamic": "irve:DYNAMIC",
    "qualicharge-sessions": "qualicharge:SESSIONS",
    "qualicharge-statuses": "qualicharge:STATUSES",
    "qualicharge-quality": "qualicharge:QUALITY",
    "thg-quota": "umweltbundesamt:THG_QUOTA",
    "uk-reliability": "ozev:RELIABILITY",
    "afir-completeness": "afir:COMPLETENESS",
    "afir-summary": "afir:SUMMARY",
    "dot-nl": "ndw:COMPLETENESS",
    "nobil-status": "nobil:STATUS",
    "elaadnl-transactions": "research:TRANSACTIONS",
    "concession": "cpo:CONCESSION",
    "occupancy-heat-map": "cpo:OCCUPANCY",
    "impossible-cdrs": "cpo:IMPOSSIBLE_CDRS",
    "connectors-without-tariff": "cpo:TARIFFS",
}
"""The module in this package and the name of its validator, by the word after `ocpiq check --as`."""


def validator(name: str) -> Validator:
    """Return the validator with a name. Raises SourceError."""
    if name not in VALIDATORS:
        raise SourceError(
            say("--as: unknown recipient {name}", name=safe_word(name)),
            hint=choices(
                _check_of(name), VALIDATORS, say("ocpiq report NAME --help names the check of a report")
            ),
        )
    module, _, attribute = VALIDATORS[name].partition(":")
    found: Validator = getattr(import_module(f"{__name__}.{module}"), attribute)
    return found


def _check_of(name: str) -> str:
    """Return the check of a report, for those who name the report; another word as it is."""
    from ocpiq.reports.pack import find, is_report  # noqa: PLC0415 - only after an error

    return find(name).metadata.check_name or name if is_report(name) else name
