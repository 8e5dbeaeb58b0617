"""Regular expressions whose pattern comes from data: no length of it may take long."""

from __future__ import annotations

import re

import pytest

from ocpiq import query
from ocpiq.runtime.regex.oniguruma import MAX_LITERALS, SEPARATOR, translate

PATTERNS = {
    "one character": "a" * 2000,
    "two characters": "ab" * 1000,
    "escapes": r"\x61" * 2000,
    "quoted": r"\Q" + "a" * 2000 + r"\E",
    "in a group": "(" + "a" * 2000 + ")",
    "in a lookahead": "(?=" + "a" * 2000 + ")",
    "spaced": "a " * 2000,
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_a_long_text_is_parted(pattern: str) -> None:
    """The search tables of `regex` take time by the square of a string that repeats itself."""
    translated = translate(pattern, spaced=" " in pattern).pattern
    pieces = [re.sub(r"\\x(..)|\\(.)", "a", piece) for piece in translated.split(SEPARATOR)]
    assert len(pieces) > 2000 // MAX_LITERALS
    assert max(map(len, pieces)) <= MAX_LITERALS + len("(?=)")


@pytest.mark.parametrize("length", [MAX_LITERALS - 1, MAX_LITERALS, MAX_LITERALS + 1, 3 * MAX_LITERALS])
@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ('("a" * $n) as $p | ("b" + $p + "b") | [match($p) | .offset, .length]', lambda n: [1, n]),
        ('("a" * $n) as $p | ($p[1:] + "b" + $p) | [match($p) | .offset, .length]', lambda n: [n, n]),
        ('("a" * $n + "+") as $p | ("a" * $n * 2) | [match($p) | .length]', lambda n: [2 * n]),
        ('("a" * $n + "{2}b?") as $p | ("a" * $n + "ab") | [match($p) | .length]', lambda n: [n + 2]),
        ('("a" * $n) as $p | ("b" + $p) | [match("(?<=b)" + $p + "(?<=" + $p + ")").length]', lambda n: [n]),
        ('("A" * $n) as $p | ("a" * $n * 2) | [match($p; "gi") | .offset]', lambda n: [0, n]),
        ('("a" * $n) as $p | [("a" * ($n - 1)) | test($p)]', lambda n: [False]),
        ('("(?<x>" + "a" * $n + ")") as $p | [("a" * $n) | capture($p).x | length]', lambda n: [n]),
    ],
)
def test_a_long_pattern_matches_as_a_short_one(program: str, expected, length: int) -> None:
    compiled = query.compile(program, variables=("n",))
    assert list(compiled.run(variables={"n": length})) == [expected(length)]
