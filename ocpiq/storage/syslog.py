"""The system's log as a place for the entries of the audit trail: one line of JSON for each, from `ocpiq`."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import closing
from typing import Final

import msgspec

from ocpiq.errors import UsageError

SOCKETS: Final = ("/dev/log", "/var/run/syslog", "/var/run/log")  # of Linux, macOS, BSD
PRIORITY: Final = 10 << 3 | 6  # authpriv, info: for the administrator alone
HINT: Final = "--audit FILE writes a trail of its own"


def send(entry: Mapping[str, object]) -> None:
    """Send an entry to the system's log. Raises UsageError if there is none, or it does not take the entry."""
    text = msgspec.json.encode(entry)
    line = b"<%d>ocpiq[%d]: %s" % (PRIORITY, os.getpid(), text)
    if not hasattr(socket, "AF_UNIX"):
        raise UsageError("this system has no syslog", hint=HINT)
    reason = "no socket"
    for path in SOCKETS:
        try:
            with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as log:
                log.connect(path)
                log.sendall(line)
        except FileNotFoundError:
            continue
        except OSError as error:
            reason = error.strerror or type(error).__name__
            continue
        return
    raise UsageError(f"could not write to the system's log: {reason}", hint=HINT)
