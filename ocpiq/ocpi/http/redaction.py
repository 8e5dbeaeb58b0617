"""Removes the token from addresses and from a platform's own messages, however escaped, split or truncated."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from ocpiq.ocpi.http.urls import origin
from ocpiq.storage import Login

REDACTED = "[token]"
RUN = 8  # consecutive characters that are enough to recognize a token
SHORTEST_TRACE = (
    4  # characters at the end of a text that count as a truncated token; a shorter token is no secret
)
LONGEST = 1 << 16  # characters of a text that are read; the rest is not shown
NESTED = 3  # escapes in escapes that are read

ESCAPE = re.compile(
    r"\\u(?P<json>[0-9A-Fa-f]{4})|\\x(?P<hex>[0-9A-Fa-f]{2})|%(?P<url>[0-9A-Fa-f]{2})"
    r"|(?P<html>&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)|\\(?P<plain>[^ux])"
)
CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
BROKEN_ESCAPE = re.compile(r"(?:%[0-9a-f]?|\\(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|&#?[0-9a-z]{0,8})\Z")

Span = tuple[int, int]


def redact(text: str, token: str, *, cut: bool = True) -> str:
    """Return `text` without the token in any of its forms, and without parts that could reveal it.

    Such a part is RUN characters in a row, or, where the text may have been `cut`, the beginning of the token
    at its end. Escapes of JSON, URLs and HTML are read, case and line breaks count for nothing.
    """
    text = text[:LONGEST]
    if not token:
        return text
    whole, parts = searched_forms(token)
    hidden = sorted(
        (spans[begin][0], spans[end - 1][1])
        for plain, spans in readings(text)
        for begin, end in token_spans(plain, whole, parts, cut=cut)
    )
    pieces: list[str] = []
    place = 0
    for start, stop in hidden:
        if start > place or not pieces:
            pieces += [text[place:start], REDACTED]
        place = max(place, stop)
    return "".join((*pieces, text[place:]))


def shown_address(login: Login) -> str:
    """Return the URL of a login as it may be shown. For an old one in the keyring the token is unknown."""
    if login.shown or not login.token.in_keyring:
        return login.shown or redact(login.url, login.token.value, cut=False)
    return f"{origin(login.url)}/…"


def readings(text: str) -> Iterator[tuple[str, list[Span]]]:
    """Yield a text as it is, and with one to NESTED levels of its escapes read, as `normalize` returns each."""
    spans = [(place, place + 1) for place in range(len(text))]
    yield normalize(text, spans)
    for _ in range(NESTED):
        if not ESCAPE.search(text):
            return
        text, spans = unescape(text, spans)
        yield normalize(text, spans)


def normalize(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    """Return a text in lower case and without blanks, and the spans of its characters."""
    chars = [
        (small, span)
        for char, span in zip(text, spans, strict=True)
        if char.isprintable() and not char.isspace() and len(small := char.lower()) == 1
    ]
    return "".join(small for small, _ in chars), [span for _, span in chars]


def unescape(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    """Return a text with one level of escapes decoded, and the spans of its characters."""
    chars: list[str] = []
    places: list[Span] = []
    place = 0
    for match in ESCAPE.finditer(text):
        chars += text[place : match.start()]
        places += spans[place : match.start()]
        place = match.end()
        meant = unescape_match(match)
        chars += meant
        places += [(spans[match.start()][0], spans[place - 1][1])] * len(meant)
    return "".join((*chars, text[place:])), [*places, *spans[place:]]


def unescape_match(match: re.Match[str]) -> str:
    """Return the characters that an escape represents."""
    code = match["json"] or match["hex"] or match["url"]
    if code:
        return chr(int(code, 16))
    if match["html"]:
        import html  # noqa: PLC0415 - slow to load, and rarely needed

        return html.unescape(match["html"])
    return CONTROLS.get(match["plain"], match["plain"])


def token_spans(plain: str, whole: tuple[str, ...], parts: frozenset[str], *, cut: bool) -> Iterator[Span]:
    """Yield the spans of a token, or of parts of it, in a normalized text."""
    for form in whole:
        place = plain.find(form)
        while place >= 0:
            yield place, place + len(form)
            place = plain.find(form, place + len(form))
    for place in range(len(plain) - RUN + 1):
        if plain[place : place + RUN] in parts:
            yield place, place + RUN
    bare = plain.rstrip("….")
    for end in {plain, plain.rstrip("…"), bare, BROKEN_ESCAPE.sub("", bare)} if cut else ():
        for form in whole:
            for length in range(min(len(form), len(end)), SHORTEST_TRACE - 1, -1):
                if end.endswith(form[:length]):
                    yield len(end) - length, max(len(end), len(bare))
                    break


def searched_forms(token: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the forms of a token as `normalize` returns them, the longest first, and every RUN in them."""
    encoded = base64.b64encode(token.encode("utf-8", "replace")).decode()
    plain = {
        token,
        encoded,
        encoded.rstrip("="),
        base64.urlsafe_b64encode(token.encode("utf-8", "replace")).decode(),
    }
    with_decoded = plain | {decode_token(token)}
    stripped = {"".join(form.split()).lower() for form in with_decoded}
    whole = {form for form in stripped if len(form) >= SHORTEST_TRACE}
    parts = {form[place : place + RUN] for form in whole for place in range(len(form) - RUN + 1)}
    return tuple(sorted(whole, key=len, reverse=True)), frozenset(parts)


def decode_token(token: str) -> str:
    """Return the token decoded from Base64, or an empty string: some platforms send back the decoded form."""
    try:
        text = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return text.strip() if len(text.strip()) >= RUN and text.strip().isprintable() else ""
