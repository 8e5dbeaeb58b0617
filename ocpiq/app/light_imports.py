"""Imports what every run needs without what that imports in turn and no run needs: 8 of 60 ms."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Final

DEFERRED: Final = (
    "inspect",  # for dataclasses, which orjson imports
    "ipaddress",  # for urllib.parse, which pathlib imports before Python 3.13
    "platform",  # for uuid, which msgspec imports
    "textwrap",  # for msgspec's JSON Schema
)
TRIED: Final = "typing_extensions"  # msgspec takes `typing` where it is missing


class DeferredModule(ModuleType):
    """Stands for a module until one of its names is used."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the attribute of the module
        if self.__name__ == "platform" and name == "system" and sys.platform != "win32":
            return lambda: os.uname().sysname  # all that uuid takes, where it takes anything
        _forget(self)
        return getattr(import_module(self.__name__), name)


def import_lightly() -> None:
    """Import msgspec, orjson and pathlib; the modules that they got deferred are imported as usual by everyone else."""
    deferred = [DeferredModule(name) for name in DEFERRED if name not in sys.modules]
    sys.modules.update((module.__name__, module) for module in deferred)
    hidden = TRIED not in sys.modules
    if hidden:
        sys.modules[TRIED] = None  # type: ignore[assignment]
    try:
        import pathlib  # noqa: F401

        import msgspec  # noqa: F401
        import orjson  # noqa: F401
    finally:
        if hidden:
            del sys.modules[TRIED]
        for module in deferred:
            _forget(module)


def _forget(module: ModuleType) -> None:
    """Let the next import of a deferred module find the module itself."""
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]
