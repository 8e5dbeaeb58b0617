"""The `Link` header (RFC 8288) and the count headers of a page (OCPI: Paginated Response)."""

from __future__ import annotations

import re

# One parameter of a link. Every part of it takes all that it can and gives nothing back (`++`, `*+`), so that a header
# is read once from its beginning to its end.
PARAMETER = re.compile(
    r"""\s*+;\s*+(?P<name>[\w!#$%&'*+.^`|~-]++)
        (?:\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<plain>[^\s",;]*+)))?+""",
    re.VERBOSE | re.DOTALL,
)
LONGEST = 1 << 16  # characters of a header that are read


def next_link(header: str) -> str | None:
    """Return the target of `rel="next"`, as written; None where there is none or it is empty."""
    header, place = header[:LONGEST], 0
    while (start := header.find("<", place)) >= 0 and (end := header.find(">", start)) >= 0:
        relation: str | None = None  # the first that is given counts
        place = end + 1
        while parameter := PARAMETER.match(header, place):
            place = parameter.end()
            if relation is None and parameter["name"].casefold() == "rel":
                relation = parameter["plain"] if parameter["quoted"] is None else parameter["quoted"]
        target = header[start + 1 : end].strip()
        if target and "next" in (relation or "").casefold().split():
            return target
    return None


def parse_count(header: str) -> int | None:
    """Return the whole number in a header, or None where it is no such number; a header sent twice may agree."""
    text, *others = {part.strip() for part in header.split(",")}
    if others:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
