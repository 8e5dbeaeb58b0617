"""Fields, items, slices, iteration, and the objects of a source."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, StreamOf, Use, ValueOf
from ocpiq.plan.nodes import Field, Identity, Index, Iterate, Scan, Slice
from ocpiq.plan.types import ObjectType, SourceType, UnionType


def identity(compiler: Compiler, part: Identity, here: ast.expr) -> ast.expr:
    """`.`"""
    return here


def field(compiler: Compiler, part: Field, here: ast.expr) -> ast.expr:
    """`.name`: an attribute of a narrow row, else an item of an object."""
    key = pyast.constant(part.name)
    general = compiler.at(part, pyast.call("field", here, key))
    kind, certain = part.kind, True
    if isinstance(kind, UnionType):
        inside = [option for option in kind.options if isinstance(option, SourceType)]
        if len(inside) == 1:  # an object of a source, or null
            kind, certain = inside[0], False
    if isinstance(kind, SourceType) and not kind.is_list:
        shape = compiler.shape(kind)
        if shape is not None and part.name in shape.slots:
            narrow = pyast.attribute(here, shape.slots[part.name].attribute)
            if not kind.path and certain:
                return narrow
            class_ = compiler.constant(shape.cls)
            return pyast.if_else(pyast.is_(pyast.attribute(here, "__class__"), class_), narrow, general)
        if not kind.path and certain:
            return pyast.method(here, "get", key)
    if isinstance(kind, ObjectType):
        return pyast.subscript(here, key) if part.name in kind.fields else pyast.method(here, "get", key)
    return pyast.if_else(pyast.of_class(here, "dict"), pyast.method(here, "get", key), general)


def index(compiler: Compiler, part: Index, here: ast.expr) -> ast.expr:
    """`.[key]`"""
    (key,) = compiler.values([part.key], here)
    return compiler.at(part, pyast.call("item", here, key))


def slice_(compiler: Compiler, part: Slice, here: ast.expr) -> ast.expr:
    """`.[start:end]`"""
    start, end = compiler.values([part.start, part.end], here)
    return compiler.at(part, pyast.call("cut", here, start, end))


def iterate(compiler: Compiler, part: Iterate, here: ast.expr, use: Use) -> None:
    """`.[]`"""
    output = compiler.fresh("each")
    general = compiler.at(part, pyast.call("each", here))
    with compiler.loop(output, pyast.if_else(pyast.of_class(here, "list"), here, general)):
        use(pyast.name(output))


def scan(compiler: Compiler, part: Scan, here: ast.expr, use: Use) -> None:
    """The objects of a source, page by page."""
    page, row = compiler.fresh("page"), compiler.fresh("row")
    pages = compiler.at(part, pyast.call("scan", pyast.constant(part.source)))
    if not part.weight:
        with compiler.loop(page, pages), compiler.loop(row, pyast.name(page)):
            use(pyast.name(row))
        return
    pair = compiler.fresh("pair")
    with compiler.loop(page, pages), compiler.loop(pair, pyast.name(page)):
        for number, name in enumerate((part.weight, row)):
            compiler.assign(name, pyast.subscript(pyast.name(pair), pyast.constant(number)))
        use(pyast.name(row))


VALUES: dict[type, ValueOf] = {Identity: identity, Field: field, Index: index, Slice: slice_}
STREAMS: dict[type, StreamOf] = {Iterate: iterate, Scan: scan}
