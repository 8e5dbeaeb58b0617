"""The examples of the language reference are programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ocpiq.errors import QuerySyntaxError
from ocpiq.language import parse

TEXT = (Path(__file__).parents[2] / "grammar" / "README.md").read_text("utf-8")
PAGE = re.sub(r"^```text\n.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
INLINE = [code.replace("\\|", "|") for code in re.findall(r"`([^`\n]+)`", PAGE)]
QUERIES = [code for code in INLINE if re.match(r"[\[(]*(sessions|cdrs|evses|locations)\b.", code)]
BLOCKS = [
    re.sub("^    ", "", block, flags=re.MULTILINE)
    for block in re.findall(r"(?:^    .*\n)+", PAGE, re.MULTILINE)
]


def test_there_are_examples():
    assert len(QUERIES) > 15
    assert len(BLOCKS) == 4


@pytest.mark.parametrize("query", QUERIES)
def test_queries_in_the_text(query):
    assert parse(query).body


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks(block):
    """A block is one program, or programs side by side; what is left out of one is any filter."""
    try:
        parse(block)
    except QuerySyntaxError:
        for line in block.splitlines():
            for program in re.split(r"  +", line):
                assert program.startswith("the first pattern") or parse(program.replace("…", ".")).body
