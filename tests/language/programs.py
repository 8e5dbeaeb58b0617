"""Random programs, generated from the parser tables: every construct of the grammar, in every nesting."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from ocpiq.language.grammar import tables
from ocpiq.language.lalr import END, can_follow
from ocpiq.language.parser import parser

SAMPLES = {
    "NAME": ["f", "map", "sessions", "not", "a::b", "_x1"],
    "FIELD": [".a", ".and", ".limit", "._x1"],
    "VARIABLE": ["$x", "$if", "$a::b"],
    "LOCATION": ["$__loc__"],
    "FORMAT": ["@csv", "@json"],
    "NUMBER": ["0", "1.5", ".5", "1.", "1e3", "1E-2", "100"],
    "INTEGER": ["0", "3", "100"],
    "LITERAL": ["a", "a b # c", r"\n", r"\u00e9", "'"],
    "RESERVED": ["if", "and", "import", "aggregate"],
    "DATE": ["2026-01-31", "2026-01-31T06:00Z", "2026-01-31T06:00:00.5+02:00"],
    "AGO": ["7 days ago", "1 hour  ago"],
    "RELATIVE_DAY": ["today", "yesterday"],
    "RELATIVE_PERIOD": ["this year", "last month"],
    "PERIOD": ["2026", "2026-01", "2026-Q1", "2026-W03"],
}
# Tokens that complete a program once it is long enough; the first possible one is used.
FINISH = [
    END,
    "_RPAR",
    "_RSQB",
    "_RBRACE",
    "_END",
    "_THEN",
    "_SEMICOLON",
    "_COLON",
    "NUMBER",
    "INTEGER",
    "_QUOTE",
    "_PIPE",
]
FINISH += ["_AS", "VARIABLE", "_LPAR", "_BY", "NAME", "DATE", "_LBRACE"]
HEAD = {"_MODULE", "_IMPORT", "_INCLUDE"}
WORDS_OF_OCPI = {
    "_PASS",
    "_ONLY",
    "_SINCE",
    "_UNTIL",
    "_DURING",
    "_NEWEST",
    "_NET",
    "_AGGREGATE",
    "_ON",
    "_BY",
}
WORDS_OF_OCPI |= {"SORT", "TOP", "LIMIT", "DISTINCT", "JOIN", "EACH", "ASC", "DESC"}


@cache
def texts():
    """Return the texts of each terminal."""
    return {terminal.name: [terminal.text] for terminal in tables().terminals if terminal.text} | SAMPLES


@st.composite
def token_lists(draw, without=frozenset(), longest=30):
    """Draw a program as its tokens (terminal, text), none of whose terminals is in `without`."""
    states, tokens = [0], []
    wanted = draw(st.integers(0, longest))
    while True:
        possible = sorted(set(can_follow(parser().tables, states)) - without)
        if len(tokens) < wanted:
            kind = draw(st.sampled_from(possible))
        else:
            kind = next(kind for kind in FINISH if kind in possible)
        if kind == END:
            return tokens
        tokens.append((kind, draw(st.sampled_from(texts()[kind]))))
        shift(states, kind)


def shift(states, kind):
    """Advance the parser states by a terminal that can come next."""
    tables = parser().tables
    while (step := tables.states[states[-1]][kind]) < 0:
        rule = tables.rules[~step]
        del states[len(states) - rule.size :]
        states.append(tables.states[states[-1]][rule.origin])
    states.append(step)


def text_of(tokens):
    """Return tokens as text, separated by spaces outside of quotes."""
    text, quotes = "", []
    for kind, written in tokens:
        inside = bool(quotes) and quotes[-1] == "_QUOTE"
        if kind == "_QUOTE":
            quotes.pop() if inside else quotes.append(kind)
        elif kind in ("_INTERPOLATE", "_LPAR"):
            quotes.append(kind)
        elif kind == "_RPAR" and quotes:
            quotes.pop()
        text += written if inside else f" {written}"
    return text.strip()
