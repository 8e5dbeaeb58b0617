"""Pools of HTTP connections: direct or by the environment's proxy, with TLS, and with an end to all waiting."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from socket import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import certifi
from urllib3 import BaseHTTPResponse, HTTPResponse, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout, make_headers, parse_url

from ocpiq.errors import UsageError
from ocpiq.ocpi.address import origin, proxy_of

if TYPE_CHECKING:
    from ocpiq.storage import Tls

KEPT = 32  # connections to one host that stay open
PACKED = make_headers(accept_encoding=True)  # the codings that can be unpacked

PoolClasses = dict[str, type[HTTPConnectionPool]]


class Pools:
    """The pools of one platform, made when they are first asked for; several threads may ask.

    `connect`, `first` and `idle` are the seconds that are waited for a connection, for an answer's first byte,
    and for each further piece of it.
    """

    def __init__(self, tls: Tls | None, connect: float, first: float, idle: float) -> None:
        self.tls = tls
        self.timeout = Timeout(connect=connect, read=first)
        self.classes = classes(idle)
        self.lock = threading.Lock()
        self.made: dict[str, PoolManager] = {}  # by origin

    def of(self, url: str) -> PoolManager:
        """Return the pools that lead to `url`. Raises UsageError for a proxy or certificate that is none."""
        there = origin(url)
        with self.lock:
            if there not in self.made:
                self.made[there] = self.make(urlsplit(url).scheme, proxy_of(url))
            return self.made[there]

    def get(self, url: str, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """Return the answer to a GET, its body still to be read. Raises urllib3's HTTPError, UsageError."""
        sent = PACKED | dict(headers)
        return self.of(url).urlopen(
            "GET", url, headers=sent, redirect=False, retries=False, preload_content=False
        )

    @cached_property
    def context(self) -> ssl.SSLContext:
        """How TLS is spoken with every host."""
        return context(self.tls)

    def make(self, scheme: str, proxy: str | None) -> PoolManager:
        """Return pools for a scheme, by way of a proxy if there is one."""
        options: dict[str, Any] = {"maxsize": KEPT, "timeout": self.timeout}
        if scheme == "https":  # authorities take a while to load
            options["ssl_context"] = self.context
        if proxy is None:
            pools = PoolManager(**options)
        else:
            try:
                there = parse_url(proxy)
                auth = make_headers(proxy_basic_auth=there.auth) if there.auth else None
                pools = ProxyManager(there._replace(auth=None).url, proxy_headers=auth, **options)
            except HTTPError as error:
                raise UsageError(
                    "the proxy that the environment names is no address that can be used",
                    hint="HTTP_PROXY and HTTPS_PROXY take http://HOST:PORT; NO_PROXY names hosts without one",
                ) from error
        pools.pool_classes_by_scheme = self.classes
        return pools

    def close(self) -> None:
        """Close every connection that is not in use."""
        for pools in self.made.values():
            pools.clear()


def classes(idle: float) -> PoolClasses:
    """Return the pools by scheme; their connections wait `idle` seconds for a piece once an answer began."""

    def begun(from_there: socket, response: HTTPResponse) -> HTTPResponse:
        from_there.settimeout(idle)
        return response

    class Plain(HTTPConnection):
        def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 has it
            return begun(self.sock, super().getresponse())  # the last answer takes the socket with it

    class Secure(HTTPSConnection):
        def send(self, data: bytes) -> None:  # type: ignore[override] # a GET sends nothing else
            with suppress(ssl.SSLEOFError):  # whoever hung up has said why, which is read next
                super().send(data)

        def getresponse(self) -> HTTPResponse:  # type: ignore[override]
            return begun(self.sock, super().getresponse())

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


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
