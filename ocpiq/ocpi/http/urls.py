"""URLs: which are allowed, how query strings change, and which parts may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

from ocpiq.errors import SourceError, say

PORTS = {"http": 80, "https": 443}
EMPTY_VALUES = ("", "none", "null", "undefined")  # what servers write for a missing parameter
HOST = re.compile(r"[\x00-\x20]*+(?:[A-Za-z][A-Za-z0-9+.-]*+:)?//([^/?#]*+)")
LONGEST_HOST = 320  # characters, with a user's name and the port: no name in the DNS is longer than 255
LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - compared with, never bound


def clean_url(text: str) -> str:
    """Return a URL entered by the user, without blanks and fragment. Raises UsageError."""
    parts = split_url(text.strip())
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or " " in parts.netloc:
        raise SourceError(
            say("not a platform URL"), hint=say("https://HOST/…/versions, as provided by the platform")
        )
    if parts.username is not None or parts.password is not None:
        raise SourceError(say("the URL contains a user name or password"), hint=say("OCPI uses only a token"))
    return urlunsplit(parts._replace(fragment=""))


def without_query(url: str) -> str:
    """Return scheme, host and path of a URL for an error; a query string may be private."""
    parts = split_url(url)
    if parts is None or not parts.hostname:
        return "the address"
    return f"{parts.scheme}://{host_and_port(parts)}{parts.path}"


def host(url: str) -> str:
    """Return host and port of a URL for a message."""
    parts = split_url(url)
    return host_and_port(parts) if parts is not None and parts.hostname else "the address"


def resolve(link: str, base: str) -> str | None:
    """Return a platform's URL, resolved against that of its response; None if invalid.

    On the same host, a scheme other than the request's is a mistake of a proxy and is corrected,
    and so is a loopback host in the response of a remote platform. A pull that began with https stays
    with https.
    """
    target, origin = split_url(join_url(link, base)), split_url(base)
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
    return urlunsplit(target._replace(netloc=format_host(name, port), fragment=""))


def same_origin(one: str, other: str) -> bool:
    """Return whether two URLs have scheme, host and port in common."""
    left, right = split_url(one), split_url(other)
    return left is not None and right is not None and origin_parts(left) == origin_parts(right)


def origin(url: str) -> str:
    """Return scheme, host and, where it is not the scheme's own, port of a URL; nothing where it has none."""
    parts = split_url(url)
    if parts is None or not parts.hostname:
        return ""
    scheme, name, port = origin_parts(parts)
    return f"{scheme}://{format_host(name, None if port == PORTS.get(scheme) else port)}"


def is_plain_http(url: str) -> bool:
    """Return whether requests to a URL are unencrypted: plain http to another machine."""
    parts = split_url(url)
    return parts is not None and parts.scheme == "http" and not is_loopback(parts.hostname or "")


def is_loopback(name: str) -> bool:
    """Return whether a host is this machine itself."""
    try:
        return ip_address(name).is_loopback or name in LOOPBACK
    except ValueError:
        return name in LOOPBACK or name.endswith(".localhost")


def redirect_target(location: str, base: str) -> str | None:
    """Return the target of a redirect if the token may be sent there: the same origin, or http to https on its host.

    The latter only at the port of https, or at the same port: another service may listen at any other.
    """
    target, origin = split_url(join_url(location, base)), split_url(base)
    if target is None or origin is None:
        return None
    if (origin.scheme, target.scheme) == ("http", "https") and target.hostname == origin.hostname:
        if (target.port or PORTS["https"]) not in (PORTS["https"], origin.port or PORTS["http"]):
            return None
        return urlunsplit(target._replace(netloc=host_and_port(target), fragment=""))
    repaired = resolve(location, base)
    return repaired if repaired is not None and same_origin(repaired, base) else None


def with_query(url: str, values: Mapping[str, str]) -> str:
    """Return `url` with these parameters replaced or added; the others stay as they are."""
    parts = urlsplit(url)
    others = [piece for piece in parts.query.split("&") if piece and parameter_name(piece) not in values]
    return urlunsplit(parts._replace(query="&".join([*others, *([urlencode(values)] if values else [])])))


def toggle_slash(url: str) -> str:
    """Return `url` with a slash at the end of its path, or without the one that it has."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path[:-1] if parts.path.endswith("/") else parts.path + "/"))


def parameters(url: str) -> dict[str, str]:
    """Return the parameters of a URL that have a value; a server's `None` does not count."""
    pieces = [piece.partition("=") for piece in urlsplit(url).query.split("&")]
    read = {unquote_plus(name): unquote_plus(value) for name, _, value in pieces}
    return {name: value for name, value in read.items() if value.casefold() not in EMPTY_VALUES}


def without_empty_parameters(url: str) -> str:
    """Return `url` without empty parameters: `date_from=None`, `date_to=`."""
    parts = urlsplit(url)
    present = parameters(url)
    pieces = [piece for piece in parts.query.split("&") if parameter_name(piece) in present]
    return urlunsplit(parts._replace(query="&".join(pieces)))


def path_and_paging(url: str) -> str:
    """Return the path and paging parameters of a URL; other parameters may be private."""
    values = parameters(url)
    paging = "&".join(
        f"{name}={values[name]}" for name in ("offset", "limit") if values.get(name, "").isdigit()
    )
    text = urlsplit(url).path + (f"?{paging}" if paging else "")
    return "".join(char if char.isprintable() else "?" for char in text)


def path(url: str) -> str:
    """Return the path of a URL, without a closing slash."""
    parts = split_url(url)
    return parts.path.rstrip("/") if parts is not None else ""


def child_url(url: str, name: str) -> str:
    """Return the URL of a list below an endpoint."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def split_url(url: str) -> SplitResult | None:
    """Return the parts of a URL, or None if it is invalid."""
    if not has_short_host(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # read now: a bad port shows here
    except ValueError:
        return None
    return parts


def join_url(link: str, base: str) -> str:
    """Return `link` joined to `base`, or an empty string if it is invalid."""
    if not has_short_host(link):
        return ""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return ""


def has_short_host(url: str) -> bool:
    """Return whether the host of a URL, if any, has an acceptable length.

    Checked before anything else parses it: normalizing combining characters takes quadratic time.
    """
    match = HOST.match("".join(url.split()))
    return match is None or len(match[1]) <= LONGEST_HOST


def host_and_port(parts: SplitResult) -> str:
    """Return host and port, without a user's name."""
    return format_host(parts.hostname or "", parts.port)


def format_host(name: str, port: int | None) -> str:
    """Return host and port as written in a URL."""
    bracketed = f"[{name}]" if ":" in name else name
    return bracketed if port is None else f"{bracketed}:{port}"


def origin_parts(parts: SplitResult) -> tuple[str, str, int]:
    """Return scheme, host and port, the scheme's own port where none is written."""
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)


def parameter_name(piece: str) -> str:
    """Return the name in one `name=value` of a query string."""
    return unquote_plus(piece.partition("=")[0])


def proxy_for(url: str) -> str | None:
    """Return the address of the proxy that the environment, or the system, names for a URL."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - slow to load, and files need none

    parts, proxies = urlsplit(url), getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return None
    return proxy if "//" in proxy else f"http://{proxy}"
