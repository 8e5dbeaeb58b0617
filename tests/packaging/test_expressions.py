"""No regular expression of the package takes time by the square of what it reads: data may be made to find one.

What is looked for is two repeats that can share out the same characters between them, so that an expression that
fails at the end tries every way to do so: `[0-9]+[.]?[0-9]*`, `\\s*(?:Z)?\\s*`, `(?:a+)+`. A possessive repeat
(`[0-9]++`, Python 3.11) gives nothing back.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined] # the standard library's own parser
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, cast

import pytest

import ocpiq
from ocpiq.values.patterns import LazyPattern

ROOT = Path(ocpiq.__file__).parent
TYPED = ROOT / "prompt"  # reads what a person types, and no data
CHARACTERS = frozenset(range(256))  # are enough to tell
CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}
REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
FEW = 100  # repeats that are as good as none
NONE: frozenset[int] = frozenset()


class Ambiguous(Exception):
    """Two repeats can share out the same characters."""


def characters(code: Any, value: Any) -> frozenset[int]:
    """Return the characters that one item of a set matches."""
    if code is codes.LITERAL:
        return frozenset({value})
    if code is codes.NOT_LITERAL:
        return CHARACTERS - {value}
    if code is codes.RANGE:
        return frozenset(range(value[0], min(value[1], 255) + 1))
    if code is codes.CATEGORY:
        pattern = re.compile(CATEGORIES[value])
        return frozenset(char for char in CHARACTERS if pattern.match(chr(char)))
    if code is codes.ANY:
        return CHARACTERS
    assert code is codes.IN, code
    found = NONE.union(*(characters(*item) for item in value if item[0] is not codes.NEGATE))
    return CHARACTERS - found if value[0][0] is codes.NEGATE else found


def follow(items: Iterable[Any], given_back: frozenset[int]) -> frozenset[int]:
    """Return what repeats up to the end of `items` may give back, where those before may give back `given_back`."""
    for code, value in items:
        if code in REPEATS:
            least, most, body = value
            given_back = repeated(code, least, most, body, given_back)
        elif code is codes.SUBPATTERN:
            given_back = follow(value[3], given_back)
        elif code is codes.ATOMIC_GROUP:
            follow(value, given_back)
            given_back = NONE
        elif code is codes.BRANCH:
            given_back = NONE.union(*(follow(branch, given_back) for branch in value[1]))
        elif code not in (codes.AT, codes.ASSERT, codes.ASSERT_NOT, codes.GROUPREF):
            given_back = given_back if characters(code, value) & given_back else NONE
    return given_back


def repeated(code: Any, least: int, most: int, body: Any, before: frozenset[int]) -> frozenset[int]:
    """Return the same for one repeat."""
    after = follow(body, before)
    if most > FEW:
        (inner, value), *others = body
        single = characters(inner, value) if not others and inner in SINGLE else NONE
        if single & before:
            raise Ambiguous
        after = single or follow(body, after)
    if code is codes.POSSESSIVE_REPEAT:
        after = NONE
    return after | before if least == 0 else after


SINGLE = (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY)


def ambiguous(pattern: str | bytes, flags: int = 0) -> bool:
    """Whether two repeats of a pattern can share out the same characters."""
    try:
        follow(parser.parse(pattern, flags), NONE)
    except Ambiguous:
        return True
    return False


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"[0-9]+\.?[0-9]*x", True),
        (r"[0-9]++\.?[0-9]*x", False),
        (r"\s*(?:Z)?\s*", True),
        (r"\s*+(?:Z)?\s*", False),
        (r"\w+a\w+", True),
        (r"\w+-\w+", False),
        (r"(?:a+)+b", True),
        (r"(?:a+,)+b", False),
        (r"(?:[^a]|b)*", False),
        (r"%[-0]*[0-9]*x", True),
        (r"a{0,3}a*", False),
        (r"(?>a*)a*", False),
        (rb"(?:x*|y)x*", True),
    ],
)
def test_what_is_ambiguous(pattern, expected):
    assert ambiguous(pattern) is expected


def expressions() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Yield the expressions of every module, those that are written where they are used as well."""
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT.parent).with_suffix("")
        text = path.read_text("utf-8")
        if (
            not any(word in text for word in ("re.", "lazy_pattern"))
            or path.name == "__main__.py"
            or TYPED in path.parents
        ):
            continue
        module = importlib.import_module(".".join(place.parts).removesuffix(".__init__"))
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern | LazyPattern):
                yield f"{place}: {name}", cast("re.Pattern[Any]", value)
        for node in ast.walk(ast.parse(text)):
            if is_call(node) and isinstance(node.args[0], ast.Constant) and node.args[0].value:
                yield f"{place}: line {node.lineno}", re.compile(node.args[0].value)


def is_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")
    )


FOUND = dict(expressions())


@pytest.mark.parametrize("pattern", FOUND.values(), ids=FOUND)
def test_every_expression_reads_once(pattern):
    assert not ambiguous(pattern.pattern, pattern.flags)
