"""`ocpiq config`: the current defaults, their origins, and the config file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ocpiq.app.settings import Settings
from ocpiq.errors import UsageError

if TYPE_CHECKING:
    from ocpiq.storage.config import Config

EXAMPLE: Final = """\
Set defaults in it, such as
  zone = "Europe/Amsterdam"   # --tz; a query's own time zone comes first
  form = "table"              # --to
  mode = "0640"               # permissions of result files
  platform = "depot"          # --platform
  audit = true                # an entry in the audit trail for every run; or the path of the trail
  vi = true                   # the keys of vi at the prompt, where `:set vi on` does the same
  menu = false                # at the prompt, suggestions only on Tab
  history = false             # save no query of the prompt"""


def run(settings: Settings) -> int:
    """Print each setting with its value and origin. Raises UsageError if the file cannot be used."""
    from ocpiq.storage.config import config_path, load

    if settings.words:
        raise UsageError("ocpiq config takes no words", hint=f"edit {config_path()}")
    config = load()
    lines = [file_line(), "", *table(config), "", *EXAMPLE.splitlines()]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def file_line() -> str:
    """Return the line that names the config file."""
    from ocpiq.storage.config import config_path

    return f"config file: {config_path()}{'' if config_path().exists() else ' (does not exist)'}"


def table(config: Config, only: str = "") -> Iterator[str]:
    """Yield a line for each setting, or for one: its name, value and origin."""
    rows = [row for row in _rows(config) if only in ("", row[0])]
    width = max(len(value) for _, value, _ in rows)
    for name, value, origin in rows:
        yield f"{name:<8}  {value:<{width}}  {origin}"


def _rows(config: Config) -> Iterator[tuple[str, str, str]]:
    from ocpiq.storage import audit_trail
    from ocpiq.storage.config import SWITCHES, Config

    mode = None if config.mode is None else f"{config.mode:04o}"
    for name, value, built_in, origin in (
        ("zone", config.zone, "UTC", "default"),
        ("form", config.form, "json", "default"),
        ("mode", mode, "0600", "default of new files with passed fields"),
    ):
        yield name, value or built_in, "config file" if value else origin
    yield ("platform", *_platform(config))
    audit = str(audit_trail.default_path()) if config.audit is True else config.audit
    yield "audit", audit or "runs with a recipient", "config file" if audit else "default"
    defaults = Config()
    for switch in SWITCHES:
        is_on: bool = getattr(config, switch)
        origin = "default" if is_on == getattr(defaults, switch) else "config file"
        yield switch, "on" if is_on else "off", origin


def _platform(config: Config) -> tuple[str, str]:
    """Return the name of the login that commands use, and what chose it."""
    from ocpiq.storage import logins, ocpi_tool

    if named := os.environ.get(logins.PLATFORM_VARIABLE):
        return named, logins.PLATFORM_VARIABLE
    if ocpi_tool.named_session():
        return ocpi_tool.NAME, ocpi_tool.SESSION_VARIABLE
    if config.platform:
        return config.platform, "config file"
    return logins.current() or "none", "last login"
