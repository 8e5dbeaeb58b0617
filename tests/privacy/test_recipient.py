"""A recipient shows its key nowhere."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ocpiq.privacy.recipient import KEY_BYTES, Recipient, key_id_of, new_key


def test_a_new_key_is_32_bytes_and_new() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {KEY_BYTES}


def test_the_id_is_the_beginning_of_the_sha256() -> None:
    assert key_id_of(b"k" * 32) == sha256(b"k" * 32).hexdigest()[:8]


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r:.500}".format])
def test_the_key_is_in_no_repr(show) -> None:
    recipient = Recipient("utrecht", b"SECRETKEY", "0011aabb")
    assert show(recipient) == "Recipient('utrecht', key 0011aabb)"
    assert recipient.__rich_repr__() == [("name", "utrecht"), ("key_id", "0011aabb")]
