"""Where the objects of a query's modules come from: saved pages, the demo, or a platform that was logged in to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from ocpiq.commands.arguments import Arguments
from ocpiq.errors import UsageError

if TYPE_CHECKING:
    from ocpiq.sources import Source

MOST: Final = {"parallel": 32, "rate": 100_000}


def version_of(given: Arguments) -> str:
    """Return the OCPI version that was asked for. Raises UsageError."""
    from ocpiq.schema import DEFAULT_VERSION, VERSIONS

    version = given.last("ocpi-version") or DEFAULT_VERSION
    if version not in VERSIONS:
        raise UsageError("there is no such OCPI version", hint=f"ocpiq knows {', '.join(VERSIONS)}")
    return version


def sources(given: Arguments, modules: Sequence[str], stack: ExitStack) -> dict[str, Source]:
    """Return a source for each module; what has to be closed goes onto `stack`. Raises UsageError."""
    from ocpiq.schema import parts

    found = dict(_files(given)) if given.has("source") else {}
    for part, whole in parts().items():
        if whole in found:
            found.setdefault(part, found[whole])
    missing = [module for module in modules if module not in found]
    if missing:
        rest = _demo(given, stack) if given.has("demo") else _platform(given, stack)
        found.update(dict.fromkeys(missing, rest))
    return found


def _files(given: Arguments) -> dict[str, Source]:
    from ocpiq.sources import files

    paths: dict[str, str] = {}
    for (text,) in given.every("source"):
        module, equals, path = text.partition("=")
        if not equals or not path:
            raise UsageError("--source takes MODULE=PATH", hint="such as --source sessions=pages/")
        paths[module] = path
    return files(paths, version_of(given))


def _demo(given: Arguments, stack: ExitStack) -> Source:
    from ocpiq.demo.source import DemoSource

    asked = {name: _whole(given, name) for name in MOST}
    return stack.enter_context(DemoSource(version_of(given), **asked))


def _platform(given: Arguments, stack: ExitStack) -> Source:
    from ocpiq.sources import platform
    from ocpiq.storage import logins

    found = logins.load(given.last("platform"))
    whom = given.last("to-party")
    if whom is not None:
        from ocpiq.ocpi import asking

        found = asking(found, whom)
    asked = {name: _whole(given, name) for name in MOST}
    return stack.enter_context(platform(found, **asked))


def _whole(given: Arguments, name: str) -> int | None:
    """Return the number that was given with an option. Raises UsageError."""
    text = given.last(name)
    if text is not None and not (text.isascii() and text.isdecimal() and 0 < int(text) <= MOST[name]):
        raise UsageError(f"--{name} takes a whole number from 1 to {MOST[name]}")
    return None if text is None else int(text)
