"""An embedded OCPI platform over real HTTP on the loopback, with made-up data, the same on every machine.

The package can be called: `ocpiq.demo()` gives the platform as a source.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from ocpiq.demo.answers import TOKEN
from ocpiq.demo.catalogue import MODULES, VERSIONS, objects
from ocpiq.demo.server import DemoPlatform, platform

if TYPE_CHECKING:
    from ocpiq.demo.source import DemoSource


class Demo(ModuleType):
    """This package; the API has a function of its name."""

    def __call__(self, *, version: str = "2.2.1") -> DemoSource:
        """Return the embedded platform as a source of all its modules. Close it, or use it in a `with`."""
        from ocpiq.demo.source import DemoSource  # noqa: PLC0415 - the platform needs no client of itself

        return DemoSource(version)


sys.modules[__name__].__class__ = Demo

__all__ = ["MODULES", "TOKEN", "VERSIONS", "DemoPlatform", "objects", "platform"]
