"""The marks that spreadsheets use in the languages and countries of their users."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Locale(Struct, frozen=True):
    """The separator of lists and the decimal mark that Excel expects, as Windows sets them for a locale."""

    separator: str
    decimal: str


COMMA: Final = Locale(",", ".")
SEMICOLON: Final = Locale(";", ",")
LOCALES: Final = {
    **dict.fromkeys(("en", "he", "ja", "ko", "zh", "th"), COMMA),
    **dict.fromkeys(
        ("cs", "da", "de", "es", "fi", "fr", "hu", "it", "nl", "no", "pl", "pt", "ro", "sv", "tr"), SEMICOLON
    ),
    **dict.fromkeys(("de-ch", "fr-ch", "it-ch"), Locale(";", ".")),
    "es-mx": COMMA,
}
"""A table of our own: the separator is a setting of Windows, which the libraries for locales (CLDR) do not have."""
