"""A run that is about to hand out its results, as policies and the audit trail see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from ocpiq.app.query_text import QueryText
from ocpiq.errors import Notify, ignore
from ocpiq.values.types import Value

if TYPE_CHECKING:
    from ocpiq.query import Query
    from ocpiq.query.start import Start
    from ocpiq.sources.protocol import Source


class Handout(Struct, frozen=True):
    """A run that is about to fetch and to write.

    `text` is the query as written; `files` are the inputs that it names. `start` is the moment at which the run began;
    `notify` hears warnings.
    """

    text: QueryText
    query: Query
    sources: Mapping[str, Source]
    variables: Mapping[str, Value]
    files: tuple[str, ...]
    is_terminal: bool
    start: Start
    notify: Notify = ignore
