"""The syntax tree: the structure of the query text, with the position of every node, before names are resolved.

A `Pipeline` is flat: its items are filters, whole-stream stages, and the binders `as`, `def` and `label`, which
apply to all items to their right. Paths, operator chains and comma lists are flat as well, so a long query makes
a wide tree, not a deep one. There are no cycles, so the garbage collector need not look at the nodes.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ocpiq.errors import Span


class Node(Struct, frozen=True, kw_only=True, gc=False):
    """The base of all nodes: a position in the text."""

    span: Span


def children(node: Node) -> Iterator[Node]:
    """Yield the child nodes, in the order of the text."""
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Node):
                    yield item
                elif isinstance(item, tuple):  # an operator with its operand, a condition with its branch
                    yield from (part for part in item if isinstance(part, Node))


# ---------------------------------------------------------------- terms


class Identity(Node, frozen=True):
    """`.`"""


class Descend(Node, frozen=True):
    """`..`"""


class Number(Node, frozen=True):
    """A number as written: `1`, `1.50`, `1e1000`."""

    text: str


class Text(Node, frozen=True):
    """A string; `format` is `@csv` or another format.

    `parts` are literal texts and interpolated bodies. A string without interpolation has exactly one part.
    """

    parts: tuple[str | Expr, ...]
    format: str | None = None


class Format(Node, frozen=True):
    """`@json` or another format, without a string."""

    name: str  # with the @


class Variable(Node, frozen=True):
    """`$name`, `$__loc__`, `$__prog_args`; `name` is without the `$` and may contain `::`."""

    name: str


class Array(Node, frozen=True):
    """`[body]`; None for `[]`."""

    body: Expr | None


class Entry(Node, frozen=True):
    """One entry of an object: `key: value`; without `: value` (`{name}`, `{$x}`, `{"a b"}`) value is None.

    A bare key (`{name}`, keywords as well) is a Text of one literal part, a computed one (`(…)`) a Paren.
    """

    key: Expr
    value: Expr | None


class Object(Node, frozen=True):
    """`{…}`"""

    entries: tuple[Entry, ...]


class Call(Node, frozen=True):
    """`name` or `name(a; b)`; a bare module name is a Call until names are resolved. `name` may contain `::`."""

    name: str
    arguments: tuple[Expr, ...] = ()


class Paren(Node, frozen=True):
    """`(body)`: a node of its own, because a stage does not reach beyond its body."""

    body: Expr


class Field(Node, frozen=True):
    """The step `.name`, `."name"`, `."x\\(…)"`; `optional` if a `?` follows."""

    name: str | Text  # a Text only if interpolated or formatted
    optional: bool = False


class Index(Node, frozen=True):
    """The step `[key]`."""

    key: Expr
    optional: bool = False


class Slice(Node, frozen=True):
    """The step `[start:end]`."""

    start: Expr | None
    end: Expr | None
    optional: bool = False


class Iterate(Node, frozen=True):
    """The step `[]`."""

    optional: bool = False


class Question(Node, frozen=True):
    """A `?` that belongs to no single step: it catches errors of everything before it in the path."""


Step = Field | Index | Slice | Iterate | Question


class Path(Node, frozen=True):
    """A term with steps: `.a.b[0]` is Path(Identity, …), `f[0]?` Path(Call, …)."""

    base: Expr
    steps: tuple[Step, ...]


class If(Node, frozen=True):
    """`if c then a elif … else b end`; a missing `else` is None."""

    branches: tuple[tuple[Expr, Expr], ...]
    otherwise: Expr | None


class Try(Node, frozen=True):
    """`try body catch handler`."""

    body: Expr
    handler: Expr | None


class Reduce(Node, frozen=True):
    """`reduce source as patterns (start; update)`."""

    source: Expr
    patterns: tuple[Pattern, ...]
    start: Expr
    update: Expr


class Foreach(Node, frozen=True):
    """`foreach source as patterns (start; update; extract)`; a missing extract is None."""

    source: Expr
    patterns: tuple[Pattern, ...]
    start: Expr
    update: Expr
    extract: Expr | None


class Break(Node, frozen=True):
    """`break $label`."""

    label: str


# ---------------------------------------------------------------- operators


class Negate(Node, frozen=True):
    """`-term`."""

    body: Expr


class Chain(Node, frozen=True):
    """Left-associative operators of one level, flat: `first op a op b …`; ops `+ -`, `* / %`, `and`, `or`."""

    first: Expr
    rest: tuple[tuple[str, Expr], ...]


class Compare(Node, frozen=True):
    """`left op right`, op one of `== != < <= > >=`."""

    op: str
    left: Expr
    right: Expr


class Alternatives(Node, frozen=True):
    """`a // b // c`, right-associative, flat."""

    items: tuple[Expr, ...]


class Assign(Node, frozen=True):
    """`left op right`, op one of `= |= += -= *= /= %= //=`."""

    op: str
    left: Expr
    right: Expr


class Comma(Node, frozen=True):
    """`a, b, c`."""

    items: tuple[Expr, ...]


# ---------------------------------------------------------------- binders (items of a Pipeline)


class PatternEntry(Node, frozen=True):
    """`{key: pattern}`, `{$x}`, `{$x: pattern}`; the key is as in Entry, without a pattern a Variable."""

    key: Expr
    pattern: Pattern | None


class VariablePattern(Node, frozen=True):
    """`$x`"""

    name: str


class ArrayPattern(Node, frozen=True):
    """`[p, q]`"""

    items: tuple[Pattern, ...]


class ObjectPattern(Node, frozen=True):
    """`{…}` on the right of `as`."""

    entries: tuple[PatternEntry, ...]


Pattern = VariablePattern | ArrayPattern | ObjectPattern


class Bind(Node, frozen=True):
    """`source as p ?// q |`."""

    source: Expr
    patterns: tuple[Pattern, ...]


class Define(Node, frozen=True):
    """`def name(f; $x): body;`; parameters with a `$` keep it."""

    name: str
    parameters: tuple[str, ...]
    body: Expr


class Label(Node, frozen=True):
    """`label $name |`."""

    name: str


# ---------------------------------------------------------------- sources with clauses


class Treatment(Node, frozen=True):
    """How a passed field is made less exact: `as pseudonym`, `as rounded(0.01)`, `as aggregate`."""

    name: str
    amount: str | None = None  # the number as written


class FieldPath(Node, frozen=True):
    """A literal path in a clause: `tariff.id`, `.` (no names), `"x_depot.name"` (quoted)."""

    names: tuple[str, ...]
    quoted: bool = False
    treatment: Treatment | None = None


class Pass(Node, frozen=True):
    """`pass a, b.c`."""

    paths: tuple[FieldPath, ...]


class Only(Node, frozen=True):
    """`only a, b.c`."""

    paths: tuple[FieldPath, ...]


class Bound(Node, frozen=True):
    """A moment or a period in a clause: `text`, bare or a string, or a `variable` (one of the two is None).

    The words of `7 days ago` are separated by one space.
    """

    text: str | None
    variable: str | None


class Since(Node, frozen=True):
    """`since 2026-01-01`."""

    bound: Bound


class SinceLast(Node, frozen=True):
    """`since last`: what changed since the last delivery."""


class Until(Node, frozen=True):
    """`until $end`."""

    bound: Bound


class During(Node, frozen=True):
    """`during 2026-Q1`."""

    bound: Bound


class Newest(Node, frozen=True):
    """`newest 10`, `newest $n`; one of the two is None."""

    count: int | None
    variable: str | None


class Net(Node, frozen=True):
    """`net`: credit CDRs cancel the CDRs that they refer to."""


Clause = Pass | Only | Since | SinceLast | Until | During | Newest | Net


class Source(Node, frozen=True):
    """`sessions pass kwh since 2026-01-01`: a module with clauses; without any only in a `join`."""

    module: str
    clauses: tuple[Clause, ...]


# ---------------------------------------------------------------- whole-stream stages (items of a Pipeline)


class Key(Node, frozen=True):
    """A sort key: `.kwh desc`; `direction` is `asc`, `desc`, or "" if not written."""

    body: Expr
    direction: str = ""


class Count(Node, frozen=True):
    """The count in `limit 20`, `top $n by …`; one of the two is None."""

    number: int | None
    variable: str | None


class Aggregate(Node, frozen=True):
    """`aggregate body by by`; `by` is None without groups."""

    body: Expr
    by: Expr | None


class SortBy(Node, frozen=True):
    """`sort by a, b desc`."""

    keys: tuple[Key, ...]


class Top(Node, frozen=True):
    """`top 10 by a`."""

    count: Count
    keys: tuple[Key, ...]


class Limit(Node, frozen=True):
    """`limit 20`."""

    count: Count


class Distinct(Node, frozen=True):
    """`distinct by a, b`."""

    keys: tuple[Key, ...]


class Join(Node, frozen=True):
    """`join [each] source as $name on condition`; without `on` (None), OCPI's own keys are used.

    The source is a Source, or a Paren with a pipeline.
    """

    each: bool
    source: Expr
    name: str
    on: Expr | None


Stage = Aggregate | SortBy | Top | Limit | Distinct | Join


class Pipeline(Node, frozen=True):
    """`a | b | c`, at least two items, or one that is a binder's body or a stage."""

    items: tuple[Item, ...]


Expr = (
    Identity
    | Descend
    | Number
    | Text
    | Format
    | Variable
    | Array
    | Object
    | Call
    | Paren
    | Path
    | If
    | Try
    | Reduce
    | Foreach
    | Break
    | Negate
    | Chain
    | Compare
    | Alternatives
    | Assign
    | Comma
    | Pipeline
    | Source
)

Item = Expr | Bind | Define | Label | Stage


# ---------------------------------------------------------------- the whole text


class Import(Node, frozen=True):
    """`import "path" as name {meta};`, `import "path" as $name;`, `include "path";` (`name` None)."""

    path: str
    name: str | None  # with the $ for data
    metadata: Object | None


class Program(Node, frozen=True):
    """A query, or a library (`body` None: definitions only)."""

    module: Object | None  # the metadata of `module {…};`
    imports: tuple[Import, ...]
    definitions: tuple[Define, ...]
    body: Expr | None
