"""The trees of programs: jq's syntax, then sources and stages."""

from __future__ import annotations

import pytest
from trees import cases, compact

from ocpiq.language import parse, tree

JQ = r"""
.
    .
..
    Descend()
.a
    Path(., [Field('a')])
.a.b
    Path(., [Field('a'), Field('b')])
."a b"
    Path(., [Field('a b')])
."a\(1)b"
    Path(., [Field(Text(['a', 1, 'b']))])
.@json "x\(1)"
    Path(., [Field(Text(['x', 1], '@json'))])
.["a"]
    Path(., [Index("a")])
.[0]
    Path(., [Index(0)])
.[1:2]
    Path(., [Slice(1, 2)])
.[1:]
    Path(., [Slice(1, -)])
.[:2]
    Path(., [Slice(-, 2)])
.[]
    Path(., [Iterate()])
.a.[0]
    Path(., [Field('a'), Index(0)])
.a?.b
    Path(., [Field('a', True), Field('b')])
.a??
    Path(., [Field('a', True), Question()])
..?
    Path(Descend(), [Question()])
f?
    Path(Call('f'), [Question()])
.and.if
    Path(., [Field('and'), Field('if')])
1
    1
1.50e3
    1.50e3
-1
    Negate(1)
""
    ""
"a\(1)b\(2)"
    Text(['a', 1, 'b', 2])
@csv
    Format('@csv')
@csv "\(.)"
    Text([.], '@csv')
$x
    $x
$__loc__
    $__loc__
[]
    Array(-)
[1, 2]
    Array(Comma([1, 2]))
{}
    Object([])
{a, "b c", $x, $__loc__, @text "d", "e\(1)"}
    Object([Entry("a", -), Entry("b c", -), Entry($x, -), Entry($__loc__, -), Entry(Text(['d'],
    '@text'), -), Entry(Text(['e', 1]), -)])
{a: 1, "b": 2, (.k): 3, $x: 4, if: 5,}
    Object([Entry("a", 1), Entry("b", 2), Entry(Paren(Path(., [Field('k')])), 3), Entry($x, 4),
    Entry("if", 5)])
{a: 1 | 2 // 3}
    Object([Entry("a", Pipeline([1, Alternatives([2, 3])]))])
f(1; 2)
    Call('f', [1, 2])
a::b
    Call('a::b')
(1)
    Paren(1)
1 + 2 - 3 * 4
    Chain(1, [['+', 2], ['-', Chain(3, [['*', 4]])]])
1 or 2 and 3 == 4
    Chain(1, [['or', Chain(2, [['and', Compare('==', 3, 4)]])]])
1 // 2 // 3
    Alternatives([1, 2, 3])
.a = 1 // 2
    Alternatives([Assign('=', Path(., [Field('a')]), 1), 2])
1, 2 | 3
    Pipeline([Comma([1, 2]), 3])
1 | 2 | 3
    Pipeline([1, 2, 3])
1 as $x | 2 as [$y, {a: $z, $w, $v: $u}] | 3
    Pipeline([Bind(1, [VariablePattern('x')]), Bind(2, [ArrayPattern([VariablePattern('y'),
    ObjectPattern([PatternEntry("a", VariablePattern('z')), PatternEntry($w, -), PatternEntry($v,
    VariablePattern('u'))])])]), 3])
1 as [$x] ?// $x | 2
    Pipeline([Bind(1, [ArrayPattern([VariablePattern('x')]), VariablePattern('x')]), 2])
1, 2 as $x | 3, 4
    Comma([1, Pipeline([Bind(2, [VariablePattern('x')]), Comma([3, 4])])])
1 + 1 as $x | 2
    Pipeline([Bind(Chain(1, [['+', 1]]), [VariablePattern('x')]), 2])
label $f | break $f
    Pipeline([Label('f'), Break('f')])
1 | def f($a; g): 2; 3
    Pipeline([1, Define('f', ['$a', 'g'], 2), 3])
if 1 then 2 end
    If([[1, 2]], -)
if 1 then 2 elif 3 then 4 else 5 end
    If([[1, 2], [3, 4]], 5)
try 1 catch 2
    Try(1, 2)
try error("x") // 1
    Alternatives([Try(Call('error', ["x"]), -), 1])
try try 1 catch 2
    Try(Try(1, 2), -)
-try 1 catch 2
    Negate(Try(1, 2))
reduce .[] as $x (0; . + $x)
    Reduce(Path(., [Iterate()]), [VariablePattern('x')], 0, Chain(., [['+', $x]]))
foreach .[] as $x (0; 1; 2)
    Foreach(Path(., [Iterate()]), [VariablePattern('x')], 0, 1, 2)
def f: 1; f
    Program(-, [], [Define('f', [], 1)], Call('f'))
def f: 1;
    Program(-, [], [Define('f', [], 1)], -)
module {a: 1}; import "m" as m {b: 2}; include "n"; import "d" as $d; 1
    Program(Object([Entry("a", 1)]), [Import('m', 'm', Object([Entry("b", 2)])), Import('n', -, -),
    Import('d', '$d', -)], [], 1)
"""

OCPI = r"""
sessions only id, kwh
    Source('sessions', [Only([FieldPath(['id']), FieldPath(['kwh'])])])
sessions pass charging_periods.dimensions, .kwh
    Source('sessions', [Pass([FieldPath(['charging_periods', 'dimensions']), FieldPath(['kwh'])])])
sessions pass ., cdr_token.uid as pseudonym
    Source('sessions', [Pass([FieldPath([]), FieldPath(['cdr_token', 'uid'], False, Treatment('pseudonym'))])])
sessions only kwh as rounded(0.5), end_date_time as day pass country_code as prefix(1)
    Source('sessions', [Only([FieldPath(['kwh'], False, Treatment('rounded', '0.5')),
    FieldPath(['end_date_time'], False, Treatment('day'))]), Pass([FieldPath(['country_code'], False,
    Treatment('prefix', '1'))])])
cdrs pass total_energy as aggregate, "x_depot.name" as present
    Source('cdrs', [Pass([FieldPath(['total_energy'], False, Treatment('aggregate')),
    FieldPath(['x_depot', 'name'], True, Treatment('present'))])])
cdrs since 7  days ago until today
    Source('cdrs', [Since(Bound('7 days ago', -)), Until(Bound('today', -))])
sessions during last month since yesterday
    Source('sessions', [During(Bound('last month', -)), Since(Bound('yesterday', -))])
cdrs since last until 2026-01-01
    Source('cdrs', [SinceLast(), Until(Bound('2026-01-01', -))])
sessions pass "x_depot.name"
    Source('sessions', [Pass([FieldPath(['x_depot', 'name'], True)])])
cdrs since 2026-01-01 until $end pass total_cost
    Source('cdrs', [Since(Bound('2026-01-01', -)), Until(Bound(-, 'end')),
    Pass([FieldPath(['total_cost'])])])
cdrs since "2026-01-01T00:00:00Z"
    Source('cdrs', [Since(Bound('2026-01-01T00:00:00Z', -))])
cdrs since 2026-01-31T06:00Z
    Source('cdrs', [Since(Bound('2026-01-31T06:00Z', -))])
cdrs during 2026-01
    Source('cdrs', [During(Bound('2026-01', -))])
cdrs during 2026-Q1
    Source('cdrs', [During(Bound('2026-Q1', -))])
cdrs during 2026-W03
    Source('cdrs', [During(Bound('2026-W03', -))])
cdrs during 2026
    Source('cdrs', [During(Bound('2026', -))])
sessions newest 10
    Source('sessions', [Newest(10, -)])
cdrs net during 2026
    Source('cdrs', [Net(), During(Bound('2026', -))])
sessions newest $n
    Source('sessions', [Newest(-, 'n')])
(sessions pass kwh), 1
    Comma([Paren(Source('sessions', [Pass([FieldPath(['kwh'])])])), 1])
1, sessions pass kwh
    Comma([1, Source('sessions', [Pass([FieldPath(['kwh'])])])])
sessions pass since, until
    Source('sessions', [Pass([FieldPath(['since']), FieldPath(['until'])])])
f(sessions pass kwh)
    Call('f', [Source('sessions', [Pass([FieldPath(['kwh'])])])])
sessions | aggregate {n: count} by {status}
    Pipeline([Call('sessions'), Aggregate(Object([Entry("n", Call('count'))]),
    Object([Entry("status", -)]))])
sessions | aggregate sum(.cost) / count by .a.b
    Pipeline([Call('sessions'), Aggregate(Chain(Call('sum', [Path(., [Field('cost')])]), [['/',
    Call('count')]]), Path(., [Field('a'), Field('b')]))])
sessions | aggregate count
    Pipeline([Call('sessions'), Aggregate(Call('count'), -)])
sessions | sort by .kwh desc, .id asc
    Pipeline([Call('sessions'), SortBy([Key(Path(., [Field('kwh')]), 'desc'), Key(Path(.,
    [Field('id')]), 'asc')])])
sessions | top 10 by .kwh
    Pipeline([Call('sessions'), Top(Count(10, -), [Key(Path(., [Field('kwh')]))])])
sessions | limit 20 | limit $n
    Pipeline([Call('sessions'), Limit(Count(20, -)), Limit(Count(-, 'n'))])
sessions | distinct by .id, .kwh
    Pipeline([Call('sessions'), Distinct([Key(Path(., [Field('id')])), Key(Path(.,
    [Field('kwh')]))])])
sessions | join locations as $l pass name, city on .location_id == $l.id
    Pipeline([Call('sessions'), Join(False, Source('locations', [Pass([FieldPath(['name']),
    FieldPath(['city'])])]), 'l', Compare('==', Path(., [Field('location_id')]), Path($l,
    [Field('id')])))])
sessions | join locations as $l
    Pipeline([Call('sessions'), Join(False, Source('locations', []), 'l', -)])
sessions | join each evses as $e | 1
    Pipeline([Call('sessions'), Join(True, Source('evses', []), 'e', -), 1])
sessions | join each (sessions pass kwh) as $s on .uid == $s.uid
    Pipeline([Call('sessions'), Join(True, Source('sessions', [Pass([FieldPath(['kwh'])])]), 's',
    Compare('==', Path(., [Field('uid')]), Path($s, [Field('uid')])))])
sessions | join (cdrs | select(.a)) as $c on .id == $c.id
    Pipeline([Call('sessions'), Join(False, Paren(Pipeline([Call('cdrs'), Call('select', [Path(.,
    [Field('a')])])])), 'c', Compare('==', Path(., [Field('id')]), Path($c, [Field('id')])))])
. as $l | .evses[] | aggregate count by {city: $l.city}
    Pipeline([Bind(., [VariablePattern('l')]), Path(., [Field('evses'), Iterate()]),
    Aggregate(Call('count'), Object([Entry("city", Path($l, [Field('city')]))]))])
"""


def shown(program):
    """Return the body's tree, or the whole program's where it has more than a body."""
    parsed = parse(program)
    only_body = not (parsed.module or parsed.imports or parsed.definitions)
    return compact(parsed.body if only_body else parsed)


@pytest.mark.parametrize(("program", "expected"), cases(JQ))
def test_jq(program, expected):
    assert shown(program) == expected


@pytest.mark.parametrize(("program", "expected"), cases(OCPI))
def test_sources_and_stages(program, expected):
    assert shown(program) == expected


def test_parentheses_around_the_source_of_a_join_have_no_meaning():
    bare, enclosed = "join each evses as $e pass uid", "join each (evses pass uid) as $e"
    assert shown(f"sessions | {bare}") == shown(f"sessions | {enclosed}")


@pytest.mark.parametrize("text", ["", "  ", "# only a comment", "\n# a\n"])
def test_a_text_without_a_query_has_no_body(text):
    assert parse(text).body is None


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r'"\u00e9\ud83d\ude00"', "é😀"),
        (r'"\n\t\r\b\f\/\\\""', '\n\t\r\b\f/\\"'),
        ('"a\nb\tc # d"', "a\nb\tc # d"),
        (r'"\ude00"', "\ufffd"),
        (r'"\\u0041"', r"\u0041"),
    ],
    ids=["unicode", "escapes", "raw line end", "lone low surrogate as in jq", "escaped backslash"],
)
def test_strings(written, text):
    assert parse(written).body.parts == (text,)


@pytest.mark.parametrize(
    ("program", "body"),
    [
        ("1 # c\n+ 1", "Chain(1, [['+', 1]])"),
        ("1 # c \\\n + 1", "1"),
        ("1 # c \\\\\n + 1", "Chain(1, [['+', 1]])"),
        ("1 # c \\\r\n + 1", "1"),
        ("1 # c \\", "1"),
        ("#!/usr/bin/env ocpiq\n1", "1"),
    ],
    ids=["ends", "continues", "two backslashes end", "continues over CR LF", "at the end", "first line"],
)
def test_comments(program, body):
    assert compact(parse(program).body) == body


def test_nodes_are_values():
    assert parse(".a | .b") == parse(".a | .b")
    assert hash(parse("{a: [1, 2]}")) == hash(parse("{a: [1, 2]}"))
    assert [type(part) for part in tree.children(parse("if 1 then . else .. end").body)] == [
        tree.Number,
        tree.Identity,
        tree.Descend,
    ]
