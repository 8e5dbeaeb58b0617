"""`ocpiq login`, `logout`, `platforms`: the platforms that can be pulled from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from ocpiq.commands.arguments import Arguments
from ocpiq.commands.progress import Progress
from ocpiq.commands.report import say
from ocpiq.errors import UsageError

TOKEN_VARIABLE: Final = "OCPIQ_TOKEN"  # noqa: S105 - the variable's name


def login(given: Arguments) -> int:
    """Log in, and keep what a pull needs to know."""
    from ocpiq import ocpi
    from ocpiq.storage import logins

    if len(given.words) != 1:
        raise UsageError(
            "ocpiq login takes one URL", hint="the versions or version-details URL of the platform"
        )
    party = given.last("party")
    if party is None:
        raise UsageError("ocpiq login needs --party XX-YYY", hint="your own country code and party id")
    version = given.last("ocpi-version")
    progress = Progress(quiet=given.has("quiet"), verbose=given.has("verbose"))
    own = ocpi.party(party)
    name = given.last("name") or ""
    if name:
        logins.path_of(name)
    found = ocpi.login(given.words[0], _token(given), own, name=name, version=version, notify=progress)
    logins.save(found)
    say(f"logged in to {found.name}: OCPI {found.version}, {', '.join(found.endpoints) or 'no modules'}")
    return 0


def logout(given: Arguments) -> int:
    """Forget a login: the one named, or the current one."""
    from ocpiq.storage import logins

    if len(given.words) > 1:
        raise UsageError("ocpiq logout takes one name")
    name = logins.load(given.words[0] if given.words else None).name
    logins.remove(name)
    say(f"logged out of {name}")
    return 0


def platforms(given: Arguments) -> int:
    """List the logins, the one in use with a star."""
    from ocpiq.storage import logins

    if given.words:
        raise UsageError("ocpiq platforms takes no words")
    known = logins.every()
    if not known:
        say("no platforms yet; ocpiq login URL --party XX-YYY makes one")
        return 0
    used = os.environ.get(logins.PLATFORM_VARIABLE) or logins.current()
    width = max(len(login.name) for login in known)
    for login in known:
        star = "*" if login.name == used else " "
        sys.stdout.write(f"{star} {login.name:<{width}}  {login.version:<5}  {login.url}\n")
    return 0


def _token(given: Arguments) -> str:
    """Return the token: given, in a file, in the environment, or asked for where a person can answer."""
    token = given.last("token")
    if token is not None:
        return token
    path = given.last("token-file")
    if path is not None:
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"could not read the token file {path}") from None
    token = os.environ.get(TOKEN_VARIABLE)
    if token:
        return token
    if sys.stdin.isatty() and sys.stderr.isatty():
        from getpass import getpass

        try:
            token = getpass("token: ", stream=sys.stderr)
        except EOFError:
            token = ""
    if not token:
        raise UsageError("there is no token", hint=f"{TOKEN_VARIABLE}, --token-file FILE, or --token TOKEN")
    return token
