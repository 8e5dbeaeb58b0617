"""Generated code is safe: whatever the query says, its text never becomes a name, an attribute or code."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq import query
from ocpiq.analysis import analyze
from ocpiq.codegen.namespace import GLOBALS, builtin
from ocpiq.codegen.program import PARAMETERS, create_compiler, run_definition
from ocpiq.codegen.pyast import FILE
from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse

OWN = re.compile(r"[a-z_]+_?[0-9]+(_traced)?")  # a word and a number: names that the compiler generates
FIXED = {*GLOBALS, *PARAMETERS, "run", "scan"}
METHODS = {"append", "get", "set", "add", "result", "delete", "value", "label", "__class__"}

PROGRAMS = [
    "import os",
    '{"__class__": 1} | .__class__, ."__import__"',
    'def __import__(x): x; __import__("os")',
    "1 as $__builtins__ | $__builtins__",
    "def exec: .; def eval: exec; eval",
    "label $exec | break $exec",
    "reduce .[] as $globals (0; . + $globals)",
    '{exec: 1, "eval(1)": 2} | .exec, .["eval(1)"]',
    '"\\("); import os; (")"',
    "[.. | .__globals__?] | group_by(.__dict__?)",
    ". as {__class__: $__mro__} | $__mro__",
    'try error("__subclasses__") catch .__bases__?',
    ".a.b.c |= (.__code__ // 1) | del(.__doc__)",
    "def __getattr__($__self__): $__self__ | __getattr__(.x?); 1",
]
names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,12}", fullmatch=True)


def identifiers(text: str) -> set[str]:
    """Return every name in the generated code of a query."""
    names_found: set[str] = set()
    for node in ast.walk(run_definition(create_compiler(analyze(parse(text)), []))):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                names_found.add(name)
            case ast.Attribute(attr=name):
                assert name in METHODS | {"input", "inputs", "env", "debug", "halt", "stderr"}, name
            case ast.Nonlocal(names=names_):
                names_found.update(names_)
            case ast.ExceptHandler(name=str(name)):
                names_found.add(name)
            case ast.Global() | ast.Import() | ast.ImportFrom() | ast.Lambda() | ast.ClassDef():
                pytest.fail(f"{type(node).__name__} in generated code")
    return names_found


def check(text: str) -> None:
    for name in identifiers(text):
        assert name in FIXED or OWN.fullmatch(name) or builtin(name), name


@pytest.mark.parametrize("text", PROGRAMS)
def test_text_never_becomes_a_name(text: str) -> None:
    try:
        parse(text)
    except QuerySyntaxError:
        return
    check(text)


@given(names, names, names, st.text(max_size=20))
def test_names_and_strings_of_the_query_stay_data(a: str, b: str, c: str, text: str) -> None:
    literal = query.compile("tojson").run(text)
    quoted = next(literal)
    check(
        f"def f{a}(x{b}): x{b}; . as {{v{c}: $v{b}}} | label $l{a} | f{a}({{k{a}: .f{b}, {quoted}: $v{b}}})"
        f" | .[{quoted}], (.p{c} |= 1), break $l{a}"
    )


def test_generated_code_sees_no_builtins() -> None:
    program = query.compile(".")
    assert list(program.run(1)) == [1]
    assert "__builtins__" not in GLOBALS
    assert FILE == "<query>"
