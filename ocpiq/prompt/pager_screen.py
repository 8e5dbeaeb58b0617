"""The pager's screen: lines that one goes through in both directions and searches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Literal

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Size
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.utils import get_cwidth

from ocpiq.prompt.pager_lines import REVERSE, PagerView
from ocpiq.prompt.typeahead import collect_keys
from ocpiq.values.terminal import truncate, visible

Wish = Literal["quit", "more", "end", "search"]
"""Why the screen was left: to end, or for more lines: the next, all, or up to one with the pattern."""

INTERVAL: Final = 0.1  # seconds between two looks at the size
KEYS: Final = "Space/b page, / search, n/N next, g/G start/end, q quit"


class PagerScreen:
    """Shows lines until the user quits or wants lines that are not there yet, such as `rows` more.

    `complete` tells that no more will come. `note` is said in the bottom line once.
    """

    def __init__(self, view: PagerView, *, complete: bool, note: str = "") -> None:
        self.view = view
        self.complete = complete
        self.note = note
        self.rows = 0
        self.search: tuple[int, str] | None = None  # the direction and the text that is being typed
        self._app: Application[Wish] = Application(
            layout=Layout(
                Window(FormattedTextControl(self._text, show_cursor=False), always_hide_cursor=True)
            ),
            key_bindings=self._bindings(),
            full_screen=True,
            erase_when_done=True,
            enable_page_navigation_bindings=False,
            terminal_size_polling_interval=None,
        )

    def run(self) -> Wish:
        """Show the lines; return what the user wants."""
        size = self._app.output.get_size()
        wish = self._app.run(pre_run=lambda: self._watch_until_end(size), handle_sigint=False)
        return "quit" if collect_keys(self._app.input) else wish  # Ctrl-C right after another key

    def _watch_until_end(self, size: Size) -> None:
        self._app.create_background_task(self._watch(size))

    async def _watch(self, size: Size) -> None:
        """Draw again in each new size: only the main thread is told of it, and prompt_toolkit's own task looks late."""
        while True:
            await asyncio.sleep(INTERVAL)
            if (changed := self._app.output.get_size()) != size:
                size = changed
                self._app.renderer.clear()
                self._app.invalidate()

    def _text(self) -> StyleAndTextTuples:
        size = self._app.output.get_size()
        self.view.resize(size.rows - 1, size.columns)
        text: StyleAndTextTuples = []
        rows = self.view.visible()
        for row in rows:
            text += [*row, ("", "\n")]
        text += [("", "\n")] * (self.view.height - len(rows))
        return [*text, (REVERSE, self._bottom(size.columns))]

    def _bottom(self, width: int) -> str:
        """Return the bottom line: the text of a search, or which lines are shown, and the keys."""
        if self.search is not None:
            step, typed = self.search
            while get_cwidth(typed) > width - 2:
                typed = typed[1:]
            return f"{'/' if step > 0 else '?'}{typed}"
        view = self.view
        total = f"{view.lines.end:,}" if self.complete else f"{view.lines.end:,}+"
        place = f"lines {view.top + 1:,}-{view.last_shown():,} of {total}"
        return truncate(f"{self.note or place}  {KEYS}", width - 1)

    def _leave(self, wish: Wish) -> None:
        self._app.exit(result=wish)

    def _forward(self, rows: int) -> None:
        if not self.view.at_end:
            self.view.scroll(rows)
        elif not self.complete:
            self.rows = rows
            self._leave("more")

    def _end(self) -> None:
        if self.complete:
            self.view.go(self.view.lines.end)
        else:
            self._leave("end")

    def _find(self, step: int) -> None:
        """Go to the next match, or leave for more lines if there is none below and more will come."""
        if not self.view.pattern or self.view.find(step):
            return
        if step > 0 and not self.complete:
            self._leave("search")
        else:
            self.note = f"not found: {visible(self.view.pattern)}"

    def _typed(self, event: KeyPressEvent) -> None:
        if self.search is not None:
            text = "".join(character for character in event.data if character.isprintable())
            self.search = self.search[0], self.search[1] + text

    def _delete(self, event: KeyPressEvent) -> None:
        if self.search is not None:
            self.search = (self.search[0], self.search[1][:-1]) if self.search[1] else None

    def _search(self, event: KeyPressEvent) -> None:
        assert self.search is not None
        (step, typed), self.search = self.search, None
        self.view.pattern = typed or self.view.pattern  # an empty one searches for the last again
        self._find(step)

    def _bindings(self) -> KeyBindings:
        keys = KeyBindings()
        typing = Condition(lambda: self.search is not None)
        view = self.view

        def bind(names: tuple[str, ...], work: Callable[[], object]) -> None:
            def pressed(event: KeyPressEvent) -> None:
                self.note = ""
                work()

            for name in names:
                keys.add(name, filter=~typing, eager=name != "escape")(pressed)

        bind((" ", "pagedown", "f", "c-f", "c-v"), lambda: self._forward(view.height))
        bind(("enter", "down", "j", "e", "c-n"), lambda: self._forward(1))
        bind(("d", "c-d"), lambda: self._forward(max(1, view.height // 2)))
        bind(("b", "pageup", "c-b"), lambda: view.scroll(-view.height))
        bind(("up", "k", "y", "c-p"), lambda: view.scroll(-1))
        bind(("u", "c-u"), lambda: view.scroll(-max(1, view.height // 2)))
        bind(("g", "home", "<"), lambda: view.go(view.lines.start))
        bind(("G", "end", ">"), self._end)
        bind(("n",), lambda: self._find(1))
        bind(("N",), lambda: self._find(-1))
        bind(("/",), lambda: setattr(self, "search", (1, "")))
        bind(("?",), lambda: setattr(self, "search", (-1, "")))
        bind(("q", "Q", "c-c"), lambda: self._leave("quit"))
        bind((Keys.Any, Keys.BracketedPaste), lambda: None)
        keys.add("enter", filter=typing, eager=True)(self._search)
        keys.add("c-h", filter=typing, eager=True)(self._delete)
        keys.add(Keys.Any, filter=typing)(self._typed)
        keys.add(Keys.BracketedPaste, filter=typing, eager=True)(self._typed)
        for name in ("c-c", "c-g", "escape", "c-d"):
            keys.add(name, filter=typing, eager=name != "escape")(lambda event: setattr(self, "search", None))
        return keys
