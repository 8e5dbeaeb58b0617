"""Following paths: a part is written so that each output comes with where it was taken from.

Three expressions go along: the path (a tuple of keys), the value that stands there, and `.`. Both values are the same
object as long as the program only walks; where it computes, they differ, and the next step or the end is an error.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from ocpiq.analysis.blanks import Blanks
from ocpiq.analysis.plan import (
    Bind,
    Choose,
    Comma,
    Cut,
    Each,
    Foreach,
    Function,
    Get,
    Guard,
    Here,
    Invoke,
    Item,
    Labelled,
    Leave,
    Modify,
    Native,
    Otherwise,
    Outputs,
    Parameter,
    Paths,
    Pipe,
    Plan,
    Reduce,
    Take,
)
from ocpiq.engine import code
from ocpiq.engine.compiler import Compiler, StreamOf, Use
from ocpiq.engine.control import caught, left
from ocpiq.engine.expressions import guarded
from ocpiq.engine.functions import closures
from ocpiq.engine.stages import taking


class Spot(NamedTuple):
    """Where the program is: the path, what stands there, and `.`; names or constants."""

    path: ast.expr
    at: ast.expr
    here: ast.expr


UseSpot: TypeAlias = Callable[[Spot], None]
TraceOf: TypeAlias = Callable[[Compiler, Any, Spot, UseSpot], None]

ROOT = ast.Tuple([], code.LOAD)


def trace(compiler: Compiler, part: Plan, spot: Spot, use: UseSpot) -> None:
    """Write `use` for each output of `part` and where it stands."""
    write = TRACES.get(type(part))
    if write is not None:
        write(compiler, part, spot, use)
    else:  # a computed value: it stands nowhere, unless it happens to be what stands there
        compiler.stream(part, spot.here, lambda output: use(Spot(spot.path, spot.at, compiler.named(output))))


def paths(compiler: Compiler, part: Paths, here: ast.expr, use: Use) -> None:
    """`path(body)`"""
    trace(
        compiler,
        part.body,
        Spot(ROOT, here, here),
        lambda spot: use(ast.List([ast.Starred(_end(compiler, part, spot), code.LOAD)], code.LOAD)),
    )


def modify(compiler: Compiler, part: Modify, here: ast.expr, use: Use) -> None:
    """`paths |= update`"""
    edit = compiler.edits.get(id(part)) or compiler.fresh("edit")
    if id(part) not in compiler.edits:
        compiler.assign(edit, code.call("Edit", here))

    def change(spot: Spot) -> None:
        path = compiler.named(_end(compiler, part, spot))
        old = compiler.named(code.method(code.name(edit), "get", path))
        if part.update.outputs is Outputs.ONE:
            new = compiler.value(part.update, old)
            compiler.do(compiler.at(part, code.method(code.name(edit), "set", path, new)))
            return
        first, outputs = compiler.fresh("first"), compiler.fresh("part")
        inside = compiler.fresh("here")
        compiler.generator(
            lambda: compiler.stream(part.update, code.name(inside), compiler.yield_), [inside], outputs
        )
        compiler.frame.owned.add(first)
        set_ = ast.Expr(compiler.at(part, code.method(code.name(edit), "set", path, code.name(first))))
        drop = ast.Expr(code.method(code.name(edit), "drop", path))
        compiler.add(
            ast.For(ast.Name(first, code.STORE), code.call(outputs, old), [set_, ast.Break()], [drop])
        )

    trace(compiler, part.paths, Spot(ROOT, here, here), change)
    use(compiler.at(part, code.method(code.name(edit), "done")))


def _end(compiler: Compiler, part: Plan, spot: Spot) -> ast.expr:
    """Return the path of a spot, an error where its value does not stand there."""
    if spot.at is spot.here:
        return spot.path
    return compiler.at(part, code.call("path_end", spot.path, spot.at, spot.here))


def here_(compiler: Compiler, part: Here, spot: Spot, use: UseSpot) -> None:
    """`.`"""
    use(spot)


def get(compiler: Compiler, part: Get, spot: Spot, use: UseSpot) -> None:
    """`.name`"""
    _step(compiler, part, spot, code.constant(part.name), "field", use)


def item(compiler: Compiler, part: Item, spot: Spot, use: UseSpot) -> None:
    """`.[key]`"""
    key = compiler.named(compiler.value(part.key, spot.here))
    _step(compiler, part, spot, key, "item", use)


def cut(compiler: Compiler, part: Cut, spot: Spot, use: UseSpot) -> None:
    """`.[start:end]`"""
    _step(compiler, part, spot, _bounds(compiler, part, spot), "item", use)


def _bounds(compiler: Compiler, part: Cut, spot: Spot) -> ast.expr:
    start, end = compiler.values([part.start, part.end], spot.here)
    return compiler.named(ast.Dict([code.constant("start"), code.constant("end")], [start, end]))


def _follows(compiler: Compiler, part: Plan, spot: Spot, key: ast.expr) -> None:
    """Write the check that a step is taken from what stands at the path."""
    if spot.at is not spot.here:
        compiler.do(compiler.at(part, code.call("path_step", key, spot.at, spot.here)))


def _step(compiler: Compiler, part: Plan, spot: Spot, key: ast.expr, function: str, use: UseSpot) -> None:
    _follows(compiler, part, spot, key)
    value = compiler.named(compiler.at(part, code.call(function, spot.here, key)))
    use(Spot(_longer(compiler, spot.path, key), value, value))


def _longer(compiler: Compiler, path: ast.expr, key: ast.expr) -> ast.expr:
    if isinstance(path, ast.Tuple):
        return ast.Tuple([*path.elts, key], code.LOAD)
    return compiler.named(ast.Tuple([ast.Starred(path, code.LOAD), key], code.LOAD))


def each(compiler: Compiler, part: Each, spot: Spot, use: UseSpot) -> None:
    """`.[]`"""
    key, value = compiler.fresh("key"), compiler.fresh("each")
    arguments = (spot.at, spot.here)
    with compiler.unpacking([key, value], compiler.at(part, code.call("path_each", *arguments))):
        use(Spot(_longer(compiler, spot.path, code.name(key)), code.name(value), code.name(value)))


def pipe(compiler: Compiler, part: Pipe, spot: Spot, use: UseSpot) -> None:
    """`a | b`"""

    def go(index: int, spot: Spot) -> None:
        if index == len(part.parts):
            use(spot)
        else:
            trace(compiler, part.parts[index], spot, lambda next_: go(index + 1, next_))

    go(0, spot)


def apart(compiler: Compiler, spot: Spot, write: Callable[[Spot], None], use: UseSpot) -> None:
    """Write a generator function of spots whose body is written by `write`, and `use` for each of them."""
    function = compiler.fresh("part")
    inside = [compiler.fresh("path"), compiler.fresh("at"), compiler.fresh("here")]
    compiler.generator(lambda: write(Spot(*map(code.name, inside))), inside, function)
    _spots(compiler, code.call(function, *spot), use)


def _spots(compiler: Compiler, iterable: ast.expr, use: UseSpot) -> None:
    """Write a loop over spots."""
    names = [compiler.fresh("path"), compiler.fresh("at"), compiler.fresh("here")]
    with compiler.unpacking(names, iterable):
        use(Spot(*map(code.name, names)))


def _yield(compiler: Compiler) -> UseSpot:
    return lambda spot: compiler.yield_(ast.Tuple(list(spot), code.LOAD))


def comma(compiler: Compiler, part: Comma, spot: Spot, use: UseSpot) -> None:
    """`a, b`"""

    def write(inside: Spot) -> None:
        for inner in part.parts:
            trace(compiler, inner, inside, _yield(compiler))

    apart(compiler, spot, write, use)


def bind(compiler: Compiler, part: Bind, spot: Spot, use: UseSpot) -> None:
    """`source as $name | body`"""

    def bound(output: ast.expr) -> None:
        compiler.assign(part.name, output)
        trace(compiler, part.body, spot, use)

    compiler.stream(part.source, spot.here, bound)


def choose(compiler: Compiler, part: Choose, spot: Spot, use: UseSpot) -> None:
    """`if`"""

    def branches(inside: Spot, use_: UseSpot) -> None:
        def decided(output: ast.expr) -> None:
            condition = compiler.truth(output, part.condition.kind, part)
            blocks: list[list[ast.stmt]] = []
            for branch in (part.then, part.otherwise):
                block: list[ast.stmt] = []
                with compiler.deeper(block):
                    trace(compiler, branch, inside, use_)
                blocks.append(block or [ast.Pass()])
            compiler.add(ast.If(condition, *blocks))

        compiler.stream(part.condition.part, inside.here, decided)

    if Outputs.NONE in (part.then.outputs, part.otherwise.outputs):
        branches(spot, use)
    else:
        apart(compiler, spot, lambda inside: branches(inside, _yield(compiler)), use)


def otherwise(compiler: Compiler, part: Otherwise, spot: Spot, use: UseSpot) -> None:
    """`a // b`"""

    def write(inside: Spot) -> None:
        found = compiler.fresh("found")
        compiler.assign(found, code.constant(False))

        def true(next_: Spot) -> None:
            with compiler.when(compiler.truth(next_.here, part.left.kind, part)):
                compiler.assign(found, code.constant(True))
                _yield(compiler)(next_)

        trace(compiler, part.left.part, inside, true)
        with compiler.when(code.not_(code.name(found))):
            trace(compiler, part.right, inside, _yield(compiler))

    apart(compiler, spot, write, use)


def guard(compiler: Compiler, part: Guard, spot: Spot, use: UseSpot) -> None:
    """`try`"""
    if part.of_step and spot.at is not spot.here:
        _follows_before(compiler, part.body, spot)

    def write(inside: Spot) -> None:
        error = compiler.fresh("error")
        body: list[ast.stmt] = []
        with compiler.deeper(body):
            trace(compiler, part.body, inside, _yield(compiler))
        handler: list[ast.stmt] = []
        with compiler.deeper(handler):
            if part.handler is not None:
                message = compiler.named(code.attribute(code.name(error), "value"))
                trace(compiler, part.handler, Spot(inside.path, inside.at, message), _yield(compiler))
        compiler.add(ast.Try(body or [ast.Pass()], [caught(error, handler or [ast.Pass()])], [], []))

    apart(compiler, spot, write, use)


def _follows_before(compiler: Compiler, part: Plan, spot: Spot) -> None:
    """Write the check of a step before its `?`, which does not catch this error."""
    match part:
        case Each():
            compiler.do(compiler.at(part, code.call("path_iterate", spot.at, spot.here)))
        case Get():
            _follows(compiler, part, spot, code.constant(part.name))
        case Item():
            _follows(compiler, part, spot, compiler.named(compiler.value(part.key, spot.here)))
        case Cut():
            _follows(compiler, part, spot, _bounds(compiler, part, spot))


def reduce(compiler: Compiler, part: Reduce, spot: Spot, use: UseSpot) -> None:
    """`reduce`: every step begins where its source stands."""

    def started(start: ast.expr) -> None:
        state, old = compiler.fresh("state"), compiler.fresh("old")
        compiler.assign(state, start)

        def step(source: Spot) -> None:
            compiler.assign(part.name, source.here)
            compiler.assign(old, code.name(state))
            compiler.assign(state, code.constant(None))
            trace(
                compiler,
                part.update,
                Spot(source.path, source.at, code.name(old)),
                lambda next_: compiler.assign(state, next_.here),
            )

        trace(compiler, part.source, spot, step)
        use(Spot(spot.path, spot.at, code.name(state)))

    compiler.stream(part.start, spot.here, started)


def foreach(compiler: Compiler, part: Foreach, spot: Spot, use: UseSpot) -> None:
    """`foreach`: every step begins where its source stands; this is how `limit` and `skip` keep paths."""

    def started(start: ast.expr) -> None:
        old = compiler.fresh("old")
        compiler.assign(part.state, start)

        def step(source: Spot) -> None:
            compiler.assign(part.name, source.here)
            compiler.assign(old, code.name(part.state))
            compiler.assign(part.state, code.constant(None))
            trace(compiler, part.update, Spot(source.path, source.at, code.name(old)), use)

        trace(compiler, part.source, spot, step)

    compiler.stream(part.start, spot.here, started)


def labelled(compiler: Compiler, part: Labelled, spot: Spot, use: UseSpot) -> None:
    """`label $name | body`"""
    compiler.assign(part.name, code.call("object"))
    body: list[ast.stmt] = []
    with compiler.deeper(body):
        trace(compiler, part.body, spot, use)
    left(compiler, body, part.name)


def leave(compiler: Compiler, part: Leave, spot: Spot, use: UseSpot) -> None:
    """`break $name`"""
    compiler.stream(part, spot.here, lambda output: None)


def take(compiler: Compiler, part: Take, spot: Spot, use: UseSpot) -> None:
    """`limit n`"""
    taking(
        compiler,
        part,
        spot.here,
        lambda taken: trace(compiler, part.body, spot, lambda s: taken(lambda: use(s))),
    )


def function(compiler: Compiler, part: Function, spot: Spot, use: UseSpot) -> None:
    """A definition that calls itself, defined where paths are followed."""
    compiler.define_function(part)
    trace(compiler, part.body, spot, use)


def define_traced(compiler: Compiler, part: Function) -> None:
    """Write the form of a definition that follows paths; each parameter comes in both forms."""
    inside = [compiler.fresh("path"), compiler.fresh("at"), compiler.fresh("here")]
    doubled = [name for parameter in part.parameters for name in (parameter, traced(parameter))]
    compiler.generator(
        lambda: trace(compiler, part.definition, Spot(*map(code.name, inside)), _yield(compiler)),
        [*inside, *doubled],
        traced(part.name),
    )


def traced(name: str) -> str:
    """Return the name of the form of a function that follows paths."""
    return f"{name}_traced"


def invoke(compiler: Compiler, part: Invoke, spot: Spot, use: UseSpot) -> None:
    """A call of a definition."""
    plain = closures(compiler, part.arguments)
    arguments: list[ast.expr] = []
    for argument, value in zip(part.arguments, plain, strict=True):
        name = compiler.fresh("argument")
        inside = [compiler.fresh("path"), compiler.fresh("at"), compiler.fresh("here")]

        def write(argument: Plan = argument, inside: list[str] = inside) -> None:
            trace(compiler, argument, Spot(*map(code.name, inside)), _yield(compiler))

        compiler.generator(write, inside, name)
        arguments += [value, code.name(name)]
    _spots(compiler, code.call(traced(part.name), *spot, *arguments), use)


def parameter(compiler: Compiler, part: Parameter, spot: Spot, use: UseSpot) -> None:
    """A call of a parameter."""
    _spots(compiler, code.call(traced(part.name), *spot), use)


def native(compiler: Compiler, part: Native, spot: Spot, use: UseSpot) -> None:
    """`getpath(path)` and `..`; any other builtin computes."""
    if part.name == "recurse":
        path, value = compiler.fresh("path"), compiler.fresh("each")
        with compiler.unpacking([path, value], compiler.at(part, code.call("path_descend", *spot))):
            use(Spot(code.name(path), code.name(value), code.name(value)))
        return
    if part.name != "getpath":
        compiler.stream(part, spot.here, lambda output: use(Spot(spot.path, spot.at, compiler.named(output))))
        return

    def found(output: ast.expr) -> None:
        keys = compiler.named(guarded(compiler, output, Blanks.REFUSES))
        value = compiler.named(compiler.at(part, code.call("builtin_getpath", spot.here, keys)))
        path: ast.expr = ast.Tuple(
            [ast.Starred(spot.path, code.LOAD), ast.Starred(keys, code.LOAD)], code.LOAD
        )
        at = value
        if spot.at is not spot.here:  # from a computed value on it computes
            walked = code.is_(spot.here, spot.at)
            path = code.if_else(walked, path, spot.path)
            at = compiler.named(code.if_else(walked, value, spot.at))
        use(Spot(compiler.named(path), at, value))

    compiler.stream(part.arguments[0].part, spot.here, found)


TRACES: Mapping[type, TraceOf] = {
    Here: here_,
    Get: get,
    Item: item,
    Cut: cut,
    Each: each,
    Pipe: pipe,
    Comma: comma,
    Bind: bind,
    Choose: choose,
    Otherwise: otherwise,
    Guard: guard,
    Reduce: reduce,
    Foreach: foreach,
    Labelled: labelled,
    Leave: leave,
    Take: take,
    Function: function,
    Invoke: invoke,
    Parameter: parameter,
    Native: native,
}
STREAMS: dict[type, StreamOf] = {Paths: paths, Modify: modify}
