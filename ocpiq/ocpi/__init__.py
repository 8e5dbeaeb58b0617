"""The OCPI protocol from the pulling side: discovery, credentials, paging.

Bodies of module lists are opened by the gate alone; this package asks it for their status and count.
"""

from __future__ import annotations

from ocpiq.ocpi.address import is_plain_http, origin
from ocpiq.ocpi.connection import Bounds, Connection
from ocpiq.ocpi.discovery import login, module_at
from ocpiq.ocpi.paging import pull
from ocpiq.ocpi.parties import asking, party
from ocpiq.ocpi.redaction import redact, shown_address
from ocpiq.ocpi.retry import Patience

__all__ = [
    "Bounds",
    "Connection",
    "Patience",
    "asking",
    "is_plain_http",
    "login",
    "module_at",
    "origin",
    "party",
    "pull",
    "redact",
    "shown_address",
]
