"""Properties: every decoder returns the same for an object, and fields that are not passed have no influence."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.json_texts import good_scalars, listed, names, object_of, scalars, values
from support.rows import RECIPIENT, careful_only, leaves, needs, plain, seen

from ocpiq import schema
from ocpiq.gate import OpenedPage, Window, gate
from ocpiq.privacy.drivers import driver_paths
from ocpiq.privacy.treatments import suitable
from ocpiq.privacy.view import ViewNode
from ocpiq.schema import SchemaField

MODULES = ["sessions", "cdrs", "tariffs", "locations"]
NESTED = ["evses", "connectors"]
LISTS = ("evses", "connectors")
WINDOW = Window(0, 1_767_225_600_000_000)
THOROUGH = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
updated = st.sampled_from(
    [b'"2025-12-31T00:00:00Z"', b'"2026-01-01T00:00:00Z"', b'"2026-01-01 00:00:00.5"', b"null", b"NaN"]
)


def paths(module: str) -> list[str]:
    """Return the paths that queries of a module may name."""

    def below(field: SchemaField) -> list[str]:
        return [path for child in field.children.values() for path in (child.path, *below(child))]

    return below(schema.module(module, "2.2.1").root)


def vendors(module: str) -> list[str]:
    """Return everything, and fields of a vendor at the top and in each container."""
    fields = schema.module(module, "2.2.1").root.children.values()
    return [".", '"x_y"', '"x_y.id"', *(f'"{field.path}.x_y"' for field in fields if not field.leaf)]


@st.composite
def treatments(draw: st.DrawFn, module: str) -> dict[str, str]:
    """Draw fields, each with a treatment that fits it, none inside another one."""
    chosen = {}
    for name in draw(st.lists(st.sampled_from(paths(module)), max_size=3)):
        field, totals = schema.module(module, "2.2.1").root, bool(driver_paths(module))
        for step in name.split("."):
            field = field.children[step]
            totals = totals and not field.many
        if apart(name, chosen, None):
            chosen[name] = draw(st.sampled_from(suitable(field, totals=totals)))
    return chosen


def apart(name: str, *others: Iterable[str] | None) -> bool:
    """Tell whether a path is neither one of the others, nor below or above one; the whole object may be passed."""
    named = [other.strip("\x22") + "." for paths in others for other in paths or () if other != "."]
    return not any(f"{name}.".startswith(other) or other.startswith(f"{name}.") for other in named)


@st.composite
def gate_settings(draw: st.DrawFn, module: str) -> tuple[ViewNode, tuple[str, ...], Window | None]:
    """Draw a view, the paths read of it, and a window."""
    known = paths(module)
    some = st.lists(st.one_of(st.sampled_from(known), st.sampled_from(vendors(module))), max_size=3)
    passed, only = draw(some), draw(st.one_of(st.none(), some))
    treated = [
        f"{name} as {word}" for name, word in draw(treatments(module)).items() if apart(name, passed, only)
    ]
    view = seen(module, [*passed, *treated], only)
    near = st.sampled_from([*known, "x_y", "x_y.id", "nowhere", "last_updated", "id"])
    read = draw(st.one_of(st.just(["."]), st.lists(near, max_size=5)))
    return view, tuple(read), draw(st.sampled_from([None, WINDOW]))


@st.composite
def field_values(draw: st.DrawFn, field: SchemaField, room: int = 4) -> bytes:
    """Draw the value of a field: mostly of the right shape, sometimes of any other."""
    if draw(st.integers(0, 7)) == 0:
        return draw(values)
    if field.leaf:
        return draw(scalars if draw(st.integers(0, 5)) == 0 else good_scalars)
    if field.many and field.path:
        item = st.one_of(objects(field, room - 1), objects(field, room - 1), st.just(b"null"), scalars)
        return listed(draw(st.lists(item, max_size=2)))
    return draw(objects(field, room))


@st.composite
def objects(draw: st.DrawFn, field: SchemaField, room: int = 4) -> bytes:
    """Draw an object with some of a container's fields, unknown ones, and keys that occur twice."""
    known = [
        *field.children.values(),
        *[field.children[name] for name in LISTS if name in field.children] * 9,
    ]
    chosen = draw(st.lists(st.sampled_from(known), max_size=room)) if room > 0 else []
    members = [(b'"%s"' % child.name.encode(), draw(field_values(child, room))) for child in chosen]
    if not field.path:
        members.append((b'"last_updated"', draw(updated)))
    members += draw(st.lists(st.tuples(names, values), max_size=1))
    return object_of(draw(st.permutations(members)), draw(st.sampled_from([b"", b" "])))


def facts(opened: OpenedPage, leave_out: int = 0) -> object:
    """Return the facts of an opened page that depend only on its objects."""
    return [plain(row) for row in opened.rows], opened.undated, opened.count - leave_out


@THOROUGH
@given(st.data(), st.sampled_from(MODULES + NESTED))
def test_every_decoder_returns_the_same(data: st.DataObject, module: str) -> None:
    view, read, window = data.draw(gate_settings(module))
    pulled = schema.module(schema.module(module, "2.2.1").pulled, "2.2.1").root
    sent = data.draw(st.lists(objects(pulled), min_size=1, max_size=2))
    opening = gate(view, needs(*read), window=window, recipient=RECIPIENT)
    decoded_at_once = opening.page(b'{"data":%s,"status_code":1000}' % listed(sent))
    expected = facts(decoded_at_once)
    assert decoded_at_once.bad == ()
    pages = {
        "one by one": opening.page(listed([*sent, b"5"])),
        "split by the careful decoder": opening.page(listed([b"tru", *sent])),
        "lines": opening.lines(sent) if all(b"\n" not in line for line in sent) else decoded_at_once,
    }
    with careful_only():
        careful = gate(view, needs(*read), window=window, recipient=RECIPIENT)
        pages["careful decoder only"] = careful.page(listed(sent))
    for decoding, opened in pages.items():
        assert facts(opened, leave_out=len(opened.bad)) == expected, decoding


@st.composite
def pairs(draw: st.DrawFn, node: ViewNode) -> tuple[bytes, bytes]:
    """Draw two values of a field that differ in everything that its view does not show."""
    if node.visibility == "shown":
        same = draw(values)
        return same, same
    if node.visibility == "blank":
        return draw(values), draw(values)
    if node.visibility == "plain":
        wrong = st.one_of(st.builds(listed, st.lists(st.just(b"[1]"), min_size=1)), objects_of_anything)
        same = draw(good_scalars)
        return draw(st.one_of(st.just((same, same)), st.tuples(wrong, wrong)))
    if draw(st.integers(0, 5)) == 0 and not node.scalars:
        return draw(no_nulls), draw(no_nulls)
    if node.many and draw(st.booleans()):
        both = draw(st.lists(st.one_of(object_pairs(node), st.just((b"null", b"null"))), max_size=2))
        return listed([one for one, _ in both]), listed([other for _, other in both])
    return draw(object_pairs(node))


@st.composite
def object_pairs(draw: st.DrawFn, node: ViewNode) -> tuple[bytes, bytes]:
    """Draw two objects with the same visible fields and any others, in any order."""
    chosen = draw(st.lists(st.sampled_from(list(node.children) or ["x"]), max_size=4, unique=True))
    both = [(key, draw(pairs(node.children[key]))) for key in chosen if key in node.children]
    hidden = [
        b'"%s"' % k.encode() for k in (node.field.children if node.field else ()) if k not in node.children
    ]
    other = st.lists(
        st.tuples(st.sampled_from([*hidden, b'"x_unknown"', b'"\\ud800"', b'"\xff"']), values), max_size=2
    )
    sides = []
    for side in (0, 1):
        members = [(b'"%s"' % key.encode(), both_of[side]) for key, both_of in both] + draw(other)
        sides.append(object_of(draw(st.permutations(members))))
    return sides[0], sides[1]


no_nulls = scalars.filter(lambda raw: raw[:1] not in (b"n", b"[", b"{", b""))
objects_of_anything = st.builds(object_of, st.lists(st.tuples(names, values), max_size=2))


@THOROUGH
@given(st.data(), st.sampled_from(MODULES), st.booleans())
def test_fields_that_are_not_passed_have_no_influence(data: st.DataObject, module: str, whole: bool) -> None:
    known = paths(module)
    some = st.lists(st.sampled_from(known), max_size=3)
    view = seen(module, data.draw(some), data.draw(st.one_of(st.none(), some)))
    read = ["."] if whole else data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=4))
    both = data.draw(st.lists(object_pairs(view), min_size=1, max_size=2))
    one, other = (gate(view, needs(*read)).page(listed([pair[side] for pair in both])) for side in (0, 1))
    assert facts(one) == facts(other)
    assert (one.bad, other.bad) == ((), ())


@pytest.mark.parametrize("module", MODULES)
def test_no_private_leaf_is_shown(module: str) -> None:
    """Each private leaf in turn is a secret text, for each decoder."""
    root = schema.module(module, "2.2.1").root
    for leaf in leaves(root):
        if leaf.shown:
            continue
        sent = b'"SECRET"'
        for name in reversed(leaf.path.split(".")):
            sent = object_of([(b'"%s"' % name.encode(), sent)])
        found = gate(seen(module), needs(".")).page(listed([sent, sent[:-1] + b',"x":NaN}']))
        assert len(found.rows) == 2
        assert "SECRET" not in str([plain(row) for row in found.rows])
