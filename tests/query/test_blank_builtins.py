"""Every builtin with a blank as input and as each argument, bare and inside values: it follows its table entry."""

from __future__ import annotations

import pytest

from ocpiq.analysis.builtins import BUILTINS, Builtin
from ocpiq.errors import CompileError, OcpiqError, PrivacyError, RunError
from ocpiq.plan.blanks import Blanks
from ocpiq.plan.types import STRING
from ocpiq.query import compile
from ocpiq.sources import memory
from ocpiq.values.blank import Blank
from ocpiq.values.types import Value

SENT = {"sessions": [{"id": "s1", "kwh": 7, "cdr_token": {"uid": "secret"}}]}
BARE, ITEM, MEMBER, DEEPER = "$s.kwh", "[$s.kwh]", "{a: $s.kwh}", "[[$s.kwh]]"
FORMS = {
    BARE: set(Blanks) - {Blanks.MOVES},
    ITEM: {Blanks.REFUSES, Blanks.ITEMS},
    MEMBER: {Blanks.REFUSES, Blanks.ITEMS},
    DEEPER: {Blanks.REFUSES},
}
"""What refuses each form of a value that is or holds a blank."""

USED = {
    "halt",
    "halt_error",
    "input",
    "inputs",
    "debug",
    "stderr",
    "input_line_number",
}  # they act on the run
NAMED = sorted(builtin for builtin in BUILTINS if builtin[0][0] not in "_" and builtin[0] not in USED)


def uses(builtin: Builtin) -> list[tuple[int, Blanks]]:
    """Return each operand's place, -1 for the input, and what the table says of it."""
    found = [(number, builtin.of_argument(number)) for number in range(builtin.arity)]
    return [(-1, builtin.blanks), *found] if builtin.reads else found


def queries(builtin: Builtin, place: int, value: str) -> tuple[str, str]:
    """Return a call with `value` in one place: where the path is known, and where it is not."""
    bound = "sessions as $s | [1] as $fine | "
    hidden = f"({value} | walk(.)) as $hidden | "
    return bound + call(builtin, place, value), bound + hidden + call(builtin, place, "$hidden")


def call(builtin: Builtin, place: int, value: str) -> str:
    """Return a call with `value` in one place, and something harmless in the others."""
    operands = [value if number == place else "$fine" for number in range(-1, builtin.arity)]
    arguments = "; ".join(operands[1:])
    return f"{operands[0]} | {builtin.name}" + (f"({arguments})" if arguments else "")


CASES = [
    pytest.param(
        BUILTINS[key], place, blanks, value, id=f"{key[0]}/{key[1]} {'input' if place < 0 else place} {value}"
    )
    for key in NAMED
    for place, blanks in uses(BUILTINS[key])
    for value in FORMS
]


@pytest.mark.parametrize(("builtin", "place", "blanks", "value"), CASES)
def test_a_builtin_follows_its_entry(builtin: Builtin, place: int, blanks: Blanks, value: str) -> None:
    known, hidden = queries(builtin, place, value)
    refused = blanks in FORMS[value]
    assert refused_while_compiling(known) == refused, known
    assert refused_while_running(hidden) == refused, hidden


def refused_while_compiling(query: str) -> bool:
    try:
        compile(query)
    except PrivacyError:
        return True
    return False


def refused_while_running(query: str) -> bool:
    """Tell whether a query is refused, even where all errors are caught."""
    try:
        list(compile(f"({query})?").run(sources=memory(SENT)))
    except PrivacyError:
        return True
    return False


@pytest.mark.parametrize("key", NAMED, ids=["{}/{}".format(*key) for key in NAMED])
@pytest.mark.parametrize("value", FORMS)
def test_no_builtin_turns_a_blank_into_a_value(key: tuple[str, int], value: str) -> None:
    """A builtin that moves blanks returns the blank, its type, or a fact about its container."""
    builtin = BUILTINS[key]
    for place, blanks in uses(builtin):
        if blanks in FORMS[value]:
            continue
        for query in queries(builtin, place, value):
            try:
                found = list(compile(query).run(sources=memory(SENT)))
            except (RunError, CompileError):
                continue
            assert not [text for item in found for text in texts(item) if "#NA" in text], query


def texts(value: Value) -> list[str]:
    """Return the strings in a value: a blank is none."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if isinstance(value, dict):
        return [text for name, item in value.items() for text in (name, *texts(item))]
    return [value] if isinstance(value, str) and not isinstance(value, Blank) else []


def test_the_default_refuses() -> None:
    assert Builtin("new", 1, STRING).blanks is Blanks.REFUSES
    assert Builtin("new", 1, STRING).of_argument(0) is Blanks.REFUSES
    assert OcpiqError in PrivacyError.__mro__
    assert RunError not in PrivacyError.__mro__  # what `try` catches
