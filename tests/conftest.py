"""What several packages' tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from ocpiq import demo

# a test says what holds, not how fast: machines differ
settings.register_profile("timeless", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("timeless")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the slow tests as well, as in CI")
    parser.addoption(
        "--heavy", action="store_true", help="run the tests that need other programs, as .ci/heavy does"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    slow = config.getoption("--slow") or os.environ.get("CI") == "true"
    skipped = {
        "slow": None if slow else "slow: runs with --slow, and where CI=true",
        "heavy": None if config.getoption("--heavy") else "needs other programs: runs with --heavy",
    }
    for item in items:
        for keyword, reason in skipped.items():
            if reason and keyword in item.keywords:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True, scope="session")
def own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the logins and caches of whoever runs it, or asks for the loopback by a proxy."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.casefold().endswith("_proxy")]:
            patch.delenv(name)
        for name in ("SIGINT", "SIGHUP"):  # ignored in the background and by nohup: programs would inherit it
            number = getattr(signal, name, signal.SIGINT)
            if signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)
        patch.setenv("OCPIQ_CONFIG", str(tmp_path_factory.mktemp("config")))
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))  # which may have a .jq
        yield


@pytest.fixture(scope="session")
def demo_platform() -> Iterator[demo.DemoPlatform]:
    """The embedded OCPI platform, served on the loopback for as long as the tests run."""
    with demo.platform() as platform:
        yield platform
