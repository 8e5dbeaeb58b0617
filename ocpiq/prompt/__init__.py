"""The interactive prompt. prompt_toolkit is imported only when the prompt opens."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

from ocpiq.app.arguments import parse
from ocpiq.app.read_settings import prompt_settings
from ocpiq.app.settings import Settings


def main(argv: Sequence[str]) -> int:
    """Open the prompt for a command line without a query, and return the exit code."""
    from ocpiq.app.exit_codes import exit_code  # noqa: PLC0415 - as below
    from ocpiq.app.shutdown import Shutdown  # noqa: PLC0415

    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # Ctrl-C must interrupt the wait for a query
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return exit_code(lambda: start(prompt_settings(parse(argv))), Shutdown())
    except SystemExit as ended:  # by a signal: a query that still runs in its thread must not hold the end up
        os._exit(int(ended.code or 0))


def start(settings: Settings) -> int:
    """Open the prompt and return the exit code; without a platform, print how to add one."""
    from ocpiq.prompt.session import Session  # noqa: PLC0415 - one-line queries do not need it

    session = Session.start(settings)
    if session is None:
        from ocpiq.app.error_report import write_stderr  # noqa: PLC0415
        from ocpiq.app.help import SHORT  # noqa: PLC0415
        from ocpiq.errors import UsageError  # noqa: PLC0415

        write_stderr(SHORT.rstrip())
        return UsageError.exit_code
    from ocpiq.prompt.prompt import run_prompt  # noqa: PLC0415

    with session.at_end, session.stack:
        return run_prompt(session)
