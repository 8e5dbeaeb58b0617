"""Whole-stream stages: loops of the body around a fold."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ocpiq.analysis.plan import Aggregate, Fold, GroupKey, Take
from ocpiq.engine import code
from ocpiq.engine.compiler import Compiler, StreamOf, Use
from ocpiq.engine.control import left
from ocpiq.engine.folds import FOLDS


def take(compiler: Compiler, part: Take, here: ast.expr, use: Use) -> None:
    """`limit n`: leaves the loops of the body after the last output, so that no page is asked for in vain."""
    taking(
        compiler,
        part,
        here,
        lambda taken: compiler.stream(part.body, here, lambda output: taken(lambda: use(output))),
    )


def taking(
    compiler: Compiler,
    part: Take,
    here: ast.expr,
    write: Callable[[Callable[[Callable[[], None]], None]], None],
) -> None:
    """Write the frame of a `limit`: `write` writes the body, and hands on what uses an output to be counted."""
    label, count, wanted = compiler.fresh("label"), compiler.fresh("count"), compiler.fresh("wanted")
    compiler.assign(wanted, compiler.at(part, code.call("whole_number", compiler.value(part.count, here))))
    compiler.assign(label, code.call("object"))
    compiler.assign(count, code.constant(0))

    def taken(use: Callable[[], None]) -> None:
        compiler.assign(count, ast.BinOp(code.name(count), ast.Add(), code.constant(1)))
        use()
        with compiler.when(ast.Compare(code.name(count), [ast.GtE()], [code.name(wanted)])):
            compiler.add(ast.Raise(code.call("Left", code.name(label))))

    with compiler.when(code.name(wanted)):
        body: list[ast.stmt] = []
        with compiler.deeper(body):
            write(taken)
        left(compiler, body, label)


def aggregate(compiler: Compiler, part: Aggregate, here: ast.expr, use: Use) -> None:
    """`aggregate … by …`: one list of states a group, in the order of the folds; the keys as sent stand first."""
    if part.keys is None:
        states = compiler.fresh("states")
        compiler.assign(states, _new_states(part, []))
        compiler.stream(part.body, here, lambda output: _step(compiler, part, states, compiler.named(output)))
        _finish(compiler, part, states, here, use)
        return
    groups = compiler.fresh("groups")
    compiler.assign(groups, ast.Dict([], []))

    def grouped(output: ast.expr) -> None:
        output = compiler.named(output)
        plans = [key.value.part for key in part.keys or ()]
        compiler.each_combination(plans, output, lambda keys: _group(compiler, part, groups, keys, output))

    compiler.stream(part.body, here, grouped)
    states = compiler.fresh("states")
    with compiler.loop(states, code.call("sorted_groups", code.name(groups), code.constant(len(part.keys)))):
        _finish(compiler, part, states, here, use)


def _new_states(part: Aggregate, keys: list[ast.expr]) -> ast.expr:
    return ast.List([*keys, *(code.call(FOLDS[fold.function].new) for fold in part.folds)], code.LOAD)


def _group(compiler: Compiler, part: Aggregate, groups: str, keys: list[ast.expr], output: ast.expr) -> None:
    """Find the states of the group, or make them, and step."""
    assert part.keys is not None
    parts = [_hashable(compiler, key, group) for key, group in zip(keys, part.keys, strict=True)]
    identity = compiler.named(parts[0] if len(parts) == 1 else ast.Tuple(parts, code.LOAD))
    states = compiler.fresh("states")
    compiler.assign(states, code.method(code.name(groups), "get", identity))
    with compiler.when(code.is_(code.name(states), code.constant(None))):
        compiler.assign(states, _new_states(part, keys))
        compiler.add(ast.Assign([_slot(groups, identity, ast.Store())], code.name(states)))
    _step(compiler, part, states, output)


def _hashable(compiler: Compiler, key: ast.expr, group: GroupKey) -> ast.expr:
    general = compiler.at(group.value.part, code.call("group_key", key))
    return code.if_else(code.of_class(key, "str"), key, general)


def _slot(container: str, key: ast.expr, context: ast.expr_context) -> ast.Subscript:
    return ast.Subscript(code.name(container), key, context)


def _step(compiler: Compiler, part: Aggregate, states: str, output: ast.expr) -> None:
    """Fold one value into the states of its group; an argument may have any number of outputs."""
    first = len(part.keys or ())
    for index, fold in enumerate(part.folds, first):
        slot = _slot(states, code.constant(index), ast.Load())
        if fold.argument is None:
            _store(compiler, states, index, ast.BinOp(slot, ast.Add(), code.constant(1)))
            continue

        def stepped(value: ast.expr, index: int = index, fold: Fold = fold, slot: ast.expr = slot) -> None:
            assert fold.argument is not None
            value = compiler.named(value)
            if fold.function == "count":
                with compiler.when(compiler.truth(value, fold.argument.kind, fold.argument.part)):
                    _store(compiler, states, index, ast.BinOp(slot, ast.Add(), code.constant(1)))
                return
            step = compiler.at(fold.argument.part, code.call(FOLDS[fold.function].step, slot, value))
            with compiler.when(ast.Compare(value, [ast.IsNot()], [code.constant(None)])):
                if FOLDS[fold.function].in_place:
                    compiler.do(step)
                else:
                    _store(compiler, states, index, step)

        compiler.stream(fold.argument.part, output, stepped)


def _store(compiler: Compiler, states: str, index: int, value: ast.expr) -> None:
    compiler.add(ast.Assign([_slot(states, code.constant(index), ast.Store())], value))


def _finish(compiler: Compiler, part: Aggregate, states: str, here: ast.expr, use: Use) -> None:
    """Bind the keys and results of a group to their locals and write its result."""
    keys = part.keys or ()
    for index, key in enumerate(keys):
        compiler.assign(key.local, _slot(states, code.constant(index), ast.Load()))
    for index, fold in enumerate(part.folds, len(keys)):
        state = _slot(states, code.constant(index), ast.Load())
        compiler.assign(fold.result, code.call(FOLDS[fold.function].finish, state))
    use(compiler.value(part.result, here))


STREAMS: dict[type, StreamOf] = {Take: take, Aggregate: aggregate}
