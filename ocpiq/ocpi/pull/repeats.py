"""Detects repeated objects by their sealed keys and order, and whether a page joins the one before.

Objects of one answer are all kept, also where they share a key: then they are different objects, or the platform lists
one twice on purpose. Repeats are left out between answers only. Nothing but keys and order decides.
"""

from __future__ import annotations

from collections import Counter
from typing import cast

from msgspec import Struct

from ocpiq.ocpi.pull.dedup import SeenKeys

Keys = tuple[int | None, ...]
"""The sealed keys of a page's objects in their order; None for one without a key."""


class ExpectedStart(Struct, frozen=True):
    """What a page is expected to begin with: the last `early` objects of the page before, which ended with `last`.

    Where the list has not moved in this reading and the platform announces more, `settled`, objects after them
    that have a known key are others with the same key.
    """

    last: int | None
    early: int
    settled: bool = False


class SiftResult(Struct, frozen=True):
    """The repeats in a page.

    `left_out` are the places of the objects that came before, `joint` is the place of the last object of the page
    before, -1 where it is not there, and `repeated_later` counts the objects after it that were left out.
    """

    keys: Keys = ()
    left_out: tuple[int, ...] = ()
    joint: int = -1
    repeated_later: int = 0

    @property
    def content_hash(self) -> int:
        """A number that is equal for pages of the same keys in the same order; 0 where there are none."""
        return hash(self.keys) if any(key is not None for key in self.keys) else 0


class RepeatFilter:
    """Filters repeats from the pages of one pull.

    `shared_within` counts the objects that were kept although another of the same response has their key,
    `shared_across` those whose key is in another response. `keyless` counts the objects without a key that were
    left out of pages that are read again, because they cannot be told apart.
    """

    def __init__(self) -> None:
        self.distinct = SeenKeys()
        self.shared_within = 0
        self.shared_across = 0
        self.keyless = 0

    def sift(self, keys: Keys, expected: ExpectedStart | None, *, rereading: bool) -> SiftResult:
        """Return the repeats in a page; in a page that is read again, also all objects without a key."""
        joint = find_joint(keys, expected) if expected else -1
        if None not in keys and len(set(keys)) == len(keys):
            repeated = self.distinct.repeats(cast("tuple[int, ...]", keys))
        else:
            repeated = self.repeats_by_occurrence(keys)
        if joint > 0 and not set(repeated).issuperset(range(joint)):
            joint = -1  # it went to after what is new
        repeats = repeated
        if repeated and expected and expected.settled and joint == expected.early - 1:
            repeats = [place for place in repeated if place <= joint]
            self.shared_across += len(repeated) - len(repeats)
        without: list[int] = []
        if None in keys and (rereading or joint >= 0):
            without = [
                place for place, key in enumerate(keys) if key is None and (rereading or place <= joint)
            ]
            self.keyless += len(without) if rereading else 0
        again = 0 if rereading else sum(1 for place in repeats if place > joint)
        return SiftResult(keys, tuple(sorted({*repeats, *without})), joint, again)

    def repeats_by_occurrence(self, keys: Keys) -> list[int]:
        """Return the positions of repeats in a page with missing or equal keys."""
        numbers = occurrence_numbers(keys)
        places = [place for place, key in enumerate(keys) if key is not None]
        sealed = [seal_occurrence(key, numbers[place]) for place, key in enumerate(keys) if key is not None]
        repeated = [places[number] for number in self.distinct.repeats(sealed)]
        before = set(repeated)
        new = [number for place, number in enumerate(numbers) if number > 1 and place not in before]
        self.shared_within += len(new) + new.count(2)  # with the second one, the first shares its key as well
        return repeated


def seal_occurrence(key: int, number: int) -> int:
    """Return a value for the `number`th occurrence of a key in one response."""
    return key if number == 1 else hash((key, number))


def occurrence_numbers(keys: Keys) -> list[int]:
    """Return for each key its number of occurrences up to there, 0 for None."""
    counts: Counter[int] = Counter()
    numbers = []
    for key in keys:
        if key is not None:
            counts[key] += 1
        numbers.append(counts[key] if key is not None else 0)
    return numbers


def find_joint(keys: Keys, expected: ExpectedStart) -> int:
    """Return the position of the last object of the page before, or -1.

    An object without a key in its position counts as that object.
    """
    if expected.last is None:
        place = expected.early - 1
        return place if place < len(keys) and keys[place] is None else -1
    return keys.index(expected.last) if expected.last in keys else -1
