"""The first page of a pull: from the endpoint that has objects, as large as the platform allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from ocpiq.ocpi.http.failures import Failure
from ocpiq.ocpi.http.urls import toggle_slash, with_query
from ocpiq.ocpi.pull.page import FetchedPage, PageReader

LIMITS = (1000, 500, 250, 125, 62, 31, 15, None)
"""Page sizes to request, each after the one before is refused; the last sends no limit."""
NOT_FOUND = 404  # HTTP status
MODEST = 62  # of these, the largest to try when larger pages fail


def first_page(reader: PageReader, endpoints: Iterable[str], filters: Mapping[str, str]) -> FetchedPage:
    """Return the first page of the first endpoint that has objects: 2.1.1 does not name the Sender's.

    Raises Failure.
    """
    first: Failure | None = None
    empty: FetchedPage | None = None
    for endpoint in endpoints:
        try:
            page = page_with_either_slash(reader, endpoint, filters)
        except Failure as failure:
            first = first or failure
            if reader.retrier.over:
                break
            continue
        if page.opened.count:
            return page
        empty = page if empty is None or empty.missing else empty
    if empty is not None:
        if empty.missing:
            reader.warn("the platform answers HTTP 404; treated as an empty list")
        return empty
    assert first is not None
    raise first


def page_with_either_slash(reader: PageReader, endpoint: str, filters: Mapping[str, str]) -> FetchedPage:
    """Return the first page of an endpoint, with or without a trailing slash. Raises Failure."""
    try:
        return largest_page(reader, endpoint, filters)
    except Failure as failure:
        if failure.status != NOT_FOUND:
            raise
        with suppress(Failure):
            return largest_page(reader, toggle_slash(endpoint), filters)
        raise


def largest_page(reader: PageReader, endpoint: str, filters: Mapping[str, str]) -> FetchedPage:
    """Return the first page of an endpoint, with the largest limit that is not refused. Raises Failure."""
    first: Failure | None = None
    for limit in LIMITS:
        overwhelmed = first is not None and first.overwhelmed
        if overwhelmed and (limit is None or limit > MODEST):
            continue
        place = {} if limit is None else {"offset": "0", "limit": str(limit)}
        url = with_query(endpoint, {**filters, **place})
        try:
            page = reader.read(url, once=overwhelmed)
        except Failure as failure:
            first = first or failure
            if overwhelmed or not (failure.refused or failure.overwhelmed) or reader.retrier.over:
                break
            continue
        if overwhelmed:
            reader.warn(f"the platform fails on large pages; continuing with {limit} objects per page")
        return page
    assert first is not None
    raise first
