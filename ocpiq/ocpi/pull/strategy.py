"""The strategies of a pull: follow the platform's links, ask by offset, ask for many offsets at once.

A strategy is told how the last request ended and says what comes next. It asks for nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.link_header import number
from ocpiq.ocpi.http.urls import parameters, path, resolved, same_origin, with_query, without_nothing
from ocpiq.ocpi.pull.continuity import Continuity
from ocpiq.ocpi.pull.page import FetchedPage, PageReader
from ocpiq.ocpi.pull.progress import PullProgress

EMPTY_PAGES = 3  # in a row, after which a link leads nowhere
AFTER_END_STATUS = (404, 410, 416)  # HTTP's, for an offset after the end
STALE_PAGES = 3  # in a row without a new object, after which there will be none
NAMELESS_PAGES = 3  # in a row of objects without keys, which might be the same page again and again

NO_LINK = "the platform gives no next link and no number of objects; going on by offset"
TOO_FEW = "the platform lists more objects than it announces; going on by offset"
NOT_AT_ONCE = "the platform fails at several requests at once; going on one by one"
MOVES = "the list moves while it is read; reading it again"

Flaw = Callable[[FetchedPage], str]
"""Says why a page is not to be taken; nothing where it is."""


class Rejected(Struct, frozen=True):
    """A page that was not taken: it does not count as read, and its objects are not used."""

    page: FetchedPage
    why: str


Outcome = FetchedPage | Rejected | Failure
"""How a request ended; a FetchedPage was taken."""


class Fetch(Struct, frozen=True):
    """Ask for `url`.

    `offset` is where it begins, if it was not a link that said so, `early` objects before the end of the last page,
    and `plain` is the URL without these. `prefetch` are URLs that will probably be asked for, `warning` is said
    once the page has brought something new. A page `back` was passed already, and stands for what slipped there.
    """

    url: str
    flaw: Flaw
    offset: int | None = None
    early: int = 0
    plain: str = ""
    prefetch: tuple[str, ...] = ()
    warning: str = ""
    back: bool = False


class Done(Struct, frozen=True):
    """There is nothing after the last page; `stuck` where the platform sends the same page again and again."""

    stuck: bool = False


class Switch(Struct, frozen=True):
    """Go on with another strategy, and say why; `alone` with one request at a time from here on."""

    to: Strategy
    warning: str = ""
    alone: bool = False


class Strategy(Protocol):
    """A way to ask for what comes next."""

    @property
    def base(self) -> Strategy:
        """The strategy that another reading begins with."""

    @property
    def overlaps(self) -> bool:
        """Whether it began with what another strategy may have read already."""

    def next(self, outcome: Outcome) -> Fetch | Done | Switch:
        """Return what to do after a request ended so. Raises the Failure that the pull cannot go on after."""


class PullContext(Struct, frozen=True):
    """What the strategies of one pull share; `start` is the URL of its first page, with the dates of `filters`."""

    reader: PageReader
    progress: PullProgress
    start: str
    filters: Mapping[str, str]

    @property
    def continuity(self) -> Continuity:
        """The joints of the pull."""
        return self.progress.continuity

    @property
    def early(self) -> int:
        """How many objects early the next page is to be asked for, so that it shows whether the list moved."""
        joints, progress = self.continuity, self.progress
        ready = joints.can_show and joints.keys != ()
        fresh = progress.reread or not (progress.stale or progress.empty)
        return int(ready and fresh and progress.size > 1)

    def numbered(self, offset: int, **others: str) -> str:
        """Return the URL of the page at an offset."""
        return with_query(self.start, {"offset": str(offset), **others})

    def fetch(self, flaw: Flaw, warning: str = "") -> Fetch:
        """Return the request for the page after all objects received so far, by its offset."""
        early, position = self.early, self.progress.position
        url = self.numbered(position - early)
        return Fetch(url, flaw, position - early, early, self.numbered(position), warning=warning)

    def linked(self, link: str, page: FetchedPage) -> str | None:
        """Return where the link of a page leads, with the dates of the pull, which some servers leave out of it."""
        target = resolved(link, page.url)
        if target is None or not same_origin(target, page.url):
            return None
        sent = parameters(target)
        lost = {name: value for name, value in self.filters.items() if name not in sent}
        return with_query(target, lost) if lost and path(target) == path(self.start) else target

    def foretold(self, target: str) -> bool:
        """Whether a link leads where the offset would, and says nothing else."""
        sent = parameters(target)
        known = {"offset", "limit", *self.filters, *parameters(self.start)}
        same = path(target) == path(self.start) and known.issuperset(sent)
        return same and sent.get("offset") == str(self.progress.position)

    def asked(self, url: str) -> bool:
        """Whether a URL was read in this reading."""
        return hash(url) in self.reader.asked

    @property
    def exhausted(self) -> bool:
        """Whether the last pages brought nothing new."""
        return self.progress.stale >= STALE_PAGES and not self.progress.reread

    def parallel(self, base: Strategy, target: str | None) -> Switch | None:
        """Return the switch to many requests at once, where the pages ahead can be foretold by their offsets."""
        progress = self.progress
        foretold = not target or parameters(target).get("offset") == str(progress.position)
        several = progress.pages > 1 and self.reader.prefetcher.most > 1  # whoever asked twice wants more
        if several and foretold and progress.even and progress.size and progress.left > progress.size:
            return Switch(ParallelOffsets(self, base))
        return None

    def end(self, base: Strategy, page: FetchedPage) -> Done | Switch:
        """Return what to do after what seems to be the last page.

        Whatever links and numbers say, a page that is as long as an earlier one, or as it can be, may not be the
        last: some platforms cap their pages and say nothing of it, some announce the objects of the page, and some
        do not count beyond a bound.
        """
        opened = page.opened
        full = page.full or opened.count >= self.progress.size
        told = page.body.more or page.body.total > self.progress.distinct
        if not (full or told) or not page.opened.count or not (page.fresh or self.progress.reread):
            return Done()
        if page.unbounded and not told:
            return Done()
        return Switch(AfterEnd(self, base, page))


class FollowLinks:
    """Follows the platform's next links, as long as they lead to something new."""

    overlaps = False

    def __init__(self, pull: PullContext) -> None:
        self.pull = pull
        self.base = self
        self.target = ""  # where the last link led
        self.cleaning = False  # whether links are followed without their empty parameters

    def next(self, outcome: Outcome) -> Fetch | Done | Switch:
        """Return what to do next."""
        if isinstance(outcome, Failure):
            return self.failed(outcome)
        if isinstance(outcome, Rejected):
            return self.by_offset(outcome.why)
        link, progress = outcome.link, self.pull.progress
        self.target = (self.pull.linked(link, outcome) or "") if link else ""
        switch = self.pull.parallel(self, self.target)
        if switch is not None:
            return switch
        if link is None and not progress.more:
            return self.pull.end(self, outcome)
        why = self.astray() if link else "gives no next link although it announces more"
        return self.by_offset(why) if why else self.fetch()

    def fetch(self) -> Fetch:
        """Return the request for the page at a link: one object early, where that can be said in its words."""
        target = without_nothing(self.target) if self.cleaning else self.target
        early = self.pull.early if self.pull.foretold(target) else 0
        offset = self.pull.progress.position - early if early else None
        url = with_query(target, {"offset": str(offset)}) if early else target
        ahead = () if self.pull.progress.reread else (url,)
        return Fetch(url, self.flaw, offset, early, target, ahead)

    def astray(self) -> str:
        """Return why a link leads nowhere new, or nothing."""
        progress = self.pull.progress
        if not self.target:
            return "gives a next link that leads to another host"
        if self.skips:
            return "leaves objects out at its own next link"
        if self.pull.asked(without_nothing(self.target) if self.cleaning else self.target):
            return "gives a next link to a page that was read already"
        if progress.empty >= EMPTY_PAGES:
            return "gives link after link to empty pages"
        if self.pull.exhausted:
            return "gives link after link to what was read already"
        return ""

    @property
    def skips(self) -> bool:
        """Whether the link leads past the next object, and no total would tell what it left out.

        Some count on more objects a page than they send. Others keep objects of a page to themselves, and are right.
        """
        offset, progress = number(parameters(self.target).get("offset", "")), self.pull.progress
        return progress.total is None and offset is not None and offset > progress.position

    def flaw(self, page: FetchedPage) -> str:
        """Return why the page at a link is not to be taken."""
        if page.missing and self.pull.progress.more:
            return "has nothing at its own next link (HTTP 404)"
        return "repeats a page at its own next link" if self.pull.progress.known(page) else ""

    def failed(self, failure: Failure) -> Fetch | Switch:
        """Return what to do after a link failed: try it without its empty parameters, or go by offset."""
        if not self.cleaning and failure.refused and without_nothing(self.target) != self.target:
            self.cleaning = True
            return self.fetch()
        if failure.reached and not failure.crowded and not self.pull.reader.tries.over:
            return self.by_offset(f"fails at its own next link ({failure.answer})")
        raise failure

    def by_offset(self, why: str) -> Switch:
        """Return the switch to offsets, because of what the platform does with its links."""
        progress = self.pull.progress
        told = progress.more or progress.total is None
        warning = f"the platform {why}; going on by offset" if told else ""
        return Switch(ByOffset(self.pull, overlaps=True), warning)


class ByOffset:
    """Asks for the page after all objects received so far, until there is none."""

    def __init__(self, pull: PullContext, *, overlaps: bool = False, base: Strategy | None = None) -> None:
        self.pull = pull
        self.overlaps = overlaps
        self.base = base or self

    def next(self, outcome: Outcome) -> Fetch | Done | Switch:
        """Return what to do next."""
        progress = self.pull.progress
        if isinstance(outcome, Failure):
            return after_end(outcome, progress)
        if isinstance(outcome, Rejected):
            last = progress.pages > 1 and outcome.page.opened.count < progress.size  # the last page once more
            return Done(stuck=not last)
        switch = self.pull.parallel(self, None)
        if switch is not None:
            return switch
        if not (progress.more or progress.uncounted):
            return self.pull.end(self, outcome)
        if self.pull.exhausted or progress.empty >= EMPTY_PAGES or progress.nameless >= NAMELESS_PAGES:
            return Done()
        fetch = self.pull.fetch(self.flaw)
        ended = not (outcome.beyond or progress.more)
        return Done() if ended or (not outcome.opened.count and self.pull.asked(fetch.url)) else fetch

    def flaw(self, page: FetchedPage) -> str:
        """Return why a page is not to be taken."""
        return "repeats a page" if self.pull.progress.known(page) else ""


class AfterEnd:
    """Asks once after what seems to be the last page; what comes there is the rest of a list without links.

    A platform that gives all at once, whatever the offset, gives the same again. One whose pages announce their own
    objects alone may have pages without any, so after a full one it is asked for two more.
    """

    overlaps = False

    def __init__(self, pull: PullContext, base: Strategy, last: FetchedPage) -> None:
        self.pull = pull
        self.base = base
        self.last = last
        self.tried = 0

    def next(self, outcome: Outcome) -> Fetch | Done | Switch:
        """Return what to do next."""
        progress = self.pull.progress
        if isinstance(outcome, Failure):
            return after_end(outcome, progress)
        if isinstance(outcome, Rejected):
            if progress.known(outcome.page):
                return Done(stuck=self.last.full and progress.pages == 1)
            self.tried += 1
            if not self.pull.early:
                self.pull.continuity.unproven = True
            if not (self.last.full and progress.own_totals) or self.tried >= EMPTY_PAGES:
                return Done()
            offset = progress.position + self.tried * progress.size
            return Fetch(self.pull.numbered(offset), self.flaw, offset, warning=self.warning)
        if outcome is not self.last:
            return Switch(ByOffset(self.pull, base=self.base))
        return Done() if self.pull.exhausted else self.pull.fetch(self.flaw, self.warning)

    @property
    def warning(self) -> str:
        """What to say where the platform has more."""
        progress = self.pull.progress
        return NO_LINK if progress.total is None or progress.own_totals else TOO_FEW

    def flaw(self, page: FetchedPage) -> str:
        """Return why the page is not to be taken; one that does not join tells that the list moved."""
        moved = self.pull.early and page.sifted.joint < 0 and not self.tried
        new = page.beyond if self.pull.progress.reread else page.fresh
        return "" if (new or moved) and not self.pull.progress.known(page) else "has nothing new"


class ParallelOffsets:
    """Asks for many pages at once by their offsets, as long as every page is as long as the first.

    Some platforms refuse the second of two requests, or mix up their answers: then `base` goes on.
    """

    overlaps = False

    def __init__(self, pull: PullContext, base: Strategy) -> None:
        self.pull = pull
        self.base = base

    def next(self, outcome: Outcome) -> Fetch | Switch:
        """Return what to do next."""
        progress, most = self.pull.progress, self.pull.reader.prefetcher.most
        if isinstance(outcome, Failure) and (
            not outcome.reached or outcome.retries or self.pull.reader.tries.over
        ):
            raise outcome
        if isinstance(outcome, Failure | Rejected):
            return Switch(self.base, NOT_AT_ONCE, alone=True)
        early = self.pull.early
        if not progress.more or not progress.even or most <= 1 or progress.size <= early:
            return Switch(self.base)
        assert progress.total is not None
        positions = range(progress.position, progress.total, progress.size - early)[:most]
        ahead = tuple(self.pull.numbered(position - early) for position in positions)
        return Fetch(
            ahead[0],
            self.flaw,
            progress.position - early,
            early,
            self.pull.numbered(progress.position),
            ahead,
        )

    def flaw(self, page: FetchedPage) -> str:
        """Return why a page is not to be taken."""
        return "" if page.opened.count and not self.pull.progress.known(page) else "is not the next one"


def after_end(failure: Failure, progress: PullProgress) -> Done:
    """Return that an offset after the end was refused; raises the Failure where there should be more."""
    if progress.more or not (failure.refused or failure.status in AFTER_END_STATUS):
        raise failure
    return Done()
