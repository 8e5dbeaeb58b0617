"""The interactive prompt: thin files, one concern each. What needs prompt_toolkit is loaded when it opens."""

from __future__ import annotations

from ocpiq.commands.arguments import Arguments


def start(given: Arguments) -> int:
    """Open the prompt and return the exit code; without a platform say how to get one."""
    from ocpiq.repl.session import Session  # noqa: PLC0415 - one-liners need none of it

    session = Session.begin(given)
    if session is None:
        from ocpiq.commands.help import SHORT  # noqa: PLC0415
        from ocpiq.commands.report import say  # noqa: PLC0415
        from ocpiq.errors import UsageError  # noqa: PLC0415

        say(SHORT.rstrip())
        return UsageError.exit_code
    from ocpiq.repl.prompt import converse  # noqa: PLC0415

    with session.stack:
        return converse(session)
