"""What every source says of a pull: pages, what was odd about them, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ocpiq.errors import IncompleteError, Notify, PageRead, PullEnded, WarningIssued
from ocpiq.gate import FieldReport, OpenedPage

Shown = Callable[[str], str]
SHOWN = 10  # places or names in one warning


def monitor_pages(
    module: str,
    pages: Iterable[tuple[OpenedPage, int | None]],
    notify: Notify,
    version: str = "",
    shown: Shown = str,
) -> Iterator[OpenedPage]:
    """Yield `pages` and tell `notify` about them; each comes with the number of objects announced, if any.

    `version` is the one that the user said the objects have, if so; where they have another's fields he is told.
    `shown` makes a field's name fit to be shown.

    A pull that breaks off after its first page ends with `complete` False and raises IncompleteError. One that the
    consumer stops ends without a word, except for what was odd.
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
            f"{module}: the end of charging of some objects cannot be read; incomplete: "
            f"{pull.objects - pull.unended} of {pull.objects} objects could be compared with the period",
            hint="since and until compare last_updated instead",
        )


class PullMonitor:
    """The counts of one pull, and what was odd in it."""

    def __init__(self, module: str, notify: Notify, version: str, shown: Shown) -> None:
        self.module = module
        self.notify = notify
        self.version = version
        self.shown = shown
        self.pages = 0
        self.objects = 0
        self.bad = 0
        self.undated = 0
        self.unended = 0
        self.met = FieldReport()
        self.places: list[str] = []

    def page(self, opened: OpenedPage, total: int | None) -> None:
        """Count a page."""
        self.pages += 1
        self.objects += opened.count - opened.repeated
        self.bad += len(opened.bad)
        self.undated += opened.undated
        self.unended += opened.unended
        room = SHOWN - len(self.places)
        self.places += [f"page {self.pages} index {index}" for index in opened.bad[:room]]
        if opened.field_report.objects > self.met.objects:
            self.read_names(opened.field_report)
        self.notify(PageRead(self.module, self.pages, self.objects, total))

    def read_names(self, met: FieldReport) -> None:
        """Warn once where the fields are those of another version than the user said."""
        told, self.met = self.met, met
        if not self.version or self.of_another_version(told) or not self.of_another_version(met):
            return
        said = " or ".join(met.versions)
        self.warn(f"the objects have fields of OCPI {said}, and are read as {self.version} (--ocpi-version)")

    def of_another_version(self, met: FieldReport) -> bool:
        """Tell whether the objects' fields are those of other versions than the user said."""
        return bool(met.versions) and self.version not in met.versions

    def end(self, *, complete: bool) -> None:
        """Say that the pull is over."""
        self.sum_up()
        self.notify(PullEnded(self.module, self.pages, self.objects, complete))

    def sum_up(self) -> None:
        """Warn of what is not an object, of unreadable dates and of fields that no version of OCPI has."""
        if self.bad:
            places = ", ".join(self.places) + (", …" if self.bad > len(self.places) else "")
            kind = "an object" if self.bad == 1 else "objects"
            self.warn(f"{counted(self.bad, 'item')} not {kind}, left out ({places})")
        if self.undated:
            self.warn(f"{counted(self.undated, 'object')} kept whose last_updated cannot be read")
        if self.unended:
            self.warn(f"{counted(self.unended, 'object')} left out whose end of charging cannot be read")
        names = tuple(map(self.shown, self.met.unknown))
        if names or self.met.unnamed:
            listed = ": " + ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "") if names else ""
            self.warn(f"{counted(len(names) + self.met.unnamed, 'field')} not OCPI's, left out{listed}")

    def warn(self, text: str) -> None:
        """Say something of this pull."""
        self.notify(WarningIssued(f"{self.module}: {text}"))


def counted(number: int, thing: str) -> str:
    """Return `1 thing is`, `2 things are`."""
    return f"1 {thing} is" if number == 1 else f"{number} {thing}s are"
