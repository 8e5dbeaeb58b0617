"""Python code as `ast` nodes: short constructors for the compiler, and the one place that runs generated code.

All names are the compiler's own and all values of the query are in the table of constants, so that no text of a query
ever becomes program text.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, TracebackType
from typing import Final, cast

FILE: Final = "<query>"  # the file name of generated code, which identifies its frames in a traceback
ENTRY: Final = "run"

LOAD: Final = ast.Load()
STORE: Final = ast.Store()


def name(identifier: str) -> ast.Name:
    """`identifier`"""
    return ast.Name(identifier, LOAD)


def constant(value: str | int | bool | None) -> ast.Constant:
    """A literal of the compiler's own."""
    return ast.Constant(value)


def assign(identifier: str, value: ast.expr) -> ast.stmt:
    """`identifier = value`"""
    return ast.Assign([ast.Name(identifier, STORE)], value)


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """`function(arguments)`"""
    return ast.Call(name(function), list(arguments), [])


def method(value: ast.expr, attribute_: str, *arguments: ast.expr) -> ast.Call:
    """`value.attribute_(arguments)`"""
    return ast.Call(attribute(value, attribute_), list(arguments), [])


def attribute(value: ast.expr, attribute_: str) -> ast.Attribute:
    """`value.attribute_`"""
    return ast.Attribute(value, attribute_, LOAD)


def subscript(value: ast.expr, key: ast.expr) -> ast.Subscript:
    """`value[key]`"""
    return ast.Subscript(value, key, LOAD)


def is_(left: ast.expr, right: ast.expr) -> ast.expr:
    """`left is right`"""
    return ast.Compare(left, [ast.Is()], [right])


def has_class(value: ast.expr, class_: str) -> ast.expr:
    """`value.__class__ is class_`"""
    return is_(attribute(value, "__class__"), name(class_))


def not_(value: ast.expr) -> ast.expr:
    """`not value`"""
    return ast.UnaryOp(ast.Not(), value)


def if_else(condition: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """`then if condition else otherwise`"""
    return ast.IfExp(condition, then, otherwise)


def and_(*conditions: ast.expr) -> ast.expr:
    """`a and b`"""
    return ast.BoolOp(ast.And(), list(conditions))


def or_(*conditions: ast.expr) -> ast.expr:
    """`a or b`"""
    return ast.BoolOp(ast.Or(), list(conditions))


def function(identifier: str, parameters: list[str], body: list[ast.stmt]) -> ast.stmt:
    """`def identifier(parameters): body`"""
    arguments = ast.arguments([], [ast.arg(parameter) for parameter in parameters], None, [], [], None, [])
    return ast.FunctionDef(identifier, arguments, body, [])


def is_simple(expression: ast.expr) -> bool:
    """Tell whether an expression costs nothing to repeat and has no effect."""
    return isinstance(expression, ast.Name | ast.Constant)


def set_line(expression: ast.expr, line: int) -> ast.expr:
    """Give `expression` a line number, from which an error finds its place in the query."""
    cast(ast.Constant, expression).lineno = line
    cast(ast.Constant, expression).end_lineno = line
    cast(ast.Constant, expression).col_offset = 0
    cast(ast.Constant, expression).end_col_offset = 0
    return expression


def compile_function(definition: ast.stmt) -> CodeType:
    """Return the code of a module with this one function."""
    module = ast.Module([definition], [])
    ast.fix_missing_locations(module)
    return compile(module, FILE, "exec")


def load(code: CodeType, names: Mapping[str, object]) -> Callable[..., Iterator[object]]:
    """Run generated code, which sees only `names`, and return the function ENTRY that it defines."""
    namespace: dict[str, object] = {"__builtins__": {}, **names}
    exec(code, namespace)  # noqa: S102 - built from ast nodes, see above
    return cast("Callable[..., Iterator[object]]", namespace[ENTRY])


def error_line(traceback: TracebackType | None) -> int | None:
    """Return the innermost line of generated code in a traceback."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == FILE:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def empty_generator() -> ast.stmt:
    """`yield from ()`: makes a function without outputs a generator."""
    return ast.Expr(ast.YieldFrom(ast.Tuple([], LOAD)))
