"""`python -m ocpiq`, and the command `ocpiq`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; an interrupt while it starts ends it without a word."""
    try:
        from ocpiq.commands.main import main as run  # noqa: PLC0415

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
