"""Whole-stream stages: loops of the body around a fold."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, StreamOf, Use
from ocpiq.codegen.control import left
from ocpiq.plan.nodes import Aggregate, Distinct, Fold, GroupKey, Join, Plan, Sort, Take
from ocpiq.runtime.aggregates import FOLDS


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
    compiler.assign(wanted, _whole(compiler, part, part.count, here))
    compiler.assign(label, pyast.call("object"))
    compiler.assign(count, pyast.constant(0))

    def taken(use: Callable[[], None]) -> None:
        compiler.assign(count, ast.BinOp(pyast.name(count), ast.Add(), pyast.constant(1)))
        use()
        with compiler.when(ast.Compare(pyast.name(count), [ast.GtE()], [pyast.name(wanted)])):
            compiler.add(ast.Raise(pyast.call("Left", pyast.name(label))))

    with compiler.when(pyast.name(wanted)):
        body: list[ast.stmt] = []
        with compiler.deeper(body):
            write(taken)
        left(compiler, body, label)


def sort(compiler: Compiler, part: Sort, here: ast.expr, use: Use) -> None:
    """`sort by`, `top`: holds each value with its keys and the variables that belong to it."""
    held, row = compiler.fresh("held"), compiler.fresh("row")
    directions = compiler.constant(tuple(key.descending for key in part.keys))
    made = [directions] if part.count is None else [directions, _whole(compiler, part, part.count, here)]
    compiler.assign(held, pyast.call("SortBuffer", *made))

    def hold(output: ast.expr) -> None:
        output = compiler.named(output)
        values = compiler.values([key.value.part for key in part.keys], output)
        keys = [
            compiler.at(key.value.part, pyast.call("sort_key", value), part)
            for key, value in zip(part.keys, values, strict=True)
        ]
        carried = [pyast.name(name) for name in part.carried]
        compiler.do(pyast.method(pyast.name(held), "add", ast.Tuple([*keys, output, *carried], pyast.LOAD)))

    compiler.stream(part.body, here, hold)
    with compiler.loop(row, pyast.method(pyast.name(held), "ordered")):
        for place, name in enumerate(part.carried, len(part.keys) + 1):
            compiler.assign(name, _slot(row, pyast.constant(place), ast.Load()))
        use(_slot(row, pyast.constant(len(part.keys)), ast.Load()))


def distinct(compiler: Compiler, part: Distinct, here: ast.expr, use: Use) -> None:
    """`distinct by`: the keys that were seen are held, values are handed on at once."""
    seen = compiler.fresh("seen")
    compiler.assign(seen, pyast.call("set"))

    def tell(output: ast.expr) -> None:
        output = compiler.named(output)
        values = compiler.values([key.part for key in part.keys], output)
        keys = [
            compiler.at(key.part, pyast.call("group_key", value), part)
            for key, value in zip(part.keys, values, strict=True)
        ]
        key = compiler.named(keys[0] if len(keys) == 1 else ast.Tuple(keys, pyast.LOAD))
        with compiler.when(ast.Compare(key, [ast.NotIn()], [pyast.name(seen)])):
            compiler.do(pyast.method(pyast.name(seen), "add", key))
            use(output)

    compiler.stream(part.body, here, tell)


def join(compiler: Compiler, part: Join, here: ast.expr, use: Use) -> None:
    """`join`: an index of all outputs of the right side, then for each value of the body what it finds there."""
    index = compiler.fresh("index")
    compiler.assign(index, pyast.call("JoinIndex"))

    def enter(output: ast.expr) -> None:
        compiler.assign(part.row, output)
        row = pyast.name(part.row)
        _join_keys(
            compiler,
            part,
            "right",
            row,
            lambda keys: compiler.do(pyast.method(pyast.name(index), "add", row, *keys)),
        )

    compiler.stream(part.right, pyast.constant(None), enter)

    match = _match_each if part.each else _match_one
    compiler.stream(part.body, here, lambda output: match(compiler, part, index, compiler.named(output), use))


def _match_one(compiler: Compiler, part: Join, index: str, output: ast.expr, use: Use) -> None:
    """Write what `join` does with a value: the variable is the one match, or null."""
    keys = _key_calls(compiler, part, "left", compiler.values([key.left.part for key in part.keys], output))
    found: ast.expr = pyast.method(pyast.name(index), "one", *keys)
    compiler.assign(part.name, compiler.at(part, found))
    use(output)


def _match_each(compiler: Compiler, part: Join, index: str, output: ast.expr, use: Use) -> None:
    """Write what `join each` does with a value: the variable is each match in turn, or null without any."""
    matches, joined = compiler.fresh("matches"), compiler.fresh("joined")
    compiler.assign(matches, ast.List([], pyast.LOAD))
    _join_keys(
        compiler,
        part,
        "left",
        output,
        lambda keys: compiler.do(pyast.method(pyast.name(index), "all", pyast.name(matches), *keys)),
    )
    none = ast.Tuple([pyast.constant(None)], pyast.LOAD)
    with compiler.loop(joined, pyast.any_of(pyast.name(matches), none)):
        compiler.assign(part.name, pyast.name(joined))
        use(output)


def _join_keys(
    compiler: Compiler, part: Join, side: str, here: ast.expr, use: Callable[[list[ast.expr]], None]
) -> None:
    """Write `use` for each combination of the keys of one side."""
    plans = [getattr(key, side).part for key in part.keys]
    compiler.each_combination(plans, here, lambda keys: use(_key_calls(compiler, part, side, keys)))


def _key_calls(compiler: Compiler, part: Join, side: str, values: list[ast.expr]) -> list[ast.expr]:
    return [
        compiler.at(getattr(key, side).part, pyast.call("id_key" if key.ids else "join_key", value), part)
        for key, value in zip(part.keys, values, strict=True)
    ]


def _whole(compiler: Compiler, part: Plan, count: Plan, here: ast.expr) -> ast.expr:
    return compiler.at(part, pyast.call("whole_number", compiler.value(count, here)))


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
    with compiler.loop(
        states, pyast.call("sorted_groups", pyast.name(groups), pyast.constant(len(part.keys)))
    ):
        _finish(compiler, part, states, here, use)


def _new_states(part: Aggregate, keys: list[ast.expr]) -> ast.expr:
    return ast.List(
        [*keys, *(pyast.call(f"{_function(fold)}_new", pyast.constant(fold.label)) for fold in part.folds)],
        pyast.LOAD,
    )


def _group(compiler: Compiler, part: Aggregate, groups: str, keys: list[ast.expr], output: ast.expr) -> None:
    """Find the states of the group, or make them, and step."""
    assert part.keys is not None
    parts = [_hashable(compiler, part, key, group) for key, group in zip(keys, part.keys, strict=True)]
    identity = compiler.named(parts[0] if len(parts) == 1 else ast.Tuple(parts, pyast.LOAD))
    states = compiler.fresh("states")
    compiler.assign(states, pyast.method(pyast.name(groups), "get", identity))
    with compiler.when(pyast.is_(pyast.name(states), pyast.constant(None))):
        compiler.assign(states, _new_states(part, keys))
        compiler.add(ast.Assign([_slot(groups, identity, ast.Store())], pyast.name(states)))
    _step(compiler, part, states, output)


def _hashable(compiler: Compiler, part: Aggregate, key: ast.expr, group: GroupKey) -> ast.expr:
    general = compiler.at(group.value.part, pyast.call("group_key", key), part)
    return pyast.if_else(pyast.of_class(key, "str"), key, general)


def _slot(container: str, key: ast.expr, context: ast.expr_context) -> ast.Subscript:
    return ast.Subscript(pyast.name(container), key, context)


def _step(compiler: Compiler, part: Aggregate, states: str, output: ast.expr) -> None:
    """Fold one value into the states of its group; an argument may have any number of outputs."""
    first = len(part.keys or ())
    for index, fold in enumerate(part.folds, first):
        slot = _slot(states, pyast.constant(index), ast.Load())
        one = pyast.name(fold.weight) if fold.weight else pyast.constant(1)
        if fold.argument is None:
            _store(compiler, states, index, ast.BinOp(slot, ast.Add(), one))
            continue

        def stepped(
            value: ast.expr,
            index: int = index,
            fold: Fold = fold,
            slot: ast.expr = slot,
            one: ast.expr = one,
        ) -> None:
            assert fold.argument is not None
            value = compiler.named(value)
            place = fold.argument.part if fold.argument.part.span else part
            if fold.function == "count":
                with compiler.when(compiler.truth(value, fold.argument.kind, place)):
                    _store(compiler, states, index, ast.BinOp(slot, ast.Add(), one))
                return
            weight = [one] if fold.weight else []
            step = compiler.at(place, pyast.call(f"{_function(fold)}_step", slot, value, *weight))
            with _unless_null(compiler, value):
                if fold.weight or FOLDS[fold.function].in_place:
                    compiler.do(step)
                else:
                    _store(compiler, states, index, step)

        compiler.stream(fold.argument.part, output, stepped)


def _function(fold: Fold) -> str:
    """Return the name of a fold's functions: those with a weight stand beside the plain ones."""
    return f"net_{fold.function}" if fold.weight and fold.function != "count" else fold.function


def _unless_null(compiler: Compiler, value: ast.expr) -> AbstractContextManager[None]:
    if isinstance(value, ast.Constant) and value.value is not None:
        return nullcontext()
    return compiler.when(ast.Compare(value, [ast.IsNot()], [pyast.constant(None)]))


def _store(compiler: Compiler, states: str, index: int, value: ast.expr) -> None:
    compiler.add(ast.Assign([_slot(states, pyast.constant(index), ast.Store())], value))


def _finish(compiler: Compiler, part: Aggregate, states: str, here: ast.expr, use: Use) -> None:
    """Bind the keys and results of a group to their locals and write its result."""
    keys = part.keys or ()
    for index, key in enumerate(keys):
        compiler.assign(key.local, _slot(states, pyast.constant(index), ast.Load()))
    for index, fold in enumerate(part.folds, len(keys)):
        state = _slot(states, pyast.constant(index), ast.Load())
        at = [] if fold.at is None else [compiler.value(fold.at, here)]
        finished = pyast.call(f"{_function(fold)}_finish", state, *at)
        compiler.assign(fold.result, finished if fold.at is None else compiler.at(fold.at, finished))
    use(compiler.value(part.result, here))


STREAMS: dict[type, StreamOf] = {
    Take: take,
    Sort: sort,
    Distinct: distinct,
    Aggregate: aggregate,
    Join: join,
}
