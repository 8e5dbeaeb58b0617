"""`ocpiq man`: the man page (man(7)), made from what `--help` prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from ocpiq.commands.arguments import Arguments
from ocpiq.commands.help import EXAMPLES, EXIT_CODES, SHORT, USAGE, names
from ocpiq.commands.options import COMMANDS, GROUPS
from ocpiq.errors import UsageError

ENVIRONMENT: Final = {
    "OCPIQ_TOKEN": "the token of ocpiq login",
    "OCPIQ_PLATFORM": "which login, where --platform does not say",
    "JQ_COLORS": "the colours of JSON, as in jq",
    "NO_COLOR": "no colours, if it is set",
}


def run(given: Arguments) -> int:
    """Print the page."""
    from ocpiq import __version__

    if given.words:
        raise UsageError("ocpiq man takes nothing", hint="ocpiq man | man -l -")
    sys.stdout.write("\n".join(_page(__version__)) + "\n")
    return 0


def _page(version: str) -> Iterator[str]:
    about = SHORT.split("\n", 1)[0].removesuffix(".").removeprefix("ocpiq ")
    yield f'.TH OCPIQ 1 "" "ocpiq {version}" "User Commands"'
    yield from (".SH NAME", roff(f"ocpiq - {about}"))
    yield from (".SH SYNOPSIS", *_as_it_is(USAGE))
    yield ".SH COMMANDS"
    for command in COMMANDS:
        yield from _entry(f"ocpiq {command.name} {command.takes}".rstrip(), command.about)
    yield ".SH OPTIONS"
    for title, options in GROUPS.items():
        yield f'.SS "{roff(title)}"'
        for option in options:
            yield from _entry(names(option).strip(), option.about)
    yield from (".SH EXAMPLES", *_as_it_is(EXAMPLES))
    yield from (".SH EXIT STATUS", *_as_it_is(EXIT_CODES))
    yield ".SH ENVIRONMENT"
    for name, about in ENVIRONMENT.items():
        yield from _entry(name, about)
    yield from (".SH SEE ALSO", ".BR jq (1)")


def roff(text: str) -> str:
    """Return text that roff takes as it stands."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace('"', "\\(dq")
    text = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in text)
    return "\\&" + text if text.startswith(".") else text


def _entry(name: str, about: str) -> Iterator[str]:
    yield from (".TP", f"\\fB{roff(name)}\\fR", roff(about))


def _as_it_is(text: str) -> Iterator[str]:
    yield from (".nf", *map(roff, text.rstrip("\n").split("\n")), ".fi")
