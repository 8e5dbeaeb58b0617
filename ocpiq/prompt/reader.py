"""Parses and analyses the text at the prompt, once for colours, completion, the bottom line and fixes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, cast

from msgspec import Struct

from ocpiq.analysis.context import Handler
from ocpiq.analysis.incremental import IncrementalAnalysis
from ocpiq.errors import OcpiqError, Span
from ocpiq.language import tree
from ocpiq.language.partial import IncrementalParser, PartialParse
from ocpiq.plan.types import Type
from ocpiq.prompt.parameters import accepted
from ocpiq.prompt.suggestion import Surroundings
from ocpiq.query import Query
from ocpiq.query.imports import Folders
from ocpiq.storage import folders

REMEMBERED: Final = 64  # results for one of the last texts

Result = TypeVar("Result")


class Analysed(Struct, frozen=True):
    """A query, as far as it can be resolved, its first error, and its paths and keys with their types."""

    query: Query | None
    mistake: OcpiqError | None
    fields: tuple[tuple[Span, Type], ...] = ()


class QueryReader:
    """Parses and analyses one text after another: only what follows the first change, and each text once."""

    def __init__(self) -> None:
        self._parser = IncrementalParser()
        self._analysis = IncrementalAnalysis()
        self._results: dict[Hashable, object] = {}

    def parse(self, text: str) -> PartialParse:
        """Parse a text as far as possible. Raises nothing."""
        return self._parser.parse(text)

    def analyze(
        self, program: tree.Program, context: Surroundings, handlers: Mapping[type, Handler] | None = None
    ) -> Analysed:
        """Analyse a program as a run would, and on after an error; `handlers` replace some. Raises nothing."""
        analyze = partial(self._analysis.analyze, handlers=handlers)
        library = Folders(context.library, context.home or Path.cwd(), folders.jq_startup())
        try:
            query = Query(
                program,
                None if context.own else context.version,
                accepted(program, context.variables),
                library,
                *context.zones,
                context.version if context.own else None,
                context.own,
                analyze=analyze,
            )
        except OcpiqError as error:
            return Analysed(None, error, tuple(self._analysis.fields))
        return Analysed(query, self._analysis.mistake, tuple(self._analysis.fields))

    def once(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """Return the result of `make` for this key, which is made once while it is among the last ones."""
        if key in self._results:
            result = self._results.pop(key)
        else:
            result = make()
            while len(self._results) >= REMEMBERED:
                del self._results[next(iter(self._results))]
        self._results[key] = result
        return cast(Result, result)
