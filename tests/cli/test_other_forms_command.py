"""`--as VERSION`: objects of every OCPI version in the form of one, on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.platforms import TOKEN, Platform, serving

CDR = {
    "id": "1",
    "stop_date_time": "2026-01-31T10:00:00Z",
    "auth_id": "Jane Doe",
    "total_cost": 3.5,
    "location": {"id": "L", "owner": {"name": "Jane Doe"}, "evses": [{"uid": "E"}]},
}
NEWER = {
    "country_code": "NL",
    "party_id": "ABC",
    "id": "2",
    "end_date_time": "2026-01-30T10:00:00Z",
    "total_cost": {"before_taxes": 1, "taxes": [{"name": "VAT", "amount": 0.21}]},
}
PLATFORMS = {
    "old": Platform(objects=[CDR], offered=("2.1.1",), token_forms=("raw",)),
    "new": Platform(objects=[NEWER], offered=("2.3.0",)),
}
TEXT = "cdrs pass end_date_time as month, total_cost.excl_vat | {end: .end_date_time, cost: .total_cost.excl_vat}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home, and a file of CDRs of 2.1.1 beside it."""
    (tmp_path / "cdrs.ndjson").write_text(json.dumps(CDR), encoding="utf-8")
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def run(home: Path, *words: str, version: str = "2.1.1") -> Outcome:
    source = f"cdrs={home.parent / 'cdrs.ndjson'}"
    return command(home, ["-q", "--source", source, "--ocpi-version", version, *words])


def test_a_file(home: Path) -> None:
    assert json.loads(run(home, "--as", "2.2.1", TEXT).out) == {"end": "2026-01", "cost": 3.5}


def test_a_saved_query_names_its_form(home: Path) -> None:
    saved = home.parent / "report.ocpiq"
    saved.write_text(f'module {{ocpi: "2.2.1"}};\n{TEXT}\n', encoding="utf-8")
    assert json.loads(run(home, "-f", str(saved)).out) == {"end": "2026-01", "cost": 3.5}


def test_get(home: Path) -> None:
    words = ["get", "cdrs", "--as", "2.2.1", "--privacy-pass", "end_date_time"]
    source = ["--source", f"cdrs={home.parent / 'cdrs.ndjson'}", "--ocpi-version", "2.1.1", "-q"]
    result = json.loads(command(home, [*words, *source]).out)
    assert result["end_date_time"] == CDR["stop_date_time"]
    assert result["cdr_token"] == {"contract_id": "#NA"}
    assert "Jane Doe" not in json.dumps(result)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "cdrs pass total_cost.incl_vat",
            "error: cdrs.total_cost.incl_vat of OCPI 2.2.1 has no counterpart in OCPI 2.1.1 "
            "(leave cdrs.total_cost.incl_vat out, or leave out --as to read the platform's own form)",
        ),
        (
            "cdrs pass stop_date_time",
            "error: cdrs.stop_date_time is a field of OCPI 2.1.1, not of 2.2.1, "
            "in whose form objects are read (write end_date_time)",
        ),
        (
            "cdrs pass party_id",
            "error: cdrs.party_id of OCPI 2.2.1 has no counterpart in OCPI 2.1.1 "
            "(the platform's party is not known: leave cdrs.party_id out)",
        ),
    ],
)
def test_a_field_that_cannot_be_read(home: Path, text: str, error: str) -> None:
    outcome = run(home, "--as", "2.2.1", text)
    assert outcome.code == 3
    assert outcome.err.splitlines()[0] == error


def test_an_unknown_version(home: Path) -> None:
    outcome = run(home, "--as", "2.0", "cdrs")
    assert outcome.code == 2
    assert outcome.err == "error: --as: unknown OCPI version (available: 2.1.1, 2.2, 2.2.1, 2.3.0)\n"


def test_net_of_a_version_without_credits(home: Path) -> None:
    text = "cdrs net | aggregate count"
    hint = "(leave out `net`: no CDR cancels another"
    expected = "error: net reads cdrs.credit, a field of OCPI 2.2, 2.2.1, 2.3.0, not of 2.1.1 " + hint
    assert run(home, text).err.splitlines()[0].startswith(expected)
    assert run(home, text).code == 3
    expected = "error: net reads cdrs.credit, which has no counterpart in OCPI 2.1.1 " + hint
    assert run(home, "--as", "2.2.1", text).err.splitlines()[0].startswith(expected)


def test_cdrs_without_credits_need_no_warning_of_them(home: Path) -> None:
    outcome = run(home, "--as", "2.2.1", "cdrs pass total_energy | aggregate sum(.total_energy)")
    assert outcome.code == 0
    assert "credit" not in outcome.err


def test_in_several_processes(home: Path) -> None:
    (home.parent / "cdrs.ndjson").write_text(f"{json.dumps(CDR)}\n" * 3000, encoding="utf-8")
    text = (
        "cdrs pass end_date_time as month, total_cost | aggregate sum(.total_cost.excl_vat) by .end_date_time"
    )
    outcome = run(home, "--as", "2.2.1", "--jobs", "2", text)
    assert (outcome.code, json.loads(outcome.out)) == (0, {"end_date_time": "2026-01", "sum_excl_vat": 10500})


def test_explain_shows_both_names(home: Path) -> None:
    words = ["--source", f"cdrs={home.parent / 'cdrs.ndjson'}", "--ocpi-version", "2.1.1", "--as", "2.2.1"]
    text = command(
        home, ["explain", *words, f"cdrs during 2026-01 {TEXT.removeprefix('cdrs ')}"]
    ).out.decode()
    shown = " ".join(text.split())
    assert "cdrs (OCPI 2.2.1, read from 2.1.1)" in shown
    assert (
        "passes end_date_time as month (stop_date_time in OCPI 2.1.1), total_cost.excl_vat (total_cost in"
        in shown
    )
    assert "window end_date_time (stop_date_time in OCPI 2.1.1)" in shown
    sheet = command(home, ["explain", "--to", "markdown", *words, TEXT]).out.decode()
    assert "| OCPI version | 2.2.1, read from 2.1.1 |" in sheet
    assert "| end_date_time (stop_date_time in OCPI 2.1.1) | DateTime | as month |" in sheet


def test_a_policy_names_both(home: Path) -> None:
    policy = home.parent / "policy.toml"
    policy.write_text('[cdrs]\npass = ["total_cost.excl_vat"]\n', encoding="utf-8")
    outcome = run(home, "--as", "2.2.1", "--policy", str(policy), TEXT)
    assert outcome.code == 7
    assert "cdrs.end_date_time as month (stop_date_time in OCPI 2.1.1)" in outcome.err
    assert run(home, "--as", "2.2.1", "--policy", str(policy), "cdrs only total_cost.excl_vat").code == 0


@pytest.fixture(scope="module")
def logged_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a home with a login to a platform of 2.1.1 and to one of 2.3.0."""
    home = tmp_path_factory.mktemp("forms") / "home"
    home.mkdir()
    started = {name: serving(platform) for name, platform in PLATFORMS.items()}
    for name, context in started.items():
        url = context.__enter__().versions_url
        outcome = command(home, ["login", url, "--party", "NL-GOV", "--token", TOKEN, "--name", name])
        assert outcome.code == 0, outcome.err
    yield home
    for context in started.values():
        context.__exit__(None, None, None)


def test_platforms_of_different_versions(logged_in: Path) -> None:
    words = ["-q", "--platform", "old,new", "--as", "2.2.1", f"{TEXT} + {{platform}}"]
    outcome = command(logged_in, words)
    assert outcome.code == 0, outcome.err
    assert [json.loads(line) for line in outcome.out.splitlines()] == [
        {"end": "2026-01", "cost": 3.5, "platform": "old"},
        {"end": "2026-01", "cost": 1, "platform": "new"},
    ]
    explained = command(logged_in, ["explain", "--platform", "old,new", "--as", "2.2.1", TEXT]).out.decode()
    shown = " ".join(explained.split())
    assert "read from 2.1.1, 2.3.0" in shown
    assert "total_cost.excl_vat (total_cost in OCPI 2.1.1, total_cost.before_taxes in OCPI 2.3.0)" in shown


def test_what_one_platform_lacks_is_an_error_for_all(logged_in: Path) -> None:
    outcome = command(logged_in, ["--platform", "old,new", "--as", "2.2.1", "cdrs pass session_id"])
    assert outcome.code == 3
    assert "cdrs.session_id of OCPI 2.2.1 has no counterpart in OCPI 2.1.1" in outcome.err
