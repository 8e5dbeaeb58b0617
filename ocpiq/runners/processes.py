"""Runs the parts of a query in processes of this machine.

The workers are programs of their own that read a job from a pipe: they need no importable main program and no pickle.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO, Final, cast

import msgspec

from ocpiq.query.query import Query
from ocpiq.runners.frames import read_frame, write_frame
from ocpiq.runners.job import Job, do_part, encode_job
from ocpiq.runners.worker import Task
from ocpiq.sources.file_ranges import Part

AHEAD: Final = 2  # parts for each process that may be done before they are read
PAUSE: Final = 0.1  # seconds between looks at whether the run is to end


def run_in_processes(
    query: Query, job: Job, parts: Sequence[Part], processes: int, check: Callable[[], None]
) -> Iterator[bytes]:
    """Yield the bytes of all parts, in their order, each made in one of `processes` workers.

    A part that a worker could not do is done here, where its error is raised after its results. `check` is called while
    the run waits, and may raise.
    """
    with Pool(job, parts, processes) as pool:
        for number, part in enumerate(parts):
            data = pool.result(number, check)
            if data:
                yield data
                continue
            done = do_part(job, query, number, part)
            yield done.data
            if done.error is not None:
                raise done.error


class Pool:
    """Worker processes, each fed by a thread. Leaving the pool ends them."""

    def __init__(self, job: Job, parts: Sequence[Part], processes: int) -> None:
        self._job = encode_job(job)
        self._parts = parts
        self._count = min(processes, len(parts))
        self._results: dict[int, bytes] = {}
        self._changed = threading.Condition()
        self._next = 0  # the next part to hand out
        self._wanted = 0  # the part that the run reads next
        self._living = self._count  # workers that still take parts
        self._ended = False
        self._workers: list[subprocess.Popen[bytes]] = []
        self._feeders: list[threading.Thread] = []

    def __enter__(self) -> Pool:
        command = [sys.executable, "-P", "-m", "ocpiq.runners.worker"]
        for _ in range(self._count):
            worker = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._workers.append(worker)
            feeder = threading.Thread(target=self._feed, args=(worker,), daemon=True)
            self._feeders.append(feeder)
            feeder.start()
        return self

    def __exit__(self, *error: object) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.kill()
        for worker, feeder in zip(self._workers, self._feeders, strict=True):
            feeder.join()
            for stream in (worker.stdin, worker.stdout):
                with suppress(OSError):  # what was not sent is not needed
                    cast(BinaryIO, stream).close()
            worker.wait()

    def result(self, number: int, check: Callable[[], None]) -> bytes:
        """Return the bytes of a part, empty if no worker could do it. Waits; `check` may raise meanwhile."""
        with self._changed:
            self._wanted = number
            self._changed.notify_all()
            while number not in self._results:
                if not self._living and number >= self._next:
                    return b""
                self._changed.wait(PAUSE)
                check()
            return self._results.pop(number)

    def _feed(self, worker: subprocess.Popen[bytes]) -> None:
        """Hand out parts to one worker until all are handed out or it has died."""
        tasks, results = cast(BinaryIO, worker.stdin), cast(BinaryIO, worker.stdout)
        number: int | None = None
        try:
            write_frame(tasks, self._job)
            while (number := self._take()) is not None:
                write_frame(tasks, msgspec.msgpack.encode(Task(number, self._parts[number])))
                data = read_frame(results)
                self._put(number, data or b"")
                if data is None:
                    break
            tasks.close()
        except OSError:
            if number is not None:
                self._put(number, b"")
        with self._changed:
            self._living -= 1
            self._changed.notify_all()

    def _put(self, number: int, data: bytes) -> None:
        with self._changed:
            self._results.setdefault(number, data)
            self._changed.notify_all()

    def _take(self) -> int | None:
        """Return the number of the next part, once it is not too far ahead; None if there is none."""
        with self._changed:
            while not self._ended and self._next >= self._wanted + AHEAD * self._count + 1:
                self._changed.wait()
            if self._ended or self._next == len(self._parts):
                return None
            self._next += 1
            return self._next - 1
