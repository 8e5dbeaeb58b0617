"""A worker process: reads a job and then parts from standard input, writes the bytes of each part to standard output.

Errors are not sent: an empty message asks the run to do the part itself, where the error has its place in the query.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from typing import BinaryIO, cast

from ocpiq.errors import OcpiqError
from ocpiq.query.compile_text import compile_recipe
from ocpiq.runners.frames import read_frame, write_frame
from ocpiq.runners.job import decode_job, decode_task, do_part
from ocpiq.runtime.collector import collect_rarely


def main() -> None:
    """Do parts until there are no more, or the run has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which then closes the pipes
    collect_rarely()
    with suppress(OSError):
        serve(cast(BinaryIO, sys.stdin.buffer), cast(BinaryIO, sys.stdout.buffer))


def serve(tasks: BinaryIO, results: BinaryIO) -> None:
    """Do each part that is asked for. Raises OSError when the run has ended."""
    first = read_frame(tasks)
    if first is None:
        return
    job = decode_job(first)
    query = compile_recipe(job.recipe)
    while (data := read_frame(tasks)) is not None:
        try:
            done = do_part(job, query, decode_task(data))
            write_frame(results, b"" if done.error is not None else done.data)
        except (OcpiqError, MemoryError, RecursionError):
            write_frame(results, b"")


if __name__ == "__main__":
    main()
