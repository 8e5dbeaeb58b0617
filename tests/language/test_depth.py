"""Long queries make wide trees, and too deep ones are rejected; neither hits Python's recursion limit."""

from __future__ import annotations

import pytest

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse, tree
from ocpiq.language.parser import MAX_DEPTH
from ocpiq.language.printer import unparse

LONG = {
    "pipe": "|".join([".a"] * 3_000),
    "comma": ",".join(["1"] * 3_000),
    "operators": "+".join(["1"] * 3_000),
    "alternatives": "//".join(["1"] * 3_000),
    "path": ".a" * 3_000,
    "bindings": "1 as $x | " * 3_000 + "2",
    "definitions": "1 | " + "def f: 1; " * 3_000 + "2",
    "object": "{" + "a: 1," * 3_000 + "}",
    "elif": "if 1 then 2 " + "elif 1 then 2 " * 3_000 + "end",
    "interpolations": '"' + "\\(1)a" * 3_000 + '"',
    "stages": "." + " | limit 3" * 3_000,
    "clauses": "sessions pass " + ", ".join(["a.b"] * 3_000),
}


@pytest.mark.parametrize("program", LONG.values(), ids=LONG.keys())
def test_long(program):
    program_tree = parse(program)
    level, levels = [program_tree], 0
    while level:
        level, levels = [child for node in level for child in tree.children(node)], levels + 1
    assert levels < 8
    text = unparse(program_tree)
    assert unparse(parse(text)) == text


DEEP = {
    "arrays": ("[", "1", "]"),
    "parentheses": ("(", "1", ")"),
    "objects": ("{a:", "1", "}"),
    "indices": (".[", "1", "]"),
    "calls": ("f(", "1", ")"),
    "minus": ("-", "1", ""),
    "try": ("try ", "1", ""),
    "if": ("if ", "1", " then 2 end"),
    "strings": ('"\\(', "1", ')"'),
    "definitions": ("def f: ", "1", "; 2"),
    "bindings in lists": ("1, 2 as $x | ", "1", ""),
}


@pytest.mark.parametrize(("before", "middle", "after"), DEEP.values(), ids=DEEP.keys())
def test_deep(before, middle, after):
    with pytest.raises(QuerySyntaxError, match=f"nested more than {MAX_DEPTH} levels deep") as caught:
        parse(before * 3_000 + middle + after * 3_000)
    assert caught.value.span is not None


def test_deep_as_people_write():
    nested = "[" * 200 + "1" + "]" * 200
    assert unparse(parse(nested)) == nested
    assert hash(parse(nested)) == hash(parse(nested))


def test_deep_and_wrong():
    with pytest.raises(QuerySyntaxError, match='"\\[" at line 1, column 3000 is not closed'):
        parse("[" * 3_000 + "1")
