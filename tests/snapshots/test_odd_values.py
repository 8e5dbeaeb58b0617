"""Values of a wrong form in a snapshot: a query says of them what it says of the source, or is refused with a fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import Outcome, command

ODD = {
    "infinity": b"Infinity",
    "minus infinity": b"-Infinity",
    "beyond a double": b"1e400",
    "beyond any number": b"1e1000000000",
    "the largest double": b"1.7976931348623157e+308",
    "not a number": b"NaN",
    "a large integer": b"123456789012345678901234567890",
    "5,000 digits": b"1" * 5000,
    "minus zero": b"-0",
    "an exponent": b"1e2",
    "a small number": b"0.00001",
    "text": b'"1.50"',
    "the text of a blank": b'"#NA"',
    "a lone surrogate": b'"\\ud800"',
    "not UTF-8": b'"\xff"',
    "null": b"null",
    "an empty list": b"[]",
    "a list with null": b'["x",null]',
    "a list in a list": b"[[1]]",
    "an object": b'{"a":1}',
    "an object with a key twice": b'{"a":1,"a":2}',
    "an object with null": b'{"a":null,"b":NaN}',
    "broken": b"tru",
    "broken inside": b'{"a":tru,"b":1}',
    "deep": b"[" * 300 + b"]" * 300,
}
PLACES = {
    "a field": b'{"id":"1","kwh":%s}',
    "a field in a list": b'{"id":"1","charging_periods":[{"tariff_id":%s}]}',
    "a list": b'{"id":"1","charging_periods":%s}',
    "an object": b'{"id":"1","cdr_token":%s}',
    "a vendor's field": b'{"id":"1","x_vendor":%s}',
}
PULLS = [
    "sessions pass charging_periods.tariff_id, cdr_token.uid, x",
    "sessions pass kwh, charging_periods, cdr_token, x",
    "sessions pass .",
    "sessions pass kwh as rounded(0.00002), cdr_token.uid, x",
]
QUERIES = [
    "sessions only kwh",
    "sessions only kwh | .kwh",
    "sessions pass kwh | [.kwh | type, tojson]",
    "sessions pass kwh as rounded(0.00002) | .kwh",
    "sessions only charging_periods.tariff_id",
    "sessions only charging_periods.tariff_id | .charging_periods[]?.tariff_id",
    "sessions pass charging_periods | .charging_periods",
    "sessions only charging_periods",
    "sessions only cdr_token.uid",
    "sessions only cdr_token | .cdr_token",
    "sessions pass x | [..]",
    "sessions only x, kwh",
    "sessions pass .",
    "sessions | to_entries",
]


class Twins:
    """Saved pages, and a snapshot of them."""

    def __init__(self, folder: Path, text: bytes) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.snapshot = folder / "snapshot"
        self.pages = folder / "sessions.json"
        self.pages.write_bytes(b"[" + text.replace(b"x_vendor", b"x") + b',{"id":"2","kwh":1.0}]')

    def run(self, *words: str) -> Outcome:
        return command(self.home, words)

    def pull(self, query: str) -> None:
        query = query.replace(" x", ' "x"')
        done = self.run(
            "pull", "-q", "--source", f"sessions={self.pages}", query, "--into", str(self.snapshot)
        )
        assert done.code == 0, done.err

    def check(self, query: str, *words: str) -> int:
        """Compare what a query says of both; return the exit code."""
        query = query.replace(" x", ' "x"')
        direct = self.run("-q", "--source", f"sessions={self.pages}", query)
        asked = self.run("-q", *words, "--snapshot", str(self.snapshot), query)
        if asked.code == 7 != direct.code:
            assert asked.err.count("\n") == 1
            assert "into another folder)" in asked.err or "--into ANOTHER_DIR)" in asked.err
            return 7
        assert (asked.out, asked.code) == (direct.out, direct.code), (query, asked, direct)
        return asked.code


@pytest.mark.parametrize(
    "place",
    [
        "a field in a list",
        *(pytest.param(place, marks=pytest.mark.slow) for place in PLACES if "in" not in place),
    ],
)
@pytest.mark.parametrize("odd", ODD)
def test_odd_values(tmp_path: Path, odd: str, place: str) -> None:
    for number, pull in enumerate(PULLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        twins = Twins(folder, PLACES[place] % ODD[odd])
        twins.pull(pull)
        codes = [twins.check(query) for query in QUERIES]
        assert 0 in codes


def test_the_refusal_names_the_field_and_the_pull(tmp_path: Path) -> None:
    twins = Twins(tmp_path, b'{"id":"1","charging_periods":[{"tariff_id":{"a":1}}]}')
    twins.pull("sessions")
    done = twins.run("--snapshot", str(twins.snapshot), "sessions only charging_periods.tariff_id")
    assert done.code == 7
    assert done.err == (
        f"error: charging_periods.tariff_id in any form of sessions is not in the snapshot {twins.snapshot}"
        " (ocpiq pull 'sessions pass charging_periods.tariff_id' --into ANOTHER_DIR)\n"
    )


def test_presence_that_is_stored_does_not_show_that_a_field_was_sent(tmp_path: Path) -> None:
    twins = Twins(tmp_path, b'{"id":"1","meter_id":"M"}')
    twins.pull("sessions pass meter_id as present")
    assert [twins.check(f"sessions{clause}") for clause in (" pass meter_id as present", " only id", "")] == [
        0,
        0,
        7,
    ]


@pytest.mark.parametrize("words", [(), ("--jobs", "2")])
def test_odd_values_after_a_pull_again_and_compaction(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Saved pages replace what was stored, and with it which values were blanked for their form."""
    twins = Twins(tmp_path, b'{"id":"1","currency":{"a":1}}')
    twins.pull("sessions")
    queries = ("sessions only currency", "sessions only id", "sessions")
    assert [twins.check(query, *words) for query in queries] == [7, 0, 0]
    assert twins.run("pull", "-q", "--compact", str(twins.snapshot)).code == 0
    assert [twins.check(query, *words) for query in queries] == [7, 0, 0]
    twins.pages.write_bytes(b'[{"id":"1","currency":Infinity},{"id":"2","currency":NaN},{"id":-0}]')
    twins.pull("sessions")
    assert [twins.check(query, *words) for query in queries] == [0, 0, 0]
