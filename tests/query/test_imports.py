"""`import` and `include`: how modules are found, their scope, and their limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocpiq import query
from ocpiq.errors import OcpiqError, PrivacyError
from ocpiq.sources import memory

FILES = {
    "a.jq": 'def a: "a"; def up: if . > 2 then . else (. + 1 | up) end; def twice(f): f | f;',
    "b/b.jq": 'import "a" as x {search: "../"}; def b: x::a + "b";',
    "both.ocpiq": 'include "a"; import "b" as b {search: "./"}; def c: a + b::b;',
    "numbers.json": '{"this": 1}\n[2] 3',
    "sum.ocpiq": "def kwh(s): s | aggregate sum(.kwh); def all: sessions | aggregate count;",
    "leak.ocpiq": "def kwh: sessions pass kwh | .kwh; def ids: sessions only id;",
    "about.jq": 'module {name: "about"}; import "numbers" as $d; def f($a; b): 1;',
    "broken.jq": "def f: [1;",
    "circle.jq": 'import "circle" as c; def f: 1;',
}

WORKS = [
    ('import "a" as foo; foo::a', ["a"]),
    ('include "a"; a', ["a"]),
    ('import "a" as foo; 0 | foo::up', [3]),
    ('import "a" as foo; 1 | foo::twice(. + 1)', [3]),
    ('import "b" as b; b::b', ["ab"]),
    ('import "both" as x; x::c', ["aab"]),
    ('import "numbers" as $n; $n, $n::n', [[{"this": 1}, [2], 3], [{"this": 1}, [2], 3]]),
    ('import "a" as a; import "b" as b; a::a + b::b', ["aab"]),
    ('import "sum" as s; s::kwh(sessions pass kwh)', [6]),
    ('import "sum" as s; s::all', [2]),
    (
        '"both" | modulemeta',
        [
            {
                "deps": [
                    {"is_data": False, "relpath": "a"},
                    {"search": "./", "as": "b", "is_data": False, "relpath": "b"},
                ],
                "defs": ["c/0"],
            }
        ],
    ),
    (
        '"about" | modulemeta | .name, .deps, .defs',
        ["about", [{"as": "d", "is_data": True, "relpath": "numbers"}], ["f/2"]],
    ),
    ('try ("nope" | modulemeta) catch .', ["module not found: nope"]),
    ("get_search_list | length", [1]),
]

FAILS = [
    ('import "nope" as x; 1', "module not found: nope"),
    ('import "a" as x {search: "./elsewhere"}; x::a', "module not found: a"),
    ('import "a/a" as x; 1', "module names must not have equal consecutive components: a/a"),
    ('import "a" as x; x::b', "unknown module or function x::b"),
    ('import "both" as x; x::a, x::b::b', "unknown module or function x::b::b"),
    ('import "broken" as x; 1', 'broken.jq, line 1, column 10: unexpected ";"; expected "]"'),
    ('import "circle" as x; 1', "circle imports itself through other modules"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(("text", "expected"), WORKS)
def test_import(text: str, expected: list[object], folder: Path) -> None:
    sources = memory({"sessions": [{"id": "1", "kwh": 2}, {"id": "2", "kwh": 4}]})
    assert list(query.compile(text, home=folder).run(sources=sources)) == expected


@pytest.mark.parametrize(("text", "message"), FAILS)
def test_import_fails(text: str, message: str, folder: Path) -> None:
    with pytest.raises(OcpiqError) as caught:
        query.compile(text, home=folder)
    assert caught.value.message.startswith(message)
    assert caught.value.span is not None


@pytest.mark.parametrize("function", ["kwh", "ids"])
def test_a_module_passes_nothing(function: str, folder: Path) -> None:
    with pytest.raises(PrivacyError, match="only the query itself may pass fields"):
        query.compile(f'import "leak" as l; l::{function}', home=folder)


def test_library_folders_replace_the_folder_of_the_query(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.jq").write_text('def a: "other";')
    assert list(query.compile('import "a" as x; x::a', home=folder, library=[other]).run()) == ["other"]
