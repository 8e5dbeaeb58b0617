"""`:set`: the settings of the config file, shown and changed at the prompt."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from ocpiq.app import config as listing
from ocpiq.app.error_report import write_stderr
from ocpiq.app.settings import PromptSettings
from ocpiq.errors import UsageError, choices, safe_word
from ocpiq.prompt.session import Session
from ocpiq.sinks.registry import TERMINAL_NAMES, by_name
from ocpiq.storage import config, logins

LATER: Final = ("platform", "audit")  # a session keeps the platform and the audit trail that it began with


def set_preference(session: Session, rest: str) -> None:
    """List the settings, show one, or change it in the config file and in this session. Raises UsageError."""
    name, _, value = rest.partition(" ")
    if name and name not in config.NAMES:
        raise UsageError(f"unknown setting {safe_word(name)}", hint=choices(name, config.NAMES))
    if not value.strip():
        lines = [*listing.table(config.load(), name)]
        print("\n".join(lines if name else [*lines, listing.file_line()]))  # noqa: T201 - what was asked for
        return
    try:
        changed = config.change(name, _checked(name, value.strip()))
    except UsageError as error:  # the line was typed here, not in the file
        error.message = str(error.message).removeprefix(f"{config.config_path()}: ")
        raise
    _apply(session, name, changed)
    (line,) = listing.table(changed, name)
    write_stderr(" ".join(line.split(maxsplit=2)[:2]) + (" (from the next start)" if name in LATER else ""))


def _checked(name: str, value: str) -> str:
    """Return a value as the config file has it. Raises UsageError for a format or login that does not exist."""
    if value == config.DEFAULT:
        return value
    if name == "form":
        return by_name(value, ":set form").name
    if name == "platform":
        logins.find(value)
    return value


def _apply(session: Session, name: str, changed: config.Config) -> None:
    """Let a change hold in this session."""
    settings = session.settings
    match name:
        case "zone":
            settings = structs.replace(
                settings, query=structs.replace(settings.query, default_zone=changed.zone)
            )
        case "mode":
            settings = structs.replace(
                settings, output=structs.replace(settings.output, default_mode=changed.mode)
            )
        case "form":
            form = changed.form or "json"
            session.form = form if form in TERMINAL_NAMES else "json"
        case "history":
            session.keeps_history = changed.history
        case _:
            prompt = PromptSettings(changed.vi, changed.menu, changed.history)
            settings = structs.replace(settings, prompt=prompt)
    session.settings = settings
