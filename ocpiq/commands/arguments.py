"""argv, taken apart: the command, its words, its options. jq's rules: options anywhere, `-nr`, `--`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct, field

from ocpiq.commands.options import COMMANDS, OPTIONS, Option
from ocpiq.errors import UsageError, did_you_mean

NAMES: Final = frozenset(command.name for command in COMMANDS)

LONG: Final = {option.name: option for option in OPTIONS}
SHORT: Final = {option.short: option for option in OPTIONS if option.short}


class Arguments(Struct):
    """What was given. `positional` are the words after `--args` and `--jsonargs`, each with that option's name.

    `order` are the names of all options as they were given.
    """

    command: str = "query"
    words: list[str] = field(default_factory=list)
    options: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    positional: list[tuple[str, str]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Tell whether the option was given."""
        return name in self.options

    def last(self, name: str) -> str | None:
        """Return what was given with the option, the last time it was."""
        return self.options[name][-1][0] if name in self.options else None

    def every(self, name: str) -> list[tuple[str, ...]]:
        """Return what was given with the option, each time it was."""
        return self.options.get(name, [])

    def in_order(self, *names: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each of these options, and what was given with it, in the order in which they were given."""
        left = {name: iter(self.every(name)) for name in names}
        rest = [
            name for name in names for _ in self.every(name)
        ]  # of options that were set later, in the prompt
        for option in [*self.order, *rest]:
            words = next(left[option], None) if option in left else None
            if words is not None:
                yield option, words


def parse(argv: Sequence[str]) -> Arguments:
    """Return what `argv` says. Raises UsageError."""
    found = Arguments()
    todo = list(reversed(argv))
    further = ""  # the option that says what further words are
    file_first = False  # `-f get` is a file of that name, `explain -f FILE` is the command
    while todo:
        text = todo.pop()
        if text == "--":
            for word in reversed(todo):
                _word(found, word, further)
            break
        if not _is_option(text):
            file_first = file_first or (not found.words and found.has("from-file"))
            _word(found, text, further)
        elif text.startswith("--"):
            further = _long(found, text, todo) or further
        else:
            _short(found, text, todo)
    return _with_command(found, is_word=file_first or "--" in argv)


def _is_option(text: str) -> bool:
    return text.startswith("--") or (text[:1] == "-" and text[1:2].isalpha())


def _word(found: Arguments, word: str, further: str) -> None:
    if further and found.words:
        found.positional.append((further, word))
    else:
        found.words.append(word)


def _long(found: Arguments, text: str, todo: list[str]) -> str:
    """Take a long option; return its name where it says what further words are."""
    name, equals, value = text[2:].partition("=")
    option = LONG.get(name)
    if option is None:
        raise UsageError(f"there is no option --{_shown(name)}", hint=did_you_mean(name, LONG))
    if equals:
        if len(option.takes) != 1:
            raise UsageError(f"--{name} is not written with =")
        todo.append(value)
    _take(found, option, todo)
    return name if name in ("args", "jsonargs") else ""


def _short(found: Arguments, text: str, todo: list[str]) -> None:
    """Take short options that are written together; one that takes a word may have it behind it: `-Ldir`."""
    for place, letter in enumerate(text[1:], start=2):
        option = SHORT.get(letter)
        if option is None:
            raise UsageError(f"there is no option -{_shown(letter)}", hint="ocpiq --help lists them")
        if option.takes and text[place:]:
            todo.append(text[place:])
            _take(found, option, todo)
            return
        _take(found, option, todo)


def _take(found: Arguments, option: Option, todo: list[str]) -> None:
    if len(todo) < len(option.takes):
        raise UsageError(f"--{option.name} takes {' '.join(option.takes)}")
    words = tuple(todo.pop() for _ in option.takes)
    found.options.setdefault(option.name, []).append(words)
    found.order.append(option.name)


def _with_command(found: Arguments, *, is_word: bool) -> Arguments:
    """Take the command from the words, unless the first of them `is_word`; look whether it knows the options."""
    if found.words and found.words[0] in NAMES and not is_word:
        found.command = found.words.pop(0)
    if found.command == "help" or found.has("help") or found.has("version"):
        return found
    for name in found.options:
        known = LONG[name].commands
        if found.command not in known:
            raise UsageError(
                f"ocpiq {found.command} knows no --{name}" if found.command != "query" else _of(name, known)
            )
    return found


def _of(name: str, known: tuple[str, ...]) -> str:
    return f"--{name} belongs to ocpiq {' and '.join(known)}"


def _shown(text: str) -> str:
    """Return what can stand in a message: a mistyped option may hold anything, a token as well."""
    return text if len(text) <= 30 and text.isprintable() and text.isascii() else "…"
