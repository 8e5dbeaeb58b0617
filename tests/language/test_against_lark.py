"""The grammar is the truth: Lark itself, with the files of grammar/ and nothing else, reads what our parser reads.

Every text that stands in the tests, the examples and the reference is given to both, whether it is a program or
not, and so are mutations of it: both take it or neither does, and the trees are equal, with the place of every part.
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
    """Actions that make of every rule its name, its place, and its parts."""

    def __missing__(self, rule):
        return lambda span, *parts: (rule, (span.start, span.end), list(map(plain, parts)))


@cache
def machine() -> Parser:
    return Parser(grammar.tables(), NodeOfEveryRule())


def plain(part):
    return (part.kind, (part.span.start, part.span.end), part.text) if isinstance(part, Token) else part


def ours(text: str):
    """Return what our parser makes of the text, or None where it refuses it."""
    try:
        return machine().parse(text)
    except UnexpectedToken:
        return None


def larks(text: str):
    """Return what Lark makes of the text, in the same form."""
    try:
        return of_lark(lark().parse(text))
    except UnexpectedInput:
        return None


def of_lark(part):
    if isinstance(part, Tree):
        place = None if part.meta.empty else (part.meta.start_pos, part.meta.end_pos)
        return (str(part.data), place, list(map(of_lark, part.children)))
    return part and (part.type, (part.start_pos, part.end_pos), str(part))


def same(our, their) -> bool:
    """Compare two trees; an empty rule has no place in Lark's."""
    if our is None or their is None or isinstance(our[2], str) or isinstance(their[2], str):
        return our == their
    return (
        our[0] == their[0]
        and (their[1] is None or our[1] == their[1])
        and len(our[2]) == len(their[2])
        and all(map(same, our[2], their[2]))
    )


def check(text: str) -> bool:
    """Compare both parsers on a text; return whether they take it.

    What they take is a query: the grammar says it all, except which call stands before `as … on` (stages.lark) and how
    deep a query can be.
    """
    our, their = ours(text), larks(text)
    assert (our is None) == (their is None), f"{text!r} is taken by {'Lark' if our is None else 'us'} only"
    assert same(our, their), f"other trees for {text!r}:\n{our}\n{their}"
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
    """Return the strings of a Python file, whole and line by line: tables of cases hold a program a line."""
    constants = (
        node.value for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant)
    )
    strings = [text for text in constants if isinstance(text, str) and len(text) <= LONGEST]
    return {*strings, *(line for text in strings for line in text.splitlines())}


@cache
def texts() -> list[str]:
    found = {example.program for entry in reference.entries() for example in entry.examples}
    found.update(file.read_text("utf-8") for file in (ROOT / "examples").glob("*.ocpiq"))
    for file in (ROOT / "tests").rglob("*.py"):
        found |= strings_of(file)
    return sorted(found)


def mutated(text: str, choice: random.Random) -> str:
    """Return the text with a piece left out, put in, doubled, moved, run into the next, or replaced."""
    pieces = PIECE.findall(text)
    here, there = choice.randrange(len(pieces)), choice.randrange(len(pieces))
    match choice.randrange(6):
        case 0:
            del pieces[here]
        case 1:
            pieces.insert(here, choice.choice(INSERTED))
        case 2:
            pieces.insert(here, pieces[there])
        case 3:
            pieces[here], pieces[there] = pieces[there], pieces[here]
        case 4:
            pieces = [piece for number, piece in enumerate(pieces) if number < here or not piece.isspace()]
        case _:
            pieces[here] = choice.choice(INSERTED)
    return "".join(pieces)


# ---------------------------------------------------------------- what must hold


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.ocpiq")), ids=lambda file: file.stem)
def test_lark_reads_the_examples(file):
    assert check(file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "taken"),
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
def test_words_are_read_whole(text, taken):
    assert check(text) == taken


@pytest.mark.parametrize(
    ("text", "taken"),
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
def test_rules_of_values_are_in_the_grammar(text, taken):
    assert check(text) == taken


def test_every_text_of_the_tests():
    taken = [text for text in texts() if check(text)]
    assert len(taken) > 3_000


@pytest.mark.parametrize("seed", range(4))
def test_mutations_of_every_program(seed):
    choice = random.Random(seed)
    programs = [text for text in texts() if text and ours(text) is not None]
    taken = [check(mutated(text, choice)) for text in programs]
    assert 0.2 < sum(taken) / len(taken) < 0.9


@settings(max_examples=300)
@given(token_lists(), st.data())
def test_every_construct_with_and_without_space(tokens, data):
    check("".join(data.draw(st.sampled_from(["", " ", "\n", " #\n"])) + text for _, text in tokens))
