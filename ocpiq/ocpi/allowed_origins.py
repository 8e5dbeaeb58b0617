"""Which origins may receive the token of a login."""

from __future__ import annotations

from collections.abc import Callable

from ocpiq.errors import PlatformError, SourceError, say
from ocpiq.ocpi.http.address import Origin
from ocpiq.ocpi.http.failures import Subject
from ocpiq.ocpi.http.urls import is_plain_http, origin

Consent = Callable[[str], bool]


def refuse(origin: str) -> bool:
    """Consent to no other origin."""
    return False


class AllowedOrigins:
    """The origins that may receive the token: the one that the user entered, and those with consent.

    It is sent to another machine over plain http only with `allow_http`.
    """

    def __init__(self, start: str, agree: Consent, subject: Subject, *, allow_http: bool) -> None:
        self.agree = agree
        self.subject = subject
        self.allow_http = allow_http
        self.origins = {origin(start)}

    def is_open(self, url: str) -> bool:
        """Whether the token would be sent over plain http without permission."""
        return bool(self.subject.token) and not self.allow_http and is_plain_http(url)

    def check_encryption(self, url: str) -> None:
        """Raise SourceError if the token would be sent over plain http without permission."""
        if self.is_open(url):
            raise SourceError(
                say("the token would be sent to {host} unencrypted", host=self.subject.host(url)),
                hint=say("use https, or --allow-http to accept that"),
            )

    def has(self, url: str) -> bool:
        """Whether the token may be sent to a URL."""
        return origin(url) in self.origins

    def check(self, url: str) -> None:
        """Raise PlatformError if the token may not be sent to a URL and the user does not consent."""
        target = origin(url)
        if target in self.origins:
            return
        shown = self.subject.shown(url)
        if self.is_open(url):
            raise PlatformError(
                say(
                    "the platform's {url} is at an address where the token would be sent unencrypted",
                    url=shown,
                ),
                hint=say("tell the platform, or --allow-http to accept that"),
            )
        if not self.agree(target):
            raise PlatformError(
                say(
                    "the platform's {url} is on another host; the token is not sent there without your consent",
                    url=shown,
                ),
                hint=say(
                    "if that is correct: --allow-origin {origin}", origin=Origin(url, self.subject.token)
                ),
            )
        self.origins.add(target)
