"""`:open`: shows the HTML report of the last result in the browser, from a folder that only the user can read."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from ocpiq.app.error_report import write_stderr
from ocpiq.app.settings import OutputSettings
from ocpiq.errors import UsageError
from ocpiq.prompt.session import Session
from ocpiq.prompt.terminal_mode import left_to_programs
from ocpiq.prompt.write_result import last_result, write_to

PRIVATE: Final = 0o600


def open_result(session: Session, rest: str) -> None:
    """Write the report of the last result and open it in the browser. Raises UsageError and PrivacyError."""
    import webbrowser  # noqa: PLC0415 - not before it is used

    if rest:
        raise UsageError(":open takes nothing", hint="to write a report: :output report.html")
    last_result(session)
    folder = report_folder(session)
    path = folder / f"result{len(list(folder.iterdir())) + 1}.html"
    written = write_to(session, OutputSettings(path=path, format="html", mode=PRIVATE))
    session.interrupts.lend(lambda: True)  # a browser may be a program of the terminal
    try:
        with left_to_programs():
            opened = webbrowser.open(written.as_uri())
    finally:
        session.interrupts.lend(None)
    if opened:
        write_stderr("Opened in the browser; the file is removed when the prompt ends")
    else:
        write_stderr(f"No browser found (set $BROWSER). Until the prompt ends, the report is {written}")


def report_folder(session: Session) -> Path:
    """Return the folder for reports, which is removed when the prompt ends, by a signal too."""
    if session.folder is None:
        folder = mkdtemp(prefix="ocpiq-")
        session.folder = Path(folder)
        session.at_end.callback(remove_folder, session.folder)
    return session.folder


def remove_folder(folder: Path) -> None:
    """Remove a folder, as far as it can be removed."""
    import shutil  # noqa: PLC0415 - not before it is used

    shutil.rmtree(folder, ignore_errors=True)
