"""The help texts, made from the table of options."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

from ocpiq.app.commands import COMMANDS, Command
from ocpiq.app.options import FORMAT_GROUP, GROUPS, LISTS, OPTIONS, Option
from ocpiq.sinks.registry import FORMATS

WIDTH: Final = 80
COLUMN: Final = 28

USAGE: Final = (
    ("ocpiq [OPTIONS] QUERY [FILE...]", "query JSON of files or a pipe, as jq does"),
    ("ocpiq [OPTIONS] 'MODULE ... | ...'", "query a platform's modules, page by page"),
    ("ocpiq [OPTIONS] -f FILE", "a saved query"),
    ("ocpiq [OPTIONS]", "the prompt; without a terminal, the query is read from standard input"),
    ("ocpiq COMMAND --help", "one of the commands below, with its options and examples"),
)

EXAMPLES: Final = """\
  ocpiq --demo 'sessions pass kwh | limit 3'
  ocpiq --demo 'sessions pass kwh, status | aggregate sum(.kwh) by .status'
  ocpiq login https://ocpi.example.com/ocpi/versions --party NL-ABC
  ocpiq -o cdrs.csv 'cdrs only id, total_energy since 2026-01-01'
  ocpiq --demo --to table 'locations pass city | {id, city} | limit 5'
  ocpiq --demo --to chart 'locations pass city | aggregate count by .city'
  ocpiq --source cdrs=cdrs.json 'cdrs pass total_time | aggregate count'
  ocpiq '.[] | select(.price > 10)' prices.json
"""

EXIT_CODES: Final = (
    ("0", "done"),
    ("1, 4", "see --exit-status"),
    ("2", "usage, a file, no platform"),
    ("3", "the query does not compile"),
    ("5", "the query failed while running"),
    ("6", "the platform: network, token, status"),
    ("7", "refused for privacy"),
    ("8", "incomplete: not everything was pulled"),
    ("9", "nothing was new (--fail-if-empty)"),
)

ENVIRONMENT: Final = (
    ("OCPIQ_TOKEN", "the token of ocpiq login"),
    ("OCPIQ_PLATFORM", "the login to use, unless --platform names one"),
    ("OCPI_SESSION_FILE", "a session of ocpi-tool to use, unless a login is named"),
    ("OCPIQ_RECIPIENT", "who receives the results, unless --recipient names one"),
    ("OCPIQ_HISTORY", "off: the prompt does not remember queries"),
    ("OCPIQ_CONFIG", "folder of logins, recipients and config.toml (default: the user's own)"),
    ("OCPIQ_STATE", "folder of history and audit trail (default: the user's own)"),
    ("OCPIQ_CACHE", "cache folder for parser tables, used only if the grammar was changed"),
    ("OCPIQ_DEBUG", "set: internal errors with a traceback, which may hold private values"),
    ("JQ_COLORS", "colors of JSON, as in jq"),
    ("NO_COLOR", "set: no colors"),
)

SHORT: Final = """\
ocpiq queries a charge point operator's OCPI interface in the language of jq.

  ocpiq --demo                                a prompt on made-up data
  ocpiq --demo 'sessions pass kwh | limit 3'  one query on it
  ocpiq login URL --party XX-YYY              log in; then `ocpiq` is a prompt
  ocpiq --help                                everything else
"""


def full_help() -> str:
    """Return the text of `--help`, at most 80 columns wide."""
    parts = [SHORT.split("\n", 1)[0] + "\n", _table(USAGE, 36)]
    parts.append("Commands\n" + "".join(map(_command_entry, COMMANDS)))
    for title, options in GROUPS.items():
        listed = "".join(_entry(option_usage(option), option.about) for option in options)
        parts.append(f"{title}\n{listed}" + (format_list() if title == FORMAT_GROUP else ""))
    parts.append("Examples\n" + EXAMPLES)
    parts.append("Exit codes\n" + _table([("  " + code, about) for code, about in EXIT_CODES], 8))
    parts.append("Environment\n" + _table([("  " + name, about) for name, about in ENVIRONMENT], COLUMN))
    return "\n".join(parts)


def help_for(name: str) -> str:
    """Return the help of the command with that name, "" if it does not exist."""
    return "".join(command_help(command) for command in COMMANDS if command.name == name)


def command_help(command: Command) -> str:
    """Return the text of `COMMAND --help`: arguments, options, examples."""
    options = [option for option in OPTIONS if command.name in option.commands]
    parts = [f"ocpiq {command.name} {command.takes}".rstrip() + f"\n\n{_sentence(command.about)}\n"]
    if options:
        listed = (_entry(option_usage(option), option.about_in(command.name)) for option in options)
        parts.append("Options\n" + "".join(listed))
    if command.name in LISTS:
        parts.append("Formats of --to\n" + format_list())
    parts.append("Examples\n" + "".join(f"  ocpiq {words}\n" for words in command.examples))
    return "\n".join([*parts, "See also: ocpiq --help for all options and exit codes.\n"])


def format_list() -> str:
    """Return the list of output formats for below `--to`."""
    return "".join(
        _entry(f"    {format_.name}", ", ".join((format_.about, *format_.endings))) for format_ in FORMATS
    )


def option_usage(option: Option) -> str:
    """Return how the option is written, with the words that it takes."""
    short = f"-{option.short}, " if option.short else "    "
    return " ".join((f"{short}--{option.name}", *option.takes))


def _command_entry(command: Command) -> str:
    return _entry(f"{command.name} {command.takes}".rstrip(), command.about)


def _sentence(text: str) -> str:
    return "\n".join(textwrap.wrap(text[0].upper() + text[1:] + ".", WIDTH, break_on_hyphens=False))


def _entry(name: str, about: str) -> str:
    return _table([(f"  {name}", about)], COLUMN)


def _table(rows: Iterable[tuple[str, str]], column: int) -> str:
    """Return each name with its description from `column` on, or below a name that is too long."""
    table: list[str] = []
    for name, about in rows:
        lines = textwrap.wrap(about, WIDTH - column - 2, break_on_hyphens=False)
        if len(name) >= column:
            lines.insert(0, "")
        table.append(f"{name:<{column}}{lines[0]}".rstrip())
        table += (" " * column + line for line in lines[1:])
    return "\n".join(table) + "\n"
