"""JSON, and what nearly is JSON, as strategies that yield bytes: everything that platforms and their mistakes send."""

from __future__ import annotations

from hypothesis import strategies as st

NUMBERS = [
    b"0",
    b"-0",
    b"1",
    b"-7",
    b"95.0",
    b"1.000",
    b"-0.10",
    b"1.5",
    b"1E2",
    b"0.1e-400",
    b"12345678901234567890123",
    b"0.12345678901234567",
]
STRINGS = [
    b'""',
    b'"x"',
    b'"caf\xc3\xa9"',
    b'"\\u00e9\\n\\"}{,"',
    b'"\\ud83d\\ude00"',
    b'"2026-01-01T00:00:00Z"',
    b'"#NA"',
]
ODD_NUMBERS = [b"NaN", b"-NaN", b"Infinity", b"1e400", b"-1e400", b"007", b"+1", b".5", b"1.", b"1" * 5000]
ODD_STRINGS = [
    b'"\xff"',
    b'"\xed\xa0\x80"',
    b'"\\ud800"',
    b'"\\ud800\\u0041"',
    b'"a\nb\x00"',
    b'"\\x"',
    b'"\\u12"',
]
NO_VALUES = [b"tru", b"0x10", b"undefined", b"-", b"1 2", b""]
DEEP = [b"[" * 1500 + b"]" * 1500, b'{"a":' * 1500 + b"1" + b"}" * 1500]

good_scalars = st.sampled_from([b"null", b"true", b"false", *NUMBERS, *STRINGS])
scalars = st.one_of(good_scalars, st.sampled_from([*ODD_NUMBERS, *ODD_STRINGS, *NO_VALUES, *DEEP]))
good_names = st.sampled_from([b'"id"', b'"uid"', b'"type"', b'"kwh"', b'"x_y"', b'"\\u0069d"', b'""'])
names = st.one_of(good_names, st.sampled_from([b'"\xff"', b'"\\ud800"', b'"\\x"', b'"#name"']))
blanks = st.sampled_from([b"", b"", b"", b" ", b"\r \t "])


def listed(items: list[bytes], blank: bytes = b"") -> bytes:
    """Return a list of these items."""
    return b"[" + blank + (b"," + blank).join(items) + blank + b"]"


def object_of(members: list[tuple[bytes, bytes]], blank: bytes = b"") -> bytes:
    """Return an object of keys, in quotes, and values."""
    return (
        b"{" + b",".join(blank + key + blank + b":" + blank + value + blank for key, value in members) + b"}"
    )


def nested(leaf: st.SearchStrategy[bytes], keys: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy for values of any shape."""
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(listed, st.lists(inner, max_size=3), blanks),
            st.builds(object_of, st.lists(st.tuples(keys, inner), max_size=3), blanks),
        ),
        max_leaves=6,
    )


good_values = nested(good_scalars, good_names)
values = nested(scalars, names)
