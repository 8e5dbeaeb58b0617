"""A run in parts as data: what every part needs, so that another process or machine can do one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from ocpiq.gate import PageBody
from ocpiq.privacy.recipient import Recipient
from ocpiq.query.parts import AbsentSource, PartRun, run_part
from ocpiq.query.query import Query
from ocpiq.query.recipe import Recipe
from ocpiq.query.start import Start
from ocpiq.runtime import part_codec
from ocpiq.runtime.part_codec import Packer
from ocpiq.sinks.json import JsonStyle
from ocpiq.snapshots.manifest import StoredModule
from ocpiq.sources import Source, files
from ocpiq.sources.file_ranges import FileRangeSource, Part
from ocpiq.sources.sent_pages import SentPages
from ocpiq.sources.several_platforms import SeveralPlatforms
from ocpiq.values.types import Value


class Job(Struct, frozen=True):
    """A run in parts. `module` is the one that is split, `whole` are the files of the others, all of an OCPI `version`.

    Modules of the folder of a `snapshot` are `stored`: a pull may go on in it meanwhile.
    `variables` are packed, `now` is the start of the run in microseconds since 1970. A job may hold the key of a
    recipient, so its repr shows nothing. Of a live pull, `platforms` are the names and versions of those of each module
    (no name for the only one), and `joined` are all pages of the sources, by number, that each part reads. With a
    `style`, parts write their results as JSON themselves.
    """

    recipe: Recipe
    module: str
    whole: dict[str, str]
    version: str
    variables: bytes
    recipient: Recipient | None
    now: int
    of: int
    snapshot: str = ""
    stored: tuple[StoredModule, ...] = ()
    platforms: dict[str, dict[str, str]] = {}
    joined: dict[int, list[PageBody]] = {}
    split: int = 0
    style: JsonStyle | None = None

    def __repr__(self) -> str:
        return "Job(…)"


def pack_variables(variables: Mapping[str, Value]) -> bytes:
    """Return the values of variables as bytes."""
    return part_codec.encode(Packer(()).pack(dict(variables)))


class Task(Struct, frozen=True, array_like=True):
    """One part: its number, and what it reads: ranges of files, or pages that were pulled."""

    number: int
    part: Part = ()
    pages: tuple[PageBody, ...] = ()


def do_part(job: Job, query: Query, task: Task) -> PartRun:
    """Run a job over one part, up to an error of the query if there is one. Raises UsageError."""
    number, part = task.number, task.part
    sources = files(job.whole, job.version)
    sources |= {module: pulled_elsewhere(versions) for module, versions in job.platforms.items()}
    sent: dict[int, Source] = {source: SentPages(pages, job.version) for source, pages in job.joined.items()}
    if job.module in job.platforms:
        sent[job.split] = SentPages(task.pages, job.version)
    if job.stored:
        sources |= _stored(job, part)
    if job.module not in sources:
        sources[job.module] = FileRangeSource(part, job.version)
    variables = part_codec.decode(job.variables)
    return run_part(
        query,
        sources,
        number=number,
        of=job.of,
        variables=variables,
        recipient=job.recipient,
        start=Start(job.now),
        sent=sent,
        style=job.style,
    )


def pulled_elsewhere(versions: Mapping[str, str]) -> Source:
    """Return the source that stands for platforms, by name and version, which another process pulls."""
    if "" in versions:
        return AbsentSource(versions[""])
    return SeveralPlatforms({name: AbsentSource(version) for name, version in versions.items()})


def _stored(job: Job, part: Part) -> dict[str, Source]:
    """Return the modules of a snapshot; of the one that is split, the page files of a part."""
    from ocpiq.sources.places import place  # noqa: PLC0415
    from ocpiq.sources.snapshot_source import SnapshotSource  # noqa: PLC0415 - most jobs read none

    sources = {
        stored.module: SnapshotSource(place(job.snapshot), stored, job.version) for stored in job.stored
    }
    split = sources.get(job.module)
    if split is not None:
        sources[job.module] = split.of_files({piece.path for piece in part})
    return {**sources}


encode_job: Final = msgspec.msgpack.Encoder().encode
encode_task: Final = msgspec.msgpack.Encoder().encode
decode_task: Final = msgspec.msgpack.Decoder(Task).decode
decode_job: Final = msgspec.msgpack.Decoder(Job).decode
