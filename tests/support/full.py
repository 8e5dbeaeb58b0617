"""The longest tests: CI runs a part of them, `FULL=1 pytest --slow` all."""

from __future__ import annotations

import os

FULL = bool(os.environ.get("FULL"))
