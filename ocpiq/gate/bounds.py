"""How large a page may be, pulled or saved, and how much of that may be packing."""

from __future__ import annotations

from typing import Final

LARGEST: Final = 1 << 29  # bytes of one page, or of one line of NDJSON
RATIO: Final = 200  # times its packed size that a body larger than UNPACKED may have
UNPACKED: Final = 1 << 24  # bytes
