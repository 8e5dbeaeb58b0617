"""`ocpiq man`: the man page (man(7)), made from the texts of `--help`."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator

from ocpiq.app.commands import COMMANDS
from ocpiq.app.help import ENVIRONMENT, EXAMPLES, EXIT_CODES, SHORT, USAGE, option_usage
from ocpiq.app.options import GROUPS
from ocpiq.app.settings import Settings
from ocpiq.errors import UsageError


def run(settings: Settings) -> int:
    """Print the page."""
    from ocpiq import __version__

    if settings.words:
        raise UsageError("ocpiq man takes no words", hint="ocpiq man | man -l -")
    sys.stdout.write("\n".join(_page(__version__)) + "\n")
    return 0


def _page(version: str) -> Iterator[str]:
    about = SHORT.split("\n", 1)[0].removesuffix(".").removeprefix("ocpiq ")
    yield f'.TH OCPIQ 1 "" "ocpiq {version}" "User Commands"'
    yield from (".SH NAME", roff(f"ocpiq - {about}"))
    yield from _table("SYNOPSIS", USAGE)
    yield ".SH COMMANDS"
    for command in COMMANDS:
        yield from _entry(f"ocpiq {command.name} {command.takes}".rstrip(), command.about)
        yield ".PP"
        yield from _verbatim([f"ocpiq {words}" for words in command.examples])
    yield ".SH OPTIONS"
    for title, options in GROUPS.items():
        yield f'.SS "{roff(title)}"'
        for option in options:
            yield from _entry(option_usage(option).strip(), option.about)
    yield from (".SH EXAMPLES", *_verbatim(textwrap.dedent(EXAMPLES).splitlines()))
    yield from _table("EXIT STATUS", EXIT_CODES)
    yield from _table("ENVIRONMENT", ENVIRONMENT)
    yield from (".SH SEE ALSO", ".BR jq (1)")


def roff(text: str) -> str:
    """Return the text escaped for roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace('"', "\\(dq")
    text = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in text)
    return "\\&" + text if text.startswith(".") else text


def _entry(name: str, about: str) -> Iterator[str]:
    yield from (".TP", f"\\fB{roff(name)}\\fR", roff(about))


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f".SH {title}"
    for name, about in rows:
        yield from _entry(name, about)


def _verbatim(lines: Iterable[str]) -> Iterator[str]:
    yield from (".nf", *map(roff, lines), ".fi")
