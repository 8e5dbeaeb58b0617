"""The parser's LALR(1) tables, built from the grammar by lark and saved as JSON.

Building takes longer than everything else that a one-liner does before its first output, and lark itself is slow to
import; with saved tables neither happens. They are installed with the package (see .hatch/build_hook.py). Where
they are missing or of another grammar, as after a change of the grammar, they are built and saved in the user's cache
folder. They are plain data, every type is checked when they are read, and an unreadable or truncated file is not used.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zlib import crc32

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule as LarkRule
    from lark.lexer import Pattern
    from lark.parsers.lalr_analysis import ParseTableBase

FORMAT: Final = 3  # of the saved file; one more whenever Tables or what it means changes
IGNORED: Final = ("_SPACE", "_COMMENT")
INSTALLED: Final = Path(__file__).parent  # the folder of installed tables
KEYWORD: Final = re.compile(r"([a-z]+)\(\?!.+\)")  # a word and the look-ahead _WORD_END


class Terminal(Struct, frozen=True):
    """A terminal: its regular expression, its text where that is fixed, and whether it is a keyword."""

    name: str
    pattern: str
    text: str | None
    word: bool


class Rule(Struct, frozen=True):
    """A rule: what to do with the `size` topmost values.

    `keep` are the values handed on, None for an optional part that is missing; those in `inline` are lists
    whose items are handed on. `action` is the name of what makes the value; "" makes a list. With `single`,
    one value stays as it is.
    """

    origin: str
    size: int
    action: str
    keep: tuple[int | None, ...]
    inline: tuple[int, ...]
    single: bool


class Tables(Struct, frozen=True):
    """What the parser runs on.

    `terminals` stand in the order in which they are tried. `states` says for each state what to do on a
    terminal (a number from 0 is the next state, `~n` reduces by rule n) and which state is next on a rule's
    name. 0 is the first state, `end` the one behind the start rule.
    """

    grammar: str
    terminals: tuple[Terminal, ...]
    rules: tuple[Rule, ...]
    states: tuple[dict[str, int], ...]
    end: int


@cache
def tables() -> Tables:
    """Return the tables of this installation's grammar: installed, from the cache, or built and then cached."""
    grammar = grammar_text()
    name = file_name(grammar)
    found = load(INSTALLED / name, grammar)
    if found is None:
        cached = cache_folder() / name
        found = load(cached, grammar)
        if found is None:
            found = build(grammar)
            save(cached, found)
    return found


def grammar_folder() -> Path:
    """Return the folder of the grammar and its reference: package data where installed, or the source checkout's."""
    here = Path(__file__).parent
    return next(folder for folder in (here / "grammar", here.parents[1] / "grammar") if folder.is_dir())


def grammar_text() -> str:
    """Return all grammar files as one text."""
    return "\n".join(file.read_text("utf-8") for file in sorted(grammar_folder().glob("*.lark")))


# ---------------------------------------------------------------- saved


def cache_folder() -> Path:
    """Return the user's own cache folder for ocpiq, which may not exist."""
    if chosen := os.environ.get("OCPIQ_CACHE"):
        return Path(chosen)
    from platformdirs import user_cache_path  # noqa: PLC0415 - not needed where the folder is given

    return user_cache_path("ocpiq")


def file_name(grammar: str) -> str:
    """Return the name of the file that holds the tables of a grammar: its format and the grammar's checksum."""
    return f"grammar-{FORMAT}-{crc32(grammar.encode()):08x}.json"


def load(file: Path, grammar: str) -> Tables | None:
    """Return the tables saved in `file`, or None where it holds none of this very grammar."""
    try:
        checksum, _, data = file.read_bytes().partition(b"\n")
        if checksum != b"%08x" % crc32(data):
            return None
        saved = msgspec.json.decode(data, type=Tables)
    except (OSError, msgspec.DecodeError):
        return None
    return saved if saved.grammar == grammar else None


def encode(fresh: Tables) -> bytes:
    """Return what a file of tables holds: a line with the checksum of the rest, and JSON."""
    data = msgspec.json.encode(fresh)
    return b"%08x\n" % crc32(data) + data


def save(file: Path, fresh: Tables) -> None:
    """Write `file` whole or not at all, for its owner only; a folder that cannot be written is not an error."""
    from tempfile import mkstemp  # noqa: PLC0415 - rarely needed

    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = mkstemp(dir=file.parent, prefix=file.stem, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(number, "wb") as stream:
                stream.write(encode(fresh))
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)


# ---------------------------------------------------------------- built


def build(grammar: str, *, strict: bool = False) -> Tables:
    """Return the tables of a grammar text; `strict` refuses any conflict, and needs interegular."""
    from lark import Lark  # noqa: PLC0415 - slow to import, and rarely needed

    lark = Lark(grammar, start="program", parser="lalr", strict=strict)
    table = lark.parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(lark.rules)}
    order = _order(table)
    states = []
    for state in order:
        steps = sorted(table.states[state].items(), key=itemgetter(0))
        states.append(
            {name: order[to] if kind.name == "Shift" else ~numbers[to] for name, (kind, to) in steps}
        )
    return Tables(
        grammar=grammar,
        terminals=_terminals(lark),
        rules=tuple(_rule(rule) for rule in lark.rules),
        states=tuple(states),
        end=order[table.end_states["program"]],
    )


def _order(table: ParseTableBase[int]) -> dict[int, int]:
    """Return a number for each state, the same in every build: as met from the start, which is 0."""
    order = {table.start_states["program"]: 0}
    for state in (queue := list(order)):
        for _, (kind, target) in sorted(table.states[state].items(), key=itemgetter(0)):
            if kind.name == "Shift" and target not in order:
                order[target] = len(order)
                queue.append(target)
    return order


def _terminals(lark: Lark) -> tuple[Terminal, ...]:
    """Return the terminals by priority, patterns before fixed texts, long ones before short ones."""
    ordered = sorted(
        lark.terminals, key=lambda t: (-t.priority, t.pattern.type == "str", -len(t.pattern.value), t.name)
    )
    return tuple(_terminal(t.name, t.pattern) for t in ordered)


def _terminal(name: str, pattern: Pattern) -> Terminal:
    keyword = KEYWORD.fullmatch(pattern.value)
    text = keyword[1] if keyword else pattern.value if pattern.type == "str" else None
    return Terminal(name=name, pattern=pattern.to_regexp(), text=text, word=keyword is not None)


def _rule(rule: LarkRule) -> Rule:
    keep: list[int | None] = []
    inline: list[int] = []
    missing = rule.options.empty_indices or (False,) * len(rule.expansion)
    symbols = iter(enumerate(rule.expansion))
    for absent in missing:
        if absent:
            keep.append(None)
            continue
        number, symbol = next(symbols)
        hidden = symbol.name.startswith("_")
        if not (symbol.is_term and hidden):
            keep.append(number)
        if hidden and not symbol.is_term:
            inline.append(number)
    name = str(rule.origin.name)
    return Rule(
        origin=name,
        size=len(rule.expansion),
        action="" if name.startswith("_") else str(rule.alias or name),
        keep=tuple(keep),
        inline=tuple(inline),
        single=bool(rule.options.expand1 and not rule.alias),
    )
