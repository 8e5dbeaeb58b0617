"""`python -m ocpiq`, and the command `ocpiq`: the prompt for a person at a terminal, else the command line."""

from __future__ import annotations

import signal
import sys

TYPE_CHECKING = False  # as in `typing`, which takes a while to load
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run ocpiq and return the exit code. An interrupt while it starts ends it quietly, like any program.

    Nothing is imported before: an interrupt that Python raises while a module in C is loading can crash it.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    words = sys.argv[1:] if argv is None else argv
    from ocpiq.runtime.collector import collect_rarely  # noqa: PLC0415 - after the signal

    collect_rarely()
    from ocpiq.app import stdio  # noqa: PLC0415 - after the signal
    from ocpiq.app.light_imports import import_lightly  # noqa: PLC0415 - after the signal

    stdio.prepare()
    import_lightly()
    if _wants_prompt(words):
        from ocpiq.prompt import main as run  # noqa: PLC0415 - each needs much that the other does not
    else:
        from ocpiq.cli.main import main as run  # noqa: PLC0415
    code = run(words)
    stdio.drop_unwritten_errors()
    return code


def _wants_prompt(words: Sequence[str]) -> bool:
    """Tell whether there is nothing to run, and a person at a terminal."""
    from ocpiq.app.arguments import parse  # noqa: PLC0415
    from ocpiq.errors import OcpiqError  # noqa: PLC0415

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        return not parse(words).has_query
    except OcpiqError:  # which the command line says
        return False


if __name__ == "__main__":
    sys.exit(main())
