"""`python -m ocpiq`, and the command `ocpiq`."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Run the command line. An interrupt while it starts ends it as it ends any program, without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ocpiq.commands.main import main as run  # noqa: PLC0415

    return run()


if __name__ == "__main__":
    sys.exit(main())
