"""What the names of a query mean at one place: functions, variables, labels."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from ocpiq.errors import Span
from ocpiq.language import tree
from ocpiq.plan.nodes import Fold, Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import Type


class Definition(Struct, frozen=True):
    """A `def` whose body takes the place of a call; `home` is where it was written."""

    define: tree.Define
    home: Scope


class Closure(Struct, frozen=True):
    """An argument of a call: text of the caller, with the meaning that it has there."""

    body: tree.Expr
    home: Scope


class Recursive(Struct, frozen=True):
    """A `def` that calls itself: it stays a function, by the compiler's name."""

    name: str
    parameters: tuple[str, ...]
    outputs: Outputs


class RecursiveParameter(Struct, frozen=True):
    """A parameter inside a `def` that stays a function."""

    name: str


Binding = Definition | Closure | Recursive | RecursiveParameter


class Variable(Struct, frozen=True):
    """A variable: the compiler's name and what is known of it; `gone` says why it is no longer to be had."""

    name: str
    type: Type
    gone: str = ""


class Scope(Struct, frozen=True):
    """The names at one place.

    `repeated` says what lets this place be evaluated more than once in a run; `at` is the caller's place in the
    query while the body of a builtin definition is resolved; `folding` is set in the expression of `aggregate`;
    `quiet` is inside of a `try` or a `?`, which say that what fails is meant to.
    """

    functions: Mapping[tuple[str, int], Binding]
    variables: Mapping[str, Variable]
    labels: Mapping[str, str]
    repeated: str = ""
    at: Span | None = None
    folding: Folding | None = None
    quiet: bool = False
    imported: str = ""  # the module that this is written in, if it is not the query itself

    def place(self, node: tree.Node) -> Span:
        """Return where errors in `node` are shown."""
        return self.at or node.span

    def with_function(self, name: str, arity: int, binding: Binding) -> Scope:
        """Return this scope with one more function."""
        return structs.replace(self, functions={**self.functions, (name, arity): binding})

    def with_variable(self, name: str, variable: Variable) -> Scope:
        """Return this scope with one more variable."""
        return structs.replace(self, variables={**self.variables, name: variable})

    def with_label(self, name: str, unique: str) -> Scope:
        """Return this scope with one more label."""
        return structs.replace(self, labels={**self.labels, name: unique})

    def again(self, reason: str) -> Scope:
        """Return this scope as a place that is evaluated more than once, for `reason`; an empty one changes nothing."""
        return structs.replace(self, repeated=self.repeated or reason)

    def plain(self) -> Scope:
        """Return this scope outside of an `aggregate` expression."""
        return structs.replace(self, folding=None)


class Flow(Struct, frozen=True):
    """What a whole-stream stage gets from its left: all outputs of `body`, of type `kind`.

    `scope` is known beside each of them, `after` once they were taken together; `carried` are the locals that belong
    to each of them.
    """

    body: Plan
    outputs: Outputs
    type: Type
    scope: Scope
    after: Scope
    carried: tuple[str, ...]


class Folding(Struct):
    """The expression of an `aggregate` while it is resolved: what the functions in it fold, and where."""

    flow: Flow
    folds: list[Fold]
    found: dict[int, tuple[Plan, Type]]  # by the identity of the call, which may be resolved more than once
