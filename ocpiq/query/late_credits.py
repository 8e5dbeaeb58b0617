"""The credit CDRs of `net` that the parts of a run leave for the end: any part may have the CDR that one cancels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Raw
from msgspec.structs import replace

from ocpiq.codegen import Program, Runtime
from ocpiq.errors import ignore
from ocpiq.plan.partial import Split
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.query.credits import CreditRows
from ocpiq.query.part_format import Query
from ocpiq.query.pulls import Pulls
from ocpiq.runtime import part_codec
from ocpiq.values.types import Value


class LateCredits:
    """What the parts left, which is run as one more part once all others were read."""

    def __init__(
        self,
        query: Query,
        query_plan: QueryPlan,
        cut: Split,
        variables: Mapping[str, Value],
        pulls: Callable[[], Pulls],
    ) -> None:
        self._query = query
        self._plan = query_plan
        self._cut = cut
        self._variables = variables
        self._pulls = pulls
        self._credits = CreditRows(None)

    def add(self, packed: Raw) -> None:
        """Take what a part left."""
        left = part_codec.unpack_credits(packed)
        if left is not None:
            self._credits.add(*left)

    def outputs(self) -> Iterator[Value]:
        """Yield the outputs of the plan of the parts; the sources that it joins are read again."""
        if not self._credits:
            return
        pulls, source = self._pulls(), self._cut.source
        shapes = [None if number == source else shape for number, shape in enumerate(pulls.shapes)]
        program = Program(replace(self._plan, body=self._cut.part), shapes)

        def scan(number: int) -> Iterable[Iterable[object]]:
            return (self._credits.credits(),) if number == source else pulls.scan(number)

        runtime = Runtime(iter(()), self._query.library, ignore)
        yield from program.run(None, runtime, self._variables, scan)
