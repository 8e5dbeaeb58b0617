"""The `Link` header (RFC 8288) and the count headers of a page (OCPI: Paginated Response)."""

from __future__ import annotations

import re

LINK = re.compile(
    r"""<\s*(?P<url>[^>]*?)\s*>
        (?P<parameters>(?:\s*;\s*[\w!#$%&'*+.^`|~-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)""",
    re.VERBOSE,
)
REL = re.compile(r"""(?:^|;)\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]*))""", re.IGNORECASE)


def next_link(header: str) -> str | None:
    """Return the target of `rel="next"`, as written; None where there is none or it is empty."""
    for found in LINK.finditer(header):
        rel = REL.search(found["parameters"])
        kinds = (rel[1] or rel[2] or "").casefold().split() if rel else []
        if "next" in kinds and found["url"]:
            return found["url"]
    return None


def number(header: str) -> int | None:
    """Return the whole number in a header, or None where it is no such number; a header sent twice may agree."""
    text, *others = {part.strip() for part in header.split(",")}
    if others:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
