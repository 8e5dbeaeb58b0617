"""The functions of the Python API that open sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ocpiq import sources
from ocpiq.schema import DEFAULT_VERSION
from ocpiq.sources import Source
from ocpiq.storage import logins


def platform(name: str | None = None) -> Source:
    """Return a platform that was logged in to (the current one without a name) as a source of all its modules.

    Close it, or use it in a `with`. Raises UsageError if the login does not exist.
    """
    return sources.platform(logins.load(name))


def snapshot(folder: str | Path) -> Mapping[str, Source]:
    """Return a source for each module of a snapshot that `ocpiq pull` has made, in a folder or at `s3://BUCKET/KEY`.

    Raises UsageError.
    """
    return sources.snapshot(folder)


def files(paths: Mapping[str, str | Path], *, version: str = DEFAULT_VERSION) -> Mapping[str, Source]:
    """Return a source for each module of `paths`: a file or a folder of saved pages of an OCPI `version`."""
    return sources.files(paths, version)
