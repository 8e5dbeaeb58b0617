"""What a policy permits: treatments, paths, windows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ocpiq.privacy.policy import ModulePolicy, Permission, WindowLimits, is_no_more

NO_MORE = {
    "clear": ("clear", "pseudonym", "hour", "year", "rounded(5)", "prefix(3)", "present"),
    "pseudonym": ("pseudonym", "present"),
    "hour": ("hour", "day", "week", "month", "quarter", "year", "present"),
    "day": ("day", "week", "month", "quarter", "year", "present"),
    "week": ("week", "present"),
    "month": ("month", "quarter", "year", "present"),
    "quarter": ("quarter", "year", "present"),
    "year": ("year", "present"),
    "rounded(5)": ("rounded(5)", "rounded(10)", "rounded(5.0)", "present"),
    "rounded(0.1)": ("rounded(0.1)", "rounded(0.3)", "rounded(5)", "rounded(10)", "rounded(5.0)", "present"),
    "prefix(3)": ("prefix(3)", "prefix(1)", "present"),
    "present": ("present",),
}
ALL = (*NO_MORE, "rounded(7)", "rounded(12)", "rounded(0.25)", "prefix(4)", "prefix(1)", "rounded(10)")


@pytest.mark.parametrize("permitted", NO_MORE)
def test_which_treatments_say_no_more(permitted: str) -> None:
    allowed = {treatment for treatment in ALL if is_no_more(treatment, permitted)}
    if permitted == "clear":
        assert allowed == set(ALL)
    elif permitted == "rounded(0.1)":
        assert allowed == {
            "rounded(0.1)",
            "rounded(5)",
            "rounded(7)",
            "rounded(12)",
            "rounded(10)",
            "present",
        }
    else:
        assert allowed == set(NO_MORE[permitted]) & set(ALL)


def test_the_deepest_path_decides() -> None:
    policy = ModulePolicy(
        (Permission("."), Permission("a", "month"), Permission("a.b"), Permission("a.c", "year"))
    )
    assert policy.allows("x.y", "clear")
    assert not policy.allows("a", "clear")
    assert policy.allows("a.d", "month")
    assert policy.allows("a.b", "clear")
    assert policy.allows("a.c", "year")
    assert not policy.allows("a.c", "month")
    assert policy.allows("ab", "clear")
    assert not ModulePolicy((Permission("a"),)).allows("ab", "clear")
    assert not ModulePolicy(()).allows("a", "present")


def days(number: float) -> timedelta:
    return timedelta(days=number)


LIMITS = [
    ("1d", "1y", days(1), True),
    ("1d", "1y", days(23 / 24), True),  # a day with a change of clocks
    ("1d", "1y", days(22 / 24), False),
    ("1m", "1y", days(28), True),
    ("1w", "1m", days(6), False),
    ("1w", "1m", days(31), True),
    ("1w", "1m", days(32), False),
    ("2h", "1y", days(366), True),
    ("2h", "1y", days(367), False),
    ("", "", days(9999), True),
]


@pytest.mark.parametrize(("shortest", "longest", "length", "allowed"), LIMITS)
def test_limits_of_windows(shortest: str, longest: str, length: timedelta, allowed: bool) -> None:
    limits = WindowLimits(shortest, longest)
    assert (not limits.too_short(length) and not limits.too_long(length)) == allowed
