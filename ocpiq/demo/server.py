"""The demo platform over real HTTP: a threading server of the standard library on the loopback."""

from __future__ import annotations

import gzip
import re
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from time import sleep
from types import TracebackType
from typing import Final, Self

from ocpiq.demo.answers import OFFERED, REFUSED, TOKEN, DemoResponse, Settings, answer, envelope
from ocpiq.demo.catalogue import VERSIONS
from ocpiq.errors import UsageError

LOOPBACK: Final = "127.0.0.1"
HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
SMALL: Final = 1000  # bytes that are not worth compressing
LARGEST: Final = 100_000  # bytes of a refused request that are read, so that the refusal arrives
SERVER_ERROR: Final = 3000  # OCPI status code

Log = Callable[[str], None]


class Server(ThreadingHTTPServer):
    """The listening socket and the connections that were made to it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, settings: Settings, page_delay: float, log: Log | None) -> None:
        self.settings = settings
        self.page_delay = page_delay
        self.log = log
        self.connections: set[socket.socket] = set()
        super().__init__((LOOPBACK, port), Handler)  # last, for it closes the server when the port is taken

    def server_bind(self) -> None:
        """Bind without asking a name server what the loopback is called, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Remember the connection, so that closing the server closes it."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        """Forget a connection that has ended."""
        self.connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the listening socket, and end what clients keep alive."""
        super().server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client closed it first

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing on standard error: clients may disconnect at any time."""
        if self.log is not None:
            self.log(f"connection ended: {sys.exc_info()[1].__class__.__name__}")


class Handler(BaseHTTPRequestHandler):
    """One connection: keep-alive HTTP/1.1, GET only."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together

    def do_GET(self) -> None:
        """Answer from the platform."""
        try:
            response = answer(self.server.settings, self.base(), self.path, self.headers)
        except Exception as error:  # the client gets an OCPI answer whatever is wrong here
            self.report(f"failed: {error!r}")
            response = DemoResponse(500, envelope(SERVER_ERROR, "The demo platform failed"), {})
        if response.listed:
            sleep(self.server.page_delay)
        self.send(response, self.headers.get("Accept-Encoding", ""))

    def version_string(self) -> str:
        """Return the Server header."""
        return "ocpiq-demo"

    def base(self) -> str:
        """Return the address by which the client knows this server."""
        host = self.headers.get("Host", "")
        if not HOST.fullmatch(host):
            host = f"{LOOPBACK}:{self.server.server_address[1]}"
        return f"http://{host}"

    def send(self, response: DemoResponse, encodings: str = "") -> None:
        """Write an answer, compressed where the client's Accept-Encoding allows it."""
        body, headers = response.body, dict(response.headers)
        if len(body) >= SMALL and accepts_gzip(encodings):
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self.send_response(response.status)
        headers |= {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Vary": "Accept-Encoding",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer anything but a valid GET with an envelope too, and close the connection."""
        self.close_connection = True
        if code == 501:  # a method that has no do_… above
            code = 405
            length = self.headers.get("Content-Length", "")
            self.rfile.read(min(int(length), LARGEST) if length.isdecimal() else 0)
        headers = {"Connection": "close"} | ({"Allow": "GET"} if code == 405 else {})
        text = "Only GET is answered" if code == 405 else "The request cannot be read"
        self.send(DemoResponse(code, envelope(REFUSED, text), headers))

    def log_message(self, format: str, *args: object) -> None:
        """Hand a line of the access log on, without the control characters a client may send."""
        self.report(format % args)

    def report(self, line: str) -> None:
        """Log a line, if there is a log."""
        if self.server.log is not None:
            self.server.log("".join(character if character.isprintable() else "?" for character in line))


def accepts_gzip(header: str) -> bool:
    """Tell whether an Accept-Encoding header allows gzip."""
    for coding in header.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() in {"gzip", "*"}:
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False


class DemoPlatform:
    """An OCPI platform with made-up data on the loopback.

    As a context manager it is served by a thread; `serve_forever` serves it in the foreground, until another thread
    calls `stop`.
    """

    def __init__(self, port: int, settings: Settings, page_delay: float, log: Log | None) -> None:
        try:
            self._server = Server(port, settings, page_delay, log)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"could not open port {port}", hint="choose another port, or 0 for any free port"
            ) from error
        self.token = settings.token
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"
        self.versions_url = f"{self.url}/ocpi/versions"

    def serve_forever(self) -> None:
        """Serve until stopped or interrupted (KeyboardInterrupt passes through); print nothing."""
        try:
            self._server.serve_forever(0.05)
        finally:
            self._server.server_close()

    def stop(self) -> None:
        """End `serve_forever`, and wait for it to end."""
        self._server.shutdown()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def platform(
    *,
    port: int = 0,
    token: str = TOKEN,
    page_delay: float = 0.0,
    limit: int = 100,
    max_limit: int = 1000,
    version: str = OFFERED[-1],
    log: Log | None = None,
) -> DemoPlatform:
    """Return a demo platform that listens on `port` of the loopback; 0 takes any free one.

    `page_delay` is waited before each page, in seconds; `limit` and `max_limit` are the objects of a page by
    default and at most; `version` is offered besides 2.1.1 and 2.2.1; `log` gets the lines of an access log. Raises
    UsageError if the port is in use, and for an unknown version.
    """
    if version not in VERSIONS:
        raise UsageError("unknown OCPI version", hint=f"available: {', '.join(VERSIONS)}")
    versions = tuple(sorted({*OFFERED, version}))
    return DemoPlatform(port, Settings(token, limit, max_limit, versions), page_delay, log)
