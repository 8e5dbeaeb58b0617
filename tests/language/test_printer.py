"""The text of a tree parses to the same tree, and is short."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from programs import text_of, token_lists
from test_trees import JQ, OCPI
from trees import cases, compact

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse, tree
from ocpiq.language.printer import PARTS, unparse, unparse_without_literals


@pytest.mark.parametrize("program", [program for program, _ in cases(JQ) + cases(OCPI)])
def test_the_programs_of_the_trees(program):
    assert compact(parse(unparse(parse(program)))) == compact(parse(program))


@given(token_lists())
def test_any_program(tokens):
    try:
        parsed = parse(text_of(tokens))
    except QuerySyntaxError:  # rules beyond the grammar: a stage without input, a path with \( )
        assume(False)
    text = unparse(parsed)
    assert compact(parse(text)) == compact(parsed)
    assert unparse(parse(text)) == text


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (".  |  . .a  | .[ 0 ] ?", ". | .a | .[0]?"),
        ('."a" | ."a b" | .["a"]', '.a | ."a b" | .["a"]'),
        ('{"a" : 1, "b c": 2, (.k): 3}', '{a: 1, "b c": 2, (.k): 3}'),
        ("1 .a", "1 .a"),
        ("[ 1,2 ]|map( .+1 )", "[1, 2] | map(. + 1)"),
        ("def f( a;$b ) : a;f(1 ;2)", "def f(a; $b): a;\nf(1; 2)"),
        ("if 1 then 2 elif 3 then 4 else 5 end", "if 1 then 2 elif 3 then 4 else 5 end"),
        ("sessions  pass a.b ,c since 2026-01-01", "sessions pass a.b, c since 2026-01-01"),
        ('cdrs since "2026-01-01" during "May"', 'cdrs since 2026-01-01 during "May"'),
        (". | sort  by .a asc,.b  desc", ". | sort by .a asc, .b desc"),
        ('"\\u0041\\u0007\\"\n"', r'"A\u0007\"\n"'),
    ],
)
def test_text(program, text):
    assert unparse(parse(program)) == text


def test_every_node_has_a_text():
    nodes = {node for node in vars(tree).values() if isinstance(node, type) and issubclass(node, tree.Node)}
    assert nodes - {tree.Node} == PARTS.keys()


LITERALS = {
    'cdrs pass kwh | select(.id == "NL-X" and .kwh > 1.5)': 'cdrs pass kwh | select(.id == "…" and .kwh > …)',
    '.["NL-X"] | ."NL-X" | .a | .b[3:4]': '.["…"] | ."…" | .a | .b[…:…]',
    '{"NL-X": 1, city: "Utrecht"} | "a\\(.x + "b")c"': '{"…": …, city: "…"} | "…\\(.x + "…")…"',
    '@base64 "NL-X" | test("NL-X"; "x")': '@base64 "…" | test("…"; "…")',
    "cdrs only id since 2026-01-01 until $end | limit 5": "cdrs only id since 2026-01-01 until $end | limit 5",
    'def f: "NL-X"; f | . as {"NL-X": $x} | $x': 'def f: "…";\nf | . as {"…": $x} | $x',
    'module {"about": "NL-X"}; # NL-X\n.': 'module {about: "…"};\n.',
}


@pytest.mark.parametrize(("program", "text"), LITERALS.items(), ids=LITERALS)
def test_without_literals(program: str, text: str) -> None:
    assert unparse_without_literals(parse(program)) == text
