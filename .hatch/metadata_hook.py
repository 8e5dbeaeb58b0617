"""Metadata hook: README.md as package indexes show it, where links into the repository would lead nowhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

IMAGE = re.compile(r"\[?!\[[^\]]*\]\((?!https?:)[^)]*\)(?:\]\([^)]*\))?\n*")
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)([^)]+)\)")
NOTE = "\nPaths are those of the source distribution.\n"


class ReadmeHook(MetadataHookInterface):
    """Gives the metadata the text of README.md, with paths in place of relative links."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set `readme`."""
        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": without_relative_links(text)}


def without_relative_links(text: str) -> str:
    """Return Markdown without images of the repository, and with the path after the text of each link into it."""

    def path(match: re.Match[str]) -> str:
        name, target = match[1], match[2].partition("#")[0]
        return name if not target or target == name else f"{name} (`{target}`)"

    return LINK.sub(path, IMAGE.sub("", text)) + NOTE
