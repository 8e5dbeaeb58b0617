"""Several platforms as one source: read one after the other; each message begins with the name of its platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from ocpiq.errors import (
    IncompleteError,
    Message,
    MessagePart,
    Notice,
    Notify,
    PageRead,
    PlatformError,
    PullEnded,
    RequestEnded,
    UserText,
    WarningIssued,
    join,
    say,
)
from ocpiq.gate import Gate, OpenedPage
from ocpiq.schema import VERSIONS, OwnForm
from ocpiq.sources.protocol import Ask, Source, owner_of


class SeveralPlatforms(Struct, frozen=True):
    """The platforms by the names of their logins, in the order in which they are read."""

    platforms: Mapping[str, Source]

    @property
    def version(self) -> str:
        """The newest OCPI version among theirs: its schema has the fields of all of them."""
        return max((source.version for source in self.platforms.values()), key=VERSIONS.index)

    @property
    def repeats(self) -> bool:
        """Whether one of them may return an object twice."""
        return any(source.repeats for source in self.platforms.values())

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages of all platforms.

        If one of them fails, the others are read all the same. Raises PlatformError if nothing can be read from any,
        IncompleteError after the last page if one has failed or is incomplete.
        """
        errors: dict[str, PlatformError | IncompleteError] = {}
        for name, source in self.platforms.items():
            try:
                yield from source.pages(ask, gate, named(name, notify))
            except (PlatformError, IncompleteError) as error:
                errors[name] = error
        if not errors:
            return
        name, first = next(iter(errors.items()))
        if len(errors) == len(self.platforms) and all(
            isinstance(error, PlatformError) for error in errors.values()
        ):
            raise PlatformError(of_platform(name, first.message), hint=first.hint)
        problems = [of_platform(name, incomplete_message(error)) for name, error in errors.items()]
        raise IncompleteError(join(problems, "; "), hint=first.hint)


def versions_of(source: Source) -> tuple[str, ...]:
    """Return the OCPI version of a source, or those of several platforms."""
    if isinstance(source, SeveralPlatforms):
        return tuple(dict.fromkeys(platform.version for platform in source.platforms.values()))
    return (source.version,)


def forms_of(source: Source) -> tuple[OwnForm, ...]:
    """Return the form of a source's objects, or those of several platforms."""
    sources = source.platforms.values() if isinstance(source, SeveralPlatforms) else (source,)
    return tuple(dict.fromkeys(OwnForm(one.version, owner_of(one) is not None) for one in sources))


def incomplete_message(error: PlatformError | IncompleteError) -> Message:
    """Return the message of a platform that is incomplete, or of which nothing came."""
    if isinstance(error, IncompleteError):
        return error.message
    return say("{problem}; incomplete: no objects came", problem=error.message)


def named(name: str, notify: Notify) -> Notify:
    """Return a function that passes notices on with the name of their platform."""

    def notify_named(notice: Notice) -> None:
        match notice:
            case WarningIssued(message=MessagePart() as message):
                notify(WarningIssued(of_platform(name, message)))
            case PageRead() | PullEnded():
                notify(replace(notice, module=f"{name}: {notice.module}"))
            case RequestEnded():
                notify(replace(notice, subject=f"{name}: {notice.subject}"))
            case _:
                notify(notice)

    return notify_named


def of_platform(name: str, message: MessagePart) -> Message:
    """Return a message of a platform with its name."""
    return say("{platform}: {message}", platform=UserText(name), message=message)
