"""`ocpiq demo`: the embedded platform in the foreground, for `ocpiq login` and any other OCPI client."""

from __future__ import annotations

import signal
import sys

from ocpiq.commands.arguments import Arguments
from ocpiq.commands.shutdown import Shutdown
from ocpiq.errors import UsageError


def run(given: Arguments, shutdown: Shutdown) -> int:
    """Serve until Ctrl-C, which is the usual end, or another signal."""
    from ocpiq.demo import platform

    port = given.last("port") or "0"
    if given.words or not port.isdecimal() or int(port) > 65535:
        raise UsageError("ocpiq demo takes nothing but --port N")
    served = platform(port=int(port))
    shutdown.closing(served.stop)
    sys.stdout.write(
        f"versions URL: {served.versions_url}\n"
        f"token: {served.token}\n"
        f"ocpiq login {served.versions_url} --party NL-ABC --name demo --token {served.token}\n"
        "Ctrl-C ends it\n"
    )
    sys.stdout.flush()
    served.serve_forever()
    return 0 if shutdown.signal == signal.SIGINT else shutdown.code
