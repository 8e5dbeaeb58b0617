"""Messages for syntax errors: the unexpected token, the expected ones, the unclosed bracket, and a fix."""

from __future__ import annotations

import re
from typing import Final

from ocpiq.errors import QuerySyntaxError, Span, did_you_mean
from ocpiq.errors.render import place
from ocpiq.language import tree
from ocpiq.language.grammar import Tables
from ocpiq.language.lalr import END, Parser, ParserRun, Token, UnexpectedToken, can_follow
from ocpiq.language.sql_words import sql_hint

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
NON_CHAINING: Final = {"EQUAL", "UNEQUAL", "LESS", "LESS_OR_EQUAL", "GREATER", "GREATER_OR_EQUAL"} | {
    *("SET", "UPDATE", "ADD_TO", "SUBTRACT_FROM", "MULTIPLY_BY", "DIVIDE_BY", "REMAINDER_BY", "DEFAULT_TO"),
}
OPERATORS: Final = {
    "PLUS",
    "MINUS",
    "TIMES",
    "DIVIDE",
    "REMAINDER",
    "AND",
    "OR",
    "_ALTERNATIVE",
    *NON_CHAINING,
}
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

# If all terminals of the first set are expected, the name stands for all terminals of the last set.
GROUPS: Final[tuple[tuple[set[str], str, set[str]], ...]] = (
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
OTHER_LANGUAGES: Final = {
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
HIGH_SURROGATE: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
UNQUOTED_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]*(?:Z|[+-][0-9:]+)?")
LONGEST_TIME: Final = 40  # characters
DATES: Final = "write dates as 2026-01-31 or 2026-01-31T06:00Z"
PERIODS: Final = "write periods as 2026, 2026-Q1, 2026-01, 2026-W03 or 2026-01-31"
WITH_AMOUNT: Final = re.compile(r"\bas\s+aggregate\s*\($")
STAGE: Final = re.compile(r"\|\s*([a-z]+)\s+$")  # a word where a stage could be


def explain(failure: UnexpectedToken, text: str, parser: Parser) -> QuerySyntaxError:
    """Return the error for the token at which the parser failed."""
    token, tables = failure.token, parser.tables
    opened = _still_open(failure.values)
    if opened and opened.kind == "_QUOTE":
        return _string(opened, text, token.span)
    if stage := _stage_without_input(failure, text, parser):
        return QuerySyntaxError(
            "this stage has no input",
            span=stage,
            hint="write its input to the left: sessions | limit 20",
        )
    if WITH_AMOUNT.search(text[: token.span.end]):
        hint = "write as aggregate; k in a policy sets the number of drivers"
        return QuerySyntaxError("aggregate takes no number", span=token.span, hint=hint)
    if token.kind == END:
        subject, end = "end of the query", len(text.rstrip())
        span = Span(end, end)
    else:
        subject, span = "quote" if token.kind == "_QUOTE" else f'"{_shown(token.text)}"', token.span
    expected = _expected(failure, tables)
    unclosed = opened is not None and token.kind != CLOSER[opened.kind] and token.kind in {"_QUOTE", *ENDING}
    if opened and unclosed and CLOSER[opened.kind] in expected and "_DESCEND" not in expected:
        expected = {CLOSER[opened.kind]}
    message = f"unexpected {subject}; expected {_alternatives(expected, tables)}"
    if opened and unclosed:
        message += f'; "{opened.text}" {_at(opened, text)} is not closed'
    return QuerySyntaxError(
        message, span=span, hint=_hint(failure, text, expected) or _suggestion(failure, text, tables)
    )


def _expected(failure: UnexpectedToken, tables: Tables) -> set[str]:
    last = _last(failure)
    if last and last.kind in ("LIMIT", "TOP"):
        return {"INTEGER", "VARIABLE"}
    expected = set(can_follow(tables, failure.states))
    return expected | {"NAME"} if last and last.kind == "_DOT" else expected


def _last(failure: UnexpectedToken) -> Token | None:
    """Return the token before the failure, if no rule has reduced it yet."""
    last = failure.values[-1] if failure.values else None
    return last if isinstance(last, Token) else None


def _still_open(values: list[object]) -> Token | None:
    """Return the innermost unclosed bracket, quote or `if`."""
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
    if HIGH_SURROGATE.match(text, span.start):
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


def _stage_without_input(failure: UnexpectedToken, text: str, parser: Parser) -> Span | None:
    """Return the place of a stage that begins a pipeline: with `. |` before it, parsing would get further."""
    start = _start_of_stage(failure)
    if start is None:
        return None
    run = parser.start()
    _advance(parser, run, text, 0, start)
    if "_LABEL" not in can_follow(run.tables, run.states):
        return None
    word = parser.lexer.any_token(text, start).span
    run.feed(Token("_DOT", ".", word))
    run.feed(Token("_PIPE", "|", word))
    end = _advance(parser, run, text, start, failure.token.span.end)
    return word if end > failure.token.span.start else None


def _start_of_stage(failure: UnexpectedToken) -> int | None:
    """Return the start of the stage in which the parser failed, if its first word is that of a stage."""
    values = [value[-1] if isinstance(value, list) and value else value for value in failure.values]
    kinds = [value.kind if isinstance(value, Token) else "" for value in values]
    if failure.token.kind == "_ON" and "_AS" in kinds:
        del values[len(kinds) - 1 - kinds[::-1].index("_AS") :]
    for value in (*values[-1:], failure.token):
        is_call = isinstance(value, tree.Call) and value.name in WORDS_OF_STAGES
        if is_call or (isinstance(value, Token) and value.kind in STAGES):
            return int(value.span.start)
    return None


def _advance(parser: Parser, run: ParserRun, text: str, position: int, until: int) -> int:
    """Feed the tokens from `position` that begin before `until`; return the end of the last accepted one."""
    while (token := parser.lexer.next(text, position, run.states[-1])) and token.kind != END:
        if token.span.start >= until or not run.feed(token):
            break
        position = token.span.end
    return position


def _at(opened: Token, text: str) -> str:
    line, column = place(text, opened.span)
    return f"at line {line}, column {column}"


def _shown(text: str) -> str:
    """Return a part of the query for a message: printable and at most 40 characters."""
    line = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return line if len(line) <= 40 else f"{line[:39]}…"


def _alternatives(kinds: set[str], tables: Tables) -> str:
    """Return the expected terminals in words: `a filter, "," or "]"`."""
    remaining = set(kinds)
    words: list[str] = []
    for required, name, members in GROUPS:
        if required <= remaining:
            words.append(name)
            remaining -= members
    written = {terminal.name: f'"{terminal.text}"' for terminal in tables.terminals if terminal.text}
    words += sorted(WORDS.get(kind) or written[kind] for kind in remaining)
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _hint(failure: UnexpectedToken, text: str, expected: set[str]) -> str:
    """Return a fix for common mistakes."""
    token, last = failure.token, _last(failure)
    at = token.span.start
    date = UNQUOTED_TIME.search(text, max(0, at - LONGEST_TIME))
    if date and date.start() < at < date.end():
        return f'put the date in quotes: "{date[0]}"'
    if form := sql_hint(text, at, token.text):
        return form
    if (
        last
        and last.kind in ("DATE", "PERIOD")
        and last.span.end == at
        and token.kind not in {"_COMMA", *ENDING}
    ):
        return DATES if last.kind == "DATE" else PERIODS
    if last and last.kind == "NAME" and token.kind in CLAUSES:
        return f"put a source with clauses in parentheses: ({last.text} {token.text} …)"
    if token.kind not in ENDING and _after_clauses(failure.values):
        return "put the source and its clauses in parentheses"
    if last and last.kind == "_DOT" and token.kind == "NAME":
        return f"remove the space after the dot: .{token.text}"
    if token.kind in NON_CHAINING and _after_non_chaining(failure.values):
        return "comparisons and assignments do not chain: use parentheses, or `and`"
    if token.kind in STAGES and "_PIPE" in expected:
        return f"put a | before a stage: … | {token.text} …"
    if token.kind == "_ON" and "_PIPE" in expected:
        return "`on` is only valid in a join, after one variable: join … as $x on …"
    near = text[max(0, at - 2) : at + 2]
    return next((fix for written, fix in OTHER_LANGUAGES.items() if _is_at(written, token, near)), "")


def _suggestion(failure: UnexpectedToken, text: str, tables: Tables) -> str:
    """Suggest the clause or stage for a mistyped word: `sessions pas kwh`, `… | limti 3`."""
    token = failure.token
    before = STAGE.search(text, 0, token.span.start)
    words = [word.removesuffix(" by") if token.kind == "_BY" else word for word in STAGE_WORDS]
    stage = did_you_mean(before[1], words) if before and before[1] not in words else ""
    if stage or token.kind != "NAME":
        return stage
    clauses = CLAUSES & set(can_follow(tables, failure.states))
    return did_you_mean(
        token.text,
        [terminal.text for terminal in tables.terminals if terminal.text and terminal.name in clauses],
    )


def _is_at(written: str, token: Token, near: str) -> bool:
    return written in near if len(written) > 1 else written == token.text


def _after_non_chaining(values: list[object]) -> bool:
    """Return whether the values end with the right side of a comparison or an assignment."""
    operator = values[-2] if len(values) > 1 else None
    return isinstance(operator, list) and all(
        isinstance(token, Token) and token.kind in NON_CHAINING for token in operator
    )


def _after_clauses(values: list[object]) -> bool:
    """Return whether the values end with the clauses of a source."""
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
