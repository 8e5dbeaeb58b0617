"""Programs of others that a test needs; .ci/heavy installs them."""

from __future__ import annotations

import shutil

import pytest


def program(name: str) -> str:
    """Return the path of an installed program, or skip the test."""
    return shutil.which(name) or pytest.skip(f"{name} is not installed")
