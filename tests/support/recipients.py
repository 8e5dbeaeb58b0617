"""A recipient whose key is always the same, as a folder of configuration."""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from support.rows import RECIPIENT

from ocpiq.privacy.recipient import key_id_of
from ocpiq.storage import owner_only
from ocpiq.storage.recipients import StoredRecipient


@cache
def config_with_recipient() -> Path:
    """Return a folder for OCPIQ_CONFIG that has the recipient of the tests."""
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    stored = StoredRecipient(
        RECIPIENT.name, RECIPIENT.key, key_id_of(RECIPIENT.key), created="2026-01-01T00:00:00Z"
    )
    file = Path(folder.name, "recipients", f"{RECIPIENT.name}.json")
    file.parent.mkdir(mode=0o700)
    owner_only.write(file, msgspec.json.encode(stored))
    return Path(folder.name)
