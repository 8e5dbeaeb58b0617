"""What several packages' tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ocpiq import demo


@pytest.fixture(scope="session")
def demo_platform() -> Iterator[demo.DemoPlatform]:
    """The embedded OCPI platform, served on the loopback for as long as the tests run."""
    with demo.platform() as platform:
        yield platform
