"""Rows that are kept as a view shows them, and opened again for a view that shows no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Raw
from msgspec.json import Encoder
from msgspec.structs import replace

from ocpiq.gate.field_report import FieldReport
from ocpiq.gate.gate import Gate, OpenedPage
from ocpiq.gate.keys import Repeats
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.view import ViewNode
from ocpiq.values.blank import Blank
from ocpiq.values.numbers import LiteralNumber

WHOLE = Demand(whole=True)
BLANK_VALUE, BLANK_CONTAINER = Raw(b"{}"), Raw(b"false")
"""What stands for a blank in kept rows: a shape that every view without more in the clear reads as a blank again."""

Keep = Callable[[bytes | None, int], None]
"""Takes the kept rows of a page as JSON, or None if they cannot be kept, and the number of objects of the page."""


def can_be_kept(view: ViewNode) -> bool:
    """Tell whether rows of a view can be kept: it has no treatment, whose result would be treated again."""
    return view.treatment is None and all(map(can_be_kept, view.children.values()))


def shows_no_more(view: ViewNode, kept: ViewNode) -> bool:
    """Tell whether rows that were kept as `kept` shows them have all that `view` shows.

    A field that `view` blanks has to be there too, because it tells whether the field was sent.
    """
    shown = kept.visibility == "shown"
    match view.visibility:
        case "blank":
            return view.treatment is None  # totals of a field for aggregates only need its values
        case "plain" | "treated":
            return kept.visibility in ("plain", "shown")
        case "shown" | "open":
            if not shown:
                return False
        case "container":
            if not shown and (kept.visibility != "container" or (view.scalars and not kept.scalars)):
                return False
    return all(
        (below := kept.child(name)) is not None and shows_no_more(child, below)
        for name, child in view.children.items()
    )


class KeepingGate(Gate):
    """A gate that also gives the rows of each page, in the window and without repeats, as its view shows them."""

    def __init__(self, gate: Gate, keep: Keep) -> None:
        self.__dict__.update(gate.__dict__)
        self._keep = keep
        self._whole = Gate(
            gate.view,
            WHOLE,
            gate.window,
            gate.key,
            gate.version,
            None,
            gate.as_version,
        )
        stored = stored_blanks(gate.view)

        def written(value: object) -> Raw:
            if isinstance(value, Blank):
                return stored[value.path]
            if isinstance(value, LiteralNumber):
                return Raw(value.text.encode())
            raise TypeError

        self._encode = Encoder(enc_hook=written).encode

    def of_platform(self, name: str, version: str, party: Mapping[str, str] | None = None) -> Gate:
        """Return this gate for the objects of one platform."""
        gate = super().of_platform(name, version, party)
        assert isinstance(gate, KeepingGate)
        gate._whole = self._whole.of_platform(name, version, party)
        return gate

    def page(self, body: bytes, repeats: Repeats | None = None, *, first: bool = False) -> OpenedPage:
        """Open a page, and keep its rows."""
        repeated: list[int] = []

        def note(keys: Sequence[int | None]) -> Sequence[int]:
            assert repeats is not None
            repeated[:] = repeats(keys)
            return repeated

        opened = super().page(body, None if repeats is None else note, first=first)
        whole = self._whole.page(body, None if repeats is None else lambda keys: repeated)
        try:
            kept = b"[" + b",".join(map(self._encode, whole.rows)) + b"]"
        except (TypeError, ValueError, OverflowError, RecursionError, UnicodeEncodeError):
            self._keep(
                None, 0
            )  # a value that JSON does not have: these rows are read from the platform again
        else:
            self._keep(kept, opened.count - opened.repeated)
        return opened

    def lines(self, lines: Sequence[bytes], *, first: bool = False) -> OpenedPage:
        """Open lines; platforms send none, so they are not kept."""
        self._keep(None, 0)
        return super().lines(lines, first=first)


def stored_blanks(view: ViewNode) -> dict[str, Raw]:
    """Return what stands for the blank of each field, by its path."""
    is_container = view.visibility in ("container", "open")
    stored = {view.blank.path: BLANK_CONTAINER if is_container else BLANK_VALUE}
    for child in view.children.values():
        stored |= stored_blanks(child)
    return stored


def open_kept(gate: Gate, body: bytes, count: int) -> OpenedPage:
    """Open a kept page that had so many objects. What the first pull has said of its fields is not said again."""
    return replace(gate.page(body), count=count, field_report=FieldReport())
