"""Signs of life to systemd, for units of `Type=notify`: a datagram to the socket that it names."""

from __future__ import annotations

import os
import socket

VARIABLE = "NOTIFY_SOCKET"


def notify_systemd(state: str) -> None:
    """Send a state such as `READY=1`, if systemd asks for it."""
    path = os.environ.get(VARIABLE, "")
    if path[:1] not in ("/", "@") or not hasattr(socket, "AF_UNIX"):
        return
    address = "\0" + path[1:] if path.startswith("@") else path  # "@" stands for an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
            datagrams.connect(address)
            datagrams.send(state.encode())
    except OSError:
        pass  # nobody listens
