"""Compile a query, here and again in another process."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ocpiq.language import parse
from ocpiq.query.imports import Folders
from ocpiq.query.query import Query
from ocpiq.query.recipe import Recipe
from ocpiq.schema import OwnForm


def compile(
    text: str,
    *,
    version: str | None = None,
    variables: Collection[str] = (),
    library: Sequence[Path] = (),
    home: Path | None = None,
    zone: str | None = None,
    default_zone: str | None = None,
    startup: Path | None = None,
    as_version: str | None = None,
    own: Collection[OwnForm] = (),
) -> Query:
    """Return the query in `text`, compiled, to be run any number of times.

    `version` is the OCPI version whose fields the paths are checked against; without it, a run checks them against the
    version of its sources;
    `variables` are the names that every run gives values for; `library` are the folders for `import` (default: `home`,
    the folder of the query itself; default of that: the current folder); `zone` is the time zone of days and months
    (default: the query's own, else `default_zone`, else UTC); `startup` is a file of definitions to prepend, as jq's
    `~/.jq`; `as_version` is the OCPI version in whose form objects of every version are read (default: the query's own,
    else each in its own form), and `own` are the forms of the platforms, if they are known before a run. Raises
    CompileError, and PrivacyError if the query uses a field that it does not pass.
    """
    folders = Folders(library, home or Path.cwd(), startup)
    query = Query(parse(text), version, tuple(variables), folders, zone, default_zone, as_version, tuple(own))
    query.recipe = Recipe(
        text,
        version,
        tuple(variables),
        tuple(str(folder.absolute()) for folder in library),
        str((home or Path.cwd()).absolute()),
        zone,
        default_zone,
        None if startup is None else str(startup),
        as_version,
    )
    return query


def compile_recipe(recipe: Recipe) -> Query:
    """Return the query that a recipe is of. Raises what `compile` raises."""
    return compile(
        recipe.text,
        version=recipe.version,
        variables=recipe.variables,
        library=tuple(map(Path, recipe.library)),
        home=Path(recipe.home),
        zone=recipe.zone,
        default_zone=recipe.default_zone,
        startup=None if recipe.startup is None else Path(recipe.startup),
        as_version=recipe.as_version,
    )
