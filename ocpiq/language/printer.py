"""Syntax tree to text: short, each pipeline on one line; it parses to the same tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from ocpiq.language import strings, tree
from ocpiq.language.grammar import tables

Parts = list["str | tree.Node"]
PartsOf = dict[type[tree.Node], Callable[[Any], "Parts"]]
HIDDEN = "…"


def unparse(node: tree.Node) -> str:
    """Return the text of a node, however deep."""
    return _print_tree(node, PARTS)


def unparse_without_literals(node: tree.Node) -> str:
    """Return the text of a node with numbers and strings replaced by `…`, since they may be personal data.

    Names, paths, windows and counts stay. The text is for people: it does not parse.
    """
    return _print_tree(node, WITHOUT_LITERALS)


def _print_tree(node: tree.Node, table: PartsOf) -> str:
    text: list[str] = []
    stack: Parts = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            text.append(part)
        else:
            stack.extend(reversed(table[type(part)](part)))
    return "".join(text)


def _between(separator: str, nodes: Iterable[str | tree.Node]) -> Parts:
    parts: Parts = []
    for node in nodes:
        parts += (separator, node) if parts else (node,)
    return parts


@cache
def _terminal(name: str) -> re.Pattern[str]:
    return re.compile(next(t.pattern for t in tables().terminals if t.name == name))


# ---------------------------------------------------------------- terms


def _text(node: tree.Text) -> Parts:
    parts: Parts = [f'{node.format} "' if node.format else '"']
    for part in node.parts:
        parts += (strings.escape(part),) if isinstance(part, str) else ("\\(", part, ")")
    return [*parts, '"']


def _text_without_literals(node: tree.Text) -> Parts:
    parts: Parts = [f'{node.format} "' if node.format else '"']
    for part in node.parts:
        parts += (HIDDEN,) if isinstance(part, str) else ("\\(", part, ")")
    return [*parts, '"']


def _field_without_literals(node: tree.Field) -> Parts:
    if isinstance(node.name, str) and not _terminal("FIELD").fullmatch(f".{node.name}"):
        return [".", _quoted(HIDDEN), _optional(node)]
    return _field(node)


def _quoted(text: str) -> str:
    return f'"{strings.escape(text)}"'


def _key(key: tree.Node) -> str | tree.Node:
    """Return an object key; a literal one without quotes if it is a word."""
    if isinstance(key, tree.Text) and not key.format and len(key.parts) == 1:
        literal = key.parts[0]
        if isinstance(literal, str) and _terminal("NAME").fullmatch(literal):
            return literal
    return key


def _entry(node: tree.Entry) -> Parts:
    return [_key(node.key), *((": ", node.value) if node.value else ())]


def _call(node: tree.Call) -> Parts:
    return [node.name, "(", *_between("; ", node.arguments), ")"] if node.arguments else [node.name]


def _array(node: tree.Array) -> Parts:
    return ["[", *([node.body] if node.body else []), "]"]


def _path(node: tree.Path) -> Parts:
    named = bool(node.steps) and isinstance(node.steps[0], tree.Field)
    if isinstance(node.base, tree.Identity) and named:
        return [*node.steps]
    space = [" "] if isinstance(node.base, tree.Number) and named else []
    return [node.base, *space, *node.steps]


def _field(node: tree.Field) -> Parts:
    name: str | tree.Node = node.name
    if isinstance(name, str) and not _terminal("FIELD").fullmatch(f".{name}"):
        name = _quoted(name)
    return [".", name, _optional(node)]


def _index(node: tree.Index) -> Parts:
    return ["[", node.key, "]", _optional(node)]


def _slice(node: tree.Slice) -> Parts:
    return ["[", node.start or "", ":", node.end or "", "]", _optional(node)]


def _iterate(node: tree.Iterate) -> Parts:
    return ["[]", _optional(node)]


def _optional(step: tree.Field | tree.Index | tree.Slice | tree.Iterate) -> str:
    return "?" if step.optional else ""


def _if(node: tree.If) -> Parts:
    parts: Parts = []
    for condition, body in node.branches:
        parts += (" elif " if parts else "if ", condition, " then ", body)
    return [*parts, *((" else ", node.otherwise) if node.otherwise else ()), " end"]


def _try(node: tree.Try) -> Parts:
    return ["try ", node.body, *((" catch ", node.handler) if node.handler else ())]


def _loop(node: tree.Reduce | tree.Foreach) -> Parts:
    word = "reduce " if isinstance(node, tree.Reduce) else "foreach "
    extract = ["; ", node.extract] if isinstance(node, tree.Foreach) and node.extract else []
    return [word, node.source, *_as(node.patterns), " (", node.start, "; ", node.update, *extract, ")"]


# ---------------------------------------------------------------- operators, pipelines, patterns


def _chain(node: tree.Chain) -> Parts:
    return [node.first, *(part for operator, operand in node.rest for part in (f" {operator} ", operand))]


def _operator(node: tree.Compare | tree.Assign) -> Parts:
    return [node.left, f" {node.op} ", node.right]


def _pipeline(node: tree.Pipeline) -> Parts:
    parts: Parts = []
    for item in node.items[:-1]:
        parts += (item, " " if isinstance(item, tree.Define) else " | ")
    return [*parts, node.items[-1]]


def _as(patterns: Iterable[tree.Pattern]) -> Parts:
    return [" as ", *_between(" ?// ", patterns)]


def _pattern_entry(node: tree.PatternEntry) -> Parts:
    return [_key(node.key), *((": ", node.pattern) if node.pattern else ())]


def _define(node: tree.Define) -> Parts:
    parameters = f"({'; '.join(node.parameters)})" if node.parameters else ""
    return [f"def {node.name}{parameters}: ", node.body, ";"]


# ---------------------------------------------------------------- sources and stages


def _source(node: tree.Source) -> Parts:
    return [node.module, *_clauses(node)]


def _clauses(node: tree.Source) -> Parts:
    return [part for clause in node.clauses for part in (" ", clause)]


def _field_path(node: tree.FieldPath) -> Parts:
    path = ".".join(node.names)
    quoted = node.quoted or not all(_terminal("FIELD").fullmatch(f".{name}") for name in node.names)
    treatment: Parts = [" as ", node.treatment] if node.treatment else []
    return [_quoted(path) if quoted else path or ".", *treatment]


def _treatment(node: tree.Treatment) -> Parts:
    return [node.name, f"({node.amount})" if node.amount else ""]


def _bound(node: tree.Bound) -> Parts:
    if node.text is None:
        return [f"${node.variable}"]
    return [_bare(node.text, "DATE", "RELATIVE_DAY", "AGO") or _quoted(node.text)]


def _during(node: tree.During) -> Parts:
    return ["during ", _bare(node.bound.text or "", "PERIOD", "RELATIVE_PERIOD") or node.bound]


def _bare(text: str, *terminals: str) -> str:
    """Return a text that can be written without quotes as one of these terminals; "" for others."""
    is_bare = text == " ".join(text.split()) and any(_terminal(name).fullmatch(text) for name in terminals)
    return text if is_bare else ""


def _count(number: int | None, variable: str | None) -> str:
    return f"${variable}" if number is None else str(number)


def _aggregate(node: tree.Aggregate) -> Parts:
    return ["aggregate ", node.body, *((" by ", node.by) if node.by else ())]


def _join(node: tree.Join) -> Parts:
    words = "join each " if node.each else "join "
    on = [" on ", node.on] if node.on else []
    if isinstance(node.source, tree.Source):
        return [f"{words}{node.source.module} as ${node.name}", *_clauses(node.source), *on]
    return [words, node.source, f" as ${node.name}", *on]


# ---------------------------------------------------------------- the whole text


def _import(node: tree.Import) -> Parts:
    head = f"import {_quoted(node.path)} as {node.name}" if node.name else f"include {_quoted(node.path)}"
    return [head, *((" ", node.metadata) if node.metadata else ()), ";"]


def _program(node: tree.Program) -> Parts:
    lines: Parts = [part for part in (*node.imports, *node.definitions, node.body) if part]
    if node.module:
        return ["module ", node.module, ";", *(part for line in lines for part in ("\n", line))]
    return _between("\n", lines)


PARTS: PartsOf = {
    tree.Identity: lambda node: ["."],
    tree.Descend: lambda node: [".."],
    tree.Number: lambda node: [node.text],
    tree.Text: _text,
    tree.Format: lambda node: [node.name],
    tree.Variable: lambda node: [f"${node.name}"],
    tree.Array: _array,
    tree.Entry: _entry,
    tree.Object: lambda node: ["{", *_between(", ", node.entries), "}"],
    tree.Call: _call,
    tree.Paren: lambda node: ["(", node.body, ")"],
    tree.Field: _field,
    tree.Index: _index,
    tree.Slice: _slice,
    tree.Iterate: _iterate,
    tree.Question: lambda node: ["?"],
    tree.Path: _path,
    tree.If: _if,
    tree.Try: _try,
    tree.Reduce: _loop,
    tree.Foreach: _loop,
    tree.Break: lambda node: [f"break ${node.label}"],
    tree.Negate: lambda node: ["-", node.body],
    tree.Chain: _chain,
    tree.Compare: _operator,
    tree.Alternatives: lambda node: _between(" // ", node.items),
    tree.Assign: _operator,
    tree.Comma: lambda node: _between(", ", node.items),
    tree.PatternEntry: _pattern_entry,
    tree.VariablePattern: lambda node: [f"${node.name}"],
    tree.ArrayPattern: lambda node: ["[", *_between(", ", node.items), "]"],
    tree.ObjectPattern: lambda node: ["{", *_between(", ", node.entries), "}"],
    tree.Bind: lambda node: [node.source, *_as(node.patterns)],
    tree.Define: _define,
    tree.Label: lambda node: [f"label ${node.name}"],
    tree.FieldPath: _field_path,
    tree.Treatment: _treatment,
    tree.Pass: lambda node: ["pass ", *_between(", ", node.paths)],
    tree.Only: lambda node: ["only ", *_between(", ", node.paths)],
    tree.Bound: _bound,
    tree.Since: lambda node: ["since ", node.bound],
    tree.SinceLast: lambda node: ["since last"],
    tree.Until: lambda node: ["until ", node.bound],
    tree.During: _during,
    tree.Net: lambda _: ["net"],
    tree.Newest: lambda node: [f"newest {_count(node.count, node.variable)}"],
    tree.Source: _source,
    tree.Key: lambda node: [node.body, f" {node.direction}" if node.direction else ""],
    tree.Count: lambda node: [_count(node.number, node.variable)],
    tree.Aggregate: _aggregate,
    tree.SortBy: lambda node: ["sort by ", *_between(", ", node.keys)],
    tree.Top: lambda node: ["top ", node.count, " by ", *_between(", ", node.keys)],
    tree.Limit: lambda node: ["limit ", node.count],
    tree.Distinct: lambda node: ["distinct by ", *_between(", ", node.keys)],
    tree.Join: _join,
    tree.Pipeline: _pipeline,
    tree.Import: _import,
    tree.Program: _program,
}

WITHOUT_LITERALS: PartsOf = {
    **PARTS,
    tree.Number: lambda _: [HIDDEN],
    tree.Text: _text_without_literals,
    tree.Field: _field_without_literals,
}
