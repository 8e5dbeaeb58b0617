"""The prompt's loop: reads a query or command, runs it, repeats."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style

from ocpiq.prompt.command_syntax import split_command
from ocpiq.prompt.commands import QuitPrompt, run_command
from ocpiq.prompt.completer import QueryCompleter
from ocpiq.prompt.history import PromptHistory
from ocpiq.prompt.key_bindings import FIX_KEY, bindings
from ocpiq.prompt.lexer import QueryLexer
from ocpiq.prompt.quick_fix import apply_fix, visible_mistake
from ocpiq.prompt.run import run
from ocpiq.prompt.session import Session
from ocpiq.prompt.toolbar import MAX_ROWS, continuation, rows, status, warning
from ocpiq.prompt.validator import Validation, validate
from ocpiq.sinks.colors import no_color
from ocpiq.values.json.codec import well_formed

PROMPT: Final = "ocpiq> "
MENU: Final = 8  # rows
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
    "bottom-toolbar": "noreverse bg:ansibrightblack ansiwhite",
    "bottom-toolbar.mistake": "noreverse bg:ansired ansiwhite",
}


def run_prompt(session: Session) -> int:
    """Run queries and commands until Ctrl-D or `:quit`; return the exit code."""
    prompt = _prompt(session)
    print(GREETING)  # noqa: T201 - to a person at a terminal
    while True:
        text, session.pending = session.pending, ""
        try:
            text = prompt.prompt(default=text)
            if split_command(text) is not None:
                run_command(session, text)
                if session.history_cleared:
                    prompt, session.history_cleared = _prompt(session), False
            elif text.strip():
                run(session, text)
        except KeyboardInterrupt:  # Ctrl-C starts a new prompt
            continue
        except (EOFError, QuitPrompt):
            return 0


def replace_invalid_utf8(buffer: Buffer) -> None:
    """Replace invalid UTF-8, which prompt_toolkit passes on as lone surrogates, with U+FFFD."""
    valid_text = well_formed(buffer.text)
    if valid_text != buffer.text:
        buffer.set_document(
            Document(valid_text, min(buffer.cursor_position, len(valid_text))), bypass_readonly=True
        )


def _prompt(session: Session) -> PromptSession[str]:
    def look(text: str) -> Validation:
        settings = session.settings.query
        home = Path(session.file).parent if session.file else None
        zones = settings.zone, settings.default_zone
        return validate(text, session.version, tuple(session.variables), settings.library, home, zones)

    def bar() -> StyleAndTextTuples:
        buffer, width = get_app().current_buffer, get_app().output.get_size().columns
        validation = look(buffer.text)
        line = status(session.platform, session.version, validation.plan, session.seen)
        mistake = visible_mistake(buffer.text, buffer.cursor_position, look, session.context())
        below = warning(mistake, FIX_KEY if mistake and apply_fix(buffer.text, look) else "") or continuation(
            validation.open
        )
        kind = "class:bottom-toolbar.mistake" if mistake else ""
        shown: StyleAndTextTuples = [("", rows(line, width))]
        return [*shown, ("", "\n"), (kind, rows(below, width))] if below else shown

    plain = no_color(os.environ) or session.settings.output.monochrome
    prompt: PromptSession[str] = PromptSession(
        PROMPT,
        multiline=True,
        prompt_continuation=lambda width, line, wraps: " " * width if wraps else "... ".rjust(width),
        completer=QueryCompleter(session.context),
        complete_style=CompleteStyle.COLUMN,
        complete_while_typing=True,
        lexer=QueryLexer(session.context, look),
        key_bindings=bindings(look),
        history=PromptHistory(session),
        bottom_toolbar=bar,
        style=Style.from_dict(STYLE),
        enable_open_in_editor=True,
        color_depth=ColorDepth.DEPTH_1_BIT if plain else None,
    )

    def make_room(app: Application[str]) -> None:
        """Reserve rows for suggestions, but leave one for the query and three for the bottom line."""
        prompt.reserve_space_for_menu = max(0, min(MENU, app.output.get_size().rows - 1 - MAX_ROWS))

    prompt.app.before_render += make_room
    prompt.default_buffer.on_text_changed += replace_invalid_utf8
    return prompt
