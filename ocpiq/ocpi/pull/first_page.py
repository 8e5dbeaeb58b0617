"""The first page of a pull: from the endpoint that has objects, as large as the platform allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from ocpiq.errors import say
from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.urls import toggle_slash, with_query
from ocpiq.ocpi.pull.date_filters import Filters
from ocpiq.ocpi.pull.page import FetchedPage, PageReader

MODEST = 62  # the largest page to request when larger ones fail
LIMITS = (1000, 500, 250, 125, MODEST, 31, 15, None)
"""Page sizes to request, each after the one before is refused; the last sends no limit."""
FEW_LIMITS = (1000, None)
"""Those to request with another form of the dates."""
NOT_FOUND = 404  # HTTP status
OTHER_DATES = say("the platform does not accept dates as OCPI writes them; continuing with another form")

FirstPage = tuple[FetchedPage, Filters]
"""A page, and the dates that it was requested with."""


def first_page(reader: PageReader, endpoints: Iterable[str], forms: Sequence[Filters]) -> FirstPage:
    """Return the first page of the first endpoint that has objects: 2.1.1 does not name the Sender's.

    `forms` are the dates to send, in the forms to try. Raises Failure.
    """
    first: Failure | None = None
    empty: FirstPage | None = None
    for endpoint in endpoints:
        try:
            page, filters = page_with_either_slash(reader, endpoint, forms)
        except Failure as failure:
            first = first or failure
            if reader.retrier.over:
                break
            continue
        if page.opened.count:
            return page, filters
        empty = (page, filters) if empty is None or empty[0].empty_status else empty
    if empty is not None:
        if empty[0].empty_status:
            reader.warn(
                say(
                    "the platform answers HTTP {status} without a list; treated as an empty list",
                    status=empty[0].empty_status,
                )
            )
        return empty
    assert first is not None
    raise first


def page_with_either_slash(reader: PageReader, endpoint: str, forms: Sequence[Filters]) -> FirstPage:
    """Return the first page of an endpoint, with or without a trailing slash. Raises Failure."""
    try:
        return page_with_dates(reader, endpoint, forms)
    except Failure as failure:
        if failure.status != NOT_FOUND:
            raise
        with suppress(Failure):
            return page_with_dates(reader, toggle_slash(endpoint), forms)
        raise


def page_with_dates(reader: PageReader, endpoint: str, forms: Sequence[Filters]) -> FirstPage:
    """Return the first page of an endpoint, with the first form of the dates that is accepted. Raises Failure."""
    first, *others = forms
    try:
        return largest_page(reader, endpoint, first, LIMITS), first
    except Failure as failure:
        limits = FEW_LIMITS if failure.refused else (MODEST,) if failure.overwhelmed else ()
        page = page_with_other_dates(reader, endpoint, others, limits) if limits else None
        if page is None:
            raise
        reader.warn(OTHER_DATES)
        return page


def page_with_other_dates(
    reader: PageReader, endpoint: str, forms: Sequence[Filters], limits: Sequence[int | None]
) -> FirstPage | None:
    """Return the first page of an endpoint with another form of the dates, or None if each is refused."""
    for filters in forms:
        if reader.retrier.over:
            break
        with suppress(Failure):
            return largest_page(reader, endpoint, filters, limits, once=True), filters
    return None


def largest_page(
    reader: PageReader,
    endpoint: str,
    filters: Filters,
    limits: Sequence[int | None],
    *,
    once: bool = False,
) -> FetchedPage:
    """Return the first page of an endpoint, with the largest limit that is not refused. Raises Failure."""
    first: Failure | None = None
    for limit in limits:
        overwhelmed = first is not None and first.overwhelmed
        if overwhelmed and (limit is None or limit > MODEST):
            continue
        place = {} if limit is None else {"offset": "0", "limit": str(limit)}
        url = with_query(endpoint, {**filters, **place})
        try:
            page = reader.read(url, once=once or overwhelmed)
        except Failure as failure:
            first = first or failure
            if overwhelmed or not (failure.refused or failure.overwhelmed) or reader.retrier.over:
                break
            continue
        if overwhelmed:
            assert limit is not None
            reader.warn(
                say("the platform fails on large pages; continuing with {size} objects per page", size=limit)
            )
        return page
    assert first is not None
    raise first
