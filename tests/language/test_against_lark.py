"""The grammar files are authoritative: Lark, with only the files of grammar/, parses exactly what our parser parses.

Both get every string in the tests, the examples and the reference, program or not, and mutations of them: both accept
it or both reject it, and the trees are equal, including all positions.
"""

from __future__ import annotations

import ast
import random
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark, Tree, UnexpectedInput
from programs import token_lists

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import grammar, parse, reference
from ocpiq.language.lalr import Parser, Token, UnexpectedToken

ROOT = Path(__file__).parents[2]
LONGEST = 4_000  # characters; longer strings of the tests are data
PIECE = re.compile(r"[A-Za-z_0-9]+|\s+|.", re.DOTALL)
INSERTED = [
    "as",
    "if",
    "end",
    "def",
    "and",
    "aggregate",
    "pass",
    "kwh",
    "sort",
    "by",
    "limit",
    "3",
    "2026-01",
]
INSERTED += [*'|,;:()[]{}.?"\\=-#$@/', "..", "::", "\n", " "]


# ---------------------------------------------------------------- the two parsers


@cache
def lark() -> Lark:
    return Lark(grammar.grammar_text(), start="program", parser="lalr", strict=True, propagate_positions=True)


class NodeOfEveryRule(dict):
    """Actions that return the name, the span and the parts of every rule."""

    def __missing__(self, rule):
        return lambda span, *parts: (rule, (span.start, span.end), list(map(token_as_tuple, parts)))


@cache
def our_parser() -> Parser:
    return Parser(grammar.tables(), NodeOfEveryRule())


def token_as_tuple(part):
    return (part.kind, (part.span.start, part.span.end), part.text) if isinstance(part, Token) else part


def our_tree(text: str):
    """Return our parser's tree of the text, or None if it rejects it."""
    try:
        return our_parser().parse(text)
    except UnexpectedToken:
        return None


def lark_tree(text: str):
    """Return Lark's tree of the text, in the same form."""
    try:
        return comparable(lark().parse(text))
    except UnexpectedInput:
        return None


def comparable(part):
    if isinstance(part, Tree):
        place = None if part.meta.empty else (part.meta.start_pos, part.meta.end_pos)
        return (str(part.data), place, list(map(comparable, part.children)))
    return part and (part.type, (part.start_pos, part.end_pos), str(part))


def equal(our, their) -> bool:
    """Compare two trees; Lark has no position for an empty rule."""
    if our is None or their is None or isinstance(our[2], str) or isinstance(their[2], str):
        return our == their
    return (
        our[0] == their[0]
        and (their[1] is None or our[1] == their[1])
        and len(our[2]) == len(their[2])
        and all(map(equal, our[2], their[2]))
    )


def check(text: str) -> bool:
    """Compare both parsers on a text; return whether they accept it.

    An accepted text is a valid query, except for two rules that are not in the grammar: the call before `as … on`
    (stages.lark) and the maximum depth.
    """
    our, their = our_tree(text), lark_tree(text)
    assert (our is None) == (their is None), (
        f"{text!r} is accepted only by {'Lark' if our is None else 'ocpiq'}"
    )
    assert equal(our, their), f"different trees for {text!r}:\n{our}\n{their}"
    try:
        parse(text)
    except QuerySyntaxError as error:
        beyond = error.message == "`on` is only valid in a join" or error.message.startswith(
            "nested more than"
        )
        assert our is None or beyond, f"{text!r}: {error.message}"
    else:
        assert our is not None
    return our is not None


# ---------------------------------------------------------------- the texts


def strings_of(file: Path) -> set[str]:
    """Return the strings of a Python file, whole and by line: tables of cases have one program per line."""
    constants = (
        node.value for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant)
    )
    strings = [text for text in constants if isinstance(text, str) and len(text) <= LONGEST]
    return {*strings, *(line for text in strings for line in text.splitlines())}


@cache
def texts() -> list[str]:
    strings = {example.program for entry in reference.entries() for example in entry.examples}
    strings.update(file.read_text("utf-8") for file in (ROOT / "examples").glob("*.ocpiq"))
    for file in (ROOT / "tests").rglob("*.py"):
        strings |= strings_of(file)
    return sorted(strings)


def mutated(text: str, choice: random.Random) -> str:
    """Return the text with a piece removed, inserted, repeated, swapped, joined to the next, or replaced."""
    pieces = PIECE.findall(text)
    first, second = choice.randrange(len(pieces)), choice.randrange(len(pieces))
    match choice.randrange(6):
        case 0:
            del pieces[first]
        case 1:
            pieces.insert(first, choice.choice(INSERTED))
        case 2:
            pieces.insert(first, pieces[second])
        case 3:
            pieces[first], pieces[second] = pieces[second], pieces[first]
        case 4:
            pieces = [piece for number, piece in enumerate(pieces) if number < first or not piece.isspace()]
        case _:
            pieces[first] = choice.choice(INSERTED)
    return "".join(pieces)


# ---------------------------------------------------------------- the tests


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.ocpiq")), ids=lambda file: file.stem)
def test_lark_reads_the_examples(file):
    assert check(file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("{default: 10}", True),
        ("{as: 1, android: 2}", True),
        ("android", True),
        ("as::b", True),
        ("as", False),
        ("1 | end", False),
        ("def if: 1; 1", False),
        (".a android", False),
        ("1 as$x | $x", True),
        ("1as $x | $x", True),
        ("sessions pass kwh", True),
        ("sessions passkwh", False),
        ("sessions pass only, since, if", True),
        ("sessions newest 3since 2026", False),
        ("sessions newest 3since 2026-01-01", True),
        (". | sort byte", False),
        (". as $__loc__ | 1", False),
        ("$__loc__x", True),
    ],
)
def test_words_are_read_whole(text, accepted):
    assert check(text) == accepted


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("limit 3", False),
        ("sessions | (limit 3)", False),
        ("label $f | def f: 1; aggregate count", False),
        ("1, 2 as $x | limit 3", True),
        ("1, label $x | limit 3", False),
        ("sessions | limit 3", True),
        ("sessions | limit 1.5", False),
        ("sessions | limit 3.", False),
        ("if 1 then sessions | limit 3end", True),
        ("if sessions | limit 3 then 1 end", True),
        ("sessions newest 1e3", False),
        ('import "a" as b; 1', True),
        ('import "a\\(1)" as b; 1', False),
        ('sessions pass "x_depot.name", "" since "2026-01-01"', True),
        ('sessions pass @csv "a"', False),
        (r'"\ud83d\ude00 \ude00 \u0041"', True),
        (r'"\ud83d"', False),
        (r'"\ud83d\ud83d\ude00"', False),
        (". | join (cdrs) as $c on .a == $c.b", True),
        (". | join (cdrs) as [$c] on .a == $c.b", False),
    ],
)
def test_rules_of_values_are_in_the_grammar(text, accepted):
    assert check(text) == accepted


def test_every_text_of_the_tests():
    accepted = [text for text in texts() if check(text)]
    assert len(accepted) > 3_000


@pytest.mark.parametrize("seed", range(4))
def test_mutations_of_every_program(seed):
    choice = random.Random(seed)
    programs = [text for text in texts() if text and our_tree(text) is not None]
    accepted = [check(mutated(text, choice)) for text in programs]
    assert 0.2 < sum(accepted) / len(accepted) < 0.9


@settings(max_examples=300)
@given(token_lists(), st.data())
def test_every_construct_with_and_without_space(tokens, data):
    check("".join(data.draw(st.sampled_from(["", " ", "\n", " #\n"])) + text for _, text in tokens))
