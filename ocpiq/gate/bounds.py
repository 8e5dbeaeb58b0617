"""Limits on the size of a page, pulled or saved, and on its compression ratio."""

from __future__ import annotations

from typing import Final

LARGEST: Final = 1 << 29  # bytes of one page, or of one line of NDJSON
RATIO: Final = 200  # largest ratio of unpacked to packed size, for a body larger than UNPACKED
UNPACKED: Final = 1 << 24  # bytes
