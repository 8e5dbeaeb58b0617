"""All errors of ocpiq, each with its message, its place in the query, a fix, and an exit code; and events of a run."""

from __future__ import annotations

from ocpiq.errors.events import Halts, Notice, Notify, PageRead, PullEnded, Requested, Speaks, Warned, ignore
from ocpiq.errors.kinds import (
    CompileError,
    FormError,
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
    "FormError",
    "HaltError",
    "Halts",
    "IncompleteError",
    "InputError",
    "Notice",
    "Notify",
    "OcpiqError",
    "PageRead",
    "PlatformError",
    "PrivacyError",
    "PullEnded",
    "QuerySyntaxError",
    "Requested",
    "RunError",
    "Span",
    "Speaks",
    "UnsupportedError",
    "UsageError",
    "Warned",
    "choices",
    "did_you_mean",
    "ignore",
    "nearest",
    "place",
    "render",
    "shown",
]
