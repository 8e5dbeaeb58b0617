"""The requests of a login: versions, version details, credentials, and one object of a module."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from ocpiq.errors import Message, Notify, PlatformError, Quotation, RequestEnded, WarningIssued, say
from ocpiq.ocpi.allowed_origins import AllowedOrigins
from ocpiq.ocpi.endpoints import sender_endpoints
from ocpiq.ocpi.http import failures
from ocpiq.ocpi.http.client import HttpClient
from ocpiq.ocpi.http.failures import Failure, Subject
from ocpiq.ocpi.http.headers import request_headers, token_forms
from ocpiq.ocpi.http.prefetch import BackgroundRequest
from ocpiq.ocpi.http.retry import Retrier, RetryPolicy
from ocpiq.ocpi.http.urls import resolve, with_query
from ocpiq.ocpi.responses import (
    BOM,
    SUCCESS,
    Response,
    VersionDetails,
    parse_envelope,
    parse_response,
    platform_parties,
    safe_message,
    version_details,
    version_entries,
)
from ocpiq.ocpi.versions import Located, has_modules, no_common_version, unusable_reason, usable_versions
from ocpiq.schema import VERSIONS, VersionName
from ocpiq.storage import AccessToken, PlatformParty
from ocpiq.storage.login import TokenForm

VERSIONS_URL = say("the versions or version-details URL, as provided by the platform")
SIGNIFICANCE = {404: 2, 405: 2, 401: 1, 403: 1}
"""Which failure to report when both forms of the token fail: a refused address says more than a refused token."""


class Handshake:
    """The requests of one login, and the form of the token that the platform has accepted so far."""

    def __init__(
        self,
        connection: HttpClient,
        token: str,
        form: TokenForm | None,
        retry_policy: RetryPolicy,
        notify: Notify,
        allowed: AllowedOrigins,
    ) -> None:
        self.connection = connection
        self.token = token
        self.form_known = form is not None
        self.form: TokenForm = form or "base64"
        self.retrier = Retrier(retry_policy, self.on_wait)
        self.notify = notify
        self.correlation = str(uuid4())
        self.allowed = allowed
        self.last_url = ""  # the URL of the last request

    def version(self, start: str, wanted: str | None) -> tuple[str, list[Located]]:
        """Return the version to use and its details, each with the URL that it came from.

        A platform may list a version more than once: in 2.1.1 a CPO and an eMSP have one each.
        """
        answer, base = self.ask(start, "versions", self.form)
        single = version_details(answer.data)
        if single is not None:
            chosen = single.version or wanted or ""
            if wanted not in (None, chosen) or chosen not in VERSIONS:
                raise no_common_version([chosen] if chosen else [], wanted, self.subject("versions"))
            return chosen, [(single, base)]
        offered = version_entries(answer.data)
        if not offered:
            raise PlatformError(
                say("{url} does not answer with OCPI versions", url=self.subject("versions").shown(base)),
                hint=VERSIONS_URL,
            )
        return self.first_usable(usable_versions(offered, base, wanted, self.subject("versions")))

    def first_usable(self, versions: list[tuple[str, list[str]]]) -> tuple[str, list[Located]]:
        """Return the first of `versions` that answers with a module to pull, and its details; warns of those before.

        If there is none, returns the first as it is, or raises its Failure.
        """
        first: Failure | tuple[str, list[Located]] | None = None
        problems: list[Message] = []
        for version, urls in versions:
            try:
                located = self.all_details(urls, version)
            except Failure as failure:
                first = first or failure
                reason = unusable_reason(failure)
                problems.append(
                    say(
                        "OCPI {version} cannot be used ({reason})",
                        version=VersionName(version),
                        reason=reason,
                    )
                )
                if failure.rate_limited or self.retrier.over:
                    break
                continue
            if has_modules(located, version):
                for problem in problems:
                    text = say(
                        "{problem}; using OCPI {version}", problem=problem, version=VersionName(version)
                    )
                    self.notify(WarningIssued(text))
                return version, located
            first = first or (version, located)
            problems.append(say("OCPI {version} has no module to pull", version=VersionName(version)))
        if isinstance(first, Failure):
            raise first
        assert first is not None
        return first

    def all_details(self, urls: list[str], version: str) -> list[Located]:
        """Return the details at those `urls` that answer; raise the first failure if none does."""
        answered: list[Located] = []
        first: PlatformError | None = None
        for url in urls:
            try:
                answered.append(self.details(url, version))
            except PlatformError as error:
                first = first or error
                if self.retrier.over:
                    break
        if first is not None and not answered:
            raise first
        return answered

    def details(self, url: str, version: str) -> Located:
        """Return the details of a version and their URL; with 2.1.1 the plain token comes first."""
        answer, base = self.ask(url, "version details", "raw" if version == "2.1.1" else self.form)
        read = version_details(answer.data)
        if read is None:
            raise Failure(
                say(
                    "{url} does not answer with OCPI version details",
                    url=self.subject("versions").shown(base),
                ),
                hint=VERSIONS_URL,
                status=200,
            )
        return read, base

    def endpoints(
        self, places: list[Located]
    ) -> tuple[dict[str, tuple[str, ...]], tuple[PlatformParty, ...]]:
        """Return the URLs of each module, and the platform's parties. Raises PlatformError without consent."""
        by_module: dict[str, tuple[str, ...]] = {}
        credentials = ""
        for listed, place in places:
            credentials = credentials or endpoint_url("credentials", listed, place)
            for module, urls in sender_endpoints(listed.endpoints, place).items():
                by_module[module] = tuple(dict.fromkeys((*by_module.get(module, ()), *urls)))
        others = self.parties(credentials) if self.allowed.has(credentials) else ()
        for url in (url for urls in by_module.values() for url in urls):
            self.allowed.check(url)
        return by_module, others

    def parties(self, url: str) -> tuple[PlatformParty, ...]:
        """Return the platform's parties; many platforms have no readable credentials, which is not an error."""
        try:
            answer, _ = self.ask(url, "credentials", self.form)
        except Failure:
            return ()
        return platform_parties(answer.data)

    def ask(self, url: str, subject: str, preferred: TokenForm) -> tuple[Response, str]:
        """Return a response and its URL; remembers the form of the token that worked."""

        self.allowed.check(url)

        def attempt() -> tuple[Response, str]:
            return self.in_either_form(url, subject, preferred)

        return self.retrier.run(attempt)

    def subject(self, called: str) -> Subject:
        """Return what a request is for."""
        return Subject(called, self.token)

    def on_wait(self, failure: Failure, seconds: float) -> None:
        """Warn that the platform sets the pace."""
        where = self.subject("login").host(self.last_url)
        self.notify(WarningIssued(failures.waiting(where, failure, seconds)))

    def in_either_form(
        self,
        url: str,
        subject: str,
        preferred: TokenForm,
        opens: Callable[[bytes], Response | None] = parse_response,
    ) -> tuple[Response, str]:
        """Return a response to the token in one form or the other.

        Platforms reject the wrong form with 400, 401, 403, 500 or an OCPI status, so after any failure the other
        is tried, unless the platform was not reached or limits the rate.
        """
        first: Failure | None = None
        for form in (self.form,) if self.form_known else token_forms(preferred, self.token):
            try:
                answer = self.once(url, subject, form, opens)
            except Failure as failure:
                if not failure.answered or failure.rate_limited:
                    raise
                if first is None or SIGNIFICANCE.get(failure.status, 0) > SIGNIFICANCE.get(first.status, 0):
                    first = failure
                continue
            self.form = form
            return answer
        assert first is not None
        raise first

    def once(
        self, url: str, called: str, form: TokenForm, opens: Callable[[bytes], Response | None]
    ) -> tuple[Response, str]:
        """Return the response to one request."""
        subject = self.subject(called)
        sent = request_headers(AccessToken(self.token, form), self.correlation)
        self.last_url = url
        request = BackgroundRequest(
            lambda url, stopped: self.connection.get(url, sent, subject, stopped, self.retrier.left), url
        )
        try:
            answer = request.result(self.retrier.left)
        except TimeoutError as error:
            raise failures.timed_out(subject, url) from error
        self.notify(RequestEnded(called, subject.traced(answer.url), answer.status, None, answer.seconds))
        read = opens(answer.body)
        message = safe_message(read.message, self.token) if read is not None else Quotation()
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
        """Request one object of a module and read only the envelope. Raises Failure."""
        one = with_query(url, {"offset": "0", "limit": "1"})

        def attempt() -> tuple[Response, str]:
            return self.in_either_form(one, module, "base64", page_envelope)

        self.retrier.run(attempt)


def page_envelope(body: bytes) -> Response | None:
    """Return the envelope of a page, or None if the page is not JSON."""
    return parse_envelope(body) if body.removeprefix(BOM).lstrip()[:1] in (b"{", b"[") else None


def endpoint_url(identifier: str, details: VersionDetails, base: str) -> str:
    """Return the URL of the endpoint `identifier` in any role, or an empty string."""
    urls = (
        resolve(endpoint.url, base) for endpoint in details.endpoints if endpoint.identifier == identifier
    )
    return next((url for url in urls if url is not None), "")
