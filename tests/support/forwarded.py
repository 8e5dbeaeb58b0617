"""A platform in memory whose pages are opened in parts, as worker processes do it, but in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from msgspec.structs import replace

from ocpiq.errors import Notify
from ocpiq.gate import Gate, OpenedPage
from ocpiq.ocpi.pull.repeats import RepeatFilter
from ocpiq.privacy.recipient import Recipient
from ocpiq.query.compile_text import compile_recipe
from ocpiq.query.forwarded import PulledPages, run_forwarded
from ocpiq.query.parts import split_of
from ocpiq.query.query import Query
from ocpiq.query.received_parts import finish
from ocpiq.query.start import Start
from ocpiq.runners.job import Job, Task, decode_task, do_part, encode_task, pack_variables
from ocpiq.sources.monitor import monitor_pages
from ocpiq.sources.protocol import Ask
from ocpiq.values.types import Value

REST: Final = 1_000_000  # pages: all that are left


class PagedSource:
    """The bodies of a platform's pages; objects that came before are left out, as a pull does it, if it `repeats`."""

    def __init__(self, bodies: Sequence[bytes], version: str = "2.2.1", *, repeats: bool = True) -> None:
        self.bodies = bodies
        self.version = version
        self.repeats = repeats

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        gate, seen = gate.of_platform("here", self.version), RepeatFilter()

        def opened(body: bytes) -> OpenedPage:
            return gate.page(body, lambda keys: seen.sift(tuple(keys), None, rereading=False).left_out)

        yield from monitor_pages(ask.module, ((opened(body), None) for body in self.bodies), notify)


def run_in_parts(
    query: Query,
    sources: Mapping[str, PagedSource],
    sizes: Sequence[int],
    notify: Notify,
    *,
    sent: list[bytes] | None = None,
    recipient: Recipient | None = None,
    variables: Mapping[str, Value] | None = None,
) -> Iterator[Value]:
    """Yield the results of a query whose pages are opened in parts of `sizes` pages; `sent` gets the bytes."""
    cut = split_of(query, sources)
    assert query.recipe is not None
    numbers = (cut.source, *cut.read_by_each)
    version = query.version_of(sources)
    job = Job(
        recipe=query.recipe,
        module=query.plan_for(sources).sources[cut.source].module,
        whole={},
        version=version,
        variables=pack_variables(dict(variables or {})),
        recipient=recipient,
        now=0,
        of=0,
        platforms={module: {"": version} for module in sources},
        split=cut.source,
    )
    compiled = compile_recipe(job.recipe)

    def run_parts(pulled: PulledPages) -> Iterator[bytes]:
        whole = replace(job, joined=pulled.joined)
        drawn = iter(sizes)
        number = 0
        while True:
            size = next(drawn, REST)
            pages = tuple(islice(pulled.split, size))
            done = do_part(whole, compiled, decode_task(encode_task(Task(number, pages=pages))))
            if sent is not None:
                sent.append(done.data)
            yield done.data
            if done.error is not None:
                raise done.error
            number += 1
            if size == REST:
                return

    arguments: Any = {"variables": variables or {}, "notify": notify, "recipient": recipient}
    yield from run_forwarded(finish, query, cut, sources, numbers, run_parts, start=Start(0), **arguments)
