"""A small OCPI client for tests: the standard library's HTTP, one connection, no help from the product."""

from __future__ import annotations

import base64
import gzip
import http.client
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson

from ocpiq import demo

Reply = tuple[int, dict[str, str], Any]


def base64_of(token: str) -> str:
    return base64.b64encode(token.encode()).decode()


class Client:
    """One keep-alive connection that sends the token; header names of replies are in lower case."""

    def __init__(self, platform: demo.DemoPlatform) -> None:
        self.platform = platform
        self.connection = http.client.HTTPConnection(urlsplit(platform.url).netloc, timeout=20)

    def ask(self, target: str, *, method: str = "GET", body: str | None = None, **headers: str) -> Reply:
        sent = {"Authorization": f"Token {base64_of(self.platform.token)}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, target, body, {name: value for name, value in sent.items() if value})
        response = self.connection.getresponse()
        content = response.read()
        received = {name.lower(): value for name, value in response.getheaders()}
        if received.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        return response.status, received, orjson.loads(content) if content else None

    def pages(self, target: str) -> Iterator[Reply]:
        """Follow the Link headers to the end."""
        following: str | None = target
        while following:
            reply = self.ask(following)
            yield reply
            following = next_target(reply[1])

    def all(self, target: str) -> list[Any]:
        return [each for _, _, envelope in self.pages(target) for each in envelope["data"]]


def next_target(headers: dict[str, str]) -> str | None:
    """Return path and query of the next page."""
    if "link" not in headers:
        return None
    found = re.fullmatch(r'<(http://[^>]+)>; rel="next"', headers["link"])
    assert found
    parts = urlsplit(found[1])
    return f"{parts.path}?{parts.query}"
