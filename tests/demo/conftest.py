"""A connection to the demo platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.ocpi_client import Client

from ocpiq import demo


@pytest.fixture
def client(demo_platform: demo.DemoPlatform) -> Iterator[Client]:
    found = Client(demo_platform)
    yield found
    found.connection.close()
