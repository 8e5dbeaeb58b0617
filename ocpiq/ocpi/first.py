"""The first page of a pull: from the endpoint that answers, as large as the platform lets it be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ocpiq.ocpi.address import with_query
from ocpiq.ocpi.failures import Failure
from ocpiq.ocpi.pages import Read, Reader

LIMITS = (1000, 500, 250, 125, 62, 31, 15)  # objects a page; the next one where one is refused
MODEST = 62  # of these, what is asked for where a platform fails at more


def first_page(reader: Reader, endpoints: Iterable[str], filters: Mapping[str, str]) -> Read:
    """Return the first page of the first endpoint that answers: 2.1.1 does not name the Sender's. Raises Failure."""
    first: Failure | None = None
    empty: Read | None = None
    for endpoint in endpoints:
        try:
            read = largest_page(reader, endpoint, filters)
        except Failure as failure:
            first = first or failure
            if reader.tries.over:
                break
            continue
        if not read.missing:
            return read
        empty = empty or read
    if empty is not None:
        reader.warn("the platform answers HTTP 404, which is taken for an empty list")
        return empty
    assert first is not None
    raise first


def largest_page(reader: Reader, endpoint: str, filters: Mapping[str, str]) -> Read:
    """Return the first page of an endpoint, with the largest limit that is not refused. Raises Failure."""
    first: Failure | None = None
    for limit in LIMITS:
        overwhelmed = first is not None and first.overwhelmed
        if overwhelmed and limit > MODEST:
            continue
        url = with_query(endpoint, {**filters, "offset": "0", "limit": str(limit)})
        try:
            read = reader.read(url, once=overwhelmed)
        except Failure as failure:
            first = first or failure
            if overwhelmed or not (failure.refused or failure.overwhelmed) or reader.tries.over:
                break
            continue
        if overwhelmed:
            reader.warn(f"the platform fails at large pages; going on with {limit} objects a page")
        return read
    assert first is not None
    raise first
