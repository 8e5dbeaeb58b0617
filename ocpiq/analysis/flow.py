"""What a whole-stream stage gets from its left, and what it makes of it."""

from __future__ import annotations

from msgspec import Struct

from ocpiq.analysis.plan import Outputs, Plan
from ocpiq.analysis.scope import Scope, Variable
from ocpiq.analysis.types import Type


class Flow(Struct, frozen=True):
    """All outputs of `body`, of type `kind`.

    `scope` is known beside each of them, `after` once they were taken together; `carried` are the locals that belong
    to each of them.
    """

    body: Plan
    outputs: Outputs
    kind: Type
    scope: Scope
    after: Scope
    carried: tuple[str, ...]


class Staged(Struct, frozen=True):
    """A stage, resolved; `joined` is the variable that it binds beside each value."""

    plan: Plan
    kind: Type
    joined: tuple[str, Variable] | None = None
