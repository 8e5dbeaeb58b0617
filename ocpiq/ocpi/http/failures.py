"""The failures of a platform: a one-line message, a fix, and whether a retry makes sense."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from msgspec import Struct

from ocpiq.errors import PlatformError
from ocpiq.gate import TwoListsError
from ocpiq.ocpi.http.redaction import redact
from ocpiq.ocpi.http.urls import host, path_and_paging, proxy_for, without_query

TOO_MANY = 429  # HTTP status
TRANSIENT_STATUS = (
    408,
    425,
    TOO_MANY,
    500,
    502,
    503,
    504,
    *range(520, 528),
)  # from 520 on they are a gateway's
TRANSIENT_CODES = (3000, 4002, 4003)
OVERWHELMED_CODES = (3000, 4002)
REFUSED_STATUS = (400, 422)
REFUSED_CODES = (2000, 2001, 2002)
TRANSIENT_RETRIES = 3  # retries after a transient failure
LONGEST = 200  # characters of an address that are shown
TIMEOUT_RETRIES = 1  # retries after a timeout, which has already taken long

LOGIN_AGAIN = "log in again: the token may have been renewed, or be one for registration (token A)"
ASK = "--verbose shows the request; ask the platform what is wrong with it"
LATER = "try again later; if it lasts, tell the platform"
VERSIONS_URL = "use the versions or version-details URL of the platform"
MEANINGS = {
    2000: "client error",
    2001: "invalid or missing parameters",
    2002: "not enough information",
    2003: "unknown location",
    2004: "unknown token",
    3000: "server error",
    3001: "the platform cannot use the client's API",
    3002: "unsupported version",
    3003: "no matching endpoints",
    4000: "hub error",
    4001: "the hub does not know the receiver",
    4002: "the hub's request timed out",
    4003: "the hub cannot connect",
}
CODE_HINTS = {
    2004: LOGIN_AGAIN,
    4001: "log in again with the party that the platform knows you by, or --to-party XX-YYY, or --to-party none",
}
STATUS = {
    400: ("does not accept the request", ASK),
    401: ("refuses the token", LOGIN_AGAIN),
    403: ("refuses the token", LOGIN_AGAIN),
    404: ("has nothing at this address", "log in again: the platform's addresses may have changed"),
    405: ("does not allow reading this address", "this may be a Receiver's address"),
    422: ("does not accept the request", ASK),
    TOO_MANY: ("received too many requests", "limit the requests per minute with --rate N"),
}
CERTIFICATE_HINT = "ocpiq login --ca-file FILE adds certificate authorities to trust"
EXPIRED = "the platform must renew it, or this machine's clock is wrong"
OTHER_HOST = "log in with the host name in the certificate, or tell the platform"
CERTIFICATE_HINTS = {9: EXPIRED, 10: EXPIRED, 62: OTHER_HOST, 64: OTHER_HOST}  # by OpenSSL's X509_V_ERR codes
CLIENT_CERTIFICATE = (  # OpenSSL's names for the alerts of a server that rejects the client's certificate
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "TLSV1_ALERT_UNKNOWN_CA",
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
)
NO_TLS = "is it a plain http server, or behind a proxy?"
TLS_HINTS = {
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "if it wants a client certificate: ocpiq login --client-cert FILE"
}
LOGIN_HINTS = {
    TOO_MANY: "wait and try again",
    401: "check the token",
    403: "check the token",
    404: VERSIONS_URL,
    405: VERSIONS_URL,
}


class Subject(Struct, frozen=True):
    """The name of a request in messages, and the token to remove from every address in them."""

    name: str
    token: str = ""

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Subject({self.name!r})"

    def shown(self, url: str) -> str:
        """Return scheme, host and path of a URL."""
        return redact(without_query(url), self.token, cut=False)[:LONGEST]

    def host(self, url: str) -> str:
        """Return host and port of a URL."""
        return redact(host(url), self.token, cut=False)[:LONGEST]

    def traced(self, url: str) -> str:
        """Return the path of a URL and its paging."""
        return redact(path_and_paging(url), self.token, cut=False)[:LONGEST]


class Failure(PlatformError):
    """A request without a usable response.

    `status` is HTTP's and `code` the envelope's, 0 if there was none; `retries` is the number of useful retries
    and `wait` the seconds that the platform asks for before the next. `stalled` tells of a body that is too slow.
    """

    def __init__(
        self, message: str, *, hint: str = "", status: int = 0, code: int = 0, retries: int = 0
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.retries = retries
        self.wait: float | None = None
        self.stalled = False

    @property
    def answered(self) -> bool:
        """Whether the platform answered in time, so that another request may get more."""
        return self.status != 0 and not self.stalled

    @property
    def rate_limited(self) -> bool:
        """Whether the platform limits the rate of requests."""
        return self.status == TOO_MANY

    @property
    def answer(self) -> str:
        """The platform's answer, in short."""
        if self.code:
            return f"OCPI status {self.code}"
        return "no OCPI answer" if self.status == 200 else f"HTTP {self.status}"

    @property
    def overwhelmed(self) -> bool:
        """Whether a smaller page may succeed."""
        return self.status >= 500 or self.code in OVERWHELMED_CODES

    @property
    def refused(self) -> bool:
        """Whether the platform may have rejected a parameter of the request."""
        return self.status in REFUSED_STATUS or self.code in REFUSED_CODES


def of_status(subject: Subject, url: str, status: int, said: str, *, login: bool = False) -> Failure:
    """Return the failure for an HTTP status; `said` is the platform's own message, made safe."""
    problem, hint = STATUS.get(
        status, ("fails" if status >= 500 else "answers with an unexpected status", ASK)
    )
    if status >= 500:
        hint = LATER
    if login:
        hint = LOGIN_HINTS.get(status, hint)
    retries = TRANSIENT_RETRIES if status in TRANSIENT_STATUS else 0
    text = f"{subject}: {subject.shown(url)} {problem} (HTTP {status}){quoted(said)}"
    return Failure(text, hint=hint, status=status, retries=retries)


def of_code(subject: Subject, url: str, status: int, code: int, said: str) -> Failure:
    """Return the failure for an envelope whose status code is an error."""
    meaning = MEANINGS.get(code, "a platform-specific code")
    retries = TRANSIENT_RETRIES if code in TRANSIENT_CODES else 0
    text = f"{subject}: {subject.host(url)} answers OCPI status {code}, {meaning}{quoted(said)}"
    return Failure(text, hint=CODE_HINTS.get(code, ""), status=status, code=code, retries=retries)


def of_body(subject: Subject, url: str, body: bytes, *, login: bool = False) -> Failure:
    """Return the failure for a body that is not JSON; truncated JSON may be complete after a retry."""
    start = body[:64].lstrip()
    hint = VERSIONS_URL if login else ""
    if start[:1] in (b"{", b"["):
        return Failure(
            f"{subject}: {subject.shown(url)} answers with broken JSON",
            hint=hint or LATER,
            status=200,
            retries=TRANSIENT_RETRIES,
        )
    content = "HTML" if start[:1] == b"<" else "something that is not JSON" if start else "nothing"
    return Failure(
        f"{subject}: {subject.shown(url)} answers with {content}",
        hint=hint or "is it an OCPI address?",
        status=200,
    )


def of_page(subject: Subject, url: str) -> Failure:
    """Return the failure for JSON that is neither a list nor in an envelope, such as a gateway's own message."""
    return Failure(
        f"{subject}: {subject.shown(url)} answers with JSON that is not an OCPI page",
        hint="is it an OCPI address?",
        status=200,
    )


def of_lists(subject: Subject, url: str, error: TwoListsError) -> Failure:
    """Return the failure for a page with more than one list that could hold the objects."""
    where = subject.shown(url)
    return Failure(f"{subject}: {where} answers with {error.lists}", hint="tell the platform", status=200)


def of_network(subject: Subject, url: str, error: Exception) -> Failure:
    """Return the failure for a request without a complete response."""
    import httpx  # noqa: PLC0415 - already loaded when such an error exists

    from ocpiq.ocpi.http.decoders import BrokenCodingError  # noqa: PLC0415
    from ocpiq.ocpi.http.head_guard import BrokenHeadersError, HeadersTooLargeError  # noqa: PLC0415

    where, causes = subject.host(url), tuple(causes_of(error))
    for cause in causes:
        if isinstance(cause, socket.gaierror | UnicodeError):
            if proxy_for(url):
                return of_proxy(subject, where)
            return Failure(f"{subject}: host {where} not found", hint="check the URL and the network")
        if isinstance(cause, ssl.SSLError):
            return of_tls(subject, where, cause)
        if isinstance(cause, ConnectionRefusedError):
            if proxy_for(url):
                return of_proxy(subject, where)
            return Failure(f"{subject}: {where} refuses connections", hint="check host, port and the network")
        if isinstance(cause, HeadersTooLargeError):
            return Failure(f"{subject}: {where} sends more than 100 kB of headers", hint="tell the platform")
        if isinstance(cause, BrokenHeadersError):
            return Failure(f"{subject}: {where} sends headers that are not HTTP", hint="tell the platform")
    if isinstance(error, BrokenCodingError):
        return Failure(
            f"{subject}: {where} sends a broken compressed body", hint=LATER, retries=TRANSIENT_RETRIES
        )
    if isinstance(error, httpx.TimeoutException):
        return timed_out(
            subject,
            url,
            "accepts no connection" if isinstance(error, httpx.ConnectTimeout) else "does not answer",
        )
    if isinstance(error, httpx.ProxyError):
        return of_proxy(subject, where)
    if isinstance(error, httpx.InvalidURL | httpx.LocalProtocolError):
        return Failure(f"{subject}: the platform's address is not a URL")
    if isinstance(error, httpx.ConnectError):
        return Failure(f"{subject}: {where} cannot be reached", hint="check host, port and the network")
    return Failure(
        f"{subject}: {where} closed the connection in the middle of a response",
        hint="try again later",
        retries=TRANSIENT_RETRIES,
    )


def timed_out(subject: Subject, url: str, problem: str = "does not answer") -> Failure:
    """Return the failure for a request that timed out."""
    return Failure(
        f"{subject}: {subject.host(url)} {problem} in time", hint="try again later", retries=TIMEOUT_RETRIES
    )


def waiting(where: str, failure: Failure, seconds: float) -> str:
    """Return the message before a wait that a platform asked for or, with too many requests, caused."""
    if failure.rate_limited:
        return f"{where} received too many requests; waiting {seconds:,.0f} s (fewer per minute: --rate N)"
    return f"{where} asks ocpiq to wait; waiting {seconds:,.0f} s"


def of_redirect(subject: Subject, url: str, location: str, status: int) -> Failure:
    """Return the failure for a redirect that the token must not follow."""
    to = subject.host(location) if "//" in location else "another address"
    return Failure(
        f"{subject}: {subject.host(url)} redirects to {to} (HTTP {status}); the token is not sent there",
        hint="if that is the platform's new address, log in with it",
        status=status,
    )


def of_proxy(subject: Subject, where: str) -> Failure:
    """Return the failure for a proxy that cannot be used."""
    return Failure(f"{subject}: the proxy cannot reach {where}", hint="check HTTPS_PROXY and NO_PROXY")


def of_tls(subject: Subject, where: str, error: ssl.SSLError) -> Failure:
    """Return the failure for a failed TLS handshake."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"its certificate is not trusted: {redact(error.verify_message.rstrip('.'), subject.token)}"
        return Failure(
            f"{subject}: no secure connection to {where}, {reason}",
            hint=CERTIFICATE_HINTS.get(error.verify_code, CERTIFICATE_HINT),
        )
    if error.reason in CLIENT_CERTIFICATE:
        return Failure(
            f"{subject}: {where} requires a client certificate, or a different one",
            hint="ocpiq login --client-cert FILE --client-key FILE",
        )
    return Failure(
        f"{subject}: no secure connection to {where}", hint=TLS_HINTS.get(error.reason or "", NO_TLS)
    )


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def quoted(said: str) -> str:
    """Return a platform's own message, quoted for the end of ours."""
    return f': "{said}"' if said else ""
