"""`net` in parts: whatever part has a credit CDR and the CDR that it cancels, the results are those of one run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ocpiq.errors import IncompleteError, OcpiqError, PrivacyError, RunError
from ocpiq.query import compile
from ocpiq.query.parts import merge
from ocpiq.sources import memory
from ocpiq.values.json.codec import encode

Json = dict[str, Any]
LOCATIONS = [{"id": "L1", "city": "Gent"}, {"id": "L2", "city": "Brugge"}]
TOTALS = [
    "count",
    "count(.total_energy > 3)",
    "sum(.total_energy)",
    "sum(.total_cost | excl_vat)",
    "avg(.total_energy)",
    "min(.total_energy)",
    "max(.total_cost | excl_vat)",
    "median(.total_energy)",
    "quantile(.total_energy; 0.9)",
    "stddev(.total_energy)",
    "count_distinct(.id)",
    "count_distinct([.total_energy])",
    "collect(.id)",
    "collect([.remark])",
    "collect(.total_cost)",
    "collect(.)",
    "first(.id)",
    "last(.id)",
    "any(.total_energy > 3)",
    "all(.total_energy > 3)",
]
PIPELINES = [
    "",
    "select(.party_id) | ",
    ". as $c | $c | ",
    "(., empty) | ",
    ". + {} | ",
    "sort by .total_energy | ",
    ". as $c | sort by -.total_energy | $c | ",
    "join (locations pass city) as $l on .remark == $l.id | select($l.city != 1) | ",
]
GROUPS = ["", " by .country_code", " by {c: .country_code, r: .remark}"]
SHOWS = [
    "pass total_energy, total_cost, remark",
    "pass .",
    "only country_code, credit, total_energy, total_cost, remark, party_id",
    "only country_code, party_id, id, credit, credit_reference_id, total_energy, total_cost, remark",
]
numbers = st.integers(-8, 40).map(lambda number: number / 4) | st.integers(-(2**70), 2**70)


@st.composite
def cdrs_and_credits(draw: st.DrawFn) -> list[Json]:
    """Draw CDRs and credits, some twice; a credit may spell the id in another case, or its CDR may not be there."""
    listed = list[Json]()
    for number in range(draw(st.integers(0, 6))):
        cdr: Json = {
            "country_code": draw(st.sampled_from(["NL", "BE"])),
            "party_id": "ABC",
            "id": f"C{number}",
            "total_cost": {"excl_vat": draw(numbers)} | draw(st.sampled_from([{}, {"incl_vat": -1.5}])),
            "total_energy": draw(numbers),
            "remark": draw(st.sampled_from(["L1", "L2", "é"])),
        }
        listed += [cdr] * draw(st.sampled_from([0, 1, 1, 1, 2]))
        credit: Json = {
            **cdr,
            "id": f"C{number}-C",
            "credit": True,
            "credit_reference_id": cdr["id"].lower() if draw(st.booleans()) else cdr["id"],
            "total_cost": {name: -amount for name, amount in cdr["total_cost"].items()},
        }
        listed += [credit] * draw(st.sampled_from([0, 1, 1, 2]))
    return draw(st.permutations(listed))


def results(run: Iterator[Any]) -> list[Any]:
    found = list[Any]()
    try:
        for value in run:
            found.append(encode(value))
    except (RunError, PrivacyError, IncompleteError) as error:
        found += [type(error), str(error)]
    return found


@settings(max_examples=300, deadline=None)
@given(
    cdrs_and_credits(),
    st.lists(st.integers(0, 12), max_size=4),
    st.lists(st.sampled_from(TOTALS), min_size=1, max_size=3),
    st.sampled_from(PIPELINES),
    st.sampled_from(GROUPS),
    st.sampled_from(SHOWS),
)
def test_parts_give_what_one_run_gives(
    cdrs: list[Json], cuts: list[int], totals: list[str], pipeline: str, groups: str, shows: str
) -> None:
    names = [f"t{number}: {total}" for number, total in enumerate(totals)]
    try:
        query = compile(f"cdrs net {shows} | {pipeline}aggregate {{{', '.join(names)}}}{groups}")
    except OcpiqError:
        return  # such as `only` without the id that a total reads
    whole = memory({"cdrs": cdrs, "locations": LOCATIONS})
    expected = results(query.run(sources=whole))
    places = [0, *sorted(min(cut, len(cdrs)) for cut in cuts), len(cdrs)]
    slices = [cdrs[start:end] for start, end in pairwise(places)]

    def merged() -> Iterator[Any]:
        parts = [
            query.partial(memory({"cdrs": part, "locations": LOCATIONS}), number=number, of=len(slices))
            for number, part in enumerate(slices)
        ]
        yield from merge(query, parts, memory({"locations": LOCATIONS}))

    assert results(merged()) == expected
