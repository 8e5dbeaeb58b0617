"""From what a run raises to its exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Final

from ocpiq.app import report, stdio
from ocpiq.app.shutdown import Shutdown
from ocpiq.errors import OcpiqError, UsageError

# Windows says EINVAL as well.
CLOSED_PIPE: Final = (errno.EPIPE,) if os.name == "posix" else (errno.EPIPE, errno.EINVAL)


def exit_code(work: Callable[[], int], shutdown: Shutdown) -> int:
    """Do `work`, which returns an exit code; if it raises, say why and return the exit code for that."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except OcpiqError as error:
        return report.failed(error)
    except KeyboardInterrupt:
        return shutdown.code
    except OSError as error:
        if error.errno in CLOSED_PIPE and error.filename is None:
            stdio.forget_output()
            return 0
        if error.filename is None and error.errno is not None:
            stdio.forget_output()
            return report.failed(UsageError(f"cannot write the results: {error.strerror}"))
        return report.broke(error)
    except Exception as error:
        return report.broke(error)
