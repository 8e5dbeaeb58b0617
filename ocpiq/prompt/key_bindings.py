"""Key bindings that differ from those of prompt_toolkit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import CompleteEvent, get_common_complete_suffix
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    completion_is_selected,
    emacs_mode,
    has_focus,
    has_selection,
    vi_navigation_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from ocpiq.prompt.command_syntax import split_command
from ocpiq.prompt.interrupts import Interrupts
from ocpiq.prompt.paste import pasted_rest
from ocpiq.prompt.quick_fix import apply_fix
from ocpiq.prompt.reader import QueryReader
from ocpiq.prompt.validator import Validation

FIX_KEY: Final = "F2"


def bindings(look: Callable[[str], Validation], reader: QueryReader, interrupts: Interrupts) -> KeyBindings:
    """Return the bindings.

    Enter accepts the selected suggestion, starts a new line in an unfinished query, and otherwise runs the query;
    Alt-Enter always starts a new line, and so does Enter in pasted lines. Tab accepts a single suggestion at once. F2
    applies the fix of the error. The editor opens with Ctrl-X Ctrl-E, in vi's normal mode with v.
    """
    keys = KeyBindings()
    # Not during a history search, where Enter accepts the match.
    at_query = has_focus(DEFAULT_BUFFER)

    @keys.add("enter", filter=at_query)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        menu = buffer.complete_state
        rest = (
            pasted_rest(event) if split_command(buffer.text) is None else ""
        )  # pasted commands run one by one
        if rest:
            buffer.insert_text("\n" + rest)
        elif menu is not None and menu.current_completion is not None and len(menu.completions) > 1:
            buffer.complete_state = None  # keep the selected suggestion
        elif look(buffer.text).state == "unfinished":
            buffer.newline(copy_margin=True)
        else:
            buffer.document = Document(buffer.text.rstrip())  # pasted text often ends with an empty line
            buffer.validate_and_handle()

    @keys.add(
        "escape", "enter", filter=at_query & emacs_mode
    )  # in vi's modes, Escape must not wait for Enter
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.newline(copy_margin=True)

    @keys.add("tab", filter=at_query & ~completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        complete(event.current_buffer)

    @keys.add("c-x", "c-e", filter=at_query & ~has_selection)
    @keys.add("v", filter=at_query & vi_navigation_mode)
    def _(event: KeyPressEvent) -> None:
        editing = event.current_buffer.open_in_editor()  # and does not run it: Enter does
        interrupts.lend(lambda: not editing.done())

    @keys.add(FIX_KEY.lower(), filter=at_query)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        text = apply_fix(buffer.text, look, reader)
        if text is not None:
            buffer.save_to_undo_stack()
            buffer.document = Document(text, cursor_after(buffer.text, text, buffer.cursor_position))

    return keys


def complete(buffer: Buffer) -> None:
    """Insert a single suggestion or the common prefix; else list the suggestions, and select the first if listed.

    They are computed again: prompt_toolkit may still be computing those of the last letter, and would not wait.
    """
    document, listed = buffer.document, buffer.complete_state is not None or opens_by_itself(buffer)
    completions = list(buffer.completer.get_completions(document, CompleteEvent(completion_requested=True)))
    common = get_common_complete_suffix(document, completions)
    if len(completions) == 1:
        buffer.cancel_completion()
        buffer.apply_completion(completions[0])
    elif common:
        buffer.insert_text(common)
    elif completions:
        buffer.complete_state = CompletionState(document, completions)
        if listed:
            buffer.complete_next()


def opens_by_itself(buffer: Buffer) -> bool:
    """Tell whether the menu is open, or about to be: a key must not depend on how fast it follows another."""
    typed = CompleteEvent(text_inserted=True)
    return buffer.complete_while_typing() and any(buffer.completer.get_completions(buffer.document, typed))


def cursor_after(before: str, after: str, cursor: int) -> int:
    """Return the cursor position after the text has changed: on the same character as before."""
    same = next((n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    return cursor if cursor <= same else max(same, cursor + len(after) - len(before))
