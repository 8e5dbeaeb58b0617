"""URLs: where a request may go, how a query string is changed, and what of a URL may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

from ocpiq.errors import UsageError

PORTS = {"http": 80, "https": 443}
NOTHING = ("", "none", "null", "undefined")  # what servers write for a parameter that was not given
HOST = re.compile(r"[\x00-\x20]*+(?:[A-Za-z][A-Za-z0-9+.-]*+:)?//([^/?#]*+)")
LONGEST_HOST = 320  # characters, with a user's name and the port: no name in the DNS is longer than 255
LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared with, never bound


def cleaned(text: str) -> str:
    """Return the URL that a user gave, without blanks and fragment. Raises UsageError."""
    parts = split(text.strip())
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("not a platform URL", hint="https://HOST/…/versions, as the platform gave it")
    if parts.username is not None or parts.password is not None:
        raise UsageError("the URL holds a user name or password", hint="OCPI takes a token and nothing else")
    return urlunsplit(parts._replace(fragment=""))


def shown(url: str) -> str:
    """Return scheme, host and path of a URL that an error may show: a query string may hold anything."""
    parts = split(url)
    if parts is None or not parts.hostname:
        return "the address"
    return f"{parts.scheme}://{place(parts)}{parts.path}"


def host(url: str) -> str:
    """Return host and port of a URL for a message."""
    parts = split(url)
    return place(parts) if parts is not None and parts.hostname else "the address"


def resolved(link: str, base: str) -> str | None:
    """Return where a platform's own URL leads, read beside that of the answer it was in; None if nowhere.

    On the same host a scheme other than the request's is a mistake of a proxy in between and is put right,
    and so is a loopback host in the answer of a platform that is elsewhere. What was asked with https goes on
    with https.
    """
    target, origin = split(joined(link, base)), split(base)
    if target is None or origin is None or not target.hostname or target.scheme not in ("http", "https"):
        return None
    mistaken = target.hostname in LOOPBACK and origin.hostname not in LOOPBACK
    if mistaken or (target.hostname == origin.hostname and target.scheme != origin.scheme):
        target = target._replace(scheme=origin.scheme)
        port = origin.port
    elif (origin.scheme, target.scheme) == ("https", "http"):
        target, port = target._replace(scheme="https"), None if target.port == 80 else target.port
    else:
        port = target.port
    name = (origin if mistaken else target).hostname or ""
    return urlunsplit(target._replace(netloc=place_of(name, port), fragment=""))


def same_origin(one: str, other: str) -> bool:
    """Return whether two URLs have scheme, host and port in common."""
    left, right = split(one), split(other)
    return left is not None and right is not None and origin_of(left) == origin_of(right)


def origin(url: str) -> str:
    """Return scheme, host and, where it is not the scheme's own, port of a URL; nothing where it has none."""
    parts = split(url)
    if parts is None or not parts.hostname:
        return ""
    scheme, name, port = origin_of(parts)
    return f"{scheme}://{place_of(name, None if port == PORTS.get(scheme) else port)}"


def is_plain_http(url: str) -> bool:
    """Return whether what goes to a URL can be read on the way: plain http, and to another machine."""
    parts = split(url)
    return parts is not None and parts.scheme == "http" and not is_loopback(parts.hostname or "")


def is_loopback(name: str) -> bool:
    """Return whether a host is this machine itself."""
    try:
        return ip_address(name).is_loopback or name in LOOPBACK
    except ValueError:
        return name in LOOPBACK or name.endswith(".localhost")


def redirected(location: str, base: str) -> str | None:
    """Return where a redirect leads if the token may go there: the same origin, or from http to https on its host.

    The latter only at the port of https, or at the same port: another service may listen at any other.
    """
    target, origin = split(joined(location, base)), split(base)
    if target is None or origin is None:
        return None
    if (origin.scheme, target.scheme) == ("http", "https") and target.hostname == origin.hostname:
        if (target.port or PORTS["https"]) not in (PORTS["https"], origin.port or PORTS["http"]):
            return None
        return urlunsplit(target._replace(netloc=place(target), fragment=""))
    repaired = resolved(location, base)
    return repaired if repaired is not None and same_origin(repaired, base) else None


def with_query(url: str, values: Mapping[str, str]) -> str:
    """Return `url` with these parameters in place of those of their names; the others stay as they are."""
    parts = urlsplit(url)
    kept = [piece for piece in parts.query.split("&") if piece and name_of(piece) not in values]
    return urlunsplit(parts._replace(query="&".join([*kept, *([urlencode(values)] if values else [])])))


def other_slash(url: str) -> str:
    """Return `url` with a slash at the end of its path, or without the one that it has."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path[:-1] if parts.path.endswith("/") else parts.path + "/"))


def parameters(url: str) -> dict[str, str]:
    """Return the parameters of a URL that hold something: a `None` that a server wrote is not there."""
    pieces = [piece.partition("=") for piece in urlsplit(url).query.split("&")]
    read = {unquote_plus(name): unquote_plus(value) for name, _, value in pieces}
    return {name: value for name, value in read.items() if value.casefold() not in NOTHING}


def without_nothing(url: str) -> str:
    """Return `url` without the parameters that hold nothing: `date_from=None`, `date_to=`."""
    parts = urlsplit(url)
    there = parameters(url)
    kept = [piece for piece in parts.query.split("&") if name_of(piece) in there]
    return urlunsplit(parts._replace(query="&".join(kept)))


def traced(url: str) -> str:
    """Return the path of a URL and its paging: other parameters may say anything."""
    there = parameters(url)
    paging = "&".join(
        f"{name}={there[name]}" for name in ("offset", "limit") if there.get(name, "").isdigit()
    )
    text = urlsplit(url).path + (f"?{paging}" if paging else "")
    return "".join(char if char.isprintable() else "?" for char in text)


def path(url: str) -> str:
    """Return the path of a URL, without a closing slash."""
    parts = split(url)
    return parts.path.rstrip("/") if parts is not None else ""


def below(url: str, name: str) -> str:
    """Return the URL of a list that stands below an endpoint's."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def split(url: str) -> SplitResult | None:
    """Return the parts of a URL, or None where it is none."""
    if not has_short_host(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # read now: a bad port shows here
    except ValueError:
        return None
    return parts


def joined(link: str, base: str) -> str:
    """Return `link` read beside `base`, or nothing where it cannot be read."""
    if not has_short_host(link):
        return ""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return ""


def has_short_host(url: str) -> bool:
    """Return whether the host of a URL, if there is one, is short enough to be one.

    It is looked at before anything else reads it: characters that are combined are put in order there, which takes
    time by the square of their number.
    """
    found = HOST.match("".join(url.split()))
    return found is None or len(found[1]) <= LONGEST_HOST


def place(parts: SplitResult) -> str:
    """Return host and port, without a user's name."""
    return place_of(parts.hostname or "", parts.port)


def place_of(name: str, port: int | None) -> str:
    """Return host and port as they stand in a URL."""
    bracketed = f"[{name}]" if ":" in name else name
    return bracketed if port is None else f"{bracketed}:{port}"


def origin_of(parts: SplitResult) -> tuple[str, str, int]:
    """Return scheme, host and port, the scheme's own port where none is written."""
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)


def name_of(piece: str) -> str:
    """Return the name in one `name=value` of a query string."""
    return unquote_plus(piece.partition("=")[0])


def proxy_of(url: str) -> str | None:
    """Return the address of the proxy that the environment, or the system, names for a URL."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - slow to load, and files need none

    parts, proxies = urlsplit(url), getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or proxy_bypass(parts.hostname or ""):
        return None
    return found if "//" in found else f"http://{found}"
