"""The blank: it replaces a value that the query does not pass."""

from __future__ import annotations

from typing import Final, NoReturn, cast

from ocpiq.errors import PrivacyError, UserText, say

NA: Final = "#NA"


class Blank:
    """A blanked value. It can be moved, never used; it prints as `"#NA"`.

    All blanks are equal in Python (`value == ocpiq.BLANK`). `module` and `path` name the field that was
    withheld, for the error that says how to pass it; `text` is what the blank prints: formatting a blank
    (`tostring`, `@csv`, interpolation) gives a blank again, with the formatted text.
    """

    __slots__ = ("module", "path", "printed")

    def __init__(self, module: str = "", path: str = "", text: str = NA) -> None:
        self.module = module
        self.path = path
        self.printed = text  # what the encoder of JSON reads: a slot, because a property takes twice as long

    @property
    def text(self) -> str:
        """What the blank prints."""
        return self.printed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blank)

    def __hash__(self) -> int:
        return hash(NA)

    def __repr__(self) -> str:
        return "BLANK"

    def formatted(self, text: str) -> Blank:
        """Return the blank of the same field that prints `text`."""
        return Blank(self.module, self.path, text)


BLANK: Final = Blank()

OTHER: Final = Blank(text="#other")
"""Stands for the keys of the groups that are combined because each has few drivers; it equals no text."""

TOO_FEW: Final = Blank()
"""A total over fewer drivers than a run needs."""


def refuse(blank: Blank) -> NoReturn:
    """Raise the error for using a blanked value, with its field and how to pass it."""
    if blank is OTHER:
        raise PrivacyError(
            say("#other stands for several groups, and can only be shown"),
            hint=say("filter before the aggregate, or sort by a total"),
        )
    if blank is TOO_FEW:
        raise PrivacyError(say("the total is over too few drivers, and cannot be used"))
    if not blank.module:
        raise PrivacyError(say("a blanked value cannot be used, only moved"))
    module, path = UserText(blank.module), UserText(blank.path)
    name = say("{module}.{path}", module=module, path=path) if path else module
    raise PrivacyError(
        say("{name} is blanked", name=name),
        hint=say("to use it: {module} pass {path}", module=module, path=path or say(".")),
    )


def refuse_inside(value: object) -> None:
    """Raise if `value` is a blank or contains one at any depth."""
    pending = [value]
    while pending:
        item = pending.pop()
        value_type = type(item)
        if value_type is Blank:
            refuse(cast(Blank, item))
        elif value_type is list:
            pending.extend(cast("list[object]", item))
        elif value_type is dict:
            pending.extend(cast("dict[str, object]", item).values())
