"""The parser's LALR(1) tables, built from the grammar by lark and saved as JSON.

Building the tables takes longer than the rest of a short query, and lark is slow to import; saved tables avoid both.
They are installed with the package (see .hatch/build_hook.py). If they are missing or belong to another version of the
grammar, they are built and saved in the user's cache folder. They are plain data; every type is checked when they are
read, and an unreadable or truncated file is not used.
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

FORMAT: Final = 3  # of the saved file; increase it whenever Tables or its meaning changes
IGNORED: Final = ("_SPACE", "_COMMENT")
INSTALLED: Final = Path(__file__).parent  # the folder of installed tables
KEYWORD: Final = r"([a-z]+)\(\?!.+\)"  # a word and the lookahead _WORD_END


class Terminal(Struct, frozen=True):
    """A terminal: its regular expression, its text if that is fixed, and whether it is a keyword (`word`)."""

    name: str
    pattern: str
    text: str | None
    word: bool


class Rule(Struct, frozen=True):
    """A rule: how to reduce the `size` topmost values to one.

    `keep` has the indices of the values that are passed to the action, and None for a missing optional part; those
    in `inline` are lists whose items are passed. `action` is the name of the function that builds the value; ""
    builds a list. With `single`, a single value is not changed.
    """

    origin: str
    size: int
    action: str
    keep: tuple[int | None, ...]
    inline: tuple[int, ...]
    single: bool


class Tables(Struct, frozen=True):
    """The tables of the parser.

    `terminals` are in the order in which they are tried. `states` has for each state the step on a terminal (a number
    from 0 is the next state, `~n` reduces by rule n) and the next state on the name of a rule. State 0 is the first,
    `end` the one after the start rule.
    """

    grammar: str
    terminals: tuple[Terminal, ...]
    rules: tuple[Rule, ...]
    states: tuple[dict[str, int], ...]
    end: int


@cache
def tables() -> Tables:
    """Return the tables of the installed grammar: from the package, from the cache, or built and then cached."""
    grammar = grammar_text()
    name = file_name(grammar)
    loaded = load(INSTALLED / name, grammar)
    if loaded is None:
        cache_file = cache_folder() / name
        loaded = load(cache_file, grammar)
        if loaded is None:
            loaded = build(grammar)
            save(cache_file, loaded)
    return loaded


def grammar_folder() -> Path:
    """Return the folder of the grammar and its reference: in the installed package, or in the source checkout."""
    package = Path(__file__).parent
    folders = (package / "grammar", package.parents[1] / "grammar")
    return next(folder for folder in folders if folder.is_dir())


def grammar_text() -> str:
    """Return all grammar files as one text."""
    return "\n".join(file.read_text("utf-8") for file in sorted(grammar_folder().glob("*.lark")))


# ---------------------------------------------------------------- saved tables


def cache_folder() -> Path:
    """Return the user's cache folder for ocpiq, which may not exist."""
    if folder := os.environ.get("OCPIQ_CACHE"):
        return Path(folder)
    from platformdirs import user_cache_path  # noqa: PLC0415 - not needed if the folder is set

    return user_cache_path("ocpiq")


def file_name(grammar: str) -> str:
    """Return the name of the file for the tables of a grammar: format number and checksum of the grammar."""
    return f"grammar-{FORMAT}-{crc32(grammar.encode()):08x}.json"


def load(file: Path, grammar: str) -> Tables | None:
    """Return the tables saved in `file`, or None if it has no valid tables of exactly this grammar."""
    try:
        checksum, _, data = file.read_bytes().partition(b"\n")
        if checksum != b"%08x" % crc32(data):
            return None
        saved = msgspec.json.decode(data, type=Tables)
    except (OSError, msgspec.DecodeError):
        return None
    return saved if saved.grammar == grammar else None


def encode(tables: Tables) -> bytes:
    """Return the content of a file of tables: a line with the checksum of the rest, then JSON."""
    data = msgspec.json.encode(tables)
    return b"%08x\n" % crc32(data) + data


def save(file: Path, tables: Tables) -> None:
    """Write `file` atomically, readable only by its owner; a folder that is not writable is not an error."""
    from tempfile import mkstemp  # noqa: PLC0415 - rarely needed

    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = mkstemp(dir=file.parent, prefix=file.stem, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(number, "wb") as stream:
                stream.write(encode(tables))
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)


# ---------------------------------------------------------------- building


def build(grammar: str, *, strict: bool = False) -> Tables:
    """Build the tables of a grammar; `strict` rejects any conflict, and needs interegular."""
    from lark import Lark  # noqa: PLC0415 - slow to import, and rarely needed

    lark = Lark(grammar, start="program", parser="lalr", strict=strict)
    table = lark.parser.parser._parse_table
    numbers = {rule: number for number, rule in enumerate(lark.rules)}
    order = _order(table)
    states = []
    for state in order:
        steps = sorted(table.states[state].items(), key=itemgetter(0))
        states.append(
            {
                name: order[target] if action.name == "Shift" else ~numbers[target]
                for name, (action, target) in steps
            }
        )
    return Tables(
        grammar=grammar,
        terminals=_terminals(lark),
        rules=tuple(_rule(rule) for rule in lark.rules),
        states=tuple(states),
        end=order[table.end_states["program"]],
    )


def _order(table: ParseTableBase[int]) -> dict[int, int]:
    """Number the states in breadth-first order from the start (0), so that every build has the same numbers."""
    order = {table.start_states["program"]: 0}
    for state in (queue := list(order)):
        for _, (action, target) in sorted(table.states[state].items(), key=itemgetter(0)):
            if action.name == "Shift" and target not in order:
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
    keyword = re.fullmatch(KEYWORD, pattern.value)
    text = keyword[1] if keyword else pattern.value if pattern.type == "str" else None
    return Terminal(name=name, pattern=pattern.to_regexp(), text=text, word=keyword is not None)


def _rule(rule: LarkRule) -> Rule:
    keep: list[int | None] = []
    inline: list[int] = []
    missing = rule.options.empty_indices or (False,) * len(rule.expansion)
    symbols = iter(enumerate(rule.expansion))
    for is_missing in missing:
        if is_missing:
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
