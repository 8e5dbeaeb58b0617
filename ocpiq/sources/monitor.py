"""What every source reports about a pull: its pages, warnings about them, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ocpiq.errors import (
    EMPTY,
    FieldName,
    IncompleteError,
    Message,
    MessagePart,
    Notify,
    PageRead,
    PullEnded,
    WarningIssued,
    join,
    say,
)
from ocpiq.gate import FieldReport, OpenedPage, Order
from ocpiq.schema import ModuleName, VersionName
from ocpiq.sources.page_numbers import PageNumbers

Shown = Callable[[FieldName], MessagePart]
SHOWN = 10  # places or names in one warning


def as_it_is(name: FieldName) -> FieldName:
    """Return the name of a field."""
    return name


def monitor_pages(
    module: str,
    pages: Iterable[tuple[OpenedPage, int | None]],
    notify: Notify,
    version: str = "",
    shown: Shown = as_it_is,
) -> Iterator[OpenedPage]:
    """Yield `pages`, each of which comes with the announced number of objects, and report them to `notify`.

    If the user named the OCPI `version` of the objects, a warning says if they have the fields of another. `shown`
    makes the name of a field fit for display.

    A pull that ends early because of an error reports that it is not complete and raises IncompleteError. One that the
    consumer stops reports only warnings.
    """
    pull = PullMonitor(module, notify, version, shown)
    try:
        for opened, total in pages:
            pull.page(opened, total)
            yield opened
    except IncompleteError:
        pull.end(complete=False)
        raise
    except BaseException:
        pull.sum_up()
        raise
    pull.end(complete=not pull.unended)
    if pull.unended:
        raise IncompleteError(
            say(
                "{module}: the end of charging of some objects cannot be read; incomplete: "
                "{objects} of {of} objects could be compared with the period",
                module=ModuleName(module),
                objects=pull.objects - pull.unended,
                of=pull.objects,
            ),
            hint=say("since and until compare last_updated instead"),
        )


class PullMonitor:
    """The counts and warnings of one pull."""

    def __init__(self, module: str, notify: Notify, version: str, shown: Shown) -> None:
        self.module = module
        self.notify = notify
        self.version = version
        self.shown = shown
        self.numbers = PageNumbers()
        self.objects = 0
        self.bad = 0
        self.undated = 0
        self.unended = 0
        self.field_report = FieldReport()
        self.bad_places: list[Message] = []
        self.order: Order = ""

    @property
    def pages(self) -> int:
        """The number of pages so far."""
        return self.numbers.count

    def page(self, opened: OpenedPage, total: int | None) -> None:
        """Count a page."""
        before = self.pages
        self.numbers.add(opened)
        self.objects += opened.count - opened.repeated
        self.bad += len(opened.bad)
        self.undated += opened.undated
        self.unended += opened.unended
        room = SHOWN - len(self.bad_places)
        self.bad_places += [
            say("page {page} index {index}", page=page, index=index)
            for page, index in map(self.numbers.place, opened.bad[:room])
        ]
        self.order = opened.order or self.order
        if opened.field_report != self.field_report:
            self.read_names(opened.field_report)
        if self.pages > before:
            self.notify(PageRead(self.module, self.pages, self.objects, total))

    def read_names(self, report: FieldReport) -> None:
        """Warn once if the fields are those of another version than the user named."""
        previous, self.field_report = self.field_report, report
        if not self.version or self.is_another_version(previous) or not self.is_another_version(report):
            return
        versions = join(map(VersionName, report.versions), " or ")
        self.warn(
            say(
                "the objects have fields of OCPI {versions}, and are read as {version} (--ocpi-version)",
                versions=versions,
                version=VersionName(self.version),
            )
        )

    def is_another_version(self, report: FieldReport) -> bool:
        """Tell whether the fields of the objects are those of other versions than the user named."""
        return bool(report.versions) and self.version not in report.versions

    def end(self, *, complete: bool) -> None:
        """Report the end of the pull."""
        self.sum_up()
        self.notify(PullEnded(self.module, self.pages, self.objects, complete))

    def sum_up(self) -> None:
        """Report the warnings: bad items, unreadable dates, unknown and missing fields, the order of the list."""
        if self.bad:
            text = say("not an object") if self.bad == 1 else say("not objects")
            places = list_of(self.bad_places, more=self.bad > len(self.bad_places))
            self.warn(
                say(
                    "{items} {text}, left out ({places})",
                    items=counted(self.bad, ITEM),
                    text=text,
                    places=places,
                )
            )
        if self.undated:
            self.warn(
                say("{objects} kept whose last_updated cannot be read", objects=counted(self.undated, OBJECT))
            )
        if self.unended:
            self.warn(
                say(
                    "{objects} left out whose end of charging cannot be read",
                    objects=counted(self.unended, OBJECT),
                )
            )
        names = tuple(self.shown(FieldName(name)) for name in self.field_report.unknown)
        if names or self.field_report.unnamed:
            fields = counted(len(names) + self.field_report.unnamed, FIELD)
            text = say(": {names}", names=list_of(names[:SHOWN], more=len(names) > SHOWN)) if names else EMPTY
            self.warn(say("{fields} not OCPI's, left out{names}", fields=fields, names=text))
        self.warn_of_missing()
        self.warn_of_order()

    def warn_of_missing(self) -> None:
        """Warn of fields that the query reads and no object has."""
        for field in self.field_report.missing:
            if field.near:
                self.warn(
                    say(
                        "no object has {field}, which the query reads; they have {near}",
                        field=FieldName(field.path),
                        near=self.shown(FieldName(field.near)),
                    )
                )
        required = [FieldName(field.path) for field in self.field_report.missing if not field.near]
        if required:
            names = list_of(required[:SHOWN], more=len(required) > SHOWN)
            self.warn(say("no object has {names}, which the query reads and OCPI requires", names=names))

    def warn_of_order(self) -> None:
        """Warn if the last objects of the list are not the newest, as the query expects."""
        fix = say("(write pass last_updated and top N by .last_updated)")
        if self.order == "newest first":
            self.warn(
                say(
                    "the newest objects are first in the list, so the last ones are the oldest {fix}", fix=fix
                )
            )
        if self.order == "none":
            self.warn(
                say(
                    "the list is in no order of last_updated, so the last objects may not be the newest {fix}",
                    fix=fix,
                )
            )

    def warn(self, text: Message) -> None:
        """Report a warning about this pull."""
        self.notify(WarningIssued(say("{module}: {text}", module=ModuleName(self.module), text=text)))


def counted(number: int, thing: Message) -> Message:
    """Return `1 thing is`, `2 things are`."""
    return (
        say("1 {thing} is", thing=thing)
        if number == 1
        else say("{number} {thing}s are", number=number, thing=thing)
    )


def list_of(parts: Sequence[MessagePart], *, more: bool) -> Message:
    """Return parts with commas between them, and an ellipsis if there are more."""
    return say("{parts}, …", parts=join(parts)) if more else join(parts)


ITEM, OBJECT, FIELD = say("item"), say("object"), say("field")
