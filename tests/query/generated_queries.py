"""Strategies for queries: sources with clauses, and most of the language on their fields."""

from __future__ import annotations

from hypothesis import strategies as st

from ocpiq import schema
from ocpiq.privacy.treatments import suitable
from ocpiq.schema import SchemaField

MODULES = ("sessions", "cdrs", "locations", "tariffs", "tokens")
VERSIONS = ("2.1.1", "2.2.1")
DEEPEST = 3

WINDOWS = ["", "", "", " since 2026-01-01", " until 2026-01-01", " during 2026-01", " newest 2"]
LITERALS = ["null", "true", "0", "1.5", '"x"', '"2026"', "[]", "{}", "[1]", '{"a": 1}']
FILTERS = [  # of any value
    ".",
    "type",
    "length",
    "keys",
    "to_entries",
    "tojson",
    "tostring",
    "not",
    "[..]",
    "[paths]",
    '[paths(type == "number")]',
    "[tostream]",
    "[leaf_paths]",
    "map_values(.)",
    "walk(.)",
    'walk(if type == "object" then del(.id) else . end)',
    "with_entries(.)",
    "with_entries(.value |= [.])",
    "flatten",
    "add",
    "sort",
    "unique",
    "min",
    "reverse",
    "any",
    "first",
    "last",
    ".[]?",
    ".[0]?",
    ".[1:]?",
    "values",
    "scalars",
    "iterables",
    "numbers",
    "strings",
    "objects",
    'select(type == "blank")',
    "@json",
    "@html",
    "@base64",
    "@text",
    "debug",
    "error",
    "error?",
    "ascii_downcase",
    "tonumber",
    "fromjson",
    "explode",
    "transpose",
    'has("id")',
    "has(0)",
    "contains({})",
    "inside({})",
    "isempty(.[]?)",
    'getpath(["id"])',
    "del(.id)",
    "del(.[0]?)",
    'delpaths([["id"]])',
    'setpath(["id"]; 1)',
    "pick(.id)",
    'test("x")',
    'ltrimstr("x")',
    'split("x")',
    'join(",")',
    "limit(1; .[]?)",
    "first(.[]?, 1)",
    "recurse(.[]?)",
    "env.HOME | not",
    "fromstream(tostream)",
    '[splits("x")]',
    "@csv",
    "[.] | @csv",
    "[.[]? | scalars] | @tsv",
    "@sh",
    "@uri",
    "todate",
    "ascii",
    "implode",
    "to_entries | from_entries",
    "input_line_number",
    'getpath(["a", "b"])',
    "group_by(.id?)",
    "unique_by(length)",
    "map(.)",
    "map(.id?)",
    "abs",
    "floor",
    "infinite",
    "halt_error",
    "$__loc__",
]
JOINED = [  # of two values
    "{a} + {b}",
    "{a} - {b}",
    "{a} * {b}",
    "{a} / {b}",
    "{a} == {b}",
    "{a} != {b}",
    "{a} < {b}",
    "{a} >= {b}",
    "{a} and {b}",
    "{a} or {b}",
    "{a} // {b}",
    "{a}, {b}",
    "[{a}, {b}]",
    "{{a: {a}, b: {b}}}",
    "{{({a}): {b}}}",
    "if {a} then {b} else 0 end",
    "try {a} catch {b}",
    "try error({a}) catch .",
    "select({a} == {b})",
    "({a} | {b})",
    "{a} as $x | [$x, {b}]",
    "{a} as {{id: $x}} | [$x, {b}]",
    "{a} as [$x] ?// $x | $x",
    "reduce ({a}, {b}) as $x ([]; . + [$x])",
    "[foreach ({a}) as $x (0; . + 1; [., $x, {b}])]",
    "[limit(2; {a}, {b})]",
    "first({a}, {b})",
    "label $out | ({a}, break $out, {b})",
    "[{a}, {b}] | sort",
    "[{a}, {b}] | sort_by(.id?)",
    "[{a}, {b}] | add",
    "[{a}, {b}] | unique",
    "[{a}, {b}] | min_by(type)",
    "[{a}, {b}] | index({b})",
    "isempty({a}, {b})",
    "any({a}; . == 1)",
    "def f(g): [g]; f({a})",
    "def f(g): if . == null then {b} else g end; f({a})",
    'def f: if type == "array" then .[]? | f else . end; {a} | f',
    '"\\({a}) of \\({b})"',
    '@csv "\\([{a}])"',
    "[{a}] | @csv",
    '[{a}] | join("-")',
    "{a} | tojson",
    "{a} |= [.]",
    "{a} = {b}",
    "{a} += {b}",
    "{a} //= {b}",
    "[path({a})]",
    "del({a})",
    "pick({a})",
    "getpath([path({a})][0]?)",
    "[{a}] | group_by(.)",
    "[{a}, {b}] | contains([{b}])",
    "[{a}] - [{b}]",
    "[{a}, {b}] | to_entries",
    "[{a}, {b}] | flatten",
    "[{a}, {b}] | transpose?",
    "({a})?",
    "({a} | {b})?",
]
STAGES = [
    "",
    "",
    "",
    "join tokens as $t on .auth_id == $t.uid",
    "join tokens as $t pass uid on .id == $t.uid | [., $t]",
    "join each (tokens only issuer, uid) as $t on .id == $t.issuer | {{a: $t, b: {path}}}",
    "limit 1",
    "limit 2",
    "aggregate count",
    "aggregate {{n: count, least: min({path}), most: max({path})}}",
    "aggregate sum({path})",
    "aggregate count by {{k: {path}}}",
    "aggregate {{n: count({path} == null)}} by {{k: ({path} | type)}}",
    "aggregate collect({path})",
    "aggregate {{a: first({path}), b: last({path}), c: count_distinct({path})}}",
    "sort by {path}",
    "sort by ({path} | type) desc",
    "top 1 by {path}",
    "distinct by {path}",
    "distinct by ({path} | type)",
]


def fields(root: SchemaField) -> list[SchemaField]:
    """Return every field below one."""
    return [field for child in root.children.values() for field in (child, *fields(child))]


def path(field: SchemaField, root: SchemaField) -> str:
    """Return the path expression of a field, going through lists."""
    text, here = "", root
    for name in field.path.split("."):
        here = here.children[name]
        text += f".{name}"
        if here.many and here is not field:
            text += "[]?"
    return text


@st.composite
def queries(
    draw: st.DrawFn, modules: tuple[str, ...] = MODULES, versions: tuple[str, ...] = VERSIONS
) -> tuple[str, str]:
    """Draw an OCPI version and a query of one source."""
    version, name = draw(st.sampled_from(versions)), draw(st.sampled_from(modules))
    root = schema.module(name, version).root
    known = fields(root)
    clauses = draw(_clauses(known))
    passed = [field for field in known if any(_within(field.path, named) for named in clauses[1])]
    shown = [field for field in known if field.leaf and field.shown]
    favoured = passed or shown
    some_field = st.one_of(
        st.sampled_from(favoured), st.sampled_from(favoured), st.sampled_from(shown), st.sampled_from(known)
    )
    paths = some_field.map(lambda field: path(field, root))
    body = draw(st.one_of(st.just("."), _expression(paths, DEEPEST), _expression(paths, DEEPEST)))
    stage = draw(st.sampled_from(STAGES)).format(path=draw(paths))
    netted = name == "cdrs" and stage.startswith("aggregate") and draw(st.booleans())
    text = f"{name}{clauses[0]}{' net' * netted}" + (f" | {stage}" if stage else "") + f" | {body}"
    if draw(st.integers(0, 5)) == 0:
        text = f"[{text.partition(' | ')[0]}] | {body}"
    return version, text


def _within(path: str, container: str) -> bool:
    return path == container or path.startswith(f"{container}.")


@st.composite
def _clauses(draw: st.DrawFn, known: list[SchemaField]) -> tuple[str, list[str]]:
    """Draw the text of `pass`, `only` and `since`, and the paths that they name."""
    some = st.lists(st.sampled_from([field.path for field in known]), min_size=1, max_size=3, unique=True)
    text, named = "", []
    for word in draw(st.sampled_from([(), ("pass",), ("pass",), ("only",), ("only", "pass")])):
        paths = draw(some)
        named += paths
        treated = [draw(_treated(path, known)) for path in paths]
        if draw(st.integers(0, 7)) == 0:
            treated.insert(0, ".")
        text += f" {word} {', '.join(treated)}"
    return text + draw(st.sampled_from(WINDOWS)), named


@st.composite
def _treated(draw: st.DrawFn, path: str, known: list[SchemaField]) -> str:
    """Draw a path with or without a treatment that fits the field."""
    if draw(st.integers(0, 2)):
        return path
    field = next(field for field in known if field.path == path)
    return f"{path} as {draw(st.sampled_from(suitable(field, totals=True)))}"


@st.composite
def _expression(draw: st.DrawFn, paths: st.SearchStrategy[str], depth: int) -> str:
    """Draw an expression on an object of the source."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(st.one_of(paths, paths, st.sampled_from([".", *LITERALS])))
    inner = _expression(paths, depth - 1)
    if draw(st.booleans()):
        return f"({draw(inner)} | {draw(st.sampled_from(FILTERS))})"
    joined = draw(st.sampled_from(JOINED))
    return f"({joined.format(a=_atom(draw(inner)), b=_atom(draw(inner)))})"


def _atom(text: str) -> str:
    return text if text[0] == "(" or text.startswith(".") else f"({text})"
