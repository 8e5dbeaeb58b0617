"""Login: from a URL and a token to the endpoints of a version in common (OCPI: Versions, Credentials)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

from ocpiq.errors import Notify, PlatformError, UsageError, Warned, ignore
from ocpiq.ocpi import failures
from ocpiq.ocpi.address import cleaned, host, resolved, same_origin, shown
from ocpiq.ocpi.connection import Connection
from ocpiq.ocpi.envelope import SUCCESS, Details, Offer, Small, details, offers, parties, said, small
from ocpiq.ocpi.failures import Failure
from ocpiq.ocpi.headers import forms, headers, token_text
from ocpiq.ocpi.modules import sender_endpoints
from ocpiq.ocpi.retry import Patience, patiently
from ocpiq.schema import VERSIONS
from ocpiq.storage import Login, Party, PlatformParty, Token, logins
from ocpiq.storage.logins import TokenForm

SHORT = Patience(
    waits=(1.0, 3.0)
)  # someone is waiting for the answer, and a wrong token can look like a failure
VERSIONS_URL = "the versions or version-details URL, as the platform gave it"


def login(
    url: str,
    token: str,
    party: Party | None = None,
    *,
    name: str = "",
    version: str | None = None,
    form: TokenForm | None = None,
    notify: Notify = ignore,
    patience: Patience | None = None,
) -> Login:
    """Find out what a platform offers; the answer is not saved.

    `url` is a versions or a version-details URL, `party` the user's own, `version` one to take instead of the
    highest common one, `form` the form of the token where it is known. Raises PlatformError and UsageError.
    """
    start = cleaned(url)
    called = logins.checked(name or name_for(start))
    with Connection() as connection:
        inquiry = Inquiry(connection, token_text(token), form, patience or SHORT, notify)
        chosen, places = inquiry.version(start, version)
        endpoints: dict[str, tuple[str, ...]] = {}
        credentials = ""
        for found, place in places:
            credentials = credentials or address_of("credentials", found, place)
            for module, urls in sender_endpoints(found.endpoints, place).items():
                endpoints[module] = tuple(dict.fromkeys((*endpoints.get(module, ()), *urls)))
        theirs = inquiry.parties(credentials) if credentials else ()
        inquiry.strangers(endpoints, start)
        return Login(
            name=called,
            url=start,
            token=Token(inquiry.token, inquiry.form),
            version=chosen,
            endpoints=endpoints,
            own=party,
            parties=tuple(known for known in theirs if known.party != party),
            saved=datetime.now(UTC).isoformat(),
        )


class Inquiry:
    """The questions of one login, and the form of the token that the platform has taken so far."""

    def __init__(
        self,
        connection: Connection,
        token: str,
        form: TokenForm | None,
        patience: Patience,
        notify: Notify,
    ) -> None:
        self.connection = connection
        self.token = token
        self.fixed = form is not None
        self.form: TokenForm = form or "base64"
        self.patience = patience
        self.notify = notify
        self.correlation = str(uuid4())

    def version(self, start: str, wanted: str | None) -> tuple[str, list[tuple[Details, str]]]:
        """Return the version to use and its details, each with the URL that it came from.

        A platform may list a version more than once: in 2.1.1 a CPO and an eMSP have one each.
        """
        answer, base = self.ask(start, "versions", self.form)
        found = details(answer.data)
        if found is not None:
            chosen = found.version or wanted or ""
            if wanted not in (None, chosen) or chosen not in VERSIONS:
                raise no_version([chosen] if chosen else [], wanted)
            return chosen, [(found, base)]
        offered = offers(answer.data)
        if not offered:
            raise PlatformError(f"{shown(base)} answers, but not with OCPI versions", hint=VERSIONS_URL)
        chosen, urls = choice(offered, base, wanted)
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
        if first is not None and not found:
            raise first
        return found

    def details(self, url: str, version: str) -> tuple[Details, str]:
        """Return the details of a version and their URL; with 2.1.1 the plain token comes first."""
        answer, base = self.ask(url, "version details", "raw" if version == "2.1.1" else self.form)
        found = details(answer.data)
        if found is None:
            raise PlatformError(f"{shown(base)} answers, but not with version details", hint=VERSIONS_URL)
        return found, base

    def parties(self, url: str) -> tuple[PlatformParty, ...]:
        """Return the platform's parties; many platforms have no credentials to read, which is no error."""
        try:
            answer, _ = self.ask(url, "credentials", self.form)
        except Failure:
            return ()
        return parties(answer.data)

    def ask(self, url: str, subject: str, preferred: TokenForm) -> tuple[Small, str]:
        """Return an answer and the URL that it came from; the form of the token that worked is kept."""

        def attempt() -> tuple[Small, str]:
            return self.in_either_form(url, subject, preferred)

        return patiently(attempt, self.patience, lambda: self.notify(Warned(waiting(url))))

    def in_either_form(self, url: str, subject: str, preferred: TokenForm) -> tuple[Small, str]:
        """Return an answer to a token in one form or the other.

        Platforms meet the wrong form with 400, 401, 403, 500 or an OCPI status, so any failure is reason to
        try the other, except that the platform was not reached or has had enough of requests.
        """
        first: Failure | None = None
        for form in (self.form,) if self.fixed else forms(preferred, self.token):
            try:
                answer = self.once(url, subject, form)
            except Failure as failure:
                if not failure.reached or failure.status == 429:
                    raise
                if first is None or failure.status in (401, 403):
                    first = failure
                continue
            self.form = form
            return answer
        assert first is not None
        raise first

    def once(self, url: str, subject: str, form: TokenForm) -> tuple[Small, str]:
        """Return the answer to one request."""
        sent = headers(Token(self.token, form), self.correlation)
        answer = self.connection.get(url, sent, subject)
        read = small(answer.body)
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

    def strangers(self, endpoints: dict[str, tuple[str, ...]], start: str) -> None:
        """Say which hosts besides the one of the URL will get the token, because the platform names them."""
        urls = {url for listed in endpoints.values() for url in listed if not same_origin(url, start)}
        if urls:
            self.notify(
                Warned(f"the platform keeps its modules at {', '.join(sorted({host(url) for url in urls}))}")
            )


def choice(offered: tuple[Offer, ...], base: str, wanted: str | None) -> tuple[str, list[str]]:
    """Return the version to use and the URLs of its details. Raises PlatformError where there is none."""
    there = [offer.version for offer in offered]
    common = [version for version in reversed(VERSIONS) if version in there]
    if not common or wanted not in (None, *common):
        raise no_version(there, wanted)
    chosen = wanted or common[0]
    urls = [resolved(offer.url, base) for offer in offered if offer.version == chosen]
    found = [url for url in dict.fromkeys(urls) if url is not None]
    if not found:
        raise PlatformError(f"the platform gives no URL for the details of OCPI {chosen}")
    return chosen, found


def no_version(there: list[str], wanted: str | None) -> PlatformError:
    """Return the error for a version that one of the two does not have."""
    listed = ", ".join(ascii(version)[1:-1][:20] for version in there[:20]) or "none that it names"
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


def name_for(url: str) -> str:
    """Return a name for the platform at `url`: its host."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", urlsplit(url).hostname or "").strip("-._")
    if not plain:
        raise UsageError("the platform needs a name", hint="--name NAME")
    return plain[:64]


def waiting(url: str) -> str:
    """Return what is said before a wait that the platform asked for."""
    return f"{host(url)} asks to wait; waiting"
