"""All errors of ocpiq, each with its message, its place in the query, a fix, and an exit code; and events of a run."""

from __future__ import annotations

from ocpiq.errors.events import (
    Notice,
    Notify,
    PageRead,
    PullEnded,
    QueryHalted,
    RequestEnded,
    StderrWrite,
    WarningIssued,
    ignore,
)
from ocpiq.errors.kinds import (
    CompileError,
    FormatError,
    HaltError,
    IncompleteError,
    InputError,
    OcpiqError,
    PlatformError,
    PrivacyError,
    QuerySyntaxError,
    RunError,
    Span,
    UnsupportedError,
    UsageError,
)
from ocpiq.errors.render import place, render
from ocpiq.errors.suggest import choices, did_you_mean, nearest, shown

__all__ = [
    "CompileError",
    "FormatError",
    "HaltError",
    "IncompleteError",
    "InputError",
    "Notice",
    "Notify",
    "OcpiqError",
    "PageRead",
    "PlatformError",
    "PrivacyError",
    "PullEnded",
    "QueryHalted",
    "QuerySyntaxError",
    "RequestEnded",
    "RunError",
    "Span",
    "StderrWrite",
    "UnsupportedError",
    "UsageError",
    "WarningIssued",
    "choices",
    "did_you_mean",
    "ignore",
    "nearest",
    "place",
    "render",
    "shown",
]
