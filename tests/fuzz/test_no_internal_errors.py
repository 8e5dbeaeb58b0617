"""No input is an internal error: programs, values, pages and headers end in a result or an error of ours."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd import PROGRAMS, VALUES
from support.cli import command, own_home
from support.faults import answering
from support.json_texts import listed, names, object_of, values
from support.platforms import TOKEN, Platform, Request, Response, envelope, serving

from ocpiq import compile
from ocpiq.errors import OcpiqError
from ocpiq.ocpi import RetryPolicy
from ocpiq.ocpi.pull import pull
from ocpiq.storage import AccessToken, Login, logins
from ocpiq.values.json.codec import excerpt, to_json, tostring
from ocpiq.values.types import Value

TRIED = 150  # combinations of values for each program
OUTPUTS = 20
SECONDS = 5.0  # a program that goes on for so long is not looked at


class TooLongError(BaseException):
    """Not an Exception, which a run may catch."""


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """End what goes on for ever, where the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except TooLongError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempt(program: str, value: Value, variables: dict[str, Value]) -> None:
    """Run a program and write what it gives; an error of ours is an end like any other."""
    with no_longer_than(SECONDS):
        try:
            for output in islice(
                compile(program, variables=[*variables]).run(value, variables=variables), OUTPUTS
            ):
                to_json(output), tostring(output), excerpt(output)
        except OcpiqError:
            pass


@pytest.mark.parametrize("program", PROGRAMS)
def test_builtins_and_operators_on_odd_values(program: str, capfd: pytest.CaptureFixture[str]) -> None:
    letters = [letter for letter in "abcd" if f"${letter}" in program]
    chance = random.Random(program)
    alone = [[value] for value in VALUES]
    mixed = [chance.choices(VALUES, k=1 + len(letters)) for _ in range(TRIED)]
    for value, *arguments in alone if not letters else mixed:
        attempt(program, value, dict(zip(letters, arguments, strict=True)))


def lines_of(folder: Path) -> list[str]:
    """Return the programs that tests of the language run."""
    texts = (path.read_text("utf-8") for path in sorted(folder.glob("*.txt")))
    return [block.split("\n")[0] for text in texts for block in text.split("\n\n")[1:]]


KNOWN = lines_of(Path(__file__).parents[1] / "codegen" / "programs")
PIECES = [
    *(
        "1e300",
        "1" * 5000,
        "-1",
        "nan",
        "null",
        "{}",
        "[]",
        '"\\u0000"',
        '"\\ud800"',
        ".",
        "..",
        ".[0]",
        ".a",
    ),
    *(
        "$x",
        "empty",
        "error",
        "1e-400",
        "(1,2)",
        "\x00",
        "\ud800",
        "é",
        "as",
        "|",
        "(",
        ")",
        "?",
        "//",
        "?//",
    ),
    *(
        "reduce",
        "foreach",
        "try",
        "catch",
        "sessions",
        "pass kwh",
        "aggregate count",
        "by .a",
        "limit 1",
        "join",
    ),
    *("since 2026-01-01", "during 2026-13", "since 0001-01-01", "until 9999-12-31T23:59:60Z", "since $x"),
    *("newest $x", "0" * 5000, "@csv", "@uri", '"\\(', "$__loc__", "label $f|", "break $f", ".[1e300]", "#"),
    *(
        'import "a" as a;',
        "module {};",
        "module {params: [1]};",
        "def f: f;",
        "\\",
        "round(301)",
        "fixed(300)",
    ),
]
ENDLESS = ("until", "repeat", "while", "recurse", "infinite", "combinations", "range")
NOISY = ("input", "halt", "debug", "stderr")
EDITS = st.lists(
    st.tuples(st.integers(0, 80), st.integers(0, 4), st.sampled_from(PIECES)), min_size=1, max_size=3
)


@given(st.sampled_from(KNOWN), EDITS, st.sampled_from(VALUES), st.sampled_from(VALUES))
@settings(max_examples=400)
def test_programs_that_are_nearly_right(
    program: str, edits: list[tuple[int, int, str]], value: Value, variable: Value
) -> None:
    for place, cut, piece in edits:
        program = f"{program[:place]} {piece} {program[place + cut :]}"
    if not any(word in program for word in (*ENDLESS, *NOISY)):
        attempt(program, value, {"x": variable})


# ---------------------------------------------------------------- pages

CODES = [
    b"1000",
    b'"1000"',
    b"1" * 6000,
    b"-1",
    b"1e400",
    b"1e3",
    b"NaN",
    b"null",
    b"[]",
    b"true",
    b'"\\ud800"',
    b"4300",
]
MEMBERS = st.tuples(
    st.sampled_from([b'"data"', b'"status_code"', b'"status_message"', b'"timestamp"', b'"x"']),
    st.one_of(values, st.sampled_from(CODES)),
)
OBJECTS = st.lists(st.tuples(names, values), max_size=4).map(object_of)
PAGES = st.one_of(
    values,
    st.lists(OBJECTS, max_size=4).map(listed),
    st.lists(OBJECTS, max_size=4).map(b"\n".join),
    st.lists(MEMBERS, max_size=4).map(object_of),
    st.builds(
        lambda objects, code: b'{"data":' + listed(objects) + b',"status_code":' + code + b"}",
        st.lists(OBJECTS, max_size=3),
        st.sampled_from(CODES),
    ),
)
QUERIES = [
    *("sessions", "sessions only id, kwh", "sessions pass . | tojson", "sessions pass kwh | .kwh * 2"),
    *("sessions during 2026-01 pass kwh", "sessions since 2026-01-01", "evses pass ."),
    "sessions pass . | aggregate {n: count, kwh: sum(.kwh)} by {id}",
]


@given(PAGES, st.integers(0, 400), st.sampled_from(QUERIES))
@settings(max_examples=400)
def test_pages_that_are_nearly_right(
    tmp_path_factory: pytest.TempPathFactory, page: bytes, cut: int, query: str
) -> None:
    home = tmp_path_factory.mktemp("pages") / "home"
    home.mkdir()
    saved = home / "page.json"
    saved.write_bytes(page[:cut] if cut < 200 else page)
    module = "locations" if query.startswith("evses") else "sessions"
    found = command(home, ["--source", f"{module}={saved}", "--to", "ndjson", query])
    assert "internal error" not in found.err
    assert found.code in (0, 2, 5, 6, 7, 8)


# ---------------------------------------------------------------- headers

ODD_HEADERS = [
    *("", " ", "a", "\xff", "-1", "0", "1e5", "nan", "9" * 5000, "99999999999999999999", "1, 2", "1,1"),
    *(
        "<>; rel=next",
        '<http://[::1>; rel="next"',
        "<http://x:99999/>; rel=next",
        "<//>; rel=next",
        "<",
        "<<>>",
    ),
    *(
        "<?offset=x>; rel=next",
        "<?offset=" + "9" * 5000 + ">; rel=next",
        '<\xe9>; rel="next"',
        "<a>; rel=next; rel",
    ),
    *("gzip", "br", "zstd", "deflate", "gzip, gzip", "identity", "x-unknown", "text/html", 'a; charset="'),
    *(
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 99 Jan 9999 99:99:99 GMT",
        "http://[::1",
        "//",
        "/x y",
        "mailto:a",
    ),
]
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *(
                "Link",
                "X-Total-Count",
                "X-Limit",
                "X-Count",
                "Content-Encoding",
                "Content-Type",
                "Retry-After",
            ),
            *("Location", "Date", "ETag", "Set-Cookie", "X-RateLimit-Reset", "RateLimit", "X-Api-Version"),
        ]
    ),
    st.sampled_from(ODD_HEADERS),
    max_size=3,
)
STATUSES = st.sampled_from([200, 200, 200, 204, 206, 301, 307, 308, 400, 401, 404, 416, 429, 500, 503])
BODIES = st.sampled_from(
    [envelope([{"id": "S1"}]), envelope([{"id": "S1"}], 1 << 70), b"", b"\x1f\x8b\x08", b"[1]"]
)


@given(STATUSES, HEADERS, BODIES)
@settings(max_examples=60)
def test_headers_that_are_nearly_right(
    tmp_path_factory: pytest.TempPathFactory, status: int, headers: dict[str, str], body: bytes
) -> None:
    def answer(platform: Platform, request: Request) -> Response:
        if len(platform.pulls()) > 1:
            return Response(envelope([]))
        return Response(body, status, headers)

    home = tmp_path_factory.mktemp("headers") / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch, serving(answering(answer)()) as platform:
        patch.setattr(pull, "RetryPolicy", lambda: RetryPolicy(pause=lambda seconds: None))
        endpoints = {"cdrs": (f"{platform.url}/ocpi/2.2.1/cdrs",)}
        with own_home(home):
            token = AccessToken(TOKEN, "base64")
            versions = platform.versions_url
            logins.save(Login("test", versions, token, "2.2.1", endpoints, None, (), ""))
        found = command(home, ["cdrs only id | .id"])
    assert "internal error" not in found.err, found.err
    assert found.code in (0, 6, 8)
    assert [json.loads(line) for line in found.out.splitlines()] in ([], ["S1"])
