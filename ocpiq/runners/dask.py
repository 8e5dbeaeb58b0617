"""Runs the parts of a query on a Dask cluster: `tcp://HOST:8786`, or `local:N` for one of N workers on this machine.

A worker gets a job and a part, and returns the bytes of the part; Dask runs it again elsewhere if the worker dies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from importlib import import_module
from threading import Event
from typing import Any, Final, TypeAlias

from ocpiq import __version__
from ocpiq.errors import EMPTY, Message, Notify, OcpiqError, SourceError, UserText, WarningIssued, say
from ocpiq.query.compile_text import compile_recipe
from ocpiq.query.query import Query
from ocpiq.runners.job import Job, Task, decode_job, decode_task, do_part, encode_job, encode_task
from ocpiq.sources.file_ranges import Part

Client: TypeAlias = Any  # distributed has no types

LOCAL: Final = "local:"
NOT_ON_WORKER: Final = say(
    "a worker of the cluster could not do its part, which was done here (has every worker the files, under this path?)"
)
CONNECTING: Final = 10  # seconds
PAUSE: Final = 0.1  # seconds between looks at whether the run is to end


def run_on_cluster(
    query: Query, job: Job, parts: Sequence[Part], address: str, check: Callable[[], None], notify: Notify
) -> Iterator[bytes]:
    """Yield the bytes of all parts, in their order. `check` is called while the run waits, and may raise.

    A part with an error of the query is done here as well, where the error is raised after its results; `notify` is
    told if there is none here, since a worker may lack the files. Raises UsageError if the cluster cannot be reached,
    or a worker has another version of ocpiq.
    """
    with connected(address) as client:
        check_versions(client)
        encoded = encode_job(job)
        futures = [
            client.submit(part_on_worker, encoded, encode_task(Task(number, part)), pure=False)
            for number, part in enumerate(parts)
        ]
        warned = False
        try:
            for number, future in enumerate(futures):
                data = _result(future, check)
                if data:
                    yield data
                    continue
                done = do_part(job, query, Task(number, parts[number]))
                yield done.data
                if done.error is not None:
                    raise done.error
                if not warned:
                    warned = True
                    notify(WarningIssued(NOT_ON_WORKER))
        finally:
            client.cancel(futures, force=True)


def part_on_worker(job: bytes, part: bytes) -> bytes:
    """Do one part on a worker; return its bytes, or nothing if the query ended with an error."""
    read, query = _prepared(job)
    try:
        done = do_part(read, query, decode_task(part))
    except (OcpiqError, MemoryError, RecursionError):
        return b""
    return b"" if done.error is not None else done.data


@lru_cache(maxsize=4)
def _prepared(job: bytes) -> tuple[Job, Query]:
    """Return a job and its compiled query."""
    read = decode_job(job)
    return read, compile_recipe(read.recipe)


def worker_version() -> str:
    """Return the version of ocpiq on a worker."""
    return __version__


def check_versions(client: Client) -> None:
    """Raise UsageError if there is no worker, or one without this version of ocpiq."""
    try:
        versions = client.run(worker_version)
    except Exception as error:  # whatever the worker raises: mostly that it has no ocpiq
        raise _refused(say("a worker of the cluster has no ocpiq of this version")) from error
    if not versions:
        raise SourceError(
            say("the cluster has no worker"), hint=say("start one: dask worker tcp://HOST:8786")
        )
    others = sorted(set(versions.values()) - {__version__})
    if others:
        raise _refused(say("a worker of the cluster has ocpiq {version}", version=UserText(others[0])))


def _refused(text: Message) -> SourceError:
    return SourceError(
        text, hint=say("install ocpiq {version} on all workers", version=UserText(__version__))
    )


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect to a cluster, or start one on this machine. Raises UsageError."""
    distributed: Any = import_module("distributed")  # an extra
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        try:
            if address.startswith(LOCAL):
                cluster = distributed.LocalCluster(
                    n_workers=int(address.removeprefix(LOCAL)),
                    threads_per_worker=1,
                    dashboard_address="127.0.0.1:0",  # any free port: 8787 may be that of another cluster
                    silence_logs=logging.CRITICAL,
                )
                stack.enter_context(cluster)
                client = distributed.Client(cluster)
            else:
                client = distributed.Client(address, timeout=CONNECTING)
        except (OSError, TimeoutError, ValueError) as error:
            raise SourceError(
                say("the cluster {address} cannot be reached", address=UserText(address)),
                hint=say("--cluster tcp://HOST:8786, the address that `dask scheduler` prints; or local:4"),
            ) from error
        stack.enter_context(client)
        yield client


def _result(future: Any, check: Callable[[], None]) -> bytes:  # noqa: ANN401
    """Return the result of a part. Raises UsageError if its worker died again and again."""
    done = Event()
    future.add_done_callback(lambda _: done.set())
    while not done.wait(PAUSE):  # result(timeout=…) fails now and then when the part ends as the time does
        check()
    try:
        return bytes(future.result())
    except (CancelledError, Exception) as error:
        raise SourceError(
            say(
                "a part could not be done on the cluster ({reason})",
                reason=UserText(type(error).__name__),
            ),
            hint=EMPTY,
        ) from error
