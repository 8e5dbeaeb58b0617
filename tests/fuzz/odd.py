"""Odd values, and programs for every builtin and operator that take them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ocpiq import compile
from ocpiq.values.numbers import LARGEST, LiteralNumber
from ocpiq.values.types import Value


def nested(levels: int, key: str | None = None) -> Value:
    """Return a value with so many levels."""
    value: Value = 1
    for _ in range(levels):
        value = [value] if key is None else {key: value}
    return value


DIGITS = "1" * 5000
NUMBERS: list[Value] = [
    *(0, -0.0, 1, -1, 0.5, 1.5, 3, math.nan, math.inf, -math.inf, 1e300, -1e300, 5e-324),
    *(2**53 + 1, 2**64, 10**400, -(10**400), 10**4300 - 1, LiteralNumber(LARGEST, DIGITS)),
]
TEXTS: list[Value] = [
    *("", "a", "abc", "é", "\ud800", "\udce9x", "\x00", "1", "nan", "inf", "-1e999", "1_0", "٣", DIGITS),
    *("2026-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "0001-01-01T00:00:00Z", "0001-01-01", "1e5"),
    *("2026-13-41T25:61:61Z", "%", "%Z%5000Y", "%s%e%k%G%V%j", "%Y-%m-%dT%H:%M:%SZ", "gx", "(?i", "a|"),
    *("(", "[", "(?<a>b)|x*", "\\", "Europe/Amsterdam", "../etc/passwd", "month", "hour", "x/y", "sessions"),
]
CONTAINERS: list[Value] = [
    *([], [[]], [None], [1, "a"], [math.nan], [math.inf, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5, 6, 7]),
    *([2026, 0, 1, 0, 0, 0, 0, 0], [1e300] * 8, [-1e300] * 6, [10**400] * 6, ["a", "b"], [[1, 2], [3]]),
    *(["a", ["b"]], [[[0], 1], [[0]]], [{"key": "a", "value": 1}], {}, {"a": 1}, {"start": 0, "end": 1}),
    *({"start": math.nan, "end": None}, {"start": 10**400, "end": -(10**400)}, {"key": 1, "value": 2}),
    *({"excl_vat": "x"}, {"excl_vat": "1e400"}, {"incl_vat": []}, {"before_taxes": 10**400, "taxes": []}),
    {"before_taxes": "inf", "taxes": [{"amount": "-inf"}]},
    {"before_taxes": 1, "taxes": [{"amount": math.nan}, {"amount": "1e400"}, {"amount": "-1e400"}]},
    *(nested(3000), nested(3000, "a")),
]
VALUES: list[Value] = [None, True, False, *NUMBERS, *TEXTS, *CONTAINERS]

WITHOUT_END = {"halt/0", "halt_error/0", "halt_error/1", "until/2", "combinations/1"}  # or without a result
OPERATORS = [". + $a", ". - $a", ". * $a", ". / $a", ". % $a", ". == $a", ". < $a", ". <= $a", "-."]
PATHS = [
    *(".[$a]", ".[$a:$b]", ".[$a] = $b", ".[$a] |= $b", ".[$a:$b] = $c", "del(.[$a])", "del(.[$a:$b])"),
    *("path(getpath($a))", ".. |= $a", "[paths] | length", ".[$a]?, has($a)?", "{($a): .}", ".[]"),
]
STAGES = [
    "(., $a) | aggregate [count, sum(.), avg(.), min(.), max(.), first(.), last(.), any(.), all(.)]",
    "(., $a) | aggregate [stddev(.), median(.), quantile(.; 0.5), count_distinct(.), collect(.)]",
    "(., .) | aggregate quantile(.; $a)",
    *("(., $a) | aggregate count by {k: .}", "(., $a) | sort by . desc", "(., $a) | distinct by ."),
    *("(., $a) | limit $b", "(., $a) | top $b by ."),
]
OTHERS = [
    *('"x\\(.)y\\($a)"', '@csv "\\(.)"', '@uri "\\(.)\\($a)"', "[., $a] | sort, unique, min, max, add"),
    *("@sh, @html, @base64, @base64d", "@base32, @base32d, @tsv, @json, @text, @urid", "tojson | fromjson"),
    *("foreach .[] as [$x, $y] (0; . + $x; $y)", "reduce .[] as {a: $x} (0; . + $x)", "limit($a; .[])"),
    *("if . then $a else $b end", "try error(.) catch .", "limit(3; range(.; $a; $b))", "IN($a), inside($a)"),
    *(". as [$x, {a: $y}] ?// $x | [$x, $y]", "[tostream] | fromstream(.[])", "group_by(.) | .[0]"),
]


def calls() -> Iterator[str]:
    """Yield a call of every builtin, with variables as its arguments."""
    for name, _, arity in (text.rpartition("/") for [text] in ([each] for each in builtins())):
        arguments = "; ".join(f"${letter}" for letter in "abcd"[: int(arity)])
        yield f"{name}({arguments})" if arguments else name


def builtins() -> list[str]:
    """Return the names of all builtins that end."""
    found = next(compile("builtins").run())
    assert isinstance(found, list)
    return sorted(name for name in map(str, found) if name not in WITHOUT_END)


PROGRAMS = [*calls(), *OPERATORS, *PATHS, *STAGES, *OTHERS]
