"""`ocpiq completion SHELL`: a script that completes commands, options and their values, made from the table."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ocpiq.commands.arguments import Arguments
from ocpiq.commands.options import COMMANDS, OPTIONS, SHELLS, Option
from ocpiq.errors import UsageError, did_you_mean

ALL: Final = ("query", *(command.name for command in COMMANDS))


def run(given: Arguments) -> int:
    """Print the script for a shell."""
    if len(given.words) != 1 or given.words[0] not in SHELLS:
        word = given.words[0] if len(given.words) == 1 else ""
        hint = did_you_mean(word, SHELLS) or f"there are {', '.join(SHELLS)}"
        raise UsageError("ocpiq completion takes the name of a shell", hint=hint)
    sys.stdout.write("\n".join(SCRIPTS[given.words[0]]()) + "\n")
    return 0


def knows(command: str, option: Option) -> bool:
    """Tell whether a command knows an option; --help and --version belong to all."""
    return command in option.commands or not option.commands


def words_of(command: str) -> tuple[str, ...]:
    """Return the words that may follow a command."""
    from ocpiq.schema import modules

    if command in ("get", "schema"):
        return modules()
    return SHELLS if command == "completion" else ()


def bash() -> Iterator[str]:
    """Yield the lines of the script for bash; what is not completed here may be a file."""
    single, several = (
        _choices(lambda option: "LIST" not in option.takes),
        _choices(lambda o: "LIST" in o.takes),
    )
    one, two = (
        "|".join(n for option in OPTIONS if len(option.takes) == count for n in _written(option))
        for count in (1, 2)
    )
    yield from (
        "_ocpiq() {",
        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=query skip=0 word",
        '    if [[ $cur == "=" ]]; then cur=; elif [[ $prev == "=" ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi',
        '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
        '        if [[ $word == "=" ]]; then skip=1; continue; fi',
        "        if ((skip)); then skip=$((skip - 1)); continue; fi",
        "        case $word in",
        f"            {one}) skip=1 ;;",
        f"            {two}) skip=2 ;;",
        "            -*) ;;",
        f"            {'|'.join(ALL[1:])}) command=$word; break ;;",
        "            *) command=query-with-words; break ;;",
        "        esac",
        "    done",
        "    case $prev in",
    )
    for name, choices in single:
        yield f'        {name}) COMPREPLY=($(compgen -W "{choices}" -- "$cur")); return ;;'
    for name, choices in several:
        yield f"        {name})"
        yield "            local before=; [[ $cur == *,* ]] && before=${cur%,*},"
        yield f'            COMPREPLY=($(compgen -P "$before" -W "{choices}" -- "${{cur##*,}}")); return ;;'
    yield from (
        f"        {one}|{two}) return ;;",
        "    esac",
        "    if [[ $cur == -* ]]; then",
        "        case $command in",
    )
    for command in ALL:
        names = " ".join(name for option in OPTIONS if knows(command, option) for name in _written(option))
        yield f'            {command}{"*" * (command == "query")}) COMPREPLY=($(compgen -W "{names}" -- "$cur")) ;;'
    yield from ("        esac", "        return", "    fi", "    case $command in")
    for command in ALL:
        words = ALL[1:] if command == "query" else words_of(command)
        if words:
            yield f'        {command}) COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$cur")) ;;'
    yield from ("    esac", "}", "complete -o default -F _ocpiq ocpiq")


def zsh() -> Iterator[str]:
    """Yield the lines of the script for zsh, as a file `_ocpiq` in $fpath or by eval."""
    yield from ("#compdef ocpiq", "_ocpiq() {", "    local command=query word", "    local -a commands=(")
    yield from (f"        {_single(f'{command.name}:{command.about}')}" for command in COMMANDS)
    yield from (
        "    )",
        '    for word in "${(@)words[2,CURRENT-1]}"; do',
        "        case $word in",
        f"            ({'|'.join(ALL[1:])}) command=$word; break ;;",
        "        esac",
        "    done",
        "    case $command in",
    )
    for command in ALL:
        yield f"        ({command})"
        yield "            _arguments -s -S : \\"
        yield from (
            f"                {spec} \\"
            for option in OPTIONS
            if knows(command, option)
            for spec in _zsh(option)
        )
        if command == "query":
            yield "                '1:query:{_describe command commands; _files}' '*:file:_files' ;;"
        else:
            words = words_of(command)
            yield f"                '1:command:' '*:word:{_zsh_words(words)}' ;;"
    yield from (
        "    esac",
        "}",
        'if [[ $funcstack[1] == _ocpiq ]]; then _ocpiq "$@"; else compdef _ocpiq ocpiq; fi',
    )


def fish() -> Iterator[str]:
    """Yield the lines of the script for fish."""
    commands = " ".join(ALL[1:])
    yield from (
        "function __ocpiq_command",
        "    for word in (commandline -opc)[2..-1]",
        f"        if contains -- $word {commands}",
        "            echo $word",
        "            return",
        "        end",
        "    end",
        "    echo query",
        "end",
    )
    for command in COMMANDS:
        yield _fish("query", f"-a {command.name}", command.about)
        if words := words_of(command.name):
            yield _fish(command.name, f"-f -a {_single(' '.join(words))}", "")
    for option in OPTIONS:
        short = f" -s {option.short}" if option.short else ""
        takes = (
            f" -x -a {_single(' '.join(option.choices))}" if option.choices else " -r" * bool(option.takes)
        )
        yield _fish(" ".join(option.commands), f"-l {option.name}{short}{takes}", option.about)


SCRIPTS: Final[dict[str, Callable[[], Iterable[str]]]] = {"bash": bash, "zsh": zsh, "fish": fish}


def _written(option: Option) -> list[str]:
    return [f"--{option.name}", *([f"-{option.short}"] if option.short else [])]


def _choices(wanted: Callable[[Option], bool]) -> list[tuple[str, str]]:
    """Return the names and the choices of the options that have some."""
    found = [option for option in OPTIONS if option.choices and wanted(option)]
    return [("|".join(_written(option)), " ".join(option.choices)) for option in found]


def _zsh(option: Option) -> Iterator[str]:
    """Yield what `_arguments` takes for an option: one for each way to write it."""
    about = re.sub(r"[][\\]", r"\\\g<0>", option.about)
    values = "".join(f":{word}:{_zsh_value(option, word)}" for word in option.takes)
    equals = "=" if len(option.takes) == 1 else ""
    yield _single(f"*--{option.name}{equals}[{about}]{values}")
    if option.short:
        yield _single(f"*-{option.short}{'+' if option.takes else ''}[{about}]{values}")


def _zsh_value(option: Option, word: str) -> str:
    if option.choices:
        return (
            f"_values -s , word {' '.join(option.choices)}" if word == "LIST" else _zsh_words(option.choices)
        )
    return {"FILE": "_files", "MODULE=PATH": "_files", "DIR": "_files -/"}.get(word, " ")


def _zsh_words(words: Iterable[str]) -> str:
    found = " ".join(words)
    return f"({found})" if found else " "


def _fish(commands: str, what: str, about: str) -> str:
    when = f" -n 'contains -- (__ocpiq_command) {commands}'" if commands else ""
    told = f" -d {_single(about)}" if about else ""
    return f"complete -c ocpiq{when} {what}{told}"


def _single(text: str) -> str:
    """Return the text in single quotes, as all three shells read it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "'\\''") + "'" if "'" in text else f"'{text}'"
