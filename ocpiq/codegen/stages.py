"""Stages that work on a whole stream: `limit`, `sort by`, `distinct by`, `join`, `aggregate`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from ocpiq.codegen import pyast
from ocpiq.codegen.compiler import Compiler, Consumer, StreamWriter
from ocpiq.codegen.control import label_block
from ocpiq.plan import nodes as plan
from ocpiq.plan.nodes import Fold, GroupKey, Plan
from ocpiq.privacy.sealed import sealed_paths
from ocpiq.runtime.aggregates import FOLDS
from ocpiq.runtime.sealed_totals import Total, total_of


def take(compiler: Compiler, node: plan.Take, dot: ast.expr, consume: Consumer) -> None:
    """`limit n`: leaves the loops of the body right after the last output, so that no needless page is requested."""
    write_limit(
        compiler,
        node,
        dot,
        lambda count_output: compiler.stream(
            node.body, dot, lambda output: count_output(lambda: consume(output))
        ),
    )


def write_limit(
    compiler: Compiler,
    node: plan.Take,
    dot: ast.expr,
    write: Callable[[Callable[[Callable[[], None]], None]], None],
) -> None:
    """Write a `limit`: `write` writes the body and passes the code for each output to its argument, which counts it."""
    label, count, limit = (
        compiler.fresh_name("label"),
        compiler.fresh_name("count"),
        compiler.fresh_name("limit"),
    )
    compiler.assign(limit, _whole_number(compiler, node, node.count, dot))
    compiler.assign(label, pyast.call("object"))
    compiler.assign(count, pyast.constant(0))

    def count_output(consume: Callable[[], None]) -> None:
        compiler.assign(count, ast.BinOp(pyast.name(count), ast.Add(), pyast.constant(1)))
        consume()
        with compiler.if_block(ast.Compare(pyast.name(count), [ast.GtE()], [pyast.name(limit)])):
            compiler.add(ast.Raise(pyast.call("BreakSignal", pyast.name(label))))

    with compiler.if_block(pyast.name(limit)):
        body: list[ast.stmt] = []
        with compiler.nested(body):
            write(count_output)
        label_block(compiler, body, label)


def sort(compiler: Compiler, node: plan.Sort, dot: ast.expr, consume: Consumer) -> None:
    """`sort by`, `top`: buffers each value with its keys and variables."""
    buffer, row = compiler.fresh_name("buffer"), compiler.fresh_name("row")
    directions = compiler.constant(tuple(key.descending for key in node.keys))
    arguments = (
        [directions] if node.count is None else [directions, _whole_number(compiler, node, node.count, dot)]
    )
    compiler.assign(buffer, pyast.call("SortBuffer", *arguments))

    def add_row(output: ast.expr) -> None:
        output = compiler.reusable(output)
        values = compiler.values([key.value.plan for key in node.keys], output)
        keys = [
            compiler.locate(key.value.plan, pyast.call("sort_key", value), node)
            for key, value in zip(node.keys, values, strict=True)
        ]
        carried = [pyast.name(name) for name in node.carried]
        compiler.add_expression(
            pyast.method(pyast.name(buffer), "add", ast.Tuple([*keys, output, *carried], pyast.LOAD))
        )

    compiler.stream(node.body, dot, add_row)
    with compiler.loop(row, pyast.method(pyast.name(buffer), "sorted_rows")):
        for index, name in enumerate(node.carried, len(node.keys) + 1):
            compiler.assign(name, _slot(row, pyast.constant(index), ast.Load()))
        consume(_slot(row, pyast.constant(len(node.keys)), ast.Load()))


def distinct(compiler: Compiler, node: plan.Distinct, dot: ast.expr, consume: Consumer) -> None:
    """`distinct by`: remembers the keys seen; values pass at once."""
    seen = compiler.fresh_name("seen")
    compiler.assign(seen, pyast.call("set"))

    def consume_new(output: ast.expr) -> None:
        output = compiler.reusable(output)
        values = compiler.values([key.plan for key in node.keys], output)
        keys = [
            compiler.locate(key.plan, pyast.call("group_key", value), node)
            for key, value in zip(node.keys, values, strict=True)
        ]
        key = compiler.reusable(keys[0] if len(keys) == 1 else ast.Tuple(keys, pyast.LOAD))
        with compiler.if_block(ast.Compare(key, [ast.NotIn()], [pyast.name(seen)])):
            compiler.add_expression(pyast.method(pyast.name(seen), "add", key))
            consume(output)

    compiler.stream(node.body, dot, consume_new)


def join(compiler: Compiler, node: plan.Join, dot: ast.expr, consume: Consumer) -> None:
    """`join`: indexes all outputs of the right side, then looks up each value of the body."""
    index = compiler.fresh_name("index")
    compiler.assign(index, pyast.call("JoinIndex"))

    def add_to_index(output: ast.expr) -> None:
        compiler.assign(node.row, output)
        row = pyast.name(node.row)
        _join_keys(
            compiler,
            node,
            "right",
            row,
            lambda keys: compiler.add_expression(pyast.method(pyast.name(index), "add", row, *keys)),
        )

    compiler.stream(node.right, pyast.constant(None), add_to_index)

    match = _match_each if node.each else _match_one
    compiler.stream(
        node.body, dot, lambda output: match(compiler, node, index, compiler.reusable(output), consume)
    )


def _match_one(compiler: Compiler, node: plan.Join, index: str, output: ast.expr, consume: Consumer) -> None:
    """Write the lookup of `join`: the variable is the one match, or null."""
    keys = _key_calls(compiler, node, "left", compiler.values([key.left.plan for key in node.keys], output))
    match: ast.expr = pyast.method(pyast.name(index), "match", *keys)
    compiler.assign(node.name, compiler.locate(node, match))
    consume(output)


def _match_each(compiler: Compiler, node: plan.Join, index: str, output: ast.expr, consume: Consumer) -> None:
    """Write the lookup of `join each`: the variable is each match in turn, or null if there is none."""
    matches, match = compiler.fresh_name("matches"), compiler.fresh_name("match")
    compiler.assign(matches, ast.List([], pyast.LOAD))
    _join_keys(
        compiler,
        node,
        "left",
        output,
        lambda keys: compiler.add_expression(
            pyast.method(pyast.name(index), "add_matches", pyast.name(matches), *keys)
        ),
    )
    none = ast.Tuple([pyast.constant(None)], pyast.LOAD)
    with compiler.loop(match, pyast.or_(pyast.name(matches), none)):
        compiler.assign(node.name, pyast.name(match))
        consume(output)


def _join_keys(
    compiler: Compiler, node: plan.Join, side: str, dot: ast.expr, consume: Callable[[list[ast.expr]], None]
) -> None:
    """Write `consume` for each combination of the keys of one side."""
    nodes = [getattr(key, side).plan for key in node.keys]
    compiler.for_each_combination(nodes, dot, lambda keys: consume(_key_calls(compiler, node, side, keys)))


def _key_calls(compiler: Compiler, node: plan.Join, side: str, values: list[ast.expr]) -> list[ast.expr]:
    return [
        compiler.locate(getattr(key, side).plan, pyast.call("id_key" if key.ids else "join_key", value), node)
        for key, value in zip(node.keys, values, strict=True)
    ]


def _whole_number(compiler: Compiler, node: Plan, count: Plan, dot: ast.expr) -> ast.expr:
    return compiler.locate(node, pyast.call("whole_number", compiler.value(count, dot)))


def aggregate(compiler: Compiler, node: plan.Aggregate, dot: ast.expr, consume: Consumer) -> None:
    """`aggregate … by …`: one list per group, with its keys as sent and then the state of each fold."""
    groups = _fold_groups(compiler, node, dot)
    if node.keys is None:
        if node.companion:
            _finish_if_many(compiler, node, groups, dot, consume)
        else:
            _finish(compiler, node, groups, dot, consume)
        return
    states, key_count = compiler.fresh_name("states"), pyast.constant(len(node.keys))
    ordered = pyast.call("sorted_groups", pyast.name(groups), key_count)
    if node.companion:
        functions = compiler.constant(tuple("" if fold.terms else fold.function for fold in node.folds))
        ordered = pyast.call("shown_groups", pyast.name(groups), key_count, functions, pyast.name("runtime"))
    with compiler.loop(states, ordered):
        _finish(compiler, node, states, dot, consume)


def _fold_groups(compiler: Compiler, node: plan.Aggregate, dot: ast.expr) -> str:
    """Write the folding of all values; return the name of the groups, or without keys of the states."""
    groups = compiler.fresh_name("groups" if node.keys else "states")
    if isinstance(node.body, plan.Received):
        compiler.assign(groups, _received())
        return groups
    if node.keys is None:
        compiler.assign(groups, _new_states(compiler, node, []))
        compiler.stream(
            node.body, dot, lambda output: _step(compiler, node, groups, compiler.reusable(output))
        )
        return groups
    compiler.assign(groups, ast.Dict([], []))

    def add_to_groups(output: ast.expr) -> None:
        output = compiler.reusable(output)
        nodes = [key.value.plan for key in node.keys or ()]
        compiler.for_each_combination(
            nodes, output, lambda keys: _step_group(compiler, node, groups, keys, output)
        )

    compiler.stream(node.body, dot, add_to_groups)
    return groups


def gather(compiler: Compiler, node: plan.Gather, dot: ast.expr, consume: Consumer) -> None:
    """The groups of an aggregate, each a list of its keys and states, in one list."""
    groups = pyast.name(_fold_groups(compiler, node.stage, dot))
    consume(
        ast.List([groups], pyast.LOAD)
        if node.stage.keys is None
        else pyast.call("list", pyast.method(groups, "values"))
    )


def carry(compiler: Compiler, node: plan.Carry, dot: ast.expr, consume: Consumer) -> None:
    """Each output with the variables that accompany it, in a tuple."""
    carried = [pyast.name(name) for name in node.carried]
    compiler.stream(node.body, dot, lambda output: consume(ast.Tuple([output, *carried], pyast.LOAD)))


def received(compiler: Compiler, node: plan.Received, dot: ast.expr, consume: Consumer) -> None:
    """What the parts of a split run sent, one after the other."""
    row = compiler.fresh_name("row")
    with compiler.loop(row, _received()):
        if not node.carried:
            consume(pyast.name(row))
            return
        for index, name in enumerate(node.carried, 1):
            compiler.assign(name, _slot(row, pyast.constant(index), ast.Load()))
        consume(_slot(row, pyast.constant(0), ast.Load()))


def _received() -> ast.expr:
    return pyast.call("scan", pyast.constant(plan.RECEIVED))


def _new_states(compiler: Compiler, node: plan.Aggregate, keys: list[ast.expr]) -> ast.expr:
    """Return the states of a group: its keys, those of its totals of sealed fields, then those of the folds."""
    drivers = (
        [pyast.call("ManyDrivers", compiler.constant(_totals(compiler, node)))] if node.companion else []
    )
    states = [
        pyast.constant(None)
        if fold.terms
        else pyast.call(f"{_function_prefix(fold)}_new", pyast.constant(fold.label))
        for fold in node.folds
    ]
    return ast.List([*keys, *drivers, *states], pyast.LOAD)


def _totals(compiler: Compiler, node: plan.Aggregate) -> tuple[Total, ...]:
    """Return the totals of sealed fields, whose numbers have the order of the companion."""
    totals = []
    for fold in node.folds:
        if fold.terms:
            source = compiler.plan.sources[fold.source]
            paths = sealed_paths(source.view, source.demand)
            terms = [(paths.index(path), factor) for path, factor in fold.terms]
            totals.append(total_of(fold.function, terms))
    return tuple(totals)


def _first_fold(node: plan.Aggregate) -> int:
    """Return the index of the state of the first fold."""
    return len(node.keys or ()) + bool(node.companion)


def _finish_if_many(
    compiler: Compiler, node: plan.Aggregate, states: str, dot: ast.expr, consume: Consumer
) -> None:
    """Write the result of the only group if it has enough drivers, else a blank or an object of blanks."""
    result = compiler.fresh_name("result")
    names = None
    if isinstance(node.result, plan.MakeObject):
        keys = [key for key, _ in node.result.entries]
        names = tuple(key.value for key in keys if isinstance(key, plan.Constant))
    compiler.assign(result, pyast.call("blanked", compiler.constant(names)))
    drivers = _slot(states, pyast.constant(0), ast.Load())
    with compiler.if_block(pyast.call("may_be_shown", drivers, pyast.name("runtime"))):
        _finish(compiler, node, states, dot, lambda output: compiler.assign(result, output))
    consume(pyast.name(result))


def _step_group(
    compiler: Compiler, node: plan.Aggregate, groups: str, keys: list[ast.expr], output: ast.expr
) -> None:
    """Look up or create the states of a group, and fold a value into them."""
    assert node.keys is not None
    group_keys = [_group_key(compiler, node, key, group) for key, group in zip(keys, node.keys, strict=True)]
    identity = compiler.reusable(group_keys[0] if len(group_keys) == 1 else ast.Tuple(group_keys, pyast.LOAD))
    states = compiler.fresh_name("states")
    compiler.assign(states, pyast.method(pyast.name(groups), "get", identity))
    with compiler.if_block(pyast.is_(pyast.name(states), pyast.constant(None))):
        compiler.assign(states, _new_states(compiler, node, keys))
        compiler.add(ast.Assign([_slot(groups, identity, ast.Store())], pyast.name(states)))
    _step(compiler, node, states, output)


def _group_key(compiler: Compiler, node: plan.Aggregate, key: ast.expr, group: GroupKey) -> ast.expr:
    general = compiler.locate(group.value.plan, pyast.call("group_key", key), node)
    return pyast.if_else(pyast.has_class(key, "str"), key, general)


def _slot(container: str, key: ast.expr, context: ast.expr_context) -> ast.Subscript:
    return ast.Subscript(pyast.name(container), key, context)


def _step(compiler: Compiler, node: plan.Aggregate, states: str, output: ast.expr) -> None:
    """Fold one value into the states of its group; an argument may have any number of outputs."""
    if node.companion:
        drivers = _slot(states, pyast.constant(len(node.keys or ())), ast.Load())
        compiler.add_expression(pyast.method(drivers, "add", pyast.name(node.companion)))
    for index, fold in enumerate(node.folds, _first_fold(node)):
        if fold.terms:
            continue
        slot = _slot(states, pyast.constant(index), ast.Load())
        weight = pyast.name(fold.weight) if fold.weight else pyast.constant(1)
        if fold.argument is None:
            _store(compiler, states, index, ast.BinOp(slot, ast.Add(), weight))
            continue

        def write_step(
            value: ast.expr,
            index: int = index,
            fold: Fold = fold,
            slot: ast.expr = slot,
            weight: ast.expr = weight,
        ) -> None:
            assert fold.argument is not None
            value = compiler.reusable(value)
            origin = fold.argument.plan if fold.argument.plan.span else node
            if fold.function == "count":
                with compiler.if_block(compiler.truth(value, fold.argument.type, origin)):
                    _store(compiler, states, index, ast.BinOp(slot, ast.Add(), weight))
                return
            weights = [weight] if fold.weight else []
            step = compiler.locate(
                origin, pyast.call(f"{_function_prefix(fold)}_step", slot, value, *weights)
            )
            with _unless_null(compiler, value):
                if fold.weight or FOLDS[fold.function].in_place:
                    compiler.add_expression(step)
                else:
                    _store(compiler, states, index, step)

        compiler.stream(fold.argument.plan, output, write_step)


def _function_prefix(fold: Fold) -> str:
    """Return the name of a fold's functions; a fold with a weight has its own."""
    return f"net_{fold.function}" if fold.weight and fold.function != "count" else fold.function


def _unless_null(compiler: Compiler, value: ast.expr) -> AbstractContextManager[None]:
    if isinstance(value, ast.Constant) and value.value is not None:
        return nullcontext()
    return compiler.if_block(ast.Compare(value, [ast.IsNot()], [pyast.constant(None)]))


def _store(compiler: Compiler, states: str, index: int, value: ast.expr) -> None:
    compiler.add(ast.Assign([_slot(states, pyast.constant(index), ast.Store())], value))


def _finish(compiler: Compiler, node: plan.Aggregate, states: str, dot: ast.expr, consume: Consumer) -> None:
    """Assign the keys and results of a group to their variables and write its result."""
    keys = node.keys or ()
    for index, key in enumerate(keys):
        compiler.assign(key.local, _slot(states, pyast.constant(index), ast.Load()))
    totals = 0
    for index, fold in enumerate(node.folds, _first_fold(node)):
        if fold.terms:
            drivers = _slot(states, pyast.constant(len(keys)), ast.Load())
            compiler.assign(fold.result, pyast.method(drivers, "total", pyast.constant(totals)))
            totals += 1
            continue
        state = _slot(states, pyast.constant(index), ast.Load())
        share = [] if fold.at is None else [compiler.value(fold.at, dot)]
        finished = pyast.call(f"{_function_prefix(fold)}_finish", state, *share)
        compiler.assign(fold.result, finished if fold.at is None else compiler.locate(fold.at, finished))
    consume(compiler.value(node.result, dot))


STREAMS: dict[type, StreamWriter] = {
    plan.Take: take,
    plan.Sort: sort,
    plan.Distinct: distinct,
    plan.Aggregate: aggregate,
    plan.Join: join,
    plan.Gather: gather,
    plan.Carry: carry,
    plan.Received: received,
}
