"""The way from page to page: by the platform's links, by offset where these lead nowhere, and ahead of need."""

from __future__ import annotations

from collections.abc import Mapping

from ocpiq.ocpi.address import parameters, path, resolved, same_origin, with_query, without_nothing
from ocpiq.ocpi.failures import Failure
from ocpiq.ocpi.links import number
from ocpiq.ocpi.pages import Read, Reader
from ocpiq.ocpi.tally import Tally

EMPTY_PAGES = 3  # in a row, after which a link leads nowhere
BEHIND_STATUS = (404, 410, 416)  # HTTP's, for an offset behind the end
STALE_PAGES = 3  # in a row without a new object, after which there will be none


class Course:
    """How one pull asks for what comes next; `start` is its first page's URL, with the dates of `filters`."""

    def __init__(self, reader: Reader, tally: Tally, start: str, filters: Mapping[str, str]) -> None:
        self.reader = reader
        self.tally = tally
        self.start = start
        self.filters = filters
        self.by_offset = False  # whether there are no links that can be followed
        self.strayed = False  # whether that showed only when one was
        self.cleaning = False  # whether links are followed without their empty parameters
        self.irregular = False  # whether offsets cannot be foretold
        self.wide = False  # whether pages are fetched ahead by their offsets
        self.circling = False  # whether the platform sends a page again and again

    def numbered(self, offset: int, **others: str) -> str:
        """Return the URL of the page at an offset."""
        return with_query(self.start, {"offset": str(offset), **others})

    def after(self, read: Read) -> Read | None:
        """Return the page after `read`, or None where there is none: by its link, else by offset. Raises Failure."""
        tally = self.tally
        if self.wide and tally.more:
            found = self.fetched_ahead(read)
            if found is not None:
                return found
        if not self.by_offset:
            if read.link is None and not tally.more:
                return self.beyond(read)
            linked = self.by_link(read.link, read)
            if isinstance(linked, Read):
                return linked
            self.by_offset = self.strayed = True
            if tally.more or tally.total is None:
                self.reader.warn(f"the platform {linked}; going on by offset")
        return self.by_number(read) if tally.more or tally.untold else None

    def fetched_ahead(self, read: Read) -> Read | None:
        """Return the page after `read`, or None where it did not come, for which requests at once may be the reason.

        Some platforms refuse the second of two requests, or mix up their answers. Raises Failure.
        """
        try:
            found = self.by_number(read)
            if found is not None and found.opened.count:
                return found
        except Failure as failure:
            if not failure.reached or failure.retries or self.reader.tries.over:
                raise
        self.irregular, self.wide, self.circling = True, False, False
        self.reader.one_by_one()
        self.reader.asked.discard(hash(self.numbered(self.tally.position)))
        return None

    def beyond(self, read: Read) -> Read | None:
        """Return the page behind what seems to be the last, where neither a link nor a number says that it is.

        Some platforms cap their pages and say nothing of it, and some count the objects of the page as the total. A
        platform that gives all at once, whatever the offset, gives the same again.
        """
        tally = self.tally
        counted = tally.pages == 1 and read.full and tally.total == tally.position
        if not (tally.untold or counted) or read.opened.count < max(1, tally.size) or read.unbounded:
            return None
        found = self.by_number(read)
        if found is None:
            self.circling = self.circling and read.full
        elif found.fresh:
            self.by_offset = True
            self.reader.warn("the platform gives no next link and no number of objects; going on by offset")
        return found if found is not None and found.fresh else None

    def by_link(self, link: str | None, read: Read) -> Read | str:
        """Return the page that a link leads to, or why it leads nowhere new. Raises Failure."""
        if link is None:
            return "gives no next link although it announces more"
        target = self.target(link, read)
        if target is None:
            return "gives a next link that leads to another host"
        if self.skips(link):
            return "leaves objects out at its own next link"
        if hash(target) in self.reader.asked:
            return "gives a next link to a page that was read already"
        if self.tally.empty >= EMPTY_PAGES:
            return "gives link after link to empty pages"
        if self.tally.stale >= STALE_PAGES and not self.tally.reread:
            return "gives link after link to what was read already"
        try:
            found = self.read_cleaned(target)
        except Failure as failure:
            if failure.reached and not failure.crowded and not self.reader.tries.over:
                return f"fails at its own next link ({failure.answer})"
            raise
        if found.missing and self.tally.more:
            return "has nothing at its own next link (HTTP 404)"
        if self.tally.known(found):
            return "repeats a page at its own next link"
        return found

    def by_number(self, read: Read) -> Read | None:
        """Return the page after all objects received so far, or None where that page has none. Raises Failure."""
        url = self.numbered(self.tally.position)
        if not read.opened.count and hash(url) in self.reader.asked:
            return None
        if self.tally.stale >= STALE_PAGES and not self.tally.reread:
            return None
        try:
            found = self.reader.read(url)
        except Failure as failure:
            behind = failure.refused or failure.status in BEHIND_STATUS
            if behind and not self.tally.more:
                return None
            raise
        self.circling = self.tally.known(found)
        return None if self.circling else found

    def target(self, link: str, read: Read) -> str | None:
        """Return where a link leads, with the dates of the pull, which some servers leave out of it."""
        target = resolved(link, read.url)
        if target is None or not same_origin(target, read.url):
            return None
        there = parameters(target)
        lost = {name: value for name, value in self.filters.items() if name not in there}
        target = with_query(target, lost) if lost and path(target) == path(self.start) else target
        return without_nothing(target) if self.cleaning else target

    def skips(self, link: str) -> bool:
        """Whether a link leads behind the next object, and no total would tell what it left out.

        Some count on more objects a page than they send. Others keep objects of a page to themselves, and are right.
        """
        offset = number(parameters(link).get("offset", ""))
        return self.tally.total is None and offset is not None and offset > self.tally.position

    def read_cleaned(self, target: str) -> Read:
        """Return the page at a link's URL, tried without the parameters that hold nothing if refused."""
        cleaned = without_nothing(target)
        if not self.cleaning:
            try:
                return self.reader.read(target)
            except Failure as failure:
                if not failure.refused or cleaned == target:
                    raise
            self.cleaning = True
        return self.reader.read(cleaned)

    def look_ahead(self, read: Read) -> None:
        """Begin to fetch what comes next: many pages by their offsets, or the one that the link leads to."""
        tally, ahead = self.tally, self.reader.ahead
        self.wide = self.regular(read)
        lost = self.by_offset or tally.empty >= EMPTY_PAGES or tally.stale >= STALE_PAGES
        target = None if lost or not read.link else self.target(read.link, read)
        if self.wide and tally.total is not None:
            ahead.aim(self.numbered(offset) for offset in range(tally.position, tally.total, tally.size))
        else:
            ahead.aim((target,) if target is not None and not tally.reread else ())

    def regular(self, read: Read) -> bool:
        """Whether the pages that follow can be asked for by offset all at once.

        Each page so far was as long as the first and brought no object again, and the link says the same offset.
        """
        tally = self.tally
        left = (tally.total or 0) - tally.position
        if tally.repeated or tally.reread or (read.opened.count != tally.size and left > 0):
            self.irregular = True
        if self.irregular or self.reader.ahead.most <= 1 or not tally.size:
            return False
        if self.wide:
            return left > 0
        foretold = (
            self.by_offset or not read.link or parameters(read.link).get("offset") == str(tally.position)
        )
        return foretold and left > tally.size
