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
        (".country_code", "CiString(2)   shown"),
        (".party_id", "CiString(3)   shown"),
        (".uid", "CiString(36)  blanked"),
        (".type", "TokenType     shown"),
        (".contract_id", "CiString(36)  blanked"),
    ]
    assert drawn("sessions | .kwh")[0] == (".kwh", "number  blanked")


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("sessions ", True),
        ("sessions pass ", True),
        ("sessions pass kwh, ", True),
        ("sessions only ", True),
        ("sessions since ", True),
        ("sessions during ", True),
        ("sessions during last ", True),
        ("sessions since 30 days ", True),
        ("sessions since 31 ", False),
        ("sessions |", True),
        ("sessions | ", True),
        ("sessions pass kwh ", False),
        ("sessions |\n", False),
        ("sessions | {id, ", False),
        ("(", False),
        ("1, ", False),
        ("", False),
        ("s", True),
        (".", False),
        ('"sessions ', False),
        ("# sessions ", False),
        ("sessions newest ", True),
        ("sessions pass kwh as ", True),
        ("sessions pass kwh as rounded(", True),
        ("sessions | . as ", False),
        ("sessions pass status | select(.status == ", True),
        ("sessions pass kwh | select(.kwh == ", False),
        ("sessions | select(", False),
        (":watch ", True),
        (":to ", True),
        (":set ", True),
        (":set vi ", True),
        (":keep ", True),
        (":schema ", True),
        (":schema sessions ", False),
        (":save ", False),
        (":explain ", False),
    ],
)
def test_the_menu_opens_by_itself_where_few_words_can_follow(text: str, some: bool) -> None:
    assert bool(drawn(text, asked=False)) == some
