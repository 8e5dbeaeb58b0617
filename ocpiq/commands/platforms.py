"""`ocpiq login`, `logout`, `platforms`: the platforms that can be pulled from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ocpiq.commands.arguments import Arguments
from ocpiq.commands.progress import Progress
from ocpiq.commands.report import say
from ocpiq.errors import UsageError

if TYPE_CHECKING:
    from ocpiq.storage import Login, Tls

TOKEN_VARIABLE: Final = "OCPIQ_TOKEN"  # noqa: S105 - the variable's name


def login(given: Arguments) -> int:
    """Log in, and keep what a pull needs to know."""
    from ocpiq import ocpi
    from ocpiq.storage import logins

    if len(given.words) != 1:
        raise UsageError(
            "ocpiq login takes one URL", hint="the versions or version-details URL of the platform"
        )
    progress = Progress(quiet=given.has("quiet"), verbose=given.has("verbose"))
    found = _found(given, progress)
    logins.save(found)
    modules = ocpi.redact(", ".join(found.endpoints), found.token.value, cut=False)
    say(f"logged in to {found.name}: OCPI {found.version}, {modules or 'no modules'}")
    if given.has("check"):
        from ocpiq.commands.check import check

        return check(found, progress)
    return 0


def _found(given: Arguments, progress: Progress) -> Login:
    """Return what the platform tells, once all that was given makes sense. Raises UsageError and PlatformError."""
    from msgspec.structs import replace

    from ocpiq import ocpi
    from ocpiq.storage import keyring, logins

    url, party, name = given.words[0], given.last("party"), given.last("name") or ""
    bare = ocpi.module_at(url) is not None
    if party is None and not bare and not given.has("open"):
        raise UsageError("ocpiq login needs --party XX-YYY", hint="your own country code and party id")
    own = ocpi.party(party) if party is not None else None
    if name:
        logins.checked(name)
    if given.has("keyring"):
        keyring.check()
    token = _token(given, needed=not bare)
    found = ocpi.login(
        url,
        token,
        own,
        name=name,
        version=given.last("ocpi-version"),
        tls=_tls(given),
        agree=_agree(given, token),
        allow_http=given.has("allow-http"),
        notify=progress,
    )
    stored = given.has("keyring") and found.token.value != ""
    return replace(found, token=replace(found.token, in_keyring=True)) if stored else found


def _agree(given: Arguments, token: str) -> Callable[[str], bool]:
    """Return what says whether the token may go to another origin: the options, else a person at a terminal."""
    from ocpiq.ocpi import origin, redact

    allowed = {origin(text) for (text,) in given.every("allow-origin")}
    if "" in allowed:
        raise UsageError("--allow-origin takes an origin", hint="such as https://data.example.com")

    def agree(there: str) -> bool:
        if there in allowed or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return there in allowed
        sys.stderr.write(
            f"the platform keeps data at {redact(there, token, cut=False)}; may the token go there? [y/N] "
        )
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    return agree


def _tls(given: Arguments) -> Tls | None:
    """Return the files for TLS that were given."""
    from ocpiq.storage import Tls

    names = ("ca-file", "client-cert", "client-key")
    paths = [str(Path(found).absolute()) if (found := given.last(name)) else "" for name in names]
    if paths[2] and not paths[1]:
        raise UsageError("--client-key needs --client-cert", hint="the certificate that the key is of")
    return Tls(*paths) if any(paths) else None


def logout(given: Arguments) -> int:
    """Forget a login: the one named, or the current one."""
    from ocpiq.storage import logins

    if len(given.words) > 1:
        raise UsageError("ocpiq logout takes one name")
    name = logins.find(given.words[0] if given.words else None).name
    logins.remove(name)
    say(f"logged out of {name}")
    return 0


def platforms(given: Arguments) -> int:
    """List the logins, the one in use with a star."""
    from ocpiq import ocpi
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
        sys.stdout.write(f"{star} {login.name:<{width}}  {login.version:<5}  {ocpi.shown_address(login)}\n")
    return 0


def _token(given: Arguments, *, needed: bool) -> str:
    """Return the token: given, in a file, in the environment, or asked for where a person can answer.

    Where none is `needed` nobody is asked, and nothing stands for a feed that is open to all.
    """
    if given.has("open"):
        return ""
    token = given.last("token")
    if token is not None:
        return token
    path = given.last("token-file")
    if path is not None:
        try:
            return Path(path).read_text("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"could not read the token file {path}") from None
    token = os.environ.get(TOKEN_VARIABLE)
    if token or not needed:
        return token or ""
    if sys.stdin.isatty() and sys.stderr.isatty():
        from getpass import getpass

        try:
            token = getpass("token: ", stream=sys.stderr)
        except EOFError:
            token = ""
    if not token:
        raise UsageError("there is no token", hint=f"{TOKEN_VARIABLE}, --token-file FILE, or --token TOKEN")
    return token
