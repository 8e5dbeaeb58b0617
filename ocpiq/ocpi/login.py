"""Login: from a URL and a token to the endpoints of a version in common (OCPI: Versions, Credentials)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

from ocpiq.errors import Notify, PlatformError, RequestEnded, UsageError, WarningIssued, ignore
from ocpiq.ocpi.endpoints import LISTS, sender_endpoints
from ocpiq.ocpi.http import failures
from ocpiq.ocpi.http.client import Connection
from ocpiq.ocpi.http.failures import Failure, Subject
from ocpiq.ocpi.http.headers import forms, headers, token_text
from ocpiq.ocpi.http.prefetch import BackgroundRequest
from ocpiq.ocpi.http.redaction import redact
from ocpiq.ocpi.http.retry import Patience, Tries
from ocpiq.ocpi.http.urls import cleaned, is_plain_http, origin, path, resolved, with_query
from ocpiq.ocpi.responses import (
    BOM,
    SUCCESS,
    Details,
    Offer,
    Small,
    details,
    head,
    offers,
    parties,
    said,
    small,
)
from ocpiq.schema import DEFAULT_VERSION, VERSIONS, modules
from ocpiq.storage import AccessToken, Login, Party, PlatformParty, Tls, logins
from ocpiq.storage.logins import TokenForm

SHORT = Patience(waits=(1.0, 3.0))
"""Someone is waiting for the answer, and a wrong token can look like a failure."""
Agree = Callable[[str], bool]
VERSIONS_URL = "the versions or version-details URL, as the platform gave it"


def refuse(origin: str) -> bool:
    """Agree to no other origin."""
    return False


def login(
    url: str,
    token: str,
    party: Party | None = None,
    *,
    name: str = "",
    version: str | None = None,
    form: TokenForm | None = None,
    tls: Tls | None = None,
    agree: Agree = refuse,
    allow_http: bool = False,
    notify: Notify = ignore,
    patience: Patience | None = None,
) -> Login:
    """Find out what a platform offers; the answer is not saved.

    `url` is a versions or a version-details URL, or that of one module, `token` is empty where all is open to
    everyone, `party` is the user's own, `version` one to take instead of the highest common one, `form` the form
    of the token where it is known. `agree` is asked whether the token may go to another origin that the platform
    names, `allow_http` lets it cross the network unencrypted. Raises PlatformError and UsageError.
    """
    start = cleaned(url)
    secret = token_text(token) if token else ""
    called = logins.valid_name(name or name_for(start, secret))
    agreed = Agreed(start, agree, Subject("login", secret), allow_http=allow_http)
    if agreed.is_open(start):
        raise UsageError(
            f"the token would go to {agreed.subject.host(start)} unencrypted, readable on the way",
            hint="use https, or --allow-http if that is acceptable",
        )
    with Connection(tls) as connection:
        inquiry = Inquiry(connection, secret, form, patience or SHORT, notify, agreed)
        bare = module_at(start)
        if bare is not None:
            inquiry.peek(start, bare)
            chosen = version_at(start, version)
            theirs: tuple[PlatformParty, ...] = ()
            endpoints: dict[str, tuple[str, ...]] = {bare: (start,)}
        else:
            chosen, places = inquiry.version(start, version)
            endpoints, theirs = inquiry.endpoints(places)
        return Login(
            name=called,
            url=start,
            token=AccessToken(inquiry.token, inquiry.form),
            version=chosen,
            endpoints=endpoints,
            own=party,
            parties=tuple(known for known in theirs if known.party != party),
            saved=datetime.now(UTC).isoformat(),
            tls=tls,
            allow_http=allow_http,
            shown=redact(start, secret, cut=False),
        )


BLAME = {404: 2, 405: 2, 401: 1, 403: 1}
"""How much an HTTP status tells, of two forms of a token: one whose address is refused was not refused itself."""


class Agreed:
    """The origins that the token may go to: the one that the user gave, and those agreed to.

    To another machine it goes over plain http only with `allow_http`.
    """

    def __init__(self, start: str, agree: Agree, subject: Subject, *, allow_http: bool) -> None:
        self.agree = agree
        self.subject = subject
        self.allow_http = allow_http
        self.origins = {origin(start)}

    def is_open(self, url: str) -> bool:
        """Whether the token would go over plain http although nobody has allowed it."""
        return bool(self.subject.token) and not self.allow_http and is_plain_http(url)

    def has(self, url: str) -> bool:
        """Whether the token may go to a URL."""
        return origin(url) in self.origins

    def check(self, url: str) -> None:
        """Raise PlatformError where the token may not go to a URL, and nobody agrees to it."""
        there = origin(url)
        if there in self.origins:
            return
        shown = self.subject.shown(url)
        if self.is_open(url):
            raise PlatformError(
                f"the platform keeps {shown} where the token would go unencrypted, readable on the way",
                hint="tell the platform, or --allow-http if that is acceptable",
            )
        if not self.agree(there):
            raise PlatformError(
                f"the platform keeps {shown} elsewhere, where the token does not go without your consent",
                hint=f"if that is right: --allow-origin {redact(there, self.subject.token, cut=False)}",
            )
        self.origins.add(there)


class Inquiry:
    """The questions of one login, and the form of the token that the platform has taken so far."""

    def __init__(
        self,
        connection: Connection,
        token: str,
        form: TokenForm | None,
        patience: Patience,
        notify: Notify,
        agreed: Agreed,
    ) -> None:
        self.connection = connection
        self.token = token
        self.fixed = form is not None
        self.form: TokenForm = form or "base64"
        self.tries = Tries(patience, self.told_to_wait)
        self.notify = notify
        self.correlation = str(uuid4())
        self.agreed = agreed
        self.asked = ""  # the URL of the last request

    def version(self, start: str, wanted: str | None) -> tuple[str, list[tuple[Details, str]]]:
        """Return the version to use and its details, each with the URL that it came from.

        A platform may list a version more than once: in 2.1.1 a CPO and an eMSP have one each.
        """
        answer, base = self.ask(start, "versions", self.form)
        found = details(answer.data)
        if found is not None:
            chosen = found.version or wanted or ""
            if wanted not in (None, chosen) or chosen not in VERSIONS:
                raise no_version([chosen] if chosen else [], wanted, self.subject("versions"))
            return chosen, [(found, base)]
        offered = offers(answer.data)
        if not offered:
            raise PlatformError(
                f"{self.subject('versions').shown(base)} answers, but not with OCPI versions",
                hint=VERSIONS_URL,
            )
        chosen, urls = choice(offered, base, wanted, self.subject("versions"))
        return chosen, self.all_details(urls, chosen)

    def all_details(self, urls: list[str], version: str) -> list[tuple[Details, str]]:
        """Return the details behind those of `urls` that answer; raises the first failure where none does."""
        found: list[tuple[Details, str]] = []
        first: PlatformError | None = None
        for url in urls:
            try:
                found.append(self.details(url, version))
            except PlatformError as error:
                first = first or error
                if self.tries.over:
                    break
        if first is not None and not found:
            raise first
        return found

    def details(self, url: str, version: str) -> tuple[Details, str]:
        """Return the details of a version and their URL; with 2.1.1 the plain token comes first."""
        answer, base = self.ask(url, "version details", "raw" if version == "2.1.1" else self.form)
        found = details(answer.data)
        if found is None:
            raise PlatformError(
                f"{self.subject('versions').shown(base)} answers, but not with version details",
                hint=VERSIONS_URL,
            )
        return found, base

    def endpoints(
        self, places: list[tuple[Details, str]]
    ) -> tuple[dict[str, tuple[str, ...]], tuple[PlatformParty, ...]]:
        """Return where each module is, and the platform's parties. Raises where no consent is given to a place."""
        found: dict[str, tuple[str, ...]] = {}
        credentials = ""
        for listed, place in places:
            credentials = credentials or address_of("credentials", listed, place)
            for module, urls in sender_endpoints(listed.endpoints, place).items():
                found[module] = tuple(dict.fromkeys((*found.get(module, ()), *urls)))
        theirs = self.parties(credentials) if self.agreed.has(credentials) else ()
        for url in (url for urls in found.values() for url in urls):
            self.agreed.check(url)
        return found, theirs

    def parties(self, url: str) -> tuple[PlatformParty, ...]:
        """Return the platform's parties; many platforms have no credentials to read, which is not an error."""
        try:
            answer, _ = self.ask(url, "credentials", self.form)
        except Failure:
            return ()
        return parties(answer.data)

    def ask(self, url: str, subject: str, preferred: TokenForm) -> tuple[Small, str]:
        """Return an answer and the URL that it came from; the form of the token that worked is kept."""

        self.agreed.check(url)

        def attempt() -> tuple[Small, str]:
            return self.in_either_form(url, subject, preferred)

        return self.tries.patiently(attempt)

    def subject(self, called: str) -> Subject:
        """Return what a request is for."""
        return Subject(called, self.token)

    def told_to_wait(self) -> None:
        """Say that the platform sets the pace."""
        where = self.subject("login").host(self.asked)
        self.notify(WarningIssued(f"{where} asks to wait; waiting"))

    def in_either_form(
        self, url: str, subject: str, preferred: TokenForm, opens: Callable[[bytes], Small | None] = small
    ) -> tuple[Small, str]:
        """Return an answer to a token in one form or the other.

        Platforms meet the wrong form with 400, 401, 403, 500 or an OCPI status, so any failure is reason to
        try the other, except that the platform was not reached or has had enough of requests.
        """
        first: Failure | None = None
        for form in (self.form,) if self.fixed else forms(preferred, self.token):
            try:
                answer = self.once(url, subject, form, opens)
            except Failure as failure:
                if not failure.reached or failure.crowded:
                    raise
                if first is None or BLAME.get(failure.status, 0) > BLAME.get(first.status, 0):
                    first = failure
                continue
            self.form = form
            return answer
        assert first is not None
        raise first

    def once(
        self, url: str, called: str, form: TokenForm, opens: Callable[[bytes], Small | None]
    ) -> tuple[Small, str]:
        """Return the answer to one request."""
        subject = self.subject(called)
        sent = headers(AccessToken(self.token, form), self.correlation)
        self.asked = url
        request = BackgroundRequest(
            lambda url, stopped: self.connection.get(url, sent, subject, stopped, self.tries.left), url
        )
        try:
            answer = request.result(self.tries.left)
        except TimeoutError as error:
            raise failures.late(subject, url) from error
        self.notify(RequestEnded(called, subject.traced(answer.url), answer.status, None, answer.seconds))
        read = opens(answer.body)
        message = said(read.message, self.token) if read is not None else ""
        if not answer.success:
            failure = failures.of_status(subject, answer.url, answer.status, message, login=True)
            failure.wait = answer.retry_after
            raise failure
        if read is None:
            raise failures.of_body(subject, answer.url, answer.body, login=True)
        if read.code is not None and read.code not in SUCCESS:
            raise failures.of_code(subject, answer.url, answer.status, read.code, message)
        return read, answer.url

    def peek(self, url: str, module: str) -> None:
        """Ask for one object of a module, of which nothing but the envelope is read. Raises Failure."""
        one = with_query(url, {"offset": "0", "limit": "1"})

        def attempt() -> tuple[Small, str]:
            return self.in_either_form(one, module, "base64", enveloped)

        self.tries.patiently(attempt)


def enveloped(body: bytes) -> Small | None:
    """Return what the envelope of a page says, or None if the page is not JSON."""
    return head(body) if body.removeprefix(BOM).lstrip()[:1] in (b"{", b"[") else None


def module_at(url: str) -> str | None:
    """Return the module whose list a URL is, by the last part of its path."""
    last = path(url).rsplit("/", 1)[-1].casefold()
    return next(iter(LISTS.get(last, {})), last if last in modules() else None)


def version_at(url: str, wanted: str | None) -> str:
    """Return the version of the module at a URL: the one that was asked for, else the one in its path."""
    if wanted not in (None, *VERSIONS):
        raise no_version([], wanted, Subject("versions"))
    there = [part.removeprefix("v") for part in path(url).split("/")]
    return wanted or next((part for part in there if part in VERSIONS), DEFAULT_VERSION)


def choice(
    offered: tuple[Offer, ...], base: str, wanted: str | None, subject: Subject
) -> tuple[str, list[str]]:
    """Return the version to use and the URLs of its details. Raises PlatformError where there is none."""
    there = [offer.version for offer in offered]
    common = [version for version in reversed(VERSIONS) if version in there]
    if not common or wanted not in (None, *common):
        raise no_version(there, wanted, subject)
    chosen = wanted or common[0]
    urls = [resolved(offer.url, base) for offer in offered if offer.version == chosen]
    found = [url for url in dict.fromkeys(urls) if url is not None]
    if not found:
        raise PlatformError(f"the platform gives no URL for the details of OCPI {chosen}")
    return chosen, found


def no_version(there: list[str], wanted: str | None, subject: Subject) -> PlatformError:
    """Return the error for a version that one of the two does not have."""
    safe = (redact(version, subject.token, cut=False) for version in there[:20])
    listed = ", ".join(ascii(version)[1:-1][:20] for version in safe) or "none that it names"
    if wanted is not None and wanted not in VERSIONS:
        return PlatformError(
            f"OCPI {ascii(wanted)[1:-1]} is not known", hint=f"known are {', '.join(VERSIONS)}"
        )
    what = (
        f"the platform does not offer OCPI {wanted}" if wanted else "no version in common with the platform"
    )
    return PlatformError(what, hint=f"it has {listed}; ocpiq knows {', '.join(VERSIONS)}")


def address_of(identifier: str, found: Details, base: str) -> str:
    """Return the URL of the endpoint called `identifier`, whatever its role, or nothing."""
    urls = (resolved(endpoint.url, base) for endpoint in found.endpoints if endpoint.identifier == identifier)
    return next((url for url in urls if url is not None), "")


def name_for(url: str, token: str) -> str:
    """Return a name for the platform at `url`: its host, without the token."""
    called = redact(urlsplit(url).hostname or "", token, cut=False)
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", called).strip("-._")
    if not plain:
        raise UsageError("the platform needs a name", hint="--name NAME")
    return plain[:64]
