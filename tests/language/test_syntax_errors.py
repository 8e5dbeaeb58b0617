"""Syntax errors as users see them: the program, the marked place, the message, and the hint if any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import text_of, texts

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse

MISTAKES = r"""
1 |
     ^
    unexpected end of the query; expected a filter
| 1
  ^
    unexpected "|"; expected a filter
1 || 2
     ^
    unexpected "|"; expected a filter
    use `or`
.a && .b
     ^
    unexpected "&"; expected an operator, ",", "|" or the end
    use `and`
.a => 1
      ^
    unexpected ">"; expected a filter
    use >=
.a === 1
       ^
    unexpected "="; expected a filter
    use ==
!.a
  ^
    unexpected "!"; expected a filter
    use != for not equal, and `| not` to negate
.a == 'x'
        ^
    unexpected "'"; expected a filter
    use double quotes: "…"
1 2
    ^
    unexpected "2"; expected an operator, ",", "|" or the end
sessions where .a > 1
           ^^^^^
    unexpected "where"; expected an operator, ",", "|" or the end
    write a condition as | select(.kwh > 3)
sessions pas kwh
           ^^^
    unexpected "pas"; expected an operator, ",", "|" or the end
    did you mean pass?
.a pas
     ^^^
    unexpected "pas"; expected an operator, ",", "|" or the end
sessions | limti 3
                   ^
    unexpected "3"; expected an operator, ",", "|" or the end
    did you mean limit?
sessions | agregate count by .status
                      ^^^^^
    unexpected "count"; expected an operator, ",", "|" or the end
    did you mean aggregate?
sessions | distint by .id
                     ^^
    unexpected "by"; expected an operator, ",", "|" or the end
    did you mean distinct?
sessions | agregate {n: count}
                      ^
    unexpected "{"; expected an operator, ",", "|" or the end
    did you mean aggregate?
.a. b
      ^
    unexpected "b"; expected a string, "[" or a name
    remove the space after the dot: .b
f(1;)
      ^
    unexpected ")"; expected a filter
{a b: 1}
     ^
    unexpected "b"; expected ",", ":" or "}"
{a: 1 as $x | 2}
        ^^
    unexpected "as"; expected ",", "|" or "}"
{1: 2}
   ^
    unexpected "1"; expected a name, a string, a $variable, "(" or "}"
def and: 1; 1
      ^^^
    unexpected "and"; expected a name
def f 1; 1
        ^
    unexpected "1"; expected "(" or ":"
. as {a} | 1
         ^
    unexpected "}"; expected ":"
. as $x
         ^
    unexpected end of the query; expected "|"
1 == 2 == 3
         ^^
    unexpected "=="; expected an operator, ",", "|" or the end
    comparisons and assignments do not chain: use parentheses, or `and`
1 + def f: 1; f
      ^^^
    unexpected "def"; expected a filter
reduce .a as $x (0)
                    ^
    unexpected ")"; expected ";"
label x | 1
        ^
    unexpected "x"; expected a $variable
(1
    ^
    unexpected end of the query; expected ")"; "(" at line 1, column 1 is not closed
[1, (2]
        ^
    unexpected "]"; expected ")"; "(" at line 1, column 5 is not closed
{a: (.b | select(.c > 1}
                         ^
    unexpected "}"; expected ")"; "(" at line 1, column 17 is not closed
if 1 then 2
             ^
    unexpected end of the query; expected "end"; "if" at line 1, column 1 is not closed
if (1 then 2 end
        ^^^^
    unexpected "then"; expected ")"; "(" at line 1, column 4 is not closed
.a[
     ^
    unexpected end of the query; expected a filter, ":" or "]"; "[" at line 1, column 3 is not closed
map({a, b: .c)
               ^
    unexpected ")"; expected "}"; "{" at line 1, column 5 is not closed
"abc
  ^
    the string starting at line 1, column 1 is not closed
    add a closing "
.a == "x | .b
        ^
    the string starting at line 1, column 7 is not closed
    add a closing "
"a\(1"
       ^
    unexpected quote; expected ")"; "\(" at line 1, column 3 is not closed
"a\x"
    ^^
    invalid escape \x
    write \\ for a backslash; \u takes four hexadecimal digits
"\ud83d"
   ^^^^^^
    incomplete surrogate pair
    write both halves: \ud83d\ude00
1 | import "a" as b; 1
      ^^^^^^
    unexpected "import"; expected a filter
import "a\(1)" as b; 1
           ^^
    string interpolation is not allowed here
module 1; 1
         ^
    unexpected "1"; expected "{"
sessions pass kwh + 1
                    ^
    unexpected "+"; expected a clause, ",", "|" or the end
    put the source and its clauses in parentheses
sessions pass kwh, 1
                     ^
    unexpected "1"; expected a field path
    put the source and its clauses in parentheses
sessions pass kwh as $s | 1
                       ^^
    unexpected "$s"; expected a treatment such as pseudonym
    put the source and its clauses in parentheses
sessions since 2026-01-01, 1
                           ^
    unexpected ","; expected a clause, "|" or the end
    put the source and its clauses in parentheses
1 + sessions pass kwh
               ^^^^
    unexpected "pass"; expected an operator, ",", "|" or the end
    put a source with clauses in parentheses: (sessions pass …)
{n: sessions pass kwh}
               ^^^^
    unexpected "pass"; expected an operator, ",", "|" or "}"
    put a source with clauses in parentheses: (sessions pass …)
sessions pass 1
                ^
    unexpected "1"; expected a field path
sessions pass "a\(1)"
                  ^^
    string interpolation is not allowed here
sessions since 2026-01
                 ^^^^^^^
    unexpected "2026-01"; expected a string, a $variable or a date such as 2026-01-31 or 2026-01-31T06:00Z
sessions since 01/02/2026
                 ^^
    unexpected "01"; expected a string, a $variable or a date such as 2026-01-31 or 2026-01-31T06:00Z
sessions during 2026-1-5
                      ^
    unexpected "-"; expected a clause, "|" or the end
    write periods as 2026, 2026-Q1, 2026-01, 2026-W03 or 2026-01-31
sessions newest 1.5
                  ^^^
    unexpected "1.5"; expected a $variable or a whole number
sessions newest
                 ^
    unexpected end of the query; expected a $variable or a whole number
sessions limit 20
           ^^^^^
    unexpected "limit"; expected an operator, ",", "|" or the end
    put a | before a stage: … | limit …
sessions aggregate count
           ^^^^^^^^^
    unexpected "aggregate"; expected an operator, ",", "|" or the end
    put a | before a stage: … | aggregate …
sessions | limit 1.5
                   ^^^
    unexpected "1.5"; expected a $variable or a whole number
sessions | limit three
                   ^^^^^
    unexpected "three"; expected a $variable or a whole number
sessions | top by .a
                 ^^
    unexpected "by"; expected a $variable or a whole number
sessions | aggregate count, sum(.kwh)
                            ^
    unexpected ","; expected "by", "|" or the end
sessions | aggregate
                      ^
    unexpected end of the query; expected a filter
aggregate count
  ^^^^^^^^^
    this stage has no input
    write its input to the left: sessions | limit 20
sessions | {n: (limit 3)}
                  ^^^^^
    this stage has no input
    write its input to the left: sessions | limit 20
label $f | def f: 1; sort by .a
                       ^^^^
    this stage has no input
    write its input to the left: sessions | limit 20
def f: join locations as $l; 1
         ^^^^
    this stage has no input
    write its input to the left: sessions | limit 20
[join each (cdrs | .a) as $c on .a == $c.b]
   ^^^^
    this stage has no input
    write its input to the left: sessions | limit 20
join (cdrs | .a) as $c on .a == $c.b | 1
  ^^^^
    this stage has no input
    write its input to the left: sessions | limit 20
1, distinct by .a
     ^^^^^^^^
    this stage has no input
    write its input to the left: sessions | limit 20
1 + top 3 by .a
          ^
    unexpected "3"; expected a $variable or a whole number
sessions | join locations
                           ^
    unexpected end of the query; expected "as"
sessions | join locations as l on .a == $l.b
                               ^
    unexpected "l"; expected a $variable
sessions | map(.a) as $x on .a
                              ^^
    `on` is only valid in a join
    join locations as $l on .id == $l.id
sessions | join (cdrs | .a) as [$l] on .a
                                      ^^
    unexpected "on"; expected "|"
    `on` is only valid in a join, after one variable: join … as $x on …
def aggregate: 1; 1
      ^^^^^^^^^
    unexpected "aggregate"; expected a name
"""


def blocks():
    groups = []
    for line in MISTAKES.strip().splitlines():
        if line.startswith("  "):
            groups[-1].append(line[2:])
        else:
            groups.append([line])
    return groups


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block[0])
def test_mistakes(block):
    program, marks, *words = block
    with pytest.raises(QuerySyntaxError) as caught:
        parse(program)
    error = caught.value
    assert [f"  {line}" for line in (error.message, error.hint) if line] == words
    assert " " * error.span.start + "^" * max(1, error.span.end - error.span.start) == marks


def test_the_message_has_the_place_of_the_bracket():
    with pytest.raises(QuerySyntaxError, match=r'"\(" at line 2, column 9 is not closed'):
        parse("sessions\n| select(.kwh > 1\n| {id}\n")


def test_the_end_of_the_query_excludes_trailing_space():
    with pytest.raises(QuerySyntaxError) as caught:
        parse("sessions |\n\n  ")
    assert caught.value.span.start == len("sessions |")


def test_a_message_is_one_short_printable_line():
    with pytest.raises(QuerySyntaxError) as caught:
        parse('1 "' + "x" * 1000 + '\n\x1b"')
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 100


ANY_TOKEN = st.deferred(lambda: st.sampled_from(sorted(texts()))).map(lambda kind: (kind, texts()[kind][0]))


@given(st.one_of(st.text(max_size=30), st.lists(ANY_TOKEN, max_size=12).map(text_of)))
def test_any_text_is_a_program_or_a_syntax_error_in_one_line(text):
    try:
        parse(text)
    except QuerySyntaxError as error:
        assert error.message.isprintable()
        assert 0 <= error.span.start <= error.span.end <= len(text)
