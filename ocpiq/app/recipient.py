"""The recipient of a run: `--recipient`, else `OCPIQ_RECIPIENT`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from ocpiq.app.settings import Settings

if TYPE_CHECKING:
    from ocpiq.privacy.recipient import Recipient
    from ocpiq.query import Query
    from ocpiq.storage.recipients import StoredRecipient

VARIABLE: Final = "OCPIQ_RECIPIENT"


def recipient_name(settings: Settings) -> str | None:
    """Return the name of the run's recipient; None without one."""
    return settings.recipient or os.environ.get(VARIABLE) or None


def stored_recipient(settings: Settings) -> StoredRecipient | None:
    """Return the run's recipient without opening the keyring; None without one. Raises UsageError."""
    name = recipient_name(settings)
    if name is None:
        return None
    from ocpiq.storage import recipients  # most runs have none

    return recipients.find(name)


def recipient(settings: Settings) -> Recipient | None:
    """Return the run's recipient with its key; None without one. Raises UsageError."""
    name = recipient_name(settings)
    if name is None:
        return None
    from ocpiq.storage import recipients

    return recipients.load(name)


def recipient_of(settings: Settings, query: Query) -> Recipient | None:
    """Return the recipient whose key a query needs; None if it passes no pseudonyms. Raises UsageError."""
    if not query.needs_recipient:
        return None
    receiver = recipient(settings)
    query.check_recipient(receiver)
    return receiver
