"""`ocpiq schema --all`: the printed appendix of defaults says what queries do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import command

from ocpiq.schema import VERSIONS, module, modules


def rows(home: Path, *words: str) -> list[dict[str, str]]:
    run = command(home, ["schema", "--all", "--to", "ndjson", *words])
    assert (run.code, run.err) == (0, "")
    return [json.loads(line) for line in run.out.splitlines()]


def test_every_field_of_every_version_is_listed(home: Path) -> None:
    listed = rows(home)
    names = {(row["version"], row["module"], row["field"]) for row in listed}
    assert len(names) == len(listed)
    assert {(row["version"], row["module"]) for row in listed} == {
        (version, name) for version in VERSIONS for name in modules(version)
    }
    assert {row["default"] for row in listed} == {"shown", "blanked"}
    assert all(row["reason"] and row["type"] for row in listed)
    newest = [row for row in listed if row["version"] == "2.2.1"]
    assert rows(home, "--ocpi-version", "2.2.1") == newest


def test_as_csv(home: Path) -> None:
    lines = command(home, ["schema", "--all", "--to", "csv"]).out.decode().splitlines()
    assert lines[0] == "version,module,field,type,default,reason"
    assert len(lines) == len(rows(home)) + 1


@pytest.mark.parametrize("name", ["sessions", "cdrs", "tokens"])
def test_the_default_is_what_a_query_shows(name: str, home: Path, tmp_path: Path) -> None:
    """A field at the top that is sent as text is shown or blanked as the list says."""
    listed = {
        row["field"]: row["default"] for row in rows(home, "--ocpi-version", "2.2.1") if row["module"] == name
    }
    leaves = [field.name for field in module(name, "2.2.1").root.children.values() if field.name in listed]
    (tmp_path / "objects.json").write_text(json.dumps([dict.fromkeys(leaves, "x")]))
    run = command(home, ["-q", "--source", f"{name}={tmp_path / 'objects.json'}", name])
    shown = json.loads(run.out)
    assert {leaf: "blanked" if shown[leaf] == "#NA" else "shown" for leaf in leaves} == {
        leaf: listed[leaf] for leaf in leaves
    }


def test_the_public_key_of_a_meter_is_blanked(home: Path, tmp_path: Path) -> None:
    signed = {"encoding_method": "OCMF", "public_key": "KEY"}
    (tmp_path / "cdrs.json").write_text(json.dumps([{"id": "C1", "signed_data": signed}]))
    words = ["-q", "--source", f"cdrs={tmp_path / 'cdrs.json'}"]
    assert json.loads(command(home, [*words, "cdrs | .signed_data"]).out) == {**signed, "public_key": "#NA"}
    query = "cdrs pass signed_data.public_key | .signed_data.public_key"
    assert command(home, [*words, query]).out == b'"KEY"\n'


def test_it_takes_no_module(home: Path) -> None:
    run = command(home, ["schema", "--all", "sessions"])
    assert (run.code, run.err) == (2, "error: ocpiq schema --all takes no module (ocpiq schema sessions)\n")


def test_formats_are_of_the_whole_list(home: Path) -> None:
    run = command(home, ["schema", "sessions", "--to", "csv"])
    message = (
        "error: ocpiq schema writes formats and files of the whole list only (add --all, or use --json)\n"
    )
    assert (run.out, run.err, run.code) == (b"", message, 2)
