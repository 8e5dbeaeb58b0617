"""A query of the command line, compiled with its settings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from ocpiq.app.query_text import QueryText
from ocpiq.app.settings import QuerySettings
from ocpiq.storage import folders

if TYPE_CHECKING:
    from ocpiq.query import Query
    from ocpiq.schema import OwnForm


def compile_query(
    settings: QuerySettings, text: QueryText, variables: Collection[str], own: Collection[OwnForm] = ()
) -> Query:
    """Compile the query; `import` looks in the folders of -L, else in the folder of the query's file."""
    from ocpiq.query import compile

    return compile(
        text.text,
        version=settings.version,
        variables=tuple(variables),
        library=settings.library,
        home=Path(text.name).parent if text.name else None,
        zone=settings.zone,
        default_zone=settings.default_zone,
        startup=folders.jq_startup(),
        as_version=settings.as_version,
        own=own,
    )
