"""Where objects come from: a platform, saved pages, or Python objects; all pages are opened by the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ocpiq.errors import Message, SourceError, UserText, join, nearest, say
from ocpiq.schema import DEFAULT_VERSION, OWN_MODULES, VERSIONS, ModuleName, VersionName, modules
from ocpiq.sources.protocol import Ask, Source

if TYPE_CHECKING:
    from ocpiq.sources.platform_source import PlatformSource
    from ocpiq.storage import Login


def platform(login: Login, *, parallel: int | None = None, rate: float | None = None) -> PlatformSource:
    """Return a platform as the source of all its modules; close it, or use it in a `with`.

    `parallel` is the number of requests at once, by default as many as the platform answers well; `rate` the
    most requests a minute.
    """
    from ocpiq.sources.platform_source import PlatformSource  # noqa: PLC0415 - files need no protocol

    return PlatformSource(login, parallel=parallel, rate=rate)


def files(paths: Mapping[str, str | Path], version: str = DEFAULT_VERSION) -> dict[str, Source]:
    """Return a source for each module of `paths`: a file, a folder of files, or `-` for standard input.

    `s3://BUCKET/KEY` is a file or a folder in S3, which needs the extra `cloud`.

    `statuses` are read from the folder of a status log, or from one of its files.

    `version` is the OCPI version of the objects. Raises UsageError for what is not a module, version or file.
    """
    from ocpiq.sources.file_source import FileSource  # noqa: PLC0415 - platforms need no files
    from ocpiq.sources.places import place  # noqa: PLC0415

    check(paths, version)
    return {
        module: _status_log(path, version) if module in OWN_MODULES else FileSource(place(path), version)
        for module, path in paths.items()
    }


def _status_log(path: str | Path, version: str) -> Source:
    from ocpiq.sources.places import place  # noqa: PLC0415
    from ocpiq.sources.status_log_source import StatusLogSource  # noqa: PLC0415 - few queries read one

    folder = place(path)
    if not isinstance(folder, Path):
        raise SourceError(say("a status log is read from a folder of this machine"))
    return StatusLogSource(folder, version)


def snapshot(folder: str | Path) -> dict[str, Source]:
    """Return a source for each module of a snapshot that `ocpiq pull` has made. Raises UsageError.

    It is a folder of this machine, or with the extra `cloud` one in S3: `s3://BUCKET/KEY`.
    """
    from ocpiq.snapshots.manifest import load  # noqa: PLC0415 - few queries read one
    from ocpiq.sources.places import place  # noqa: PLC0415
    from ocpiq.sources.snapshot_source import SnapshotSource  # noqa: PLC0415

    path = place(folder)
    manifest = load(path)
    return {stored.module: SnapshotSource(path, stored, manifest.version) for stored in manifest.modules}


def memory(objects: Mapping[str, Sequence[object]], version: str = DEFAULT_VERSION) -> dict[str, Source]:
    """Return a source for each module of `objects`, which are Python values of JSON's types."""
    from ocpiq.sources.memory_source import MemorySource  # noqa: PLC0415

    check(objects, version)
    return {module: MemorySource(listed, version) for module, listed in objects.items()}


def check(names: Mapping[str, object], version: str) -> None:
    """Raise UsageError for an unknown module or version."""
    if version not in VERSIONS:
        known = join(map(VersionName, VERSIONS))
        text = say("OCPI {version} is not known", version=UserText(version))
        raise SourceError(text, hint=say("available: {known}", known=known))
    for name in names:
        if name not in modules():
            text = say("unknown module {name}", name=UserText(name))
            raise SourceError(text, hint=closest(name))


def closest(name: str) -> Message:
    """Return the hint for an unknown module: the nearest one, or all."""
    meant = nearest(name, modules())
    if meant is not None:
        return say("did you mean {module}?", module=ModuleName(meant))
    return say("available: {modules}", modules=join(map(ModuleName, modules())))


__all__ = ["Ask", "Source", "files", "memory", "platform", "snapshot"]
