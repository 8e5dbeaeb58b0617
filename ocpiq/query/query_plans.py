"""The plan of a query for the OCPI versions of the sources that it reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from ocpiq.errors import OtherVersionError, SourceError, UserText, join, say
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.schema import DEFAULT_VERSION, VERSIONS, OwnForm, VersionName

if TYPE_CHECKING:
    from ocpiq.sources.protocol import Source

Analyze = Callable[..., QueryPlan]  # with the parameters of `ocpiq.analysis.analyze` for versions


class QueryPlans:
    """The plans of one query: `plan` is that of its own version; sources of other versions have others.

    `version` is the OCPI version whose fields the query may read, if it is known; `as_version` the one in whose form
    objects of every version are read, and `own` the forms of the platforms, if they are known. Raises CompileError,
    PrivacyError, and UsageError for a version that is not known.
    """

    def __init__(
        self, analyze: Analyze, version: str | None, as_version: str | None, own: tuple[OwnForm, ...]
    ) -> None:
        self._analyze = analyze
        self._version = version or DEFAULT_VERSION
        self._as_version = _known_version(as_version)
        self._other_version = False  # whether it reads a field that a run may have and its own version lacks
        if self._as_version:
            self.plan = self._analyze_as(own or ((OwnForm(version),) if version else ()))
            return
        try:
            self.plan = analyze(version=self._version)
        except OtherVersionError:
            if version is not None:
                raise
            self._other_version = True
            self.plan = analyze(version=self._version, any_version=True)

    def _used(self, sources: Mapping[str, Source]) -> list[Source]:
        return [sources[module] for module in self.plan.modules if module in sources]

    def versions_of(self, sources: Mapping[str, Source]) -> tuple[str, ...]:
        """Return the OCPI versions of the objects that the query reads; without sources, the query's."""
        if self._as_version:
            return (self._as_version,)
        versions = dict.fromkeys(version for source in self._used(sources) for version in _versions(source))
        return tuple(versions) or (self._version,)

    def version_of(self, sources: Mapping[str, Source]) -> str:
        """Return the OCPI version that sources are read in: their own; without sources, the query's."""
        if self._as_version:
            return self._as_version
        versions = {source.version for source in self._used(sources)}
        if len(versions) > 1:
            listed = join(map(UserText, sorted(versions)))
            raise SourceError(say("the sources have different OCPI versions: {versions}", versions=listed))
        return next(iter(versions), self._version)

    def plan_for(self, sources: Mapping[str, Source]) -> QueryPlan:
        """Return the resolved query for the OCPI version of these sources. Raises OtherVersionError."""
        if self._as_version:
            return self._plan_as(sources)
        version = self.version_of(sources)
        several = any(_is_several(source) for source in sources.values())
        if not (several or self._other_version or version != self._version):
            return self.plan
        mixed = several and len({other for source in sources.values() for other in _versions(source)}) > 1
        return self._analyze(version=version, several_platforms=several, any_version=mixed)

    def _plan_as(self, sources: Mapping[str, Source]) -> QueryPlan:
        """Return the plan for sources whose objects are read in the form of another version."""
        used = self._used(sources)
        if not used:
            return self.plan
        from ocpiq.sources.several_platforms import forms_of  # noqa: PLC0415 - queries of plain JSON do not need it

        several = any(_is_several(source) for source in used)
        own = dict.fromkeys(form for source in used for form in forms_of(source))
        return self._analyze_as(tuple(own), several_platforms=several)

    def _analyze_as(self, own: tuple[OwnForm, ...], *, several_platforms: bool = False) -> QueryPlan:
        is_other = any(form.version != self._as_version for form in own)
        return self._analyze(
            version=self._as_version, several_platforms=several_platforms, own=own if is_other else ()
        )


def _is_several(source: Source) -> bool:
    from ocpiq.sources.several_platforms import SeveralPlatforms  # noqa: PLC0415 - queries of plain JSON do not need it

    return isinstance(source, SeveralPlatforms)


def _versions(source: Source) -> Collection[str]:
    from ocpiq.sources.several_platforms import versions_of  # noqa: PLC0415 - queries of plain JSON do not need it

    return versions_of(source)


def _known_version(version: str | None) -> str:
    """Return an OCPI version, "" for none. Raises UsageError if it is unknown."""
    if version is not None and version not in VERSIONS:
        hint = say("available: {known}", known=join(map(VersionName, VERSIONS)))
        raise SourceError(say("OCPI {version} is not known", version=UserText(version)), hint=hint)
    return version or ""
