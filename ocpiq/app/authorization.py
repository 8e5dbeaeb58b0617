"""Whether a run may hand out its results: the policies, and the first entry in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ocpiq.app import output
from ocpiq.app.handout import Handout
from ocpiq.app.recipient import stored_recipient
from ocpiq.app.settings import Settings
from ocpiq.delivery.database_address import parse_address
from ocpiq.errors import Notify, PrivacyError, UsageError, UserText, WarningIssued, choices, safe_word, say
from ocpiq.privacy.drivers import DRIVERS
from ocpiq.schema import ModuleName
from ocpiq.sinks.registry import NAMES

if TYPE_CHECKING:
    from ocpiq.analysis.explanation import Explanation
    from ocpiq.app.audit import Audit
    from ocpiq.approval.audit import RunDescription
    from ocpiq.privacy.policy import Policy
    from ocpiq.storage.recipients import StoredRecipient


class Authorization(NamedTuple):
    """The open entry in the audit trail, None for a run without one; and whether JSON of no module may be read.

    `drivers` is the number of drivers that totals of fields for aggregates only need.
    """

    audit: Audit | None = None
    may_read_json: bool = True
    drivers: int = DRIVERS


def authorize(settings: Settings, handout: Handout, *, begins: bool = True) -> Authorization:
    """Check a run against its policies and write its first entry in the audit trail.

    A run that does not begin yet has an entry only if it is refused; its windows are not known yet.

    Raises PrivacyError for all that a policy does not allow, and UsageError: nothing may then be fetched.
    """
    recipient = stored_recipient(settings)
    if not (recipient or settings.audit or settings.policy):
        return Authorization()
    from ocpiq.app import audit

    format_ = output.format_of(settings.output, terminal=handout.is_terminal).name
    if settings.output.database:
        format_ = parse_address(settings.output.database).kind
    policies = list(policies_of(settings, recipient))
    explanation = handout.query.explanation(handout.sources)
    problems = _problems(settings, handout, policies, format_, explanation, with_windows=begins)
    trail = audit.trail_of(settings, handout.query, recipient)
    logs = audit.logs(settings, handout.query)
    entries = audit.Audit(trail, logs=logs) if trail is not None or logs else None
    if entries is not None:
        hashes = " ".join(policy.sha256 for policy in policies) or None
        description = audit.description(settings, handout, recipient, format_, hashes, explanation)
        if problems:
            entries.refuse(description, [text for texts in problems.values() for text in texts])
        elif begins:
            _warn_of_overlap(trail, description, handout.notify)
            entries.begin(description)
    if problems:
        raise refusal(problems)
    return Authorization(entries, all(policy.plain_json for policy in policies), drivers_of(policies))


def _warn_of_overlap(trail: Path | None, description: RunDescription, notify: Notify) -> None:
    """Warn of an earlier run whose totals, subtracted from those of this run, may be those of few drivers."""
    if trail is None or not any(source.totals for source in description.explanation.sources):
        return
    from ocpiq.approval.overlap import overlapping_run
    from ocpiq.storage import audit_trail

    earlier = overlapping_run(audit_trail.entries(trail), description)
    if earlier is not None:
        text = say(
            "totals of {module} for an overlapping time were handed out on {day}, with other groups, filters or bounds:"
            " the difference of two totals may be one driver's value (see ocpiq audit)",
            module=ModuleName(earlier.module),
            day=UserText(earlier.day),
        )
        notify(WarningIssued(text))


def drivers_of(policies: Iterable[Policy]) -> int:
    """Return the number of drivers that totals need: the largest of the policies, the default without one."""
    return max((policy.drivers for policy in policies), default=DRIVERS)


def beyond_policies(settings: Settings, handout: Handout) -> dict[str, list[str]]:
    """Return what each policy of a run does not allow, without an entry in the audit trail. Raises UsageError."""
    recipient = stored_recipient(settings)
    policies = list(policies_of(settings, recipient)) if recipient or settings.policy else []
    if not policies:
        return {}
    format_ = output.format_of(settings.output, terminal=handout.is_terminal).name
    explanation = handout.query.explanation(handout.sources)
    return _problems(settings, handout, policies, format_, explanation, with_windows=True)


def refusal(problems: Mapping[str, list[str]]) -> PrivacyError:
    """Return the error for all that policies do not allow."""
    parts = (f"the policy {name} does not allow: {', '.join(texts)}" for name, texts in problems.items())
    return PrivacyError("; ".join(parts), hint="nothing was fetched")


def policies_of(settings: Settings, recipient: StoredRecipient | None) -> Iterator[Policy]:
    """Yield the policies of a run: the recipient's, and that of `--policy`. Raises UsageError."""
    from ocpiq.storage import recipients

    if recipient is not None:
        path = recipients.policy_path(recipient.name)
        if path.exists():
            yield load_policy(path, f"of {recipient.name}")
    if settings.policy is not None:
        yield load_policy(settings.policy, str(settings.policy))


def load_policy(path: Path, name: str) -> Policy:
    """Return the policy in a file. Raises UsageError."""
    from ocpiq.storage.policies import read_policy

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"could not read the policy {path}: {error.strerror}") from None
    policy = read_policy(data, name)
    for format_ in policy.formats or ():
        if format_ not in NAMES:
            text = f"the policy {name}: unknown format {safe_word(format_)}"
            raise UsageError(text, hint=choices(format_, NAMES))
    return policy


def _problems(
    settings: Settings,
    handout: Handout,
    policies: list[Policy],
    format_: str,
    explanation: Explanation,
    *,
    with_windows: bool,
) -> dict[str, list[str]]:
    """Return what each policy does not allow, by its name."""
    if not policies:
        return {}
    from ocpiq.approval.policy import Request, excess

    windows = handout.query.windows(handout.variables, handout.start) if with_windows else None
    plain_json = tuple(_plain_json(settings, handout))
    request = Request(explanation, windows, handout.start.now, format_, plain_json)
    return {policy.name: texts for policy in policies if (texts := excess(policy, request))}


def _plain_json(settings: Settings, handout: Handout) -> Iterator[str]:
    """Yield the ways in which a run reads plain JSON: JSON that does not belong to a module."""
    if handout.files:
        yield "files"
    elif not handout.query.modules and not settings.input.null:
        yield "standard input"
    for option in ("slurpfile", "rawfile"):
        if any(variable.option == option for variable in settings.query.variables):
            yield f"--{option}"
    if handout.query.imports_data:
        yield "import"
