"""`ocpiq policy`: check saved queries against the policy of a recipient before anybody runs them, or show it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ocpiq.app.authorization import load_policy
from ocpiq.app.compile import compile_query
from ocpiq.app.error_report import report_error, write_stderr
from ocpiq.app.query_text import read_query
from ocpiq.app.settings import Settings
from ocpiq.approval.policy import Request, excess
from ocpiq.errors import OcpiqError, PrivacyError, UsageError, choices
from ocpiq.language import parse
from ocpiq.privacy.policy import Policy
from ocpiq.query.imports import ENDINGS
from ocpiq.query.start import begin
from ocpiq.storage import owner_only, recipients

POLICY_ACTIONS: Final = ("set", "show", "check")


def run(settings: Settings) -> int:
    """Check queries, or show a policy. Raises UsageError."""
    if not settings.words:
        raise UsageError("ocpiq policy takes an action and a recipient", hint="ocpiq policy show utrecht")
    action, *words = settings.words
    if action not in POLICY_ACTIONS:
        raise UsageError("unknown action of ocpiq policy", hint=choices(action, POLICY_ACTIONS))
    if not words:
        raise UsageError(f"ocpiq policy {action} takes a recipient", hint=f"ocpiq policy {action} utrecht")
    if action == "set":
        return _set(words)
    path, policy = _policy(words[0])
    if action == "show":
        sys.stdout.write(path.read_text("utf-8-sig"))
        return 0
    if len(words) == 1:
        raise UsageError("no queries to check", hint=f"ocpiq policy check {words[0]} FILE or FOLDER")
    codes = [_check(settings, policy, file) for word in words[1:] for file in _query_files(Path(word))]
    return max(codes, default=0)


def _set(words: list[str]) -> int:
    """Make a file the policy of a recipient, if it can be read as one. Raises UsageError."""
    if len(words) != 2:
        raise UsageError(
            "ocpiq policy set takes a recipient and a file", hint="ocpiq policy set utrecht FILE"
        )
    name, source = recipients.find(words[0]).name, Path(words[1])
    load_policy(source, words[1])
    path = recipients.policy_path(name)
    try:
        owner_only.write(path, source.read_bytes())
    except OSError as error:
        raise UsageError(f"could not write {path}: {error.strerror}") from None
    write_stderr(f"the policy of {name} is now in {path}")
    return 0


def _policy(word: str) -> tuple[Path, Policy]:
    """Return the policy of a recipient, or the one in a file that ends in .toml. Raises UsageError."""
    if word.endswith(".toml"):
        return Path(word), load_policy(Path(word), word)
    path = recipients.policy_path(recipients.find(word).name)
    if not path.exists():
        raise UsageError(
            f"{word} has no policy",
            hint=f"ocpiq explain --to policy QUERY > FILE; ocpiq policy set {word} FILE",
        )
    return path, load_policy(path, f"of {word}")


def _query_files(path: Path) -> Iterator[Path]:
    """Yield the saved queries that a path names; of a folder, every one in it and below. Raises UsageError."""
    if not path.is_dir():
        yield path
        return
    found = sorted(file for ending in ENDINGS for file in path.rglob(f"*{ending}"))
    if not found:
        raise UsageError(f"no saved queries in {path}", hint=f"their names end in {' or '.join(ENDINGS)}")
    yield from found


def _check(settings: Settings, policy: Policy, file: Path) -> int:
    """Print whether a saved query is within a policy, and return the exit code of a run that is not."""
    text = read_query(str(file))
    try:
        if parse(text.text).body is None:
            return 0  # definitions for other queries
        query = compile_query(settings.query, text, ())
    except OcpiqError as error:
        return report_error(error, text.text, text.name)
    start = begin()
    try:
        windows = query.windows({}, start)
    except OcpiqError:  # they depend on parameters
        windows = None
    ways = ("import",) * query.imports_data + ("standard input",) * (not query.modules)
    problems = excess(policy, Request(query.explanation(), windows, start.now, None, ways))
    note = "" if windows is not None else " (its windows depend on parameters and are checked when it runs)"
    sys.stdout.write(f"{file}: {', '.join(problems) or 'allowed'}{note}\n")
    return PrivacyError.exit_code if problems else 0
