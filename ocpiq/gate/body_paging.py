"""Paging in the body of a response: the members beside its list that tell of further pages, if no header does.

Only members with names about paging are read, and none of an object. Of their values, only a URL and a number of
objects leave the gate; of any other member only its name, as the sign that there is more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from msgspec import UNSET, Raw, Struct, UnsetType, defstruct
from msgspec.json import Decoder

from ocpiq.errors import EMPTY, MessagePart
from ocpiq.gate.envelope import BOM
from ocpiq.values.json.fragments import LIST, OBJECT, REFUSED, fields, items, value
from ocpiq.values.json.reader import BLANKS, BrokenError
from ocpiq.values.patterns import lazy_pattern

LONGEST: Final = 4096  # bytes of a member that is read
DEPTH: Final = 3  # levels of members in members
NAME: Final = lazy_pattern(r"[@A-Za-z_][A-Za-z0-9_.@-]{0,63}")
SEPARATORS: Final = lazy_pattern(r"[^a-z0-9]")  # ignored when names are compared
NO_VALUES: Final = ("", "null", "none", "false", "0", "-1")
URL: Final = lazy_pattern(r"https?://\S+|[/?]\S*|[^\s?]*\?[^\s=]*=\S*")

HOLDERS: Final = (
    "link",
    "pag",
    "meta",
    "cursor",
    "next",
)  # a part of the name of an object about paging
BACK: Final = ("prev", "before", "start", "first", "self", "current")
NEXT: Final = (
    "page|link|url|uri|href|path|cursor|token|offset|marker|key|start|id|set|results|records|batch|index|skip"
)
NEXT_MEMBER: Final = lazy_pattern(rf"(?:odata|page|link)?next(?:{NEXT})*+|after")
CURSORS: Final = ("cursor", "continuation", "pagetoken", "scrollid")  # a part of the name of a cursor
TRUE_IF_MORE: Final = (
    "more",
    "hasmore",
    "hasnext",
    "hasnextpage",
    "morepages",
    "moreresults",
    "truncated",
    "istruncated",
)
FALSE_IF_MORE: Final = ("last", "islast", "lastpage", "islastpage")
COUNTED: Final = "count|size|elements|items|objects|records|results|rows|entries|hits|matches|found"
TOTAL: Final = lazy_pattern(f"x?total(number)?(of)?({COUNTED})?|({COUNTED})total|num(ber)?found")
PAGES: Final = lazy_pattern(
    "total(number)?(of)?pages?(count)?|pages?(count|total)|(num(ber)?|count)(of)?pages?|lastpage"
)


class MemberName(MessagePart):
    """The path of a member about paging."""

    __slots__ = ()

    def __new__(cls, path: str) -> Self:
        """Return the path if it is plain, otherwise what it is the path of."""
        return super().__new__(cls, path if NAME.fullmatch(path) else "a member")


class BodyPaging(Struct, frozen=True):
    """What the body of a response says about further pages.

    `next` is a URL. `more` is the name of the member that tells that there is more, `total` the number of objects and
    `total_name` the name of its member. Each is empty, or 0, if the body does not say it.
    """

    next: str = ""
    more: MessagePart = EMPTY
    total: int = 0
    total_name: MessagePart = EMPTY


class PagingMembers:
    """Reads the members about paging in the responses of one pull.

    `key` names the fields that identify an object of the module: a JSON object with one of them is not about paging.
    The first response tells what the members are called; later ones are searched for these only.
    """

    def __init__(self, key: tuple[str, ...]) -> None:
        self.key = frozenset(key)
        self.first = True
        self.names: dict[str, str] = {}  # by the attribute that they are decoded into
        self.decoder: Decoder[Any] = Decoder()

    def read(self, body: bytes) -> BodyPaging:
        """Return what a response says; nothing if it is a list or cannot be read."""
        body = body.removeprefix(BOM).lstrip(BLANKS)
        if body[:1] != OBJECT or not (self.first or self.names):
            return BodyPaging()
        try:
            members = fields(body) if self.first else self.known_members(body)
        except BrokenError:
            return BodyPaging()
        if self.first:
            self.first = False
            self.learn([name for name, raw in members.items() if may_matter(name, raw)])
        paging = BodyPaging()
        for path, name, raw in self.paging_members(members):
            paging = with_member(paging, path, name, raw)
        return paging

    def learn(self, names: list[str]) -> None:
        """Search later responses for members with these names, as far as the decoder accepts the names."""
        plain_names = [name for name in names if NAME.fullmatch(name)]
        self.names = {f"m{number}": name for number, name in enumerate(plain_names)}
        columns: list[Any] = [(attribute, Raw | UnsetType, UNSET) for attribute in self.names]
        self.decoder = Decoder(defstruct("Members", columns, rename=self.names, gc=False))

    def known_members(self, body: bytes) -> dict[str, bytes]:
        """Return the members with the names of the first response."""
        try:
            decoded = self.decoder.decode(body)
        except REFUSED:
            return fields(body)
        members = {name: getattr(decoded, attribute) for attribute, name in self.names.items()}
        return {name: bytes(raw) for name, raw in members.items() if raw is not UNSET}

    def paging_members(self, members: Mapping[str, bytes]) -> Iterator[tuple[str, str, bytes]]:
        """Yield the path, the name and the slice of each member about paging, at any depth."""
        todo = [("", members, 0)]
        while todo:
            path, level, depth = todo.pop()
            if not self.key.isdisjoint(level):
                continue
            for name, raw in level.items():
                inner = f"{path}{name}"
                if depth < DEPTH and raw[:1] == OBJECT and (name == "data" or concerns_paging(name, raw)):
                    todo.append((f"{inner}.", fields(raw), depth + 1))
                if len(raw) > LONGEST or not concerns_paging(name, raw):
                    continue
                if raw[:1] == LIST:
                    yield from next_links(inner, raw)
                elif raw[:1] == OBJECT:
                    yield from link_target(inner, name, raw)
                else:
                    yield inner, name, raw


def normalized(name: str) -> str:
    """Return a name without case and separators: `next_page` and `nextPage` are equal."""
    return SEPARATORS.sub("", name.casefold())


def concerns_paging(name: str, raw: bytes) -> bool:
    """Tell whether a member may be about paging, judging by its name."""
    key = normalized(name)
    if raw[:1] in (OBJECT, LIST):
        return any(part in key for part in HOLDERS)
    flags = (*TRUE_IF_MORE, *FALSE_IF_MORE)
    return key in flags or is_cursor(key) or any(pattern.fullmatch(key) for pattern in (TOTAL, PAGES))


def may_matter(name: str, raw: bytes) -> bool:
    """Tell whether a member may be about paging, or contain the list with paging members beside it."""
    return concerns_paging(name, raw) or (name == "data" and raw[:1] == OBJECT)


def link_target(path: str, name: str, raw: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield the target of a link that is an object: `"next": {"href": …}`."""
    if "next" not in normalized(name):
        return
    members = fields(raw)
    yield from ((path, name, members[key]) for key in ("href", "url", "uri") if key in members)


def next_links(path: str, raw: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield the target of the next link in a list: `"links": [{"rel": "next", "href": …}]`."""
    for item in items(raw):
        if not isinstance(item, bytes) or item[:1] != OBJECT:
            continue
        members = fields(item)
        if any(members.get(key, b"").strip(b'"').lower() == b"next" for key in ("rel", "name", "type")):
            yield from link_target(path, "next", item)


def with_member(paging: BodyPaging, path: str, name: str, raw: bytes) -> BodyPaging:
    """Return `paging` with the information of one more member."""
    key, shown = normalized(name), MemberName(path)
    try:
        content = value(raw)
    except BrokenError:
        return paging
    if isinstance(content, str):
        content = content.strip()
    number = whole_number(content)
    if TOTAL.fullmatch(key):
        is_larger = number is not None and number > paging.total
        return BodyPaging(paging.next, paging.more, number, shown) if number and is_larger else paging
    if PAGES.fullmatch(key) and not isinstance(content, bool):
        has_more = number is not None and number > 1
        return (
            BodyPaging(paging.next, paging.more or shown, paging.total, paging.total_name)
            if has_more
            else paging
        )
    if not says_more(key, content):
        return paging
    url = content if isinstance(content, str) and URL.fullmatch(content) else ""
    return BodyPaging(paging.next or url, paging.more or shown, paging.total, paging.total_name)


def is_cursor(key: str) -> bool:
    """Tell whether a member with this normalized name holds a cursor or the next URL."""
    return NEXT_MEMBER.fullmatch(key) is not None or any(word in key for word in CURSORS)


def says_more(key: str, content: object) -> bool:
    """Tell whether the content of a member means that there is more."""
    if key in FALSE_IF_MORE:
        return content is False
    if key in TRUE_IF_MORE:
        return content is True or (isinstance(content, str) and content.casefold() == "true")
    if any(part in key for part in BACK) or not is_cursor(key):
        return False
    if isinstance(content, str):
        return content.casefold() not in NO_VALUES
    return content is True or (isinstance(content, int | float) and content > 0)


def whole_number(content: object) -> int | None:
    """Return the whole number that a member holds, as a number or as text."""
    if isinstance(content, str) and content.isascii() and content.isdigit() and len(content) < 16:
        return int(content)
    if isinstance(content, float) and content.is_integer():
        return int(content)
    return content if isinstance(content, int) and not isinstance(content, bool) else None
