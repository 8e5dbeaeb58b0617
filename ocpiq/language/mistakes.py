"""Syntax errors in words: what was found, what could stand there, which bracket is open, how to mend it."""

from __future__ import annotations

import re
from typing import Final

from ocpiq.errors import QuerySyntaxError, Span, did_you_mean
from ocpiq.errors.render import place
from ocpiq.language import tree
from ocpiq.language.lalr import END, Stuck, Token, can_follow
from ocpiq.language.tables import Tables

CLOSER: Final = {
    "_LPAR": "_RPAR",
    "_LSQB": "_RSQB",
    "_LBRACE": "_RBRACE",
    "_INTERPOLATE": "_RPAR",
    "_IF": "_END",
}
ENDING: Final = {*CLOSER.values(), "_THEN", "_ELIF", "_ELSE", "_SEMICOLON", END}
CLAUSES: Final = {"_PASS", "_ONLY", "_SINCE", "_UNTIL", "_DURING", "_NEWEST", "_NET"}
STAGES: Final = {"_AGGREGATE", "SORT", "TOP", "LIMIT", "DISTINCT", "JOIN"}
STAGE_WORDS: Final = ("aggregate", "sort by", "top", "limit", "distinct by", "join")
UNCHAINED: Final = {"EQUAL", "UNEQUAL", "LESS", "LESS_OR_EQUAL", "GREATER", "GREATER_OR_EQUAL"} | {
    *("SET", "UPDATE", "ADD_TO", "SUBTRACT_FROM", "MULTIPLY_BY", "DIVIDE_BY", "REMAINDER_BY", "DEFAULT_TO"),
}
OPERATORS: Final = {"PLUS", "MINUS", "TIMES", "DIVIDE", "REMAINDER", "AND", "OR", "_ALTERNATIVE", *UNCHAINED}
TERMS: Final = {
    *(
        "NAME",
        "NUMBER",
        "VARIABLE",
        "LOCATION",
        "FORMAT",
        "FIELD",
        "MINUS",
        "_QUOTE",
        "_DOT",
        "_DESCEND",
        "_DEF",
    ),
    *("_LPAR", "_LSQB", "_LBRACE", "_IF", "_REDUCE", "_FOREACH", "_TRY", "_BREAK", "_LABEL"),
}

# Where all of the first can stand, the last are named together by the words between them.
TOGETHER: Final[tuple[tuple[set[str], str, set[str]], ...]] = (
    ({"_DESCEND"}, "a filter", TERMS | STAGES | {"_MODULE", "_IMPORT", "_INCLUDE", END}),
    ({"PLUS"}, "an operator", OPERATORS | CLAUSES | {"_AS", "FIELD", "QUESTION", "_DOT", "_LSQB", "_LPAR"}),
    ({"_ALTERNATIVE"}, "an operator", OPERATORS | {"_AS"}),
    ({"RESERVED", "FIELD"}, "the path of a field", {"NAME", "RESERVED", "FIELD", "FORMAT", "_QUOTE", "_DOT"}),
    ({"RESERVED"}, "a name", {"NAME", "RESERVED"}),
    ({"_PASS"}, "a clause", CLAUSES | {"FIELD", "_AS"}),
    ({"_QUOTE"}, "a string", {"_QUOTE", "FORMAT"}),
    ({"VARIABLE"}, "a $variable", {"VARIABLE", "LOCATION"}),
    ({"_OR_ELSE", "_PIPE"}, '"|"', {"_OR_ELSE", "_PIPE", "_ON"}),
)
WORDS: Final = {
    "NAME": "a name",
    "NUMBER": "a number",
    "FIELD": "a field",
    "DATE": "a date such as 2026-01-31 or 2026-01-31T06:00Z",
    "PERIOD": "a period such as 2026-01, 2026-Q1, 2026-W03 or 2026",
    END: "the end",
}
ELSEWHERE: Final = {
    "=>": "greater or equal is >=",
    "=<": "less or equal is <=",
    "===": "equal is ==",
    "<>": "not equal is !=",
    "&&": "write and",
    "||": "write or",
    "!": "not equal is !=; a condition is negated by `| not`",
    "'": 'strings stand in double quotes: "…"',
    "“": 'strings stand in straight quotes: "…"',
    "`": 'strings stand in double quotes: "…"',
}
STAGE: Final = re.compile(r"\|\s*([a-z]+)\s+$")  # a word at the place of a stage


def explain(stuck: Stuck, text: str, tables: Tables) -> QuerySyntaxError:
    """Return the error for the place where the parser got stuck."""
    token = stuck.token
    opened = _still_open(stuck.values)
    if opened and opened.kind == "_QUOTE":
        return _string(opened, text, token.span)
    if token.kind == END:
        found, at = "end of the query", len(text.rstrip())
        span = Span(at, at)
    else:
        found, span = "a quote" if token.kind == "_QUOTE" else f'"{_shown(token.text)}"', token.span
    expected = _expected(stuck, tables)
    unclosed = opened is not None and token.kind != CLOSER[opened.kind] and token.kind in {"_QUOTE", *ENDING}
    if opened and unclosed and CLOSER[opened.kind] in expected and "_DESCEND" not in expected:
        expected = {CLOSER[opened.kind]}
    message = f"unexpected {found}; expected {_any_of(expected, tables)}"
    if opened and unclosed:
        message += f'; "{opened.text}" {_at(opened, text)} is not closed'
    return QuerySyntaxError(
        message, span=span, hint=_hint(stuck, text, expected) or _meant(stuck, text, tables)
    )


def _expected(stuck: Stuck, tables: Tables) -> set[str]:
    last = _last(stuck)
    if last and last.kind in ("LIMIT", "TOP"):
        return {"NUMBER", "VARIABLE"}
    expected = set(can_follow(tables, stuck.states))
    return expected | {"NAME"} if last and last.kind == "_DOT" else expected


def _last(stuck: Stuck) -> Token | None:
    """Return what stands before the place, where nothing has been made of it yet."""
    last = stuck.values[-1] if stuck.values else None
    return last if isinstance(last, Token) else None


def _still_open(values: list[object]) -> Token | None:
    """Return the innermost bracket, quote or `if` that nothing closed."""
    opened: list[Token] = []
    for token in values:
        if not isinstance(token, Token):
            continue
        if opened and token.kind == CLOSER.get(opened[-1].kind, "_QUOTE"):
            opened.pop()
        elif token.kind in CLOSER or token.kind == "_QUOTE":
            opened.append(token)
    return opened[-1] if opened else None


def _string(opened: Token, text: str, span: Span) -> QuerySyntaxError:
    if span.start >= len(text):
        message = f"the string that begins {_at(opened, text)} is not closed"
        return QuerySyntaxError(message, span=opened.span, hint='end it with "')
    written = text[span.start : span.start + 2]
    return QuerySyntaxError(
        f"{_shown(written)} means nothing in a string",
        span=Span(span.start, span.start + len(written)),
        hint="a backslash is written \\\\, and \\u takes four hexadecimal digits",
    )


def _at(opened: Token, text: str) -> str:
    line, column = place(text, opened.span)
    return f"at line {line}, column {column}"


def _shown(text: str) -> str:
    """Return a piece of the query as it can stand in a line: printable, and not longer than needed."""
    line = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return line if len(line) <= 40 else f"{line[:39]}…"


def _any_of(kinds: set[str], tables: Tables) -> str:
    """Return `a filter, "," or "]"` for what can stand at a place."""
    left = set(kinds)
    words: list[str] = []
    for signs, name, members in TOGETHER:
        if signs <= left:
            words.append(name)
            left -= members
    written = {terminal.name: f'"{terminal.text}"' for terminal in tables.terminals if terminal.text}
    words += sorted(WORDS.get(kind) or written[kind] for kind in left)
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _hint(stuck: Stuck, text: str, expected: set[str]) -> str:
    """Return advice for the mistakes that are easily made."""
    token, last = stuck.token, _last(stuck)
    at = token.span.start
    if (
        last
        and last.kind in ("DATE", "PERIOD")
        and last.span.end == at
        and token.kind not in {"_COMMA", *ENDING}
    ):
        return "dates are written 2026-01-31 or 2026-01-31T06:00Z"
    if last and last.kind == "NAME" and token.kind in CLAUSES:
        return f"put a source with clauses into parentheses: ({last.text} {token.text} …)"
    if token.kind not in ENDING and _behind_clauses(stuck.values):
        return "a source with clauses stands alone or last; elsewhere put it into parentheses"
    if last and last.kind == "_DOT" and token.kind == "NAME":
        return f"no space behind the dot: .{token.text}"
    if token.kind in UNCHAINED and _behind_unchained(stuck.values):
        return "comparisons and assignments do not chain: use parentheses, or `and`"
    if token.kind in STAGES and "_PIPE" in expected:
        return f"a stage stands behind a |: … | {token.text} …"
    near = text[max(0, at - 2) : at + 2]
    return next((advice for written, advice in ELSEWHERE.items() if _is_at(written, token, near)), "")


def _meant(stuck: Stuck, text: str, tables: Tables) -> str:
    """Return the clause or the stage that a mistyped word was meant to be: `sessions pas kwh`, `… | limti 3`."""
    token = stuck.token
    before = STAGE.search(text, 0, token.span.start)
    words = [word.removesuffix(" by") if token.kind == "_BY" else word for word in STAGE_WORDS]
    stage = did_you_mean(before[1], words) if before and before[1] not in words else ""
    if stage or token.kind != "NAME":
        return stage
    can_stand = CLAUSES & set(can_follow(tables, stuck.states))
    return did_you_mean(
        token.text, [each.text for each in tables.terminals if each.text and each.name in can_stand]
    )


def _is_at(written: str, token: Token, near: str) -> bool:
    return written in near if len(written) > 1 else written == token.text


def _behind_unchained(values: list[object]) -> bool:
    """Return whether the place is behind the right side of a comparison or an assignment."""
    operator = values[-2] if len(values) > 1 else None
    return isinstance(operator, list) and all(isinstance(o, Token) and o.kind in UNCHAINED for o in operator)


def _behind_clauses(values: list[object]) -> bool:
    """Return whether the clauses of a source stand right before the place."""
    if values and isinstance(values[-1], Token) and values[-1].kind in CLAUSES:
        return False
    for value in reversed(values):
        if isinstance(value, Token) and value.kind in {*CLOSER, "_PIPE", "_SEMICOLON", "JOIN"}:
            return False
        if isinstance(value, Token) and value.kind in CLAUSES:
            return True
        if isinstance(value, list) and any(isinstance(item, tree.Clause) for item in value):
            return True
    return False
