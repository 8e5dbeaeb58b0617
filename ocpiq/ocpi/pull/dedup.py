"""The keys of a pull's objects, to detect repeats: 8 bytes each, at most 16 with their container.

Keys lie one behind the other in short strings of bytes, chosen by their last bits, where a search is one call. They are
hashes, so one that seems to lie across two others is as rare as two that are equal.
There are two generations: when both are full, the older one is forgotten.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import count
from struct import iter_unpack

EXACT = 5_000_000  # keys that are all remembered
BUCKET_SIZE = 32  # keys of a bucket, on average, before there are twice as many buckets
KEY = "8s"  # a key in a bucket


class SeenKeys:
    """The sealed keys of one pull; `exact` until it must forget some, then at least the latest `room`."""

    def __init__(self, most: int = EXACT) -> None:
        self.room = max(1, most // 2)
        self.exact = True
        self.young = KeyGeneration()
        self.old: KeyGeneration | None = None

    def expect(self, keys: int) -> None:
        """Reserve room for `keys` keys at once, which is faster than growing."""
        self.young.expect(min(keys, self.room))

    def repeats(self, keys: Sequence[int]) -> list[int]:
        """Add the keys of a page and return the positions of those that are repeated."""
        if self.young.count >= self.room:
            self.exact = self.old is None
            self.old, self.young = self.young, KeyGeneration()
        repeated = self.old.holding(keys) if self.old is not None else []
        if not repeated:
            return self.young.add(keys)
        rest = sorted(set(range(len(keys))).difference(repeated))
        return sorted(
            [*repeated, *(rest[place] for place in self.young.add([keys[place] for place in rest]))]
        )


class KeyGeneration:
    """A set of keys."""

    def __init__(self) -> None:
        self.count = 0
        self.buckets = [b""]  # as many as a power of two

    def add(self, keys: Sequence[int]) -> list[int]:
        """Add keys and return the positions of those that were present."""
        repeated = []
        while self.count + len(keys) > BUCKET_SIZE * len(self.buckets):
            self.split()
        buckets, mask = self.buckets, len(self.buckets) - 1
        for place, key, (sealed,) in zip(count(), keys, pack_keys(keys)):
            number = key & mask
            bucket = buckets[number]
            if sealed in bucket:
                repeated.append(place)
            else:
                buckets[number] = bucket + sealed
        self.count += len(keys) - len(repeated)
        return repeated

    def expect(self, keys: int) -> None:
        """Reserve room for `keys` keys if it is empty."""
        if not self.count:
            self.buckets = [b""] * (1 << max(0, (keys // BUCKET_SIZE).bit_length()))

    def holding(self, keys: Sequence[int]) -> list[int]:
        """Return the positions of the keys that are present."""
        buckets, mask = self.buckets, len(self.buckets) - 1
        paired = enumerate(zip(keys, pack_keys(keys), strict=True))
        return [place for place, (key, (sealed,)) in paired if sealed in buckets[key & mask]]

    def discard(self, keys: Sequence[int]) -> list[int]:
        """Remove keys and return the positions of those that were not present."""
        missing = []
        buckets, mask = self.buckets, len(self.buckets) - 1
        for place, key, (sealed,) in zip(count(), keys, pack_keys(keys)):
            bucket = buckets[key & mask]
            if sealed in bucket:
                buckets[key & mask] = bucket.replace(sealed, b"", 1)
            else:
                missing.append(place)
        self.count -= len(keys) - len(missing)
        return missing

    def split(self) -> None:
        """Make two of each bucket, by one more bit of its keys."""
        bit = len(self.buckets)
        upper = [b""] * bit
        for number, bucket in enumerate(self.buckets):
            halves: tuple[list[bytes], list[bytes]] = ([], [])
            for key, (sealed,) in zip(memoryview(bucket).cast("q"), iter_unpack(KEY, bucket), strict=True):
                halves[key & bit != 0].append(sealed)
            self.buckets[number], upper[number] = map(b"".join, halves)
        self.buckets.extend(upper)


def pack_keys(keys: Sequence[int]) -> Iterator[tuple[bytes]]:
    """Yield the bytes of keys."""
    return iter_unpack(KEY, array("q", keys))
