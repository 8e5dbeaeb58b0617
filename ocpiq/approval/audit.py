"""The entries of the audit trail: what a run was allowed to hand out, to whom, and what came of it. Never a value.

A run has an entry `begun`, written before anything is fetched, and an entry `ended`, written after the results. A run
that a policy refuses has one entry, `refused`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from ocpiq.analysis.explanation import Explanation, SourceExplanation
from ocpiq.analysis.field_uses import ROLES
from ocpiq.query.windows import SourceWindow

UNFINISHED: Final = "not ended"


class RunDescription(Struct, frozen=True, kw_only=True):
    """A run before it fetches anything.

    `query` is the text without its literals, `query_sha256` the hash of the whole text as in its file; `arguments` are
    the names of its variables; `origins` tells for each module where its objects come from: a login, `demo` or `files`.
    `file` is the absolute path of the results, None for standard output.
    """

    user: str
    command: str
    ocpiq: str
    recipient: str | None
    key_id: str | None
    query: str
    query_sha256: str
    query_file: str | None
    arguments: tuple[str, ...]
    explanation: Explanation
    windows: tuple[SourceWindow, ...]
    origins: dict[str, str]
    format: str
    file: str | None
    policy_sha256: str | None = None


class RunResult(Struct, frozen=True):
    """How a run ended: `objects` by module, the number of results, and the hash of what was written.

    `file` is the file that was written, None if there is none; `sha256` is that of the file or of standard output.
    `as_of` has the moment of the objects of a snapshot, or of rows that the prompt kept, by module.
    """

    exit: int
    objects: dict[str, int]
    rows: int
    file: str | None = None
    sha256: str | None = None
    as_of: dict[str, str] = {}


class AuditedRun(Struct, frozen=True, kw_only=True):
    """A run as the trail tells it. `exit` is None, and `state` says so, if the run never ended."""

    time: str
    run: str
    user: str
    recipient: str | None
    key_id: str | None
    state: str
    exit: int | None
    objects: int
    rows: int
    file: str | None
    sha256: str | None
    query: str
    query_sha256: str
    query_file: str | None
    sources: list[dict[str, object]]
    excess: list[str]


def begun(run: str, time: str, description: RunDescription) -> dict[str, object]:
    """Return the entry of a run that is about to fetch."""
    return {"event": "begun", "time": time, "run": run, **_described(description)}


def refused(run: str, time: str, description: RunDescription, excess: Sequence[str]) -> dict[str, object]:
    """Return the entry of a run that exceeds the policy of its recipient."""
    return {"event": "refused", "time": time, "run": run, **_described(description), "excess": list(excess)}


def ended(run: str, time: str, result: RunResult) -> dict[str, object]:
    """Return the entry of a run that has ended."""
    return {
        "event": "ended",
        "time": time,
        "run": run,
        "exit": result.exit,
        "objects": result.objects,
        "rows": result.rows,
        "file": result.file,
        "sha256": result.sha256,
        **({"as_of": result.as_of} if result.as_of else {}),
    }


def _described(description: RunDescription) -> dict[str, object]:
    explanation = description.explanation
    sources = zip(explanation.sources, description.windows, strict=True)
    return {
        "user": description.user,
        "ocpiq": description.ocpiq,
        "command": description.command,
        "recipient": description.recipient,
        "key_id": description.key_id,
        "policy_sha256": description.policy_sha256,
        "query": description.query,
        "query_sha256": description.query_sha256,
        "query_file": description.query_file,
        "arguments": list(description.arguments),
        "ocpi_version": explanation.form,
        "sources": [
            {
                "module": source.module,
                "from": description.origins.get(source.module, ""),
                **_source(source, window),
            }
            for source, window in sources
        ],
        "format": description.format,
        "file": description.file,
    }


def _source(source: SourceExplanation, window: SourceWindow) -> dict[str, object]:
    roles = {role: paths for role in ROLES if (paths := source.of_role(role))}
    return {"passes": list(source.passes), **window.as_text(), "roles": roles}


def runs(entries: Iterable[dict[str, object]]) -> Iterator[AuditedRun]:
    """Yield the runs of a trail in the order in which they began."""
    known: dict[object, tuple[dict[str, object], dict[str, object]]] = {}
    for entry in entries:
        if entry.get("event") in ("begun", "refused"):
            known[entry.get("run")] = (entry, {})
        elif entry.get("run") in known:
            known[entry.get("run")][1].update(entry)
    return (_run(first, last) for first, last in known.values())


def _run(first: dict[str, object], last: dict[str, object]) -> AuditedRun:
    from msgspec import convert  # noqa: PLC0415 - for reading only

    state = "refused" if first["event"] == "refused" else "ended" if last else UNFINISHED
    objects = last.get("objects", {})
    described = {**first, "state": state, "exit": last.get("exit"), "rows": last.get("rows", 0)}
    described |= {"file": last.get("file"), "sha256": last.get("sha256"), "excess": first.get("excess", [])}
    described["objects"] = sum(objects.values()) if isinstance(objects, dict) else 0
    return convert(described, AuditedRun)
