"""What several packages' tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ocpiq import demo


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the slow tests as well, as in CI")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow") or os.environ.get("CI") == "true":
        return
    skip = pytest.mark.skip(reason="slow: runs with --slow, and where CI=true")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def demo_platform() -> Iterator[demo.DemoPlatform]:
    """The embedded OCPI platform, served on the loopback for as long as the tests run."""
    with demo.platform() as platform:
        yield platform
