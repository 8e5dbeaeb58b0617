"""A query over a platform whose pages are opened in other processes, while this one pulls them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from ocpiq.errors import Notify, SourceError, ignore, say
from ocpiq.gate import PageBody
from ocpiq.plan import nodes as plan
from ocpiq.plan.partial import Split
from ocpiq.privacy.recipient import Recipient
from ocpiq.query.late_credits import LateCredits
from ocpiq.query.part_format import Query, fingerprint, parts_in_order
from ocpiq.query.pulls import Pulls
from ocpiq.query.received_parts import Finish, ForwardedParts, T, sources_read_again
from ocpiq.query.start import Start, begin
from ocpiq.sources.protocol import Source
from ocpiq.values.types import Value

SAVE: Final = say("save the pages first: ocpiq get, or ocpiq pull --into DIR")


class PulledPages(Struct, frozen=True):
    """The pages of the source that is split, as they are pulled, and all pages of those that each process reads."""

    split: Iterator[PageBody]
    joined: dict[int, list[PageBody]]


RunParts = Callable[[PulledPages], Iterable[bytes]]
"""Runs the parts of pulled pages in other processes; returns the bytes of the parts in their order."""


def check_forwarding(query: Query, sources: Mapping[str, Source], cut: Split) -> None:
    """Raise SourceError for a query whose pages this process must open itself."""
    query_plan = query.plan_for(sources)
    part = query_plan.sources[cut.source]
    if query_plan.own:
        raise SourceError(say("--as reads the objects in another form"), hint=SAVE)
    if isinstance(cut.stage, plan.Take):
        raise SourceError(
            say("`limit` ends the pull as soon as it has its objects"), hint=say("leave out --jobs")
        )
    if sources_read_again(cut).intersection(cut.read_by_each) or (part.net and cut.read_by_each):
        raise SourceError(say("a source would be pulled twice"), hint=SAVE)


def run_forwarded(
    finish: Finish[T],
    query: Query,
    cut: Split,
    sources: Mapping[str, Source],
    forwarded: Iterable[int],
    run_parts: RunParts,
    *,
    variables: Mapping[str, Value],
    notify: Notify,
    recipient: Recipient | None,
    start: Start | None,
) -> Iterator[T]:
    """Yield what `finish` makes of the parts; the pages of the sources `forwarded` are opened in other processes.

    Raises what `Query.run` raises.
    """
    values = query.metadata.values(variables)
    query_plan = query.plan_for(sources)
    query.check_recipient(recipient)
    numbers = tuple(forwarded)
    pulls = Pulls(query_plan, sources, values, notify, start or begin(), recipient, forwarded=numbers)
    query.warn_of_totals(query_plan, notify, sources)
    mark = fingerprint(query, query_plan, values, recipient, start)
    late = LateCredits(
        query,
        query_plan,
        cut,
        values,
        lambda: Pulls(query_plan, sources, values, ignore, start or begin(), recipient),
    )

    def parts() -> Iterator[bytes]:
        joined = {number: list(pulls.forward(number)) for number in numbers if number != cut.source}
        yield from run_parts(PulledPages(pulls.forward(cut.source), joined))

    version = query.version_of(sources)
    received = ForwardedParts(query_plan, cut, parts_in_order(parts(), mark), version, notify, late)
    yield from finish(query, cut, pulls, received, values, notify)
