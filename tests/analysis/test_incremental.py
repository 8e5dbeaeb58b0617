"""A query that is analysed again after a change has the plan and the first mistake of a whole analysis."""

from __future__ import annotations

import pytest

from ocpiq.analysis import analyze
from ocpiq.analysis.incremental import IncrementalAnalysis
from ocpiq.errors import OcpiqError
from ocpiq.language import parse
from ocpiq.language.partial import IncrementalParser
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.prompt.field_states import field_states

LINES = [
    "def hours: duration_hours(.end_date_time; .start_date_time);",
    "def twice(f): f | f;",
    "sessions pass start_date_time, end_date_time, kwh, location_id, status, evse_uid",
    '| select(.status == "COMPLETED" and .kwh > 0)',
    "| join locations as $l pass city on .location_id == $l.id",
    "| . as {kwh: $energy} | {id, kwh, hours: hours, city: $l.city, more: twice($energy)}",
    "| aggregate {n: count, kwh: sum(.kwh)} by {city: .city}",
    "| sort by .n desc | limit 10",
]
CHANGES = [
    (LINES[3], "| select(.kwh > 0)"),
    (LINES[2], LINES[2] + ", meter_id"),
    (LINES[5], "| {id, kwh, hours: hours, city: $l.city}"),
    (LINES[7], "| top 3 by .kwh | .city"),
    (LINES[0], "def hours: 1;"),
    (LINES[1], "def twice(f): 2 * f;"),
]
MISTAKES = [
    "sessions | select(.kwh > 1) | .nonsense",
    "sessions | .nonsense | .kwh + 1",
    "sessions | {id, kwh} | .kwh + 1 | unknown",
    "sessions | sort by .kwh | .id",
    "[sessions | .kwh + 1] | length",
    "sessions pass nonsense | .id",
    "sessions | aggregate sum(.kwh) by .status",
    "sessions | map(.kwh)",
    "sessions | sort_by(.kwh + 1)",
    "def f: nonsense; 1",
    "cdrs net | .id",
    "locations | .evses[] | $x",
    "nonsense",
]


def whole(text: str) -> QueryPlan:
    return analyze(parse(text), version="2.2.1", givens=("ARGS",), for_run=False)


def test_the_plan_after_each_change() -> None:
    parser, analysis = IncrementalParser(), IncrementalAnalysis()
    text = "\n".join(LINES)
    for before, after in [("", ""), *CHANGES, *((after, before) for before, after in CHANGES)]:
        text = text.replace(before, after)
        plan = analysis.analyze(parser.parse(text).program(), version="2.2.1", givens=("ARGS",))
        assert (plan, analysis.mistake) == (whole(text), None)


def test_the_fields_after_each_change() -> None:
    """In a query so long that the start of its pipeline is not analysed again."""
    parser, analysis = IncrementalParser(), IncrementalAnalysis()
    text = "\n".join(LINES)
    assert len(parser.parse(text).tokens) > 80
    for before, after in [("", ""), *CHANGES, *((after, before) for before, after in CHANGES)]:
        text = text.replace(before, after)
        program, fresh = parser.parse(text).program(), IncrementalAnalysis()
        analysis.analyze(program, version="2.2.1", givens=("ARGS",))
        fresh.analyze(program, version="2.2.1", givens=("ARGS",))
        assert field_states(analysis.fields) == field_states(fresh.fields) != ()


@pytest.mark.parametrize("text", MISTAKES)
def test_the_first_mistake(text: str) -> None:
    with pytest.raises(OcpiqError) as expected:
        whole(text)
    for analysis in (IncrementalAnalysis(), IncrementalAnalysis()):
        parser = IncrementalParser()
        for start in ("sessions | .id", text):
            try:
                analysis.analyze(parser.parse(start).program(), version="2.2.1", givens=("ARGS",))
            except OcpiqError as error:
                assert error is analysis.mistake
        assert analysis.mistake is not None
        assert (analysis.mistake.message, analysis.mistake.span) == (
            expected.value.message,
            expected.value.span,
        )


def test_what_follows_a_mistake_is_analysed() -> None:
    analysis = IncrementalAnalysis()
    text = "sessions pass kwh | .nonsense | (cdrs pass total_cost) as $c | sort by .x | .y"
    plan = analysis.analyze(parse(text), version="2.2.1")
    assert analysis.mistake is not None
    assert [source.module for source in plan.sources] == ["sessions"]  # cdrs would be pulled again for each


@pytest.mark.parametrize(
    "text", ["sessions | .new = 1 | .kwh", "sessions | .nonsense? // 1", "sessions | try .id"]
)
def test_what_is_no_mistake(text: str) -> None:
    analysis = IncrementalAnalysis()
    assert analysis.analyze(parse(text), version="2.2.1", givens=("ARGS",)) == whole(text)
    assert analysis.mistake is None


def test_what_a_changed_step_read_is_not_demanded_any_more() -> None:
    parser, analysis = IncrementalParser(), IncrementalAnalysis()
    steps = "select(.party_id != null)" + " | select(.party_id != null)" * 5  # enough to be analysed once
    for field in ("kwh", "status", "id"):
        text = (
            f"sessions pass kwh, status | select(.auth_method) | .party_id as $p | {steps} | {{$p, {field}}}"
        )
        plan = analysis.analyze(parser.parse(text).program(), version="2.2.1")
        assert set(plan.sources[0].demand.fields) == {"auth_method", "party_id", field}
