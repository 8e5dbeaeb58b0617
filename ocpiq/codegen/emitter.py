"""Writes the statements of generated functions: blocks, fresh names, and inner functions for deep blocks.

Python allows about twenty nested blocks in a function. A block that would be too deep becomes an inner function, which
declares the outer function's names as nonlocal.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct, field

from ocpiq.codegen import pyast
from ocpiq.values.numbers import LiteralNumber

MAX_DEPTH = 15


class Frame(Struct):
    """A function under construction, with the names that it sets; `cell_names` are set by inner functions as well."""

    body: list[ast.stmt]
    local_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    cell_names: set[str] = field(default_factory=set)
    yields: bool = False
    outer: Frame | None = None


class Emitter:
    """Writes statements into the current block."""

    def __init__(self) -> None:
        self.frame = Frame([])
        self.block = self.frame.body
        self.depth = 0
        self.constants: dict[str, object] = {}
        self._by_identity: dict[int, str] = {}
        self._names = 0

    def fresh_name(self, prefix: str = "t") -> str:
        """Return a name that is not in use."""
        self._names += 1
        return f"{prefix}_{self._names}"

    def constant(self, value: object) -> ast.expr:
        """Return an expression for a value; all but scalars go into the table of constants."""
        if isinstance(value, str | int | float | None) and type(value) is not LiteralNumber:
            return ast.Constant(value)
        name = self._by_identity.get(id(value))
        if name is None:
            name = self._by_identity[id(value)] = self.fresh_name("c")
            self.constants[name] = value
        return pyast.name(name)

    def add(self, statement: ast.stmt) -> None:
        """Write a statement."""
        self.block.append(statement)

    def add_expression(self, expression: ast.expr) -> None:
        """Write an expression as a statement."""
        self.block.append(ast.Expr(expression))

    def assign(self, name: str, value: ast.expr) -> None:
        """Write `name = value`; a name is local to the function that sets it first."""
        if name not in self.frame.local_names and name not in self.frame.nonlocal_names:
            owner = self.frame.outer
            while owner is not None and name not in owner.local_names:
                owner = owner.outer
            if owner is None:
                self.frame.local_names.add(name)
            else:
                self._make_nonlocal(name, owner)
        self.add(pyast.assign(name, value))

    def _make_nonlocal(self, name: str, owner: Frame) -> None:
        owner.cell_names.add(name)
        frame: Frame | None = self.frame
        while frame is not None and frame is not owner:
            frame.nonlocal_names.add(name)
            frame = frame.outer

    def reusable(self, expression: ast.expr) -> ast.expr:
        """Return an expression that may be repeated: `expression` itself, or a fresh name for its value."""
        if pyast.is_simple(expression):
            return expression
        name = self.fresh_name()
        self.assign(name, expression)
        return pyast.name(name)

    def yield_(self, value: ast.expr) -> None:
        """Write `yield value`."""
        self.frame.yields = True
        self.add_expression(ast.Yield(value))

    @contextmanager
    def writing_into(self, block: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
        """Write into `block` of the current function, then return to the outer block."""
        outer = self.block
        self.block = block
        try:
            yield block
        finally:
            self.block = outer

    @contextmanager
    def nested(self, block: list[ast.stmt]) -> Iterator[None]:
        """Write into a nested block; if it would be too deep, into an inner function that the block calls."""
        if self.depth < MAX_DEPTH:
            self.depth += 1
            with self.writing_into(block):
                yield
            self.depth -= 1
            return
        name = self.fresh_name("block")
        with self.function([]) as frame:
            yield
        # the function is defined in the block itself, so that it sees the names that the block sets
        call = pyast.call(name)
        block.append(self.definition(name, [], frame))
        if frame.yields:
            self.frame.yields = True
            block.append(ast.Expr(ast.YieldFrom(call)))
        else:
            block.append(ast.Expr(call))

    @contextmanager
    def function(self, parameters: list[str]) -> Iterator[Frame]:
        """Write the body of a new function; `define` adds its definition."""
        outer, outer_block, outer_depth = self.frame, self.block, self.depth
        frame = Frame([], local_names=set(parameters), outer=outer)
        self.frame, self.block, self.depth = frame, frame.body, 0
        try:
            yield frame
        finally:
            self.frame, self.block, self.depth = outer, outer_block, outer_depth

    def define(self, name: str, parameters: list[str], frame: Frame) -> None:
        """Write the definition of a function whose body is in `frame`."""
        self.frame.local_names.add(name)
        self.add(self.definition(name, parameters, frame))

    def definition(self, name: str, parameters: list[str], frame: Frame) -> ast.stmt:
        """Return the definition of a function whose body is in `frame`."""
        declarations: list[ast.stmt] = (
            [ast.Nonlocal(sorted(frame.nonlocal_names))] if frame.nonlocal_names else []
        )
        # Python requires a nonlocal name to be set in the outer function as well
        declarations += [
            pyast.assign(name_, pyast.constant(None)) for name_ in sorted(frame.cell_names - set(parameters))
        ]
        return pyast.function(name, parameters, [*declarations, *(frame.body or [ast.Pass()])])

    def generator(self, write: Callable[[], None], parameters: list[str], name: str) -> None:
        """Write the definition of a generator function; `write` writes its body."""
        with self.function(parameters) as frame:
            write()
            if not frame.yields:
                self.add(pyast.empty_generator())
        self.define(name, parameters, frame)

    @contextmanager
    def loop(self, variable: str, iterable: ast.expr) -> Iterator[None]:
        """Write `for variable in iterable:` and then its body."""
        self.frame.local_names.add(variable)
        body: list[ast.stmt] = []
        with self.nested(body):
            yield
        self.add(ast.For(ast.Name(variable, pyast.STORE), iterable, body or [ast.Pass()], []))

    @contextmanager
    def unpacking_loop(self, variables: list[str], iterable: ast.expr) -> Iterator[None]:
        """Write `for a, b in iterable:` and then its body."""
        self.frame.local_names.update(variables)
        body: list[ast.stmt] = []
        with self.nested(body):
            yield
        target = ast.Tuple([ast.Name(variable, pyast.STORE) for variable in variables], pyast.STORE)
        self.add(ast.For(target, iterable, body or [ast.Pass()], []))

    @contextmanager
    def if_block(self, condition: ast.expr) -> Iterator[None]:
        """Write `if condition:` and then its body."""
        body: list[ast.stmt] = []
        with self.nested(body):
            yield
        if body:
            self.add(ast.If(condition, body, []))
        elif not pyast.is_simple(condition):
            self.add_expression(condition)
