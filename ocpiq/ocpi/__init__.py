"""The OCPI protocol from the pulling side: discovery, credentials, paging.

Bodies of module lists are opened by the gate alone; this package asks it for their status and count.
"""

from __future__ import annotations

from ocpiq.ocpi.http.address import Origin
from ocpiq.ocpi.http.client import Bounds, HttpClient
from ocpiq.ocpi.http.redaction import redact, shown_address
from ocpiq.ocpi.http.retry import RetryPolicy
from ocpiq.ocpi.http.urls import clean_url, is_plain_http, origin
from ocpiq.ocpi.login import confirm, login, module_at, platform_name
from ocpiq.ocpi.pull.pull import pull
from ocpiq.ocpi.routing import asked_party, for_party, parse_party

__all__ = [
    "Bounds",
    "HttpClient",
    "Origin",
    "RetryPolicy",
    "asked_party",
    "clean_url",
    "confirm",
    "for_party",
    "is_plain_http",
    "login",
    "module_at",
    "origin",
    "parse_party",
    "platform_name",
    "pull",
    "redact",
    "shown_address",
]
