"""Every fault of a platform by name: the objects that come, the exit code, and what is said. Each object once."""

from __future__ import annotations

import re

import pytest
from faults import FAULTS
from misbehaving import BASE64, TOKEN, serving

from ocpiq import ocpi
from ocpiq.errors import OcpiqError, Requested, Warned
from ocpiq.query import compile
from ocpiq.sources.from_platform import PlatformSource
from ocpiq.storage import Login, Token


def login(url: str) -> Login:
    endpoints = {"cdrs": (f"{url}/ocpi/2.2.1/cdrs",)}
    return Login("test", f"{url}/ocpi/versions", Token(TOKEN, "base64"), "2.2.1", endpoints, None, (), "")


@pytest.mark.parametrize("parallel", [None, 1, 4], ids=["as it answers", "one by one", "four at once"])
@pytest.mark.parametrize("name", FAULTS)
def test_fault(name, parallel):
    fault = FAULTS[name]
    since = fault.bounds.get("since")
    query = compile(f"cdrs only id{f' since {since}' if since else ''} | .id")
    heard: list[object] = []
    came, code, error = [], 0, None
    patience = ocpi.Patience(pause=lambda seconds: None, spread=0)
    with (
        serving(fault.platform()) as platform,
        PlatformSource(login(platform.url), patience, parallel=parallel) as source,
    ):
        try:
            for value in query.run(sources={"cdrs": source}, notify=heard.append):
                came.append(value)
        except OcpiqError as failure:
            code, error = failure.exit_code, failure
    said = [notice.message for notice in heard if isinstance(notice, Warned)]
    said += [error.message] if error else []
    assert sorted(map(str, came)) == sorted(fault.ids)
    assert code == fault.code, said
    assert len(said) == len(fault.said), said
    for text, pattern in zip(said, fault.said, strict=True):
        assert re.search(pattern, text), text
    traced = [notice.path for notice in heard if isinstance(notice, Requested)]
    assert len(traced) >= 1
    for text in (*said, *traced):
        assert text.isprintable()
        assert TOKEN not in text
        assert BASE64 not in text
