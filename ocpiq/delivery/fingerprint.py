"""The fingerprint of a query: what decides how its rows look, hashed. Windows and their parameters do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b

from msgspec.structs import asdict

from ocpiq.delivery.state import Fingerprint
from ocpiq.plan import nodes as plan
from ocpiq.plan.dump import plan_text
from ocpiq.plan.query_plan import QueryPlan
from ocpiq.plan.walk import descendants
from ocpiq.privacy.view import ViewNode
from ocpiq.values.json.codec import to_json
from ocpiq.values.types import Value

NAMES = {
    "query": "the query",
    "parameters": "a parameter of the query",
    "recipient": "the recipient or its key",
    "zone": "the time zone",
}


def fingerprint(
    query: QueryPlan, variables: Mapping[str, Value], recipient: tuple[str, str] | None, secret: bytes
) -> Fingerprint:
    """Return the fingerprint of a run; `recipient` has the name and the id of its key."""

    def sealed(text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        return blake2b(data, digest_size=16, key=secret, person=b"ocpiq print").hexdigest()

    views = (line for source in query.sources for line in _view_lines(source.view, source.module))
    used = sorted({node.name for node in descendants(query.body) if isinstance(node, plan.RunVariable)})
    return Fingerprint(
        query=sealed("\n".join((plan_text(query), *views))),
        parameters=sealed(repr([(name, to_json(variables.get(name))) for name in used])),
        recipient=sealed(repr(recipient)),
        zone=sealed(query.zone),
    )


def differences(one: Fingerprint, other: Fingerprint) -> list[str]:
    """Return what differs, in words."""
    return [words for name, words in NAMES.items() if asdict(one)[name] != asdict(other)[name]]


def _view_lines(view: ViewNode, path: str) -> Iterator[str]:
    """Yield a line for each field: how the view shows it."""
    yield f"{path} {view.visibility} {view.treatment or ''}"
    for name, child in view.children.items():
        yield from _view_lines(child, f"{path}.{name}")
