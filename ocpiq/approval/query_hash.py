"""The hash by which an approval sheet, a policy, the audit trail and result files name the same query."""

from __future__ import annotations

from hashlib import sha256


def query_sha256(text: str) -> str:
    """Return the SHA-256 of a query's text in UTF-8, in hexadecimal: that of its file, if it was read from one."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
