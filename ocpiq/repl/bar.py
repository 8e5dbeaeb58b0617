"""The bottom line: platform, module, what is passed, objects seen; and the mistake in what is being written."""

from __future__ import annotations

from ocpiq.analysis.explanation import explain
from ocpiq.analysis.plan import QueryPlan
from ocpiq.errors import OcpiqError


def status(platform: str, version: str, plan: QueryPlan | None, seen: dict[str, int]) -> str:
    """Return the line; `seen` counts the objects of each module that the last query read."""
    parts = [f"{platform} (OCPI {version})"]
    for source in explain(plan, version).sources if plan is not None else ():
        parts.append(f"{source.module} passes {', '.join(source.passes) or 'nothing'}")
    if seen:
        parts.append("seen: " + ", ".join(f"{count:,} {module}" for module, count in seen.items()))
    return " | ".join(parts)


def warning(mistake: OcpiqError | None) -> str:
    """Return the mistake in a line, with how to mend it."""
    if mistake is None:
        return ""
    return mistake.message + (f" ({mistake.hint})" if mistake.hint else "")
