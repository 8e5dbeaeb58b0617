"""The nodes of the plan: a query with every name resolved and the outputs of each node counted. Data without logic.

Definitions are inlined unless they are recursive. Variables have names of the compiler's own. A plan has no cycles, so
the garbage collector need not look at its nodes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from msgspec import Struct

from ocpiq.errors import Span
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import Type
from ocpiq.values.types import Value

RECEIVED = -1  # the number of the source that stands for what the parts of a split run sent


class PlanNode(Struct, frozen=True, kw_only=True, gc=False):
    """The base of all plan nodes."""

    outputs: Outputs = Outputs.ONE
    span: Span | None = None


class Operand(Struct, frozen=True, gc=False):
    """A node whose value is used, with its type."""

    plan: Plan
    type: Type


class Identity(PlanNode, frozen=True):
    """`.`"""


class Constant(PlanNode, frozen=True):
    """A literal value."""

    value: Value


class Local(PlanNode, frozen=True):
    """A variable bound by the query; `name` is the compiler's own."""

    name: str


class RunVariable(PlanNode, frozen=True):
    """A variable that the run sets: `--arg` and the like."""

    name: str


class Field(PlanNode, frozen=True):
    """The field `name` of `.`, whose type is `input`."""

    name: str
    input: Type


class Index(PlanNode, frozen=True):
    """The item of `.` at a computed key."""

    key: Plan


class Slice(PlanNode, frozen=True):
    """The slice of `.`."""

    start: Plan
    end: Plan


class Iterate(PlanNode, frozen=True):
    """Every item of `.`."""


class Pipe(PlanNode, frozen=True):
    """Each output of one part is the input of the next."""

    parts: tuple[Plan, ...]


class Comma(PlanNode, frozen=True):
    """All outputs of one part, then of the next."""

    parts: tuple[Plan, ...]


class Bind(PlanNode, frozen=True):
    """For each output of `source`, bound to `name`, all outputs of `body`."""

    source: Plan
    name: str
    body: Plan


class MakeArray(PlanNode, frozen=True):
    """All outputs of `body` in an array."""

    body: Plan


class MakeObject(PlanNode, frozen=True):
    """An object for each combination of keys and values."""

    entries: tuple[tuple[Plan, Plan], ...]


class Interpolate(PlanNode, frozen=True):
    """A string with computed parts; `format` is `@csv` or another format, `@text` for none."""

    parts: tuple[str | Plan, ...]
    format: str


class Operate(PlanNode, frozen=True):
    """Arithmetic and comparison: `operator` is one of `+ - * / % == != < <= > >=`."""

    operator: str
    left: Operand
    right: Operand


class Logic(PlanNode, frozen=True):
    """`and`, `or`."""

    operator: str
    left: Operand
    right: Operand


class Negate(PlanNode, frozen=True):
    """`-body`; the sign of zero depends on whether the body is `computed`."""

    body: Plan
    computed: bool = False


class Otherwise(PlanNode, frozen=True):
    """`left // right`."""

    left: Operand
    right: Plan


class If(PlanNode, frozen=True):
    """`if condition then … else …`."""

    condition: Operand
    then: Plan
    otherwise: Plan


class Try(PlanNode, frozen=True):
    """`try body catch handler`; without a handler, an error ends the outputs.

    `of_step` marks the `?` of a step, `.a?`: it does not hide that a path continues from a computed value.
    """

    body: Plan
    handler: Plan | None
    of_step: bool = False


class Reduce(PlanNode, frozen=True):
    """`reduce source as $name (start; update)`; `update` may bind the rest of the pattern.

    If the pattern may bind several times for one output of `source`, `update` itself reads and binds `state`.
    """

    source: Plan
    name: str
    start: Plan
    update: Plan
    state: str = ""


class Foreach(PlanNode, frozen=True):
    """`foreach source as $name (start; update; extract)`: `update` reads `state`, binds it, and extracts from it."""

    source: Plan
    name: str
    start: Plan
    update: Plan
    state: str


class Label(PlanNode, frozen=True):
    """`label $name | body`."""

    name: str
    body: Plan


class Break(PlanNode, frozen=True):
    """`break $name`."""

    name: str


class Native(PlanNode, frozen=True):
    """A builtin written in Python, called with `.` and each combination of its arguments' outputs."""

    name: str
    input: Type
    arguments: tuple[Operand, ...]


class Function(PlanNode, frozen=True):
    """A recursive definition, visible in `body`."""

    name: str
    parameters: tuple[str, ...]
    definition: Plan
    body: Plan


class Invoke(PlanNode, frozen=True):
    """A call of a recursive definition, which runs the arguments on inputs of its own."""

    name: str
    arguments: tuple[Plan, ...]


class Parameter(PlanNode, frozen=True):
    """A call of a parameter inside a recursive definition."""

    name: str


class Paths(PlanNode, frozen=True):
    """`path(body)`: the path of each output of `body`, as an array."""

    body: Plan


class Modify(PlanNode, frozen=True):
    """`paths |= update`: sets each path to the first output of `update`; without one, the path is deleted."""

    paths: Plan
    update: Plan


class Scan(PlanNode, frozen=True):
    """The objects of a source. With `net`, the local `weight` is -1 for a credit CDR, else 1.

    If the query reads sealed fields of the source, the local `companion` holds the sealed numbers of each object.
    """

    source: int
    weight: str = ""
    companion: str = ""


class Take(PlanNode, frozen=True):
    """The stage `limit count`: stops after the first outputs of `body`."""

    body: Plan
    count: Plan


class SortKey(Struct, frozen=True):
    """One key of `sort by`; null if its value has no output."""

    value: Operand
    descending: bool


class Sort(PlanNode, frozen=True):
    """The stages `sort by` and `top`: all outputs of `body`, or the first `count`, in the order of the keys.

    `carried` are the locals that accompany each output.
    """

    body: Plan
    keys: tuple[SortKey, ...]
    count: Plan | None
    carried: tuple[str, ...]


class Distinct(PlanNode, frozen=True):
    """The stage `distinct by`: the first output of `body` for each combination of keys."""

    body: Plan
    keys: tuple[Operand, ...]


ADDITIVE: Final = ("count", "sum", "avg")
"""The aggregates that subtract a value with weight -1; the others keep all values until the end."""


class Fold(Struct, frozen=True):
    """One aggregate function of a stage: its name, its argument, the local for its result.

    `label` is its text in the query, for errors; `at` is the second argument of `quantile`. `weight` is the local that
    tells whether a value is added (1) or subtracted (-1); without one, all are added. A total of sealed fields has
    `terms`: the paths of the fields of `source` with their factors, which it takes of the companion of each value.
    """

    function: str
    argument: Operand | None
    result: str
    label: str
    at: Plan | None = None
    weight: str = ""
    terms: tuple[tuple[tuple[str, ...], Fraction], ...] = ()
    source: int = -1


class GroupKey(Struct, frozen=True):
    """One key of the groups: its name in the result, and the local that holds it while the result is built."""

    name: str
    local: str
    value: Operand


class Aggregate(PlanNode, frozen=True):
    """The stage `aggregate`: folds all outputs of `body`; with `keys`, one result per group, sorted by key.

    With totals of sealed fields, `companion` is the local that holds those of each value, and groups of few drivers
    are combined.
    """

    body: Plan
    keys: tuple[GroupKey, ...] | None
    folds: tuple[Fold, ...]
    result: Plan
    companion: str = ""


class JoinKey(Struct, frozen=True):
    """One equality of a join: `left` of `.`, `right` of the joined value; `ids` compare without case."""

    left: Operand
    right: Operand
    ids: bool


class Join(PlanNode, frozen=True):
    """The stage `join`: each output of `body` with its match among the outputs of `right`, in the local `name`.

    `row` is the local that holds a value of `right` while its keys are computed.
    """

    body: Plan
    right: Plan
    row: str
    name: str
    keys: tuple[JoinKey, ...]
    each: bool


class Carry(PlanNode, frozen=True):
    """What a part of a split run sends: each output of `body` in a tuple with the locals `carried`."""

    body: Plan
    carried: tuple[str, ...]


class Gather(PlanNode, frozen=True):
    """What a part of a split run sends for an aggregate: its groups, each with the states of its folds."""

    stage: Aggregate


class Received(PlanNode, frozen=True):
    """What the parts of a split run sent, in their order: outputs with the locals `carried`, or groups."""

    carried: tuple[str, ...] = ()


Plan = (
    Identity
    | Constant
    | Local
    | RunVariable
    | Field
    | Index
    | Slice
    | Iterate
    | Pipe
    | Comma
    | Bind
    | MakeArray
    | MakeObject
    | Interpolate
    | Operate
    | Logic
    | Negate
    | Otherwise
    | If
    | Try
    | Reduce
    | Foreach
    | Label
    | Break
    | Native
    | Function
    | Invoke
    | Parameter
    | Paths
    | Modify
    | Scan
    | Take
    | Sort
    | Distinct
    | Aggregate
    | Join
    | Carry
    | Gather
    | Received
)
