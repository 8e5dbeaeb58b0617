"""What the prompt shows of the text while it is typed: its first error, what it would disclose, the bottom line."""

from __future__ import annotations

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding.vi_state import InputMode

from ocpiq.errors import OcpiqError
from ocpiq.prompt.disclosure import Disclosure, disclosure
from ocpiq.prompt.key_bindings import FIX_KEY
from ocpiq.prompt.lexer import line_end
from ocpiq.prompt.literal_hint import literal_hint
from ocpiq.prompt.pause import Pause
from ocpiq.prompt.quick_fix import certain_mistake, has_fix, visible_mistake
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.session import Session
from ocpiq.prompt.toolbar import continuation, rows, status, warning
from ocpiq.prompt.validator import Validation, validate


class Feedback:
    """The state of the text in the current buffer; while keys follow each other, as far as it is known by then."""

    def __init__(self, session: Session, reader: QueryReader, pause: Pause) -> None:
        self._session = session
        self._reader = reader
        self._pause = pause

    def look(self, text: str) -> Validation:
        """Return whether a text is complete, its first error and its plan."""
        return validate(text, self._session.context(), self._reader)

    def mistake(self) -> OcpiqError | None:
        """Return the error to show, in the text or of a policy."""
        return self._at_cursor()[1]

    def bar(self) -> StyleAndTextTuples:
        """Return the bottom line, and below it the error, or a hint."""
        width = get_app().output.get_size().columns
        validation, mistake = self._at_cursor()
        line = status(
            self._session.platform,
            self._session.shown_version,
            validation.plan,
            self._session.seen,
            self._disclosure().lines,
            vi_mode(get_app()),
        )
        below = self._warning(mistake) or self._hint(validation)
        kind = "class:bottom-toolbar.mistake" if mistake else ""
        shown: StyleAndTextTuples = [("", rows(line, width))]
        return [*shown, ("", "\n"), (kind, rows(below, width))] if below else shown

    def _warning(self, mistake: OcpiqError | None) -> str:
        text = get_app().current_buffer.text
        fix = mistake is not None and self._pause.reached(text) and has_fix(text, self.look, self._reader)
        return warning(mistake, FIX_KEY if fix else "")

    def _hint(self, validation: Validation) -> str:
        """Return what is missing in the text, or how to keep an identifier out of the history."""
        buffer = get_app().current_buffer
        if self._pause.defers(buffer.text, buffer.cursor_position):
            return ""
        missing = continuation(validation.open)
        if missing or not self._session.keeps_history:
            return missing
        return literal_hint(self._reader.parse(buffer.text).tokens, validation.states)

    def _at_cursor(self) -> tuple[Validation, OcpiqError | None]:
        """Return the state of the text, and the error to show."""
        buffer, look = get_app().current_buffer, self.look
        text, cursor = buffer.text, buffer.cursor_position
        if self._pause.defers(text, cursor):
            text = line_end(text, cursor)
        if self._pause.reached(buffer.text):
            mistake = visible_mistake(text, cursor, look, self._session.context(), self._reader)
        else:
            mistake = certain_mistake(text, cursor, look)
        return look(text), mistake or self._disclosure().refused

    def _disclosure(self) -> Disclosure:
        """Return what the query would disclose, once typing has paused after a complete one."""
        session, text = self._session, get_app().current_buffer.text
        if not self._pause.reached(text):
            return Disclosure()
        validation = self.look(text)
        if validation.plan is None or validation.state != "complete" or validation.mistake:
            return Disclosure()
        settings = session.query_settings()
        key = ("disclosure", text, session.context(), settings.recipient, settings.policy, session.form)
        return self._reader.once(key, lambda: disclosure(session, text))


def vi_mode(app: Application[str]) -> str:
    """Return vi's mode for the bottom line, "" with the keys of Emacs."""
    if app.editing_mode != EditingMode.VI:
        return ""
    return "normal" if app.vi_state.input_mode == InputMode.NAVIGATION else app.vi_state.input_mode.value[3:]
