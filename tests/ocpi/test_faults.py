"""Every fault of a platform by name, as a user meets it: the objects printed, the exit code, what is said.

Each object is printed once, nothing that is said has the token in it, and all of it stands in PLATFORMS.md.
"""

from __future__ import annotations

import json
import re

import pytest
from support.cli import Outcome, command, own_home
from support.faults import ANSWERS, DONE, FAILED, FAULTS, INCOMPLETE, PAGING, SILENCE, Fault
from support.platforms import BASE64, TOKEN, serving
from support.platforms_page import as_quoted, quoted

from ocpiq.ocpi import Bounds, RetryPolicy
from ocpiq.ocpi.http import client
from ocpiq.ocpi.pull import pull
from ocpiq.storage import AccessToken, Login, logins

SHORT = Bounds(first=0.4, idle=0.4, slow_after=0.4)
AT_ONCE = {"as it answers": (), "one by one": ("--parallel", "1"), "four at once": ("--parallel", "4")}
LAST = {  # how the last line begins and ends, by exit code
    DONE: r"cdrs: [\d,]+ objects?, \d+ pages?$",
    FAILED: r"error: cdrs: ",
    INCOMPLETE: r"error: cdrs: .*incomplete: \d+( of \d+)? objects came",
}
REQUEST = r"GET /[!-~]*  (HTTP \d+|no answer)(, [\d,]+ objects?)?, [\d.]+ s"
CASES = [
    pytest.param(fault, words, id=f"{name}-{how}")
    for how, words in AT_ONCE.items()
    for name, fault in (PAGING | ANSWERS if words else FAULTS).items()
]


def login(url: str) -> Login:
    endpoints = {"cdrs": (f"{url}/ocpi/2.2.1/cdrs",)}
    return Login(
        "test", f"{url}/ocpi/versions", AccessToken(TOKEN, "base64"), "2.2.1", endpoints, None, (), ""
    )


@pytest.fixture
def waits(monkeypatch):
    """The waits between tries, noted and not waited for."""
    pauses = []
    retry_policy = RetryPolicy(pause=pauses.append)
    monkeypatch.setattr(pull, "RetryPolicy", lambda: retry_policy)
    return pauses


def ocpiq(home, fault: Fault, *words: str) -> Outcome:
    with serving(fault.platform()) as platform:
        with own_home(home):
            logins.save(login(platform.url))
        bounds = {"since": fault.since, "until": fault.until}
        clause = "".join(f" {word} {moment}" for word, moment in bounds.items() if moment)
        return command(home, ["--verbose", *words, f"cdrs only id{clause} | .id"])


@pytest.mark.parametrize(("fault", "words"), CASES)
def test_fault(fault, words, waits, tmp_path, monkeypatch):
    if fault in SILENCE.values():
        monkeypatch.setattr(client, "Bounds", lambda: SHORT)
    home = tmp_path / "home"
    home.mkdir()
    out, err, code, _ = ocpiq(home, fault, *words)
    assert sorted(str(json.loads(line)) for line in out.splitlines()) == sorted(map(str, fault.ids))
    assert code == fault.code, err
    requests = [line for line in err.splitlines() if line.startswith("GET ")]
    lines = [line for line in err.splitlines() if not line.startswith("GET ")]
    assert requests
    assert all(re.fullmatch(REQUEST, line) for line in requests)
    assert re.match(LAST[code], lines[-1]), err
    assert sum(line.startswith("error: ") for line in lines) == (code != DONE)
    said = [line for line in lines if line.startswith(("warning: cdrs: ", "error: cdrs: "))]
    assert len(said) == len(fault.said), err
    for text, pattern in zip(said, fault.said, strict=True):
        assert re.search(pattern, text), text
    page = quoted(next(name for name, entry in FAULTS.items() if entry is fault))
    assert {as_quoted(line) for line in said} <= page
    summaries = [line for line in lines if line not in said]
    assert [line.endswith(", incomplete") for line in summaries] == ([] if code == FAILED else [code != DONE])
    assert sum(waits) < 60
    assert all(line.isprintable() for line in err.splitlines())
    assert TOKEN not in err
    assert BASE64 not in err
