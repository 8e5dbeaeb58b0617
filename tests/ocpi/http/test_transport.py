"""Answers as they come over the wire: what is read whole, what is refused, what httpx does not get to see."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.faults import zstd
from support.platforms import Platform, Response, serving

from ocpiq import ocpi
from ocpiq.ocpi.http.client import HttpResponse
from ocpiq.ocpi.http.decoders import BrokenCodingError, decode_body
from ocpiq.ocpi.http.failures import Failure, Subject
from ocpiq.ocpi.http.head_guard import BrokenHeadersError, HeadersTooLargeError, HeadGuard

CDRS = Subject("cdrs")
Send = Callable[[bytes], object]


@contextmanager
def wire(serve: Callable[[Send, threading.Event], object]) -> Iterator[str]:
    """Serve one connection: read a request, then let `serve` send; yield a URL."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def work() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(1 << 16)
                    serve(connection.sendall, over)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        over.set()
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    thread.join()


def got(serve: Callable[[Send, threading.Event], object], bounds: ocpi.Bounds | None = None) -> HttpResponse:
    with wire(serve) as url, ocpi.HttpClient(bounds=bounds) as connection:
        return connection.get(url, {}, CDRS)


def failed(
    serve: Callable[[Send, threading.Event], object], bounds: ocpi.Bounds | None = None
) -> tuple[str, int]:
    """Return what is said of an answer that is not taken, without the place, and how often it may be tried again."""
    with (
        wire(serve) as url,
        ocpi.HttpClient(bounds=bounds) as connection,
        pytest.raises(Failure) as caught,
    ):
        connection.get(url, {}, CDRS)
    return caught.value.message.replace(url[7:-1], "HOST"), caught.value.retries


OK = b"HTTP/1.1 200 OK\r\n"
TWO = b"Content-Length: 2\r\n\r\n[]"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1;x=y\r\n]\r\n"
MANY = b"".join(b"X-%d: y\r\n" % number for number in range(2000))
WHOLE = {
    "1xx answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 20
    + b"HTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n"
    + OK
    + TWO,
    "1xx answers in two lines": b"HTTP/1.1 102 P\n\n" + OK + TWO,
    "2,000 headers": OK + MANY + TWO,
    "100 KB of headers": OK + b"X: " + b"y" * ((100 << 10) - 60) + b"\r\n" + TWO,
    "a header of blanks": OK + b"X:" + b" " * 64_000 + b"\r\n" + TWO,
    "a folded header": OK + b"X: a\r\n" + b" b\r\n" * 1000 + TWO,
    "no length": OK + b"\r\n[]",
    "chunks": OK + CHUNKS + b"0\r\n\r\n",
    "chunks and trailers": OK + CHUNKS + b"0\r\nX: y\r\n" + b"Y: z\r\n" * 1000 + b"\r\n",
    "characters in the body that no header may have": OK + b"Content-Length: 6\r\n\r\n[]\x00\x0b\x0c\r",
}


@pytest.mark.parametrize("sent", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("piece", [1 << 20, 777])
def test_responses_that_are_read_completely(sent, piece):
    def serve(send: Send, over: threading.Event) -> None:
        for start in range(0, len(sent), piece):
            send(sent[start : start + piece])

    answer = got(serve)
    assert (answer.status, answer.body[:2]) == (200, b"[]")
    assert "x-1999" in answer.headers or sent is not WHOLE["2,000 headers"]


TOO_MUCH = ("cdrs: HOST sends more than 100 kB of headers", 0)
NOT_HTTP = ("cdrs: HOST sends headers that are not HTTP", 0)
BLANKS = b" " * 64_000
REFUSED = {
    "one long header": (OK + b"X: " + b"y" * (100 << 10) + b"\r\n" + TWO, TOO_MUCH),
    "many headers": (OK + b"X: y\r\n" * 20_000 + TWO, TOO_MUCH),
    "without an end": (OK + b"X: " + b"y" * (300 << 10), TOO_MUCH),
    "many 1xx answers": (b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 10_000 + OK + TWO, TOO_MUCH),
    "trailers": (OK + CHUNKS + b"0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", TOO_MUCH),
    "a chunk's line": (OK + CHUNKS + b"1;" + b"x" * (100 << 10) + b"\r\n", TOO_MUCH),
    "blanks and NUL": (OK + b"X:" + BLANKS + b"\x00\r\n" + TWO, NOT_HTTP),
    "blanks and a line end": (OK + b"X:" + BLANKS + b"\r\r\n" + TWO, NOT_HTTP),
    "blanks and a tab": (OK + b"X:" + BLANKS + b"\x0b\r\n" + TWO, NOT_HTTP),
    "folded blanks": (OK + b"X:\r\n" + b" \r\n" * 20_000 + b" \x0c\r\n" + TWO, NOT_HTTP),
    "blanks in trailers": (OK + CHUNKS + b"0\r\nX:" + BLANKS + b"\x00\r\n\r\n", NOT_HTTP),
    "blanks in a 1xx answer": (b"HTTP/1.1 100 C\r\nX:" + BLANKS + b"\x00\r\n\r\n" + OK + TWO, NOT_HTTP),
}


@pytest.mark.parametrize(("sent", "said"), REFUSED.values(), ids=REFUSED)
def test_failures_that_are_not_retried(sent, said):
    assert failed(lambda send, over: send(sent)) == said


def dripping(beginning: bytes, piece: bytes) -> Callable[[Send, threading.Event], None]:
    """Send a piece every 50 ms, without an end."""

    def serve(send: Send, over: threading.Event) -> None:
        send(beginning)
        while not over.wait(0.05):
            send(piece)

    return serve


DRIPPING = {
    "headers": dripping(OK, b"X: y\r\n"),
    "a header": dripping(OK + b"X: ", b"y"),
    "1xx answers": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a chunk's line": dripping(OK + CHUNKS + b"1;", b"x"),
    "trailers": dripping(OK + CHUNKS + b"0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize("serve", DRIPPING.values(), ids=DRIPPING)
def test_a_dripping_response_is_abandoned(serve):
    assert failed(serve, ocpi.Bounds(first=0.4, idle=0.4)) == ("cdrs: HOST does not answer in time", 1)


def test_a_body_with_pauses_is_read():
    def serve(send: Send, over: threading.Event) -> None:
        send(OK + b"Content-Length: 12\r\n\r\n")
        for _ in range(12):
            send(b" ")
            over.wait(0.1)

    assert got(serve, ocpi.Bounds(first=0.5, idle=0.5)).body == b" " * 12


def test_closing_ends_pending_requests():
    caught: list[BaseException] = []
    with wire(lambda send, over: over.wait(20)) as url, ocpi.HttpClient() as connection:

        def work() -> None:
            try:
                connection.get(url, {}, CDRS)
            except Failure as failure:
                caught.append(failure)

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.3)
        connection.close()
        thread.join(10)
    assert len(caught) == 1


# ---------------------------------------------------------------- what httpx does not get to see


def test_cookies_are_not_kept():
    answer = Response(b"[]", headers={"Set-Cookie": "a=b; Path=/"})
    with serving(Platform(special={"x": lambda _: answer})) as platform, ocpi.HttpClient() as connection:
        for _ in range(2):
            connection.get(f"{platform.url}/x", {}, CDRS)
    assert [request.headers.get("cookie") for request in platform.requests] == [None, None]


@pytest.mark.parametrize("location", ["http://[", "//:0:0/", "http://other.example:99999/"])
def test_a_redirect_to_no_address(location):
    answer = Response(b"", 302, {"Location": location})
    with (
        serving(Platform(special={"x": lambda _: answer})) as platform,
        ocpi.HttpClient() as connection,
        pytest.raises(Failure, match="the token is not sent there") as caught,
    ):
        connection.get(f"{platform.url}/x", {}, CDRS)
    assert (caught.value.status, len(platform.requests)) == (302, 1)


TARGETS = {
    "/a%2fb/../c;d?x=%zz&y=[1]&z='q'": "/a%2fb/../c;d?x=%zz&y=[1]&z='q'",
    '/ä b"<>': "/%C3%A4%20b%22%3C%3E",
    "?offset=5": "/?offset=5",
    "/" + "a" * 60_000: "/" + "a" * 60_000,
}


@pytest.mark.parametrize(("given", "sent"), TARGETS.items(), ids=[name[:20] for name in TARGETS])
def test_path_and_query_go_out_as_a_link_has_them(given, sent):
    lines: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server, ocpi.HttpClient() as connection:

        def work() -> None:
            there, _ = server.accept()
            with there, there.makefile("rb") as file:
                lines.append(file.readline())
                while file.readline().strip():
                    pass
                there.sendall(OK + TWO)

        thread = threading.Thread(target=work)
        thread.start()
        connection.get(f"http://127.0.0.1:{server.getsockname()[1]}{given}", {}, CDRS)
        thread.join()
    assert lines == [f"GET {sent} HTTP/1.1\r\n".encode()]


def test_no_log_holds_path_query_or_token(caplog):
    caplog.set_level(logging.INFO)
    answer = Response(b"[]")
    with serving(Platform(special={"secret": lambda _: answer})) as platform, ocpi.HttpClient() as connection:
        connection.get(f"{platform.url}/secret?token=abc", {"Authorization": "Token abc"}, CDRS)
    assert "secret" not in caplog.text
    assert "abc" not in caplog.text


@pytest.mark.parametrize(
    "host", ["a" * 70 + ".example", "a" * 300, "a..b", "ä" * 60 + ".example", "x_y.invalid"]
)
def test_an_impossible_host_name(host):
    with ocpi.HttpClient() as connection, pytest.raises(Failure) as caught:
        connection.get(f"http://{host}/", {}, CDRS)
    assert caught.value.message in (
        "cdrs: the platform's address is not a URL",
        f"cdrs: host {host} not found",
    )


# ---------------------------------------------------------------- content codings


def packed(name: str, body: bytes) -> bytes:
    """Return a body in one coding."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return {
        "gzip": lambda: gzip.compress(body),
        "deflate": lambda: zlib.compress(body),
        "raw deflate": lambda: compressor.compress(body) + compressor.flush(),
        "br": lambda: brotli.compress(body),
        "zstd": lambda: zstd.compress(body),
    }[name]()


BODY = bytes(range(256)) * 5000
CODED = {
    "gzip": ("gzip", packed("gzip", BODY)),
    "x-gzip, in capitals": (" X-GZIP ", packed("gzip", BODY)),
    "gzip in members": ("gzip", packed("gzip", BODY[:99]) + packed("gzip", b"") + packed("gzip", BODY[99:])),
    "gzip and rubbish after it": ("gzip", packed("gzip", BODY) + b"rubbish"),
    "deflate": ("deflate", packed("deflate", BODY)),
    "raw deflate": ("deflate", packed("raw deflate", BODY)),
    "br": ("br", packed("br", BODY)),
    "zstd": ("zstd", packed("zstd", BODY)),
    "zstd in frames": ("zstd", packed("zstd", BODY[:99]) + packed("zstd", BODY[99:])),
    "two": ("br, gzip", packed("gzip", packed("br", BODY))),
    "identity": ("identity", BODY),
    "identity and gzip": ("identity, gzip", packed("gzip", BODY)),
    "none": ("", BODY),
    "an unknown one": ("aws-chunked", BODY),
    "too many": (", ".join(["gzip"] * 6), BODY),
}


@pytest.mark.parametrize(("codings", "body"), CODED.values(), ids=CODED)
@pytest.mark.parametrize("size", [1, 5000, 1 << 22])
def test_a_body_is_unpacked_from_pieces_of_any_size(codings, body, size):
    if size == 1:
        body = body if len(body) < 50_000 else body[:0]
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    assert b"".join(decode_body(pieces, codings, lambda size: None)) in (BODY, b"")


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_body_in_another_coding_is_broken(name):
    with pytest.raises(BrokenCodingError):
        list(decode_body(iter([b'{"data": [] }' * 10]), name, lambda size: None))


def test_a_zstd_window_larger_than_http_allows_is_refused():
    options = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    maker = zstd.ZstdCompressor(options=options)
    body = b"".join(maker.compress(b"x" * (1 << 20)) for _ in range(64)) + maker.flush()
    with pytest.raises(BrokenCodingError):
        list(decode_body(iter([body]), "zstd", lambda size: None))


# ---------------------------------------------------------------- the guard


PIECES = (
    *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 C\r\n\r\n", b"Transfer-Encoding: chunked\r\n", b"X: y\r\n"),
    *(b"3\r\nabc\r\n", b"0\r\n", b"a;b\r\n", b"\r\n", b"\n", b"\r", b"\x00"),
)


def guard_state(sent: bytes, size: int) -> object:
    """Return the state of a guard after bytes that arrive `size` at a time."""
    guard = HeadGuard()
    try:
        for start in range(0, len(sent), size):
            guard.feed(sent[start : start + size])
    except (BrokenHeadersError, HeadersTooLargeError) as error:
        return type(error)
    return guard.reader, guard.size, guard.skipped, guard.buffered


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join), st.integers(1, 9))
def test_the_guard_does_not_depend_on_the_size_of_the_pieces(sent, size):
    assert guard_state(sent, size) == guard_state(sent, 1 << 20)
