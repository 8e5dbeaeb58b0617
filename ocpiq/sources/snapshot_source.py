"""A module of a snapshot as a source: stored objects leave it as the query's view shows them, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from itertools import chain, islice
from typing import Final

from msgspec.structs import replace

from ocpiq.errors import (
    EMPTY,
    DamagedError,
    FieldName,
    IncompleteError,
    Message,
    MessagePart,
    Notice,
    Notify,
    PageRead,
    PrivacyError,
    PullEnded,
    SourceError,
    UserText,
    join,
    say,
)
from ocpiq.gate import FieldReport, Gate, OpenedPage, Window
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.view import ViewNode, has_pseudonyms
from ocpiq.schema import ENDED, UPDATED, ModuleName, module
from ocpiq.snapshots import manifest as manifests
from ocpiq.snapshots import page_files
from ocpiq.snapshots.manifest import Folder, PageFile, StoredModule
from ocpiq.snapshots.page_files import LatestWindows
from ocpiq.snapshots.stored_view import CLEAR, ViewOfLines
from ocpiq.sources.file_ranges import FileRange, Part
from ocpiq.sources.monitor import monitor_pages
from ocpiq.sources.page_numbers import LINES
from ocpiq.sources.protocol import CLOCKS_DIFFER, Ask
from ocpiq.values.times import EPOCH

LINES_FOR_A_BYTE: Final = 15
"""Bytes of lines for each byte of a page file, about: enough to judge what is worth several processes."""
SHOWN: Final = 10  # fields in one message


class SnapshotSource:
    """The objects of one module in a snapshot; of `files`, if only these are to be read."""

    repeats = False

    def __init__(
        self, folder: Folder, stored: StoredModule, version: str, files: Sequence[PageFile] | None = None
    ) -> None:
        self.folder = folder
        self.stored = stored
        self.version = version
        self.files = stored.files if files is None else tuple(files)

    @property
    def snapshot(self) -> SnapshotSource:
        """This source, for `stored_objects`."""
        return self

    @property
    def size(self) -> int:
        """The bytes of its lines, about."""
        return sum(file.bytes for file in self.files) * LINES_FOR_A_BYTE

    def of_files(self, names: Collection[str]) -> SnapshotSource:
        """Return the source of these page files alone."""
        files = [file for file in self.stored.files if file.name in names]
        return SnapshotSource(self.folder, self.stored, self.version, files)

    @property
    def time(self) -> str:
        """The moment that the snapshot is of: the end of its last window."""
        return moment_text(self._mark)

    @property
    def _mark(self) -> int:
        mark = self.stored.mark
        if mark is None:
            raise IncompleteError(
                say("the pull into {folder} is not complete", folder=UserText(self.folder)),
                hint=say("go on with: ocpiq pull --into {folder}", folder=UserText(self.folder)),
            )
        return mark

    def reading(
        self, part: SourcePlan, window: Window | None, recipient: Recipient | None
    ) -> tuple[ViewNode, Window | None]:
        """Return the view and the window with which a gate reads the stored objects for a source of a query.

        Raises PrivacyError if the query asks for more than is stored, IncompleteError if no window is complete.
        """
        inexact = manifests.inexact_fields(self.stored.files)
        lines = ViewOfLines(part.view, part.demand, self.stored.view, inexact)
        if lines.problems:
            raise self._lacks(lines.problems, lines.missing)
        pseudonyms = has_pseudonyms(part.view) and self.stored.key_id
        if pseudonyms and (recipient is None or recipient.key_id != self.stored.key_id):
            raise self._refused(
                say("the pseudonyms in it are made with another key"),
                say("pull it for this recipient into another folder"),
            )
        return lines.view, self._narrowed(window or Window(None, None))

    def _narrowed(self, asked: Window) -> Window | None:
        """Return the window for the stored objects, without bounds that all of them keep. Raises PrivacyError."""
        stored, mark = self.stored, self._mark
        self._check_ends(asked)
        since = None if asked.since == stored.begin else asked.since
        until = None if asked.until is None or asked.until >= min(mark, stored.until or mark) else asked.until
        completed = None if asked.completed == stored.during else asked.completed
        if (since is not None or until is not None) and not self._has(UPDATED):
            raise self._lacks([say("last_updated (which a narrower window reads)")], [FieldName(UPDATED)])
        if completed is not None and not any(map(self._has, ENDED)):
            raise self._lacks([say("the end of charging (which a narrower period reads)")], self._ended())
        narrowed = Window(since, until, completed, asked.order)
        return None if narrowed == Window(None, None) else narrowed

    def _check_ends(self, asked: Window) -> None:
        """Raise PrivacyError if a window is not inside the stored one."""
        stored = self.stored
        if stored.during is not None:
            inside = asked.completed is not None and (
                stored.during[0] <= asked.completed[0] and asked.completed[1] <= stored.during[1]
            )
            if not inside:
                start, end = UserText(moment_text(stored.during[0])), UserText(moment_text(stored.during[1]))
                bounds = say("{start} to {end}", start=start, end=end)
                raise self._outside(say("charged during {bounds}", bounds=bounds), say("write during, in it"))
        since = asked.since
        if since is None and asked.completed is not None:
            since = asked.completed[0] - CLOCKS_DIFFER
        if stored.begin is not None and (since is None or since < stored.begin):
            begin = UserText(moment_text(stored.begin))
            raise self._outside(
                say("updated since {begin}", begin=begin), say('write since "{begin}"', begin=begin)
            )
        if stored.until is not None and (asked.until is None or asked.until > stored.until):
            until = UserText(moment_text(stored.until))
            raise self._outside(
                say("updated before {until}", until=until), say('write until "{until}"', until=until)
            )

    def _has(self, name: str) -> bool:
        field = self.stored.view.child(name)
        return field is not None and field.visibility in CLEAR

    def _ended(self) -> list[MessagePart]:
        """Return the field for the end of charging, if the module has one in this version."""
        fields = module(self.stored.module, self.version).root.children
        names = (name for name in ENDED if name in fields and self.version in fields[name].versions)
        return [FieldName(name) for name in islice(names, 1)]

    def _outside(self, window: Message, fix: Message) -> PrivacyError:
        return self._refused(
            say("it has {module} {window}", module=ModuleName(self.stored.module), window=window),
            say("{fix}; for others, pull them into another folder", fix=fix),
        )

    def _lacks(self, problems: Sequence[MessagePart], missing: Sequence[MessagePart]) -> PrivacyError:
        """Return the error for what a query asks for besides what is stored; `missing` fields can be added to it."""
        listed = join(problems[:SHOWN])
        text = say(
            "{fields} of {module} {are} not in the snapshot {folder}",
            fields=listed if len(problems) <= SHOWN else say("{fields}, …", fields=listed),
            module=ModuleName(self.stored.module),
            are=say("is") if len(problems) == 1 else say("are"),
            folder=UserText(self.folder),
        )
        query = UserText(self.stored.query)
        if len(missing) < len(problems) or len(problems) > SHOWN:
            hint = say("it has {query}; for more, pull into another folder", query=query)
            return PrivacyError(text, hint=hint)
        more = say(" pass ") if self.stored.query == self.stored.module else say(", ")
        fields = join(missing)
        hint = say(
            "ocpiq pull '{query}{more}{fields}' --into ANOTHER_DIR", query=query, more=more, fields=fields
        )
        return PrivacyError(text, hint=hint)

    def _refused(self, why: Message, hint: Message = EMPTY) -> PrivacyError:
        folder = UserText(self.folder)
        return PrivacyError(say("the snapshot {folder}: {why}", folder=folder, why=why), hint=hint)

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        """Yield the pages. Raises DamagedError, and IncompleteError at the end if a page file has been dropped."""

        def notify_with_time(notice: Notice) -> None:
            notify(
                replace(notice, snapshot=self.time) if isinstance(notice, PageRead | PullEnded) else notice
            )

        yield from monitor_pages(ask.module, self._opened(gate), notify_with_time)

    def _opened(self, gate: Gate) -> Iterator[tuple[OpenedPage, None]]:
        try:
            for page in self._lines(gate.fields_read):
                opened = gate.lines(page, continues=True)
                yield replace(opened, field_report=missing_only(opened.field_report)), None
        except DamagedError:
            self._check_unchanged()
            raise
        if self.stored.repairs:
            folder = UserText(self.folder)
            raise IncompleteError(
                say("the snapshot {folder} has lost a page file", folder=folder),
                hint=say("pull its window again: ocpiq pull --into {folder}", folder=folder),
            )

    def _check_unchanged(self) -> None:
        """Raise UsageError if the snapshot has no longer the page files that it had."""
        stored = manifests.load(self.folder).module(self.stored.module)
        if stored is None or not {file.name for file in self.files} <= {file.name for file in stored.files}:
            raise SourceError(
                say("the snapshot {folder} was changed while it was read", folder=UserText(self.folder)),
                hint=say("run the query again"),
            )

    def _lines(self, fields: Collection[str] | None) -> Iterator[list[bytes]]:
        """Yield the lines of the objects that no later window has, with at least these fields, page by page."""
        folder = self.folder / self.stored.module
        latest = LatestWindows(folder, self.stored.windows)
        lines = chain.from_iterable(
            latest.selected(file, page_files.lines(folder, file, fields)) for file in self.files
        )
        while page := list(islice(lines, LINES)):
            yield page


def missing_only(report: FieldReport) -> FieldReport:
    """Return what a report says of the fields that this query reads; of all others the pull has warned."""
    return FieldReport(objects=report.objects, missing=report.missing)


def moment_text(microseconds: int) -> str:
    """Return a moment in RFC 3339."""
    return f"{(EPOCH + timedelta(microseconds=microseconds)).isoformat()}Z"


def cut_snapshot(source: SnapshotSource, size: int) -> list[Part]:
    """Return the parts of a module of a snapshot, in order: page files, together of about `size` bytes of lines."""
    parts: list[list[FileRange]] = [[]]
    filled = 0
    for file in source.files:
        length = file.bytes * LINES_FOR_A_BYTE
        if filled and filled + length > size:
            parts.append([])
            filled = 0
        parts[-1].append(FileRange(file.name))
        filled += length
    return [tuple(part) for part in parts]
