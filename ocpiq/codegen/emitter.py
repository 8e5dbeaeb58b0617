"""Writes the statements of generated functions: blocks, fresh names, and functions that begin where blocks end.

Python allows some twenty nested blocks in a function; a block that would be too deep goes on in a function of its own,
which sets the outer function's names as nonlocal.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct, field

from ocpiq.codegen import pyast
from ocpiq.values.numbers import LiteralNumber

DEEPEST = 15


class Frame(Struct):
    """A function that is being written."""

    body: list[ast.stmt]
    owned: set[str] = field(default_factory=set)
    borrowed: set[str] = field(default_factory=set)
    lent: set[str] = field(default_factory=set)
    yields: bool = False
    outer: Frame | None = None


class Emitter:
    """The place where the next statement goes."""

    def __init__(self) -> None:
        self.frame = Frame([])
        self.block = self.frame.body
        self.depth = 0
        self.constants: dict[str, object] = {}
        self._by_identity: dict[int, str] = {}
        self._names = 0

    def fresh(self, kind: str = "t") -> str:
        """Return a name that nothing has."""
        self._names += 1
        return f"{kind}_{self._names}"

    def constant(self, value: object) -> ast.expr:
        """Return an expression for a value; all but scalars stand in the table of constants."""
        if isinstance(value, str | int | float | None) and type(value) is not LiteralNumber:
            return ast.Constant(value)
        known = self._by_identity.get(id(value))
        if known is None:
            known = self._by_identity[id(value)] = self.fresh("c")
            self.constants[known] = value
        return pyast.name(known)

    def add(self, statement: ast.stmt) -> None:
        """Write a statement."""
        self.block.append(statement)

    def do(self, expression: ast.expr) -> None:
        """Write an expression as a statement."""
        self.block.append(ast.Expr(expression))

    def assign(self, name: str, value: ast.expr) -> None:
        """Write `name = value`; a name belongs to the function that first sets it."""
        if name not in self.frame.owned and name not in self.frame.borrowed:
            holder = self.frame.outer
            while holder is not None and name not in holder.owned:
                holder = holder.outer
            if holder is None:
                self.frame.owned.add(name)
            else:
                self._borrow(name, holder)
        self.add(pyast.assign(name, value))

    def _borrow(self, name: str, holder: Frame) -> None:
        holder.lent.add(name)
        frame: Frame | None = self.frame
        while frame is not None and frame is not holder:
            frame.borrowed.add(name)
            frame = frame.outer

    def named(self, expression: ast.expr) -> ast.expr:
        """Return an expression that may be repeated: the given one, or a fresh name for it."""
        if pyast.simple(expression):
            return expression
        name = self.fresh()
        self.assign(name, expression)
        return pyast.name(name)

    def yield_(self, value: ast.expr) -> None:
        """Write `yield value`."""
        self.frame.yields = True
        self.do(ast.Yield(value))

    @contextmanager
    def into(self, block: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
        """Write into `block`, which belongs to the current function, and come back."""
        outside = self.block
        self.block = block
        try:
            yield block
        finally:
            self.block = outside

    @contextmanager
    def deeper(self, block: list[ast.stmt]) -> Iterator[None]:
        """Write into a nested block; where it would be too deep, into a function that the block calls."""
        if self.depth < DEEPEST:
            self.depth += 1
            with self.into(block):
                yield
            self.depth -= 1
            return
        name = self.fresh("go")
        with self.function([]) as frame:
            yield
        # the function stands in the block itself, so that it sees the names that the block sets
        run = pyast.call(name)
        block.append(self.definition(name, [], frame))
        if frame.yields:
            self.frame.yields = True
            block.append(ast.Expr(ast.YieldFrom(run)))
        else:
            block.append(ast.Expr(run))

    @contextmanager
    def function(self, parameters: list[str]) -> Iterator[Frame]:
        """Write the body of a new function; `define` puts its definition in place."""
        outside, outer_block, outer_depth = self.frame, self.block, self.depth
        frame = Frame([], owned=set(parameters), outer=outside)
        self.frame, self.block, self.depth = frame, frame.body, 0
        try:
            yield frame
        finally:
            self.frame, self.block, self.depth = outside, outer_block, outer_depth

    def define(self, name: str, parameters: list[str], frame: Frame) -> None:
        """Write the definition of a function whose body is in `frame`."""
        self.frame.owned.add(name)
        self.add(self.definition(name, parameters, frame))

    def definition(self, name: str, parameters: list[str], frame: Frame) -> ast.stmt:
        """Return the definition of a function whose body is in `frame`."""
        head: list[ast.stmt] = [ast.Nonlocal(sorted(frame.borrowed))] if frame.borrowed else []
        # Python wants a name that an inner function sets to be set in its own function as well
        head += [pyast.assign(lent, pyast.constant(None)) for lent in sorted(frame.lent - set(parameters))]
        return pyast.function(name, parameters, [*head, *(frame.body or [ast.Pass()])])

    def generator(self, write: Callable[[], None], parameters: list[str], name: str) -> None:
        """Write the definition of a generator function; `write` writes its body."""
        with self.function(parameters) as frame:
            write()
            if not frame.yields:
                self.add(pyast.nothing())
        self.define(name, parameters, frame)

    @contextmanager
    def loop(self, variable: str, iterable: ast.expr) -> Iterator[None]:
        """Write `for variable in iterable:` and then its body."""
        self.frame.owned.add(variable)
        body: list[ast.stmt] = []
        with self.deeper(body):
            yield
        self.add(ast.For(ast.Name(variable, pyast.STORE), iterable, body or [ast.Pass()], []))

    @contextmanager
    def unpacking(self, variables: list[str], iterable: ast.expr) -> Iterator[None]:
        """Write `for a, b in iterable:` and then its body."""
        self.frame.owned.update(variables)
        body: list[ast.stmt] = []
        with self.deeper(body):
            yield
        target = ast.Tuple([ast.Name(variable, pyast.STORE) for variable in variables], pyast.STORE)
        self.add(ast.For(target, iterable, body or [ast.Pass()], []))

    @contextmanager
    def when(self, condition: ast.expr) -> Iterator[None]:
        """Write `if condition:` and then its body."""
        body: list[ast.stmt] = []
        with self.deeper(body):
            yield
        if body:
            self.add(ast.If(condition, body, []))
        elif not pyast.simple(condition):
            self.do(condition)
