"""CSV and TSV: byte for byte, and read back by others."""

from __future__ import annotations

import csv as standard
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpiq.sinks.cells import CellTexts
from ocpiq.sinks.csv import Dialect, csv_encoder, dialect_of, tsv_encoder
from ocpiq.sinks.excel_escaping import is_misread_by_excel
from ocpiq.sinks.rows import RowBuilder
from ocpiq.sinks.sink import Encoder
from ocpiq.values.blank import BLANK, Blank
from ocpiq.values.json.codec import number_text, to_json

PLAIN = Dialect()
TEXTS = CellTexts()
EXCEL = Dialect(newline="\r\n", bom=True, keeps_text=True)
COMMA = Dialect(delimiter=";", decimal=",")


def written(sink: Encoder, *values: object) -> bytes:
    return b"".join([*map(sink.write, values), sink.end()])


def cell(value: object, dialect: Dialect = PLAIN, texts: CellTexts = TEXTS) -> str:
    """Return the text of `value` between two others."""
    line = written(csv_encoder(RowBuilder(), texts, dialect), {"a": 1, "b": value, "c": 2}).decode()
    return line.split(dialect.newline, 1)[1][2 : -2 - len(dialect.newline)]


CELLS = {
    "a string": ("x y", "x y"),
    "a comma": ("a,b", '"a,b"'),
    "a quote": ('a"b', '"a""b"'),
    "a line break": ("a\nb", '"a\nb"'),
    "a carriage return": ("a\rb", '"a\rb"'),
    "an empty string is not null": ("", '""'),
    "null": (None, ""),
    "true": (True, "true"),
    "an integer": (-12, "-12"),
    "a huge integer": (123456789012345678901234567890, "123456789012345678901234567890"),
    "a number keeps its form": (95.0, "95.0"),
    "a small number": (1e-7, "1e-07"),
    "NaN": (math.nan, ""),
    "an array": ([1, "a", None, {"b": 95.0}], '"[1,""a"",null,{""b"":95.0}]"'),
    "an array with a blank": ([BLANK], '"[""#NA""]"'),
    "a blank": (BLANK, "#NA"),
    "a string that looks like a blank": ("#NA", '"#NA"'),
    "a formatted blank": (Blank("a", "b", "<#NA>"), "<#NA>"),
    "beyond ASCII": ("ü😀", "ü😀"),
    "a lone surrogate": ("a\ud800", "a\ufffd"),
    "a formula is left alone": ("=1+1", "=1+1"),
}


@pytest.mark.parametrize(("value", "text"), CELLS.values(), ids=CELLS)
def test_cells(value: object, text: str) -> None:
    assert cell(value) == text


DIALECTS = {
    "semicolon": (Dialect(delimiter=";"), "a;b", '"a;b"'),
    "semicolon, a comma": (Dialect(delimiter=";"), "a,b", "a,b"),
    "a tab": (Dialect(delimiter="\t"), "a\tb", '"a\tb"'),
    "decimal comma": (COMMA, -1.5, "-1,5"),
    "decimal comma with an exponent": (COMMA, 1.5e-7, "1,5e-07"),
    "decimal comma leaves strings": (COMMA, "1.5", "1.5"),
    "decimal comma leaves arrays": (COMMA, [1.5], "[1.5]"),
    "decimal comma between commas": (Dialect(decimal=","), 1.5, '"1,5"'),
}


@pytest.mark.parametrize(("dialect", "value", "text"), DIALECTS.values(), ids=DIALECTS)
def test_dialects(dialect: Dialect, value: object, text: str) -> None:
    assert cell(value, dialect) == text


KEPT_AS_TEXT = [
    *("=1+1", "+31612345678", "@SUM(A1)", "-1+cmd|' /C calc'!A0", "\t=1", "＝1"),
    *('=HYPERLINK("x","y")', "-5", "-5.25"),
    *(
        "0012",
        "12",
        "123E45",
        "1e5",
        "12345678901234567890",
        "1,5",
        "1.234,56",
        "1 000",
        "5%",
        "$5",
        "€ 5",
        "5 kr",
        "(5)",
    ),
    *(" 5 ", "1 1/2", "1'000"),
    *(
        "1-2",
        "1/2",
        "2026-01",
        "2026-01-31",
        "31.01.2026",
        "12:30",
        "1:00 PM",
        "Jan-26",
        "5 jan",
        "mei 2026",
        "1 mars",
    ),
    *("März 5", "12 décembre 2026", "2026-01-31T10:00:00"),
    *("TRUE", "true", "WAAR", "faux", "#N/A", "#DIV/0!"),
]
LEFT_AS_THEY_ARE = [
    *(
        "NL-ABC-1",
        "S0000001",
        "Kerkstraat 12",
        "a=1",
        "Gent",
        "",
        "May",
        "IEC_62196_T2",
        "2026-W03",
        "2026-Q1",
    ),
    *("04A1B2", "#NA", "1 of 2", "x", "trueish", "-".join("abc"), "b-1"),
]


@pytest.mark.parametrize("text", KEPT_AS_TEXT)
def test_text_stays_text_in_excel(text: str) -> None:
    assert is_misread_by_excel(text)
    formula = text.replace('"', '""')
    assert cell(text, EXCEL) == '"' + f'="{formula}"'.replace('"', '""') + '"'
    assert cell(text) != cell(text, EXCEL)


@pytest.mark.parametrize("text", LEFT_AS_THEY_ARE)
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert cell(text, EXCEL) == cell(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(-5, "-5"), (-5.25, "-5.25"), (-1.5e-7, "-1.5e-07"), (BLANK, "#NA"), (None, ""), (True, "true")],
)
def test_what_is_not_text_stays_what_it_is(value: object, text: str) -> None:
    assert cell(value, EXCEL) == text


def test_a_formatted_blank_is_text() -> None:
    assert cell(Blank("a", "b", "=#NA"), EXCEL) == '"=""=#NA"""'


@pytest.mark.parametrize("text", ["\n=1", "\r=1", "=1\n+2", "5\n6"])
def test_text_of_several_lines_gets_an_apostrophe(text: str) -> None:
    assert cell(text, EXCEL) == f'"\'{text}"'


def test_text_too_long_for_a_formula_gets_an_apostrophe() -> None:
    assert cell("=" + "1" * 255, EXCEL) == "'=" + "1" * 255
    assert cell("=" + "1" * 254, EXCEL) == '"=""=' + "1" * 254 + '"""'


def test_column_names_stay_text_too() -> None:
    assert written(csv_encoder(RowBuilder(), TEXTS, EXCEL), {"=a": 1}) == b'\xef\xbb\xbf"=""=a"""\r\n1\r\n'


DIALECT_WORDS = {
    "excel": (["excel"], (",", ".")),
    "excel:en": (["excel:en"], (",", ".")),
    "excel:nl": (["excel:nl"], (";", ",")),
    "excel:de": (["excel:de"], (";", ",")),
    "excel:de-ch": (["excel:de-ch"], (";", ".")),
    "another separator": (["excel:nl", "tab"], ("\t", ",")),
    "decimal-comma": (["decimal-comma"], (";", ",")),
    "excel,decimal-comma": (["excel", "decimal-comma"], (";", ",")),
}


@pytest.mark.parametrize(("words", "marks"), DIALECT_WORDS.values(), ids=DIALECT_WORDS)
def test_the_marks_of_a_locale(words: list[str], marks: tuple[str, str]) -> None:
    found = dialect_of(words)
    assert (found.delimiter, found.decimal) == marks
    assert found.keeps_text == found.bom == any(word.startswith("excel") for word in words)


def test_texts_for_null_and_blanks() -> None:
    texts = CellTexts(null="NULL", na="n/a")
    assert [cell(value, texts=texts) for value in (None, BLANK, "NULL", "n/a", "")] == [
        "NULL",
        "n/a",
        '"NULL"',
        '"n/a"',
        '""',
    ]


def test_a_row_is_never_an_empty_line() -> None:
    assert written(csv_encoder(RowBuilder(), TEXTS, PLAIN), None, 1) == b'value\n""\n1\n'


def test_without_values_and_columns_nothing_is_written() -> None:
    assert written(csv_encoder(RowBuilder(), TEXTS, EXCEL)) == b""


def test_for_a_terminal_control_characters_are_escaped() -> None:
    assert cell("a\x1b[2Jb\n\x9b", texts=CellTexts(visible=True)) == "a\\u001b[2Jb\\n\\u009b"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9) | TEXT | st.just(BLANK)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.lists(TEXT, min_size=width, max_size=width, unique=True),
        st.lists(st.lists(SCALAR | st.lists(SCALAR, max_size=2), min_size=width, max_size=width), max_size=4),
    )
)
ANY_DIALECT = st.builds(
    Dialect,
    delimiter=st.sampled_from(",;\t"),
    decimal=st.sampled_from(".,"),
    newline=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)


def expected(value: object, decimal: str) -> str:
    """Return what a reader must find."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool() | list():
            return to_json(value)
        case Blank():
            return "#NA"
    return number_text(value).replace(".", decimal)


@given(TABLES, ANY_DIALECT)
def test_the_standard_library_reads_what_was_written(
    table: tuple[list[str], list[list[object]]], dialect: Dialect
) -> None:
    names, lines = table
    sink = csv_encoder(RowBuilder(), TEXTS, dialect)
    data = written(sink, *[dict(zip(names, cells, strict=True)) for cells in lines])
    text = data.decode("utf-8-sig" if dialect.bom else "utf-8")
    read = list(standard.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True))
    assert read == [names for _ in lines[:1]] + [
        [expected(cell, dialect.decimal) for cell in cells] for cells in lines
    ]


TSV = {
    "plain": ({"a": 1, "b": "x"}, "a\tb\n1\tx\n"),
    "escaped as @tsv does": ({"a": "x\ty\nz\\\r"}, "a\nx\\ty\\nz\\\\\\r\n"),
    "null and a blank": ({"a": None, "b": BLANK}, "a\tb\n\t#NA\n"),
    "no quotes": ({"a": 'x"y', "b": [1]}, 'a\tb\nx"y\t[1]\n'),
}


@pytest.mark.parametrize(("value", "text"), TSV.values(), ids=TSV)
def test_tsv(value: object, text: str) -> None:
    assert written(tsv_encoder(RowBuilder(), TEXTS), value).decode() == text
