"""Stops the build of the package while the schema tables name a type that the checker does not know."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CheckTypes(BuildHookInterface[Any]):
    """Run by hatchling before it builds a wheel or an sdist (see pyproject.toml)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raise where a table names an unknown type. The package itself cannot be imported during its build."""
        checked = runpy.run_path(str(Path(self.root, "ocpiq", "schema", "types.py")))
        found = list(checked["problems"]())
        if found:
            raise ValueError("; ".join(found))
