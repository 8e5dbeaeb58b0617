"""The version in common with a platform: the highest that answers and has a module to pull."""

from __future__ import annotations

from ocpiq.errors import Message, PlatformError, Quotation, UserText, join, say
from ocpiq.ocpi.endpoints import sender_endpoints
from ocpiq.ocpi.http.failures import Failure, Subject
from ocpiq.ocpi.http.redaction import redact
from ocpiq.ocpi.http.urls import path, resolve
from ocpiq.ocpi.responses import VersionDetails, VersionEntry
from ocpiq.schema import DEFAULT_VERSION, VERSIONS, VersionName, platform_modules

Located = tuple[VersionDetails, str]
"""Version details, and the URL that they came from."""


def version_at(url: str, wanted: str | None) -> str:
    """Return the version of the module at a URL: the requested one, else the one in its path."""
    if wanted not in (None, *VERSIONS):
        raise no_common_version([], wanted, Subject("versions"))
    segments = [part.removeprefix("v") for part in path(url).split("/")]
    return wanted or next((part for part in segments if part in VERSIONS), DEFAULT_VERSION)


def usable_versions(
    offered: tuple[VersionEntry, ...], base: str, wanted: str | None, subject: Subject
) -> list[tuple[str, list[str]]]:
    """Return the versions that may be used, the highest first, each with the URLs of its details.

    Only `wanted` if there is one. Raises PlatformError if there is none.
    """
    names = [entry.version for entry in offered]
    common = [version for version in reversed(VERSIONS) if version in names]
    if not common or wanted not in (None, *common):
        raise no_common_version(names, wanted, subject)
    usable: list[tuple[str, list[str]]] = []
    for version in [wanted] if wanted else common:
        urls = [resolve(entry.url, base) for entry in offered if entry.version == version]
        details_urls = [url for url in dict.fromkeys(urls) if url is not None]
        if details_urls:
            usable.append((version, details_urls))
    if not usable:
        version = VersionName(wanted or common[0])
        raise PlatformError(
            say("the platform sends no URL for the details of OCPI {version}", version=version)
        )
    return usable


def has_modules(located: list[Located], version: str) -> bool:
    """Return whether the details of a version list a module that can be pulled."""
    listed = {name for details, url in located for name in sender_endpoints(details.endpoints, url)}
    return not listed.isdisjoint(platform_modules(version))


def unusable_reason(failure: Failure) -> Message:
    """Return why the details of a version could not be read, in short."""
    return say("its details: {answer}", answer=failure.answer if failure.answered else say("no answer"))


def no_common_version(offered: list[str], wanted: str | None, subject: Subject) -> PlatformError:
    """Return the error for a version that the platform or ocpiq does not have."""
    safe = (redact(version, subject.token, cut=False) for version in offered[:20])
    listed = join(Quotation(ascii(version)[1:-1][:20]) for version in safe) or say("none that it names")
    known = join(map(VersionName, VERSIONS))
    if wanted is not None and wanted not in VERSIONS:
        return PlatformError(
            say("OCPI {version} is unknown", version=UserText(wanted)),
            hint=say("available: {known}", known=known),
        )
    problem = say("no version in common with the platform")
    if wanted:
        problem = say("the platform does not offer OCPI {version}", version=VersionName(wanted))
    return PlatformError(
        problem, hint=say("it has {listed}; ocpiq knows {known}", listed=listed, known=known)
    )
