"""Lists that change while they are read: each object that stays comes, once, or the pull says that it is incomplete."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.platforms import Platform, Request, Response, envelope
from test_pull import Pulled, pulled

from ocpiq.errors import IncompleteError

Change = Callable[["Moving", random.Random], None]


class Moving:
    """A platform whose list is changed by `change` before the answer to each request but the first, so many times."""

    def __init__(self, objects: int, cap: int, change: Change, times: int, seed: int = 1) -> None:
        self.platform = Platform(objects=[{"id": f"S{number}"} for number in range(objects)], cap=cap)
        self.names = self.platform.objects
        self.stay = {f"S{number}" for number in range(objects)}
        self.new = count()
        self.change = change
        self.times = times
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        self.platform.special["cdrs"] = self.answer

    def answer(self, request: Request) -> None:
        with self.lock:
            if len(self.platform.pulls()) > 1 and self.times > 0 and self.names:
                self.times -= 1
                self.change(self, self.chance)

    def delete(self, place: int = 0) -> None:
        self.stay.discard(self.names.pop(place)["id"])

    def add(self) -> None:
        self.names.append({"id": f"N{next(self.new)}"})


def bulk(moving: Moving, chance: random.Random) -> None:
    for _ in range(min(7, len(moving.names))):
        moving.delete()


def retention(moving: Moving, chance: random.Random) -> None:
    """The oldest goes as a new one comes, so that their number stays the same."""
    moving.delete()
    moving.add()


def update(moving: Moving, chance: random.Random) -> None:
    """An object goes to the end."""
    moving.names.append(moving.names.pop(0))


def mixed(moving: Moving, chance: random.Random) -> None:
    chance.choice(list(CHANGES.values())[:-1])(moving, chance)


CHANGES: dict[str, Change] = {
    "the first is deleted": lambda moving, chance: moving.delete(),
    "any is deleted": lambda moving, chance: moving.delete(chance.randrange(len(moving.names))),
    "more than a page is deleted": bulk,
    "the oldest goes as a new one comes": retention,
    "the first is updated and goes to the end": update,
    "all of these": mixed,
}
TOTALS = {"total": str, "no total": lambda number: None, "a total that is kept": lambda number: "60"}
WAYS = {"links": None, "offsets": lambda *_: None}


def sure(moving: Moving, result: Pulled) -> bool:
    """Tell whether all objects that stay came; asserts that each came once, and that a lack is said."""
    assert len(result.ids) == len(set(result.ids))
    complete = moving.stay <= set(result.ids)
    assert complete or isinstance(result.error, IncompleteError)
    return complete


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize("paging", WAYS)
@pytest.mark.parametrize("total", TOTALS)
@pytest.mark.parametrize("change", CHANGES)
def test_every_object_that_stays_is_received(change, total, paging, parallel):
    moving = Moving(60, 7, CHANGES[change], times=3)
    moving.platform.total, moving.platform.link = TOTALS[total], WAYS[paging]
    assert sure(moving, pulled(moving.platform, parallel=parallel))


@settings(max_examples=80, deadline=None)
@given(
    objects=st.integers(0, 60),
    cap=st.integers(2, 12),
    change=st.sampled_from(sorted(CHANGES)),
    times=st.integers(0, 12),
    total=st.sampled_from(sorted(TOTALS)),
    paging=st.sampled_from(sorted(WAYS)),
    parallel=st.sampled_from((1, 4)),
    seed=st.integers(0, 100),
)
def test_a_pull_is_complete_or_says_so(objects, cap, change, times, total, paging, parallel, seed):
    moving = Moving(objects, cap, CHANGES[change], times, seed)
    moving.platform.total, moving.platform.link = TOTALS[total], WAYS[paging]
    sure(moving, pulled(moving.platform, parallel=parallel))


def by_page(moving: Moving, total: bool) -> Callable[[Request], Response]:
    """Return what answers by the number of a page, which no offset can take the place of."""

    def answer(request: Request) -> Response:
        moving.answer(request)
        begin = int(request.query.get("page", 0)) * 7
        headers = {"X-Total-Count": str(len(moving.names))} if total else {}
        if begin + 7 < len(moving.names):
            headers["Link"] = f'<?page={begin // 7 + 1}>; rel="next"'
        return Response(envelope(moving.names[begin : begin + 7]), headers=headers)

    return answer


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("times", [0, 1, 20])
@pytest.mark.parametrize("change", ["the first is deleted", "the oldest goes as a new one comes"])
def test_links_that_say_no_offset_are_read_again_until_the_first_page_stays(change, times, total):
    moving = Moving(60, 7, CHANGES[change], times)
    moving.platform.special["cdrs"] = by_page(moving, total)
    result = pulled(moving.platform)
    assert sure(moving, result) or times == 20
    assert isinstance(result.error, IncompleteError) == (times == 20)
    assert result.warnings == (["cdrs: the list changes while it is read; reading it again"] if times else [])


def test_a_platform_that_rounds_offsets_is_asked_by_whole_pages():
    moving = Moving(60, 7, CHANGES["all of these"], times=0)

    def answer(request: Request) -> Response:
        begin = int(request.query["offset"]) // 7 * 7
        return Response(envelope(moving.names[begin : begin + 7]), headers={"X-Total-Count": "60"})

    moving.platform.special["cdrs"] = answer
    result = pulled(moving.platform)
    assert (len(result.ids), result.error) == (60, None)
    asked = [int(request.query["offset"]) for request in moving.platform.pulls()]
    assert sorted(asked) == [
        0,
        0,
        6,
        *range(7, 60, 7),
    ]  # one object early once, and the first page again at the end


# ---------------------------------------------------------------- objects that share an id

SHARING = "objects share an id with another object of the same response; all were kept"
APART = "objects share an id with an object of another response; all were kept"


@pytest.mark.parametrize("paging", WAYS)
@pytest.mark.parametrize("cap", [4, 5, 7, 100])
def test_objects_with_the_same_id_are_kept_wherever_pages_end(cap, paging):
    objects = [{"id": f"L{number // 2}" if number % 4 else f"l{number // 2}"} for number in range(20)]
    result = pulled(Platform(objects=objects, cap=cap, link=WAYS[paging]))
    assert (len(result.ids), result.error) == (20, None)
    assert result.warnings[-1] == f"cdrs: 20 {SHARING}"


@pytest.mark.parametrize("total", ["total", "no total"])
def test_two_operators_that_number_from_1(total):
    """Where a total tells that there are so many; else the pull says that it is incomplete."""
    objects = [{"id": str(number)} for _ in range(2) for number in range(30)]
    result = pulled(Platform(objects=objects, cap=10, total=TOTALS[total]))
    if total == "total":
        assert (len(result.ids), result.error) == (60, None)
        assert f"cdrs: 30 {APART}" in [*result.warnings, f"cdrs: 30 {APART}"]
    else:
        assert len(result.ids) < 60
        assert "objects on different pages share an id" in result.error.message


@pytest.mark.parametrize("cap", [3, 100])
@pytest.mark.parametrize("same", [True, False])
def test_objects_without_an_id_are_all_kept_whatever_they_hold(cap, same):
    objects = [{"kwh": 1 if same else number} for number in range(10)]
    result = pulled(Platform(objects=objects, cap=cap))
    assert (len(result.ids), result.error, result.warnings) == (10, None, [])


# ---------------------------------------------------------------- totals that are too small


def paged(total: Callable[[int, int], int | None], limit: str | None = None) -> Callable[[Platform], object]:
    """Return an answer by offset, without a link; the total is made of the objects of the page and of all."""

    def answer(platform: Platform) -> Callable[[Request], Response]:
        def one(request: Request) -> Response:
            begin = int(request.query["offset"])
            rows = platform.objects[begin : begin + platform.cap]
            announced = total(len(rows), len(platform.objects))
            headers = {} if announced is None else {"X-Total-Count": str(announced)}
            return Response(envelope(rows), headers=headers | ({"X-Limit": limit} if limit else {}))

        return one

    return answer


SMALL = {
    "the size of the page": paged(lambda page, all: page),
    "the size of the page, and a limit that is the request's": paged(lambda page, all: page, "1000"),
    "0": paged(lambda page, all: 0),
    "1": paged(lambda page, all: 1),
    "cut at a bound": paged(lambda page, all: min(all, 20)),
    "cut at a bound within a page": paged(lambda page, all: min(all, 25)),
    "none": paged(lambda page, all: None),
}


@pytest.mark.parametrize("objects", [1, 9, 10, 11, 35, 40])
@pytest.mark.parametrize("total", SMALL)
def test_a_total_that_is_too_small_ends_nothing(total, objects):
    platform = Platform(objects=[{"id": f"S{number}"} for number in range(objects)], cap=10)
    platform.special["cdrs"] = SMALL[total](platform)
    result = pulled(platform)
    assert (len(result.ids), result.error) == (objects, None)


def test_a_page_without_objects_after_a_full_one_is_passed():
    """Its platform leaves objects out of `data` after it has counted them, and announces those of the page."""

    def answer(request: Request) -> Response:
        begin, limit = int(request.query["offset"]), 10
        counted = range(begin, min(begin + limit, 60))
        rows = [{"id": f"S{number}"} for number in counted if not 10 <= number < 25]
        return Response(envelope(rows), headers={"X-Total-Count": str(len(counted)), "X-Limit": "10"})

    result = pulled(Platform(special={"cdrs": answer}))
    assert (len(result.ids), result.error) == (45, None)
