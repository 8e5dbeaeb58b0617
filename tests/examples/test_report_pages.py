"""Each report of the pack, as its page in `examples/` shows it: the commands there print what stands below them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli import command

from ocpiq import query
from ocpiq.analysis.total_warnings import total_warnings
from ocpiq.reports import Report, pack_folder, reports
from ocpiq.reports.validators import VALIDATORS

FOLDER = pack_folder()
REPORTS = {report.name: report for report in reports()}
PACK = {name: report for name, report in REPORTS.items() if report.path.parent != FOLDER}
"""The reports in folders of recipients; test_examples.py tests those beside them."""

PAGES = [FOLDER / "README.md", *sorted(FOLDER.glob("*/README.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown(page: Path) -> Iterator[tuple[str, str]]:
    """Yield each command of a page, and what it prints."""
    for block in BLOCK.findall(page.read_text("utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, printed = part.partition("\n")
            yield line, printed


def run(folder: Path, line: str) -> str:
    """Return what a command prints; `| head -n N` after it is understood."""
    first, _, lines = line.partition(" | head -n ")
    first, silent, _ = first.partition(" 2> /dev/null")
    words = shlex.split(first)
    assert words[0] == "ocpiq", line
    found = command(folder, words[1:])
    assert found.code in (0, 5), found
    printed = found.out.decode().splitlines(keepends=True)
    return "".join(printed[: int(lines)] if lines else printed) + ("" if silent else found.err)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_the_commands_of_a_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for line, printed in shown(page):
        assert run(folder, line) == printed, line


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_it_says_what_its_reader_must_know(report: Report) -> None:
    metadata = report.metadata
    assert report.text.startswith("#!/usr/bin/env -S ocpiq -f\n# ")
    assert metadata.name == report.name
    assert metadata.about and metadata.source and metadata.unknown and metadata.privacy
    assert metadata.form.to and metadata.form.file.endswith(f".{metadata.form.to}")
    assert metadata.check_name in {"", *VALIDATORS}
    assert max(map(len, report.text.splitlines())) <= (150 if report.name in PACK else 170)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_its_page_runs_and_checks_it(report: Report) -> None:
    commands = [line for line, _ in shown(report.path.parent / "README.md")]
    assert any(f"{line} ".startswith(f"ocpiq report -q --demo {report.name} ") for line in commands)
    if report.metadata.check_name:
        assert any(f" --as {report.metadata.check_name} " in f"{line} " for line in commands)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_its_totals_are_not_misleading(report: Report) -> None:
    names = [parameter.name for parameter in report.metadata.params]
    compiled = query.compile(report.text, variables=names, home=report.path.parent)
    assert total_warnings(compiled.plan, "2.2.1") == ()


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_the_index_names_it(report: Report) -> None:
    link = report.path.relative_to(FOLDER).as_posix()
    assert f"[{link}]({link})" in (FOLDER / "README.md").read_text("utf-8")


def test_every_report_of_a_recipient_has_a_check() -> None:
    assert [name for name, report in PACK.items() if not report.metadata.check_name] == []


def test_the_index_has_the_rows_and_the_result_of_each_check() -> None:
    text = (FOLDER / "README.md").read_text("utf-8")
    pattern = r"^\| \[(?:\w+/)?(\w+)\.ocpiq\].*\| ([\d,]+) \| [a-z0-9-]+ \| (accepted|refused).*\|$"
    rows = {name: (count, result) for name, count, result in re.findall(pattern, text, re.MULTILINE)}
    checked = {name: report for name, report in REPORTS.items() if report.metadata.check_name}
    assert rows.keys() == checked.keys()
    for name, report in checked.items():
        page = (report.path.parent / "README.md").read_text("utf-8")
        check, (count, result) = report.metadata.check_name, rows[name]
        count = "1 row" if count == "1" else f"{count} rows"
        accepted, refused = f"{check} accepts it, {count}\n", f"{check} would refuse it"
        assert (accepted if result == "accepted" else refused) in page, name
        assert count in page, name
