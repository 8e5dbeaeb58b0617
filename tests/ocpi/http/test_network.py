"""Platforms that cannot be reached: each is one clear line, and whether another try makes sense is known."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from contextlib import contextmanager, suppress
from functools import partial

import brotli
import pytest
from support.faults import zstd
from support.platforms import TOKEN, Platform, Response, serving

from ocpiq import ocpi
from ocpiq.errors import PlatformError
from ocpiq.ocpi.http.failures import Failure, Subject

CDRS = Subject("cdrs")


def failure_of(url: str, waits: list[float] | None = None) -> PlatformError:
    retry_policy = ocpi.RetryPolicy(pause=(waits if waits is not None else []).append, spread=0)
    with pytest.raises(PlatformError) as caught:
        ocpi.login(url, TOKEN, retry_policy=retry_policy)
    return caught.value


@contextmanager
def listening(serve):
    """Run `serve` with each connection that a listening socket gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_host_that_does_not_exist():
    error = failure_of("https://no-such-host.invalid/versions")
    assert error.message == "versions: host no-such-host.invalid not found"


def test_a_port_that_nobody_listens_at():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = failure_of(f"http://127.0.0.1:{port}/versions")
    assert error.message == f"versions: 127.0.0.1:{port} refuses connections"


def test_https_at_a_plain_server():
    with serving(Platform()) as platform:
        error = failure_of(platform.versions_url.replace("http:", "https:"))
    assert error.message == f"versions: no secure connection to {platform.url[7:]}"
    assert "plain http" in error.hint


def test_a_server_that_hangs_up_is_tried_again():
    waits: list[float] = []
    with listening(lambda connection: connection.recv(65536)) as place:
        error = failure_of(f"http://{place}/versions", waits)
    assert error.message == f"versions: {place} closed the connection in the middle of a response"
    assert len(waits) == 3


def test_a_server_that_does_not_answer_is_tried_once_more():
    release = threading.Event()
    waits: list[float] = []
    with listening(lambda connection: release.wait(5)) as place:
        with ocpi.HttpClient(bounds=ocpi.Bounds(first=0.1)) as connection, pytest.raises(Failure) as caught:
            connection.get(f"http://{place}/", {}, CDRS)
        release.set()
    assert caught.value.message == f"cdrs: {place} does not answer in time"
    assert (caught.value.retries, caught.value.answered, waits) == (1, False, [])


def test_an_endless_response_is_abandoned():
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n[")
        try:
            while True:
                connection.sendall(b" " * 65536)
        except OSError:
            return

    bounds = ocpi.Bounds(largest=1 << 20)
    with (
        listening(serve) as place,
        ocpi.HttpClient(bounds=bounds) as connection,
        pytest.raises(Failure) as caught,
    ):
        connection.get(f"http://{place}/", {}, CDRS)
    assert caught.value.message == f"cdrs: the response from {place} is larger than 1 MB"
    assert caught.value.retries == 0


def blown_up(coding):
    """Return 256 MB of blanks, packed."""
    blanks = b" " * (1 << 20)
    if coding == "gzip":
        return gzip.compress(blanks) * 256
    if coding == "zstd":
        return zstd.compress(blanks) * 256
    packer = zlib.compressobj(1) if coding == "deflate" else brotli.Compressor(quality=1)
    pack = packer.compress if coding == "deflate" else packer.process
    rest = packer.flush if coding == "deflate" else packer.finish
    return b"".join((*(pack(blanks) for _ in range(256)), rest()))


def blown_up_within() -> bytes:
    """Return a body that gunzips to 512 MB, of which zstd makes nothing: frames that are to be skipped."""
    frame = b"\x50\x2a\x4d\x18" + (1 << 20).to_bytes(4, "little") + bytes(1 << 20)
    maker = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    return b"".join(maker.compress(frame) for _ in range(512)) + maker.flush()


BOMBS = {coding: partial(blown_up, coding) for coding in ("gzip", "deflate", "br", "zstd")}


@pytest.mark.parametrize(("coding", "body"), [*BOMBS.items(), ("zstd, gzip", blown_up_within)])
def test_a_bomb_is_abandoned_before_it_takes_much_memory(coding, body):
    bomb = Response(body(), headers={"Content-Encoding": coding})
    with (
        serving(Platform(special={"cdrs": lambda _: bomb})) as platform,
        ocpi.HttpClient(bounds=ocpi.Bounds(unpacked=1 << 22)) as connection,
    ):
        tracemalloc.start()
        try:
            with pytest.raises(Failure, match="unpacks to more than 200 times its size"):
                connection.get(f"{platform.url}/cdrs", {}, CDRS)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert most < 64 << 20


def dribbling(pieces):
    """Serve an answer without end, piece by piece, at 50 ms each."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n[")
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.05)
        except OSError:
            return

    return serve


def test_a_slow_body_is_abandoned_and_not_retried():
    bounds = ocpi.Bounds(slow_after=0.2, slowest=10_000)
    with (
        listening(dribbling(b" " for _ in range(400))) as place,
        ocpi.HttpClient(bounds=bounds) as connection,
        pytest.raises(Failure) as caught,
    ):
        connection.get(f"http://{place}/", {}, CDRS)
    assert caught.value.message == f"cdrs: {place} sends less than 10 kB per second"
    assert caught.value.retries == 0


def test_a_stalled_body_has_a_shorter_timeout_than_the_first_byte():
    bounds = ocpi.Bounds(first=60, idle=0.1)
    release = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n[")
        release.wait(30)

    with (
        listening(serve) as place,
        ocpi.HttpClient(bounds=bounds) as connection,
    ):
        with pytest.raises(Failure) as caught:
            connection.get(f"http://{place}/", {}, CDRS)
        release.set()
    assert caught.value.message == f"cdrs: {place} does not answer in time"


def endless_head(connection: socket.socket, over: threading.Event) -> None:
    """Send a header now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        connection.sendall(b"X-Y: z\r\n")
        if over.wait(0.1):
            return
    connection.sendall(b"Content-Length: 2\r\n\r\n[]")


def endless_body(connection: socket.socket, over: threading.Event) -> None:
    """Send a blank now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 102\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        if over.wait(0.1):
            return
    connection.sendall(b"[]")


def half_a_body(connection: socket.socket, over: threading.Event) -> None:
    """Send the beginning of a body, and no more."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[")
    if not over.wait(10):
        connection.sendall(b"]")


@pytest.mark.parametrize(
    ("serve", "said"),
    [
        (endless_head, "does not answer in time"),
        (endless_body, "sends less than 10 kB per second"),
        (half_a_body, "does not answer in time"),
    ],
)
def test_every_stalling_platform_is_abandoned_in_time(serve, said):
    over = threading.Event()

    def served(connection: socket.socket) -> None:
        connection.recv(65536)
        with suppress(OSError):
            serve(connection, over)

    retry_policy = ocpi.RetryPolicy(waits=(), most=0.5, least=0.1)
    with listening(served) as place:
        with pytest.raises(PlatformError) as caught:
            ocpi.login(f"http://{place}/cdrs", TOKEN, retry_policy=retry_policy)
        over.set()
    assert caught.value.message == f"cdrs: {place} {said}"
