"""The parser of the command line, with jq's rules: options anywhere, `-nr`, `--`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

from ocpiq.app.commands import COMMANDS
from ocpiq.app.options import OPTIONS, Option
from ocpiq.errors import UsageError, nearest, safe_word

NAMES: Final = frozenset(command.name for command in COMMANDS)

LONG: Final = {option.name: option for option in OPTIONS}
SHORT: Final = {option.short: option for option in OPTIONS if option.short}

SURE: Final = 0.8  # how close an option must be to a name that may be a parameter's

# The word after an unknown option may be a token; a message may repeat only a period, a time or a small number.
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
        """Return the word after the option in its last use."""
        return next((words[0] for option, words in reversed(self.options) if option == name), None)

    def every(self, name: str) -> list[tuple[str, ...]]:
        """Return the words after the option in each use."""
        return [words for option, words in self.options if option == name]

    @property
    def has_query(self) -> bool:
        """Whether this is not the prompt, or a query from standard input."""
        named = self.has("help") or self.has("version") or self.has("from-file")
        return self.command != "query" or bool(self.words) or named


def parse(argv: Sequence[str]) -> Arguments:
    """Return the arguments in `argv`. Raises UsageError."""
    parsed = Arguments()
    remaining = list(reversed(argv))
    rest_option = ""  # the option that decides what the remaining words are
    file_first = False  # `-f get` is a file of that name, `explain -f FILE` is the command
    while remaining:
        text = remaining.pop()
        if text == "--":
            for word in reversed(remaining):
                _add_word(parsed, word, rest_option)
            break
        if not _is_option(text):
            file_first = file_first or (not parsed.words and parsed.has("from-file"))
            _add_word(parsed, text, rest_option)
        elif text.startswith("--"):
            rest_option = _take_long(parsed, text, remaining) or rest_option
        else:
            _take_short(parsed, text, remaining)
    return _take_command(parsed, is_word=file_first or "--" in argv)


def _is_option(text: str) -> bool:
    return text.startswith("--") or (text[:1] == "-" and text[1:2].isalpha())


def _add_word(parsed: Arguments, word: str, rest_option: str) -> None:
    if rest_option and parsed.words:
        parsed.positional.append((rest_option, word))
    else:
        parsed.words.append(word)


def _take_long(parsed: Arguments, text: str, remaining: list[str]) -> str:
    """Take a long option; return its name if it decides what the remaining words are."""
    name, equals, value = text[2:].partition("=")
    option = LONG.get(name)
    if option is None:
        if not equals and remaining and not _is_option(remaining[-1]):
            value = remaining.pop()
        words = [*parsed.words, *(word for word in reversed(remaining) if not _is_option(word))]
        from_file = parsed.has("from-file") or any(map(_is_from_file, remaining))
        hint = _parameter_hint(name, value, words) if from_file else ""
        raise UsageError(f"unknown option --{safe_word(name)}", hint=hint or _did_you_mean(name, words))
    if equals:
        if len(option.takes) != 1:
            raise UsageError(f"--{name} does not take a value after =")
        remaining.append(value)
    _take_option(parsed, option, remaining)
    return name if name in ("args", "jsonargs") else ""


def _is_from_file(text: str) -> bool:
    return text == "--from-file" or re.fullmatch("-[a-zA-Z]*f", text) is not None


def _parameter_hint(name: str, value: str, words: list[str]) -> str:
    """Return the hint for a parameter of the saved query that was written as an option, `--period 2026`."""
    from difflib import get_close_matches

    from ocpiq.app.query_text import parameters

    parameter = nearest(name, parameters(next((word for word in words if word not in NAMES), "")))
    if parameter is None and (get_close_matches(name, LONG, cutoff=SURE) or not name.isidentifier()):
        return ""
    return f"for a parameter: --arg {parameter or safe_word(name)} {value if re.fullmatch(HARMLESS, value) else 'TEXT'}"


def _did_you_mean(name: str, words: list[str]) -> str:
    """Return the hint for an unknown option: the nearest one of the command, else of another command."""
    command = next((word for word in words if word in NAMES), "")
    own = [
        option.name for option in OPTIONS if not command or not option.commands or command in option.commands
    ]
    option = nearest(name, own)
    return (
        f"did you mean --{option}?"
        if option
        else f"ocpiq {f'{command} ' * bool(command)}--help lists the options"
    )


def _take_short(parsed: Arguments, text: str, remaining: list[str]) -> None:
    """Take combined short options; the last may have its word attached: `-Ldir`."""
    for index, letter in enumerate(text[1:], start=2):
        option = SHORT.get(letter)
        if option is None:
            raise UsageError(
                f"unknown option -{safe_word(letter)}", hint=_did_you_mean(text[1:], parsed.words)
            )
        if option.takes and text[index:]:
            remaining.append(text[index:])
            _take_option(parsed, option, remaining)
            return
        _take_option(parsed, option, remaining)


def _take_option(parsed: Arguments, option: Option, remaining: list[str]) -> None:
    if len(remaining) < len(option.takes):
        raise UsageError(f"--{option.name} takes {' '.join(option.takes)}")
    parsed.options.append((option.name, tuple(remaining.pop() for _ in option.takes)))


def _take_command(parsed: Arguments, *, is_word: bool) -> Arguments:
    """Take the command from the words, unless the first `is_word`; check that it has the options."""
    if parsed.words and parsed.words[0] in NAMES and not is_word:
        parsed.command = parsed.words.pop(0)
    if parsed.command == "help" or parsed.has("help") or parsed.has("version"):
        return parsed
    for name, _ in parsed.options:
        commands = LONG[name].commands
        if commands and parsed.command not in commands:
            if parsed.command == "query":
                command = nearest(parsed.words[0], commands) if parsed.words else None
                raise UsageError(
                    f"--{name} is an option of ocpiq {' and ocpiq '.join(commands)}",
                    hint=f"did you mean ocpiq {command}?" if command else "",
                )
            raise UsageError(
                f"ocpiq {parsed.command} has no option --{name}", hint=f"ocpiq {parsed.command} --help"
            )
    return parsed
