"""Fields, items, slices, iteration, and the objects of a source."""

from __future__ import annotations

import ast

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, Consumer, StreamWriter, ValueWriter
from ocpiq.plan import nodes as plan
from ocpiq.plan.types import ObjectType, SourceType, UnionType
from ocpiq.privacy.sealed import sealed_paths


def identity(compiler: Compiler, node: plan.Identity, dot: ast.expr) -> ast.expr:
    """`.`"""
    return dot


def field(compiler: Compiler, node: plan.Field, dot: ast.expr) -> ast.expr:
    """`.name`: an attribute of a record, otherwise an entry of an object."""
    key = pyast.constant(node.name)
    general = compiler.locate(node, pyast.call("field", dot, key))
    type_, certain = node.input, True
    if isinstance(type_, UnionType):
        source_types = [option for option in type_.options if isinstance(option, SourceType)]
        if len(source_types) == 1:  # an object of a source, or null
            type_, certain = source_types[0], False
    if isinstance(type_, SourceType) and not type_.is_list:
        shape = compiler.shape(type_)
        if shape is not None and node.name in shape.slots:
            narrow = pyast.attribute(dot, shape.slots[node.name].attribute)
            if not type_.path and certain:
                return narrow
            class_ = compiler.constant(shape.cls)
            return pyast.if_else(pyast.is_(pyast.attribute(dot, "__class__"), class_), narrow, general)
        if not type_.path and certain:
            return pyast.method(dot, "get", key)
    if isinstance(type_, ObjectType):
        return pyast.subscript(dot, key) if node.name in type_.fields else pyast.method(dot, "get", key)
    return pyast.if_else(pyast.has_class(dot, "dict"), pyast.method(dot, "get", key), general)


def index(compiler: Compiler, node: plan.Index, dot: ast.expr) -> ast.expr:
    """`.[key]`"""
    (key,) = compiler.values([node.key], dot)
    return compiler.locate(node, pyast.call("item", dot, key))


def slice_(compiler: Compiler, node: plan.Slice, dot: ast.expr) -> ast.expr:
    """`.[start:end]`"""
    start, end = compiler.values([node.start, node.end], dot)
    return compiler.locate(node, pyast.call("slice_value", dot, start, end))


def iterate(compiler: Compiler, node: plan.Iterate, dot: ast.expr, consume: Consumer) -> None:
    """`.[]`"""
    output = compiler.fresh_name("item")
    general = compiler.locate(node, pyast.call("iterate", dot))
    with compiler.loop(output, pyast.if_else(pyast.has_class(dot, "list"), dot, general)):
        consume(pyast.name(output))


def scan(compiler: Compiler, node: plan.Scan, dot: ast.expr, consume: Consumer) -> None:
    """The objects of a source, page by page."""
    page, row = compiler.fresh_name("page"), compiler.fresh_name("row")
    pages = compiler.locate(node, pyast.call("scan", pyast.constant(node.source)))
    if not node.weight:
        with compiler.loop(page, pages), compiler.loop(row, pyast.name(page)):
            source = compiler.plan.sources[node.source]
            if node.companion and sealed_paths(source.view, source.demand):
                from ocpiq.gate import COMPANION  # noqa: PLC0415 - queries of plain JSON need no gate

                compiler.assign(node.companion, pyast.attribute(pyast.name(row), COMPANION))
            consume(pyast.name(row))
        return
    pair = compiler.fresh_name("pair")
    with compiler.loop(page, pages), compiler.loop(pair, pyast.name(page)):
        for number, name in enumerate((node.weight, row)):
            compiler.assign(name, pyast.subscript(pyast.name(pair), pyast.constant(number)))
        consume(pyast.name(row))


VALUES: dict[type, ValueWriter] = {
    plan.Identity: identity,
    plan.Field: field,
    plan.Index: index,
    plan.Slice: slice_,
}
STREAMS: dict[type, StreamWriter] = {plan.Iterate: iterate, plan.Scan: scan}
