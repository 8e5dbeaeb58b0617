"""The engine compared with the real jq: every case of the tables, and generated programs and values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpiq import query
from ocpiq.errors import OcpiqError, RunError
from ocpiq.values.json.codec import to_json
from ocpiq.values.numbers import LiteralNumber
from ocpiq.values.types import Value

OURS_ONLY = {"stages", "helpers"}
"""Tables of features that jq lacks."""

DIFFERENT = {
    '"2015-03-05T23:51:47.5Z" | fromdate': "fractions of a second are read",
    '"2015-03-05T23:51:47+01:00" | fromdate': "offsets are read",
    '"2015-03-05" | fromdate': "a date alone is read",
    '"2015-03-05 23:51", "20150305T235100Z", "Thu, 05 Mar 2015 23:51:00 GMT" | fromdate': "so are others",
    '"2015-03-05T23:51:47.25-0230" | fromdateiso8601': "offsets and fractions are read",
    '0 | strftime("%Z")': "the zone is called UTC, as strflocaltime calls it",
    "[1969,11,31,23,59,59,0,0] | mktime": "the second before 1970 is a moment like any other",
    "9007199254740993 + 0": "integers are exact",
    "9007199254740993 * 3": "integers are exact",
    "[] | try (. + [] |= 5) catch .": "a computed value has no path",
    "0.10000000000000000001 == 0.1": "fractions are compared as doubles",
    "input": "the message of the jq command; the binding says break",
    '"ab" | @base32, (@base32 | @base32d)': "a format of older jq",
    '"!" | @base32d': "a format of older jq",
    "[1, [1]] | map(toarray)": "a builtin of another jq",
    "65 | ascii": "a builtin of older jq",
    '0 | date, dateadd("seconds"; 60), datesub("seconds"; 60)': "builtins of older jq",
    "fromstream([1, 2])": "jq's message tells of its own definition",
    '"İ" | [match("i"; "i").string]': "the letter İ without case is i and a dot; Oniguruma does not fold it",
    '"éé" | [match(""; "g").offset]': "after an empty match jq advances by a byte, into the middle of a character",
    '"\\"\\\\ud800\\"" | fromjson': "half of a pair becomes U+FFFD, as in what platforms send",
    'try -("a" as $x ?// $y | $x) catch .': "in jq ?// also catches errors of the code after its body",
    "[1, 2] | [reduce .[] as $x (0, 10; . + $x)]": "jq loses the input at the second start value",
    '"aab" | test("(?<=a|aa)b")': "lookbehind accepts alternatives of any length",
}
"""Cases with a different result in jq, each with the reason."""


def cases() -> Iterator[object]:
    for path in sorted(Path(__file__).parent.glob("programs/*.txt")):
        if path.stem not in OURS_ONLY:
            for block in path.read_text("utf-8").split("\n\n")[1:]:
                program, *outputs = block.rstrip("\n").split("\n")
                yield pytest.param(program, [line[2:] for line in outputs], id=f"{path.stem}: {program}")


def jq_outputs(program: str, text: str = "null") -> list[object]:
    """Return jq's outputs as values, followed by its error, if any."""
    found: list[object] = []
    try:  # jq's binding would round numbers that its own `tojson` does not
        found.extend(map(exact, jq.compile(f"({program}\n) | tojson").input_text(text)))
    except ValueError as error:
        found.append(error_output(str(error)))
    return found


def exact(text: str) -> object:
    """Return a value with its numbers as text, with all digits."""
    return json.loads(text, parse_float=digits, parse_int=digits)


def without_signed_zeros(found: list[object]) -> object:
    """Return outputs without the sign of zero, which depends on how a value was computed."""
    return exact(re.sub(r"-(0(?:\.0+)?)(?![.0-9])", r"\1", json.dumps(found)))


def digits(text: str) -> list[str]:
    """Return a number as its text, unlike any string."""
    return ["number", text]


def error_output(text: str) -> tuple[str, object]:
    """Return an error in comparable form: jq's binding writes values other than strings with spaces."""
    try:
        return "error", json.loads(text)
    except ValueError:
        return "error", text


def comparable(line: str) -> object:
    """Return an output of a table as jq's binding returns it."""
    if line.startswith("error: "):
        return error_output(line.removeprefix("error: ").removeprefix("(not a string): "))
    return exact(line)


@pytest.mark.parametrize(("program", "expected"), list(cases()))
def test_tables_agree_with_jq(program: str, expected: list[str]) -> None:
    same = list(map(comparable, expected)) == jq_outputs(program)
    assert same != (program in DIFFERENT)


NUMBERS = st.integers(-20, 20) | st.sampled_from(
    [0.5, 2.5, -1.5, 1e3, LiteralNumber(1, "1.000"), LiteralNumber(-200, "-2E+2")]
)
TEXTS = st.text("abAB, 1é😀", max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


def words(text: str) -> list[str]:
    return text.split()


WITHOUT_ARGUMENTS = words("""
    length keys keys_unsorted values nulls booleans numbers strings arrays objects iterables scalars not add any all
    flatten floor sqrt ceil round abs tojson tostring tonumber toboolean type isnan isinfinite isnormal isfinite sort
    unique min max reverse transpose to_entries from_entries ascii_downcase ascii_upcase explode implode trim ltrim
    rtrim first last utf8bytelength tostream paths recurse combinations trunc fabs significand logb frexp modf exp2
    finites normals todate gmtime mktime fromdate fromjson @text @json @html @uri @urid @sh @base64 @base64d @csv @tsv
    error empty .. .[] .[]? env.__none $__loc__
""")
FILTER_ARGUMENT = words("""
    map select sort_by group_by unique_by min_by max_by any all map_values with_entries first last isempty add walk
    paths INDEX IN fromstream debug
""")
PATH_ARGUMENT = words("path del pick")
VALUE_ARGUMENT = words("""
    has contains inside startswith endswith ltrimstr rtrimstr trimstr split join index rindex indices in flatten getpath
    delpaths bsearch test match capture scan splits nth strftime strptime combinations error format
""")
TWO_ARGUMENTS = words("setpath sub gsub range pow fmod ldexp split test limit skip nth")
OPERATORS = words("+ - * / % == != < <= > >= and or // | ,")
UPDATES = words("= |= += -= *= /= //=")
STEPS = st.sampled_from(
    [".", ".a", ".b", ".[0]", ".[-1]", ".[1:]", ".[:1]", ".[]", ".[]?", ".a?", "..", "first", "last", "empty"]
)
PATHS = st.lists(STEPS, min_size=1, max_size=3).map(" | ".join).map("({})".format) | st.tuples(
    STEPS, STEPS
).map("({0[0]}, {0[1]})".format)


def constants() -> st.SearchStrategy[str]:
    return VALUES.map(to_json)


def composed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return programs composed of smaller ones; none of them can run for long."""
    two = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(PATHS, st.sampled_from(UPDATES), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(FILTER_ARGUMENT + VALUE_ARGUMENT), inner).map("{0[0]}({0[1]})".format),
        st.tuples(st.sampled_from(PATH_ARGUMENT), PATHS).map("{0[0]}({0[1]})".format),
        st.tuples(st.sampled_from(TWO_ARGUMENTS), inner, inner).map("{0[0]}({0[1]}; {0[2]})".format),
        inner.map(lambda body: f"[{body}]"),
        inner.map(lambda body: f"try ({body}) catch ."),
        inner.map(lambda body: f"({body})?"),
        inner.map(lambda body: f"-({body})"),
        two.map(lambda pair: f"({pair[0]} as $x | {pair[1]}, $x)"),
        two.map(lambda pair: f"({pair[0]} as [$x] | . as {{a: $y, b: [$z]}} | [$x, $y, $z, ({pair[1]})])"),
        two.map(lambda pair: f"{{a: ({pair[0]}), b: ({pair[1]})}}"),
        two.map(lambda pair: f'"\\({pair[0]})-\\({pair[1]})"'),
        two.map(lambda pair: f"(if {pair[0]} then {pair[1]} else . end)"),
        two.map(lambda pair: f"reduce ({pair[0]}) as $x (0; {pair[1]})"),
        two.map(lambda pair: f"[limit(3; foreach ({pair[0]}) as $x (0; {pair[1]}; [., $x]))]"),
        two.map(lambda pair: f"(label $out | ({pair[0]}), break $out, ({pair[1]}))"),
        two.map(lambda pair: f"(def f(g): g, ({pair[0]}); f({pair[1]}))"),
        st.tuples(st.integers(-1, 3), inner).map(lambda parts: f"[limit({parts[0]}; {parts[1]})]"),
        st.tuples(st.integers(-1, 3), inner).map(lambda parts: f"[skip({parts[0]}; {parts[1]})]"),
    )


PROGRAMS = st.recursive(PATHS | st.sampled_from(WITHOUT_ARGUMENTS) | constants(), composed, max_leaves=6)


def outputs(program: str, value: Value) -> list[object]:
    """Return ocpiq's outputs as `jq_outputs` returns jq's."""
    found: list[object] = []
    try:
        found.extend(exact(to_json(output)) for output in query.compile(program).run(value))
    except RunError as error:
        text = error.value if isinstance(error.value, str) else to_json(error.value)  # type: ignore[arg-type]
        found.append(error_output(text))
    except OcpiqError as error:
        found.append(error_output(error.message))
    return found


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(PROGRAMS, VALUES)
def test_generated_programs_agree_with_jq(program: str, value: Value) -> None:
    ours, of_jq = outputs(program, value), jq_outputs(program, to_json(value))
    assert without_signed_zeros(ours) == without_signed_zeros(of_jq)
