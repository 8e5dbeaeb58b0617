"""ocpiq: query a CPO's OCPI interface with a jq-style language, private by default.

    import ocpiq

    query = ocpiq.compile("sessions pass kwh | aggregate {n: count, kwh: sum(.kwh)}")
    with ocpiq.platform("example") as platform:
        for result in query.run(sources=platform):
            print(result)

What the query does not pass is `ocpiq.BLANK`; errors are subclasses of `ocpiq.OcpiqError`.
"""

from __future__ import annotations

__version__ = "0.2.0"

TYPE_CHECKING = False  # as in `typing`, which takes a while to load
if TYPE_CHECKING:
    from ocpiq.api import files, platform, snapshot
    from ocpiq.demo.source import DemoSource
    from ocpiq.errors import (
        CompileError,
        IncompleteError,
        OcpiqError,
        PlatformError,
        PrivacyError,
        RunError,
        UsageError,
    )
    from ocpiq.query import compile
    from ocpiq.query.parts import merge
    from ocpiq.values.blank import BLANK

    def demo(*, version: str = ...) -> DemoSource:
        """Return the embedded platform with made-up data as a source. Close it, or use it in a `with`."""


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
    "merge",
    "platform",
    "snapshot",
]

_MODULES = {
    "BLANK": "ocpiq.values.blank",
    "compile": "ocpiq.query",
    "files": "ocpiq.api",
    "merge": "ocpiq.query.parts",
    "platform": "ocpiq.api",
    "snapshot": "ocpiq.api",
}


def __getattr__(name: str) -> object:
    """Import a name when it is first used: the command must see to signals before it loads anything.

    `ocpiq.demo` is a package that is called.
    """
    from importlib import import_module  # noqa: PLC0415

    if name == "demo":
        return import_module("ocpiq.demo")
    if name not in __all__:
        raise AttributeError(f"module 'ocpiq' has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, "ocpiq.errors")), name)
