"""Keys of joins: which identifiers are equal."""

from __future__ import annotations

import pytest

from ocpiq.runtime.buffers import id_key

LONG = 10**5000 + 7


@pytest.mark.parametrize(
    ("one", "other"),
    [("NL-ABC", "nl-abc"), (12, "12"), (LONG, f"1{'0' * 4999}7")],
    ids=["case", "number", "long"],
)
def test_equal_identifiers(one: object, other: object) -> None:
    assert id_key(one) == id_key(other)  # type: ignore[arg-type]


@pytest.mark.parametrize("missing", [None, "#NA"])
def test_a_missing_identifier_matches_nothing(missing: str | None) -> None:
    assert id_key(missing) is None
