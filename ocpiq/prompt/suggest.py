"""Suggestions at the cursor: a pure function of the text, the cursor and the prompt's surroundings.

They come from the grammar and the analysis of the query, never from data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ocpiq.language.grammar import tables
from ocpiq.language.partial import PartialParse
from ocpiq.language.tree import Program
from ocpiq.privacy.drivers import driver_paths
from ocpiq.privacy.treatments import suitable
from ocpiq.prompt.command_syntax import argument_start, split_command
from ocpiq.prompt.cursor_type import PROBE, CursorType, find_cursor_type
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.suggest_command import suggest_command
from ocpiq.prompt.suggest_examples import suggest_examples
from ocpiq.prompt.suggest_fields import clause_fields, fields, is_whole
from ocpiq.prompt.suggest_values import counts, enum_in_string, quoted_enum, suggest_bound, treatment_numbers
from ocpiq.prompt.suggestion import PREDEFINED, Suggestion, Surroundings, rank_matches
from ocpiq.prompt.words import Word, words
from ocpiq.schema import SchemaField

EXPLAIN: Final = ":explain"  # the command that takes a query
MAX_SUGGESTIONS: Final = 200  # suggestions
WORD: Final = re.compile(r"(?:(?<![0-9.])\.|[$@])?[A-Za-z_][A-Za-z_0-9]*$|(?<![0-9.])\.$|[$@]$")
PATH: Final = re.compile(r"\b(?:pass|only)\b[^|]*?\s*(\.?[A-Za-z_][A-Za-z_0-9]*(?:\.[A-Za-z_0-9]*)+)$")
OPENING: Final = ("_LPAR", "_LSQB", "_LBRACE", "_INTERPOLATE")
CLOSING: Final = ("_RPAR", "_RSQB", "_RBRACE")
PATH_CALLS: Final = ("del", "pick", "path")
INSIDE_STRING: Final = "LITERAL"
# Suggested before a letter is typed.
EAGER_KEYWORDS: Final = ("asc", "by", "desc", "elif", "else", "end", "on", "then")
TREATMENTS: Final = {
    "pseudonym": "a name of its own for each value",
    **{period: f"the {period} only" for period in ("hour", "day", "week", "month", "quarter", "year")},
    "rounded": "rounded down to multiples",
    "prefix": "the first characters",
    "present": "whether it was sent",
    "aggregate": "for totals over many drivers only",
}
# A variable may follow these.
BOUNDS: Final = ("_SINCE", "_UNTIL", "_DURING", "_NEWEST", "LIMIT", "TOP")


def suggest(
    text: str, cursor: int, context: Surroundings, reader: QueryReader | None = None
) -> list[Suggestion]:
    """Return the suggestions for the word before `cursor`, best first."""
    text, known = text[:cursor], reader or QueryReader()
    command = split_command(text)
    if command is not None:
        query = argument_start(text) if command[0] == EXPLAIN else None
        return (
            suggest_command(text, context) if query is None else suggest(text[query:], cursor, context, known)
        )
    return known.once(("suggest", text, context), lambda: _suggest(text, context, known))


def _suggest(text: str, context: Surroundings, reader: QueryReader) -> list[Suggestion]:
    bounds = suggest_bound(text, context, reader)
    dotted = PATH.search(text)
    if dotted:
        paths = _clause_paths(reader.parse(text[: dotted.start(1)]), dotted[1], context)
        if paths:
            return paths
    match = WORD.search(text)
    word = match[0] if match else ""
    read = reader.parse(text[: len(text) - len(word)])
    if read.unexpected is not None or _in_comment(read):
        return bounds
    prefix = word.lstrip(".$@").casefold()
    suggestions = [*bounds, *_candidates(read, word, context, reader)]
    ranked = sorted(suggestions, key=lambda item: not _starts(item, prefix))
    return ranked[:MAX_SUGGESTIONS]


def _starts(suggestion: Suggestion, prefix: str) -> bool:
    """Tell whether a suggestion, or for a question its name, starts with the word."""
    name = suggestion.shown if suggestion.kind == "question" else suggestion.text
    return suggestion.kind == "date" or name.lstrip(".[]$@").casefold().startswith(prefix)


def _candidates(
    read: PartialParse, word: str, context: Surroundings, reader: QueryReader
) -> Iterator[Suggestion]:
    can_stand = read.next()
    if INSIDE_STRING in can_stand:
        yield from enum_in_string(read, word, context, reader)
        return
    if "RESERVED" in can_stand and "_DESCEND" not in can_stand:
        yield from _clause_paths(read, word, context)
        yield from _keys(read, word, context, reader) if "_RBRACE" in can_stand else ()
        return
    last = read.last()
    if last is not None and not word:
        yield from counts(last.kind)
    if last is not None and last.kind == "_AS" and "VARIABLE" not in can_stand:
        yield from _treatments(read, word, context)
        return
    if last is not None and last.kind in ("JOIN", "EACH") and "_AS" not in can_stand:
        yield from _modules(word, context)
        return
    if word[:1] not in (".", "$", "@"):
        yield from _clauses(read, can_stand, word, context)
        yield from _words("stage", word) if last is not None and last.kind == "_PIPE" else ()
        yield from quoted_enum(read, word, context, reader)
    if last is not None and last.kind == "JOIN":
        yield from _modules(word, context)
    if can_stand & {"_DESCEND", "FIELD"}:
        yield from _terms(read, can_stand, word, context, reader)
    elif "VARIABLE" in can_stand and last is not None and last.kind in BOUNDS:
        yield from _global_variables(word, context)
    if word[:1] not in (".", "$", "@"):
        yield from _keywords(can_stand, word)
        yield from treatment_numbers(read, word) if can_stand == {"NUMBER"} else ()
        yield from suggest_examples(word) if not read.tokens else ()


def _terms(
    read: PartialParse, can_stand: frozenset[str], word: str, context: Surroundings, reader: QueryReader
) -> Iterator[Suggestion]:
    """Yield suggestions for a term, or for the next step of a path."""
    term = "_DESCEND" in can_stand
    if not term and not word.startswith("."):
        return
    joined = read.open_token(frozenset({"VARIABLE"})) if read.open_token(frozenset({"_ON"})) else None
    here = find_cursor_type(_parse_with_probe(_without_path_call(read, reader)), context, reader)
    if word[:1] in ("", "."):
        yield from (
            _fields_here(here, word, context)
            if term
            else fields(here.type, word, context.version, first=False)
        )
    if joined is not None and joined.text.startswith(word):
        yield Suggestion(joined.text, len(word), "variable", "joined")
    if not term:
        return
    if word[:1] in ("", "$"):
        yield from _local_variables(here, word, context)
    if word.startswith("$") and joined is None:
        yield from _global_variables(word, context)
    if word.startswith("@"):
        yield from _words("format", word)
    if word[:1] in (".", "$", "@"):
        return
    folds = here.scope is not None and here.scope.folding is not None
    if joined is None and (here.scope is None or not (here.scope.repeated or folds)):
        yield from _modules(word, context)
    if folds:
        yield from _calls(words("aggregate"), word)
    if word:
        yield from _local_functions(here, word)
        yield from _calls(words("function"), word)
        yield from _fields_here(here, "." + word, context, replaces=len(word))
    elif read.tokens and joined is None:
        yield from _global_variables(word, context)


def _fields_here(
    here: CursorType, word: str, context: Surroundings, replaces: int | None = None
) -> Iterator[Suggestion]:
    """Yield the fields of `.`, without those that a step before the cursor removed."""
    for field in fields(here.type, word, context.version, first=True, replaces=replaces):
        if not (is_whole(here.type) and here.lacks(field.text.lstrip("."))):
            yield field


def _without_path_call(read: PartialParse, reader: QueryReader) -> PartialParse:
    """Return the text without an open `del(` or `pick(`: they see values of any type, but their paths begin here."""
    depth = 0
    for before, token in zip(read.tokens[-2::-1], read.tokens[:0:-1], strict=False):
        depth += (token.kind in CLOSING) - (token.kind in OPENING)
        if depth < 0:
            if token.kind == "_LPAR" and before.kind == "NAME" and before.text in PATH_CALLS:
                return reader.parse(read.text[: before.span.start] + read.text[token.span.end :])
            depth = 0
    return read


def _parse_with_probe(read: PartialParse) -> Program | None:
    """Return the query so far, ended with the probe."""
    last, variable = read.last(), read.open_token(frozenset({"VARIABLE"}))
    # A join condition must be an equality.
    if last is not None and last.kind == "_ON" and variable is not None:
        return read.complete(("FIELD", "." + PROBE), ("EQUAL", "=="), ("VARIABLE", variable.text))
    return read.complete(("FIELD", "." + PROBE))


# ---------------------------------------------------------------- by type of word


def _calls(functions: Iterable[Word], word: str) -> Iterator[Suggestion]:
    """Yield functions, with an opening bracket if they take arguments."""
    for function in rank_matches(functions, word, lambda function: function.name):
        text = function.name + ("(" if function.arity else "")
        yield Suggestion(text, len(word), function.kind, function.about, function.written)


def _words(kind: str, word: str) -> Iterator[Suggestion]:
    for entry in words(kind):
        if entry.name.startswith(word):
            yield Suggestion(entry.name, len(word), kind, entry.about, entry.written)


def _keywords(can_stand: frozenset[str], word: str) -> Iterator[Suggestion]:
    allowed = {
        terminal.text for terminal in tables().terminals if terminal.word and terminal.name in can_stand
    }
    alone = len(can_stand) == 1  # such as `as` after the module of a join
    for entry in words("word"):
        name = entry.name
        if name in allowed and name.startswith(word) and (word or alone or name in EAGER_KEYWORDS):
            yield Suggestion(name, len(word), "word", entry.about)


def _modules(word: str, context: Surroundings) -> Iterator[Suggestion]:
    for name in rank_matches(context.modules, word, str):
        yield Suggestion(name, len(word), "module", f"every {context.module(name).object}")


def _local_variables(here: CursorType, word: str, context: Surroundings) -> Iterator[Suggestion]:
    """Yield the variables bound in the query, last one first."""
    for name in reversed(list(here.scope.variables) if here.scope else []):
        if name.startswith(word[1:]) and name not in context.variables:
            yield Suggestion(f"${name}", len(word), "variable")


def _global_variables(word: str, context: Surroundings) -> Iterator[Suggestion]:
    for name in sorted(context.variables, key=lambda name: name == PREDEFINED):
        if name.startswith(word[1:]) and (word or name != PREDEFINED):
            yield Suggestion(f"${name}", len(word), "variable", "set")


def _local_functions(here: CursorType, word: str) -> Iterator[Suggestion]:
    functions = list(here.scope.functions) if here.scope else []
    for name, arity in rank_matches(functions, word, lambda function: function[0]):
        yield Suggestion(name + ("(" if arity else ""), len(word), "function", "defined in the query", name)


def _clauses(
    read: PartialParse, can_stand: frozenset[str], word: str, context: Surroundings
) -> Iterator[Suggestion]:
    if "_PASS" in can_stand and _source(read, context) is not None:
        yield from _words("clause", word)


def _clause_paths(read: PartialParse, word: str, context: Surroundings) -> list[Suggestion]:
    """Return the fields for a path of `pass` or `only`."""
    can_stand = read.next()
    name = _source(read, context)
    if read.unexpected is not None or name is None or not {"RESERVED", "FIELD"} <= can_stand:
        return []
    return list(clause_fields(context.module(name), word))


def _treatments(read: PartialParse, word: str, context: Surroundings) -> Iterator[Suggestion]:
    """Yield the treatments that fit the field before `as`."""
    name = _source(read, context)
    field: SchemaField | None = context.module(name).root if name is not None else None
    totals = name is not None and bool(driver_paths(name))
    for step in _path_before_as(read):
        field = field.children.get(step) if field is not None else None
        totals = totals and field is not None and not field.many
    for treatment in suitable(field, totals=totals):
        if treatment.startswith(word):
            about = TREATMENTS[treatment.partition("(")[0]]
            yield Suggestion(treatment, len(word), "treatment", about)


def _path_before_as(read: PartialParse) -> list[str]:
    """Return the names of the path that ends before the last token."""
    names: list[str] = []
    for token in reversed(read.tokens[:-1]):
        if token.kind in ("_COMMA", "_PASS", "_ONLY"):
            break
        names.append(token.text.lstrip("."))
    return names[::-1]


def _keys(read: PartialParse, word: str, context: Surroundings, reader: QueryReader) -> Iterator[Suggestion]:
    """Yield the fields of `.` as keys of an object: `{id}` is short for `{id: .id}`."""
    program = read.complete(("NAME", "x"), ("_COLON", ":"), ("FIELD", "." + PROBE))
    here = find_cursor_type(program, context, reader)
    for field in _fields_here(here, "." + word, context):
        if field.text.startswith("."):
            yield Suggestion(field.text[1:], len(word), field.kind, field.about, state=field.state)


def _source(read: PartialParse, context: Surroundings) -> str | None:
    """Return the module whose clauses are being written."""
    for value in reversed(read.run.values):
        if getattr(value, "kind", "") == "NAME" and value.text in context.modules:
            return str(value.text)
        if getattr(value, "kind", "") in ("_PIPE", "_LPAR", "_LBRACE", "_LSQB"):
            return None
    return None


def _in_comment(read: PartialParse) -> bool:
    last = read.last()
    return "#" in read.text[last.span.end if last else 0 :].rpartition("\n")[2]
