"""Pairs of objects that are the same in what a view shows, and differ in everything else: as strategies of bytes."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import strategies as st
from support.json_texts import DEEP, NO_VALUES, NUMBERS, ODD_NUMBERS, ODD_STRINGS, STRINGS, listed, object_of

from ocpiq.privacy.treatments import Treatment
from ocpiq.privacy.view import ViewNode

Pair = tuple[bytes, bytes]

PLENTY = 4  # fields of an object that are drawn beside the favoured ones
UNKNOWN = [b'"x_unknown"', b'"\\ud800"', b'"\xff"']
GOOD = [b"null", b"true", b"false", *NUMBERS, *STRINGS]
ODD = [*ODD_NUMBERS, *ODD_STRINGS, *NO_VALUES]
WRONG_SHAPES = [
    b"{}",
    b"[[1]]",
    b'[{"id":1}]',
    b'{"id":1,"id":2}',
    b'{"before_taxes":1.5,"excl_vat":"x"}',
    b'{"\xff":NaN}',
    b'[{"\\ud800":[]}, 1e400]',
    *DEEP,
]
LONG = b'"%s"' % (b"x" * 3000)  # some of them reach over the border of whatever is read at once
VALUES = [*GOOD, *GOOD, b"[]", b'["x",null]', *ODD, *WRONG_SHAPES]

good_scalars = st.sampled_from(GOOD)
values = st.sampled_from(VALUES)
private = st.one_of(values, values, st.just(LONG))
no_nulls = st.sampled_from([raw for raw in (*GOOD, *ODD) if raw[:1] not in (b"n", b"")])
wrong_shapes = st.sampled_from(WRONG_SHAPES)


def quoted(name: str) -> bytes:
    """Return a key."""
    return b'"%s"' % name.encode()


@st.composite
def pairs(draw: st.DrawFn, node: ViewNode, favoured: Collection[str] = ()) -> Pair:
    """Draw two values of a field that differ in everything that its view does not let pass."""
    if node.visibility == "shown":
        same = draw(values)
        return same, same
    if node.visibility == "blank":
        return draw(private), draw(private)
    if node.treatment is not None:
        return draw(treated_pairs(node.treatment, many=node.many))
    if node.visibility == "plain":
        same = draw(good_scalars)
        return draw(st.one_of(st.just((same, same)), st.tuples(wrong_shapes, wrong_shapes)))
    if draw(st.integers(0, 5)) == 0 and not node.scalars:
        return draw(no_nulls), draw(no_nulls)
    if node.many and draw(st.integers(0, 3)):
        null = st.just((b"null", b"null"))
        both = draw(st.lists(st.one_of(object_pairs(node, favoured), null), max_size=2))
        return listed([one for one, _ in both]), listed([other for _, other in both])
    return draw(object_pairs(node, favoured))


EQUAL_AFTER = {  # values that are the same after a treatment
    "pseudonym": [
        [b'"NL-MSP-C1"', b'" NL-MSP-c1"', b'"nl-msp-C1 "'],
        [b'"#NA"', b'""', b"null"],
        [b'"B"', b'"b"'],
    ],
    "hour": [
        [b'"2026-01-31T10:00:00Z"', b'"2026-01-31 10:59:59.9"', b'"2026-01-31T11:30:00+01:00"'],
        [b"null"],
    ],
    "day": [
        [b'"2026-01-31T00:00:00Z"', b'"2026-01-31 23:59:59.9"', b'"2026-02-01T00:30:00+01:00"'],
        [b"null"],
    ],
    "month": [[b'"2026-01-01T00:00:00Z"', b'"2026-01-31 23:59:59.9"', b'"2026-01-15"'], [b"null"]],
    "rounded": [[b"100", b"100.0", b"100.009", b"1.00001e2", b"100.00"], [b"-100", b"-1e2"], [b"null"]],
    "text": [[b'"52.0"', b'"52.000"', b'"52.0099"', b'" 52"'], [b'"-1.00"', b'"-1"'], [b"null"]],
    "prefix": [[b'"ABCD"', b'"ABCDE"', b'"ABCD\\u00e9"'], [b"null"]],
}
EQUAL_AFTER["week"] = EQUAL_AFTER["day"]
EQUAL_AFTER["quarter"] = EQUAL_AFTER["year"] = EQUAL_AFTER["month"]
NOT_TREATED = [b"true", b'{"id":1}', b"[[1]]", b'[{"id":"x"}]', b"NaN"]
"""Values that no treatment takes: whatever they are, the result is the blank."""


@st.composite
def treated_pairs(draw: st.DrawFn, treatment: Treatment, *, many: bool) -> Pair:
    """Draw two values that are the same after a treatment."""
    if treatment.name == "present":
        present = st.sampled_from([raw for raw in VALUES if raw[:1] not in (b"n", b"")])
        return draw(st.one_of(st.tuples(present, present), st.just((b"null", b"null"))))
    wrong = st.sampled_from(NOT_TREATED)
    groups = EQUAL_AFTER[treatment.name]
    if treatment.name == "rounded":
        groups = [*groups, *EQUAL_AFTER["text"]]
    if draw(st.integers(0, 5)) == 0:
        return draw(wrong), draw(wrong)
    group = draw(st.sampled_from(groups))
    one, other = draw(st.sampled_from(group)), draw(st.sampled_from(group))
    return (b"[%s]" % one, b"[%s]" % other) if many else (one, other)


@st.composite
def object_pairs(
    draw: st.DrawFn,
    node: ViewNode,
    favoured: Collection[str] = (),
    always: Collection[tuple[bytes, bytes]] = (),
) -> Pair:
    """Draw two objects with the same visible fields, in any order, and any others.

    `favoured` names are more likely to be there; `always` are members that both have as they are. Fields that OCPI does
    not have are in both, with values that differ: their names are warned of.
    """
    wanted = [name for name in node.children if name in favoured and draw(st.integers(0, 3))]
    others = draw(st.lists(st.sampled_from(list(node.children) or ["x"]), max_size=PLENTY, unique=True))
    chosen = [name for name in dict.fromkeys((*wanted, *others)) if name in node.children]
    fixed = {key for key, _ in always}
    whole = node.visibility in (
        "shown",
        "open",
    )  # with the fields that OCPI does not have, and in the order sent
    both = [(quoted(name), draw(pairs(node.children[name], favoured))) for name in chosen]
    for name in UNKNOWN:
        if draw(st.integers(0, 9)) == 0:
            sent = draw(private)
            both.append((name, (sent, sent if whole else draw(private))))
    hidden = [
        quoted(field.name)
        for field in (node.field.children.values() if node.field else ())
        if field.leaf and field.name not in node.children
    ]
    sides = []
    order: list[int] = []
    for side in (0, 1):
        members = [(key, found[side]) for key, found in both if key not in fixed] + [*always]
        members += [
            (key, draw(values)) for key in hidden[:PLENTY] if key not in fixed and draw(st.booleans())
        ]
        if not whole or side == 0:
            order = draw(st.permutations(range(len(members))))
        sides.append(object_of([members[place] for place in order]))
    return sides[0], sides[1]
