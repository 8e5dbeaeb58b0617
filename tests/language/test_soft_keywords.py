"""The words of sources and stages are keywords only where a clause or stage can occur, so jq programs still work."""

from __future__ import annotations

import pytest
from trees import compact

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse, tree

WORDS = ["pass", "only", "since", "until", "during", "newest", "net", "pseudonym", "sessions"]
WORDS += ["sort", "top", "by", "desc", "asc", "limit", "distinct", "join", "each", "on"]

AS_NAMES = {
    "function": "def {0}: 1; {0}",
    "function with arguments": "def {0}(f; $x): f; {0}(1; 2)",
    "parameter": "def f({0}): {0}; f(1)",
    "after a pipe": "1 | {0}",
    "after a pipe, with arguments": "1 | {0}(1; 2)",
    "with a path": "1 | {0}.a[0]?",
    "bound": "1 | {0} as $x | 2",
    "in a list": "1, {0}, 2",
    "in an operation": "1 | {0} + {0} // {0}",
    "field": ".{0}.{0}",
    "key": "{{{0}: 1}}",
    "key alone": "{{{0}}}",
    "key of a pattern": ". as {{{0}: $x}} | 1",
    "variable": "1 as ${0} | ${0}",
    "variable as key": "1 as ${0} | {{${0}}}",
    "label": "label ${0} | break ${0}",
    "in a clause": "sessions pass {0}, id.{0} only {0}",
    "first in a file": "{0} | 1",
    "begins a longer word": "1 | {0}_x and {0}::x",
}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("program", AS_NAMES.values(), ids=AS_NAMES.keys())
def test_the_words_are_names(word, program):
    used, plain = program.format(word), program.format("zz")
    assert compact(parse(used)) == compact(parse(plain)).replace("zz", word)


@pytest.mark.parametrize(
    ("function", "stage"),
    [
        (". | limit(3; .a)", ". | limit 3"),
        (". | sort", ". | sort by .a"),
        (". | top", ". | top 3 by .a"),
        (". | distinct", ". | distinct by .a"),
        ('. | join(",")', ". | join locations as $l"),
        (". | join(.a) as $x | 1", ". | join (cdrs | .a) as $x on .id == $x.id | 1"),
    ],
)
def test_what_follows_tells_a_function_from_a_stage(function, stage):
    assert not isinstance(parse(function).body.items[1], tree.Stage)
    assert isinstance(parse(stage).body.items[1], tree.Stage)


def test_a_word_is_read_whole():
    with pytest.raises(QuerySyntaxError, match='unexpected "android"'):
        parse(".a android")
    with pytest.raises(QuerySyntaxError, match='unexpected "byte"'):
        parse(". | sort byte")


@pytest.mark.parametrize(
    "program", [".aggregate", "{aggregate: 1}", "{aggregate}", "$aggregate", "$aggregate.a"]
)
def test_aggregate_is_a_key_a_field_and_a_variable(program):
    assert compact(parse(program)) == compact(parse(program.replace("aggregate", "zz"))).replace(
        "zz", "aggregate"
    )


@pytest.mark.parametrize(
    "program", ["def aggregate: 1; 1", "aggregate", "1 + aggregate", "def f(aggregate): 1; 1"]
)
def test_aggregate_is_not_a_function(program):
    with pytest.raises(QuerySyntaxError):
        parse(program)
