"""The query of a status log: what it takes, and the query that reads what a log needs of it."""

from __future__ import annotations

from typing import Final

from ocpiq.errors import CompileError, Span
from ocpiq.language import parse, tree
from ocpiq.language.printer import unparse

LOCATIONS: Final = "locations"
OWNER: Final = ("country_code", "party_id")  # of a location, since OCPI 2.2
ACCESS: Final = {"2.1.1": ("type",)}  # fields that tell whether a location is public
ACCESS_SINCE_2_2: Final = ("publish", "parking_type")
READ: Final = ("evses.status", "evses.last_updated")
TAKES: Final = "write it as locations, locations pass evses.status, or locations | select(…)"


def log_query(text: str, version: str) -> str:
    """Return the query whose results are the EVSEs with their status, for the query of a status log.

    That is `locations`, with `pass` and `only`, and with `select`. Raises CompileError.
    """
    clauses, selects = _parts(parse(text))
    access = ACCESS.get(version, ACCESS_SINCE_2_2)
    owner = () if version == "2.1.1" else OWNER
    needed = READ
    if any(isinstance(clause, tree.Only) for clause in clauses):
        needed = (*owner, "id", *access, "evses.uid", *READ)
    written = " ".join(unparse(clause) for clause in clauses)
    source = f"{LOCATIONS} {written} pass {', '.join(needed)}"
    place = ", ".join((*owner, *access))
    row = f"{{location_id: .id, {place}}} + (.evses[]? | {{evse_uid: .uid, status, last_updated}})"
    return " | ".join((source, *map(unparse, selects), row))


def _parts(program: tree.Program) -> tuple[tuple[tree.Clause, ...], tuple[tree.Call, ...]]:
    body = program.body
    if program.definitions or program.imports:
        place = (program.definitions or program.imports)[0]
        raise CompileError("a status log takes no definitions", span=place.span, hint=TAKES)
    items = body.items if isinstance(body, tree.Pipeline) else (body,)
    source, *stages = items
    if isinstance(source, tree.Call) and source.name == LOCATIONS and not source.arguments:
        clauses: tuple[tree.Clause, ...] = ()
    elif isinstance(source, tree.Source) and source.module == LOCATIONS:
        clauses = source.clauses
    else:
        raise CompileError("a status log takes locations only", span=_span(source), hint=TAKES)
    for clause in clauses:
        if not isinstance(clause, tree.Pass | tree.Only):
            text = (
                "a status log polls all locations: a window would miss EVSEs whose location does not change"
            )
            raise CompileError(text, span=clause.span, hint=TAKES)
        for path in clause.paths:
            if path.treatment is not None:
                raise CompileError("a status log takes no treatment", span=path.span, hint=TAKES)
    for stage in stages:
        if not (isinstance(stage, tree.Call) and stage.name == "select"):
            raise CompileError(
                "a status log takes select only after locations", span=_span(stage), hint=TAKES
            )
    return clauses, tuple(stage for stage in stages if isinstance(stage, tree.Call))


def _span(node: object) -> Span | None:
    return node.span if isinstance(node, tree.Node) else None


def passes_status(text: str) -> bool:
    """Tell whether the query passes the status of EVSEs: those that are not public are then logged, too."""
    clauses, _ = _parts(parse(text))
    paths = (path for clause in clauses if isinstance(clause, tree.Pass | tree.Only) for path in clause.paths)
    return any(".".join(path.names) in ("", "evses", "evses.status") for path in paths)
