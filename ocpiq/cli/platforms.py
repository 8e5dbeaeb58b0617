"""`ocpiq login`, `logout` and `platforms`: store, remove and list logins."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ocpiq.app import text_files
from ocpiq.app.error_report import write_stderr
from ocpiq.app.progress import Progress
from ocpiq.app.settings import LoginSettings, Settings
from ocpiq.app.sources import platform_name, platform_names
from ocpiq.errors import UsageError

if TYPE_CHECKING:
    from ocpiq.storage import Login, Tls

TOKEN_VARIABLE: Final = "OCPIQ_TOKEN"  # noqa: S105 - the variable's name


def login(settings: Settings) -> int:
    """Log in to a platform and store the login."""
    from ocpiq import ocpi
    from ocpiq.storage import logins

    if len(settings.words) != 1:
        raise UsageError(
            "ocpiq login takes one URL", hint="the versions or version-details URL of the platform"
        )
    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    new_login = _log_in(settings.words[0], settings.login, progress)
    logins.save(new_login)
    modules = ocpi.redact(", ".join(new_login.endpoints), new_login.token.value, cut=False)
    write_stderr(f"logged in to {new_login.name}: OCPI {new_login.version}, {modules or 'no modules'}")
    if settings.login.check:
        from ocpiq.cli.login_check import check

        return check(new_login, progress)
    return 0


def _log_in(url: str, options: LoginSettings, progress: Progress) -> Login:
    """Check the options, log in and return the login. Raises UsageError and PlatformError."""
    from msgspec.structs import replace

    from ocpiq import ocpi
    from ocpiq.storage import keyring, logins

    is_module_url = ocpi.module_at(url) is not None
    if options.party is None and not is_module_url and not options.open:
        raise UsageError("ocpiq login needs --party XX-YYY", hint="your own country code and party id")
    own_party = ocpi.parse_party(options.party) if options.party is not None else None
    if options.name:
        logins.valid_name(options.name)
    if options.keyring:
        keyring.check()
    token = _token(options, needed=not is_module_url)
    new_login = ocpi.login(
        url,
        token,
        own_party,
        name=options.name,
        version=options.version,
        tls=_tls(options),
        agree=_origin_consent(options, token),
        allow_http=options.allow_http,
        notify=progress,
    )
    in_keyring = options.keyring and new_login.token.value != ""
    return replace(new_login, token=replace(new_login.token, in_keyring=True)) if in_keyring else new_login


def _origin_consent(options: LoginSettings, token: str) -> Callable[[str], bool]:
    """Return a function that decides whether the token may go to another origin: by the options, else by asking."""
    from ocpiq.ocpi import origin, redact

    allowed = {origin(text) for text in options.allowed_origins}
    if "" in allowed:
        raise UsageError("--allow-origin takes an origin", hint="such as https://data.example.com")

    def consents(other_origin: str) -> bool:
        if other_origin in allowed or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return other_origin in allowed
        sys.stderr.write(
            f"the platform keeps data at {redact(other_origin, token, cut=False)}; may the token go there? [y/N] "
        )
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    return consents


def _tls(options: LoginSettings) -> Tls | None:
    """Return the files for TLS, or None."""
    from ocpiq.storage import Tls

    paths = (options.ca_file, options.client_cert, options.client_key)
    if options.client_key and not options.client_cert:
        raise UsageError("--client-key needs --client-cert", hint="the certificate that belongs to the key")
    return Tls(*paths) if any(paths) else None


def logout(settings: Settings) -> int:
    """Remove the named login, or the current one."""
    from ocpiq.storage import logins

    if len(settings.words) > 1:
        raise UsageError("ocpiq logout takes one name")
    name = logins.find(settings.words[0] if settings.words else platform_name(settings.pull)).name
    logins.remove(name)
    write_stderr(f"logged out of {name}")
    return 0


def platforms(settings: Settings) -> int:
    """List the logins; a star marks the current one."""
    from ocpiq import ocpi
    from ocpiq.storage import logins

    if settings.words:
        raise UsageError("ocpiq platforms takes no words")
    stored = logins.every()
    if not stored:
        write_stderr("no platforms yet (ocpiq login URL --party XX-YYY)")
        return 0
    current = platform_names(settings.pull) or (logins.current(),)
    width = max(len(login.name) for login in stored)
    for login in stored:
        star = "*" if login.name in current else " "
        sys.stdout.write(f"{star} {login.name:<{width}}  {login.version:<5}  {ocpi.shown_address(login)}\n")
    return 0


def _token(options: LoginSettings, *, needed: bool) -> str:
    """Return the token: from the option, a file, the environment, or typed at the terminal.

    Unless `needed`, nobody is asked for it. An empty token is for a feed that needs none.
    """
    if options.open:
        return ""
    if options.token is not None:
        return options.token
    if options.token_file is not None:
        return text_files.read(str(options.token_file), "the token file ").strip()
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
        raise UsageError("no token", hint=f"{TOKEN_VARIABLE}, --token-file FILE, or --token TOKEN")
    return token
