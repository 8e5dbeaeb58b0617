"""An embedded OCPI platform over real HTTP on the loopback, with made-up data, the same on every machine."""

from __future__ import annotations

from ocpiq.demo.answers import TOKEN
from ocpiq.demo.catalogue import MODULES, VERSIONS, objects
from ocpiq.demo.server import DemoPlatform, platform

__all__ = ["MODULES", "TOKEN", "VERSIONS", "DemoPlatform", "objects", "platform"]
