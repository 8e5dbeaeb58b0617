"""HTTP with httpx over httpcore: direct or through a proxy, with TLS, and with a deadline for every wait."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import certifi
import httpcore
import httpx

from ocpiq.errors import Reason, SourceError, UserText, say
from ocpiq.ocpi.http.decoders import ACCEPTED
from ocpiq.ocpi.http.head_guard import BrokenHeadersError, HeadersTooLargeError, HeadGuard
from ocpiq.ocpi.http.urls import origin, proxy_for

if TYPE_CHECKING:
    from ocpiq.storage import Tls

MAX_KEEPALIVE = 32  # connections to one host that stay open
LONGEST_HOST = 255  # characters: no name in the DNS is longer
IN_TARGET = "!#$%&'()*+,/:;=?@[]~"  # stay as they are in a path and query, besides letters, digits, and _.-
TARGET = "target"  # the request extension that has path and query
RECEIVED = "headers"  # the response extension that has the headers

Headers = list[tuple[bytes, bytes]]
SocketOptions = Iterable[httpcore.SOCKET_OPTION]


class Deadline(float):
    """Seconds shared by all reads of one part of a response, counted from the first read after a `restart`."""

    due: float | None = None

    def restart(self) -> None:
        """Count anew from the next read."""
        self.due = None

    def left(self) -> float:
        """Return the seconds that are left. Raises httpx.ReadTimeout where none are."""
        now = time.monotonic()
        if self.due is None:
            self.due = now + self
        if self.due <= now:
            raise httpx.ReadTimeout("")
        return self.due - now


class Timeouts:
    """The timeouts of one request: for the connection, for all headers, then for each piece of the body."""

    def __init__(self, connect: float, head: float, idle: float) -> None:
        self.idle = Deadline(idle)
        self.seconds: dict[str, float] = {"connect": connect, "write": head, "read": Deadline(head)}

    def headers_received(self) -> None:
        """Use the timeout of the body from now on: httpcore reads the extension when the body begins."""
        self.seconds["read"] = self.idle

    def piece_received(self) -> None:
        """Restart the timeout for the next piece."""
        self.idle.restart()


def client(tls: Tls | None) -> httpx.Client:
    """Return a client for one platform; several threads may use it."""
    return httpx.Client(transport=Transport(tls), trust_env=False, headers={"Accept-Encoding": ACCEPTED})


@contextmanager
def stream(
    client: httpx.Client, url: str, headers: Mapping[str, str], waits: Timeouts
) -> Iterator[httpx.Response]:
    """Yield the response to a GET with an unread body. Raises httpx.HTTPError, httpx.InvalidURL, UsageError.

    httpx itself sees the origin only: path and query go out as they are, and into no log.
    """
    parts, base = urlsplit(url), origin(url)
    if not base or len(parts.hostname or "") > LONGEST_HOST:
        raise httpx.InvalidURL("no host")
    target = quote(
        f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", safe=IN_TARGET, errors="replace"
    )
    extensions = {"timeout": waits.seconds, TARGET: target.encode()}
    request = client.build_request("GET", base, headers=dict(headers), extensions=extensions)
    response = client.send(request, stream=True)
    try:
        yield response
    finally:
        response.close()


def received_headers(response: httpx.Response) -> Headers:
    """Return the headers of a response."""
    headers: Headers = response.extensions[RECEIVED]
    return headers


class Transport(httpx.BaseTransport):
    """Sends requests over connection pools, one for each origin, created when first needed.

    The headers of a response are passed in an extension: httpx would keep cookies and evaluate redirects, which
    is the task of HttpClient.
    """

    def __init__(self, tls: Tls | None) -> None:
        self.tls = tls
        self.backend = DeadlineBackend()
        self.lock = threading.Lock()
        self.pools: dict[str, httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return a response with an unread body."""
        with httpx_errors():
            response = self.pool(str(request.url)).handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.extensions[TARGET],
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions={"timeout": request.extensions["timeout"]},  # a proxy has another target
                )
            )
        extensions = {**response.extensions, RECEIVED: response.headers}
        return httpx.Response(response.status, stream=ResponseBody(response), extensions=extensions)

    def pool(self, url: str) -> httpcore.ConnectionPool:
        """Return the connections to the origin of `url`. Raises UsageError for an invalid proxy or certificate."""
        base = origin(url)
        with self.lock:
            if base not in self.pools:
                self.pools[base] = self.new_pool(base.startswith("https:"), proxy_for(url))
            return self.pools[base]

    def new_pool(self, secure: bool, proxy: str | None) -> httpcore.ConnectionPool:
        """Return a connection pool, through a proxy if there is one."""
        options: dict[str, Any] = {
            "max_connections": None,
            "max_keepalive_connections": MAX_KEEPALIVE,
            "network_backend": self.backend,
        }
        if secure:  # authorities take a while to load
            options["ssl_context"] = self.context
        if proxy is None:
            return httpcore.ConnectionPool(**options)
        try:
            parsed = httpx.Proxy(proxy)
        except (ValueError, httpx.InvalidURL) as error:
            raise no_proxy_address() from error
        if parsed.url.scheme not in ("http", "https") or not origin(proxy):
            raise no_proxy_address()
        if parsed.url.scheme == "https":
            options["proxy_ssl_context"] = ssl_context(None)
        address = httpcore.URL(
            scheme=parsed.url.raw_scheme, host=parsed.url.raw_host, port=parsed.url.port, target=b"/"
        )
        return httpcore.HTTPProxy(address, proxy_auth=parsed.raw_auth, **options)

    @cached_property
    def context(self) -> ssl.SSLContext:
        """The TLS settings for every host."""
        return ssl_context(self.tls)

    def close(self) -> None:
        """Close every connection, also those in use."""
        for pool in self.pools.values():
            pool.close()


class ResponseBody(httpx.SyncByteStream):
    """The body of a response, still compressed."""

    def __init__(self, response: httpcore.Response) -> None:
        self.response = response

    def __iter__(self) -> Iterator[bytes]:
        with httpx_errors():
            yield from self.response.iter_stream()

    def close(self) -> None:
        """Return the connection to the pool, or close it if the body was not read completely."""
        self.response.close()


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections whose reads obey a Deadline and whose headers a HeadGuard checks."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host."""
        try:
            stream = httpcore.SyncBackend().connect_tcp(host, port, timeout, local_address, socket_options)
        except UnicodeError as error:  # a label of the name is too long, or empty
            raise httpcore.ConnectError from error
        return GuardedStream(stream)


class GuardedStream(httpcore.NetworkStream):
    """One connection."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self.inner = inner
        self.guard = HeadGuard()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return received bytes, within the remaining time."""
        data = self.inner.read(max_bytes, timeout.left() if isinstance(timeout, Deadline) else timeout)
        self.guard.feed(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a request; the next response begins with headers."""
        self.guard = HeadGuard()
        self.inner.write(buffer, timeout)

    def close(self) -> None:
        """Close the connection, and wake threads that wait for it."""
        socket = self.inner.get_extra_info("socket")
        with suppress(OSError):
            socket.shutdown(2)
        self.inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Start TLS."""
        return GuardedStream(self.inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        """Return what httpcore asks for."""
        return self.inner.get_extra_info(info)


HTTPX_ERRORS = {
    getattr(httpcore, name): getattr(httpx, name)
    for name in (
        "ConnectTimeout",
        "ReadTimeout",
        "WriteTimeout",
        "PoolTimeout",
        "ConnectError",
        "ReadError",
        "WriteError",
        "ProxyError",
        "UnsupportedProtocol",
        "LocalProtocolError",
        "RemoteProtocolError",
    )
}
OURS = (HeadersTooLargeError, BrokenHeadersError)


@contextmanager
def httpx_errors() -> Iterator[None]:
    """Convert httpcore's errors to httpx's, as a transport must."""
    try:
        yield
    except OURS as error:
        raise httpx.RemoteProtocolError(type(error).__name__) from error
    except tuple(HTTPX_ERRORS) as error:
        raise HTTPX_ERRORS[type(error)](str(error)) from error


def no_proxy_address() -> SourceError:
    """Return the error for an invalid proxy address."""
    return SourceError(
        say("the environment names a proxy that is not a valid address"),
        hint=say("HTTP_PROXY and HTTPS_PROXY take http://HOST:PORT; NO_PROXY names hosts without one"),
    )


def ssl_context(tls: Tls | None) -> ssl.SSLContext:
    """Return a TLS context with the system's authorities, the user's own, and the client certificate.

    Raises UsageError.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(cafile=certifi.where())
    if tls is None:
        return context
    try:
        file = tls.ca_file
        if file:
            context.load_verify_locations(cafile=file)
        file = tls.client_cert
        if file:
            context.load_cert_chain(file, tls.client_key or None, password=no_password)
    except OSError as error:  # also ssl.SSLError
        with_key = file == tls.client_cert and tls.client_key
        name = UserText(f"{file} with {tls.client_key}" if with_key else file)
        invalid = isinstance(error, ssl.SSLError)
        reason = say("not a valid PEM file") if invalid else Reason(error.strerror)
        text = say("the certificate file {name} cannot be used: {reason}", name=name, reason=reason)
        raise SourceError(text) from error
    return context


def no_password() -> str:
    """Refuse a key with a password instead of prompting for it during a request."""
    raise SourceError(
        say("the key of the client certificate has a password"), hint=say("use a key without one")
    )
