"""The functions that build the nodes of grammar/program.lark and grammar/expressions.lark, named like the rules.

The parser calls each with the span of the rule and the values of its parts (see `Rule` in `grammar.py`).
"""
# ruff: noqa: D103 - the grammar documents the rules, the tree documents the nodes

from __future__ import annotations

from msgspec.structs import replace

from ocpiq.errors import Span
from ocpiq.language import strings, tree
from ocpiq.language.lalr import Token

STRING = "STRING"  # the kind of token that `plain` returns: a string without quotes, escapes resolved


# ---------------------------------------------------------------- program.lark


def program(
    span: Span,
    module: tree.Object | None,
    imports: tuple[tree.Import, ...],
    definitions: tuple[tree.Define, ...],
    body: tree.Expr | None,
) -> tree.Program:
    return tree.Program(span=span, module=module, imports=imports, definitions=definitions, body=body)


def module(_: Span, metadata: tree.Object) -> tree.Object:
    return metadata


def imports(_: Span, *items: tree.Import) -> tuple[tree.Import, ...]:
    return items


def import_as(span: Span, path: Token, name: Token, metadata: tree.Object | None) -> tree.Import:
    return tree.Import(span=span, path=path.text, name=name.text, metadata=metadata)


def include(span: Span, path: Token, metadata: tree.Object | None) -> tree.Import:
    return tree.Import(span=span, path=path.text, name=None, metadata=metadata)


def definitions(_: Span, *items: tree.Define) -> tuple[tree.Define, ...]:
    return items


def define(span: Span, name: Token, parameters: tuple[str, ...] | None, body: tree.Expr) -> tree.Define:
    return tree.Define(span=span, name=name.text, parameters=parameters or (), body=body)


def parameters(_: Span, *names: Token) -> tuple[str, ...]:
    return tuple(name.text for name in names)


def pipeline(span: Span, *items: tree.Item) -> tree.Item:
    return items[0] if len(items) == 1 else tree.Pipeline(span=span, items=items)


def comma(span: Span, *items: tree.Expr) -> tree.Comma:
    return tree.Comma(span=span, items=items)


def bind(span: Span, source: tree.Expr, patterns: tuple[tree.Pattern, ...]) -> tree.Bind:
    return tree.Bind(span=span, source=source, patterns=patterns)


def label(span: Span, name: Token) -> tree.Label:
    return tree.Label(span=span, name=name.text[1:])


# ---------------------------------------------------------------- expressions.lark: operators


def alternatives(span: Span, *items: tree.Expr) -> tree.Alternatives:
    return tree.Alternatives(span=span, items=items)


def assign(span: Span, left: tree.Expr, operator: Token, right: tree.Expr) -> tree.Assign:
    return tree.Assign(span=span, op=operator.text, left=left, right=right)


def compare(span: Span, left: tree.Expr, operator: Token, right: tree.Expr) -> tree.Compare:
    return tree.Compare(span=span, op=operator.text, left=left, right=right)


def chain(span: Span, first: tree.Expr, *rest: Token | tree.Expr) -> tree.Chain:
    operators = [part.text for part in rest if isinstance(part, Token)]
    operands = [part for part in rest if not isinstance(part, Token)]
    return tree.Chain(span=span, first=first, rest=tuple(zip(operators, operands, strict=True)))


def negate(span: Span, _: Token, body: tree.Expr) -> tree.Negate:
    return tree.Negate(span=span, body=body)


def try_catch(span: Span, body: tree.Expr, handler: tree.Expr | None = None) -> tree.Try:
    return tree.Try(span=span, body=body, handler=handler)


# ---------------------------------------------------------------- expressions.lark: paths


def path(span: Span, base: tree.Expr, *steps: tree.Step | Token) -> tree.Path:
    nodes: list[tree.Step] = []
    for step in steps:
        if not isinstance(step, Token):
            nodes.append(step)
        elif nodes and not isinstance(nodes[-1], tree.Question) and not nodes[-1].optional:
            nodes[-1] = replace(nodes[-1], span=Span(nodes[-1].span.start, step.span.end), optional=True)
        else:
            nodes.append(tree.Question(span=step.span))
    return tree.Path(span=span, base=base, steps=tuple(nodes))


def path_of_input(span: Span, *steps: tree.Step | Token) -> tree.Path:
    return path(span, tree.Identity(span=Span(span.start, span.start + 1)), *steps)


def field(span: Span, name: Token) -> tree.Field:
    return tree.Field(span=span, name=name.text[1:])


def quoted_field(span: Span, name: tree.Text) -> tree.Field:
    literal = literal_of(name)
    return tree.Field(span=span, name=name if literal is None else literal)


def index(span: Span, key: tree.Expr) -> tree.Index:
    return tree.Index(span=span, key=key)


def iterate(span: Span) -> tree.Iterate:
    return tree.Iterate(span=span)


def slice_between(span: Span, start: tree.Expr, end: tree.Expr) -> tree.Slice:
    return tree.Slice(span=span, start=start, end=end)


def slice_from(span: Span, start: tree.Expr) -> tree.Slice:
    return tree.Slice(span=span, start=start, end=None)


def slice_to(span: Span, end: tree.Expr) -> tree.Slice:
    return tree.Slice(span=span, start=None, end=end)


# ---------------------------------------------------------------- expressions.lark: terms


def identity(span: Span) -> tree.Identity:
    return tree.Identity(span=span)


def descend(span: Span) -> tree.Descend:
    return tree.Descend(span=span)


def number(span: Span, token: Token) -> tree.Number:
    return tree.Number(span=span, text=token.text)


def format(span: Span, token: Token) -> tree.Format:
    return tree.Format(span=span, name=token.text)


def array(span: Span, body: tree.Expr | None) -> tree.Array:
    return tree.Array(span=span, body=body)


def condition(span: Span, *parts: tree.Expr) -> tree.If:
    branches = tuple(zip(parts[:-1:2], parts[1:-1:2], strict=True))
    return tree.If(span=span, branches=branches, otherwise=parts[-1])


def reduce(
    span: Span, source: tree.Expr, patterns: tuple[tree.Pattern, ...], start: tree.Expr, update: tree.Expr
) -> tree.Reduce:
    return tree.Reduce(span=span, source=source, patterns=patterns, start=start, update=update)


def foreach(
    span: Span,
    source: tree.Expr,
    patterns: tuple[tree.Pattern, ...],
    start: tree.Expr,
    update: tree.Expr,
    extract: tree.Expr | None,
) -> tree.Foreach:
    return tree.Foreach(
        span=span, source=source, patterns=patterns, start=start, update=update, extract=extract
    )


def break_label(span: Span, name: Token) -> tree.Break:
    return tree.Break(span=span, label=name.text[1:])


def paren(span: Span, body: tree.Expr) -> tree.Paren:
    return tree.Paren(span=span, body=body)


def variable(span: Span, token: Token) -> tree.Variable:
    return tree.Variable(span=span, name=token.text[1:])


def call(span: Span, name: Token, *arguments: tree.Expr) -> tree.Call:
    return tree.Call(span=span, name=name.text, arguments=arguments)


def text(span: Span, format_name: Token | None, *parts: Token | tree.Expr) -> tree.Text:
    values = tuple(strings.unescape(part.text) if isinstance(part, Token) else part for part in parts)
    return tree.Text(span=span, parts=values or ("",), format=format_name.text if format_name else None)


def literal_of(node: tree.Text) -> str | None:
    """Return the text of a string without interpolation and format; None for other strings."""
    first = node.parts[0]
    return first if isinstance(first, str) and len(node.parts) == 1 and not node.format else None


def plain(span: Span, literal: Token | None) -> Token:
    return Token(STRING, strings.unescape(literal.text) if literal else "", span)


# ---------------------------------------------------------------- expressions.lark: objects and patterns


def object(span: Span, *entries: tree.Entry) -> tree.Object:
    return tree.Object(span=span, entries=tuple(entry for entry in entries if entry))


def entry(span: Span, key: tree.Expr | Token, value: tree.Expr | None = None) -> tree.Entry:
    return tree.Entry(span=span, key=_key(key), value=value)


def word(span: Span, token: Token) -> tree.Text:
    return tree.Text(span=span, parts=(token.text,))


def patterns(_: Span, *items: tree.Pattern) -> tuple[tree.Pattern, ...]:
    return items


def variable_pattern(span: Span, token: Token) -> tree.VariablePattern:
    return tree.VariablePattern(span=span, name=token.text[1:])


def array_pattern(span: Span, *items: tree.Pattern) -> tree.ArrayPattern:
    return tree.ArrayPattern(span=span, items=items)


def object_pattern(span: Span, *entries: tree.PatternEntry) -> tree.ObjectPattern:
    return tree.ObjectPattern(span=span, entries=entries)


def pattern_entry(span: Span, key: tree.Expr | Token, pattern: tree.Pattern | None) -> tree.PatternEntry:
    return tree.PatternEntry(span=span, key=_key(key), pattern=pattern)


def _key(key: tree.Expr | Token) -> tree.Expr:
    return variable(key.span, key) if isinstance(key, Token) else key
