"""Request headers: the token, message ids, routing (OCPI: Authorization header, Message Routing Headers)."""

from __future__ import annotations

import base64
import re
from uuid import uuid4

from ocpiq.errors import UsageError
from ocpiq.storage import Login, Party, Token
from ocpiq.storage.logins import TokenForm

NO_ROUTING = ("hubclientinfo",)  # a configuration module: routing headers shall not be used with it
REDACTED = "[token]"
SHORTEST_TRACE = 4  # characters of a token at a message's end that are taken for one cut through


def party(text: str) -> Party:
    """Return the party written `XX-YYY` (also `XX*YYY`, `XXYYY`). Raises UsageError."""
    found = re.fullmatch(r"([A-Za-z]{2})[-*]?([A-Za-z0-9]{3})", text.strip())
    if found is None:
        raise UsageError("a party is written XX-YYY", hint="country code and party id, such as NL-ABC")
    return Party(found[1].upper(), found[2].upper())


def token_text(given: str) -> str:
    """Return the token in what a user gave: blanks around it and `Token ` before it are not part of it."""
    text = re.sub(r"^\s*(?:Authorization:\s*)?Token\s+", "", given, flags=re.IGNORECASE).strip()
    if not text or not text.isprintable():
        raise UsageError("the token is empty or holds control characters")
    return text


def forms(preferred: TokenForm, token: str) -> tuple[TokenForm, ...]:
    """Return the forms of a token to try, in order; what is not ASCII cannot stand in a header as it is."""
    if not token.isascii() or " " in token or not token:
        return ("base64",)
    return ("raw", "base64") if preferred == "raw" else ("base64", "raw")


def encoded(token: str) -> str:
    """Return the Base64 form of a token."""
    return base64.b64encode(token.encode()).decode()


def headers(token: Token, correlation: str, routing: tuple[Party, Party] | None = None) -> dict[str, str]:
    """Return the headers of one request; `routing` is the parties it comes from and goes to."""
    sent = {"Authorization": f"Token {encoded(token.value) if token.form == 'base64' else token.value}"}
    sent = (sent if token.value else {}) | {
        "Accept": "application/json",
        "User-Agent": "ocpiq",
        "X-Request-ID": str(uuid4()),
        "X-Correlation-ID": correlation,
    }
    if routing is not None:
        own, theirs = routing
        sent |= {
            "OCPI-from-country-code": own.country_code,
            "OCPI-from-party-id": own.party_id,
            "OCPI-to-country-code": theirs.country_code,
            "OCPI-to-party-id": theirs.party_id,
        }
    return sent


def routing(login: Login, module: str) -> tuple[Party, Party] | None:
    """Return the parties that a request for `module` names: both, or none where one is not known for certain.

    Version 2.1.1 has no routing. A request that names its sender only would be an open routing request, which
    a list cannot be asked with. A hub is asked for the objects of all its parties; of several CPOs none is
    chosen.
    """
    if login.version == "2.1.1" or module in NO_ROUTING or login.own is None:
        return None
    for role in ("HUB", "CPO", None):
        there = {known.party for known in login.parties if role in (None, known.role)}
        if there:
            return (login.own, there.pop()) if len(there) == 1 else None
    return None


def redact(text: str, token: str) -> str:
    """Return `text` without the token, whole or cut off at the end, in any of its forms."""
    if not token:
        return text
    whole = encoded(token)
    for form in sorted({token, whole, whole.rstrip("=")}, key=len, reverse=True):
        text = re.sub(re.escape(form), REDACTED, text, flags=re.IGNORECASE)
        bare = text.removesuffix("…")
        for length in range(min(len(form), len(bare)), SHORTEST_TRACE - 1, -1):
            if bare[-length:].casefold() == form[:length].casefold():
                text = bare[:-length] + REDACTED
                break
    return text
