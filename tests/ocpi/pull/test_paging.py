"""Whatever a platform does with links, totals and limits: a pull ends with everything, or says that it has not."""

from __future__ import annotations

from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st
from support.platforms import Platform, Request, Response, envelope, good_link
from test_pull import pulled

LINKS = {
    "good": good_link,
    "none": lambda *_: None,
    "empty": lambda *_: "",
    "relative": lambda platform, request, reached: f"<?{urlencode({'offset': reached})}>; rel=next",
    "elsewhere": lambda platform, request, reached: f'<http://other.invalid/?offset={reached}>; rel="next"',
    "itself": lambda platform, request, reached: f'<?{urlencode(request.query)}>; rel="next"',
    "the first": lambda platform, request, reached: '<?offset=0>; rel="next"',
    "lost": lambda platform, request, reached: f'</nowhere?offset={reached}>; rel="next"',
}
TOTALS = {
    "right": str,
    "none": lambda n: None,
    "no number": lambda n: "n/a",
    "too high": lambda n: str(n + 3),
}


def flaky(request: Request) -> Response | None:
    """Fail each third request in a way that may pass."""
    flaky.count += 1
    return Response(envelope(None, 3000)) if flaky.count % 3 == 1 else None


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 9),
    cap=st.integers(1, 10),
    refuse_above=st.sampled_from((None, 500, 20)),
    link=st.sampled_from(sorted(LINKS)),
    last=st.sampled_from((None, *sorted(LINKS))),
    total=st.sampled_from(sorted(TOTALS)),
    ignore_offset=st.booleans(),
    slash=st.booleans(),
    fails=st.booleans(),
)
def test_every_object_once_or_an_error(
    count, cap, refuse_above, link, last, total, ignore_offset, slash, fails
):
    ids = [f"S{n}" for n in range(count)]
    platform = Platform(
        objects=[{"id": name} for name in ids], cap=cap, refuse_above=refuse_above, slash=slash
    )
    platform.link = link_of = LINKS[link]
    platform.endless = last is not None
    if last is not None:
        end = LINKS[last]
        platform.link = lambda p, r, reached: (end if reached >= count else link_of)(p, r, reached)
    platform.total = TOTALS[total]
    platform.ignore_offset = ignore_offset
    flaky.count = 0
    platform.special = {"cdrs": flaky} if fails else {}
    result = pulled(platform)
    assert len(result.ids) == len(set(result.ids))
    assert result.ids == ids[: len(result.ids)]
    announced = total in ("right", "too high") or link not in ("none", "empty")
    if result.error is None and announced:
        assert result.ids == ids
    if total == "right" and not ignore_offset:
        assert (result.ids, result.error) == (ids, None)
    assert len(platform.pulls()) < 60


flaky.count = 0
