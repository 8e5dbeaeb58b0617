"""Which objects of a page came before, and whether it joins the one before: by keys and order alone."""

from __future__ import annotations

import pytest

from ocpiq.ocpi.pull.repeats import ExpectedStart, RepeatFilter

A, B, C, D, E = range(101, 106)


@pytest.mark.parametrize(
    ("page", "settled", "left_out", "joint", "again"),
    [
        pytest.param((C, D, E), False, (0,), 0, 0, id="begins with the last object"),
        pytest.param((D, E), False, (), -1, 0, id="the list moved: the last object is not there"),
        pytest.param((B, C, D), False, (0, 1), 1, 0, id="objects came before it, all of them known"),
        pytest.param((D, C), False, (1,), -1, 1, id="it went to the end, after what is new"),
        pytest.param((C, D, A), False, (0, 2), 0, 1, id="one that was read comes again"),
        pytest.param((C, D, A), True, (0,), 0, 0, id="or another with its key, where more are announced"),
        pytest.param((C, C, D), False, (0,), 0, 0, id="the second of one answer is another object"),
        pytest.param((C, D, D), False, (0,), 0, 0, id="two new ones with one key"),
        pytest.param((C, None, D), False, (0,), 0, 0, id="one without a key is always new"),
        pytest.param((), False, (), -1, 0, id="nothing"),
    ],
)
def test_the_page_after_another(page, settled, left_out, joint, again):
    filter = RepeatFilter()
    assert filter.sift((A, B, C), None, rereading=False).left_out == ()
    sifted = filter.sift(page, ExpectedStart(C, 1, settled), rereading=False)
    assert (sifted.left_out, sifted.joint, sifted.repeated_later) == (left_out, joint, again)


def test_an_object_without_a_key_is_joined_by_its_place():
    filter = RepeatFilter()
    filter.sift((A, None), None, rereading=False)
    assert filter.sift((None, B), ExpectedStart(None, 1), rereading=False).left_out == (0,)
    assert filter.sift((B, None), ExpectedStart(None, 1), rereading=False).joint == -1


def test_a_page_that_is_read_again_brings_what_is_new_and_has_a_key():
    filter = RepeatFilter()
    filter.sift((A, A, None), None, rereading=False)
    sifted = filter.sift((A, A, A, None, B), None, rereading=True)
    assert (sifted.left_out, sifted.repeated_later, filter.keyless) == ((0, 1, 3), 0, 1)


@pytest.mark.parametrize(
    ("pages", "sharing"),
    [
        pytest.param([(A, B, C)], 0, id="none"),
        pytest.param([(A, A, B)], 2, id="two"),
        pytest.param([(A, A, A, B, B)], 5, id="three and two"),
        pytest.param([(A, A), (A, A)], 2, id="each once, whatever comes again"),
        pytest.param([(A, B), (B, B)], 2, id="the second one shows with a later page"),
        pytest.param([(None, None)], 0, id="what has no key shares none"),
    ],
)
def test_objects_that_share_a_key_are_counted(pages, sharing):
    filter = RepeatFilter()
    for page in pages:
        filter.sift(page, None, rereading=False)
    assert filter.shared_within == sharing
