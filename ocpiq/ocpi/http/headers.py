"""Request headers: the token, message ids, routing (OCPI: Authorization header, Unique message IDs)."""

from __future__ import annotations

import base64
import re
from uuid import uuid4

from ocpiq.errors import SourceError, say
from ocpiq.storage import AccessToken, Party
from ocpiq.storage.login import TokenForm


def parse_token(text: str) -> str:
    """Return the token in what a user gave: blanks around it and `Token ` before it are not part of it."""
    text = re.sub(r"^\s*(?:Authorization:\s*)?Token\s+", "", text, flags=re.IGNORECASE).strip()
    if not text or not text.isprintable():
        raise SourceError(say("the token is empty or contains control characters"))
    return text


def token_forms(preferred: TokenForm, token: str) -> tuple[TokenForm, ...]:
    """Return the forms of a token to try, in order; what is not ASCII cannot stand in a header as it is."""
    if not token.isascii() or " " in token or not token:
        return ("base64",)
    return ("raw", "base64") if preferred == "raw" else ("base64", "raw")


def base64_token(token: str) -> str:
    """Return the Base64 form of a token."""
    return base64.b64encode(token.encode()).decode()


def request_headers(
    token: AccessToken, correlation: str, routing: tuple[Party, Party] | None = None
) -> dict[str, str]:
    """Return the headers of one request; `routing` is the parties it comes from and goes to."""
    sent = {"Authorization": f"Token {base64_token(token.value) if token.form == 'base64' else token.value}"}
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
