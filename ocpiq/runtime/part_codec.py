"""What the parts of a split run send, as MessagePack: values with their blanks, groups with the states of their folds.

Nothing in it is code or names a class, so that reading a part from another machine can do no more than fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import msgspec
from msgspec import Raw, Struct
from msgspec.msgpack import Ext

from ocpiq.gate import Row, Shape
from ocpiq.plan.nodes import Fold
from ocpiq.runtime.aggregates import (
    NO_VALUE,
    CollectedValues,
    Deviation,
    DistinctValues,
    Sum,
)
from ocpiq.runtime.net_aggregates import NetSum, NetValues, Weight, function_of, keyed_weight
from ocpiq.values.blank import Blank
from ocpiq.values.numbers import LiteralNumber
from ocpiq.values.order import group_key
from ocpiq.values.types import Value

INTEGER, LITERAL, BLANK, TEXT, WEIGHT = range(1, 6)  # what MessagePack has no type for: Ext codes
SMALLEST, LARGEST = -(2**63), 2**64 - 1

Packed = Any
"""A value of MessagePack's types."""
Group = list[Any]
"""The keys of a group, then the state of each fold."""


class Packer:
    """Turns values into MessagePack's types. `shapes` are those of the rows of each source."""

    def __init__(self, shapes: Iterable[Shape | None]) -> None:
        self._slots: dict[type, list[tuple[str, str]]] = {}
        pending = [shape for shape in shapes if shape is not None]
        while pending:
            shape = pending.pop()
            self._slots[shape.cls] = [(key, slot.attribute) for key, slot in shape.slots.items()]
            pending += [slot.shape for slot in shape.slots.values() if slot.shape is not None]

    def pack(self, value: Any) -> Packed:  # noqa: ANN401 - a value, or a row of the gate
        """Return a value; a row becomes an object with the fields that the query reads."""
        value_type = type(value)
        if value_type is str:
            return (
                value
                if value.isascii() or is_utf8(value)
                else Ext(TEXT, value.encode("utf-8", "surrogatepass"))
            )
        if value is None or value_type is bool or value_type is float:
            return value
        if value_type is int:
            return value if SMALLEST <= value <= LARGEST else Ext(INTEGER, b"%x" % value)
        if value_type is list or value_type is tuple:
            return [self.pack(item) for item in value]
        if value_type is dict:
            return {self.pack_name(name): self.pack(item) for name, item in value.items()}
        if value_type is Blank:
            return Ext(BLANK, encode([value.module, value.path, self.pack(value.text)]))
        if value_type is LiteralNumber:
            return Ext(LITERAL, encode([float(value), value.text]))
        if value_type is Weight:
            return Ext(WEIGHT, encode([int(value), value.key]))
        if isinstance(value, Row):
            return {key: self.pack(getattr(value, name)) for key, name in self._slots[value_type]}
        raise TypeError(value_type.__name__)

    def pack_name(self, name: str) -> Packed:
        """Return the name of a field."""
        return self.pack(name)


def is_utf8(text: str) -> bool:
    """Tell whether a text has no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def unpack_ext(code: int, data: memoryview) -> Value:
    """Return a value that MessagePack has no type for."""
    if code == INTEGER:
        return int(bytes(data), 16)
    if code == TEXT:
        return bytes(data).decode("utf-8", "surrogatepass")
    if code == BLANK:
        module, path, text = cast("list[str]", decode(data))
        return cast(Value, Blank(module, path, text))
    if code == LITERAL:
        number, text = cast("tuple[float, str]", decode(data))
        return LiteralNumber(number, text)
    if code == WEIGHT:
        sign, key = cast("tuple[int, int | None]", decode(data))
        return cast(Value, keyed_weight(sign, key))
    raise ValueError("unknown extension type")


encode: Final = msgspec.msgpack.Encoder().encode
decode: Final = msgspec.msgpack.Decoder(ext_hook=unpack_ext).decode


# ---------------------------------------------------------------- groups


class FoldCodec(Struct, frozen=True):
    """How the state of a fold is packed, and made again from its label in the query."""

    pack: Callable[[Packer, Any], Packed]
    unpack: Callable[[str, Any], Any]


def _pack_sum(packer: Packer, state: Sum) -> Packed:
    return [state.count, packer.pack(state.integers), [float(value) for value in state.floats]]


def _unpack_sum(label: str, packed: Any, cls: type[Sum] = Sum) -> Sum:  # noqa: ANN401
    state = cls(label)
    state.count, state.integers, state.floats = packed
    return state


def _unpack_net_sum(label: str, packed: Any) -> Sum:  # noqa: ANN401
    return _unpack_sum(label, packed, NetSum)


def _pack_net_values(packer: Packer, state: NetValues) -> Packed:
    equal = [[_pack_key(packer, key), count] for key, count in state.equal.items()]
    return [packer.pack(state.items), state.keys, list(state.cancelled.items()), equal]


def _unpack_net_values(label: str, packed: Any) -> NetValues:  # noqa: ANN401
    state = NetValues(label)
    state.items, state.keys, cancelled, equal = packed
    state.cancelled.update(dict(cancelled))
    state.equal.update({_unpack_key(key): count for key, count in equal})
    return state


def _pack_deviation(packer: Packer, state: Deviation) -> Packed:
    return [state.count, packer.pack(state.integers), packer.pack(state.squares), state.not_finite]


def _unpack_deviation(label: str, packed: Any) -> Deviation:  # noqa: ANN401
    state = Deviation(label)
    state.count, state.integers, state.squares, state.not_finite = packed
    return state


def _unpack_collected(label: str, packed: Any) -> CollectedValues:  # noqa: ANN401
    state = CollectedValues(label)
    state.items = packed
    return state


def _pack_key(packer: Packer, key: object) -> Packed:
    """Return a key that `group_key` made; a tuple becomes a list."""
    if isinstance(key, tuple):
        return [_pack_key(packer, item) for item in key]
    return packer.pack(key) if isinstance(key, str) else key


def _unpack_key(packed: object) -> object:
    return tuple(map(_unpack_key, packed)) if isinstance(packed, list) else packed


def _pack_distinct(packer: Packer, state: DistinctValues) -> Packed:
    return [_pack_key(packer, key) for key in state.keys]


def _unpack_distinct(label: str, packed: Any) -> DistinctValues:  # noqa: ANN401
    state = DistinctValues(label)
    state.keys = set(map(_unpack_key, packed))
    return state


CHOICE: Final = FoldCodec(
    lambda packer, state: [] if state is NO_VALUE else [packer.pack(state)],
    lambda _, packed: packed[0] if packed else NO_VALUE,
)
SUM: Final = FoldCodec(_pack_sum, _unpack_sum)
COLLECTED: Final = FoldCodec(lambda packer, state: packer.pack(state.items), _unpack_collected)
FOLD_CODECS: Final[Mapping[str, FoldCodec]] = {
    "count": FoldCodec(lambda _, state: state, lambda _, packed: packed),
    "sum": SUM,
    "avg": SUM,
    **dict.fromkeys(("min", "max", "first", "last", "any", "all"), CHOICE),
    "stddev": FoldCodec(_pack_deviation, _unpack_deviation),
    **dict.fromkeys(("median", "quantile", "collect"), COLLECTED),
    "count_distinct": FoldCodec(_pack_distinct, _unpack_distinct),
}
NET_SUM: Final = FoldCodec(_pack_sum, _unpack_net_sum)
NET_VALUES: Final = FoldCodec(_pack_net_values, _unpack_net_values)
NET_CODECS: Final[Mapping[str, FoldCodec]] = {
    "count": FOLD_CODECS["count"],
    "sum": NET_SUM,
    "avg": NET_SUM,
}


def codec_of(fold: Fold) -> FoldCodec:
    """Return the codec for the state of a fold."""
    return NET_CODECS.get(fold.function, NET_VALUES) if fold.weight else FOLD_CODECS[fold.function]


def pack_group(packer: Packer, group: Group, keys: int, folds: Sequence[Fold]) -> Packed:
    """Return a group: its keys, then the states of its folds."""
    states = zip(group[keys:], folds, strict=True)
    return [
        *map(packer.pack, group[:keys]),
        *(codec_of(fold).pack(packer, state) for state, fold in states),
    ]


def unpack_group(packed: Packed, keys: int, folds: Sequence[Fold]) -> Group:
    """Return the group that was packed."""
    states = zip(packed[keys:], folds, strict=True)
    return [
        *packed[:keys],
        *(codec_of(fold).unpack(fold.label, state) for state, fold in states),
    ]


def pack_credits(
    packer: Packer, credits: Iterable[object], signs: Mapping[int, Iterable[tuple[str | int, ...]]]
) -> Packed:
    """Return the credits of a part that wait, and the signs of the CDRs that they may cancel."""
    paths = [[key, [packer.pack(path) for path in sorted(own, key=repr)]] for key, own in signs.items()]
    return [[packer.pack(row) for row in credits], paths]


def unpack_credits(packed: Raw) -> tuple[list[object], dict[int, frozenset[tuple[str | int, ...]]]] | None:
    """Return what was packed; None if the query has no `net`."""
    decoded = decode(packed)
    if decoded is None:
        return None
    credits, paths = decoded
    return credits, {key: frozenset(map(tuple, own)) for key, own in paths}


class MergedGroups:
    """The groups of an aggregate, put together from parts that come in their order."""

    def __init__(self, keys: int | None, folds: Sequence[Fold]) -> None:
        self._keys = keys
        self._folds = folds
        self._groups: dict[object, Group] = {}

    def add(self, group: Group) -> None:
        """Merge a group of a part into that of the earlier parts."""
        count = self._keys or 0
        identities = [key if type(key) is str else group_key(key) for key in group[:count]]
        identity = identities[0] if len(identities) == 1 else tuple(identities)
        earlier = self._groups.get(identity)
        if earlier is None:
            self._groups[identity] = group
            return
        for index, fold in enumerate(self._folds, count):
            earlier[index] = function_of(fold).merge(earlier[index], group[index])

    def result(self) -> object:
        """Return what the rest of the plan reads: the groups by their identity, or without keys the states."""
        if self._keys is not None:
            return self._groups
        return next(iter(self._groups.values()), [function_of(fold).new(fold.label) for fold in self._folds])
