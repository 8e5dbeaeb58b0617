"""What the formats that are databases share."""

from __future__ import annotations

from ocpiq.errors import FormatError, say
from ocpiq.sinks.rows import ColumnLabel


def quoted(name: str) -> str:
    """Return the name as an SQL identifier. Raises FormatError if it cannot be one."""
    if "\0" in name or not name:
        text = say("{column} cannot be the name of a column in a database", column=ColumnLabel(name))
        raise FormatError(text, hint=say("rename it"))
    return '"' + name.replace('"', '""') + '"'
