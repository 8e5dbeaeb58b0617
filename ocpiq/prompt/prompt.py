"""The prompt's loop: reads a query or command, runs it, repeats."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.cursor_shapes import CursorShapeConfig, DynamicCursorShapeConfig, ModalCursorShapeConfig
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, to_filter
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style

from ocpiq.app.error_report import write_stderr
from ocpiq.app.stdio import CLEAR
from ocpiq.errors import OcpiqError
from ocpiq.prompt.command_syntax import commands, split_command
from ocpiq.prompt.commands import QuitPrompt, run_command
from ocpiq.prompt.completer import QueryCompleter
from ocpiq.prompt.disclosure import Disclosure, disclosure
from ocpiq.prompt.history import PromptHistory
from ocpiq.prompt.key_bindings import FIX_KEY, bindings
from ocpiq.prompt.lexer import QueryLexer, line_end
from ocpiq.prompt.library import SUFFIX
from ocpiq.prompt.literal_hint import literal_hint
from ocpiq.prompt.pause import Pause
from ocpiq.prompt.quick_fix import certain_mistake, has_fix, visible_mistake
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.run import run
from ocpiq.prompt.session import Session
from ocpiq.prompt.toolbar import MAX_ROWS, continuation, rows, status, warning
from ocpiq.prompt.typeahead import LineDropped, is_cancelled
from ocpiq.prompt.validator import Validation, validate
from ocpiq.sinks.colors import no_color
from ocpiq.values.json.codec import well_formed

PROMPT: Final = "ocpiq> "
MENU: Final = 8  # rows
ESCAPE: Final = 0.5  # seconds that Escape waits for the rest of a key
ESCAPE_IN_VI: Final = 0.1
RARELY: Final = 1000  # collections of younger objects before a whole one
GREETING: Final = "Type :help for help. Tab completes, Ctrl-D quits."
STYLE: Final = {
    "module": "ansicyan bold",
    "function": "ansiblue",
    "keyword": "ansimagenta",
    "field": "",
    "variable": "ansiyellow",
    "format": "ansiblue",
    "number": "ansiyellow",
    "string": "ansigreen",
    "comment": "ansibrightblack italic",
    "command": "ansimagenta bold",
    "wrong": "underline ansired",
    "open": "ansigreen",
    "blanked": "ansired",
    "passed": "ansicyan",
    "treated": "ansiyellow",
    "bottom-toolbar": "noreverse bg:ansibrightblack ansiwhite",
    "bottom-toolbar.mistake": "noreverse bg:ansired ansiwhite",
}


def run_prompt(session: Session) -> int:
    """Run queries and commands until Ctrl-D or `:quit`; return the exit code."""
    prompt = make_prompt(session)
    collect_rarely()
    print(GREETING)  # noqa: T201 - to a person at a terminal
    while True:
        try:
            prompt = take_line(prompt, session)
        except KeyboardInterrupt:  # between two prompts, or of a question
            sys.stderr.write(CLEAR)  # the terminal's own ^C
            write_stderr("cancelled")
        except (EOFError, QuitPrompt):
            return 0


def take_line(prompt: PromptSession[str], session: Session) -> PromptSession[str]:
    """Read a query or command and run it; return the prompt for the next one."""
    gc.collect()
    with suppress(OcpiqError):  # of a file of logins that cannot be read now
        session.read_logins()
    text, session.pending = session.pending, ""
    use_keys(prompt, session)
    try:
        text = prompt.prompt(default=text)
    except LineDropped:
        return prompt
    if is_cancelled(prompt.app.input):
        raise KeyboardInterrupt
    if split_command(text) is not None:
        for command in commands(text):
            run_command(session, command)
        if session.history_cleared:
            prompt, session.history_cleared = make_prompt(session), False
    elif text.strip():
        run(session, text)
    return prompt


def use_keys(prompt: PromptSession[str], session: Session) -> None:
    """Let the prompt have the keys that the user has set: those of vi or of Emacs."""
    vi = session.settings.prompt.vi
    prompt.editing_mode = EditingMode.VI if vi else EditingMode.EMACS
    prompt.app.ttimeoutlen = ESCAPE_IN_VI if vi else ESCAPE


def cursor_shapes(session: Session) -> CursorShapeConfig | None:
    """Return the cursor's shapes: one for each mode of vi; else the terminal's own."""
    return ModalCursorShapeConfig() if session.settings.prompt.vi else None


def vi_mode(app: Application[str]) -> str:
    """Return vi's mode for the bottom line, "" with the keys of Emacs."""
    if app.editing_mode != EditingMode.VI:
        return ""
    return "normal" if app.vi_state.input_mode == InputMode.NAVIGATION else app.vi_state.input_mode.value[3:]


def collect_rarely() -> None:
    """Let no key wait for a whole garbage collection, which takes longer than all else; each query begins with one."""
    gc.collect()
    gc.freeze()  # what is loaded by now stays
    first, second, _ = gc.get_threshold()
    gc.set_threshold(first, second, RARELY)


def replace_invalid_utf8(buffer: Buffer) -> None:
    """Replace invalid UTF-8, which prompt_toolkit passes on as lone surrogates, with U+FFFD."""
    valid_text = well_formed(buffer.text)
    if valid_text != buffer.text:
        buffer.set_document(
            Document(valid_text, min(buffer.cursor_position, len(valid_text))), bypass_readonly=True
        )


def make_prompt(session: Session) -> PromptSession[str]:
    """Return the prompt of a session."""
    reader, pause = QueryReader(), Pause()

    def look(text: str) -> Validation:
        return validate(text, session.context(), reader)

    def at_cursor() -> tuple[Validation, OcpiqError | None]:
        """Return the state of the text, and the error to show; while keys follow each other, what is known so far."""
        buffer = get_app().current_buffer
        text, cursor = buffer.text, buffer.cursor_position
        if pause.defers(text, cursor):
            text = line_end(text, cursor)
        paused = pause.reached(buffer.text)
        mistake = (
            visible_mistake(text, cursor, look, session.context(), reader)
            if paused
            else certain_mistake(text, cursor, look)
        )
        return look(text), mistake or disclosed().refused

    def disclosed() -> Disclosure:
        """Return what the query would disclose, once typing has paused after a complete one."""
        text = get_app().current_buffer.text
        validation = look(text) if pause.reached(text) else None
        if (
            validation is None
            or validation.plan is None
            or validation.state != "complete"
            or validation.mistake
        ):
            return Disclosure()
        settings = session.query_settings()
        key = ("disclosure", text, session.context(), settings.recipient, settings.policy, session.form)
        return reader.once(key, lambda: disclosure(session, text))

    def bar() -> StyleAndTextTuples:
        buffer, width = get_app().current_buffer, get_app().output.get_size().columns
        validation, mistake = at_cursor()
        line = status(
            session.platform,
            session.shown_version,
            validation.plan,
            session.seen,
            disclosed().lines,
            vi_mode(get_app()),
        )
        fix = mistake is not None and pause.reached(buffer.text) and has_fix(buffer.text, look, reader)
        whole = not pause.defers(buffer.text, buffer.cursor_position)
        below = warning(mistake, FIX_KEY if fix else "") or continuation(validation.open if whole else "")
        if not below and whole and session.keeps_history:
            below = literal_hint(reader.parse(buffer.text).tokens, validation.states)
        kind = "class:bottom-toolbar.mistake" if mistake else ""
        shown: StyleAndTextTuples = [("", rows(line, width))]
        return [*shown, ("", "\n"), (kind, rows(below, width))] if below else shown

    plain = no_color(os.environ) or session.settings.output.monochrome
    prompt: PromptSession[str] = PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=lambda width, line, wraps: " " * width if wraps else "... ".rjust(width),
        completer=QueryCompleter(session.context, reader),
        complete_style=CompleteStyle.COLUMN,
        complete_while_typing=Condition(lambda: session.settings.prompt.menu),
        lexer=QueryLexer(
            session.context, lambda: at_cursor()[1], lambda text: look(text).states, reader, pause
        ),
        key_bindings=bindings(look, reader),
        history=PromptHistory(session),
        auto_suggest=AutoSuggestFromHistory(),
        bottom_toolbar=bar,
        style=Style.from_dict(STYLE),
        enable_suspend=True,
        tempfile_suffix=SUFFIX,
        cursor=DynamicCursorShapeConfig(lambda: cursor_shapes(session)),
        color_depth=ColorDepth.DEPTH_1_BIT if plain else None,
    )

    def make_room(app: Application[str]) -> None:
        """Reserve rows for suggestions, but leave one for the query and three for the bottom line."""
        prompt.reserve_space_for_menu = max(0, min(MENU, app.output.get_size().rows - 1 - MAX_ROWS))

    prompt.app.before_render += make_room
    # As an option of PromptSession it would keep the menu from opening by itself.
    prompt.default_buffer.enable_history_search = to_filter(True)
    prompt.default_buffer.on_text_changed += replace_invalid_utf8
    prompt.default_buffer.on_text_changed += pause.watch
    return prompt
