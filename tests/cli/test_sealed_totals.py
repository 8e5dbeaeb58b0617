"""Fields for aggregates only through the command line: what leaves, in every format, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.platforms import TOKEN, Platform, serving
from support.rows import careful_only
from support.typed_files import FORMATS, TypedFormat

import ocpiq

E = "cdrs pass total_energy as aggregate, cdr_location.city"
BY_CITY = f"{E} | aggregate {{n: count, kwh: sum(.total_energy)}} by {{city: .cdr_location.city}}"
TOO_FEW = "fewer than 10 drivers: nothing can be shown"
SECRET = "nl-msp-c"


def cdr(number: int, driver: int, city: str) -> dict[str, object]:
    return {
        "id": f"C{number}",
        "total_energy": 1000 + number,
        "currency": "EUR",
        "credit": False,
        "cdr_location": {"city": city},
        "cdr_token": {"uid": f"U{driver}", "contract_id": f"{SECRET}{driver}"},
        "last_updated": "2026-01-05T10:00:00Z",
        "end_date_time": "2026-01-05T10:00:00Z",
    }


CDRS = [
    *(cdr(number, number, "Delft") for number in range(12)),
    *(cdr(number, number, "Gouda") for number in range(20, 24)),
    *(cdr(number, number, "Zwolle") for number in range(40, 47)),
]
DELFT, OTHER = sum(range(1000, 1012)), sum(range(1020, 1024)) + sum(range(1040, 1047))


@pytest.fixture
def work(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("cdrs.json").write_text(json.dumps(CDRS))
    return folder


def run(home: Path, *words: str) -> Outcome:
    return command(home, ["--source", "cdrs=cdrs.json", *words])


IN_PARTS = "a part of it could have few drivers, and would send the totals of fields for aggregates only"


def test_parts_send_no_totals_of_few_drivers(home: Path, work: Path) -> None:
    """One process does it: a part would send totals of its own drivers, and only the whole tells how many those are."""
    one, several = (run(home, "-q", "--jobs", jobs, BY_CITY) for jobs in ("1", "2"))
    assert (several.out, several.code) == (one.out, 0)
    assert f"warning: --jobs has no effect: the query cannot run in parts: {IN_PARTS}" in several.err
    refused = run(home, "-q", "--cluster", "local:2", BY_CITY)
    assert (refused.out, refused.code) == (b"", 2)
    assert (
        f"error: the query cannot run in parts: {IN_PARTS} (one process reads it: leave out --jobs and"
        in refused.err
    )
    with pytest.raises(ocpiq.UsageError, match=IN_PARTS):
        ocpiq.compile(BY_CITY).partial(ocpiq.files({"cdrs": "cdrs.json"}))


def test_small_groups_are_combined(home: Path, work: Path) -> None:
    found = run(home, "-c", "-q", BY_CITY)
    assert found.out.decode() == (
        f'{{"city":"Delft","n":12,"kwh":{DELFT}}}\n{{"city":"#other","n":11,"kwh":{OTHER}}}\n'
    )
    assert (found.code, TOO_FEW in found.err) == (0, False)
    assert run(home, "-q", "--to", "csv", BY_CITY).out.decode() == (
        f"city,n,kwh\nDelft,12,{DELFT}\n#other,11,{OTHER}\n"
    )


def test_nothing_can_be_shown(home: Path, work: Path) -> None:
    few = f'{E} | select(.cdr_location.city == "Gouda") | aggregate sum(.total_energy)'
    found = run(home, "-c", few)
    assert (found.code, found.out) == (0, b'"#NA"\n')
    assert TOO_FEW in found.err
    found = run(home, "-c", f"{few} by {{city: .cdr_location.city}}")
    assert (found.code, found.out) == (0, b"")
    assert TOO_FEW in found.err
    assert run(home, f"{few} | . * 2").code == 7


@pytest.mark.parametrize("typed", FORMATS, ids=lambda typed: typed.name)
def test_formats_with_typed_columns(typed: TypedFormat, home: Path, work: Path) -> None:
    typed.need()
    assert run(home, "-q", "-o", f"x{typed.ending}", BY_CITY).code == 0
    data = (work / f"x{typed.ending}").read_bytes()
    assert SECRET.encode() not in data
    cells = str(typed.read(work / f"x{typed.ending}"))
    assert "#other" in cells
    assert str(OTHER) in cells


MISUSES = {
    f"{E} | select(.total_energy > 50) | aggregate count": "is for aggregates only, and select reads it",
    f"{E} | aggregate sum(.total_energy) by .total_energy": "cdrs.total_energy is for aggregates only, and cannot be",
    f"{E} | aggregate max(.total_energy)": "max would give one driver's value",
    f"{E} | aggregate sum(.total_energy) by .id": "id tells objects apart, so each group is one driver's",
    f'{E} | aggregate sum(if .id == "C1" then .total_energy else 0 end)': "takes it alone, added to other such fields",
    f"{E} | limit 11 | aggregate sum(.total_energy)": "limit before an aggregate of total_energy singles out records",
    E: "cdrs.total_energy is for aggregates only, and the results show it",
    "cdrs since 2026-01-01T05:00Z pass total_energy as aggregate | aggregate sum(.total_energy)": "whole days",
    "cdrs since $from pass total_energy as aggregate | aggregate sum(.total_energy)": "whole days",
}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Platform]]:
    """Yield a home with a login, and the platform."""
    folder = tmp_path_factory.mktemp("platform") / "home"
    folder.mkdir()
    with serving(Platform(modules=("sessions", "cdrs"))) as served:
        login = ["login", served.versions_url, "--party", "NL-GOV", "--name", "mine", "--token", TOKEN]
        assert command(folder, login).code == 0
        yield folder, served


@pytest.mark.parametrize("decoder", [nullcontext, careful_only], ids=["typed", "untyped"])
@pytest.mark.parametrize(("text", "message"), MISUSES.items(), ids=list(MISUSES))
def test_a_misuse_is_refused_before_any_request(
    platform: tuple[Path, Platform],
    text: str,
    message: str,
    decoder: Callable[[], AbstractContextManager[None]],
) -> None:
    folder, served = platform
    before = len(served.requests)
    with decoder():
        found = command(folder, ["--arg", "from", "3 hours ago", text])
    assert (found.code, found.out) == (7, b"")
    assert message in found.err
    assert len(served.requests) == before


def test_get_cannot_list_them(platform: tuple[Path, Platform]) -> None:
    folder, served = platform
    before = len(served.requests)
    found = command(folder, ["get", "sessions", "--privacy-pass", "kwh:aggregate"])
    assert (found.code, found.out) == (7, b"")
    assert (
        "sessions.kwh is for aggregates only, and the results show it (such as sessions pass kwh" in found.err
    )
    assert len(served.requests) == before


def test_from_a_platform(platform: tuple[Path, Platform]) -> None:
    folder, served = platform
    served.objects = list(CDRS)
    found = command(
        folder, ["-c", "-q", "cdrs pass total_energy as aggregate | aggregate sum(.total_energy)"]
    )
    assert found.code == 0, found.err
    assert found.out.decode() == f"{DELFT + OTHER}\n"


# ---------------------------------------------------------------- what is said of it


def test_explain(home: Path, work: Path) -> None:
    text = command(home, ["explain", BY_CITY]).out.decode()
    assert "  passes      cdr_location.city, total_energy as aggregate\n" in text
    assert "  aggregated  cdr_location.city, total_energy\n" in text
    assert "  decides     cdr_location.city\n" in text
    assert "  driver      cdr_token.contract_id, cdr_token.uid\n" in text
    assert "at least    10 drivers in totals of total_energy: groups of fewer are\n" in text
    assert "a state for each group, with a hash of each driver" in text
    data = json.loads(command(home, ["explain", "--json", BY_CITY]).out)
    assert data["drivers"] == 10
    assert data["sources"][0]["totals"] == ["total_energy"]


def test_the_approval_sheet(home: Path, work: Path) -> None:
    sheet = command(home, ["explain", "--to", "markdown", BY_CITY]).out.decode()
    assert "| total\\_energy | number | as aggregate | aggregated |" in sheet or (
        "| total_energy | number | as aggregate | aggregated |" in sheet
    )
    assert "Each total of them is over at least 10 drivers" in sheet
    assert "Read only to count the drivers of each total; not shown:" in sheet


POLICY = """
k = {k}

[cdrs]
pass = ["total_energy as aggregate", "cdr_location.city"]
"""


def recipient(home: Path, k: object = 10) -> Path:
    """Add a recipient with a policy; return its file."""
    if not (home / ".config/ocpiq/recipients/utrecht.toml").exists():
        assert command(home, ["recipient", "add", "utrecht"]).code == 0
    path = home / ".config/ocpiq/recipients/utrecht.toml"
    path.write_text(POLICY.format(k=k))
    return path


@pytest.mark.parametrize(
    ("k", "expected"),
    [(5, ["Delft", "#other"]), (11, ["Delft", "#other"]), (12, ["#other"]), (23, ["#other"]), (24, [])],
)
def test_the_policy_sets_the_number_of_drivers(k: int, expected: list[str], home: Path, work: Path) -> None:
    recipient(home, k)
    found = run(home, "-c", "--recipient", "utrecht", BY_CITY)
    assert found.code == 0, found.err
    assert [json.loads(line)["city"] for line in found.out.splitlines()] == expected
    assert (f"fewer than {k} drivers" in found.err) == (not expected)
    shown = command(home, ["explain", "--recipient", "utrecht", BY_CITY]).out.decode()
    assert f"{k} drivers in totals" in shown


def test_the_stricter_of_two_policies(home: Path, work: Path) -> None:
    recipient(home, 5)
    Path("mine.toml").write_text(POLICY.format(k=12))
    found = run(home, "-c", "--recipient", "utrecht", "--policy", "mine.toml", BY_CITY)
    assert [json.loads(line)["city"] for line in found.out.splitlines()] == ["#other"]


@pytest.mark.parametrize("k", [4, 0, -1, 10.5, '"10"', "true"])
def test_a_policy_sets_no_less_than_5(k: object, home: Path, work: Path) -> None:
    recipient(home, k)
    found = run(home, "--recipient", "utrecht", BY_CITY)
    assert (found.code, found.out) == (2, b"")
    assert "k must be a whole number of drivers, at least 5" in found.err


@pytest.mark.parametrize(
    ("query", "excess"),
    [
        ("cdrs pass total_energy | aggregate sum(.total_energy)", "cdrs.total_energy"),
        ("cdrs pass total_energy as rounded(5) | .total_energy", "cdrs.total_energy as rounded(5)"),
        (f"{E}, total_cost.excl_vat as aggregate | aggregate sum(.total_cost.excl_vat)",
         "cdrs.total_cost.excl_vat as aggregate"),
        (f"{E} | aggregate sum(.total_energy) by .currency", "cdrs.currency"),
    ],
)  # fmt: skip
def test_a_policy_for_aggregates_allows_nothing_else(query: str, excess: str, home: Path, work: Path) -> None:
    recipient(home)
    found = run(home, "--recipient", "utrecht", query)
    assert (found.code, found.out) == (7, b"")
    assert excess in found.err


def test_explain_writes_a_policy(home: Path, work: Path) -> None:
    path = recipient(home)
    written = command(home, ["explain", "--to", "policy", BY_CITY]).out
    assert b"\nk = 10 " in written
    assert b'"total_energy as aggregate",  # aggregated' in written
    path.write_bytes(written)
    assert run(home, "-q", "--recipient", "utrecht", BY_CITY).code == 0
    assert b"\n# k = 10 " in command(home, ["explain", "--to", "policy", "sessions | .id"]).out


def test_explain_diff(home: Path, work: Path) -> None:
    wider = BY_CITY.replace("total_energy as aggregate", "total_energy")
    found = command(home, ["explain", "--diff", BY_CITY, wider])
    assert (found.code, found.out) == (1, b"cdrs.total_energy\n")
    assert command(home, ["explain", "--diff", wider, BY_CITY]).code == 0


OVERLAP = "totals of cdrs for an overlapping time were handed out on"
SUM = "aggregate sum(.total_energy)"


@pytest.mark.parametrize(
    ("earlier", "later", "warned"),
    [
        (BY_CITY, BY_CITY, False),  # the same again
        (BY_CITY, f"{E} | {SUM}", True),
        (f"{E} | {SUM}", f'{E} | select(.cdr_location.city != "Gouda") | {SUM}', True),
        (f"{E} during 2026-01 | {SUM}", f"{E} during 2026-01 | {SUM} by {{c: .cdr_location.city}}", True),
        (f"{E} during 2026-01 | {SUM}", f"{E} during 2026-02 | {SUM}", False),
        (f"{E} during 2026-01 | {SUM}", f"{E} during 2026-01-05 | {SUM}", True),
        (
            f"{E} during 2026-01 | {SUM}",
            f"{E} since 2026-02-01 | {SUM}",
            True,
        ),  # another date, so it may overlap
        (f"{E} since 2026-01-01 until 2026-01-03 | {SUM}", f"{E} since 2026-01-03 | {SUM}", False),
        (
            f"{E} | aggregate count",
            f"{E} | {SUM}",
            True,
        ),  # it could have totals: it passes the field for them
        ("cdrs | aggregate count", f"{E} | {SUM}", False),
        (f"{E} | {SUM}", "cdrs | aggregate count", False),
    ],
)
def test_the_audit_trail_warns_of_overlaps(
    earlier: str, later: str, warned: bool, home: Path, work: Path
) -> None:
    assert command(home, ["recipient", "add", "utrecht"]).code == 0
    first = run(home, "--recipient", "utrecht", earlier)
    assert (first.code, OVERLAP in first.err) == (0, False)
    second = run(home, "--recipient", "utrecht", later)
    assert (second.code, OVERLAP in second.err) == (0, warned), second.err


def test_overlaps_of_arguments_and_recipients(home: Path, work: Path) -> None:
    for name in ("utrecht", "delft"):
        assert command(home, ["recipient", "add", name]).code == 0
    by_name = f"{E} | select(.cdr_location.city != $city) | {SUM}"
    words = ("--recipient", "utrecht", "--arg", "city", "Delft", by_name)
    assert OVERLAP not in run(home, *words).err
    assert OVERLAP in run(home, *words).err  # the value may be another one
    assert OVERLAP not in run(home, "--recipient", "delft", *words[2:]).err
    assert OVERLAP not in run(home, *words[2:]).err  # without a recipient there is no trail


def test_the_difference_of_two_exports_is_not_prevented(home: Path, work: Path) -> None:
    """PRIVACY.md says so: with one driver more in the second, the difference is that driver's value."""
    text = f'{E} | select(.cdr_location.city == "Delft"%s) | {SUM}'
    one, two = (run(home, "-q", text % more) for more in ("", ' or .currency == "USD"'))
    assert one.out == two.out
    Path("cdrs.json").write_text(json.dumps([*CDRS, {**cdr(99, 99, "Oss"), "currency": "USD"}]))
    three = run(home, "-q", text % ' or .currency == "USD"')
    assert int(three.out) - int(one.out) == 1099


def test_risk_counts_with_the_policy(home: Path, work: Path) -> None:
    recipient(home, 12)
    found = command(home, ["risk", "--source", "cdrs=cdrs.json", "--recipient", "utrecht", BY_CITY])
    assert found.code == 0, found.err
    assert "Delft" not in found.out.decode()
