"""ocpiq accepts the programs that jq 1.8 accepts, and rejects those that jq rejects; jq is the oracle."""

from __future__ import annotations

import jq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from programs import HEAD, WORDS_OF_OCPI, text_of, texts, token_lists

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse, tree
from ocpiq.language.printer import unparse

NOT_JQ = HEAD | WORDS_OF_OCPI


def jq_accepts(program):
    try:
        jq.compile(program)
    except ValueError as error:  # an unknown function or variable is not a syntax error
        return "syntax error" not in str(error) and "Invalid" not in str(error)
    return True


def ocpiq_accepts(program):
    try:
        parse(program)
    except QuerySyntaxError:
        return False
    return True


ACCEPTED = r"""
.a.b | .a?.b? | ."a" | ."a\(1)b"? | .["a"]? | .[0] | .[-1:] | .[:2] | .a.[0] | .a."b" | ..[0]? | ...a | . .a
.[1, 2 : 3] | .[1 | 2 : 3] | .[1 as $x | 2 : 3] | .[def f: 1; f : 3] | .a?? | 1 .a | 1.0.a | 1.[0] | .e3
.and.or | {if: 1, and, $else, "x y", @json "z", @json "\(1)": 2, (1, 2 | tostring): 3, $__loc__, a::b: 1,}
{a: 1 + 2 // 3 | 4, b: -1, c: 1 == 2, d: try 1 catch 2, e: reduce . as $x (0; 1), f: .a = 1}
. as [$a, {b: $c, $d, $e: [$f], "g": $h, (1 | tostring): $i, @json "j": $k}] | 1
. as [$a] ?// {a: $a} ?// $a | 1
1 as $x | 2 as $y | 3, 4 as $z | 5
1 + 1 as $x | 2
reduce 1 + 1 as $x (0; 1) + 1 | foreach . as [$x] ?// $x (0; 1; 2).a | foreach . as $x (0; 1)
if 1 then 2 end | if 1 then 2 elif 3 then 4 else 5 end.a | if 1 as $x | 2 then def f: 1; f else label $x | 1 end
try 1 | try -1 catch -2 | try try 1 catch 2 catch 3 | -try 1 | 1 + try 2 + 3 | try 1? | try reduce . as $x (0; 1)
--1 | 1 - -1 | 2 * -3 | -.a.b | -(1, 2)
label $f | 1, break $f, 2 | break $f.a
def f: 1; def g($a; b; $if): def h: 2; h; def f::g: 3; f | g(1; 2; 3)
1, def f: 2; f, 3 | 4
[] | {} | [.[] as $x | $x] | {}.a | [1][0] | "x"[0:1] | @base64 "x".a | $__loc__.a | $__prog_args | $and | a::b(1; 2)
1 // 2 // 3 | . = . or . | . // . = . | 1 == 2 = 3 | 1 < 2 and 3 > 4
.a |= 1 | .a += 1 | .a -= 1 | .a *= 1 | .a /= 1 | .a %= 1 | .a //= 1
"a\("b\("c")d")e # no comment" | "\u00e9\ud83d\ude00\n"
.5 | 1. | 1e3 | 1E-3 | 1.e3 | 00
1as$x|if 1then 2end|1or 2
def limit: 1; def pass(by; $on): 2; {sort: 1, limit} | .sort.limit | $top | sort | join(",") | first(limit(3; .[]))
"""

REJECTED = r"""
1 |
| 1
1,
()
[1,]
{,}
{a,,b}
{a b}
{(1)}
{1: 2}
{a: 1 as $x | 2}
{a: def f: 1; f}
{@json}
{$__loc__: 1}
f()
f(1;)
1 == 2 == 3
1 = 2 = 3
1 2
..a
.."a"
. a
.a. b
.a.[1:2]
.[:]
1.a
1..
1.5.5
$ a
. as $x
. as {a} | 1
. as [] | 1
. as $__loc__ | 1
. as [$x ?// $y] | 1
def and: 1; 1
def f(and): 1; 1
def f(): 1; 1
def f: 1;; 1
1 + def f: 1; f
1 + label $f | 1
try def f: 1; f
try error catch 1 catch 2
reduce 1, 2 as $x (0; 1)
reduce . as $x (0)
foreach . as $x (0; 1; 2; 3)
if 1 then 2
if 1 then 2 else 3 elif 4 then 5 end
label x | 1
break
"a\x"
"\ud800"
"a
@ json
1 && 2
!1
'a'
1 | import "a" as b; 1
1;
"""


@pytest.mark.parametrize("program", ACCEPTED.strip().splitlines())
def test_accepted_by_both(program):
    assert jq_accepts(program)
    assert ocpiq_accepts(program)


@pytest.mark.parametrize("program", REJECTED.strip().splitlines())
def test_rejected_by_both(program):
    assert not jq_accepts(program)
    assert not ocpiq_accepts(program)


@pytest.mark.parametrize("program", [".a?//1", "[.[]?//1]"])
def test_an_optional_step_before_the_alternative_operator(program):
    """jq reads `?//` as one token and rejects `.a?//1`; ocpiq reads `?` and `//` outside of patterns."""
    assert not jq_accepts(program)
    assert unparse(parse(program)) == program.replace("?//", "? // ")


@given(token_lists(without=NOT_JQ))
def test_jq_accepts_generated_programs(tokens):
    program = text_of(tokens)
    parse(program)
    assert jq_accepts(program)


UNLIKE = {"DATE", "PERIOD", "LITERAL", "_OR_ELSE"}  # not tokens of jq, or not possible everywhere
ANY_TOKEN = st.deferred(lambda: st.sampled_from(sorted(texts().keys() - NOT_JQ - UNLIKE))).map(
    lambda kind: (kind, texts()[kind][0])
)


@given(st.data())
def test_mutated_programs_are_accepted_by_both_or_neither(data):
    tokens = data.draw(token_lists(without=NOT_JQ | {"_OR_ELSE"}, longest=12))
    place = data.draw(st.integers(0, len(tokens)))
    cut = data.draw(st.integers(0, 2))
    tokens[place : place + cut] = data.draw(st.lists(ANY_TOKEN, max_size=2))
    program = text_of(tokens)
    assume("?//" not in program)
    assert jq_accepts(program) == ocpiq_accepts(program)


@given(st.lists(ANY_TOKEN, max_size=7).map(text_of))
def test_tokens_in_any_order_are_accepted_by_both_or_neither(program):
    assume(program)
    assert jq_accepts(program) == ocpiq_accepts(program)


# ---------------------------------------------------------------- precedence and associativity

OPERATORS = ["+", "-", "*", "/", "%", "==", "<", "and", "or", "//", ",", "|", "as $x |"]
OPERANDS = ["1", "2", "-3", ".", "null", "$x", "try error", "try error catch 4", "(5, 6)", "empty"]


def in_parentheses(node):
    """Return the program with parentheses around every operand, so that precedence does not matter."""
    match node:
        case tree.Chain():
            text = in_parentheses(node.first)
            for operator, operand in node.rest:
                text = f"({text} {operator} {in_parentheses(operand)})"
            return text
        case tree.Compare():
            return f"({in_parentheses(node.left)} {node.op} {in_parentheses(node.right)})"
        case tree.Alternatives():
            *items, text = map(in_parentheses, node.items)
            for item in reversed(items):
                text = f"({item} // {text})"
            return text
        case tree.Comma():
            return f"({', '.join(map(in_parentheses, node.items))})"
        case tree.Pipeline():
            *items, text = node.items
            text = in_parentheses(text)
            for item in reversed(items):
                if isinstance(item, tree.Bind):
                    text = f"({in_parentheses(item.source)} as $x | {text})"
                else:
                    text = f"({in_parentheses(item)} | {text})"
            return text
        case tree.Negate():
            return f"(-{in_parentheses(node.body)})"
        case tree.Try(handler=None):
            return f"(try {in_parentheses(node.body)})"
        case tree.Try():
            return f"(try {in_parentheses(node.body)} catch {in_parentheses(node.handler)})"
    return unparse(node)


def outcome(program):
    try:
        return jq.compile(program, args={"x": 7}).input_value(8).all()
    except ValueError as error:
        return str(error)


@given(st.lists(st.tuples(st.sampled_from(OPERANDS), st.sampled_from(OPERATORS)), min_size=2, max_size=6))
def test_operators_bind_as_in_jq(pairs):
    program = " ".join(f"{operand} {operator}" for operand, operator in pairs) + " 9"
    assume(ocpiq_accepts(program))
    assert outcome(in_parentheses(parse(program).body)) == outcome(program)
