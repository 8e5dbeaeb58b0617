"""`ocpiq login`, `logout` and `platforms`: store, remove and list logins."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ocpiq.app import text_files
from ocpiq.app.ask import ask_hidden, ask_yes_or_no, can_ask
from ocpiq.app.error_report import write_stderr
from ocpiq.app.progress import Progress
from ocpiq.app.settings import LoginSettings, Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.sources import platform_name, platform_names
from ocpiq.errors import UsageError

if TYPE_CHECKING:
    from ocpiq.storage import Login, Tls

TOKEN_VARIABLE: Final = "OCPIQ_TOKEN"  # noqa: S105 - the variable's name


def login(settings: Settings, shutdown: Shutdown) -> int:
    """Log in to a platform and store the login."""
    from ocpiq import ocpi
    from ocpiq.storage import logins

    progress = Progress(quiet=settings.quiet, verbose=settings.verbose)
    session = _session(settings, shutdown)
    if session is not None:
        new_login = _import_session(session, settings.login, progress, shutdown)
    elif len(settings.words) == 1:
        new_login = _log_in(settings.words[0], settings.login, progress, shutdown)
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


def _session(settings: Settings, shutdown: Shutdown) -> Path | None:
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
    if can_ask():
        return found if ask_yes_or_no(f"import the session of ocpi-tool in {found}?", shutdown) else None
    raise UsageError("ocpiq login takes one URL", hint=f"or --import {found}, the session of ocpi-tool")


def _import_session(path: Path, options: LoginSettings, progress: Progress, shutdown: Shutdown) -> Login:
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
    new_login = ocpi.confirm(
        session, agree=_origin_consent(options, session.token.value, shutdown), notify=progress
    )
    return _in_keyring(new_login) if options.keyring else new_login


def _in_keyring(login: Login) -> Login:
    """Return a login whose token is kept in the keyring; an open platform has none."""
    from msgspec.structs import replace

    return replace(login, token=replace(login.token, in_keyring=login.token.value != ""))


def _log_in(url: str, options: LoginSettings, progress: Progress, shutdown: Shutdown) -> Login:
    """Check the options, log in and return the login. Raises UsageError and PlatformError."""
    from ocpiq import ocpi
    from ocpiq.schema import VERSIONS
    from ocpiq.storage import keyring, logins

    ocpi.clean_url(url)
    if options.version not in (None, *VERSIONS):
        raise UsageError("--ocpi-version: unknown OCPI version", hint=f"available: {', '.join(VERSIONS)}")
    is_module_url = ocpi.module_at(url) is not None
    if options.party is None and not is_module_url and not options.open:
        raise UsageError("ocpiq login needs --party XX-YYY", hint="your own country code and party id")
    own_party = ocpi.parse_party(options.party) if options.party is not None else None
    if options.name:
        logins.valid_name(options.name)
    if options.keyring:
        keyring.check()
    token = _token(options, shutdown, needed=not is_module_url)
    new_login = ocpi.login(
        url,
        token,
        own_party,
        name=options.name,
        version=options.version,
        tls=_tls(options),
        agree=_origin_consent(options, token, shutdown),
        allow_http=options.allow_http,
        notify=progress,
    )
    return _in_keyring(new_login) if options.keyring else new_login


def _origin_consent(options: LoginSettings, token: str, shutdown: Shutdown) -> Callable[[str], bool]:
    """Return a function that decides whether the token may go to another origin: by the options, else by asking."""
    from ocpiq.ocpi import origin, redact

    allowed = {origin(text) for text in options.allowed_origins}
    if "" in allowed:
        raise UsageError("--allow-origin takes an origin", hint="such as https://data.example.com")

    def consents(other_origin: str) -> bool:
        if other_origin in allowed or not can_ask():
            return other_origin in allowed
        shown = redact(other_origin, token, cut=False)
        return ask_yes_or_no(f"the platform keeps data at {shown}; may the token go there?", shutdown)

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
    wanted = settings.words[0] if settings.words else platform_name(settings.pull)
    if not wanted and not logins.names():
        raise UsageError("there is no login to remove", hint=logins.how_to_log_in())
    name = logins.find(wanted).name
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


def _token(options: LoginSettings, shutdown: Shutdown, *, needed: bool) -> str:
    """Return the token: from the option, a file, the environment, or typed at the terminal.

    Unless `needed`, nobody is asked for it. An empty token is for a feed that needs none.
    """
    if options.open:
        return ""
    if options.token is not None:
        return options.token
    if options.token_file is not None:
        return _token_in(options.token_file)
    token = os.environ.get(TOKEN_VARIABLE, "")
    if token or not needed:
        return token
    if can_ask():
        token = ask_hidden("token: ", shutdown)
    if not token:
        raise UsageError("no token", hint=f"{TOKEN_VARIABLE}, --token-file FILE, or --token TOKEN")
    return token


def _token_in(path: Path) -> str:
    token = text_files.read(str(path), "the token file ").strip()
    if not token:
        raise UsageError(f"the token file {path} is empty", hint="for a feed without a token: --open")
    return token
