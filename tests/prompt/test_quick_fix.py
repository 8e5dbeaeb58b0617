"""F2: the text with its mistake mended, as the mistake's hint says."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.prompt.key_bindings import cursor_after
from ocpiq.prompt.quick_fix import apply_fix, visible_mistake
from ocpiq.prompt.suggestion import Surroundings
from ocpiq.prompt.validator import validate
from ocpiq.schema import modules

look = partial(validate, context=Surroundings("2.2.1", modules("2.2.1"), ("end",)))

MENDED = [
    # a blanked field is passed, at the source that it comes from
    ("sessions | select(.kwh > 50)", "sessions pass kwh | select(.kwh > 50)"),
    ("sessions | select(.kwh > 50", "sessions pass kwh | select(.kwh > 50"),
    ("sessions pass id | .kwh + 1", "sessions pass id, kwh | .kwh + 1"),
    ("sessions pass id since 2026-01-01 | .kwh + 1", "sessions pass id, kwh since 2026-01-01 | .kwh + 1"),
    ("sessions since 2026-01-01 pass id | .kwh + 1", "sessions since 2026-01-01 pass id, kwh | .kwh + 1"),
    ("sessions newest 5 | .kwh + 1", "sessions pass kwh newest 5 | .kwh + 1"),
    ("(sessions) | .kwh + 1", "(sessions pass kwh) | .kwh + 1"),
    ("sessions | .total_cost.excl_vat + 1", "sessions pass total_cost.excl_vat | .total_cost.excl_vat + 1"),
    (
        "sessions pass location_id | join locations as $l on .location_id == $l.id | $l.city + 1",
        "sessions pass location_id | join locations as $l pass city on .location_id == $l.id | $l.city + 1",
    ),
    (
        "sessions pass id | join each sessions as $s on .id == $s.id | $s.kwh + 1",
        "sessions pass id | join each sessions as $s pass kwh on .id == $s.id | $s.kwh + 1",
    ),
    ("sessions only id since 2026-01-01 | .kwh", "sessions only id, kwh since 2026-01-01 | .kwh"),
    # the clause net stays, and reads the fields that it needs
    ("cdrs net | aggregate sum(.total_energy)", "cdrs net pass total_energy | aggregate sum(.total_energy)"),
    (
        "cdrs net since 2026-01-01 | aggregate sum(.total_energy)",
        "cdrs net pass total_energy since 2026-01-01 | aggregate sum(.total_energy)",
    ),
    (
        "cdrs pass total_energy net | aggregate sum(.total_time)",
        "cdrs pass total_energy, total_time net | aggregate sum(.total_time)",
    ),
    ("cdrs net only id | aggregate count", "cdrs net only id, credit | aggregate count"),
    (
        "cdrs net only id, credit | aggregate collect(.id)",
        "cdrs net only id, credit, credit_reference_id | aggregate collect(.id)",
    ),
    ("cdrs nett | aggregate count", "cdrs net | aggregate count"),
    ("cdrs net", None),
    # treatments
    ("cdrs pass start_date_time as monht", "cdrs pass start_date_time as month"),
    (
        "sessions pass kwh as rounded(5) | .cdr_token.uid | length",
        "sessions pass kwh as rounded(5), cdr_token.uid | .cdr_token.uid | length",
    ),
    (
        "(sessions pass kwh as present, id since 2026-01-01) | .cdr_token.uid | length",
        "(sessions pass kwh as present, id, cdr_token.uid since 2026-01-01) | .cdr_token.uid | length",
    ),
    ("sessions only kwh as rounded(5) | .id", "sessions only kwh as rounded(5), id | .id"),
    # the name that was meant
    ("sesions | .id", "sessions | .id"),
    ("sessions | .kwhh | .", "sessions | .kwh | ."),
    ("sessions | {id, kw} | .kw", "sessions | {id, kwh} | .kw"),
    ("sessions pass charging_periods.dimension", "sessions pass charging_periods.dimensions"),
    (
        'sessions pass status | .status == "COMPLETE"',
        'sessions pass status | .status == "COMPLETED"',
    ),
    ("sessions | selct(.id)", "sessions | select(.id)"),
    ("sessions | aggregate summ(.id)", "sessions | aggregate sum(.id)"),
    ("$ed | length", "$end | length"),
    ("sessions pas kwh | .id", "sessions pass kwh | .id"),
    ("sessions | limti 3", "sessions | limit 3"),
    ("sessions\n| distint by .id", "sessions\n| distinct by .id"),
    # one at a time
    ("sessions | .kwhh, .nop", "sessions | .kwh, .nop"),
    # nothing that a rule could do
    ("sessions | .id", None),
    ("sessions | .xyzzy", None),
    ("1 +", None),
    ("1 2", None),
    ('error("did you mean kwh?")', None),
    (":hlp", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "other"), MENDED, ids=[text for text, _ in MENDED])
def test_mended(text: str, other: str | None) -> None:
    assert apply_fix(text, look) == other


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sessions | .kwhh^", "sessions has no field kwhh"),  # no field begins like this
        ("sesions^", "unknown module or function sesions"),
        ('sessions pass status | .status == "COMPLETE"^', "sessions.status is never 'COMPLETE'"),
        ("sessions | select(.kwh^ > 5)", "sessions.kwh is blanked"),
        ("sessions | .nop^", None),  # and none is like this one: it may be a mistake, or half a thought
        ("sessions | .kw^", None),  # may become .kwh
        ("sess^", None),
        ("sessions since 2026-0^", None),
        ("sessions since 2026-01-31T06:^", None),
        ("cdrs during 2026-Q^", None),
        ("sessions during last ^", None),
        ("sessions during this mo^", None),
        ("sessions since 30 ^", None),
        ("sessions until 30 days ^", None),
        ("sessions since 30 days a^", None),
        ("sessions during last ^ | .id", None),
        ("sessions during lost ^", 'unexpected "lost"'),
        ("sessions during last nonsense ^", 'unexpected "last"'),
        ("sessions | 30 days ^", 'unexpected "days"'),
        ("sessions since 2026-0 ^", 'unexpected "2026"; expected a string, a $variable or a date'),
        ("sessions | .nop == 2^", "sessions has no field nop"),
        ("sessions | .id^", None),
        ("sess^ | .id", None),
        ("sess | .id^", "unknown module or function sess"),
    ],
)
def test_the_mistake_that_is_shown(text: str, message: str | None) -> None:
    context = Surroundings("2.2.1", modules("2.2.1"))
    found = visible_mistake(text.replace("^", ""), text.index("^"), look, context)
    assert found.message.startswith(message) if found and message else (not found and not message)


def test_a_fix_that_leaves_the_mistake_is_none() -> None:
    """The path stands between brackets where no clause can stand, so nothing is done."""
    text = "[sessions.kwh + 1]"
    found = look(text).mistake
    assert found is not None and found.hint == "to use it: sessions pass kwh"
    assert apply_fix(text, look) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a^b", "aXb^"),
        ("ab^", "aXb^"),
        ("^ab", "^aXb"),
        ("kwhh^ |", "kwh^ |"),
        ("abcd^e", "a^e"),
        ("ab^c", "ab^c"),
    ],
)
def test_the_cursor_stays_on_its_character(before: str, after: str) -> None:
    texts = before.replace("^", ""), after.replace("^", "")
    expected = after.index("^") if before != "a^b" else 1
    assert cursor_after(*texts, before.index("^")) == expected


@given(st.text("ab|", max_size=8), st.text("ab|", max_size=8), st.integers(0, 8))
def test_the_cursor_stays_within_the_text(before: str, after: str, cursor: int) -> None:
    assert 0 <= cursor_after(before, after, min(cursor, len(before))) <= len(after)
