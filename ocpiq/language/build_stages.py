"""The functions that build the nodes of grammar/sources.lark and grammar/stages.lark, named like the rules.

The parser calls each with the span of the rule and the values of its parts (see `Rule` in `grammar.py`).
"""
# ruff: noqa: D103 - the grammar documents the rules, the tree documents the nodes

from __future__ import annotations

from ocpiq.errors import QuerySyntaxError, Span
from ocpiq.language import tree
from ocpiq.language.build import STRING
from ocpiq.language.lalr import Token

# ---------------------------------------------------------------- sources.lark


def source(span: Span, module: Token, *clauses: tree.Clause) -> tree.Source:
    return tree.Source(span=span, module=module.text, clauses=clauses)


def clauses(_: Span, *items: tree.Clause) -> tuple[tree.Clause, ...]:
    return items


def pass_clause(span: Span, *paths: tree.FieldPath) -> tree.Pass:
    return tree.Pass(span=span, paths=paths)


def only(span: Span, *paths: tree.FieldPath) -> tree.Only:
    return tree.Only(span=span, paths=paths)


def since(span: Span, moment: Token) -> tree.Since:
    return tree.Since(span=span, bound=_bound(moment))


def since_last(span: Span) -> tree.SinceLast:
    return tree.SinceLast(span=span)


def until(span: Span, moment: Token) -> tree.Until:
    return tree.Until(span=span, bound=_bound(moment))


def during(span: Span, moment: Token) -> tree.During:
    return tree.During(span=span, bound=_bound(moment))


def newest(span: Span, count: tree.Count) -> tree.Newest:
    return tree.Newest(span=span, count=count.number, variable=count.variable)


def net(span: Span) -> tree.Net:
    return tree.Net(span=span)


def field_path(span: Span, *parts: Token | tree.Treatment | None) -> tree.FieldPath:
    treatment = parts[-1]
    names: tuple[str, ...] = ()
    quoted = False
    for part in parts:
        if not isinstance(part, Token):
            continue
        if part.kind == STRING:
            names, quoted = tuple(part.text.removeprefix(".").split(".")), True
        else:
            names += (part.text.removeprefix("."),)
    return tree.FieldPath(
        span=span,
        names=names,
        quoted=quoted,
        treatment=treatment if isinstance(treatment, tree.Treatment) else None,
    )


def treatment(span: Span, name: Token, amount: Token | None) -> tree.Treatment:
    return tree.Treatment(span=span, name=name.text, amount=amount.text if amount else None)


def aggregate_only(span: Span) -> tree.Treatment:
    return tree.Treatment(span=span, name="aggregate")


def count(span: Span, token: Token) -> tree.Count:
    if token.kind == "VARIABLE":
        return tree.Count(span=span, number=None, variable=token.text[1:])
    return tree.Count(span=span, number=int(token.text), variable=None)


def _bound(moment: Token) -> tree.Bound:
    if moment.kind == "VARIABLE":
        return tree.Bound(span=moment.span, text=None, variable=moment.text[1:])
    text = moment.text if moment.kind == STRING else " ".join(moment.text.split())
    return tree.Bound(span=moment.span, text=text, variable=None)


# ---------------------------------------------------------------- stages.lark


def aggregate(span: Span, body: tree.Expr, by: tree.Expr | None) -> tree.Aggregate:
    return tree.Aggregate(span=span, body=body, by=by)


def sort_by(span: Span, _: Token, *keys: tree.Key) -> tree.SortBy:
    return tree.SortBy(span=span, keys=keys)


def top(span: Span, _: Token, count: tree.Count, *keys: tree.Key) -> tree.Top:
    return tree.Top(span=span, count=count, keys=keys)


def limit(span: Span, _: Token, count: tree.Count) -> tree.Limit:
    return tree.Limit(span=span, count=count)


def distinct(span: Span, _: Token, *keys: tree.Key) -> tree.Distinct:
    return tree.Distinct(span=span, keys=keys)


def key(span: Span, body: tree.Expr, direction: Token | None) -> tree.Key:
    return tree.Key(span=span, body=body, direction=direction.text if direction else "")


def join_module(
    span: Span,
    _: Token,
    each: Token | None,
    module: Token,
    name: Token,
    clauses: tuple[tree.Clause, ...],
    on: tree.Expr | None,
) -> tree.Join:
    end = (clauses[-1] if clauses else name).span.end
    source = tree.Source(span=Span(module.span.start, end), module=module.text, clauses=clauses)
    return tree.Join(span=span, each=each is not None, source=source, name=name.text[1:], on=on)


def join_each(
    span: Span, _: Token, __: Token, joined: tree.Paren, name: Token, on: tree.Expr | None
) -> tree.Join:
    return tree.Join(
        span=span, each=True, source=_join_source(joined.body, joined.span), name=name.text[1:], on=on
    )


def join_paren(span: Span, call: tree.Expr, name: Token, on: tree.Expr) -> tree.Join:
    """Return the node of `join (…) as $x on …`, which parses as jq's `join` until its `on`."""
    if not (isinstance(call, tree.Call) and call.name == "join" and len(call.arguments) == 1):
        raise QuerySyntaxError(
            "`on` is only valid in a join", span=on.span, hint="join locations as $l on .id == $l.id"
        )
    source = _join_source(call.arguments[0], call.span)
    return tree.Join(span=span, each=False, source=source, name=name.text[1:], on=on)


def _join_source(body: tree.Expr, span: Span) -> tree.Expr:
    """Return the source of a join; parentheses around a bare module have no meaning."""
    if isinstance(body, tree.Source):
        return body
    if isinstance(body, tree.Call) and not body.arguments:
        return tree.Source(span=body.span, module=body.name, clauses=())
    return tree.Paren(span=span, body=body)
