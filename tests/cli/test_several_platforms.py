"""`--platform a,b`: one query over several platforms, in the order given, with `platform` as a field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.platforms import TOKEN, Platform, Request, Response, serving

PRIVATE = "Jane Doe"


def cdrs(number: int, **others: object) -> list[dict[str, object]]:
    """Return CDRs with a vendor's own field `platform`, which is private like any other."""
    return [{"id": str(place), "currency": "EUR", "platform": PRIVATE} | others for place in range(number)]


def refused(request: Request) -> Response:
    return Response(b"", 401)


def short(request: Request) -> Response:
    return Response(b'{"status_code":1000,"data":[{"id":"0"}]}', headers={"X-Total-Count": "4"})


CDR: dict[str, object] = {"country_code": "NL", "party_id": "ABC", "id": "1"}
PLATFORMS = {
    "west": Platform(objects=cdrs(10)),
    "east": Platform(objects=cdrs(5, auth_id="x"), offered=("2.1.1",), token_forms=("raw",)),
    "down": Platform(special={"cdrs": refused}),
    "part": Platform(special={"cdrs": short}),
    "tariffs": Platform(modules=("tariffs",)),
    "billed": Platform(objects=[CDR]),
    "credited": Platform(objects=[CDR, {**CDR, "id": "1-C", "credit": True, "credit_reference_id": "1"}]),
}


@pytest.fixture(scope="module")
def logged_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a home with logins to all of them."""
    home = tmp_path_factory.mktemp("several") / "home"
    home.mkdir()
    started = {name: serving(platform) for name, platform in PLATFORMS.items()}
    for name, context in started.items():
        url = context.__enter__().versions_url
        run = command(home, ["login", url, "--party", "NL-GOV", "--token", TOKEN, "--name", name])
        assert run.code == 0, run.err
    yield home
    for context in started.values():
        context.__exit__(None, None, None)


def ocpiq(home: Path, *words: str, **variables: str) -> Outcome:
    run = command(home, list(words), **variables)
    assert PRIVATE not in run.out.decode() + run.err
    return run


QUERIES = {
    "a field of whole objects": (
        "cdrs only id newest 1",
        '{"platform":"west","id":"9"}\n{"platform":"east","id":"4"}\n',
    ),
    "a group": (
        "cdrs only id | aggregate {n: count} by .platform",
        '{"platform":"east","n":5}\n{"platform":"west","n":10}\n',
    ),
    "a filter": ('[cdrs | select(.platform == "east") | .id] | length', "5\n"),
    "a part of an object": ("cdrs | {platform, id} | limit 1", '{"platform":"west","id":"0"}\n'),
    "a text": ('cdrs | "\\(.platform)/\\(.id)" | limit 1', '"west/0"\n'),
    "everything passed": (
        "cdrs pass . newest 1 | {platform, currency}",
        '{"platform":"west","currency":"EUR"}\n{"platform":"east","currency":"EUR"}\n',
    ),
    "a window": ("cdrs since 2026-01-01 only id | limit 1", '{"platform":"west","id":"0"}\n'),
    "in the order of all": ("[cdrs | .platform] | unique_by(.) , length", '["east","west"]\n15\n'),
    "a join within each platform": (
        "[cdrs only id | join (cdrs only id) as $c on .platform == $c.platform and .id == $c.id"
        " | select(.platform == $c.platform)] | length",
        "15\n",
    ),
    "objects with one id": ('[cdrs | select(.id == "0")] | length', "2\n"),
}


@pytest.mark.parametrize(("query", "expected"), QUERIES.values(), ids=QUERIES)
def test_the_platform_is_a_field(query: str, expected: str, logged_in: Path) -> None:
    run = ocpiq(logged_in, "-q", "--platform", "west,east", query)
    assert (run.code, run.out.decode()) == (0, expected), run.err


def test_a_credit_cancels_the_cdr_of_its_own_platform(logged_in: Path) -> None:
    query = "cdrs net | aggregate collect(.platform)"
    assert ocpiq(logged_in, "-q", "--platform", "billed,credited", query).out == b'["billed"]\n'


def test_the_order_is_that_of_the_names(logged_in: Path) -> None:
    run = ocpiq(logged_in, "-q", "--platform", "east, west", "cdrs | .platform")
    assert run.out.decode().split() == ['"east"'] * 5 + ['"west"'] * 10


def test_it_is_the_first_column(logged_in: Path) -> None:
    run = ocpiq(logged_in, "-q", "--platform", "west,east", "--to", "csv", "cdrs only id newest 1")
    assert run.out == b"platform,id\nwest,9\neast,4\n"


def test_the_environment_names_several_too(logged_in: Path) -> None:
    run = ocpiq(logged_in, "-q", "cdrs | aggregate count by .platform", OCPIQ_PLATFORM="west,east")
    assert run.out == b'{"platform":"east","count":5}\n{"platform":"west","count":10}\n'


def test_a_saved_query_groups_one_platform_too(logged_in: Path, tmp_path: Path) -> None:
    saved = tmp_path / "count.ocpiq"
    saved.write_text("cdrs only id | aggregate count by .platform\n")
    for names, groups in (("west", 1), ("west,east", 2)):
        run = ocpiq(logged_in, "-q", "--platform", names, "-f", str(saved))
        assert (run.code, len(run.out.splitlines())) == (0, groups)
    assert ocpiq(logged_in, "-q", "--platform", "west", "cdrs only id newest 1").out == b'{"id":"9"}\n'


def test_ocpi_get_asks_several(logged_in: Path) -> None:
    run = ocpiq(logged_in, "get", "cdrs", "-q", "--platform", "west,east", "--to", "csv")
    assert run.code == 0, run.err
    assert [line.split(b",")[0] for line in run.out.splitlines()] == [
        b"platform",
        *[b"west"] * 10,
        *[b"east"] * 5,
    ]


def test_each_line_on_standard_error_names_its_platform(logged_in: Path) -> None:
    run = ocpiq(logged_in, "--platform", "west,east", "cdrs only id")
    assert run.err.splitlines() == [
        "warning: west: cdrs: 1 field is not OCPI's, left out: platform",
        "west: cdrs: 10 objects, 3 pages",
        "warning: east: cdrs: 1 field is not OCPI's, left out: platform",
        "east: cdrs: 5 objects, 2 pages",
    ]


INCOMPLETE = {
    "a refused token": (
        "down,west",
        10,
        r"down: cdrs: \S+ refuses the token \(HTTP 401\); incomplete: no objects came",
    ),
    "too few objects": ("west,part,east", 16, "part: cdrs: .*; incomplete: 1 of 4 objects came"),
    "a module that is not offered": (
        "west,tariffs",
        10,
        "tariffs: cdrs: .* does not offer this module; incomplete: ",
    ),
}


@pytest.mark.parametrize(("names", "objects", "problem"), INCOMPLETE.values(), ids=INCOMPLETE)
def test_one_that_is_incomplete_is_named(names: str, objects: int, problem: str, logged_in: Path) -> None:
    run = ocpiq(logged_in, "--platform", names, "cdrs | .id")
    assert (run.code, len(run.out.splitlines())) == (8, objects)
    (error,) = [line for line in run.err.splitlines() if line.startswith("error: ")]
    assert re.match(problem, error.removeprefix("error: "))


def test_two_that_fail_are_both_named(logged_in: Path) -> None:
    run = ocpiq(logged_in, "--platform", "down,part,tariffs", "cdrs | .id")
    assert (run.code, len(run.out.splitlines())) == (8, 1)
    assert all(f"{name}: cdrs: " in run.err for name in ("down", "part", "tariffs"))


def test_nothing_from_any_is_an_error_of_the_platform(logged_in: Path) -> None:
    run = ocpiq(logged_in, "--platform", "down,tariffs", "cdrs | .id")
    assert (run.code, run.out) == (6, b"")
    assert run.err.startswith("error: down: cdrs: ")


def test_an_unknown_name(logged_in: Path) -> None:
    run = ocpiq(logged_in, "--platform", "west,nowhere", "cdrs | .id")
    assert run.code == 2
    assert "unknown platform 'nowhere'" in run.err


def test_explain_asks_each(logged_in: Path) -> None:
    run = ocpiq(logged_in, "explain", "--ask", "--platform", "west,down,east", "cdrs only id | .platform")
    assert run.code == 8
    assert [line for line in run.out.decode().splitlines() if line.startswith("  has ")] == [
        "  has         west: 10 objects, 3 pages, about 1 s one after the other",
        "  has         down: 0 objects or more",
        "  has         east: 5 objects, 2 pages, about 1 s one after the other",
    ]
    assert "error: down: cdrs: " in run.err


def test_newest_of_a_list_in_another_order_is_warned_of(tmp_path: Path) -> None:
    """The last pages are asked for by their offset, so the first and the last page tell."""
    home = tmp_path / "home"
    home.mkdir()
    days = [f"2026-01-{day:02}T00:00:00Z" for day in range(10, 30)]
    mixed = [day for pair in zip(days[:10], days[:9:-1], strict=True) for day in pair]
    lists = {"oldest": days, "newest": days[::-1], "mixed": mixed}
    for name, dates in lists.items():
        objects = [{"id": str(number), "last_updated": date} for number, date in enumerate(dates)]
        with serving(Platform(objects=objects)) as platform:
            command(
                home, ["login", platform.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", name]
            )
            run = command(home, ["-q", "--platform", name, "cdrs newest 5 only id | .id"])
        assert (run.code, len(run.out.splitlines())) == (0, 5)
        said = "first in the list" if name == "newest" else "in no order" if name == "mixed" else ""
        assert bool(run.err) == bool(said)
        assert said in run.err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--platform", "a,a"], "--platform names a platform twice (name each platform once)"),
        (["--platform", "a, b,a"], "--platform names a platform twice (name each platform once)"),
        (["--demo", "--platform", "a"], "--demo and --platform exclude each other (leave out one of them)"),
    ],
)
def test_contradictory_options(tmp_path: Path, words: list[str], error: str) -> None:
    (tmp_path / "home").mkdir()
    for command_words in (["cdrs"], ["explain", "cdrs"], ["get", "cdrs"]):
        outcome = command(tmp_path / "home", [*command_words, *words])
        assert (outcome.code, outcome.err) == (2, f"error: {error}\n")
