"""The text of `ocpiq help blanks`: what the language does with a blanked value."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from ocpiq.analysis.aggregates import AGGREGATES
from ocpiq.analysis.builtins import BUILTINS
from ocpiq.plan.blanks import FORMS, Blanks, aggregate_blanks

WIDTH: Final = 80
TITLE: Final = "What each operator, form and builtin does with a blank"
REST: Final = "Builtins written in the language (`map`, …) do what their definitions do."


def blank_table() -> str:
    """Return the tables, grouped by their effect on a blank."""
    parts = [TITLE, ""]
    for blanks in Blanks:
        parts.append(f"{blanks.value}:")
        parts += _list("forms", (text for text, form in FORMS.items() if form.blanks is blanks))
        parts += _list("aggregates", (name for name, _ in AGGREGATES if aggregate_blanks(name) is blanks))
        parts += _list("builtins", _builtins(blanks))
        parts.append("")
    return "\n".join([*parts, REST, ""])


def _builtins(blanks: Blanks) -> Iterator[str]:
    """Yield the builtins that treat their input this way, then those that treat only an argument so."""
    builtins = sorted(BUILTINS.values(), key=lambda builtin: (builtin.name, builtin.arity))
    public = [builtin for builtin in builtins if builtin.name[0] != "_"]
    yield from (
        builtin.name for builtin in public if builtin.blanks is blanks and (builtin.reads or builtin.arity)
    )
    for builtin in public:
        for number, entry_blanks in enumerate(builtin.of_arguments, 1):
            if entry_blanks is blanks is not builtin.blanks:
                yield f"{builtin.name}/{builtin.arity} (argument {number})"


def _list(label: str, items: Iterator[str]) -> list[str]:
    text = "  ".join(item.replace(" ", "\xa0") for item in dict.fromkeys(items))
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {label:<12}",
        subsequent_indent=" " * 14,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\xa0", " ") for line in lines]
