"""Patterns in Oniguruma's form "Perl_NG" (jq manual, "Regular expressions"), as the `regex` package writes them.

Where the two read a pattern differently it is written out: escapes, character classes, named groups (which become
numbered ones, so that two may share a name), free spacing. What is no pattern raises with Oniguruma's message.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from ocpiq.runtime.regex.characters import character_class, escaped, fail

QUANTIFIER: Final = re.compile(r"[*+?][?+]?|\{(\d++)(,?)(\d*+)\}[?+]?", re.ASCII)
NAME: Final = re.compile(r"[^\W\d][^)>']*")
REFERENCE: Final = re.compile(r"<([^>]*)>|'([^']*)'")
OPTIONS: Final = re.compile(r"(?=[-imsx])[imsx]*(?:-[imsx]*)?(?=[:)])")
END: Final = r"(?!.|\n)"
LINE_START: Final = rf"(?:^(?!(?<=\n){END}))"  # not behind the newline that ends the text
ASSERTIONS: Final = {
    "A": r"\A",
    "z": END,
    "Z": rf"(?=\n?{END})",
    "G": r"\G",
    "b": r"\b",
    "B": r"\B",
    "K": r"\K",
    "y": r"(?:\A|(?<=\X))",  # between characters as people see them
    "Y": r"(?:(?!\A)(?<!\X))",
}
SPECIALS: Final = {"R": r"(?>\r\n|[\n-\r\x85\u2028\u2029])", "X": r"\X", "O": r"(?s:.)", "N": r"[^\n]"}
GROUPS: Final = {"(?:": "(?:", "(?=": "(?=", "(?!": "(?!", "(?>": "(?>", "(?<=": "(?<=", "(?<!": "(?<!"}
ABSENT: Final = "(?:(?:(?!"  # (?~a): as much as can be without an a
ABSENT_END: Final = ")(?s:.))*)"
LOOKS: Final = ("(?=", "(?!", "(?<=", "(?<!")
MOST_REPEATED: Final = 100_000


class Translated(Struct, frozen=True):
    """A pattern of the `regex` package, and the name (or None) of each of its groups."""

    pattern: str
    names: tuple[str | None, ...]


def translate(pattern: str, *, spaced: bool = False) -> Translated:
    """Return `pattern` as the `regex` package writes it; `spaced` ignores white space and comments (flag `x`).

    Raises RunError with Oniguruma's message.
    """
    translator = Translator(pattern, spaced)
    return Translated(translator.whole(), tuple(translator.names))


class Translator:
    """One pass over a pattern; `out` holds what is written, `atom` where its last repeatable part begins."""

    def __init__(self, text: str, spaced: bool) -> None:
        self.text = text
        self.place = 0
        self.options = frozenset("x" if spaced else "")  # of `imsx` those that hold here
        self.out: list[str] = []
        self.atom: int | None = None
        self.anchored = False  # the last part is an assertion, which cannot be repeated
        self.names: list[str | None] = []
        self.open: list[
            tuple[int, frozenset[str], bool]
        ] = []  # groups: start, options outside, whether it only looks
        self.references: list[tuple[int, str]] = []  # to be written when all groups are known

    def whole(self) -> str:
        """Translate all of it."""
        while self.place < len(self.text):
            self._next()
        if self.open:
            fail("end pattern with unmatched parenthesis")
        for place, reference in self.references:
            self.out[place] = self._referred(reference)
        return "".join(self.out)

    def _next(self) -> None:
        character = self.text[self.place]
        quantifier = QUANTIFIER.match(self.text, self.place)
        if quantifier is not None:
            self._repeat(quantifier)
        elif character == "\\":
            self._escape()
        elif character == "[":
            written, self.place = character_class(self.text, self.place)
            self._atom(written)
        elif character == "(":
            self._group()
        elif character == ")":
            self._close()
        elif character == "|":
            self.place += 1
            self.out.append("|")
            self.atom, self.anchored = None, False
        elif character in "^$":
            self.place += 1
            self._assertion(LINE_START if character == "^" and "m" in self.options else character)
        elif "x" in self.options and character in " \t\n\r\f\v":
            self.place += 1
        elif "x" in self.options and character == "#":
            end = self.text.find("\n", self.place)
            self.place = end + 1 if end >= 0 else len(self.text)
        else:
            self.place += 1
            self._atom("." if character == "." else re.escape(character))

    def _atom(self, written: str) -> None:
        self.atom, self.anchored = len(self.out), False
        self.out.append(written)

    def _assertion(self, written: str) -> None:
        self._atom(written)
        self.anchored = True

    # ------------------------------------------------------------ quantifiers

    def _repeat(self, quantifier: re.Match[str]) -> None:
        if self.atom is None:
            fail("target of repeat operator is not specified")
        if self.anchored:
            fail("target of repeat operator is invalid")
        least, comma, most = quantifier.groups()
        if least is not None:
            if max(int(least), int(most or 0)) > MOST_REPEATED:
                fail("too big number for repeat range")
            if comma and most and int(most) < int(least):
                fail("upper is smaller than lower in repeat range")
            if not comma and most:  # cannot be: {12} is one number
                fail("invalid repeat range {lower,upper}")
        self.place = quantifier.end()
        # a group around what is repeated, so that a quantifier may follow a quantifier
        self.out[self.atom] = "(?:" + self.out[self.atom]
        self.out.append(quantifier[0] + ")")

    # ------------------------------------------------------------ groups

    def _group(self) -> None:
        start = self.text[self.place : self.place + 4]
        if start.startswith("(?#"):
            self._comment()
        elif start.startswith("(*"):
            self._callout()
        elif not start.startswith("(?"):
            self.place += 1
            self.names.append(None)
            self._open("(")
        elif start in GROUPS or start[:3] in GROUPS:
            opening = start if start in GROUPS else start[:3]
            self.place += len(opening)
            self._open(opening)
        elif start[:3] == "(?~" and start != "(?~|":
            self.place += 3
            self._open(ABSENT)
        elif start[:3] in ("(?<", "(?'"):
            self._named(">" if start[2] == "<" else "'")
        elif start[:3] == "(?(":
            self._condition()
        elif start[:3] in ("(?&", "(?R") or start[2:3].isdigit():
            self._call()
        else:
            self._options()

    def _open(self, opening: str) -> None:
        self.open.append((len(self.out), self.options, opening in LOOKS))
        self.out.append(opening)
        self.atom, self.anchored = None, False

    def _close(self) -> None:
        if not self.open:
            fail("unmatched close parenthesis")
        self.place += 1
        self.atom, self.options, self.anchored = self.open.pop()
        self.out.append(ABSENT_END if self.out[self.atom] == ABSENT else ")")

    def _comment(self) -> None:
        end = self.text.find(")", self.place)
        if end < 0:
            fail("end pattern in group")
        self.place = end + 1

    def _callout(self) -> None:
        end = self.text.find(")", self.place)
        if self.text[self.place : end + 1] not in ("(*FAIL)", "(*F)"):
            fail("invalid callout name")
        self.place = end + 1
        self._atom("(?!)")

    def _named(self, end_mark: str) -> None:
        end = self.text.find(end_mark, self.place + 3)
        name = self.text[self.place + 3 : end if end >= 0 else None]
        if not name:
            fail("group name is empty")
        if end < 0 or NAME.fullmatch(name) is None:
            fail(f"invalid group name <{name}>")
        self.place = end + 1
        self.names.append(name)
        self._open("(")

    def _condition(self) -> None:
        end = self.text.find(")", self.place)
        number = self._number(self.text[self.place + 3 : end].strip("<>'"))
        self.place = end + 1
        self._open(f"(?({number})")

    def _call(self) -> None:
        end = self.text.find(")", self.place)
        name = self.text[self.place + 2 : end].lstrip("&")
        self.place = end + 1
        self._refer("call", name)

    def _options(self) -> None:
        options = OPTIONS.match(self.text, self.place + 2)
        if options is None:
            complete = set(self.text[self.place + 2 :]) - set("-imsx")
            fail("undefined group option" if complete else "end pattern in group")
        self.place = options.end() + 1
        on, _, off = options[0].partition("-")
        minus = off.replace("x", "")
        written = on.replace("x", "") + (f"-{minus}" if minus else "")
        if self.text[options.end()] == ":":
            self._open(f"(?{written}:")
        else:
            self.out.append(f"(?{written})" if written else "")
            self.atom = None
        self.options = (self.options | set(on)) - set(off)

    # ------------------------------------------------------------ references to groups

    def _refer(self, kind: str, name: str) -> None:
        self._atom("")
        self.references.append((len(self.out) - 1, f"{kind} {name}"))

    def _referred(self, reference: str) -> str:
        kind, _, name = reference.partition(" ")
        numbers = [place + 1 for place, known in enumerate(self.names) if known == name]
        if not numbers:
            if name.lstrip("-+").isdigit():
                numbers = [self._number(name)]
            elif name == "R":
                numbers = [0]
        if not numbers or (kind == "back" and numbers[-1] == 0):
            fail(f"undefined name <{name}> reference")
        if kind == "call":
            return f"(?{numbers[-1]})"
        # of groups with the same name the last one that matched counts
        return "(?:" + "|".join(rf"(?:\{number})" for number in reversed(numbers)) + ")"

    def _number(self, name: str) -> int:
        if not name.lstrip("-+").isdigit():
            known = [place + 1 for place, known in enumerate(self.names) if known == name]
            if not known:
                fail(f"undefined name <{name}> reference")
            return known[-1]
        number = int(name)
        if number < 0:
            number += len(self.names) + 1
        if not 0 <= number <= len(self.names):
            fail("invalid backref number/name")
        return number

    # ------------------------------------------------------------ escapes

    def _escape(self) -> None:
        letter = self.text[self.place + 1 : self.place + 2]
        if not letter:
            fail("end pattern at escape")
        if letter == "Q":
            end = self.text.find("\\E", self.place + 2)
            quoted = self.text[self.place + 2 : end if end >= 0 else None]
            self.place = end + 2 if end >= 0 else len(self.text)
            for character in quoted:
                self._atom(re.escape(character))
        elif letter in ASSERTIONS:
            self.place += 2
            self._assertion(ASSERTIONS[letter])
        elif letter in SPECIALS:
            self.place += 2
            self._atom(SPECIALS[letter])
        elif letter in "kg" and (name := REFERENCE.match(self.text, self.place + 2)):
            self.place = name.end()
            self._refer("back" if letter == "k" else "call", name[1] or name[2] or "")
        elif letter in "123456789":
            self._back_reference()
        else:
            self._character()

    def _back_reference(self) -> None:
        digits = re.compile("[0-9]+").match(self.text, self.place + 1)
        assert digits is not None
        number = int(digits[0])
        if number > 9 and number > self.text.count("("):  # no such group can be: a character in octal
            self._character()
            return
        self.place = digits.end()
        self._refer("back", digits[0])

    def _character(self) -> None:
        written, _, self.place = escaped(self.text, self.place)
        self._atom(written)
