"""Login: from a URL and a token to the endpoints of a version in common (OCPI: Versions, Credentials)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from msgspec.structs import replace

from ocpiq.errors import (
    Notify,
    SourceError,
    ignore,
    say,
)
from ocpiq.ocpi.allowed_origins import AllowedOrigins, Consent, refuse
from ocpiq.ocpi.endpoints import LISTS
from ocpiq.ocpi.handshake import Handshake
from ocpiq.ocpi.http.client import HttpClient
from ocpiq.ocpi.http.failures import Subject
from ocpiq.ocpi.http.headers import parse_token
from ocpiq.ocpi.http.redaction import redact
from ocpiq.ocpi.http.retry import RetryPolicy
from ocpiq.ocpi.http.urls import clean_url, path
from ocpiq.ocpi.versions import (
    version_at,
)
from ocpiq.schema import platform_modules
from ocpiq.storage import AccessToken, Login, Party, PlatformParty, Tls, logins
from ocpiq.storage.login import TokenForm

INTERACTIVE = RetryPolicy(waits=(1.0, 3.0))
"""For logins: a user is waiting, and a wrong token can look like a server error."""


def login(
    url: str,
    token: str,
    party: Party | None = None,
    *,
    name: str = "",
    version: str | None = None,
    form: TokenForm | None = None,
    tls: Tls | None = None,
    agree: Consent = refuse,
    allow_http: bool = False,
    notify: Notify = ignore,
    retry_policy: RetryPolicy | None = None,
) -> Login:
    """Ask a platform for its version and endpoints; nothing is saved.

    `url` is a versions or a version-details URL, or that of one module, `token` is empty for an open
    feed, `party` is the user's own, `version` the one to use instead of the highest common one, `form` the form
    of the token where it is known. `agree` is asked whether the token may go to another origin that the platform
    names, `allow_http` lets it cross the network unencrypted. Raises PlatformError and UsageError.
    """
    start = clean_url(url)
    secret = parse_token(token) if token else ""
    called = logins.valid_name(name or platform_name(start, secret))
    allowed = AllowedOrigins(start, agree, Subject("login", secret), allow_http=allow_http)
    allowed.check_encryption(start)
    with HttpClient(tls) as connection:
        handshake = Handshake(connection, secret, form, retry_policy or INTERACTIVE, notify, allowed)
        bare = module_at(start)
        if bare is not None:
            handshake.peek(start, bare)
            chosen = version_at(start, version)
            others: tuple[PlatformParty, ...] = ()
            endpoints: dict[str, tuple[str, ...]] = {bare: (start,)}
        else:
            chosen, places = handshake.version(start, version)
            endpoints, others = handshake.endpoints(places)
        return Login(
            name=called,
            url=start,
            token=AccessToken(handshake.token, handshake.form),
            version=chosen,
            endpoints=endpoints,
            own=party,
            parties=tuple(entry for entry in others if entry.party != party),
            saved=datetime.now(UTC).isoformat(),
            tls=tls,
            allow_http=allow_http,
            shown=redact(start, secret, cut=False),
        )


def confirm(stored: Login, *, agree: Consent = refuse, notify: Notify = ignore) -> Login:
    """Return a login that another program has stored, with the form of the token that the platform accepts.

    Requests one object of a module to find out. `agree` is asked about every origin but that of `stored.url`. Raises
    PlatformError and UsageError.
    """
    token = stored.token.value
    allowed = AllowedOrigins(stored.url, agree, Subject("login", token), allow_http=stored.allow_http)
    urls = {
        name: stored.endpoints[name] for name in platform_modules(stored.version) if name in stored.endpoints
    }
    if not urls:
        raise SourceError(say("the session has no module to pull"), hint=say("log in with the versions URL"))
    for url in (url for of_module in urls.values() for url in of_module):
        allowed.check_encryption(url)
        allowed.check(url)
    with HttpClient(stored.tls) as connection:
        handshake = Handshake(connection, token, None, INTERACTIVE, notify, allowed)
        module, (first, *_) = next(iter(urls.items()))
        handshake.peek(first, module)
    return replace(
        stored,
        token=AccessToken(token, handshake.form),
        endpoints=urls,
        saved=datetime.now(UTC).isoformat(),
        shown=redact(stored.url, token, cut=False),
    )


def module_at(url: str) -> str | None:
    """Return the module that a URL lists, from the last part of its path."""
    last = path(url).rsplit("/", 1)[-1].casefold()
    return next(iter(LISTS.get(last, {})), last if last in platform_modules() else None)


def platform_name(url: str, token: str) -> str:
    """Return a name for the platform at `url`: its host, without the token."""
    called = redact(urlsplit(url).hostname or "", token, cut=False)
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", called).strip("-._")
    if not plain:
        raise SourceError(say("the platform needs a name"), hint=say("use --name NAME"))
    return plain[:64]
