"""A policy made from a query allows that query, and refuses it once any line is left out."""

from __future__ import annotations

from generated_queries import queries
from hypothesis import given

from ocpiq.analysis.explanation import Explanation
from ocpiq.approval.policy import Request, as_toml, disclosed_more, excess, policy_of
from ocpiq.errors import OcpiqError
from ocpiq.privacy.policy import ModulePolicy, Policy
from ocpiq.query import compile
from ocpiq.storage.policies import read_policy


def explained(version: str, text: str) -> Explanation:
    """Return what a query shows; for one that does not compile, what all sessions show."""
    try:
        return compile(text, version=version).explanation()
    except OcpiqError:
        return compile("sessions", version=version).explanation()


def problems(policy: Policy, explanation: Explanation) -> list[str]:
    return excess(policy, Request(explanation, None, 0))


@given(queries())
def test_a_query_is_within_its_own_policy_and_within_no_smaller_one(drawn: tuple[str, str]) -> None:
    explanation = explained(*drawn)
    policy = policy_of(explanation)
    assert problems(policy, explanation) == []
    assert disclosed_more(explanation, explanation) == []
    for name, module in policy.modules.items():
        for permission in module.permissions:
            rest = tuple(other for other in module.permissions if other is not permission)
            if not any(other.includes(permission.path) for other in rest):
                smaller = Policy("", {**policy.modules, name: ModulePolicy(rest)})
                assert problems(smaller, explanation) != []
        assert problems(Policy("", {}), explanation) != []


@given(queries())
def test_its_file_says_the_same(drawn: tuple[str, str]) -> None:
    explanation = explained(*drawn)
    written = "\n".join(as_toml(explanation, "a title"))
    assert read_policy(written.encode(), "x").modules == policy_of(explanation).modules


@given(queries(), queries())
def test_what_a_query_discloses_more_is_what_the_policy_of_the_other_refuses(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    old, new = explained(*one), explained(one[0], other[1])
    refused = problems(policy_of(old), new)
    assert disclosed_more(old, new)[: len(refused)] == refused
