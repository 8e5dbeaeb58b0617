"""A small OCPI platform over real HTTP on the loopback, with a switch for each fault seen in others."""

from __future__ import annotations

import base64
import json
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

ENOUGH = 300  # requests, after which a client goes round in circles
TOKEN = "s3cret-token"
BASE64 = base64.b64encode(TOKEN.encode()).decode()


@dataclass
class Request:
    """What a client sent. `names` has the header names as they came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    names: tuple[str, ...]

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization")


@dataclass
class Response:
    """What is sent back; `cut` sends only so many bytes of the body and ends the connection.

    With `silent`, in seconds, it waits so long before the first byte, or before it ends a connection that was
    cut; with `slow` it sends the body a byte at a time, that far apart. With `early` a 103 response comes first.
    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent: float = 0.0
    slow: float = 0.0
    early: bool = False


def envelope(data: object, code: int = 1000, message: str = "OK", **other: object) -> bytes:
    stamp = f"2026-01-01T00:00:00.{next(clock) % 1000:03}Z"
    body = {"data": data, "status_code": code, "status_message": message, "timestamp": stamp, **other}
    return json.dumps(body).encode()


clock = count()


@dataclass
class Platform:
    """The platform and its switches; the defaults are a correct one."""

    version: str = "2.2.1"
    offered: tuple[str, ...] = ("2.1.1", "2.2.1")
    token_forms: tuple[str, ...] = ("base64",)
    wrong_token: Response = field(default_factory=lambda: Response(b"", 401))
    open_versions: bool = False  # versions and details without a token
    modules: tuple[str, ...] = ("sessions", "cdrs", "locations")
    roles: tuple[str | None, ...] = ("SENDER",)
    credentials: object = None
    objects: list[object] = field(default_factory=lambda: [{"id": f"S{n}"} for n in range(10)])
    cap: int = 4  # objects a page at most
    refuse_above: int | None = None  # limits larger than this get `refusal`
    refusal: Response = field(default_factory=lambda: Response(b'{"detail": "limit"}', 422))
    link: Callable[[Platform, Request, int], str | None] = None  # type: ignore[assignment]
    last_link: str | None = None
    total: Callable[[int], str | None] = str
    ignore_offset: bool = False
    endless: bool = False  # a next link after every page
    slash: bool = False  # 307 to the path with a slash
    needs_date: bool = False
    special: dict[str, Callable[[Request], Response | None]] = field(
        default_factory=dict
    )  # by last part of path
    next: list[Response | None] = field(default_factory=list)  # for a module's next requests; None: as usual
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    url: str = ""

    @property
    def versions_url(self) -> str:
        return f"{self.url}/ocpi/versions"

    def pulls(self) -> list[Request]:
        return [
            request
            for request in self.requests
            if request.path.rstrip("/").rsplit("/", 1)[-1] in self.modules
        ]

    def answer(self, request: Request) -> Response:
        name = request.path.rstrip("/").rsplit("/", 1)[-1]
        if len(self.requests) > ENOUGH:
            return Response(b"", 410)
        special = self.special.get(name)
        response = special(request) if special else None
        if response is not None:
            return response
        discovery = name == "versions" or name in self.offered
        if not (discovery and self.open_versions) and not self.knows(request.token):
            return self.wrong_token
        if name == "versions":
            offers = [{"version": v, "url": f"{self.url}/ocpi/{v}"} for v in self.offered]
            return Response(self.envelope(offers))
        if name in self.offered:
            return Response(self.envelope({"version": name, "endpoints": self.endpoints(name)}))
        if name == "credentials" and self.credentials is not None:
            return Response(self.envelope(self.credentials))
        if name in self.modules:
            return self.module(request)
        return Response(b'{"detail": "Not Found"}', 404)

    def envelope(self, data: object, code: int = 1000, message: str = "OK") -> bytes:
        return envelope(data, code, message)

    def knows(self, sent: str | None) -> bool:
        return sent in [f"Token {BASE64 if form == 'base64' else TOKEN}" for form in self.token_forms]

    def endpoints(self, version: str) -> list[dict[str, str]]:
        entries = []
        for module in (*self.modules, "credentials"):
            for role in self.roles:
                role_member = {} if role is None or version == "2.1.1" else {"role": role}
                entries.append(
                    {"identifier": module, "url": f"{self.url}/ocpi/{version}/{module}", **role_member}
                )
        return entries

    def module(self, request: Request) -> Response:
        if self.slash and not request.path.endswith("/"):
            return Response(b"", 307, {"Location": f"{self.url}{request.path}/?{urlencode(request.query)}"})
        if self.next:
            response = self.next.pop(0)
            if response is not None:
                return response
        limit = int(request.query.get("limit", self.cap))
        if self.refuse_above is not None and limit > self.refuse_above:
            return self.refusal
        if self.needs_date and "date_from" not in request.query:
            return Response(self.envelope(None, 2001, "date_from is required"))
        offset = 0 if self.ignore_offset else int(request.query.get("offset", 0))
        rows = self.objects[offset : offset + min(limit, self.cap)]
        reached = int(request.query.get("offset", 0)) + len(rows)
        headers = {"X-Limit": str(self.cap)}
        total = self.total(len(self.objects))
        if total is not None:
            headers["X-Total-Count"] = total
        last = reached >= len(self.objects) and not self.endless
        link = self.last_link if last else (self.link or good_link)(self, request, reached)
        if link is not None:
            headers["Link"] = link
        return Response(self.envelope(rows), 200, headers)


def good_link(platform: Platform, request: Request, reached: int) -> str:
    query = urlencode({**request.query, "offset": str(reached)})
    return f'<{platform.url}{request.path}?{query}>; rel="next"'


class Server(ThreadingHTTPServer):
    """A server whose clients may go away, or not come to terms with its certificate."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that broke."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def serving(platform: Platform, tls: ssl.SSLContext | None = None) -> Iterator[Platform]:
    """Serve `platform` on a free port of the loopback while the block runs."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one piece, or each answer waits for an acknowledgement

        def setup(self) -> None:
            platform.connections += 1
            super().setup()

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {
                name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            lowered = {name.lower(): value for name, value in self.headers.items()}
            request = Request(parts.path, query, lowered, tuple(self.headers.keys()))
            platform.requests.append(request)
            response = platform.answer(request)
            if response.silent and response.cut is None:
                over.wait(response.silent)
            if response.early:
                self.send_response_only(103)
                self.send_header("Link", '<?offset=8>; rel="next"')
                self.end_headers()
            self.send_response_only(response.status)
            for name, value in {"Content-Type": "application/json", **response.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.send(response)
            self.close_connection = response.cut is not None

        def send(self, response: Response) -> None:
            """Send the body; whoever does not wait for it has gone away."""
            body = response.body[: response.cut]
            with suppress(ConnectionError):
                for byte in body if response.slow else b"":
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    over.wait(response.slow)
                self.wfile.write(b"" if response.slow else body)
                self.wfile.flush()
            if response.silent and response.cut is not None:
                over.wait(response.silent)

        def log_message(self, *args: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    platform.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
