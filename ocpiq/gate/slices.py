"""Reads keys, identities and dates of the slices of a page, before they become rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast

from msgspec import Raw, Struct, defstruct
from msgspec.json import Decoder

from ocpiq.gate.keys import Identifier, Identity, KeySeal, ObjectKey
from ocpiq.gate.layout import Row
from ocpiq.gate.window import Verdict, Window, moment
from ocpiq.schema import UPDATED
from ocpiq.values.json.fragments import REFUSED, fields

ABSENT: Final = cast(Raw, None)  # msgspec reads slices only into fields of no other type


def column_reader(attributes: list[str]) -> Callable[[list[Any]], list[list[object]]]:
    """Return the function that reads these attributes of records: one list for each attribute."""
    getters = [attrgetter(attribute) for attribute in attributes]
    return lambda records: [list(map(get, records)) for get in getters]


def key_reader(key: ObjectKey | None) -> Callable[[list[Raw]], Sequence[int | None]]:
    """Return the function that reads the sealed keys of slices."""
    names = key.names if key else ()
    read_columns = column_reader([f"k{number}" for number in range(len(names))]) if key else None
    fields = [(f"k{number}", Identifier, None) for number in range(len(names))]
    renamed = {f"k{number}": name for number, name in enumerate(names)}
    decode = Decoder(defstruct("KeyFields", fields, bases=(Row,), rename=renamed, gc=False)).decode

    def read(slices: list[Raw]) -> Sequence[int | None]:
        assert key is not None and read_columns is not None
        try:
            return key.of_columns(read_columns([decode(raw) for raw in slices]))
        except REFUSED:
            pass
        return [key.of_slice(bytes(raw)) for raw in slices]

    return read


class KnownObjects(NamedTuple):
    """The identities of objects, and, if there is a window, whether they lie in it."""

    slices: Sequence[Raw]
    identities: list[Identity]
    verdicts: list[Verdict]


class SealReader:
    """Reads what a seal and a window need of slices, with one decoding for each."""

    def __init__(self, seal: KeySeal, window: Window | None) -> None:
        self.seal = seal
        dates = window.keys if window is not None else ()
        self._names = dict.fromkeys((*seal.fields, *dates))
        self._size = len(seal.names)
        self._is_dated = len(self._names) > self._size
        columns: list[Any] = [
            (f"k{number}", Identifier, None) if name in seal.names else (f"k{number}", Raw, ABSENT)
            for number, name in enumerate(self._names)
        ]
        renamed = {f"k{number}": name for number, name in enumerate(self._names)}
        self._decode = Decoder(
            defstruct("SealFields", columns, bases=(Row,), rename=renamed, gc=False)
        ).decode
        self._get = attrgetter(*renamed) if len(renamed) > 1 else lambda record: (record.k0,)

    def identities(self, slices: Sequence[Raw], window: Window | None) -> KnownObjects:
        """Return the identities of objects, and whether they lie in the window. BrokenError for what is not one."""
        known = KnownObjects(slices, [], [])
        for raw in slices:
            try:
                values = self._get(self._decode(raw))
            except REFUSED:
                parts = fields(bytes(raw))
                known.identities.append(identity_of(parts, self.seal))
                dates: Mapping[str, object] = parts
            else:
                if not self._is_dated:
                    known.identities.append(Identity(values, False, self.seal))
                    continue
                dates = dict(zip(self._names, values, strict=True))
                late = self.seal.late_before is not None and self.seal.is_late(moment(dates[UPDATED]))
                known.identities.append(Identity(values[: self._size], late, self.seal))
            if window is not None:
                known.verdicts.append(window.judge([dates.get(key) for key in window.keys]))
        return known


def identities_of(slices: Sequence[bytes | Raw], seal: KeySeal | None) -> Sequence[Identity]:
    """Return the identities of objects; none without a seal."""
    return () if seal is None else [identity_of(fields(bytes(raw)), seal) for raw in slices]


def identity_of(parts: dict[str, bytes], seal: KeySeal) -> Identity:
    """Return the identity of an object, from the slices of its fields."""
    late = seal.late_before is not None and seal.is_late(moment(parts.get(UPDATED)))
    return Identity([Raw(parts[name]) if name in parts else None for name in seal.names], late, seal)


class Dated(Struct):
    """The fields that windows read: slices, or None for those that were not sent."""

    last_updated: Raw = ABSENT
    end_date_time: Raw = ABSENT
    end_datetime: Raw = ABSENT
    stop_date_time: Raw = ABSENT


DATED: Final = Decoder(Dated)


def verdict_of(raw: bytes, window: Window) -> Verdict:
    """Return the window's verdict on a slice. BrokenError if it is not an object."""
    try:
        dated = DATED.decode(raw)
    except REFUSED:
        pass
    else:
        return window.judge([getattr(dated, key) for key in window.keys])
    parts = fields(raw)
    return window.judge([parts.get(key) for key in window.keys])
