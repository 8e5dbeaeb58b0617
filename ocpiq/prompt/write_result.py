"""`:output FILE`: writes the last result to a file, in any format, as a run with `-o FILE` would."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import structs

from ocpiq.app import output
from ocpiq.app.arguments import parse
from ocpiq.app.audit import Audit
from ocpiq.app.authorization import authorize
from ocpiq.app.error_report import write_stderr
from ocpiq.app.handout import Handout
from ocpiq.app.progress import quantity
from ocpiq.app.read_settings import settings
from ocpiq.app.settings import OutputSettings, Settings
from ocpiq.app.shutdown import Shutdown
from ocpiq.app.thread import run_in_thread
from ocpiq.errors import Message, UsageError
from ocpiq.prompt.paths import expand_path
from ocpiq.prompt.results import KeptResult, with_blanks
from ocpiq.prompt.session import Session

EXAMPLE: Final = ":output cdrs.csv --csv excel:nl"


def write_result(session: Session, rest: str) -> None:
    """Write the last result to the file and with the options in `rest`. Raises UsageError and PrivacyError."""
    kept = last_result(session)
    chosen = output_settings(rest)
    path = chosen.path
    assert path is not None
    if path.is_file() and session.ask(f"{path} already exists. Replace it? (y/n) ").lower() not in (
        "y",
        "yes",
    ):
        write_stderr("Not written")
        return
    written = write_to(session, chosen)
    rows = quantity(len(kept.rows), "row")
    if kept.complete:
        write_stderr(f"Wrote {rows} to {written}")
    else:
        write_stderr(f"The result is incomplete; wrote {rows} to {written}")


def last_result(session: Session) -> KeptResult:
    """Return the last result. Raises UsageError if there is none."""
    kept = session.results.last
    if kept is None:
        raise UsageError("no result yet", hint="run a query first")
    if kept.is_too_large:
        raise UsageError("the last result was too large to keep", hint="ocpiq -o FILE QUERY")
    return kept


def write_to(session: Session, chosen: OutputSettings) -> Path:
    """Write the last result with these settings; return the path of the file. Raises UsageError and PrivacyError."""
    kept, settings = last_result(session), structs.replace(session.settings, output=chosen)
    handouts = [structs.replace(handout, is_terminal=False) for handout in kept.handouts]
    shutdown, written = Shutdown(), Written()
    audits = _authorize(settings, handouts)

    def write() -> None:
        try:
            _record(audits, kept, chosen, written, shutdown)
        except BaseException as error:
            written.failure = error

    with session.interrupts.ending(shutdown):
        ended = "done" if shutdown.signal else run_in_thread(write, shutdown, force=True)
    shutdown.close()
    if ended == "stuck":  # such as in a pipe that nobody reads
        shutdown.abandon()
    if shutdown.signal and written.file is None:
        raise KeyboardInterrupt
    if written.failure is not None:
        raise written.failure
    assert chosen.path is not None
    return written.file or chosen.path


class Written:
    """The file that was written, once it is in its place, or why it was not."""

    file: Path | None = None
    failure: BaseException | None = None


def output_settings(rest: str) -> OutputSettings:
    """Return the settings of `FILE [OPTIONS]`. Raises UsageError for options that are not of output formats."""
    try:
        words = shlex.split(rest)
    except ValueError:
        raise UsageError(":output: a quote is not closed", hint=EXAMPLE) from None
    if not words:
        raise UsageError(":output needs a file name", hint=EXAMPLE)
    chosen = settings(parse(["-o", str(expand_path(words[0])), *words[1:]]))
    others, defaults = (
        structs.replace(each, output=OutputSettings()) for each in (chosen, settings(parse([])))
    )
    if others != defaults or chosen.output.manifest:
        raise UsageError(":output takes a file and the options of output formats", hint=EXAMPLE)
    if chosen.output.path is None:
        raise UsageError(":output writes to a file", hint=EXAMPLE)
    return chosen.output


def _authorize(chosen: Settings, handouts: Sequence[Handout]) -> list[Audit]:
    """Check every run that the result comes from, as if it wrote the file; then begin its entry in the audit trail."""
    for handout in handouts:
        authorize(chosen, handout, begins=False)
    audits = (authorize(chosen, handout).audit for handout in handouts)
    return [audit for audit in audits if audit is not None]


def _record(
    audits: Sequence[Audit], kept: KeptResult, chosen: OutputSettings, written: Written, shutdown: Shutdown
) -> int:
    """Write the file, and how it ended into each entry of the audit trail."""
    if not audits:
        return _write(kept, chosen, written, shutdown)
    return audits[0].record(
        lambda: _record(audits[1:], kept, chosen, written, shutdown),
        lambda: (len(kept.rows), written.file),
        shutdown,
    )


def _write(kept: KeptResult, chosen: OutputSettings, written: Written, shutdown: Shutdown) -> int:
    request = output.OutputRequest(
        columns=lambda: kept.query.columns(kept.sources),
        many=kept.query.many,
        warn=_warn,
        private=any(handout.query.passes for handout in kept.handouts),
        files=lambda: shutdown.files,
    )
    with output.open_output(chosen, os.environ, request) as out:
        for value in kept.values():
            shutdown.check()
            out.sink.write(with_blanks(value))
        out.close()
        if kept.complete:
            out.keep()
            written.file = None if out.file is None else out.file.path
        else:
            written.file = out.keep_partial()
    return 0


def _warn(message: Message) -> None:
    write_stderr(f"warning: {message}")
