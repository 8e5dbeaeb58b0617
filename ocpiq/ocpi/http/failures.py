"""The failures of a platform: a one-line message, a fix, and whether a retry makes sense."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from msgspec import Struct

from ocpiq.errors import EMPTY, Message, MessagePart, PlatformError, Quotation, Reason, say
from ocpiq.gate import TwoListsError, too_many_lists
from ocpiq.ocpi.http.address import Address, Host, RequestPath
from ocpiq.ocpi.http.redaction import redact
from ocpiq.ocpi.http.urls import proxy_for
from ocpiq.schema import ModuleName

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
TIMEOUT_RETRIES = 1  # retries after a timeout, which has already taken long

LOGIN_AGAIN = say("log in again: the token may have been renewed, or be one for registration (token A)")
ASK = say("--verbose shows the request; ask the platform what is wrong with it")
LATER = say("try again later; if it lasts, tell the platform")
VERSIONS_URL = say("use the versions or version-details URL of the platform")
MEANINGS = {
    2000: say("client error"),
    2001: say("invalid or missing parameters"),
    2002: say("not enough information"),
    2003: say("unknown location"),
    2004: say("unknown token"),
    3000: say("server error"),
    3001: say("the platform cannot use the client's API"),
    3002: say("unsupported version"),
    3003: say("no matching endpoints"),
    4000: say("hub error"),
    4001: say("the hub does not know the receiver"),
    4002: say("the hub's request timed out"),
    4003: say("the hub cannot connect"),
}
OWN_CODE = say("a platform-specific code")
CODE_HINTS = {
    2004: LOGIN_AGAIN,
    4001: say(
        "log in again with the party that the platform knows you by, or --to-party XX-YYY, or --to-party none"
    ),
}
STATUS = {
    400: (say("does not accept the request"), ASK),
    401: (say("refuses the token"), LOGIN_AGAIN),
    403: (say("refuses the token"), LOGIN_AGAIN),
    404: (say("has nothing at this address"), say("log in again: the platform's addresses may have changed")),
    405: (say("does not allow reading this address"), say("this may be a Receiver's address")),
    422: (say("does not accept the request"), ASK),
    TOO_MANY: (say("received too many requests"), say("limit the requests per minute with --rate N")),
}
CERTIFICATE_HINT = say("ocpiq login --ca-file FILE adds certificate authorities to trust")
EXPIRED = say("the platform must renew it, or this machine's clock is wrong")
OTHER_HOST = say("log in with the host name in the certificate, or tell the platform")
CERTIFICATE_HINTS = {9: EXPIRED, 10: EXPIRED, 62: OTHER_HOST, 64: OTHER_HOST}  # by OpenSSL's X509_V_ERR codes
CLIENT_CERTIFICATE = (  # OpenSSL's names for the alerts of a server that rejects the client's certificate
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "TLSV1_ALERT_UNKNOWN_CA",
    "SSLV3_ALERT_BAD_CERTIFICATE",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
)
TELL = say("tell the platform")
TRY_AGAIN = say("try again later")
NOT_OCPI = say("is it an OCPI address?")
UNREACHABLE = say("check host, port and the network")
NO_ANSWER = say("does not answer")
NO_TLS = say("is it a plain http server, or behind a proxy?")
TLS_HINTS = {
    "SSLV3_ALERT_HANDSHAKE_FAILURE": say("if it wants a client certificate: ocpiq login --client-cert FILE")
}
LOGIN_HINTS = {
    TOO_MANY: say("wait and try again"),
    401: say("check the token"),
    403: say("check the token"),
    404: VERSIONS_URL,
    405: VERSIONS_URL,
}


class Subject(Struct, frozen=True):
    """The name of a request in messages, and the token to remove from every address in them."""

    name: str
    token: str = ""

    def __repr__(self) -> str:
        return f"Subject({self.name!r})"

    @property
    def label(self) -> ModuleName:
        """The name as part of a message."""
        return ModuleName(self.name)

    def shown(self, url: str) -> Address:
        """Return scheme, host and path of a URL."""
        return Address(url, self.token)

    def host(self, url: str) -> Host:
        """Return host and port of a URL."""
        return Host(url, self.token)

    def traced(self, url: str) -> RequestPath:
        """Return the path of a URL and its paging."""
        return RequestPath(url, self.token)

    def named(self, name: MessagePart) -> Quotation:
        """Return the name of a member that the platform sent."""
        return Quotation(redact(name, self.token, cut=False))


class Failure(PlatformError):
    """A request without a usable response.

    `status` is HTTP's and `code` the envelope's, 0 if there was none; `retries` is the number of useful retries
    and `wait` the seconds that the platform asks for before the next. `stalled` tells of a body that is too slow.
    """

    def __init__(
        self, message: Message, *, hint: Message = EMPTY, status: int = 0, code: int = 0, retries: int = 0
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
    def answer(self) -> Message:
        """The platform's answer, in short."""
        if self.code:
            return say("OCPI status {code}", code=self.code)
        return say("no OCPI answer") if self.status == 200 else say("HTTP {status}", status=self.status)

    @property
    def overwhelmed(self) -> bool:
        """Whether a smaller page may succeed."""
        return self.status >= 500 or self.code in OVERWHELMED_CODES

    @property
    def refused(self) -> bool:
        """Whether the platform may have rejected a parameter of the request."""
        return self.status in REFUSED_STATUS or self.code in REFUSED_CODES


def of_status(subject: Subject, url: str, status: int, said: Quotation, *, login: bool = False) -> Failure:
    """Return the failure for an HTTP status; `said` is the platform's own message, made safe."""
    unexpected = say("fails") if status >= 500 else say("answers with an unexpected status")
    problem, hint = STATUS.get(status, (unexpected, ASK))
    if status >= 500:
        hint = LATER
    if login:
        hint = LOGIN_HINTS.get(status, hint)
    retries = TRANSIENT_RETRIES if status in TRANSIENT_STATUS else 0
    text = say(
        "{subject}: {url} {problem} (HTTP {status}){said}",
        subject=subject.label,
        url=subject.shown(url),
        problem=problem,
        status=status,
        said=quoted(said),
    )
    return Failure(text, hint=hint, status=status, retries=retries)


def of_code(subject: Subject, url: str, status: int, code: int, said: Quotation) -> Failure:
    """Return the failure for an envelope whose status code is an error."""
    retries = TRANSIENT_RETRIES if code in TRANSIENT_CODES else 0
    text = say(
        "{subject}: {host} answers OCPI status {code}, {meaning}{said}",
        subject=subject.label,
        host=subject.host(url),
        code=code,
        meaning=MEANINGS.get(code, OWN_CODE),
        said=quoted(said),
    )
    return Failure(text, hint=CODE_HINTS.get(code, EMPTY), status=status, code=code, retries=retries)


def of_body(subject: Subject, url: str, body: bytes, *, login: bool = False) -> Failure:
    """Return the failure for a body that is not JSON; truncated JSON may be complete after a retry."""
    start = body[:64].lstrip()
    hint = VERSIONS_URL if login else EMPTY
    if start[:1] in (b"{", b"["):
        return of_content(subject, url, say("broken JSON"), hint=hint or LATER, retries=TRANSIENT_RETRIES)
    content = (
        say("HTML") if start[:1] == b"<" else say("something that is not JSON") if start else say("nothing")
    )
    return of_content(subject, url, content, hint=hint or NOT_OCPI)


def of_page(subject: Subject, url: str) -> Failure:
    """Return the failure for JSON that is neither a list nor in an envelope, such as a gateway's own message."""
    return of_content(subject, url, say("JSON that is not an OCPI page"), hint=NOT_OCPI)


def of_lists(subject: Subject, url: str, error: TwoListsError) -> Failure:
    """Return the failure for a page with more than one list that could hold the objects."""
    return of_content(subject, url, too_many_lists(error.count, map(subject.named, error.names)), hint=TELL)


def of_content(subject: Subject, url: str, content: Message, *, hint: Message, retries: int = 0) -> Failure:
    """Return the failure for a response that is not what was requested."""
    text = say(
        "{subject}: {url} answers with {content}",
        subject=subject.label,
        url=subject.shown(url),
        content=content,
    )
    return Failure(text, hint=hint, status=200, retries=retries)


def of_host(
    subject: Subject,
    url: str,
    problem: Message,
    *,
    hint: Message = EMPTY,
    status: int = 0,
    retries: int = 0,
) -> Failure:
    """Return the failure of a host; `problem` says what it does."""
    text = say("{subject}: {host} {problem}", subject=subject.label, host=subject.host(url), problem=problem)
    return Failure(text, hint=hint, status=status, retries=retries)


def of_network(subject: Subject, url: str, error: Exception) -> Failure:
    """Return the failure for a request without a complete response."""
    import httpx  # noqa: PLC0415 - already loaded when such an error exists

    from ocpiq.ocpi.http.decoders import BrokenCodingError  # noqa: PLC0415
    from ocpiq.ocpi.http.head_guard import BrokenHeadersError, HeadersTooLargeError  # noqa: PLC0415

    for cause in causes_of(error):
        if isinstance(cause, socket.gaierror | UnicodeError):
            return of_proxy(subject, url) if proxy_for(url) else of_name(subject, url)
        if isinstance(cause, ssl.SSLError):
            return of_tls(subject, url, cause)
        if isinstance(cause, ConnectionRefusedError):
            if proxy_for(url):
                return of_proxy(subject, url)
            return of_host(subject, url, say("refuses connections"), hint=UNREACHABLE)
        if isinstance(cause, HeadersTooLargeError):
            return of_host(subject, url, say("sends more than 100 kB of headers"), hint=TELL)
        if isinstance(cause, BrokenHeadersError):
            return of_host(subject, url, say("sends headers that are not HTTP"), hint=TELL)
    if isinstance(error, BrokenCodingError):
        problem = say("sends a broken compressed body")
        return of_host(subject, url, problem, hint=LATER, retries=TRANSIENT_RETRIES)
    if isinstance(error, httpx.TimeoutException):
        connecting = isinstance(error, httpx.ConnectTimeout)
        return timed_out(subject, url, say("accepts no connection") if connecting else NO_ANSWER)
    if isinstance(error, httpx.ProxyError):
        return of_proxy(subject, url)
    if isinstance(error, httpx.InvalidURL | httpx.LocalProtocolError):
        return Failure(say("{subject}: the platform's address is not a URL", subject=subject.label))
    if isinstance(error, httpx.ConnectError):
        return of_host(subject, url, say("cannot be reached"), hint=UNREACHABLE)
    problem = say("closed the connection in the middle of a response")
    return of_host(subject, url, problem, hint=TRY_AGAIN, retries=TRANSIENT_RETRIES)


def timed_out(subject: Subject, url: str, problem: Message = NO_ANSWER) -> Failure:
    """Return the failure for a request that timed out."""
    late = say("{problem} in time", problem=problem)
    return of_host(subject, url, late, hint=TRY_AGAIN, retries=TIMEOUT_RETRIES)


def waiting(where: MessagePart, failure: Failure, seconds: float) -> Message:
    """Return the message before a wait that a platform asked for or, with too many requests, caused."""
    if failure.rate_limited:
        return say(
            "{where} received too many requests; waiting {seconds:,.0f} s (fewer per minute: --rate N)",
            where=where,
            seconds=seconds,
        )
    return say("{where} asks ocpiq to wait; waiting {seconds:,.0f} s", where=where, seconds=seconds)


def of_redirect(subject: Subject, url: str, location: str, status: int) -> Failure:
    """Return the failure for a redirect that the token must not follow."""
    target = subject.host(location) if "//" in location else say("another address")
    problem = say(
        "redirects to {target} (HTTP {status}); the token is not sent there", target=target, status=status
    )
    hint = say("if that is the platform's new address, log in with it")
    return of_host(subject, url, problem, hint=hint, status=status)


def of_redirects(subject: Subject, url: str, status: int) -> Failure:
    """Return the failure for redirects without end."""
    return of_host(
        subject, url, say("redirects too many times (HTTP {status})", status=status), status=status
    )


def of_name(subject: Subject, url: str) -> Failure:
    """Return the failure for a host that does not exist."""
    text = say("{subject}: host {host} not found", subject=subject.label, host=subject.host(url))
    return Failure(text, hint=say("check the URL and the network"))


def of_proxy(subject: Subject, url: str) -> Failure:
    """Return the failure for a proxy that cannot be used."""
    text = say("{subject}: the proxy cannot reach {host}", subject=subject.label, host=subject.host(url))
    return Failure(text, hint=say("check HTTPS_PROXY and NO_PROXY"))


def of_tls(subject: Subject, url: str, error: ssl.SSLError) -> Failure:
    """Return the failure for a failed TLS handshake."""
    if error.reason in CLIENT_CERTIFICATE and not isinstance(error, ssl.SSLCertVerificationError):
        problem = say("requires a client certificate, or a different one")
        hint = say("ocpiq login --client-cert FILE --client-key FILE")
        return of_host(subject, url, problem, hint=hint)
    reason, hint = EMPTY, TLS_HINTS.get(error.reason or "", NO_TLS)
    if isinstance(error, ssl.SSLCertVerificationError):
        verdict = Reason(redact(error.verify_message.rstrip("."), subject.token))
        reason = say(", its certificate is not trusted: {verdict}", verdict=verdict)
        hint = CERTIFICATE_HINTS.get(error.verify_code, CERTIFICATE_HINT)
    text = say(
        "{subject}: no secure connection to {host}{reason}",
        subject=subject.label,
        host=subject.host(url),
        reason=reason,
    )
    return Failure(text, hint=hint)


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def quoted(said: Quotation) -> Message:
    """Return a platform's own message, quoted for the end of ours."""
    return say(': "{said}"', said=said) if said else EMPTY
