"""The exit code of a run, whatever it raises."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import Final

from ocpiq.app import error_report, stdio
from ocpiq.app.shutdown import Shutdown
from ocpiq.errors import OcpiqError, UsageError

# Windows also reports EINVAL.
CLOSED_PIPE: Final = (errno.EPIPE,) if os.name == "posix" else (errno.EPIPE, errno.EINVAL)


def exit_code(work: Callable[[], int], shutdown: Shutdown) -> int:
    """Do `work` and return its exit code; if it raises, print the error and return that error's code."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except OcpiqError as error:
        return error_report.report_error(error)
    except KeyboardInterrupt:
        return shutdown.code
    except OSError as error:
        if error.errno in CLOSED_PIPE and error.filename is None:
            stdio.forget_output()
            return 0
        if error.filename is None and error.errno is not None:
            stdio.forget_output()
            return error_report.report_error(UsageError(f"cannot write the results: {error.strerror}"))
        return error_report.report_crash(error)
    except Exception as error:
        return error_report.report_crash(error)


def code_of(error: BaseException, shutdown: Shutdown) -> int:
    """Return the exit code of what a run raised, as `exit_code` does, without saying anything."""
    if isinstance(error, OcpiqError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return shutdown.code
    if isinstance(error, OSError) and error.filename is None and error.errno is not None:
        return 0 if error.errno in CLOSED_PIPE else UsageError.exit_code
    return error_report.INTERNAL
