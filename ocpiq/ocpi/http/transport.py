"""HTTP by httpx over httpcore: direct or through a proxy, with TLS, and with an end to all waiting."""

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

from ocpiq.errors import UsageError
from ocpiq.ocpi.http.decoders import ACCEPTED
from ocpiq.ocpi.http.head_guard import BrokenHeadersError, HeadersTooLargeError, HeadGuard
from ocpiq.ocpi.http.urls import origin, proxy_of

if TYPE_CHECKING:
    from ocpiq.storage import Tls

KEPT = 32  # connections to one host that stay open
LONGEST_HOST = 255  # characters: no name in the DNS is longer
IN_TARGET = "!#$%&'()*+,/:;=?@[]~"  # stay as they are in a path and query, besides letters, digits, and _.-
TARGET = "target"  # the request extension that has path and query
RECEIVED = "headers"  # the response extension that has the headers

Headers = list[tuple[bytes, bytes]]
SocketOptions = Iterable[httpcore.SOCKET_OPTION]


class Deadline(float):
    """Seconds that all reads of one part of an answer share, counted from the first read after a `restart`."""

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


class Waits:
    """What one request waits for at most: a connection, all of the headers, then each further piece of the body."""

    def __init__(self, connect: float, head: float, idle: float) -> None:
        self.idle = Deadline(idle)
        self.seconds: dict[str, float] = {"connect": connect, "write": head, "read": Deadline(head)}

    def headers_came(self) -> None:
        """Wait for the body from here on: httpcore reads the extension when it begins with it."""
        self.seconds["read"] = self.idle

    def piece_came(self) -> None:
        """Wait as long for the next one."""
        self.idle.restart()


def client(tls: Tls | None) -> httpx.Client:
    """Return a client for one platform; several threads may use it."""
    return httpx.Client(transport=Transport(tls), trust_env=False, headers={"Accept-Encoding": ACCEPTED})


@contextmanager
def streamed(
    client: httpx.Client, url: str, headers: Mapping[str, str], waits: Waits
) -> Iterator[httpx.Response]:
    """Give the response to a GET, its body still to be read. Raises httpx.HTTPError, httpx.InvalidURL, UsageError.

    httpx itself sees the origin only: path and query go out as they are, and into no log.
    """
    parts, there = urlsplit(url), origin(url)
    if not there or len(parts.hostname or "") > LONGEST_HOST:
        raise httpx.InvalidURL("no host")
    target = quote(
        f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", safe=IN_TARGET, errors="replace"
    )
    extensions = {"timeout": waits.seconds, TARGET: target.encode()}
    request = client.build_request("GET", there, headers=dict(headers), extensions=extensions)
    response = client.send(request, stream=True)
    try:
        yield response
    finally:
        response.close()


def received(response: httpx.Response) -> Headers:
    """Return the headers of a response."""
    found: Headers = response.extensions[RECEIVED]
    return found


class Transport(httpx.BaseTransport):
    """Sends requests over pools of connections, one for each origin, made when it is first asked for.

    The headers of a response are handed on in an extension: httpx would keep cookies, and read where a redirect
    leads, which is for Connection to judge.
    """

    def __init__(self, tls: Tls | None) -> None:
        self.tls = tls
        self.backend = Backend()
        self.lock = threading.Lock()
        self.pools: dict[str, httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return a response whose body is still to be read."""
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
        return httpx.Response(response.status, stream=Body(response), extensions=extensions)

    def pool(self, url: str) -> httpcore.ConnectionPool:
        """Return the connections to the origin of `url`. Raises UsageError for a proxy or certificate that is none."""
        there = origin(url)
        with self.lock:
            if there not in self.pools:
                self.pools[there] = self.made(there.startswith("https:"), proxy_of(url))
            return self.pools[there]

    def made(self, secure: bool, proxy: str | None) -> httpcore.ConnectionPool:
        """Return a pool of connections, by way of a proxy if there is one."""
        options: dict[str, Any] = {
            "max_connections": None,
            "max_keepalive_connections": KEPT,
            "network_backend": self.backend,
        }
        if secure:  # authorities take a while to load
            options["ssl_context"] = self.context
        if proxy is None:
            return httpcore.ConnectionPool(**options)
        try:
            known = httpx.Proxy(proxy)
        except (ValueError, httpx.InvalidURL) as error:
            raise no_proxy_address() from error
        if known.url.scheme not in ("http", "https") or not origin(proxy):
            raise no_proxy_address()
        if known.url.scheme == "https":
            options["proxy_ssl_context"] = context(None)
        there = httpcore.URL(
            scheme=known.url.raw_scheme, host=known.url.raw_host, port=known.url.port, target=b"/"
        )
        return httpcore.HTTPProxy(there, proxy_auth=known.raw_auth, **options)

    @cached_property
    def context(self) -> ssl.SSLContext:
        """How TLS is spoken with every host."""
        return context(self.tls)

    def close(self) -> None:
        """Close every connection, also those that something is waited for on."""
        for pool in self.pools.values():
            pool.close()


class Body(httpx.SyncByteStream):
    """The body of a response as it was sent."""

    def __init__(self, response: httpcore.Response) -> None:
        self.response = response

    def __iter__(self) -> Iterator[bytes]:
        with httpx_errors():
            yield from self.response.iter_stream()

    def close(self) -> None:
        """Give the connection back, or close it where the body was not read to its end."""
        self.response.close()


class Backend(httpcore.NetworkBackend):
    """Opens connections whose reads keep to a Deadline, and whose headers pass a HeadGuard."""

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
            made = httpcore.SyncBackend().connect_tcp(host, port, timeout, local_address, socket_options)
        except UnicodeError as error:  # a label of the name is too long, or empty
            raise httpcore.ConnectError from error
        return Stream(made)


class Stream(httpcore.NetworkStream):
    """One connection."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self.inner = inner
        self.guard = HeadGuard()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came, waited for no longer than what is left of the time."""
        data = self.inner.read(max_bytes, timeout.left() if isinstance(timeout, Deadline) else timeout)
        self.guard.feed(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a request; what is read after it begins with headers."""
        self.guard = HeadGuard()
        self.inner.write(buffer, timeout)

    def close(self) -> None:
        """Close the connection, and wake whoever waits for it in another thread."""
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
        """Speak TLS from here on."""
        return Stream(self.inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        """Return what httpcore asks for."""
        return self.inner.get_extra_info(info)


KINDS = {
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
    """Raise the errors of httpcore as those of httpx, as a transport has to."""
    try:
        yield
    except OURS as error:
        raise httpx.RemoteProtocolError(type(error).__name__) from error
    except tuple(KINDS) as error:
        raise KINDS[type(error)](str(error)) from error


def no_proxy_address() -> UsageError:
    """Return the error for a proxy's address that is none."""
    return UsageError(
        "the proxy that the environment names is not an address that can be used",
        hint="HTTP_PROXY and HTTPS_PROXY take http://HOST:PORT; NO_PROXY names hosts without one",
    )


def context(tls: Tls | None) -> ssl.SSLContext:
    """Return how TLS is spoken: with the system's authorities, and those and the certificate of one's own.

    Raises UsageError.
    """
    made = ssl.create_default_context()
    if not made.cert_store_stats()["x509_ca"]:
        made.load_verify_locations(cafile=certifi.where())
    if tls is None:
        return made
    try:
        file = tls.ca_file
        if file:
            made.load_verify_locations(cafile=file)
        file = tls.client_cert
        if file:
            made.load_cert_chain(file, tls.client_key or None, password=no_password)
    except OSError as error:  # also ssl.SSLError
        name = f"{file} with {tls.client_key}" if file == tls.client_cert and tls.client_key else file
        reason = "it is not what it should be (PEM)" if isinstance(error, ssl.SSLError) else error.strerror
        raise UsageError(f"the certificate file {name} cannot be used: {reason}") from error
    return made


def no_password() -> str:
    """Refuse a key with a password, instead of asking for it in the middle of things."""
    raise UsageError("the key of the client certificate has a password", hint="give one without")
