"""Runs the parts of a query in processes of this machine.

The workers are programs of their own that read a job from a pipe: they need no importable main program and no pickle.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO, Final, cast

from msgspec.structs import replace

from ocpiq.errors import OcpiqError
from ocpiq.gate import PageBody
from ocpiq.query.forwarded import PulledPages
from ocpiq.query.query import Query
from ocpiq.runners.frames import read_frame, write_frame
from ocpiq.runners.job import Job, Task, decode_task, do_part, encode_job, encode_task
from ocpiq.sources.file_ranges import Part

AHEAD: Final = 2  # parts for each process that may be done before they are read
PAUSE: Final = 0.1  # seconds between looks at whether the run is to end
PART: Final = 4 << 20  # bytes of the pages of a part, at least
JOINED: Final = (
    4  # times the bytes of the sources that are joined: a part is as long, so that it is worth opening them
)
LARGEST_PART: Final = 32 << 20  # bytes, even so: a few parts for each process are in memory
SECRETS: Final = ("OCPIQ_TOKEN",)  # variables that no worker needs


def run_in_processes(
    query: Query, job: Job, parts: Sequence[Part], processes: int, check: Callable[[], None]
) -> Iterator[bytes]:
    """Yield the bytes of all parts, in their order, each made in one of `processes` workers.

    A part that a worker could not do is done here, where its error is raised after its results. `check` is called while
    the run waits, and may raise.
    """
    with Pool(encode_job(job), min(processes, len(parts))) as pool:
        tasks = [encode_task(Task(number, part)) for number, part in enumerate(parts)]
        for number, task in enumerate(tasks):
            for ahead in tasks[pool.submitted : number + AHEAD * processes + 1]:
                pool.submit(ahead)
            yield from _result(query, job, pool, number, task, check)


def run_pulled(
    query: Query, job: Job, pulled: PulledPages, processes: int, check: Callable[[], None]
) -> Iterator[bytes]:
    """Yield the bytes of the parts of a live pull, in their order, each made in one of `processes` workers.

    The pull goes on while the workers open its pages, at most AHEAD parts for each of them. What ends it early is
    raised after the parts before.
    """
    job = replace(job, joined=pulled.joined)
    parts = cut_pages(pulled.split, bytes_of_part(pulled.joined))
    error: OcpiqError | None = None
    with Pool(encode_job(job), processes) as pool:
        pending: deque[tuple[int, bytes]] = deque()  # whose results are due; kept in case a worker dies
        while True:
            try:
                pages = next(parts, ())
            except OcpiqError as raised:
                error, pages = raised, ()
            if not pages:
                break
            pending.append((pool.submitted, encode_task(Task(pool.submitted, pages=pages))))
            pool.submit(pending[-1][1])
            while pending and (pool.has_result(pending[0][0]) or len(pending) > AHEAD * processes):
                yield from _result(query, job, pool, *pending.popleft(), check)
        while pending:
            yield from _result(query, job, pool, *pending.popleft(), check)
    if error is not None:
        raise error


def bytes_of_part(joined: Mapping[int, Sequence[PageBody]]) -> int:
    """Return the bytes of the pages of a part. Each part opens the pages of all `joined` sources again."""
    again = sum(len(page.body) for pages in joined.values() for page in pages)
    return min(max(PART, JOINED * again), LARGEST_PART)


def cut_pages(pages: Iterator[PageBody], least: int) -> Iterator[tuple[PageBody, ...]]:
    """Yield pages in parts of at least so many bytes. An error of the pull is raised after the pages before it."""
    part: list[PageBody] = []
    size = 0
    try:
        for page in pages:
            part.append(page)
            size += len(page.body)
            if size >= least:
                yield tuple(part)
                part, size = [], 0
    except OcpiqError:
        if part:
            yield tuple(part)
        raise
    if part:
        yield tuple(part)


def _result(
    query: Query, job: Job, pool: Pool, number: int, task: bytes, check: Callable[[], None]
) -> Iterator[bytes]:
    """Yield the bytes of a part, which is done here if no worker could do it."""
    data = pool.result(number, check)
    if data:
        yield data
        return
    done = do_part(job, query, decode_task(task))
    yield done.data
    if done.error is not None:
        raise done.error


class Pool:
    """Up to `count` worker processes, each fed by a thread. Leaving the pool ends them."""

    def __init__(self, job: bytes, count: int) -> None:
        self._job = job
        self._count = count
        self._tasks: list[tuple[int, bytes]] = []  # that no worker has yet
        self._results: dict[int, bytes] = {}
        self._changed = threading.Condition()
        self._ended = False
        self._working: set[int] = set()  # the tasks that workers have
        self._workers: list[subprocess.Popen[bytes]] = []
        self._feeders: list[threading.Thread] = []
        self._living = 0
        self.submitted = 0  # tasks

    def __enter__(self) -> Pool:
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

    def submit(self, task: bytes) -> None:
        """Give the next task to a worker as soon as one is free."""
        with self._changed:
            self._tasks.append((self.submitted, task))
            self.submitted += 1
            self._changed.notify_all()
        if len(self._workers) < self._count:
            self._start()

    def has_result(self, number: int) -> bool:
        """Tell whether `result` would return at once."""
        with self._changed:
            return self._is_done(number)

    def result(self, number: int, check: Callable[[], None]) -> bytes:
        """Return the bytes of a part, empty if no worker could do it. Waits; `check` may raise meanwhile."""
        with self._changed:
            while not self._is_done(number):
                self._changed.wait(PAUSE)
                check()
            return self._results.pop(number, b"")

    def _is_done(self, number: int) -> bool:
        return number in self._results or not (self._living or number in self._working)

    def _start(self) -> None:
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "ocpiq.runners.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name not in SECRETS},
        )
        self._workers.append(worker)
        feeder = threading.Thread(target=self._feed, args=(worker,), daemon=True)
        self._feeders.append(feeder)
        with self._changed:
            self._living += 1
        feeder.start()

    def _feed(self, worker: subprocess.Popen[bytes]) -> None:
        """Hand tasks to one worker until the pool has ended or the worker has died."""
        tasks, results = cast(BinaryIO, worker.stdin), cast(BinaryIO, worker.stdout)
        number: int | None = None
        try:
            write_frame(tasks, self._job)
            while (taken := self._take()) is not None:
                number, task = taken
                write_frame(tasks, task)
                data = read_frame(results)
                self._put(number, data or b"")
                if data is None:
                    break
        except OSError:
            if number is not None:
                self._put(number, b"")
        with self._changed:
            self._living -= 1
            self._changed.notify_all()

    def _put(self, number: int, data: bytes) -> None:
        with self._changed:
            self._working.discard(number)
            self._results.setdefault(number, data)
            self._changed.notify_all()

    def _take(self) -> tuple[int, bytes] | None:
        """Return the next task once there is one; None if the pool has ended."""
        with self._changed:
            while not self._ended and not self._tasks:
                self._changed.wait()
            if self._ended:
                return None
            number, task = self._tasks.pop(0)
            self._working.add(number)
            return number, task
