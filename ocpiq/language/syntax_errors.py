"""Syntax errors in words: what was found, what could stand there, which bracket is open, how to fix it."""

from __future__ import annotations

import re
from typing import Final

from ocpiq.errors import QuerySyntaxError, Span, did_you_mean
from ocpiq.errors.render import place
from ocpiq.language import tree
from ocpiq.language.grammar import Tables
from ocpiq.language.lalr import END, Parser, ParserRun, Token, UnexpectedToken, can_follow

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
WORDS_OF_STAGES: Final = {words.removesuffix(" by") for words in STAGE_WORDS}
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
    ({"RESERVED", "FIELD"}, "a field path", {"NAME", "RESERVED", "FIELD", "FORMAT", "_QUOTE", "_DOT"}),
    ({"RESERVED"}, "a name", {"NAME", "RESERVED"}),
    ({"NAME", "_AGGREGATE"}, "a treatment such as pseudonym", {"NAME", "_AGGREGATE"}),
    ({"_PASS"}, "a clause", CLAUSES | {"FIELD", "_AS"}),
    ({"_QUOTE"}, "a string", {"_QUOTE", "FORMAT"}),
    ({"VARIABLE"}, "a $variable", {"VARIABLE", "LOCATION"}),
    ({"DATE"}, "a date such as 2026-01-31 or 2026-01-31T06:00Z", {"DATE", "RELATIVE_DAY", "AGO", "_LAST"}),
    ({"PERIOD"}, "a period such as 2026-01, 2026-Q1, 2026-W03 or 2026", {"PERIOD", "RELATIVE_PERIOD"}),
    ({"_OR_ELSE", "_PIPE"}, '"|"', {"_OR_ELSE", "_PIPE", "_ON"}),
)
WORDS: Final = {
    "NAME": "a name",
    "NUMBER": "a number",
    "INTEGER": "a whole number",
    "FIELD": "a field",
    END: "the end",
}
ELSEWHERE: Final = {
    "=>": "use >=",
    "=<": "use <=",
    "===": "use ==",
    "<>": "use !=",
    "&&": "use `and`",
    "||": "use `or`",
    "!": "use != for not equal, and `| not` to negate",
    "'": 'use double quotes: "…"',
    "“": 'use straight double quotes: "…"',
    "`": 'use double quotes: "…"',
}
HALF_OF_A_PAIR: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
STAGE: Final = re.compile(r"\|\s*([a-z]+)\s+$")  # a word at the place of a stage


def explain(stuck: UnexpectedToken, text: str, parser: Parser) -> QuerySyntaxError:
    """Return the error for the place where the parser got stuck."""
    token, tables = stuck.token, parser.tables
    opened = _still_open(stuck.values)
    if opened and opened.kind == "_QUOTE":
        return _string(opened, text, token.span)
    if stage := _stage_without_input(stuck, text, parser):
        return QuerySyntaxError(
            "this stage has no input",
            span=stage,
            hint="write its input to the left: sessions | limit 20",
        )
    if token.kind == END:
        found, at = "end of the query", len(text.rstrip())
        span = Span(at, at)
    else:
        found, span = "quote" if token.kind == "_QUOTE" else f'"{_shown(token.text)}"', token.span
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


def _expected(stuck: UnexpectedToken, tables: Tables) -> set[str]:
    last = _last(stuck)
    if last and last.kind in ("LIMIT", "TOP"):
        return {"INTEGER", "VARIABLE"}
    expected = set(can_follow(tables, stuck.states))
    return expected | {"NAME"} if last and last.kind == "_DOT" else expected


def _last(stuck: UnexpectedToken) -> Token | None:
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
        message = f"the string starting {_at(opened, text)} is not closed"
        return QuerySyntaxError(message, span=opened.span, hint='add a closing "')
    written = text[span.start : span.start + 2]
    if written == "\\(":
        place = Span(span.start, span.start + 2)
        return QuerySyntaxError("string interpolation is not allowed here", span=place)
    if HALF_OF_A_PAIR.match(text, span.start):
        return QuerySyntaxError(
            "incomplete surrogate pair",
            span=Span(span.start, span.start + 6),
            hint="write both halves: \\ud83d\\ude00",
        )
    return QuerySyntaxError(
        f"invalid escape {_shown(written)}",
        span=Span(span.start, span.start + len(written)),
        hint="write \\\\ for a backslash; \\u takes four hexadecimal digits",
    )


def _stage_without_input(stuck: UnexpectedToken, text: str, parser: Parser) -> Span | None:
    """Return the place of a stage that begins a pipeline: with `. |` before it, the text can be read further."""
    start = _start_of_stage(stuck)
    if start is None:
        return None
    run = parser.start()
    _advance(parser, run, text, 0, start)
    if "_LABEL" not in can_follow(run.tables, run.states):
        return None
    word = parser.lexer.anything(text, start).span
    run.feed(Token("_DOT", ".", word))
    run.feed(Token("_PIPE", "|", word))
    read = _advance(parser, run, text, start, stuck.token.span.end)
    return word if read > stuck.token.span.start else None


def _start_of_stage(stuck: UnexpectedToken) -> int | None:
    """Return where the stage would begin that the parser got stuck in, if its words are those of a stage."""
    values = [value[-1] if isinstance(value, list) and value else value for value in stuck.values]
    kinds = [value.kind if isinstance(value, Token) else "" for value in values]
    if stuck.token.kind == "_ON" and "_AS" in kinds:
        del values[len(kinds) - 1 - kinds[::-1].index("_AS") :]
    for value in (*values[-1:], stuck.token):
        is_call = isinstance(value, tree.Call) and value.name in WORDS_OF_STAGES
        if is_call or (isinstance(value, Token) and value.kind in STAGES):
            return int(value.span.start)
    return None


def _advance(parser: Parser, run: ParserRun, text: str, position: int, until: int) -> int:
    """Read the tokens from `position` that begin before `until`; return the end of the last one that can stand."""
    while (token := parser.lexer.next(text, position, run.states[-1])) and token.kind != END:
        if token.span.start >= until or not run.feed(token):
            break
        position = token.span.end
    return position


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


def _hint(stuck: UnexpectedToken, text: str, expected: set[str]) -> str:
    """Return advice for the mistakes that are easily made."""
    token, last = stuck.token, _last(stuck)
    at = token.span.start
    if (
        last
        and last.kind in ("DATE", "PERIOD")
        and last.span.end == at
        and token.kind not in {"_COMMA", *ENDING}
    ):
        return "write dates as 2026-01-31 or 2026-01-31T06:00Z"
    if last and last.kind == "NAME" and token.kind in CLAUSES:
        return f"put a source with clauses in parentheses: ({last.text} {token.text} …)"
    if token.kind not in ENDING and _behind_clauses(stuck.values):
        return "put the source and its clauses in parentheses"
    if last and last.kind == "_DOT" and token.kind == "NAME":
        return f"remove the space after the dot: .{token.text}"
    if token.kind in UNCHAINED and _behind_unchained(stuck.values):
        return "comparisons and assignments do not chain: use parentheses, or `and`"
    if token.kind in STAGES and "_PIPE" in expected:
        return f"put a | before a stage: … | {token.text} …"
    if token.kind == "_ON" and "_PIPE" in expected:
        return "`on` is only valid in a join, after one variable: join … as $x on …"
    near = text[max(0, at - 2) : at + 2]
    return next((advice for written, advice in ELSEWHERE.items() if _is_at(written, token, near)), "")


def _meant(stuck: UnexpectedToken, text: str, tables: Tables) -> str:
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
