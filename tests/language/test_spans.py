"""Every node has its position in the text."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from programs import text_of, token_lists
from trees import compact

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse, tree

# Children of these parse differently alone: a bare key, a module whose clauses follow the variable.
WHOLE = (tree.Entry, tree.PatternEntry, tree.Join, tree.Import)


def walk(node):
    yield node
    for child in tree.children(node):
        yield from walk(child)


@given(token_lists())
def test_children_lie_within_their_parent_and_parse_alone_to_the_same_tree(tokens):
    text = text_of(tokens)
    try:
        program = parse(text)
    except QuerySyntaxError:
        assume(False)
    for node in walk(program):
        shown = text[node.span.start : node.span.end]
        assert isinstance(node, tree.Program) or shown == shown.strip() != ""
        for child in tree.children(node):
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end
            if isinstance(child, tree.Expr) and not isinstance(node, WHOLE):
                alone = parse(f"({text[child.span.start : child.span.end]}\n)").body
                assert compact(alone.body) == compact(child)


@pytest.mark.parametrize(
    ("program", "kind", "texts"),
    [
        (".a?.b[0]", tree.Field, [".a?", ".b"]),
        (".a?.b[0]?", tree.Index, ["[0]?"]),
        (".a??", tree.Question, ["?"]),
        (".a | {b: 1}", tree.Entry, ["b: 1"]),
        ("1 + 2 * 3", tree.Chain, ["1 + 2 * 3", "2 * 3"]),
        ("1 as [$x] | 2", tree.Bind, ["1 as [$x]"]),
        ("1 | def f: 2; 3", tree.Define, ["def f: 2;"]),
        ('"a\\(1)b"', tree.Number, ["1"]),
        ("sessions pass a, b.c as x since 2026-01-01", tree.FieldPath, ["a", "b.c as x"]),
        ("sessions pass a since 2026-01-01 | 1", tree.Since, ["since 2026-01-01"]),
        ("sessions pass a since 2026-01-01 | 1", tree.Source, ["sessions pass a since 2026-01-01"]),
        (". | top 3 by .a desc, .b | 1", tree.Top, ["top 3 by .a desc, .b"]),
        (". | top 3 by .a desc, .b | 1", tree.Key, [".a desc", ".b"]),
        (". | aggregate count by {a} | 1", tree.Aggregate, ["aggregate count by {a}"]),
        (". | join evses as $e pass a on .b | 1", tree.Join, ["join evses as $e pass a on .b"]),
    ],
)
def test_places(program, kind, texts):
    nodes = [node for node in walk(parse(program)) if isinstance(node, kind)]
    assert [program[node.span.start : node.span.end] for node in nodes] == texts
