"""Builds the site of the documents: `python .docs/build_site.py FOLDER`, in an environment with the extra `docs`.

Nothing is written twice: each page is a document of the repository, with its links led to the other pages, or is made
from the reports, the options and the schema. A file that a document links to becomes a page, too. `--pages` makes the
pages only.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ocpiq.app.commands import COMMANDS
from ocpiq.app.help import command_help, full_help
from ocpiq.reports import Report, pack_folder, reports

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent
DOCUMENTS: Final = {
    "README.md": "index.md",
    "PRIVACY.md": "privacy.md",
    "CONTRIBUTING.md": "design.md",
    "CHANGELOG.md": "changes.md",
    "grammar/README.md": "language.md",
    "examples/README.md": "reports/index.md",
    "ocpiq/prompt/PROMPT.md": "prompt.md",
    "ocpiq/delivery/DELIVERIES.md": "deliveries.md",
    "ocpiq/snapshots/SNAPSHOTS.md": "snapshots.md",
    "ocpiq/ocpi/OCPI_TOOL.md": "ocpi-tool.md",
    "ocpiq/ocpi/PLATFORMS.md": "platforms.md",
    **{f".docs/{page.name}": page.name for page in HERE.glob("*.md")},
    **{f"examples/{page.parent.name}/README.md": f"reports/{page.parent.name}.md"
       for page in (ROOT / "examples").glob("*/README.md")},
}  # fmt: skip
"""The page of each document."""

IMAGES: Final = {".png", ".svg", ".cast"}
OUTSIDE: Final = re.compile(r"\]\((\w+:[^)]*)\)")
ADDRESS: Final = re.compile(r"https?://[\w.-]+\.[a-z]{2,}(?:[/?#]\S*)?\Z")
LISTED: Final = re.compile(r"^\[[^\]!]+\]\(([^)#\s]+)\)$", re.MULTILINE)
LINK: Final = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
FENCE: Final = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
QUESTIONS: Final = "questions"


class Site:
    """The pages that are made in a folder, and the files that they link to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, page: str, text: str) -> None:
        """Write a page."""
        path = self.folder / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def linked(self, page: str, document: str, text: str) -> str:
        """Return a document's text with the links of its page; a page is made for any other file that it links to.

        A link alone in its line shows the file below it.
        """

        def link(match: re.Match[str]) -> str:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(document), match[1]))
            if not (ROOT / path).exists():
                sys.exit(f"{document}: {match[1]}: no such file")
            target = posixpath.relpath(self.page_of(path), posixpath.dirname(page) or ".")
            return f"]({target}{match[2] or ''})"

        def listing(match: re.Match[str]) -> str:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(document), match[1]))
            listed = (ROOT / path).is_file() and path not in DOCUMENTS
            return f"{match[0]}\n\n{_fenced(ROOT / path)}" if listed else match[0]

        parts = FENCE.split(LISTED.sub(listing, text))
        return "".join(part if part.startswith("```") else LINK.sub(link, part) for part in parts)

    def page_of(self, path: str) -> str:
        """Return the page or image of a file or folder of the repository, made if it has none yet."""
        known = DOCUMENTS.get(path) or DOCUMENTS.get(f"{path}/README.md")
        if known:
            return known
        source = ROOT / path
        if source.suffix in IMAGES:
            (self.folder / "images").mkdir(parents=True, exist_ok=True)
            shutil.copy(source, self.folder / "images")
            return f"images/{source.name}"
        page = f"files/{path}.md"
        files = sorted(source.iterdir()) if source.is_dir() else [source]
        self.write(page, f"# {path}\n" + "".join(map(_listing, files)))
        return page


def make_pages(folder: Path) -> None:
    """Write all pages into a folder."""
    site = Site(folder)
    by_folder: dict[str, list[Report]] = {}
    for report in reports():
        at_top = report.path.parent == pack_folder()
        by_folder.setdefault(QUESTIONS if at_top else report.path.parent.name, []).append(report)
    for document, page in DOCUMENTS.items():
        text = (ROOT / document).read_text("utf-8")
        if page.startswith("reports/"):
            text += "".join(_report_sections(by_folder.get(Path(page).stem, [])))
        site.write(page, site.linked(page, document, _python_markdown(text)))
    questions = (
        "# Questions\n\nWhat charge point operators are asked, with the query of each. "
        "[All reports](index.md#questions) shows how each is run, and what it returns.\n"
    )
    site.write(f"reports/{QUESTIONS}.md", questions + "".join(_report_sections(by_folder[QUESTIONS])))
    site.write("commands.md", _commands())
    site.write("fields.md", _fields())


def _python_markdown(text: str) -> str:
    """Return text that Python-Markdown reads as GitHub does: an empty line before each list, and no comments."""
    parts = FENCE.split(re.sub(r" *<!--.*?-->", "", text, flags=re.DOTALL))
    spaced = (
        part
        if part.startswith("```")
        else re.sub(r"^(?![-| \n])(.+\n)(?=- )", r"\1\n", part, flags=re.MULTILINE)
        for part in parts
    )
    return "".join(spaced)


def _listing(path: Path) -> str:
    return f"\n## {path.name}\n\n{_fenced(path)}\n"


def _fenced(path: Path) -> str:
    return f"```text\n{path.read_text('utf-8').rstrip()}\n```"


def _report_sections(listed: list[Report]) -> Iterator[str]:
    """Yield what the head of each report says, and its query."""
    if listed:
        yield "\n## Purpose, source and query of each\n"
    for report in listed:
        metadata = report.metadata
        yield f"\n### {report.name}: purpose and query\n\n{_text(metadata.about)}\n\n"
        notes = {
            "Recipient": metadata.recipient,
            "Asked for by": metadata.source,
            "What OCPI does not know": metadata.unknown,
            "Privacy": metadata.privacy,
            "File": f"`{metadata.form.file}`",
            "Check": f"`ocpiq check FILE --as {metadata.check_name}`" if metadata.check_name else "",
        }
        yield from (f"- *{title}.* {_text(note)}\n" for title, note in notes.items() if note)
        for parameter in metadata.params:
            default = "" if parameter.required else f" (default: `{parameter.default}`)"
            yield f"- *`{parameter.name}`.* {_text(parameter.about)}{default}\n"
        yield f"\n```text\n{report.text.rstrip()}\n```\n"


def _text(text: str) -> str:
    """Return a text of the metadata as Markdown: one line, without accidental markup."""
    return re.sub(r"(?<!`)([*_<])", r"\\\1", " ".join(text.split())) if "`" not in text else text


def _commands() -> str:
    """Return the page of all commands and options, as `--help` prints them."""
    parts = ["# Commands and options\n", f"\n## ocpiq\n\n```text\n{full_help()}```\n"]
    parts += [f"\n## ocpiq {command.name}\n\n```text\n{command_help(command)}```\n" for command in COMMANDS]
    return "".join(parts)


def _fields() -> str:
    """Return the page of all fields, from `ocpiq schema --all`, with the versions that have them alike."""
    words = [sys.executable, "-m", "ocpiq", "schema", "--all", "--to", "csv"]
    listed = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout  # noqa: S603
    modules: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for version, module, *field in csv.reader(io.StringIO(listed.split("\n", 1)[1])):
        modules.setdefault(module, {}).setdefault(tuple(field), []).append(version)
    parts = [
        "# Fields\n\nThe fields of every module and OCPI version: whether they are shown or blanked by default, "
        "and why. `ocpiq schema MODULE.FIELD` prints one of them, with its possible values.\n"
    ]
    for module, fields in modules.items():
        parts.append(f"\n## {module}\n\n| field | type | default | reason | OCPI |\n|---|---|---|---|---|\n")
        parts += (
            f"| `{name}` | {type_} | {default} | {reason} | {', '.join(versions)} |\n"
            for (name, type_, default, reason), versions in sorted(fields.items())
        )
    return "".join(parts)


def bad_addresses(pages: Path) -> Iterator[str]:
    """Yield each link of the pages to another site that is not a whole address; nothing is requested."""
    for page in sorted(pages.rglob("*.md")):
        for address in OUTSIDE.findall(FENCE.sub("", page.read_text("utf-8"))):
            if not ADDRESS.match(address):
                yield f"{page.relative_to(pages)}: {address}: not a whole address"


def main() -> int:
    """Make the pages, check their addresses of other sites, and build the site; Zensical checks the links within it."""
    words = [word for word in sys.argv[1:] if word != "--pages"]
    if len(words) != 1:
        sys.stderr.write("usage: python .docs/build_site.py [--pages] FOLDER\n")
        return 2
    folder = Path(words[0]).resolve()
    shutil.rmtree(folder / "pages", ignore_errors=True)
    make_pages(folder / "pages")
    if "--pages" in sys.argv:
        return 0
    if broken := list(bad_addresses(folder / "pages")):
        sys.stderr.write("".join(f"{problem}\n" for problem in broken))
        return 1
    shutil.copy(HERE / "mkdocs.yml", folder)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "-f", "mkdocs.yml"]
    return subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
