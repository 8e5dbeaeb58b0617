"""The Python API: what it exports, and how it is used."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import ocpiq
import ocpiq.query
from ocpiq.sources import memory

SESSIONS = [{"id": "1", "kwh": 2, "currency": "EUR"}, {"id": "2", "kwh": 4.5, "currency": "EUR"}]


def test_the_public_names() -> None:
    assert ocpiq.__all__ == [
        "BLANK",
        "CompileError",
        "IncompleteError",
        "OcpiqError",
        "PlatformError",
        "PrivacyError",
        "RunError",
        "UsageError",
        "__version__",
        "compile",
        "demo",
        "files",
        "merge",
        "platform",
        "snapshot",
    ]


def test_compile_has_every_parameter_of_the_inner_one() -> None:
    assert inspect.signature(ocpiq.compile) == inspect.signature(ocpiq.query.compile)
    query = ocpiq.compile("$x | day", variables=["x"], zone="Europe/Amsterdam")
    assert list(query.run(variables={"x": "2026-01-31T23:30:00Z"})) == ["2026-02-01"]


def test_definitions_of_a_file_are_there_where_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "mine.jq").write_text("def twice: . * 2;")
    assert list(ocpiq.compile("twice", startup=tmp_path / "mine.jq").run(4)) == [8]


def test_a_query_on_a_value() -> None:
    query = ocpiq.compile(".a + $x", variables=["x"])
    assert list(query.run({"a": 1}, variables={"x": 2})) == [3]
    assert list(query.run({"a": "p"}, variables={"x": "q"})) == ["pq"]


def test_a_query_on_inputs() -> None:
    assert list(ocpiq.compile(".[]").run(inputs=iter([[1, 2], [3]]))) == [1, 2, 3]


def test_what_is_not_passed_is_blank() -> None:
    query = ocpiq.compile("sessions | {id, kwh}")
    assert query.modules == ("sessions",)
    assert next(query.run(sources=memory({"sessions": SESSIONS}))) == {"id": "1", "kwh": ocpiq.BLANK}


def test_files_are_sources(tmp_path: Path) -> None:
    (tmp_path / "s.ndjson").write_text('{"id": "1", "kwh": 2}\n{"id": "2", "kwh": 4.5}\n')
    query = ocpiq.compile("sessions pass kwh | aggregate {n: count, kwh: sum(.kwh)}")
    assert list(query.run(sources=ocpiq.files({"sessions": tmp_path / "s.ndjson"}))) == [{"n": 2, "kwh": 6.5}]


def test_the_demo_in_a_fresh_interpreter() -> None:
    """`ocpiq.demo` is a function of the API and a package as well."""
    program = (
        "import ocpiq; d = ocpiq.demo(version='2.1.1'); e = ocpiq.demo();"
        "print(next(ocpiq.compile('sessions | .id').run(sources=d)), d.version, e.version); d.close()"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "S0000001 2.1.1 2.2.1\n"


def test_one_source_serves_all_modules() -> None:
    query = ocpiq.compile(
        "[locations | .id] as $l | tariffs | aggregate {tariffs: count} | .locations = ($l | length)"
    )
    with ocpiq.demo() as demo:
        assert list(query.run(sources=demo)) == [{"tariffs": 33, "locations": 113}]
        assert list(ocpiq.compile("sessions | limit 1 | .id").run(sources=demo)) == ["S0000001"]


ERRORS = [
    (".a +", ocpiq.CompileError, 3),
    ("sessions | select(.kwh > 1)", ocpiq.PrivacyError, 7),
    ("1 + {}", ocpiq.RunError, 5),
    ("tariffs", ocpiq.UsageError, 2),
]


@pytest.mark.parametrize(("text", "error", "code"), ERRORS)
def test_errors(text: str, error: type[ocpiq.OcpiqError], code: int) -> None:
    with pytest.raises(error) as caught:
        list(ocpiq.compile(text).run(sources=memory({"sessions": SESSIONS})))
    assert caught.value.exit_code == code
    assert isinstance(caught.value, ocpiq.OcpiqError)


def test_importing_is_light() -> None:
    """Neither the client nor the prompt is loaded with the package, nor with a query on plain values."""
    program = (
        "import sys, ocpiq; list(ocpiq.compile('.a').run({'a': 1}));"
        "print([name for name in ('httpx', 'prompt_toolkit', 'lark') if name in sys.modules])"
    )
    warm = [sys.executable, "-c", "import ocpiq; ocpiq.compile('.')"]
    subprocess.run(warm, check=True)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
