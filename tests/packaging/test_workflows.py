"""The workflows: pinned actions, no more rights than a job needs, and every Python that is promised."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github").rglob("*.y*ml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+){1,2}")
HELD = {  # the jobs that may do more than read: job, what it may write
    "release.yml publish": {"id-token", "attestations"},
    "release.yml attach": {"contents"},
    "site.yml deploy": {"id-token", "pages"},
}

pytestmark = pytest.mark.skipif(not WORKFLOWS, reason="an sdist has no workflows")


def uses() -> Iterator[tuple[str, str]]:
    """Yield each line that takes an action or a workflow of others, and its file."""
    for path in WORKFLOWS:
        for found in re.findall(
            r"""^[-\s]*["']?uses["']?\s*:\s*(.*)$""", path.read_text("utf-8"), re.MULTILINE
        ):
            yield path.name, found


def workflows() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        content = yaml.safe_load(path.read_text("utf-8"))
        if "jobs" in content:
            yield path.name, content


def jobs() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for name, workflow in workflows():
        for job, content in workflow["jobs"].items():
            yield f"{name} {job}", workflow, content


JOBS = {name: (workflow, job) for name, workflow, job in jobs()}


@pytest.mark.parametrize(("file", "action"), [*uses()])
def test_every_action_is_pinned_to_a_commit(file: str, action: str) -> None:
    assert PINNED.fullmatch(action), (
        f"{file}: {action}: not the full hash of a commit with its version as a comment"
    )


def test_every_use_is_looked_at() -> None:
    steps = sum("uses" in step for _, job in JOBS.values() for step in job.get("steps", ()))
    called = sum("uses" in job for _, job in JOBS.values())
    assert len([*uses()]) == steps + called > 0


def test_an_action_has_one_version() -> None:
    found = {action for _, action in uses()}
    assert len({action.partition("@")[0] for action in found}) == len(found)


@pytest.mark.parametrize("name", JOBS)
def test_a_job_may_write_only_what_it_is_for(name: str) -> None:
    workflow, job = JOBS[name]
    assert isinstance(workflow["permissions"], dict), (
        "a workflow without permissions has those of the repository"
    )
    permissions = job.get("permissions", workflow["permissions"])
    assert "write" not in workflow["permissions"].values()
    assert {scope for scope, right in permissions.items() if right == "write"} == HELD.get(name, set())
    assert job["timeout-minutes"] <= 90


@pytest.mark.parametrize("name", [name for name, rights in HELD.items() if "id-token" in rights])
def test_a_job_that_shows_who_it_is_runs_none_of_our_code(name: str) -> None:
    """It has an environment, which a person can guard, and gets only files that a job without rights made."""
    workflow, job = JOBS[name]
    assert job["environment"]
    assert workflow["jobs"][job["needs"]].keys().isdisjoint({"environment"})
    for step in job["steps"]:
        assert "actions/checkout" not in step.get("uses", "")
        assert not re.search(r"pip|python|\.ci/", step.get("run", ""))


@pytest.mark.parametrize("name", JOBS)
def test_no_job_leaves_its_token_in_the_checkout(name: str) -> None:
    for step in JOBS[name][1]["steps"]:
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_no_workflow_has_a_secret_of_the_repository() -> None:
    assert not [path.name for path in WORKFLOWS if re.search(r"\bsecrets\b", path.read_text("utf-8"))]


def test_each_supported_python_is_tested_on_each_system() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [
        text.rpartition(" :: ")[2] for text in project["classifiers"] if re.search(r"Python :: 3\.\d+$", text)
    ]
    matrix = JOBS["ci.yml test"][1]["strategy"]["matrix"]
    assert matrix["python"] == named == ["3.11", "3.12", "3.13", "3.14"]
    assert project["requires-python"] == f">={named[0]}"
    assert len(matrix["os"]) == 3


def test_the_site_is_built_as_the_gate_builds_it() -> None:
    """And what is uploaded is the folder that `.docs/build_site.py` makes, which tests/packaging/test_site.py reads."""
    steps = JOBS["site.yml build"][1]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    heavy = (ROOT / ".ci" / "heavy").read_text("utf-8")
    assert any(line in heavy for line in commands), "no step is one of .ci/heavy"
    assert commands[-1] == ".venv/bin/python .docs/build_site.py _site"
    assert steps[-1]["with"]["path"] == "_site/site"
