"""`ocpiq completion SHELL`: a completion script for bash, zsh or fish, made from the table of options."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ocpiq.app.commands import ACTIONS, COMMANDS, SHELLS, STATE_ACTIONS
from ocpiq.app.options import OPTIONS, Option
from ocpiq.app.settings import Settings
from ocpiq.errors import UsageError, choices
from ocpiq.query.imports import ENDINGS

LOGINS: Final = r"ocpiq platforms 2>/dev/null | sed 's/^..//; s/ .*//'"
RECIPIENTS: Final = r"ocpiq recipient list 2>/dev/null | sed 's/ .*//'"
STATES: Final = r"ocpiq state list 2>/dev/null | sed 's/ .*//'"
PERIODS: Final = (  # of this year and the last, in the words of `during`
    "sh -c 'y=$(date +%Y); for y in $((y - 1)) $y; do echo $y; for q in 1 2 3 4; do echo $y-Q$q; done; "
    "for m in 01 02 03 04 05 06 07 08 09 10 11 12; do echo $y-$m; done; done'"
)
NAMES_OF: Final = {"platform": LOGINS, "recipient": RECIPIENTS, "state": STATES, "period": PERIODS}
"""Commands that print the words of an option."""
FUNCTIONS: Final = {name: f"_ocpiq_{name}s" for name in NAMES_OF}
"""The functions of zsh that offer them."""
NAME: Final = re.compile(r"@?[a-z_][a-z_0-9]*")
ALL: Final = ("query", *(command.name for command in COMMANDS))


def run(settings: Settings) -> int:
    """Print the script for a shell."""
    shell = settings.words[0] if len(settings.words) == 1 else ""
    if shell not in SHELLS:
        raise UsageError("ocpiq completion takes the name of a shell", hint=choices(shell, SHELLS))
    sys.stdout.write("\n".join(SCRIPTS[shell]()) + "\n")
    return 0


def accepts(command: str, option: Option) -> bool:
    """Tell whether a command accepts an option; all accept --help and --version."""
    return command in option.commands or not option.commands


def choices_of(option: Option, command: str) -> tuple[str, ...]:
    """Return the words that an option accepts after a command."""
    if (option.name, command) == ("as", "check"):
        from ocpiq.reports.validators import VALIDATORS

        return tuple(VALIDATORS)
    return option.choices


def words_after(command: str) -> tuple[str, ...]:
    """Return the words that may follow a command; `query` stands for no command yet."""
    from ocpiq.schema import modules

    if command == "query":
        return (*ALL[1:], *modules())
    if command in ("get", "schema", "explain", "risk"):
        return modules()
    if command == "help":
        from ocpiq.language.reference import entries

        return tuple(sorted({name for entry in entries() for name in entry.names if NAME.fullmatch(name)}))
    if command in ("report", "reports"):
        from ocpiq.reports import names

        return tuple(names())
    return {
        "completion": SHELLS,
        "recipient": ACTIONS,
        "state": STATE_ACTIONS,
        "audit": ("verify",),
        "policy": ("set", "show", "check"),
    }.get(command, ())


def bash() -> Iterator[str]:
    """Yield the lines of the script for bash; it completes file names wherever nothing else fits."""
    yield from ("_ocpiq() {", *_bash_command(), "    case $prev in", *_bash_values(), "    esac")
    yield from ("    if [[ $cur == -* ]]; then", "        case $command in")
    for command in ALL:
        names = " ".join(
            name for option in OPTIONS if accepts(command, option) for name in _spellings(option)
        )
        yield f'            {command}{"*" * (command == "query")}) COMPREPLY=($(compgen -W "{names}" -- "$cur")) ;;'
    yield from ("        esac", "        return", "    fi", "    if ((file)); then")
    yield from (
        "        if [[ $command == query-with-words ]] || ((more)); then return; fi",
        "        compopt -o filenames 2>/dev/null",
        "        COMPREPLY=(" + " ".join(f'$(compgen -f -X "!*{end}" -- "$cur")' for end in ENDINGS),
        '            $(compgen -d -- "$cur"))',
        "        return",
        "    fi",
        "    case $command in",
    )
    for command in ALL:
        if words := words_after(command):
            yield f'        {command}) COMPREPLY=($(compgen -W {_single(" ".join(words))} -- "$cur")) ;;'
    yield f'        logout) COMPREPLY=($(compgen -W "$({LOGINS})" -- "$cur")) ;;'
    yield from ("    esac", "}", "complete -o default -F _ocpiq ocpiq")


def _bash_command() -> Iterator[str]:
    """Yield the lines that find the command before the cursor, and whether the query is in a file."""
    yield from (
        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} before=",
        '    if [[ $cur == "=" ]]; then',
        "        cur= before=${COMP_WORDS[COMP_CWORD-2]}",
        '    elif [[ $prev == "=" ]]; then',
        "        prev=${COMP_WORDS[COMP_CWORD-2]} before=${COMP_WORDS[COMP_CWORD-3]}",
        "    fi",
        "    [[ $before == --source ]] && return",
        *_walk('"${COMP_WORDS[@]:1:COMP_CWORD-1}"'),
    )


def _walk(words: str) -> Iterator[str]:
    """Yield the lines that find the command among `words`, for bash and zsh.

    They set `file` if the query is in a file, and `more` if a second word that is not an option follows.
    """
    one, two = (
        "|".join(n for option in OPTIONS if len(option.takes) == count for n in _spellings(option))
        for count in (1, 2)
    )
    yield from (
        "    local command=query skip=0 file=0 more=0 word",
        f"    for word in {words}; do",
        '        if [[ $word == "=" ]]; then skip=1; continue; fi',
        "        if ((skip)); then skip=$((skip - 1)); continue; fi",
        "        case $word in",
        f"            {one}) skip=1 ;;",
        f"            {two}) skip=2 ;;",
        "            --from-file|-f|-[!-]*f*) file=1 ;;",
        "            -*) ;;",
        f"            {'|'.join(ALL[1:])})",
        "                if [[ $command != query ]]; then more=1",
        "                elif ((file)); then command=query-with-words",
        "                else command=$word; fi ;;",
        "            *) if [[ $command == query ]]; then command=query-with-words; else more=1; fi ;;",
        "        esac",
        "    done",
    )


def _bash_values() -> Iterator[str]:
    """Yield a case for each option with a list of choices; other options may take a file."""
    from ocpiq.schema import modules

    for option in OPTIONS:
        name, words = "|".join(_spellings(option)), " ".join(option.choices)
        if "LIST" in option.takes and option.choices:
            yield f"        {name})"
            yield "            local list=; [[ $cur == *,* ]] && list=${cur%,*},"
            yield f'            COMPREPLY=($(compgen -P "$list" -W "{words}" -- "${{cur##*,}}")); return ;;'
        elif choices_of(option, "check") != option.choices:
            checks = " ".join(choices_of(option, "check"))
            yield f"        {name})"
            yield f'            local words="{words}"; [[ $command == check ]] && words="{checks}"'
            yield '            COMPREPLY=($(compgen -W "$words" -- "$cur")); return ;;'
        elif option.choices:
            yield f'        {name}) COMPREPLY=($(compgen -W "{words}" -- "$cur")); return ;;'
    for option_name, print_names in NAMES_OF.items():
        yield f'        --{option_name}) COMPREPLY=($(compgen -W "$({print_names})" -- "$cur")); return ;;'
    yield "        --source)"
    yield "            compopt -o nospace 2>/dev/null"
    yield f'            COMPREPLY=($(compgen -S = -W "{" ".join(modules())}" -- "$cur")); return ;;'
    taking = "|".join(name for option in OPTIONS if option.takes for name in _spellings(option))
    yield f"        {taking}) return ;;"


def zsh() -> Iterator[str]:
    """Yield the lines of the script for zsh: for a file `_ocpiq` in $fpath, or for eval."""
    from ocpiq.schema import modules

    yield "#compdef ocpiq"
    for name, print_names in NAMES_OF.items():
        yield from (f"{FUNCTIONS[name]}() {{", f"    compadd -- $({print_names})", "}")
    yield from (
        "_ocpiq_source() {",
        "    if compset -P '*='; then _files",
        f"    else compadd -S = -- {' '.join(modules())}; fi",
        "}",
    )
    yield from ("_ocpiq_query() {", "    local -a commands=(")
    yield from (f"        {_single(f'{command.name}:{command.about}')}" for command in COMMANDS)
    yield from (
        "    )",
        "    if ((file)); then",
        f"        _files -g '*({'|'.join(ENDINGS)})(-.)'",
        "    else",
        "        _describe command commands",
        f"        compadd -- {' '.join(modules())}",
        "        _files",
        "    fi",
        "}",
        "_ocpiq() {",
        *_walk('"${(@)words[2,CURRENT-1]}"'),
        "    case ${command%-with-words} in",
    )
    for command in ALL:
        yield from _zsh_command(command)
    yield from (
        "    esac",
        "}",
        'if [[ $funcstack[1] == _ocpiq ]]; then _ocpiq "$@"; else compdef _ocpiq ocpiq; fi',
    )


def _zsh_command(command: str) -> Iterator[str]:
    yield f"        ({command})"
    yield "            _arguments -s -S : \\"
    for option in OPTIONS:
        if accepts(command, option):
            yield from (f"                {spec} \\" for spec in _zsh(option, command))
    if command == "query":
        yield "                '1:query:_ocpiq_query' '*:file:_files' ;;"
    elif command == "explain":
        yield "                '1:command:' '*:query:_ocpiq_query' ;;"
    elif command == "logout":
        yield f"                '1:command:' '*:name:{FUNCTIONS['platform']}' ;;"
    else:
        yield f"                '1:command:' '*:word:{_zsh_words(words_after(command))}' ;;"


def fish() -> Iterator[str]:
    """Yield the lines of the script for fish."""
    from ocpiq.schema import modules

    yield from _fish_functions()
    for command in COMMANDS:
        yield _fish("query", f"-a {command.name}", command.about)
    for name in ALL:
        words = modules() if name == "query" else words_after(name)
        if words:
            files = "" if name in ("query", "explain", "risk") else "-f "
            yield _fish(name, f"{files}-a {_single(' '.join(words))}", "")
    yield _fish("logout", f"-f -a {_single(f'({LOGINS})')}", "")
    yield f"complete -c ocpiq -n __ocpiq_in_file -k -a {_single(f'(__fish_complete_suffix {ENDINGS[0]})')}"
    for option in OPTIONS:
        short = f" -s {option.short}" if option.short else ""
        others = [name for name in option.commands if choices_of(option, name) != option.choices]
        for name in others:
            takes = f" -x -a {_single(' '.join(choices_of(option, name)))}"
            yield _fish(name, f"-l {option.name}{short}{takes}", option.about_in(name))
        commands = " ".join(name for name in option.commands if name not in others)
        yield _fish(commands, f"-l {option.name}{short}{_fish_takes(option)}", option.about)


def _fish_functions() -> Iterator[str]:
    """Yield the functions that find the command being typed, and whether its query is in a file."""
    yield from (
        "function __ocpiq_command",
        "    set -l skip 0",
        "    for word in (commandline -opc)[2..-1]",
        "        if test $skip -gt 0",
        "            set skip (math $skip - 1)",
        "            continue",
        "        end",
        "        switch $word",
        *(
            f"            case {name}\n                set skip {len(option.takes)}"
            for option in OPTIONS
            if option.takes
            for name in _spellings(option)
        ),
        f"            case {' '.join(ALL[1:])}",
        "                echo $word",
        "                return",
        "        end",
        "    end",
        "    echo query",
        "end",
        "function __ocpiq_in_file",
        "    string match -qr -- '^(--from-file|-[a-zA-Z]*f[a-zA-Z]*)$' (commandline -opc)",
        "end",
    )


def _fish_takes(option: Option) -> str:
    from ocpiq.schema import modules

    if option.choices:
        return f" -x -a {_single(' '.join(option.choices))}"
    if print_names := NAMES_OF.get(option.name):
        return f" -x -a {_single(f'({print_names})')}"
    if option.name == "source":
        return f" -r -a {_single(' '.join(f'{module}=' for module in modules()))}"
    return " -r" * bool(option.takes)


SCRIPTS: Final[dict[str, Callable[[], Iterable[str]]]] = {"bash": bash, "zsh": zsh, "fish": fish}


def _spellings(option: Option) -> list[str]:
    return [f"--{option.name}", *([f"-{option.short}"] if option.short else [])]


def _zsh(option: Option, command: str) -> Iterator[str]:
    """Yield the specifications of an option for `_arguments`, one for each spelling."""
    about = re.sub(r"[][\\]", r"\\\g<0>", option.about_in(command))
    values = "".join(f":{word}:{_zsh_value(option, word, command)}" for word in option.takes)
    equals = "=" if len(option.takes) == 1 else ""
    yield _single(f"*--{option.name}{equals}[{about}]{values}")
    if option.short:
        yield _single(f"*-{option.short}{'+' if option.takes else ''}[{about}]{values}")


def _zsh_value(option: Option, word: str, command: str) -> str:
    if option.choices and word == "LIST":
        words = (
            choice for choice in option.choices if ":" not in choice
        )  # _values takes the rest as a description
        return f"_values -s , word {' '.join(words)}"
    if choices_of(option, command):
        return _zsh_words(choices_of(option, command))
    if option.name in NAMES_OF:
        return FUNCTIONS[option.name]
    return {"FILE": "_files", "MODULE=PATH": "_ocpiq_source", "DIR": "_files -/"}.get(word, " ")


def _zsh_words(words: Iterable[str]) -> str:
    choices = " ".join(words)
    return f"({choices})" if choices else " "


def _fish(commands: str, arguments: str, about: str) -> str:
    condition = f" -n 'contains -- (__ocpiq_command) {commands}'" if commands else ""
    description = f" -d {_single(about)}" if about else ""
    return f"complete -c ocpiq{condition} {arguments}{description}"


def _single(text: str) -> str:
    """Return the text in single quotes, as bash, zsh and fish read it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "'\\''") + "'" if "'" in text else f"'{text}'"
