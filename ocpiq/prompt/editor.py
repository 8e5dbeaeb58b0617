"""The editor of a line at the prompt: prompt_toolkit with completion, colours, the bottom line and the user's keys."""

from __future__ import annotations

import os
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.cursor_shapes import CursorShapeConfig, DynamicCursorShapeConfig, ModalCursorShapeConfig
from prompt_toolkit.document import Document
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, to_filter
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style

from ocpiq.prompt.completer import QueryCompleter
from ocpiq.prompt.feedback import Feedback
from ocpiq.prompt.history import PromptHistory
from ocpiq.prompt.key_bindings import bindings
from ocpiq.prompt.lexer import QueryLexer
from ocpiq.prompt.library import SUFFIX
from ocpiq.prompt.pause import Pause
from ocpiq.prompt.read_line import LineDropped
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.session import Session
from ocpiq.prompt.toolbar import MAX_ROWS
from ocpiq.sinks.colors import no_color
from ocpiq.values.json.codec import well_formed

PROMPT: Final = "ocpiq> "
MENU: Final = 8  # rows
ESCAPE: Final = 0.5  # seconds that Escape waits for the rest of a key
ESCAPE_IN_VI: Final = 0.1
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
    "shown": "ansigreen",
    "blanked": "ansired",
    "passed": "ansicyan",
    "treated": "ansiyellow",
    "bottom-toolbar": "noreverse bg:ansibrightblack ansiwhite",
    "bottom-toolbar.mistake": "noreverse bg:ansired ansiwhite",
}


def make_prompt(session: Session) -> PromptSession[str]:
    """Return the prompt of a session."""
    reader, pause = QueryReader(), Pause()
    feedback = Feedback(session, reader, pause)
    look = feedback.look
    plain = no_color(os.environ) or session.settings.output.monochrome
    prompt: PromptSession[str] = PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=lambda width, line, wraps: " " * width if wraps else "... ".rjust(width),
        completer=QueryCompleter(session.context, reader),
        complete_style=CompleteStyle.COLUMN,
        complete_while_typing=Condition(lambda: session.settings.prompt.menu),
        lexer=QueryLexer(session.context, feedback.mistake, lambda text: look(text).states, reader, pause),
        key_bindings=bindings(look, reader, session.interrupts),
        history=PromptHistory(session),
        auto_suggest=AutoSuggestFromHistory(),
        bottom_toolbar=feedback.bar,
        style=Style.from_dict(STYLE),
        enable_suspend=True,
        interrupt_exception=LineDropped,
        tempfile_suffix=SUFFIX,
        cursor=DynamicCursorShapeConfig(lambda: cursor_shapes(session)),
        color_depth=ColorDepth.DEPTH_1_BIT if plain else None,
    )
    add_handlers(prompt, pause)
    return prompt


def add_handlers(prompt: PromptSession[str], pause: Pause) -> None:
    """Add what happens at each drawing and at each change of the text."""

    def make_room(app: Application[str]) -> None:
        """Reserve rows for suggestions, but leave one for the query and three for the bottom line."""
        prompt.reserve_space_for_menu = max(0, min(MENU, app.output.get_size().rows - 1 - MAX_ROWS))

    prompt.app.before_render += make_room
    # As an option of PromptSession it would keep the menu from opening by itself.
    prompt.default_buffer.enable_history_search = to_filter(True)
    prompt.default_buffer.on_text_changed += replace_invalid_utf8
    prompt.default_buffer.on_text_changed += pause.watch


def use_keys(prompt: PromptSession[str], session: Session) -> None:
    """Let the prompt have the keys that the user has set: those of vi or of Emacs."""
    vi = session.settings.prompt.vi
    prompt.editing_mode = EditingMode.VI if vi else EditingMode.EMACS
    prompt.app.ttimeoutlen = ESCAPE_IN_VI if vi else ESCAPE


def cursor_shapes(session: Session) -> CursorShapeConfig | None:
    """Return the cursor's shapes: one for each mode of vi; else the terminal's own."""
    return ModalCursorShapeConfig() if session.settings.prompt.vi else None


def replace_invalid_utf8(buffer: Buffer) -> None:
    """Replace invalid UTF-8, which prompt_toolkit passes on as lone surrogates, with U+FFFD."""
    valid_text = well_formed(buffer.text)
    if valid_text != buffer.text:
        buffer.set_document(
            Document(valid_text, min(buffer.cursor_position, len(valid_text))), bypass_readonly=True
        )
