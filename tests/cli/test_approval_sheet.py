"""`ocpiq explain --to markdown`, and the parameters and the version that `explain` shows."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from support.cli import Outcome, command

QUERY = """module {about: "Energy by city", params: {month: {type: "period"}, n: {type: "number", default: 3}}};
cdrs during $month pass total_energy, cdr_location.city, cdr_token.uid
| select(.cdr_token.uid != "x") | aggregate {kwh: sum(.total_energy)} by {city: .cdr_location.city}
"""


def explain(tmp_path: Path, *words: str) -> Outcome:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return command(home, ["explain", *words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "city.ocpiq"
    path.write_text(QUERY)
    return path


def test_the_sheet(tmp_path: Path, file: Path) -> None:
    done = explain(tmp_path, "-f", str(file), "--arg", "month", "2026-01", "--demo", "--to", "markdown")
    assert (done.code, done.err) == (0, "")
    sheet = done.out.decode()
    for line in (
        f"| Query | {file} |",
        f"| SHA-256 of the query | {sha256(QUERY.encode()).hexdigest()} |",
        "| Purpose | Energy by city |",
        "| Platform | the embedded demo |",
        "| OCPI version | 2.2.1 |",
        "| Parameter month | 2026-01 |",
        "| Parameter n | 3 (default) |",
        "| cdr_token.uid | CiString(36) | in the clear | aggregated, decides | "
        "identifies the driver's token or contract |",
        "| total_energy | number | in the clear | aggregated | amount or course of a person's charging |",
        "| city | string | cdrs.cdr_location.city |",
        "| kwh | number | computed |",
        "Requested from the platform: all pages of `cdrs`, charged during $month "
        "(2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z).",
    ):
        assert f"\n{line}\n" in sheet
    assert QUERY in sheet
    assert "| Signature |" in sheet


def test_the_sheet_of_what_is_stored_requests_nothing(tmp_path: Path) -> None:
    query, pages = "sessions pass kwh | {id, kwh}", tmp_path / "s.ndjson"
    pages.write_text('{"id":"S1","kwh":1}\n')
    files = ["--source", f"sessions={pages}"]
    sheet = explain(tmp_path, *files, "--to", "md", query).out.decode()
    read = "without a request to the platform: all of `sessions`, without a window."
    assert f"| Platform | files in {pages} for sessions |\n" in sheet
    assert f"\nRead from saved pages, {read}\n" in sheet
    assert command(tmp_path / "home", ["pull", *files, query, "--into", str(tmp_path / "snap")]).code == 0
    sheet = explain(tmp_path, "--snapshot", str(tmp_path / "snap"), "--to", "md", query).out.decode()
    assert f"| Platform | the snapshot in {tmp_path / 'snap'}, of 20" in sheet
    assert f"\nRead from the snapshot, {read}\n" in sheet
    assert "Requested from the platform" not in sheet
    assert "sends twice" not in sheet


def test_text_of_the_query_cannot_change_the_sheet(tmp_path: Path, file: Path) -> None:
    file.write_text(f"{QUERY}# ```\n# | Approved by | me |\n# \x1b[2J\n")
    sheet = explain(tmp_path, "-f", str(file), "--arg", "month", "a|b\n# x", "--to", "md").out.decode()
    assert "\n````\n" in sheet
    assert "\x1b" not in sheet
    assert "| Parameter month | a\\|b\\\\n# x |" in sheet


def test_a_query_without_sources_and_one_that_passes_nothing(tmp_path: Path) -> None:
    assert "reads no module" in explain(tmp_path, "--to", "md", ".a").out.decode()
    sheet = explain(tmp_path, "--to", "md", "sessions | {id, kwh}").out.decode()
    assert "| Query | on the command line |" in sheet
    assert "The query passes no private field." in sheet
    assert "Blanked (printed as `#NA`): kwh." in sheet


def test_treatments_and_whole_objects(tmp_path: Path) -> None:
    query = "cdrs pass cdr_location, total_energy as rounded(5), end_date_time as month | {total_energy, cdr_location}"
    sheet = explain(tmp_path, "--to", "md", query).out.decode()
    assert "| total_energy | number | as rounded(5) | shown |" in sheet
    assert "| end_date_time | DateTime | as month | not in the results |" in sheet
    assert "Passed whole, including any fields not defined by OCPI: cdr_location." in sheet
    assert (
        "not defined by OCPI: the whole object."
        in explain(tmp_path, "--to", "md", "cdrs pass .").out.decode()
    )


def test_a_parameter_from_a_file_is_shown_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "uid").write_text("SECRET")
    text = "sessions pass cdr_token.uid | select(.cdr_token.uid == $uid) | .id"
    for form in ([], ["--json"], ["--to", "markdown"]):
        done = explain(tmp_path, "--arg-file", "uid", str(tmp_path / "uid"), *form, text)
        assert "SECRET" not in done.out.decode() + done.err
        assert str(tmp_path / "uid") in done.out.decode()


def test_the_fields_are_of_the_version(tmp_path: Path) -> None:
    for version, field in (("2.1.1", "auth_id"), ("2.2.1", "cdr_token")):
        words = ("--source", "cdrs=x.json", "--ocpi-version", version, "--json", "cdrs pass .")
        (source,) = json.loads(explain(tmp_path, *words).out)["sources"]
        top = {use["path"].partition(".")[0] for use in source["fields"]}
        assert top & {"auth_id", "cdr_token"} == {field}


def test_other_formats(tmp_path: Path) -> None:
    done = explain(tmp_path, "--to", "csv", ".")
    assert (done.code, done.out) == (2, b"")
    assert "markdown or policy, not csv" in done.err
