"""What the members of an answer beside its list say of the pages that follow, where headers say nothing.

Only members whose names speak of paging are opened, and none of an object. Of what they hold, a URL and a number of
objects leave the gate; of any other only its name, as what tells that there is more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import UNSET, Raw, Struct, UnsetType, defstruct
from msgspec.json import Decoder

from ocpiq.gate.envelope import BOM
from ocpiq.values.json.fragments import LIST, OBJECT, REFUSED, fields, items, value
from ocpiq.values.json.reader import BLANKS, BrokenError

LONGEST: Final = 4096  # bytes of a member that is opened
DEPTH: Final = 3  # levels of members in members
NAME: Final = re.compile(r"[@A-Za-z_][A-Za-z0-9_.@-]{0,63}")
PLAIN: Final = re.compile(r"[^a-z0-9]")  # what names are compared without
NOTHING: Final = ("", "null", "none", "false", "0", "-1")
URL: Final = re.compile(r"https?://\S+|[/?]\S*|[^\s?]*\?[^\s=]*=\S*")

HOLDERS: Final = ("link", "pag", "meta", "cursor", "next")  # names of objects about paging have one of these
BACK: Final = ("prev", "before", "start", "first", "self", "current")
NEXT: Final = (
    "page|link|url|uri|href|path|cursor|token|offset|marker|key|start|id|set|results|records|batch|index|skip"
)
NEXT_MEMBER: Final = re.compile(rf"(?:odata|page|link)?next(?:{NEXT})*+|after")
CURSORS: Final = ("cursor", "continuation", "pagetoken", "scrollid")  # names of cursors have one of these
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
THINGS: Final = "count|size|elements|items|objects|records|results|rows|entries|hits|matches|found"
TOTAL: Final = re.compile(f"x?total(number)?(of)?({THINGS})?|({THINGS})total|num(ber)?found")
PAGES: Final = re.compile(
    "total(number)?(of)?pages?(count)?|pages?(count|total)|(num(ber)?|count)(of)?pages?|lastpage"
)


class BodyPaging(Struct, frozen=True):
    """What an answer says of the pages that follow.

    `next` is a URL. `more` is the name of the member that tells that there is more, `total` the number of objects and
    `total_name` the name of the member that tells it. All of them are empty, or 0, where nothing does.
    """

    next: str = ""
    more: str = ""
    total: int = 0
    total_name: str = ""


class PagingMembers:
    """Reads the members about paging in the answers of one pull.

    `key` names the fields that identify an object of the module: what has one is not an answer, but an object.
    The first answer tells what these members are called; in later ones only they are looked for.
    """

    def __init__(self, key: tuple[str, ...]) -> None:
        self.key = frozenset(key)
        self.first = True
        self.names: dict[str, str] = {}  # by the attribute that they are decoded into
        self.decoder: Decoder[Any] = Decoder()

    def read(self, body: bytes) -> BodyPaging:
        """Return what an answer says; nothing where it is a list, or cannot be read."""
        body = body.removeprefix(BOM).lstrip(BLANKS)
        if body[:1] != OBJECT or not (self.first or self.names):
            return BodyPaging()
        try:
            members = fields(body) if self.first else self.named(body)
        except BrokenError:
            return BodyPaging()
        if self.first:
            self.first = False
            self.learn([name for name, raw in members.items() if speaks(name, raw) or holds(name, raw)])
        found = BodyPaging()
        for name, key, raw in self.spread(members):
            found = told(found, name, key, raw)
        return found

    def learn(self, names: list[str]) -> None:
        """Look for members of these names from here on, as far as the decoder takes them."""
        plain_ones = [name for name in names if NAME.fullmatch(name)]
        self.names = {f"m{number}": name for number, name in enumerate(plain_ones)}
        columns: list[Any] = [(attribute, Raw | UnsetType, UNSET) for attribute in self.names]
        self.decoder = Decoder(defstruct("Members", columns, rename=self.names, gc=False))

    def named(self, body: bytes) -> dict[str, bytes]:
        """Return the members that are looked for."""
        try:
            found = self.decoder.decode(body)
        except REFUSED:
            return fields(body)
        sent = {name: getattr(found, attribute) for attribute, name in self.names.items()}
        return {name: bytes(raw) for name, raw in sent.items() if raw is not UNSET}

    def spread(self, members: Mapping[str, bytes]) -> Iterator[tuple[str, str, bytes]]:
        """Yield the members about paging, and those in them: the path of each, its last name, and its slice."""
        todo = [("", members, 0)]
        while todo:
            path, held, depth = todo.pop()
            if not self.key.isdisjoint(held):
                continue
            for name, raw in held.items():
                inner = f"{path}{name}"
                if depth < DEPTH and raw[:1] == OBJECT and (name == "data" or speaks(name, raw)):
                    todo.append((f"{inner}.", fields(raw), depth + 1))
                if len(raw) > LONGEST or not speaks(name, raw):
                    continue
                if raw[:1] == LIST:
                    yield from links(inner, raw)
                elif raw[:1] == OBJECT:
                    yield from link(inner, name, raw)
                else:
                    yield inner, name, raw


def plain(name: str) -> str:
    """Return a name as names are compared: `next_page` and `nextPage` are one."""
    return PLAIN.sub("", name.casefold())


def speaks(name: str, raw: bytes) -> bool:
    """Tell whether a member may be about paging, by its name."""
    key = plain(name)
    if raw[:1] in (OBJECT, LIST):
        return any(part in key for part in HOLDERS)
    flags = (*TRUE_IF_MORE, *FALSE_IF_MORE)
    return key in flags or is_cursor(key) or any(pattern.fullmatch(key) for pattern in (TOTAL, PAGES))


def holds(name: str, raw: bytes) -> bool:
    """Tell whether the list may lie in this member, with others beside it."""
    return name == "data" and raw[:1] == OBJECT


def link(path: str, name: str, raw: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield what an object that stands for a link leads to: `"next": {"href": …}`."""
    if "next" not in plain(name):
        return
    members = fields(raw)
    yield from ((path, name, members[key]) for key in ("href", "url", "uri") if key in members)


def links(path: str, raw: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield what the next one of a list of links leads to: `"links": [{"rel": "next", "href": …}]`."""
    for item in items(raw):
        if not isinstance(item, bytes) or item[:1] != OBJECT:
            continue
        members = fields(item)
        if any(members.get(key, b"").strip(b'"').lower() == b"next" for key in ("rel", "name", "type")):
            yield from link(path, "next", item)


def told(found: BodyPaging, path: str, name: str, raw: bytes) -> BodyPaging:
    """Return what was found so far, and what a member adds to it."""
    key, shown = plain(name), path if NAME.fullmatch(path) else "a member"
    try:
        sent = value(raw)
    except BrokenError:
        return found
    if isinstance(sent, str):
        sent = sent.strip()
    number = whole(sent)
    if TOTAL.fullmatch(key):
        more = number is not None and number > found.total
        return BodyPaging(found.next, found.more, number, shown) if number and more else found
    if PAGES.fullmatch(key) and not isinstance(sent, bool):
        many = number is not None and number > 1
        return BodyPaging(found.next, found.more or shown, found.total, found.total_name) if many else found
    if not says_more(key, sent):
        return found
    url = sent if isinstance(sent, str) and URL.fullmatch(sent) else ""
    return BodyPaging(found.next or url, found.more or shown, found.total, found.total_name)


def is_cursor(key: str) -> bool:
    """Tell whether a member of this name, in plain letters, holds a cursor or the next URL."""
    return NEXT_MEMBER.fullmatch(key) is not None or any(word in key for word in CURSORS)


def says_more(key: str, sent: object) -> bool:
    """Tell whether what a member holds means that there is more."""
    if key in FALSE_IF_MORE:
        return sent is False
    if key in TRUE_IF_MORE:
        return sent is True or (isinstance(sent, str) and sent.casefold() == "true")
    if any(part in key for part in BACK) or not is_cursor(key):
        return False
    if isinstance(sent, str):
        return sent.casefold() not in NOTHING
    return sent is True or (isinstance(sent, int | float) and sent > 0)


def whole(sent: object) -> int | None:
    """Return the number that a member holds, as a number or as text."""
    if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) < 16:
        return int(sent)
    if isinstance(sent, float) and sent.is_integer():
        return int(sent)
    return sent if isinstance(sent, int) and not isinstance(sent, bool) else None
