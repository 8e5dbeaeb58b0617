"""`--explode FIELD` on plain JSON: a warning if no result has a list there."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cli import command


@pytest.mark.parametrize(
    ("sent", "field", "out", "warned"),
    [
        ('{"a":1,"b":[2,3]}', "b", b"a,b\r\n1,2\r\n1,3\r\n", False),
        ('{"a":1,"b":{"c":[2]}}', "b.c", b"a,b.c\r\n1,2\r\n", False),
        ('{"a":1}{"a":[2]}', "a", b"a\r\n1\r\n2\r\n", False),
        ('{"a":[]}', "a", b'a\r\n""\r\n', False),
        ('{"a":1}', "a", b"a\r\n1\r\n", True),
        ('{"a":1}', "b", b"a\r\n1\r\n", True),
        ('{"a":{"b":1}}', "a.b.c", b"a.b\r\n1\r\n", True),
        ("", "a", b"", False),
    ],
)
def test_a_field_without_a_list(tmp_path: Path, sent: str, field: str, out: bytes, warned: bool) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "in.json").write_text(sent, encoding="utf-8")
    words = [".", str(tmp_path / "in.json"), "--to", "csv", "--explode", field]
    outcome = command(tmp_path / "home", words)
    assert (outcome.code, outcome.out.replace(b"\r\n", b"\n")) == (0, out.replace(b"\r\n", b"\n"))
    assert outcome.err == (f"warning: --explode: no result has a list {field}\n" if warned else "")
