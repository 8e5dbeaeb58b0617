"""The strategies of a pull: follow links, request by offset, request many offsets in parallel.

A strategy receives the outcome of the last request and returns the next step. It sends no request itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from ocpiq.errors import EMPTY, Message, say
from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.link_header import parse_count
from ocpiq.ocpi.http.urls import parameters, path, resolve, same_origin, with_query, without_empty_parameters
from ocpiq.ocpi.pull.continuity import Continuity
from ocpiq.ocpi.pull.page import FetchedPage, PageReader
from ocpiq.ocpi.pull.progress import PullProgress

EMPTY_PAGES = 3  # in a row, after which links are not followed
AFTER_END_STATUS = (404, 410, 416)  # HTTP's, for an offset after the end
STALE_PAGES = 3  # in a row without a new object, after which the pull ends
NAMELESS_PAGES = 3  # in a row of objects without keys, which might be the same page again and again

NO_LINK = say("the platform sends no next link and no total; continuing by offset")
TOO_FEW = say("the platform has more objects than it announces; continuing by offset")
NOT_AT_ONCE = say("the platform fails when asked for several pages at once; continuing one page at a time")
MOVES = say("the list changes while it is read; reading it again")

Flaw = Callable[[FetchedPage], Message]
"""Returns why a page must not be used, or EMPTY."""


class Rejected(Struct, frozen=True):
    """A page that is not used and does not count as read."""

    page: FetchedPage
    reason: Message


FetchOutcome = FetchedPage | Rejected | Failure
"""How a request ended; a FetchedPage was accepted."""


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
    warning: Message = EMPTY
    back: bool = False


class Done(Struct, frozen=True):
    """There is nothing after the last page; `stuck` where the platform keeps sending the same page."""

    stuck: bool = False


class Switch(Struct, frozen=True):
    """Continue with another strategy and warn; with `alone`, one request at a time from now on."""

    to: Strategy
    warning: Message = EMPTY
    alone: bool = False


class Strategy(Protocol):
    """A way to request the next page."""

    @property
    def base(self) -> Strategy:
        """The strategy that another reading begins with."""

    @property
    def overlaps(self) -> bool:
        """Whether it began with what another strategy may have read already."""

    def next(self, outcome: FetchOutcome) -> Fetch | Done | Switch:
        """Return the next step after an outcome. Raises a Failure that ends the pull."""


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
        fresh = progress.reread or not (progress.stale_pages or progress.empty_pages)
        return int(ready and fresh and progress.size > 1)

    def url_at(self, offset: int, **others: str) -> str:
        """Return the URL of the page at an offset."""
        return with_query(self.start, {"offset": str(offset), **others})

    def fetch(self, flaw: Flaw, warning: Message = EMPTY) -> Fetch:
        """Return the request for the page after all received objects, by its offset."""
        early, position = self.early, self.progress.position
        url = self.url_at(position - early)
        return Fetch(url, flaw, position - early, early, self.url_at(position), warning=warning)

    def follow_link(self, link: str, page: FetchedPage) -> str | None:
        """Return the target of a page's link, with the dates of the pull, which some servers omit."""
        target = resolve(link, page.url)
        if target is None or not same_origin(target, page.url):
            return None
        sent = parameters(target)
        lost = {name: value for name, value in self.filters.items() if name not in sent}
        return with_query(target, lost) if lost and path(target) == path(self.start) else target

    def is_predictable(self, target: str) -> bool:
        """Whether a link leads where the offset would, and says nothing else."""
        sent = parameters(target)
        names = {"offset", "limit", *self.filters, *parameters(self.start)}
        same = path(target) == path(self.start) and names.issuperset(sent)
        return same and sent.get("offset") == str(self.progress.position)

    def was_requested(self, url: str) -> bool:
        """Whether a URL was read in this reading."""
        return hash(url) in self.reader.requested

    @property
    def exhausted(self) -> bool:
        """Whether the last pages had no new objects."""
        return self.progress.stale_pages >= STALE_PAGES and not self.progress.reread

    def parallel(self, base: Strategy, target: str | None) -> Switch | None:
        """Return the switch to parallel requests if the following offsets are predictable."""
        progress = self.progress
        foretold = not target or parameters(target).get("offset") == str(progress.position)
        several = (
            progress.pages > 1 and self.reader.prefetcher.most > 1
        )  # a second page means that all are wanted
        if several and foretold and progress.uniform and progress.size and progress.left > progress.size:
            return Switch(ParallelOffsets(self, base))
        return None

    def end(self, base: Strategy, page: FetchedPage) -> Done | Switch:
        """Return the next step after an apparently last page.

        Whatever links and numbers say, a page that is as long as an earlier one, or as it can be, may not be the
        last: some platforms cap their pages and say nothing of it, some announce the objects of the page, and some
        do not count beyond a bound.
        """
        opened = page.opened
        full = page.full or opened.count >= self.progress.size
        announced = page.body.more or page.body.total > self.progress.distinct
        if not (full or announced) or not page.opened.count or not (page.new_count or self.progress.reread):
            return Done()
        if page.exceeds_limit and not announced:
            return Done()
        return Switch(AfterEnd(self, base, page))


class FollowLinks:
    """Follows the platform's next links while they lead to new objects."""

    overlaps = False

    def __init__(self, pull: PullContext) -> None:
        self.pull = pull
        self.base = self
        self.target = ""  # where the last link led
        self.cleaning = False  # whether links are followed without their empty parameters

    def next(self, outcome: FetchOutcome) -> Fetch | Done | Switch:
        """Return the next step."""
        if isinstance(outcome, Failure):
            return self.after_failure(outcome)
        if isinstance(outcome, Rejected):
            return self.by_offset(outcome.reason)
        link, progress = outcome.link, self.pull.progress
        self.target = (self.pull.follow_link(link, outcome) or "") if link else ""
        switch = self.pull.parallel(self, self.target)
        if switch is not None:
            return switch
        if link is None and not progress.more:
            return self.pull.end(self, outcome)
        problem = (
            self.link_problem() if link else say("sends no next link although it announces more objects")
        )
        return self.by_offset(problem) if problem else self.fetch()

    def fetch(self) -> Fetch:
        """Return the request for the page at a link: one object early, where that can be said in its words."""
        target = without_empty_parameters(self.target) if self.cleaning else self.target
        early = self.pull.early if self.pull.is_predictable(target) else 0
        offset = self.pull.progress.position - early if early else None
        url = with_query(target, {"offset": str(offset)}) if early else target
        prefetch = () if self.pull.progress.reread else (url,)
        return Fetch(url, self.flaw, offset, early, target, prefetch)

    def link_problem(self) -> Message:
        """Return why a link is not followed, or EMPTY."""
        progress = self.pull.progress
        if not self.target:
            return say("sends a next link to another host")
        if self.skips:
            return say("skips objects with its own next link")
        if self.pull.was_requested(without_empty_parameters(self.target) if self.cleaning else self.target):
            return say("sends a next link to a page that was already read")
        if progress.empty_pages >= EMPTY_PAGES:
            return say("sends one next link after another to empty pages")
        if self.pull.exhausted:
            return say("sends one next link after another to objects that were already read")
        return EMPTY

    @property
    def skips(self) -> bool:
        """Whether the link leads past the next object, and no total would tell what it left out.

        Some count on more objects a page than they send. Others keep objects of a page to themselves, and are right.
        """
        offset, progress = parse_count(parameters(self.target).get("offset", "")), self.pull.progress
        return progress.total is None and offset is not None and offset > progress.position

    def flaw(self, page: FetchedPage) -> Message:
        """Return why the page at a link must not be used."""
        if page.empty_status and self.pull.progress.more:
            return say("finds nothing at its own next link (HTTP {status})", status=page.empty_status)
        return say("repeats a page on its own next link") if self.pull.progress.is_repeat(page) else EMPTY

    def after_failure(self, failure: Failure) -> Fetch | Switch:
        """Return the next step after a link failed: try it without empty parameters, or by offset."""
        if not self.cleaning and failure.refused and without_empty_parameters(self.target) != self.target:
            self.cleaning = True
            return self.fetch()
        if failure.answered and not failure.rate_limited and not self.pull.reader.retrier.over:
            return self.by_offset(say("fails on its own next link ({answer})", answer=failure.answer))
        raise failure

    def by_offset(self, reason: Message) -> Switch:
        """Return the switch to offsets, for a `reason` in the platform's links."""
        progress = self.pull.progress
        unfinished = progress.more or progress.total is None
        warning = say("the platform {reason}; continuing by offset", reason=reason) if unfinished else EMPTY
        return Switch(ByOffset(self.pull, overlaps=True), warning)


class ByOffset:
    """Requests the page after all received objects, until there is none."""

    def __init__(self, pull: PullContext, *, overlaps: bool = False, base: Strategy | None = None) -> None:
        self.pull = pull
        self.overlaps = overlaps
        self.base = base or self

    def next(self, outcome: FetchOutcome) -> Fetch | Done | Switch:
        """Return the next step."""
        progress = self.pull.progress
        if isinstance(outcome, Failure):
            return accept_end(outcome, progress)
        if isinstance(outcome, Rejected):
            last = progress.pages > 1 and outcome.page.opened.count < progress.size  # the last page once more
            return Done(stuck=not last)
        switch = self.pull.parallel(self, None)
        if switch is not None:
            return switch
        if not (progress.more or progress.total_unreliable):
            return self.pull.end(self, outcome)
        if (
            self.pull.exhausted
            or progress.empty_pages >= EMPTY_PAGES
            or progress.keyless_pages >= NAMELESS_PAGES
        ):
            return Done()
        fetch = self.pull.fetch(self.flaw)
        ended = not (outcome.count_after_overlap or progress.more)
        return Done() if ended or (not outcome.opened.count and self.pull.was_requested(fetch.url)) else fetch

    def flaw(self, page: FetchedPage) -> Message:
        """Return why a page must not be used."""
        return say("repeats a page") if self.pull.progress.is_repeat(page) else EMPTY


class AfterEnd:
    """Requests one page after the apparently last one; objects there are the rest of a list without links.

    A platform that gives all at once, whatever the offset, gives the same again. One whose pages announce their own
    objects alone may have pages without any, so after a full one it is asked for two more.
    """

    overlaps = False

    def __init__(self, pull: PullContext, base: Strategy, last: FetchedPage) -> None:
        self.pull = pull
        self.base = base
        self.last = last
        self.tried = 0

    def next(self, outcome: FetchOutcome) -> Fetch | Done | Switch:
        """Return the next step."""
        progress = self.pull.progress
        if isinstance(outcome, Failure):
            return accept_end(outcome, progress)
        if isinstance(outcome, Rejected):
            if progress.is_repeat(outcome.page):
                return Done(stuck=self.last.full and progress.pages == 1)
            self.tried += 1
            if not self.pull.early:
                self.pull.continuity.unproven = True
            if not (self.last.full and progress.own_totals) or self.tried >= EMPTY_PAGES:
                return Done()
            offset = progress.position + self.tried * progress.size
            return Fetch(self.pull.url_at(offset), self.flaw, offset, warning=self.warning)
        if outcome is not self.last:
            return Switch(ByOffset(self.pull, base=self.base))
        return Done() if self.pull.exhausted else self.pull.fetch(self.flaw, self.warning)

    @property
    def warning(self) -> Message:
        """The warning if the platform has more objects."""
        progress = self.pull.progress
        return NO_LINK if progress.total is None or progress.own_totals else TOO_FEW

    def flaw(self, page: FetchedPage) -> Message:
        """Return why the page must not be used; a page that does not join shows that the list changed."""
        moved = self.pull.early and page.sifted.joint < 0 and not self.tried
        new = page.count_after_overlap if self.pull.progress.reread else page.new_count
        return EMPTY if (new or moved) and not self.pull.progress.is_repeat(page) else say("has nothing new")


class ParallelOffsets:
    """Asks for many pages at once by their offsets, as long as every page is as long as the first.

    Some platforms refuse the second of two requests, or mix up their answers: then `base` goes on.
    """

    overlaps = False

    def __init__(self, pull: PullContext, base: Strategy) -> None:
        self.pull = pull
        self.base = base

    def next(self, outcome: FetchOutcome) -> Fetch | Switch:
        """Return the next step."""
        progress, most = self.pull.progress, self.pull.reader.prefetcher.most
        if isinstance(outcome, Failure) and (
            not outcome.answered or outcome.retries or self.pull.reader.retrier.over
        ):
            raise outcome
        if isinstance(outcome, Failure | Rejected):
            return Switch(self.base, NOT_AT_ONCE, alone=True)
        early = self.pull.early
        if not progress.more or not progress.uniform or most <= 1 or progress.size <= early:
            return Switch(self.base)
        assert progress.total is not None
        positions = range(progress.position, progress.total, progress.size - early)[:most]
        urls = tuple(self.pull.url_at(position - early) for position in positions)
        return Fetch(
            urls[0],
            self.flaw,
            progress.position - early,
            early,
            self.pull.url_at(progress.position),
            urls,
        )

    def flaw(self, page: FetchedPage) -> Message:
        """Return why a page must not be used."""
        return (
            EMPTY
            if page.opened.count and not self.pull.progress.is_repeat(page)
            else say("is not the next one")
        )


def accept_end(failure: Failure, progress: PullProgress) -> Done:
    """Return that an offset after the end was refused; raises the Failure where there should be more."""
    if progress.more or not (failure.refused or failure.status in AFTER_END_STATUS):
        raise failure
    return Done()
