"""What a state remembers besides the objects: the mark, the window in progress, the last files. Data without logic."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

FORMAT: Final = 1
KEPT_FILES: Final = 3  # of the last deliveries
OVERLAP: Final = 3600  # seconds
SETTLE: Final = 60  # seconds

Kind = Literal["since last", "during", "report"]
"""What a state is of: what changed since the last delivery, closed periods and their corrections, or whole reports."""


class Origin(Struct, frozen=True):
    """Where the objects come from: the address of the platform without the token, the party, version and module."""

    address: str
    party: str
    version: str
    module: str


class Fingerprint(Struct, frozen=True):
    """Hashes, keyed with the state's secret, of what decides how rows look: parts that are equal have equal hashes."""

    query: str
    parameters: str
    recipient: str
    zone: str


class Pending(Struct, frozen=True):
    """A window whose delivery has begun: it is pulled again until it is delivered.

    Bounds in microseconds since 1970; `start` is None for everything. `path` is the file, empty for standard output.
    `sha256` is set once the file beside it is complete and its rows are remembered; `rows` is then their number, and
    `manifest` the text of the manifest to write beside it. `number` is that of the file, for `{seq}`. `period` is the
    number of a closed period, 0 for `since last`; `correction` counts the corrections, 0 for a delivery. `content` is
    the hash of the results of a report. `audit_run` is the run in the audit trail `audit_trail`, if there is one.
    """

    start: int | None
    end: int
    path: str
    number: int
    sha256: str = ""
    rows: int = 0
    manifest: str = ""
    period: int = 0
    correction: int = 0
    audit_run: str = ""
    audit_trail: str = ""
    content: str = ""


class DeliveredFile(Struct, frozen=True):
    """A file that was delivered, with its window, number of rows and SHA-256; the path is empty for standard output."""

    path: str
    start: int | None
    end: int
    rows: int
    sha256: str


class AuditedRun(Struct, frozen=True):
    """The run in the audit trail `trail` that made the last delivery, and how it ends there, if it came to that."""

    run: str
    trail: str
    rows: int
    path: str
    sha256: str


class OpenFile(Struct, frozen=True):
    """The file of a period that `--follow` writes: it grows beside its name `path`, poll by poll.

    `length` is its size after the last poll that counts. `closes` is set once it is complete and about to get its name;
    with `converts`, what grows is lines, from which the file is made.
    """

    path: str
    start: int | None
    end: int
    number: int
    length: int = 0
    rows: int = 0
    closes: bool = False
    converts: bool = False


class PeriodRecord(Struct, frozen=True):
    """A closed period that was delivered: its number among the remembered objects, and its corrections so far.

    `content` is the hash of the results in its last file, for a report.
    """

    number: int
    start: int
    end: int
    corrections: int = 0
    content: str = ""


class State(Struct, frozen=True):
    """A state. Times are microseconds since 1970, `overlap` and `settle` seconds.

    `begin` is the beginning of the first window, None for everything; `mark` the end of the last one. `runs` counts the
    deliveries, also those without a row, and `number` the files. `late` tells that an object came later than half of
    the overlap. `accepts` tells that the next run may have another fingerprint, `reconciles` that it compares
    everything. `open` is the file of a period that `--follow` writes, `audited` the last delivery in an audit trail.
    `count` and `checksum` are those of the remembered objects.
    """

    name: str
    kind: Kind
    origin: Origin
    fingerprint: Fingerprint
    begin: int | None
    mark: int | None
    overlap: int = OVERLAP
    settle: int = SETTLE
    runs: int = 0
    number: int = 0
    pending: Pending | None = None
    files: tuple[DeliveredFile, ...] = ()
    late: bool = False
    accepts: bool = False
    reconciles: bool = False
    count: int = 0
    checksum: int = 0
    format: int = FORMAT
    periods: tuple[PeriodRecord, ...] = ()
    corrections: int = 0
    zone: str = "UTC"
    open: OpenFile | None = None
    audited: AuditedRun | None = None
    version: str = ""
