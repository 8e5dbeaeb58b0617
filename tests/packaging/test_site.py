"""The site of the documents: what is in it, and that all its links lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ocpiq.app.commands import COMMANDS
from ocpiq.app.help import help_for
from ocpiq.app.reference import contents, look_up
from ocpiq.reports import reports
from ocpiq.schema import modules

ROOT = Path(__file__).parents[2]
NAVIGATION = re.findall(r": ([\w/-]+\.md)$", (ROOT / ".docs" / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
TOPICS = {  # what `ocpiq help` has beside entries of the language and commands, and its page
    "differences": "language.md",
    "blanks": "language.md",
    "platforms": "platforms.md",
    "state": "deliveries.md",
    "snapshot": "snapshots.md",
    "ocpi-tool": "ocpi-tool.md",
    "prompt": "prompt.md",
}


def build(folder: Path, *words: str, at: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(at / ".docs" / "build_site.py"), *words, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(at)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=at, env=environment)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("site")
    done = build(folder, "--pages")
    assert done.returncode == 0, done.stderr
    made = folder / "pages"
    return {path.relative_to(made).as_posix(): path.read_text("utf-8") for path in made.rglob("*.md")}


def test_the_navigation_has_every_page(pages: dict[str, str]) -> None:
    assert sorted(NAVIGATION) == sorted(name for name in pages if not name.startswith("files/"))


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub(r"\]\([^)]*\)|<!--.*?-->", "", text)))


def test_every_topic_of_help_is_on_its_page(pages: dict[str, str]) -> None:
    topics = re.findall(r"^ocpiq help ([a-z-]+) ", contents(), re.MULTILINE)
    commands = {command.name for command in COMMANDS} - TOPICS.keys()
    assert set(topics) - commands == TOPICS.keys()
    for topic, page in TOPICS.items():
        command = "pull" if topic == "snapshot" else topic
        text = words(look_up(topic).removeprefix(help_for(command))).split(" ")
        assert " ".join(text[:20]) in words(pages[page]), topic


def test_every_command_is_in_the_reference(pages: dict[str, str]) -> None:
    titles = re.findall(r"^## ocpiq (\S+)$", pages["commands.md"], re.MULTILINE)
    assert titles == [command.name for command in COMMANDS]


def test_every_module_is_in_the_reference(pages: dict[str, str]) -> None:
    titles = re.findall(r"^## (\S+)$", pages["fields.md"], re.MULTILINE)
    assert set(titles) <= set(modules())
    assert {"locations", "sessions", "cdrs", "tariffs", "tokens"} <= set(titles)


def test_every_report_has_its_purpose_and_its_query(pages: dict[str, str]) -> None:
    text = "".join(text for name, text in pages.items() if name.startswith("reports/"))
    for report in reports():
        assert f"\n### {report.name}: purpose and query\n" in text
        assert report.text in text


@pytest.mark.heavy
def test_the_site_is_built_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    pytest.importorskip("zensical")
    done = build(tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    made = {path.relative_to(tmp_path / "site").as_posix() for path in (tmp_path / "site").rglob("*.html")}
    assert {name.replace(".md", ".html") for name in NAVIGATION} <= made
    loaded = re.compile(r"""<(?:script|img|link rel="stylesheet")[^>]+(?:src|href)="?https?:""")
    outside = [name for name in made if loaded.search((tmp_path / "site" / name).read_text("utf-8"))]
    assert outside == []


@pytest.mark.heavy
@pytest.mark.parametrize(
    "link", ["#nothing", "README.md#nothing", "nothing.md", "https:/example.org", "ftp://example.org"]
)
def test_a_broken_link_ends_the_build(link: str, tmp_path: Path) -> None:
    pytest.importorskip("zensical")
    for name in (".docs", "examples", "grammar", "ocpiq"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "PRIVACY.md"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / "PRIVACY.md").open("a") as document:
        document.write(f"\n[x]({link})\n")
    done = build(tmp_path / "site", at=tmp_path)
    assert done.returncode == 1
    assert "privacy.md" in done.stderr.lower() and "build_site.py" not in done.stderr
