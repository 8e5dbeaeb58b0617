"""A blank may be moved, not used: the uses refused at compile time, those refused at run time, and the moves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from blank_cases import COMPILE_TIME, MOVES, RUN_TIME, SESSION, Moves, Refused

from ocpiq.errors import OcpiqError, PrivacyError
from ocpiq.query import compile
from ocpiq.sources import memory
from ocpiq.values.json.codec import to_json

ONE = "sessions as $s | $s | "
SENT = MappingProxyType({"sessions": [SESSION]})


def outputs(query: str, objects: MappingProxyType[str, list[dict[str, Any]]] = SENT) -> Iterator[Any]:
    return compile(query).run(sources=memory(objects))


def ids(cases: list[Any]) -> list[str]:
    return [case.query for case in cases]


@pytest.mark.parametrize("case", MOVES, ids=ids(MOVES))
def test_moves(case: Moves) -> None:
    decoder, expected, text = json.JSONDecoder(), [], case.outputs
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        expected.append(value)
        text = text[end:]
    assert [json.loads(to_json(value)) for value in outputs(ONE + case.query)] == expected


def refusal(error: PrivacyError, case: Refused) -> tuple[str, str]:
    assert error.span is not None
    assert error.exit_code == 7
    assert error.hint == f"to use it: sessions pass {case.field}"
    return error.message, (ONE + case.query)[error.span.start : error.span.end]


@pytest.mark.parametrize("case", COMPILE_TIME, ids=ids(COMPILE_TIME))
def test_refused_while_compiling(case: Refused) -> None:
    with pytest.raises(PrivacyError) as caught:
        compile(ONE + case.query)
    assert refusal(caught.value, case) == (f"sessions.{case.field} is blanked", case.at)


@pytest.mark.parametrize("case", RUN_TIME, ids=ids(RUN_TIME))
def test_refused_while_running(case: Refused) -> None:
    query = compile(ONE + case.query)
    with pytest.raises(PrivacyError) as caught:
        list(query.run(sources=memory(SENT)))
    assert refusal(caught.value, case) == (f"sessions.{case.field} is blanked", case.at)


@pytest.mark.parametrize("case", COMPILE_TIME, ids=ids(COMPILE_TIME))
def test_the_refusal_is_due_to_the_blank(case: Refused) -> None:
    """The same query is not refused if it passes the field."""
    try:
        list(outputs((ONE + case.query).replace("sessions", f"sessions pass {case.field}", 1)))
    except PrivacyError as error:
        pytest.fail(error.message)
    except OcpiqError:
        pass
