"""The list of suggestions, as it is drawn."""

from __future__ import annotations

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from ocpiq.prompt.completer import QueryCompleter
from ocpiq.prompt.suggestion import Surroundings
from ocpiq.schema import modules


def drawn(text: str, *, asked: bool = True) -> list[tuple[str, str]]:
    completer = QueryCompleter(lambda: Surroundings("2.2.1", modules("2.2.1")))
    found = completer.get_completions(Document(text), CompleteEvent(completion_requested=asked))
    return [(each.display_text, each.display_meta_text) for each in found]


def test_the_states_of_fields_stand_one_below_the_other() -> None:
    assert drawn("sessions | .cdr_token.") == [
        (".country_code", "CiString(2)   open"),
        (".party_id", "CiString(3)   open"),
        (".uid", "CiString(36)  blanked"),
        (".type", "TokenType     open"),
        (".contract_id", "CiString(36)  blanked"),
    ]
    assert drawn("sessions | .kwh")[0] == (".kwh", "number  blanked")


@pytest.mark.parametrize(
    ("text", "some"), [("sessions ", False), ("(", False), ("", False), ("s", True), (".", False)]
)
def test_nothing_is_offered_unasked_before_a_letter_is_written(text: str, some: bool) -> None:
    assert bool(drawn(text, asked=False)) == some
