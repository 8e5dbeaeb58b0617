"""The scope: the functions, variables and labels that a place in a query can use."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from ocpiq.errors import Span
from ocpiq.language import tree
from ocpiq.plan.nodes import Fold, Plan
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import Type


class Definition(Struct, frozen=True):
    """A `def` that is inlined; `home` is the scope where it was written."""

    define: tree.Define
    home: Scope


class Closure(Struct, frozen=True):
    """An argument of a call: an expression with the scope of the caller."""

    body: tree.Expr
    home: Scope


class Recursive(Struct, frozen=True):
    """A recursive `def`: a function in generated code, under a name of the compiler."""

    name: str
    parameters: tuple[str, ...]
    outputs: Outputs


class RecursiveParameter(Struct, frozen=True):
    """A parameter of a recursive `def`."""

    name: str


Binding = Definition | Closure | Recursive | RecursiveParameter


class Variable(Struct, frozen=True):
    """A variable: its name in generated code ("" if the run sets it), its type, and why it is unavailable, if so."""

    name: str
    type: Type
    unavailable: str = ""


class Scope(Struct, frozen=True):
    """The names at one place.

    `repeated` is why this place may be evaluated more than once in a run; `at` is the caller's place in the query while
    the body of a builtin definition is resolved; `folding` is set in the expression of `aggregate`; `quiet` is set
    inside a `try` or a `?`: failures there are intended.
    """

    functions: Mapping[tuple[str, int], Binding]
    variables: Mapping[str, Variable]
    labels: Mapping[str, str]
    repeated: str = ""
    at: Span | None = None
    folding: Folding | None = None
    quiet: bool = False
    may_be_missing: bool = False  # on the left of `//`: a field of another OCPI version is allowed
    imported: str = ""  # the imported module whose text this is; "" for the query itself

    def place(self, node: tree.Node) -> Span:
        """Return the place where errors in `node` are reported."""
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
        """Return this scope as a place that is evaluated more than once, because of `reason` ("" changes nothing)."""
        return structs.replace(self, repeated=self.repeated or reason)

    def plain(self) -> Scope:
        """Return this scope outside of an `aggregate` expression."""
        return structs.replace(self, folding=None)


class Flow(Struct, frozen=True):
    """The input of a whole-stream stage: all outputs of `body`, of type `type`.

    `scope` is the scope of each single output, `after` that of the stage's result; `carried` are the locals that
    accompany each output.
    """

    body: Plan
    outputs: Outputs
    type: Type
    scope: Scope
    after: Scope
    carried: tuple[str, ...]


class Folding(Struct):
    """The expression of an `aggregate` while it is resolved, with the folds of its functions so far."""

    flow: Flow
    folds: list[Fold]
    resolved: dict[
        int, tuple[Plan, Type]
    ]  # by the identity of the call, which may be resolved more than once
