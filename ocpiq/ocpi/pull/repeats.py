"""Which objects of a page came before, by their sealed keys and their order, and whether a page joins the one before.

Objects of one answer are all kept, also where they share a key: then they are different objects, or the platform lists
one twice on purpose. Repeats are left out between answers only. Nothing but keys and order decides.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from ocpiq.ocpi.pull.dedup import Distinct

Keys = tuple[int | None, ...]
"""The sealed keys of a page's objects in their order; None for one without a key."""


class Expected(Struct, frozen=True):
    """What a page is expected to begin with: the last `early` objects of the page before, which ended with `last`.

    Where the list has not moved in this reading and the platform announces more, `settled`, objects after them
    that have a known key are others with the same key.
    """

    last: int | None
    early: int
    settled: bool = False


class Sifted(Struct, frozen=True):
    """What was found in a page.

    `left_out` are the places of the objects that came before, `joint` is the place of the last object of the page
    before, -1 where it is not there, and `again` counts the objects after it that were left out.
    """

    keys: Keys = ()
    left_out: tuple[int, ...] = ()
    joint: int = -1
    again: int = 0

    @property
    def mark(self) -> int:
        """A number that is equal for pages of the same keys in the same order; 0 where there are none."""
        return hash(self.keys) if any(key is not None for key in self.keys) else 0


class RepeatFilter:
    """Sifts the pages of one pull.

    `sharing` counts the objects that were kept although another of the same answer has their key, `apart` those where
    another answer has it. `keyless` counts the objects without a key that were left out in pages that had been
    read before, as there is no telling which they are.
    """

    def __init__(self) -> None:
        self.distinct = Distinct()
        self.sharing = 0
        self.apart = 0
        self.keyless = 0

    def sift(self, keys: Keys, expected: Expected | None, *, rereading: bool) -> Sifted:
        """Return what came before in a page; of one that is read again, all objects without a key."""
        joint = joint_of(keys, expected) if expected else -1
        if None not in keys and len(set(keys)) == len(keys):
            known = self.distinct.repeats(keys)  # type: ignore[arg-type] # none is None
        else:
            known = self.with_care(keys)
        if joint > 0 and not set(known).issuperset(range(joint)):
            joint = -1  # it went to after what is new
        repeats = known
        if known and expected and expected.settled and joint == expected.early - 1:
            repeats = [place for place in known if place <= joint]
            self.apart += len(known) - len(repeats)
        without: list[int] = []
        if None in keys and (rereading or joint >= 0):
            without = [
                place for place, key in enumerate(keys) if key is None and (rereading or place <= joint)
            ]
            self.keyless += len(without) if rereading else 0
        again = 0 if rereading else sum(1 for place in repeats if place > joint)
        return Sifted(keys, tuple(sorted({*repeats, *without})), joint, again)

    def with_care(self, keys: Keys) -> list[int]:
        """Return the places of what came before in a page whose keys are not all there, or not all different."""
        numbers = occurrences(keys)
        places = [place for place, key in enumerate(keys) if key is not None]
        sealed = [sealed_again(key, numbers[place]) for place, key in enumerate(keys) if key is not None]
        known = [places[number] for number in self.distinct.repeats(sealed)]
        before = set(known)
        new = [number for place, number in enumerate(numbers) if number > 1 and place not in before]
        self.sharing += len(new) + new.count(2)  # with the second one, the first shares its key as well
        return known


def sealed_again(key: int, number: int) -> int:
    """Return what stands for a key where it comes for the second time in one answer, or a later one."""
    return key if number == 1 else hash((key, number))


def occurrences(keys: Keys) -> list[int]:
    """Return for each key how often it has come up to its place, 0 for None."""
    counts: Counter[int] = Counter()
    found = []
    for key in keys:
        if key is not None:
            counts[key] += 1
        found.append(counts[key] if key is not None else 0)
    return found


def joint_of(keys: Keys, expected: Expected) -> int:
    """Return where a page has the last object of the page before, or -1.

    An object without a key is taken for it in its place.
    """
    if expected.last is None:
        place = expected.early - 1
        return place if place < len(keys) and keys[place] is None else -1
    return keys.index(expected.last) if expected.last in keys else -1
