"""ocpiq: query a CPO's OCPI interface with a jq-style language, private by default.

    import ocpiq

    query = ocpiq.compile("sessions pass kwh | aggregate {n: count, kwh: sum(.kwh)}")
    with ocpiq.platform("example") as platform:
        for result in query.run(sources=platform):
            print(result)

What the query does not pass is `ocpiq.BLANK`; errors are subclasses of `ocpiq.OcpiqError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ocpiq.errors import (
    CompileError,
    IncompleteError,
    OcpiqError,
    PlatformError,
    PrivacyError,
    RunError,
    UsageError,
)
from ocpiq.schema import DEFAULT_VERSION
from ocpiq.values.blank import BLANK

if TYPE_CHECKING:
    from ocpiq.demo.source import DemoSource
    from ocpiq.query import compile
    from ocpiq.sources import Source

__version__ = "0.1.0"


def platform(name: str | None = None) -> Source:
    """Return a platform that was logged in to (the current one without a name) as a source of all its modules.

    Close it, or use it in a `with`. Raises UsageError where there is no such login.
    """
    from ocpiq import sources  # noqa: PLC0415
    from ocpiq.storage import logins  # noqa: PLC0415

    return sources.platform(logins.load(name))


def files(paths: Mapping[str, str | Path], *, version: str = DEFAULT_VERSION) -> Mapping[str, Source]:
    """Return a source for each module of `paths`: a file or a folder of saved pages of an OCPI `version`."""
    from ocpiq import sources  # noqa: PLC0415

    return sources.files(paths, version)


if TYPE_CHECKING:

    def demo(*, version: str = DEFAULT_VERSION) -> DemoSource:
        """Return the embedded platform with made-up data as a source. Close it, or use it in a `with`."""

else:

    def __getattr__(name: str) -> object:
        """Import what is slow to import when it is first asked for; `ocpiq.demo` is a package that is called."""
        if name == "demo":
            return import_module("ocpiq.demo")
        if name == "compile":
            from ocpiq.query import compile  # noqa: PLC0415

            return compile
        raise AttributeError(f"module 'ocpiq' has no attribute {name!r}")


__all__ = [
    "BLANK",
    "CompileError",
    "IncompleteError",
    "OcpiqError",
    "PlatformError",
    "PrivacyError",
    "RunError",
    "UsageError",
    "__version__",
    "compile",
    "demo",
    "files",
    "platform",
]
