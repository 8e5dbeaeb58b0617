"""Patterns in Oniguruma's form "Perl_NG" (jq manual, "Regular expressions"), as the `regex` package writes them.

Where the two read a pattern differently it is written out: escapes, character classes, named groups (which become
numbered ones, so that two may share a name), free spacing. Invalid patterns raise Oniguruma's message.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from ocpiq.runtime.regex.characters import fail, translate_class, translate_escape
from ocpiq.values.patterns import lazy_pattern

QUANTIFIER: Final = lazy_pattern(r"[*+?][?+]?|\{(\d++)(,?)(\d*+)\}[?+]?", re.ASCII)
NAME: Final = lazy_pattern(r"[^\W\d][^)>']*")
REFERENCE: Final = lazy_pattern(r"<([^>]*)>|'([^']*)'")
OPTIONS: Final = lazy_pattern(r"(?=[-imsx])[imsx]*(?:-[imsx]*)?(?=[:)])")
END: Final = r"(?!.|\n)"
LINE_START: Final = rf"(?:^(?!(?<=\n){END}))"  # not after the newline that ends the text
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
MAX_REPEATED: Final = 100_000
MAX_LITERALS: Final = 64
"""Characters in a row that `regex` sees as one string: its search tables take quadratic time for a longer one that
repeats itself, 29 seconds for 4,000 times `a`."""
SEPARATOR: Final = "(?>|)"  # matches nothing, in one way, and parts what is around it


class Translation(Struct, frozen=True):
    """A pattern of the `regex` package, and the name (or None) of each of its groups."""

    pattern: str
    names: tuple[str | None, ...]


def translate(pattern: str, *, spaced: bool = False) -> Translation:
    """Return `pattern` as the `regex` package writes it; `spaced` ignores white space and comments (flag `x`).

    Raises RunError with Oniguruma's message.
    """
    translator = Translator(pattern, spaced)
    return Translation(translator.translate(), tuple(translator.names))


class Translator:
    """One pass over a pattern; `out` holds what is written, `atom` where its last repeatable part begins."""

    def __init__(self, text: str, spaced: bool) -> None:
        self.text = text
        self.position = 0
        self.options = frozenset("x" if spaced else "")  # of `imsx` those that hold here
        self.output: list[str] = []
        self.atom_start: int | None = None
        self.atoms_in_row = 0
        self.is_assertion = False  # the last part is an assertion, which cannot be repeated
        self.names: list[str | None] = []
        self.open_groups: list[
            tuple[int, frozenset[str], bool]
        ] = []  # groups: start, options outside, whether it only looks
        self.references: list[tuple[int, str]] = []  # to be written when all groups are known

    def translate(self) -> str:
        """Translate all of it."""
        while self.position < len(self.text):
            self._translate_next()
        if self.open_groups:
            fail("end pattern with unmatched parenthesis")
        for index, reference in self.references:
            self.output[index] = self._resolve_reference(reference)
        return "".join(self.output)

    def _translate_next(self) -> None:
        character = self.text[self.position]
        quantifier = QUANTIFIER.match(self.text, self.position)
        if quantifier is not None:
            self._repeat(quantifier)
        elif character == "\\":
            self._escape()
        elif character == "[":
            text, self.position = translate_class(self.text, self.position)
            self._add_atom(text)
        elif character == "(":
            self._group()
        elif character == ")":
            self._close_group()
        elif character == "|":
            self.position += 1
            self.output.append("|")
            self.atom_start, self.is_assertion = None, False
        elif character in "^$":
            self.position += 1
            self._add_assertion(LINE_START if character == "^" and "m" in self.options else character)
        elif "x" in self.options and character in " \t\n\r\f\v":
            self.position += 1
        elif "x" in self.options and character == "#":
            end = self.text.find("\n", self.position)
            self.position = end + 1 if end >= 0 else len(self.text)
        else:
            self.position += 1
            self._add_atom("." if character == "." else re.escape(character))

    def _add_atom(self, text: str) -> None:
        self.atoms_in_row += 1
        if self.atoms_in_row > MAX_LITERALS:
            self.output.append(SEPARATOR)
            self.atoms_in_row = 1
        self.atom_start, self.is_assertion = len(self.output), False
        self.output.append(text)

    def _add_assertion(self, text: str) -> None:
        self._add_atom(text)
        self.is_assertion = True

    # ------------------------------------------------------------ quantifiers

    def _repeat(self, quantifier: re.Match[str]) -> None:
        if self.atom_start is None:
            fail("target of repeat operator is not specified")
        if self.is_assertion:
            fail("target of repeat operator is invalid")
        least, comma, most = quantifier.groups()
        if least is not None:
            if max(int(least), int(most or 0)) > MAX_REPEATED:
                fail("too big number for repeat range")
            if comma and most and int(most) < int(least):
                fail("upper is smaller than lower in repeat range")
            if not comma and most:  # cannot be: {12} is one number
                fail("invalid repeat range {lower,upper}")
        self.position = quantifier.end()
        # a group around what is repeated, so that a quantifier may follow a quantifier
        self.output[self.atom_start] = "(?:" + self.output[self.atom_start]
        self.output.append(quantifier[0] + ")")

    # ------------------------------------------------------------ groups

    def _group(self) -> None:
        start = self.text[self.position : self.position + 4]
        if start.startswith("(?#"):
            self._comment()
        elif start.startswith("(*"):
            self._callout()
        elif not start.startswith("(?"):
            self.position += 1
            self.names.append(None)
            self._open_group("(")
        elif start in GROUPS or start[:3] in GROUPS:
            opening = start if start in GROUPS else start[:3]
            self.position += len(opening)
            self._open_group(opening)
        elif start[:3] == "(?~" and start != "(?~|":
            self.position += 3
            self._open_group(ABSENT)
        elif start[:3] in ("(?<", "(?'"):
            self._named(">" if start[2] == "<" else "'")
        elif start[:3] == "(?(":
            self._condition()
        elif start[:3] in ("(?&", "(?R") or start[2:3].isdigit():
            self._call()
        else:
            self._options()

    def _open_group(self, opening: str) -> None:
        self.open_groups.append((len(self.output), self.options, opening in LOOKS))
        self.output.append(opening)
        self.atom_start, self.is_assertion = None, False

    def _close_group(self) -> None:
        if not self.open_groups:
            fail("unmatched close parenthesis")
        self.position += 1
        self.atom_start, self.options, self.is_assertion = self.open_groups.pop()
        self.output.append(ABSENT_END if self.output[self.atom_start] == ABSENT else ")")

    def _comment(self) -> None:
        end = self.text.find(")", self.position)
        if end < 0:
            fail("end pattern in group")
        self.position = end + 1

    def _callout(self) -> None:
        end = self.text.find(")", self.position)
        if self.text[self.position : end + 1] not in ("(*FAIL)", "(*F)"):
            fail("invalid callout name")
        self.position = end + 1
        self._add_atom("(?!)")

    def _named(self, end_mark: str) -> None:
        end = self.text.find(end_mark, self.position + 3)
        name = self.text[self.position + 3 : end if end >= 0 else None]
        if not name:
            fail("group name is empty")
        if end < 0 or NAME.fullmatch(name) is None:
            fail(f"invalid group name <{name}>")
        self.position = end + 1
        self.names.append(name)
        self._open_group("(")

    def _condition(self) -> None:
        end = self.text.find(")", self.position)
        number = self._number(self.text[self.position + 3 : end].strip("<>'"))
        self.position = end + 1
        self._open_group(f"(?({number})")

    def _call(self) -> None:
        end = self.text.find(")", self.position)
        name = self.text[self.position + 2 : end].lstrip("&")
        self.position = end + 1
        self._add_reference("call", name)

    def _options(self) -> None:
        options = OPTIONS.match(self.text, self.position + 2)
        if options is None:
            complete = set(self.text[self.position + 2 :]) - set("-imsx")
            fail("undefined group option" if complete else "end pattern in group")
        self.position = options.end() + 1
        on, _, off = options[0].partition("-")
        minus = off.replace("x", "")
        text = on.replace("x", "") + (f"-{minus}" if minus else "")
        if self.text[options.end()] == ":":
            self._open_group(f"(?{text}:")
        else:
            self.output.append(f"(?{text})" if text else "")
            self.atom_start = None
        self.options = (self.options | set(on)) - set(off)

    # ------------------------------------------------------------ references to groups

    def _add_reference(self, role: str, name: str) -> None:
        self._add_atom("")
        self.references.append((len(self.output) - 1, f"{role} {name}"))

    def _resolve_reference(self, reference: str) -> str:
        role, _, name = reference.partition(" ")
        numbers = [index + 1 for index, group_name in enumerate(self.names) if group_name == name]
        if not numbers:
            if name.lstrip("-+").isdigit():
                numbers = [self._number(name)]
            elif name == "R":
                numbers = [0]
        if not numbers or (role == "back" and numbers[-1] == 0):
            fail(f"undefined name <{name}> reference")
        if role == "call":
            return f"(?{numbers[-1]})"
        # of groups with the same name the last one that matched counts
        return "(?:" + "|".join(rf"(?:\{number})" for number in reversed(numbers)) + ")"

    def _number(self, name: str) -> int:
        if not name.lstrip("-+").isdigit():
            group_name = [index + 1 for index, group_name in enumerate(self.names) if group_name == name]
            if not group_name:
                fail(f"undefined name <{name}> reference")
            return group_name[-1]
        number = int(name)
        if number < 0:
            number += len(self.names) + 1
        if not 0 <= number <= len(self.names):
            fail("invalid backref number/name")
        return number

    # ------------------------------------------------------------ escapes

    def _escape(self) -> None:
        letter = self.text[self.position + 1 : self.position + 2]
        if not letter:
            fail("end pattern at escape")
        if letter == "Q":
            end = self.text.find("\\E", self.position + 2)
            quoted = self.text[self.position + 2 : end if end >= 0 else None]
            self.position = end + 2 if end >= 0 else len(self.text)
            for character in quoted:
                self._add_atom(re.escape(character))
        elif letter in ASSERTIONS:
            self.position += 2
            self._add_assertion(ASSERTIONS[letter])
        elif letter in SPECIALS:
            self.position += 2
            self._add_atom(SPECIALS[letter])
        elif letter in "kg" and (name := REFERENCE.match(self.text, self.position + 2)):
            self.position = name.end()
            self._add_reference("back" if letter == "k" else "call", name[1] or name[2] or "")
        elif letter in "123456789":
            self._back_reference()
        else:
            self._character()

    def _back_reference(self) -> None:
        digits = re.compile("[0-9]+").match(self.text, self.position + 1)
        assert digits is not None
        number = int(digits[0])
        if number > 9 and number > self.text.count("("):  # no such group can be: a character in octal
            self._character()
            return
        self.position = digits.end()
        self._add_reference("back", digits[0])

    def _character(self) -> None:
        text, _, self.position = translate_escape(self.text, self.position)
        self._add_atom(text)
