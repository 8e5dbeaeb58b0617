"""How Excel reads the text in a CSV file, and how text is written so that it stays text."""

from __future__ import annotations

import re
from typing import Final

LINE_BREAK: Final = re.compile("[\r\n]")
LONGEST: Final = 255  # characters of a text in a formula of Excel
FORMULA: Final = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # the last four are full-width
NUMBER_OR_DATE: Final = re.compile(r"[\s\d+\-.,:/%()'’_]*(?:[^\W\d_]+\.?[\s\d+\-.,:/%()'’_]*){0,2}")
CURRENCY: Final = re.compile(r"[$€£¥₺]")
WORDS: Final = re.compile(r"[^\W\d_]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PARTS_OF_NUMBERS: Final = _words("e d am pm a p de t z kr fr chf zł eur usd gbp")
MONTHS: Final = _words(
    "jan feb mar apr may jun jul aug sep oct nov dec"  # English
    " mrt maa mei okt mai mär märz dez"  # Dutch, German, Norwegian
    " fév avr juin jui aoû déc ene abr ago dic gen mag giu lug set ott fev out"  # French, Spanish, Italian, Portuguese
    " kvě srp lis sty lut kwi cze lip sie wrz paź gru maj dub čer čvc zář říj pro úno bře led"  # Czech, Polish, Danish
)
BOOLEANS: Final = _words(
    "true false waar onwaar wahr falsch vrai faux verdadero falso vero verdadeiro sant falskt sand falsk sann usann"
    " tosi epätosi prawda fałsz pravda nepravda igaz hamis adevărat fals doğru yanliş"
)
ERROR_VALUE: Final = re.compile(r"#[^\s!?/]+[!?/]\S*")


def is_misread_by_excel(text: str) -> bool:
    """Tell whether Excel would take a text for a number, a date, a truth value, an error or a formula.

    Errs on the safe side: text with digits and only month-like words counts as a date.
    """
    if FORMULA.match(text) or ERROR_VALUE.fullmatch(text):
        return True
    bare = CURRENCY.sub("", text.strip())
    if bare.lower() in BOOLEANS:
        return True
    if not any(character.isdigit() for character in bare) or not NUMBER_OR_DATE.fullmatch(bare):
        return False
    return all(
        word in PARTS_OF_NUMBERS or any(word.startswith(month) for month in MONTHS)
        for word in map(str.lower, WORDS.findall(bare))
    )


def as_text(text: str) -> str:
    """Return what Excel reads as this text: a formula that returns it.

    Text that is too long for a formula, or has several lines, gets a leading apostrophe: Excel does not run it, but
    shows the apostrophe.
    """
    if not is_misread_by_excel(text):
        return text
    if len(text) > LONGEST or LINE_BREAK.search(text):
        return f"'{text}"
    return f'="{text.replace(chr(34), chr(34) * 2)}"'
