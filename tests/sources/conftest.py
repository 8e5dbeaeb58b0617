"""The loopback is reached without a proxy."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in os.environ:
        if name.casefold().endswith("_proxy"):
            monkeypatch.delenv(name)
