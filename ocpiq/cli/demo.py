"""`ocpiq demo`: the embedded platform in the foreground, for `ocpiq login` and any other OCPI client."""

from __future__ import annotations

import signal
import sys

from ocpiq.app.settings import Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.errors import UsageError


def run(settings: Settings, shutdown: Shutdown) -> int:
    """Serve until Ctrl-C or another signal."""
    from ocpiq.demo import platform
    from ocpiq.demo.answers import OFFERED

    if settings.words:
        raise UsageError("ocpiq demo takes no words", hint="ocpiq demo --port N")
    served = platform(port=settings.port, version=settings.query.version or OFFERED[-1])
    shutdown.closing(served.stop)
    sys.stdout.write(
        f"versions URL: {served.versions_url}\n"
        f"token: {served.token}\n"
        f"ocpiq login {served.versions_url} --party NL-ABC --name demo --token {served.token}\n"
        "Press Ctrl-C to stop\n"
    )
    sys.stdout.flush()
    served.serve_forever()
    return 0 if shutdown.signal == signal.SIGINT else shutdown.code
