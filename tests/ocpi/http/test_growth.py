"""Nothing that reads a platform's text takes time by the square of its length.

Four times the text may take four times as long and somewhat more, never sixteen times. What an expression does
is looked at in tests/packaging/test_expressions.py; here are whole functions, and what they call in other libraries.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import h11
import httpx
import pytest

from ocpiq.ocpi import responses
from ocpiq.ocpi.http import client, decoders, link_header, redaction, urls
from ocpiq.ocpi.http.failures import Subject
from ocpiq.ocpi.http.head_guard import HeadGuard
from ocpiq.runtime.builtins.numbers import LITERAL
from ocpiq.values import times
from ocpiq.values.json.reader import parse

SMALL, LARGE = 1 << 14, 1 << 16
SHORT = 0.005  # seconds that no one can tell from noise; what grows by the square takes far longer for 64 KB
TOKEN = "abcdefghij0123456789"
BASE = "http://a.example/x"


def guarded(data: bytes) -> None:
    """Read headers as the transport does: the guard first, then h11."""
    HeadGuard().feed(data)
    reader = h11.Connection(h11.CLIENT, max_incomplete_event_size=100 << 10)
    reader.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(data)
    while reader.next_event() not in (h11.NEED_DATA, h11.PAUSED):
        pass


def headers(text: str) -> None:
    httpx.Response(200, extensions={"headers": []})
    client.merge_headers([(b"Link", text.encode())] * 2)


def unpacked(text: str) -> None:
    list(decoders.decode_body(iter([text.encode()]), "gzip", lambda size: None))


def filled(pattern: str) -> Callable[[int], str]:
    """Return what makes a text of a length: `start|piece|end`, the piece again and again."""
    start, piece, end = pattern.split("|")
    return lambda size: start + piece * (size // len(piece)) + end


SUBJECT = Subject("cdrs", TOKEN)
READERS: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "a Link header": (
        link_header.next_link,
        (
            "|<|",
            "|<>|",
            "<a>|;|",
            "<a>|; |=",
            "<a>|;a|",
            '<a>|;a="|',
            '<a>;a="|\\"|',
            "<a>| |",
            "<a>;| =|",
            '|<a>;a="\\"|',
            "<a>; rel|=|",
            "<a>|;rel|",
            "<|>|",
            "<a>;a=|b|,",
            "<a>|\t;|x",
        ),
    ),
    "a count": (link_header.parse_count, ("|1|x", "|1,|", "| |x", "|,|")),
    "a date in a header": (client.parse_http_date, ("|1 |", "|, |", "Mon, 1 Jan |2|", "|:|", "|-|", "|(|")),
    "headers": (headers, ("|, |", "|é|")),
    "an address": (
        lambda text: (
            urls.resolve(text, BASE),
            urls.redirect_target(text, BASE),
            urls.parameters(BASE + text),
        ),
        (
            "http://|a.|",
            "http://a|̀̕|",
            "//|:|",
            "|../|",
            "|a/../|",
            "?|a=b&|",
            "?|a=None&|",
            "| |",
            "http://[|:|]",
            "?|%|",
            "|/|",
            "|//|",
            "http://|@|",
            "|\\|",
            "|\t|",
        ),
    ),
    "an address that is shown": (
        lambda text: (SUBJECT.shown(text), SUBJECT.host(text), SUBJECT.traced(BASE + text)),
        ("http://a/|%|", "http://a/|%25|", "http://|a|", "http://a?|offset=1&|"),
    ),
    "a platform's words": (
        lambda text: responses.safe_message(text, TOKEN),
        (
            "|a|",
            "|abcdefghij0123456789|",
            "|abcdefgh|",
            "|\\|",
            "|\\u00|",
            "|&amp;|",
            "|&|",
            "|%2|",
            "| |",
            "|…|",
            "|%25|",
            "|abcdefghij012345678|",
            "|İ|",
        ),
    ),
    "a token of one letter again and again": (
        lambda text: redaction.redact(text, "a" * 60),
        ("|a|", "|a|b", "|ab|"),
    ),
    "a moment": (
        times.epoch_us,
        ("2026-01-01| |x", "| |2026-01-01", "2026-01-01T10:00:00.|0|x", "2026-01-01T10:00| |Z"),
    ),
    "a number as text": (LITERAL.fullmatch, ("|1|x", "1.|1|x", "1e|1|x", "|.|")),
    "JSON": (lambda text: parse(text.encode()), ("|1|x", "[|1,|", '"|\\u0041|"', "|[|", "| |x", '"|\\"|')),
    "a version": (responses.normalize_version, ("|1.|x", "|.|", "v1|-d|")),
    "a body that is not packed": (unpacked, ("|a|", "|\x1f\x8b|")),
}
CASES = {f"{name}: {made[:20]}": (read, made) for name, (read, found) in READERS.items() for made in found}


def cost(read: Callable[[object], object], text: object) -> float:
    """Return the processor time of reading a text, the least of three."""
    spent = []
    for _ in range(3):
        began = time.thread_time()
        with suppress(Exception):
            read(text)
        spent.append(time.thread_time() - began)
    return min(spent)


def grows_by_the_square(read: Callable[..., object], make: Callable[[int], object]) -> bool:
    large = cost(read, make(LARGE))
    return large > SHORT and large > 9 * cost(read, make(SMALL))


@pytest.mark.parametrize(("read", "pattern"), CASES.values(), ids=CASES)
def test_text(read, pattern):
    assert not grows_by_the_square(read, filled(pattern))


CHUNKED = "Transfer-Encoding: chunked\r\n\r\n"
HEADS = (
    "X:| |\0\r\n",
    "X:|\t|\r\r\n",
    "X:|\x0b|\r\n",
    "X: |a |\r\n",
    "X: a\r\n| b\r\n|",
    "X:\r\n| \r\n| \x0c\r\n",
    "|X: y\r\n|",
    "|X|: y\r\n",
    "|\r|\n",
    "|content-length: 1\r\n|",
    f"{CHUNKED}|1\r\nx\r\n|",
    f"{CHUNKED}1;| |x\r\n",
    f"{CHUNKED}0\r\nX:| |\0\r\n\r\n",
)


@pytest.mark.parametrize("pattern", HEADS)
@pytest.mark.parametrize("start", ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early\r\n"])
def test_headers(start, pattern):
    make = filled(pattern)
    assert not grows_by_the_square(guarded, lambda size: f"{start}{make(size)}\r\n".encode("latin-1"))


def test_quadratic_growth_is_detected():
    def read(text: str) -> None:
        [text[place:] for place in range(len(text))]

    assert any(
        grows_by_the_square(read, "a".__mul__) for _ in range(9)
    )  # a busy machine slows the short text
