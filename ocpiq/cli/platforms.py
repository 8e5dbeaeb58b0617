"""`ocpiq login`, `logout` and `platforms`: store, remove and list logins."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
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

    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    session = _session(settings)
    if session is not None:
        new_login = _import_session(session, settings.login, progress)
    elif len(settings.words) == 1:
        new_login = _log_in(settings.words[0], settings.login, progress)
    else:
        raise UsageError(
            "ocpiq login takes one URL", hint="the versions or version-details URL of the platform"
        )
    logins.save(new_login)
    modules = ocpi.redact(", ".join(new_login.endpoints), new_login.token.value, cut=False)
    write_stderr(f"logged in to {new_login.name}: OCPI {new_login.version}, {modules or 'no modules'}")
    if settings.login.check:
        from ocpiq.cli.login_check import check

        return check(new_login, progress)
    return 0


def _session(settings: Settings) -> Path | None:
    """Return the session of ocpi-tool to import: that of `--import`, else, without a URL, one that the user agrees to.

    Raises UsageError.
    """
    from ocpiq.storage import ocpi_tool

    chosen = settings.login.session_file
    if chosen is not None and settings.words:
        raise UsageError("--import takes no URL", hint="log in with the URL, or import the session")
    if chosen is not None or settings.words:
        return chosen
    found = ocpi_tool.session_path()
    if found is None:
        return None
    if sys.stdin.isatty() and sys.stderr.isatty():
        sys.stderr.write(f"import the session of ocpi-tool in {found}? [y/N] ")
        sys.stderr.flush()
        return found if _is_yes(sys.stdin.readline()) else None
    raise UsageError("ocpiq login takes one URL", hint=f"or --import {found}, the session of ocpi-tool")


def _is_yes(answer: str) -> bool:
    return answer.strip().lower() in ("y", "yes")


def _import_session(path: Path, options: LoginSettings, progress: Progress) -> Login:
    """Return ocpi-tool's session as a login, after one request with its token. Raises UsageError and PlatformError."""
    from msgspec.structs import replace

    from ocpiq import ocpi
    from ocpiq.storage import keyring, logins, ocpi_tool

    session = ocpi_tool.read(path)
    if options.keyring:
        keyring.check()
    party = ocpi.parse_party(options.party) if options.party is not None else session.own
    session = replace(
        session,
        name=logins.valid_name(options.name)
        if options.name
        else ocpi.platform_name(session.url, session.token.value),
        own=party,
        tls=_tls(options),
        allow_http=options.allow_http,
    )
    new_login = ocpi.confirm(session, agree=_origin_consent(options, session.token.value), notify=progress)
    return _in_keyring(new_login) if options.keyring else new_login


def _in_keyring(login: Login) -> Login:
    """Return a login whose token is kept in the keyring; an open platform has none."""
    from msgspec.structs import replace

    return replace(login, token=replace(login.token, in_keyring=login.token.value != ""))


def _log_in(url: str, options: LoginSettings, progress: Progress) -> Login:
    """Check the options, log in and return the login. Raises UsageError and PlatformError."""
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
    return _in_keyring(new_login) if options.keyring else new_login


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
        return _is_yes(sys.stdin.readline())

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
        write_stderr(f"no platforms yet ({logins.how_to_log_in()})")
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
