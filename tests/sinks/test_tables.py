"""Tables for a terminal and in Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from ocpiq.plan.columns import ONE, UNKNOWN, Columns
from ocpiq.sinks.cells import CellTexts
from ocpiq.sinks.lines import FieldLines
from ocpiq.sinks.markdown import MarkdownLayout
from ocpiq.sinks.preview import PreviewEncoder
from ocpiq.sinks.rows import RowBuilder
from ocpiq.sinks.table import AlignedLayout, fit_widths
from ocpiq.sinks.table_or_lines import LeftOut, TableOrLines
from ocpiq.values.blank import BLANK

TEXTS = CellTexts(visible=True)


def table(*values: object, width: int | None = None, held: int = 100, known: Columns = UNKNOWN) -> str:
    left_out: list[tuple[str, ...]] = []
    sink = PreviewEncoder(RowBuilder(known), AlignedLayout(TEXTS, width, left_out.append), held)
    text = b"".join([*map(sink.write, values), sink.end()]).decode()
    return text + "".join(f"without {' '.join(names)}\n" for names in left_out)


TABLES = {
    "numbers to the right": (
        [{"id": "a", "kwh": 1.5}, {"id": "bcd", "kwh": 20}],
        None,
        """\
id   kwh
───  ───
a    1.5
bcd   20
""",
    ),
    "null and blanks among numbers": (
        [{"n": 100}, {"n": None}, {"n": BLANK}],
        None,
        "  n\n───\n100\n\n#NA\n",
    ),
    "a number in a column of strings": (
        [{"v": "long", "w": 1}, {"v": 7, "w": 1}],
        None,
        "v     w\n────  ─\nlong  1\n   7  1\n",
    ),
    "true is not a number": ([True, False], None, "value\n─────\ntrue\nfalse\n"),
    "cut to the width": (
        [{"id": "S1", "name": "a long name of a place", "city": "another long name"}],
        30,
        """\
id  name          city
──  ────────────  ────────────
S1  a long name…  another lon…
""",
    ),
    "columns that are cut share all the room": (
        [{"a": "0123456789", "b": "0123456789", "c": "1"}, {"a": "x", "b": "y", "c": "2"}],
        22,
        "a          b         c\n─────────  ────────  ─\n01234567…  0123456…  1\nx          y         2\n",
    ),
    "of the name of a nested field the end stays": (
        [{"token": {"contract": "0123456789", "country": "NL"}}],
        18,
        "…ontract  …country\n────────  ────────\n0123456…  NL\n",
    ),
    "columns that do not fit are left out": (
        [dict.fromkeys("abc", "0123456789")],
        25,
        "a           b\n──────────  ──────────\n0123456789  0123456789\nwithout c\n",
    ),
    "one column is never left out": (["0123456789"], 4, "val…\n────\n012…\n"),
    "wide characters": (
        [{"a": "東京", "b": 1}, {"a": "Gent", "b": 2}, {"a": "東京東京", "b": 3}],
        11,
        "a         b\n────────  ─\n東京      1\nGent      2\n東京東京  3\n",
    ),
    "wide characters, cut": (["東京東京"], 6, "value\n──────\n東京…\n"),
    "a mark that widens its letter, cut": (["f\u103b012"], 3, "va…\n───\nf\u103b…\n"),
    "controls are shown escaped": (
        ["\x1b[31mred\x07\n\x9b0m\u202eabc\u2028"],
        None,
        "value\n" + "─" * 44 + "\n\\u001b[31mred\\u0007\\n\\u009b0m\\u202eabc\\u2028\n",
    ),
    "and so in the names of columns": (
        [{"\x1b]0;x\x07": 1}],
        None,
        "\\u001b]0;x\\u0007\n────────────────\n               1\n",
    ),
    "and in arrays": ([{"a": ["\x1b[2J\u202e"]}], None, 'a\n───────────────────\n["\\u001b[2J\\u202e"]\n'),
}


@pytest.mark.parametrize(("values", "width", "text"), TABLES.values(), ids=TABLES)
def test_tables(values: list[object], width: int | None, text: str) -> None:
    assert table(*values, width=width) == text


def test_later_rows_use_the_room_that_is_left() -> None:
    values = [{"a": "x", "b": "y"}, {"a": "xxxx", "b": "y"}, {"a": "x", "b": "y" * 20}]
    assert table(*values, width=12, held=1) == "a  b\n─  ─\nx  y\nxxxx  y\nx     yyyyy…\n"


def test_only_the_first_rows_are_held_back() -> None:
    sink = PreviewEncoder(RowBuilder(), AlignedLayout(TEXTS, None, print), 2)
    assert sink.write(1) == b""
    assert sink.write(2).count(b"\n") == 4
    assert sink.write(3) == b"    3\n"
    assert sink.flush() == sink.end() == b""


def test_flush_returns_the_rows_held_back() -> None:
    sink = PreviewEncoder(RowBuilder(), AlignedLayout(TEXTS, None, print), 2)
    sink.write(1)
    assert sink.flush().count(b"\n") == 3
    assert sink.end() == b""


def test_known_columns_without_a_row() -> None:
    assert table(known=Columns({"a": ONE, "bc": ONE})) == "a  bc\n─  ──\n"
    assert table() == ""


WORDS = (
    st.text(max_size=12)
    | st.integers()
    | st.none()
    | st.just(BLANK)
    | st.lists(st.text(max_size=3), max_size=2)
)


@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), max_size=5), st.integers(1, 40), st.integers(1, 3))
def test_lines_fit_the_terminal_and_have_no_control_characters(
    lines: list[list[object]], width: int, held: int
) -> None:
    values = [dict(zip("abc", cells, strict=True)) for cells in lines]
    text = table(*values, width=width, held=held).split("without")[0]
    printed = text.removesuffix("\n").split("\n")
    assert len(printed) == (len(lines) + 2 if lines else 1)
    for line in printed:
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line)
        assert wcswidth(line) <= width


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(1, 100))
def test_widths_fit(wanted: list[int], width: int) -> None:
    widths = fit_widths(wanted, width)
    assert 1 <= len(widths) <= len(wanted)
    assert sum(widths) + 2 * (len(widths) - 1) <= width
    assert all(0 < size <= wish for size, wish in zip(widths, wanted, strict=False))


def markdown(*values: object) -> str:
    sink = PreviewEncoder(RowBuilder(), MarkdownLayout(TEXTS), 100)
    return b"".join([*map(sink.write, values), sink.end()]).decode()


MARKDOWN = {
    "numbers to the right": ([{"id": "a", "kwh": -1.5}], "| id | kwh |\n| --- | ---: |\n| a | -1.5 |\n"),
    "pipes": (["a|b\\|c"], "| value |\n| --- |\n| a\\|b\\\\\\|c |\n"),
    "a name with a pipe": ([{"a|b": 1}], "| a\\|b |\n| ---: |\n| 1 |\n"),
    "line breaks": (["a\nb"], "| value |\n| --- |\n| a\\\\nb |\n"),
    "markup": (
        ["*a* _b_ c_d <e> [f](g) `h`"],
        "| value |\n| --- |\n| \\*a\\* \\_b\\_ c_d \\<e> \\[f](g) \\`h\\` |\n",
    ),
    "an array, null and a blank": (
        [{"a": ["x|y"], "b": None, "c": BLANK}],
        '| a | b | c |\n| --- | --- | --- |\n| \\["x\\|y"] |  | #NA |\n',
    ),
}


@pytest.mark.parametrize(("values", "text"), MARKDOWN.values(), ids=MARKDOWN)
def test_markdown(values: list[object], text: str) -> None:
    assert markdown(*values) == text


def table_or_lines(*values: object, width: int, held: int = 100) -> str:
    warned: list[tuple[str, ...]] = []

    def encoder(left_out: LeftOut) -> PreviewEncoder:
        return PreviewEncoder(RowBuilder(UNKNOWN), AlignedLayout(TEXTS, width, left_out), held)

    sink = TableOrLines(encoder, lambda: FieldLines(TEXTS, width), warned.append)
    text = b"".join([*map(sink.write, values), sink.flush(), sink.end()]).decode()
    return text + "".join(f"without {' '.join(names)}\n" for names in warned)


@pytest.mark.parametrize("held", [1, 2, 100])
def test_a_table_whose_columns_do_not_fit_becomes_lines(held: int) -> None:
    values = [{"a": number, "b": BLANK, "c": "東京"} for number in (1, 2)]
    assert table_or_lines(*values, width=40, held=held).splitlines()[2:] == ["1  #NA  東京", "2  #NA  東京"]
    wide = [value | {"d": "0123456789", "e": "0123456789"} for value in values]
    fields = "b  #NA\nc  東京\nd  0123456789\ne  0123456789\n"
    expected = "".join(f"─[ {number} ]──────────────\na  {number}\n{fields}" for number in (1, 2))
    assert table_or_lines(*wide, width=20, held=held) == expected + "without d e\n"


@pytest.mark.parametrize("values", [[], [1]])
def test_a_table_that_fits_stays_one(values: list[object]) -> None:
    assert table_or_lines(*values, width=20) == table(*values, width=20)
