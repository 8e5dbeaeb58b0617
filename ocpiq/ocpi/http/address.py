"""Addresses as parts of messages: what may be shown of a URL, without the token."""

from __future__ import annotations

from typing import Self

from ocpiq.errors import MessagePart
from ocpiq.ocpi.http.redaction import redact
from ocpiq.ocpi.http.urls import host, origin, path_and_paging, without_query

LONGEST = 200  # characters of an address that are shown


class Address(MessagePart):
    """Scheme, host and path of a URL; a query string may be private."""

    __slots__ = ()

    def __new__(cls, url: str, token: str) -> Self:
        """Return what may be shown of a URL."""
        return super().__new__(cls, redact(without_query(url), token, cut=False)[:LONGEST])


class Host(MessagePart):
    """Host and port of a URL."""

    __slots__ = ()

    def __new__(cls, url: str, token: str) -> Self:
        """Return what may be shown of a URL."""
        return super().__new__(cls, redact(host(url), token, cut=False)[:LONGEST])


class Origin(MessagePart):
    """Scheme, host and port of a URL, as an option takes it."""

    __slots__ = ()

    def __new__(cls, url: str, token: str) -> Self:
        """Return what may be shown of a URL."""
        return super().__new__(cls, redact(origin(url), token, cut=False))


class RequestPath(MessagePart):
    """The path of a URL and its paging; other parameters may be private."""

    __slots__ = ()

    def __new__(cls, url: str, token: str) -> Self:
        """Return what may be shown of a URL."""
        return super().__new__(cls, redact(path_and_paging(url), token, cut=False)[:LONGEST])
