"""Where the objects of a query's modules come from: saved pages, the demo, or a platform with a login."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ocpiq.app.settings import PullSettings, Settings

if TYPE_CHECKING:
    from ocpiq.sources import Source


def sources(settings: Settings, modules: Sequence[str], stack: ExitStack) -> dict[str, Source]:
    """Return a source for each module; `stack` closes them. Raises UsageError."""
    from ocpiq.schema import DEFAULT_VERSION, parts
    from ocpiq.sources import files

    pull, version = settings.pull, settings.query.version or DEFAULT_VERSION
    by_module = files(dict(pull.files), version) if pull.files else {}
    for part, whole in parts().items():
        if whole in by_module:
            by_module.setdefault(part, by_module[whole])
    missing = [module for module in modules if module not in by_module]
    if missing:
        source = _demo(pull, version, stack) if pull.demo else _platform(pull, stack)
        by_module.update(dict.fromkeys(missing, source))
    return by_module


def _demo(pull: PullSettings, version: str, stack: ExitStack) -> Source:
    from ocpiq.demo.source import DemoSource

    return stack.enter_context(DemoSource(version, parallel=pull.parallel, rate=pull.rate))


def _platform(pull: PullSettings, stack: ExitStack) -> Source:
    from ocpiq.sources import platform
    from ocpiq.storage import logins

    login = logins.load(platform_name(pull))
    if pull.party is not None:
        from ocpiq.ocpi import for_party

        login = for_party(login, pull.party)
    return stack.enter_context(platform(login, parallel=pull.parallel, rate=pull.rate))


def platform_name(pull: PullSettings) -> str | None:
    """Return the name of the login to use: the option, the environment, the config file; None for the last login."""
    from ocpiq.storage import logins

    return pull.platform or os.environ.get(logins.PLATFORM_VARIABLE) or pull.default_platform
