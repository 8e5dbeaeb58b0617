"""`ocpiq recipient`: who receives exports. Each has a key of its own, which no command prints."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from ocpiq.app.commands import ACTIONS
from ocpiq.app.error_report import write_stderr
from ocpiq.app.settings import Settings
from ocpiq.errors import UsageError, choices
from ocpiq.storage import recipients

if TYPE_CHECKING:
    from ocpiq.storage.recipients import StoredRecipient


def run(settings: Settings) -> int:
    """List, add, show, rotate or remove recipients. Raises UsageError."""
    action, *words = settings.words or ("list",)
    if action not in ACTIONS:
        raise UsageError("unknown action of ocpiq recipient", hint=choices(action, ACTIONS))
    if action == "list":
        if words:
            raise UsageError("ocpiq recipient list takes no name", hint=f"ocpiq recipient show {words[0]}")
        return list_all()
    if settings.keyring and action not in ("add", "rotate"):
        raise UsageError(f"ocpiq recipient {action} has no option --keyring")
    if len(words) != 1:
        raise UsageError(f"ocpiq recipient {action} takes one name", hint=f"ocpiq recipient {action} NAME")
    return COMMANDS[action](words[0], settings.keyring)


def list_all() -> int:
    """List the recipients, with the id of each one's key."""
    known = [recipients.find(name) for name in recipients.names()]
    if not known:
        write_stderr("no recipients yet (ocpiq recipient add NAME)")
    width = max((len(recipient.name) for recipient in known), default=0)
    for recipient in known:
        policy = "policy" if recipients.policy_path(recipient.name).exists() else "no policy"
        sys.stdout.write(
            f"{recipient.name:<{width}}  key {recipient.key_id}  since {recipient.created[:10]}  {policy}\n"
        )
    return 0


def add(name: str, in_keyring: bool) -> int:
    """Add a recipient with a new key."""
    stored = recipients.add(name, in_keyring=in_keyring)
    write_stderr(
        f"added {name}, key {stored.key_id}, {_place(stored)}; back it up: without it, pseudonyms change"
    )
    return 0


def show(name: str, in_keyring: bool) -> int:
    """Print what is known of a recipient, without the key."""
    stored = recipients.find(name)
    sys.stdout.writelines(f"{label:<9}{text}\n" for label, text in _description(stored))
    return 0


def rotate(name: str, in_keyring: bool) -> int:
    """Replace a recipient's key, after a question to a person at a terminal."""
    old = recipients.find(name)
    if not _confirmed(f"delete key {old.key_id} of {name}? Its pseudonyms can never be made again."):
        return 2
    stored = recipients.rotate(name, in_keyring=in_keyring)
    write_stderr(f"{name} has a new key, {stored.key_id}, {_place(stored)}; key {old.key_id} was deleted")
    return 0


def remove(name: str, in_keyring: bool) -> int:
    """Remove a recipient with key and policy, after a question to a person at a terminal."""
    old = recipients.find(name)
    policy = " and its policy" if recipients.policy_path(name).exists() else ""
    if not _confirmed(f"delete key {old.key_id} of {name}{policy}? Its pseudonyms can never be made again."):
        return 2
    recipients.remove(name)
    write_stderr(f"removed {name}; key {old.key_id}{policy} was deleted".replace("policy was", "policy were"))
    return 0


COMMANDS: Final[dict[str, Callable[[str, bool], int]]] = {
    "add": add,
    "show": show,
    "rotate": rotate,
    "remove": remove,
}


def _description(stored: StoredRecipient) -> Iterator[tuple[str, str]]:
    policy = recipients.policy_path(stored.name)
    yield "name", stored.name
    yield "key", f"{stored.key_id}, since {stored.created}, {_place(stored)}"
    for former in reversed(stored.former):
        yield "former", f"{former.key_id}, from {former.created} to {former.ended}, deleted"
    yield "policy", str(policy) if policy.exists() else "none"


def _place(stored: StoredRecipient) -> str:
    return "in the system keyring" if stored.in_keyring else f"in {recipients.path_of(stored.name)}"


def _confirmed(question: str) -> bool:
    """Ask a person at a terminal; without one, the command itself is the answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
