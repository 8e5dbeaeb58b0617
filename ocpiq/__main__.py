"""`python -m ocpiq`, and the command `ocpiq`."""

from __future__ import annotations

import sys

from ocpiq.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
