"""argv, taken apart: the command, its words, its options. jq's rules: options anywhere, `-nr`, `--`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

from ocpiq.app.options import COMMANDS, OPTIONS, Option
from ocpiq.errors import UsageError, nearest, shown

NAMES: Final = frozenset(command.name for command in COMMANDS)

LONG: Final = {option.name: option for option in OPTIONS}
SHORT: Final = {option.short: option for option in OPTIONS if option.short}

# What a message may repeat of the word after an unknown option, which may be a token: a period, a time, a small number.
HARMLESS: Final = r"[0-9]{4}(-([0-9]{2}|Q[1-4]|W[0-9]{2})){0,2}(T[0-9:.]{2,12}Z?)?|[0-9]{1,6}"


class Arguments(Struct):
    """The command line as written: `options` and `positional` in its order.

    `positional` are the words after `--args` and `--jsonargs`, each with that option's name.
    """

    command: str = "query"
    words: list[str] = field(default_factory=list)
    options: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    positional: list[tuple[str, str]] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Tell whether the option was given."""
        return any(option == name for option, _ in self.options)

    def last(self, name: str) -> str | None:
        """Return the word after the option, of its last use."""
        return next((words[0] for option, words in reversed(self.options) if option == name), None)

    def every(self, name: str) -> list[tuple[str, ...]]:
        """Return the words after the option, of each use."""
        return [words for option, words in self.options if option == name]

    @property
    def has_query(self) -> bool:
        """Whether there is anything to do but to open the prompt, or to read the query from standard input."""
        named = self.has("help") or self.has("version") or self.has("from-file")
        return self.command != "query" or bool(self.words) or named


def parse(argv: Sequence[str]) -> Arguments:
    """Return the arguments in `argv`. Raises UsageError."""
    parsed = Arguments()
    todo = list(reversed(argv))
    further = ""  # the option that says what further words are
    file_first = False  # `-f get` is a file of that name, `explain -f FILE` is the command
    while todo:
        text = todo.pop()
        if text == "--":
            for word in reversed(todo):
                _word(parsed, word, further)
            break
        if not _is_option(text):
            file_first = file_first or (not parsed.words and parsed.has("from-file"))
            _word(parsed, text, further)
        elif text.startswith("--"):
            further = _long(parsed, text, todo) or further
        else:
            _short(parsed, text, todo)
    return _with_command(parsed, is_word=file_first or "--" in argv)


def _is_option(text: str) -> bool:
    return text.startswith("--") or (text[:1] == "-" and text[1:2].isalpha())


def _word(parsed: Arguments, word: str, further: str) -> None:
    if further and parsed.words:
        parsed.positional.append((further, word))
    else:
        parsed.words.append(word)


def _long(parsed: Arguments, text: str, todo: list[str]) -> str:
    """Take a long option; return its name if it says what further words are."""
    name, equals, value = text[2:].partition("=")
    option = LONG.get(name)
    if option is None:
        if not equals and todo and not _is_option(todo[-1]):
            value = todo.pop()
        words = [*parsed.words, *(word for word in reversed(todo) if not _is_option(word))]
        from_file = parsed.has("from-file") or any(map(_is_from_file, todo))
        hint = _parameter(name, value, words) if from_file else ""
        raise UsageError(f"unknown option --{shown(name)}", hint=hint or _did_you_mean(name))
    if equals:
        if len(option.takes) != 1:
            raise UsageError(f"--{name} does not take a value after =")
        todo.append(value)
    _take(parsed, option, todo)
    return name if name in ("args", "jsonargs") else ""


def _is_from_file(text: str) -> bool:
    return text == "--from-file" or re.fullmatch("-[a-zA-Z]*f", text) is not None


def _parameter(name: str, value: str, words: list[str]) -> str:
    """Return how to give a parameter of the saved query that was written as an option, `--period 2026`."""
    from ocpiq.app.saved import parameters

    found = nearest(name, parameters(next((word for word in words if word not in NAMES), "")))
    if found is None and (nearest(name, LONG) or not name.isidentifier()):
        return ""
    return (
        f"for a parameter: --arg {found or shown(name)} {value if re.fullmatch(HARMLESS, value) else 'TEXT'}"
    )


def _did_you_mean(name: str) -> str:
    option = nearest(name, LONG)
    return f"did you mean --{option}?" if option else "ocpiq --help lists the options"


def _short(parsed: Arguments, text: str, todo: list[str]) -> None:
    """Take short options that are written together; the last may have its word attached: `-Ldir`."""
    for place, letter in enumerate(text[1:], start=2):
        option = SHORT.get(letter)
        if option is None:
            raise UsageError(f"unknown option -{shown(letter)}", hint=_did_you_mean(text[1:]))
        if option.takes and text[place:]:
            todo.append(text[place:])
            _take(parsed, option, todo)
            return
        _take(parsed, option, todo)


def _take(parsed: Arguments, option: Option, todo: list[str]) -> None:
    if len(todo) < len(option.takes):
        raise UsageError(f"--{option.name} takes {' '.join(option.takes)}")
    parsed.options.append((option.name, tuple(todo.pop() for _ in option.takes)))


def _with_command(parsed: Arguments, *, is_word: bool) -> Arguments:
    """Take the command from the words, unless the first of them `is_word`; check that it knows the options."""
    if parsed.words and parsed.words[0] in NAMES and not is_word:
        parsed.command = parsed.words.pop(0)
    if parsed.command == "help" or parsed.has("help") or parsed.has("version"):
        return parsed
    for name, _ in parsed.options:
        commands = LONG[name].commands
        if commands and parsed.command not in commands:
            if parsed.command == "query":
                meant = nearest(parsed.words[0], commands) if parsed.words else None
                raise UsageError(
                    f"--{name} is an option of ocpiq {' and ocpiq '.join(commands)}",
                    hint=f"did you mean ocpiq {meant}?" if meant else "",
                )
            raise UsageError(
                f"ocpiq {parsed.command} has no option --{name}", hint=f"ocpiq {parsed.command} --help"
            )
    return parsed
