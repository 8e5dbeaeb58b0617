"""Where the objects of a query's modules come from: saved pages, the demo, or a platform with a login."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ocpiq.app.settings import PullSettings, Settings
from ocpiq.errors import PrivacyError, UsageError

if TYPE_CHECKING:
    from ocpiq.sources import Source


def sources(settings: Settings, modules: Sequence[str], stack: ExitStack) -> dict[str, Source]:
    """Return a source for each module; `stack` closes them. Raises UsageError."""
    if not (modules or settings.pull.files):
        return {}
    from ocpiq.schema import DEFAULT_VERSION, OWN_MODULES, parts
    from ocpiq.sources import files

    pull, version = settings.pull, settings.query.version or DEFAULT_VERSION
    by_module = files(dict(pull.files), version) if pull.files else {}
    for part, whole in parts().items():
        if whole in by_module:
            by_module.setdefault(part, by_module[whole])
    if pull.demo and "statuses" in modules:
        by_module.setdefault("statuses", _demo(pull, version, stack))
    if settings.snapshot.read is not None:
        others = tuple(module for module in modules if module not in by_module)
        return by_module | snapshot(settings.snapshot.read, others)
    missing = [module for module in modules if module not in by_module and module not in OWN_MODULES]
    if missing:
        source = _demo(pull, version, stack) if pull.demo else _platforms(pull, stack)
        by_module.update(dict.fromkeys(missing, source))
    elif pull.party is not None and not pull.demo:
        raise UsageError(
            "--to-party asks a platform, and all modules of the query are read from files",
            hint='pull the files with --to-party, or add select(.party_id == "YYY")',
        )
    return by_module


def of_snapshot(settings: Settings, folder: str) -> Settings:
    """Return the settings with the OCPI version of a snapshot, with which its query is compiled. Raises UsageError."""
    return replace(settings, query=replace(settings.query, version=version_of_snapshot(folder)))


def version_of_snapshot(folder: str) -> str:
    """Return the OCPI version of a snapshot. Raises UsageError."""
    from ocpiq.snapshots.manifest import load
    from ocpiq.sources.places import place

    return load(place(folder)).version


def modules_of_snapshot(folder: str) -> tuple[str, ...]:
    """Return the modules of a snapshot. Raises UsageError, also if there is none yet."""
    from ocpiq.snapshots.manifest import load
    from ocpiq.sources.places import place

    modules = tuple(stored.module for stored in load(place(folder)).modules)
    if not modules:
        raise UsageError(f"the snapshot {folder} has no module yet", hint=f"ocpiq pull QUERY --into {folder}")
    return modules


def snapshot(folder: str, modules: Sequence[str]) -> dict[str, Source]:
    """Return a source for each module, all of a snapshot. Raises UsageError, PrivacyError for one that it lacks."""
    from ocpiq.sources import snapshot as stored_modules

    stored = stored_modules(folder)
    missing = next((module for module in modules if module not in stored), None)
    if missing is not None:
        raise PrivacyError(
            f"{missing} is not in the snapshot {folder}", hint=f"ocpiq pull {missing} --into {folder}"
        )
    return {module: stored[module] for module in modules}


def is_from_files(pull: PullSettings, module: str) -> bool:
    """Tell whether a module is read from saved pages, its own or those of the module that it is part of."""
    from ocpiq.schema import parts

    names = {name for name, _ in pull.files}
    return module in names or parts().get(module) in names


def _demo(pull: PullSettings, version: str, stack: ExitStack) -> Source:
    from ocpiq.demo.source import DemoSource

    demo = DemoSource(version, to_party=pull.party, parallel=pull.parallel, rate=pull.rate)
    return stack.enter_context(demo)


def _platforms(pull: PullSettings, stack: ExitStack) -> Source:
    """Return the platform to read, or several of them as one source."""
    names = platform_names(pull)
    if len(names) < 2:
        return _platform(names[0] if names else None, pull, stack)
    from ocpiq.sources.several_platforms import SeveralPlatforms

    return SeveralPlatforms({name: _platform(name, pull, stack) for name in names})


def _platform(name: str | None, pull: PullSettings, stack: ExitStack) -> Source:
    from ocpiq.sources import platform
    from ocpiq.storage import logins

    login = logins.load(name)
    if pull.party is not None:
        from ocpiq.ocpi import for_party

        login = for_party(login, pull.party)
    return stack.enter_context(platform(login, parallel=pull.parallel, rate=pull.rate))


def platform_names(pull: PullSettings) -> list[str]:
    """Return the names of the logins to use, each once; none for the last login."""
    names = (name.strip() for name in (platform_name(pull) or "").split(","))
    return list(dict.fromkeys(name for name in names if name))


def platform_name(pull: PullSettings) -> str | None:
    """Return the login to use, or several with commas: of the option, the environment, the config file; else None.

    A session of ocpi-tool in the environment takes precedence over the config file.
    """
    from ocpiq.storage import logins, ocpi_tool

    named = pull.platform or os.environ.get(logins.PLATFORM_VARIABLE)
    return named or (None if ocpi_tool.named_session() else pull.default_platform)
