"""Kept rows: a query says of rows that were kept, byte for byte, what it says of the source."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from generated_queries import MODULES, WINDOWS, fields, queries
from hypothesis import assume, event, example, given, reject, settings
from hypothesis import strategies as st
from msgspec import Struct
from support.json_texts import listed
from support.rows import RECIPIENT
from test_non_interference import EXAMPLES, FOREIGN, THOROUGH, Case, locations_of, sent_to

from ocpiq import schema
from ocpiq.errors import Notify, OcpiqError
from ocpiq.gate import Gate, OpenedPage
from ocpiq.privacy.treatments import suitable
from ocpiq.query import Query, compile
from ocpiq.query.start import Start
from ocpiq.schema import VERSIONS, SchemaField
from ocpiq.sources import files
from ocpiq.sources.kept_rows import KeptPull, KeptRows
from ocpiq.sources.protocol import Ask, Source
from ocpiq.values.json.codec import encode

NOW = 1_796_000_000_000_000
NESTED_MODULES = ("evses", "connectors")
READS = [".", ".", "[..] | tojson", "keys", ".id?", "to_entries", "aggregate count by .id?"]


FOREIGN_AND_NOT = Case(
    "sessions only id | .", "2.1.1", {"sessions": [(b'{"\\ud800":null}', b'{"\\ud800":null,"auth_id":null}')]}
)

READ_IN_PART = ["sessions pass location | .", "sessions pass ., location.energy_mix | .location.energy_mix"]
UNREADABLE_AS_A_WHOLE = (b'{"location":{"x_unknown":"\\x"}}',) * 2


class RepeatingFiles(Struct):
    """Files that are treated as a platform, whose rows are kept."""

    source: Source
    pulls: int = 0
    repeats: bool = True

    @property
    def version(self) -> str:
        return self.source.version

    def pages(self, ask: Ask, gate: Gate, notify: Notify) -> Iterator[OpenedPage]:
        self.pulls += 1
        yield from self.source.pages(ask, gate, notify)


def result(query: Query, sources: dict[str, Source], rows: KeptRows | None) -> tuple[list[bytes], str]:
    """Return the results of a query as JSON, and its error."""
    results: list[bytes] = []
    try:
        if rows is not None:
            rows.begin()
        for value in query.run(
            sources=sources, recipient=RECIPIENT, start=Start(NOW), keep=None if rows is None else rows.source
        ):
            results.append(encode(value))
    except OcpiqError as error:
        return results, str(error)
    except RecursionError:  # the command line has a deeper stack
        return results, "too deep"
    return results, ""


class Compared(NamedTuple):
    """What is kept after some queries, and whether the file was refused for having no field of its module."""

    pulls: list[KeptPull]
    is_foreign: bool


def compare(texts: list[str], case: Case, side: int) -> Compared:
    """Run queries one after the other with kept rows, and each alone without."""
    rows, limit = KeptRows(), sys.getrecursionlimit()
    is_foreign = False
    with TemporaryDirectory() as folder:
        for module, both in case.objects.items():
            Path(folder, f"{module}.json").write_bytes(listed([pair[side] for pair in both]))
        paths = {module: Path(folder, f"{module}.json") for module in case.objects}
        sources: dict[str, Source] = {
            module: RepeatingFiles(source) for module, source in files(paths, case.version).items()
        }
        for text in texts:
            try:
                query = compile(text, version=case.version)
            except OcpiqError:
                continue
            kept = result(query, sources, rows)
            event(f"{len(rows.used)} pulls were used again")
            assert kept == result(query, sources, None), (text, texts, case)
            assert "internal error" not in kept[1]
            is_foreign = is_foreign or FOREIGN in kept[1]
    sys.setrecursionlimit(limit)
    return Compared(rows.pulls, is_foreign)


@st.composite
def sequences(draw: st.DrawFn) -> tuple[list[str], Case]:
    """Draw queries of the same objects, most of which ask for less than the first; in any order."""
    version, module = draw(st.sampled_from(VERSIONS)), draw(st.sampled_from((*MODULES, *NESTED_MODULES)))
    known = [field for field in fields(schema.module(module, version).root) if version in field.versions]
    paths = [field.path for field in known]
    wide = draw(st.lists(st.sampled_from([*paths, "."]), max_size=5, unique=True))
    treatments = {path: draw(treatment_of(path, known)) for path in wide}
    clause = ", ".join(path + treatments[path] for path in wide)
    first = f"{module} {draw(st.sampled_from(['pass', 'only']))} {clause}" if wide else module
    texts = [f"{first}{draw(st.sampled_from(WINDOWS))} | {draw(st.sampled_from(READS))}"]
    for _ in range(draw(st.integers(1, 4))):
        some = draw(st.lists(st.sampled_from([*wide * 9, *paths]), max_size=3, unique=True))
        treated = [draw(st.sampled_from([treatments.get(path, ""), None])) for path in some]
        passed = ", ".join(
            path + (draw(treatment_of(path, known)) if treatment is None else treatment)
            for path, treatment in zip(some, treated, strict=True)
        )
        clause = f" {draw(st.sampled_from(['pass', 'only']))} {passed}" if some else ""
        read = draw(st.sampled_from([*READS, *(f".{path}?" for path in some)]))
        texts.append(f"{module}{clause}{draw(st.sampled_from(['', '', *WINDOWS]))} | {read}")
    texts += [text for _, text in draw(st.lists(queries((module,), (version,)), max_size=2))]
    try:
        source = compile(texts[0], version=version).plan.sources[0]
    except OcpiqError:
        reject()
    objects = draw(sent_to(source, " ".join(texts)))
    if source.view.nested is not None:
        objects = [locations_of(source.view.nested.path, pair) for pair in objects]
    case = Case(texts[0], version, {schema.module(module, version).pulled: objects})
    texts.append(texts[0])
    return (texts if draw(st.integers(0, 3)) else draw(st.permutations(texts))), case


@st.composite
def treatment_of(draw: st.DrawFn, path: str, known: list[SchemaField]) -> str:
    """Draw a treatment that fits a field, most often none."""
    field = next((field for field in known if field.path == path), None)
    if field is None or draw(st.integers(0, 3)):
        return ""
    return f" as {draw(st.sampled_from(suitable(field, totals=True)))}"


@settings(THOROUGH, max_examples=EXAMPLES)
@given(sequences())
@example((READ_IN_PART, Case(READ_IN_PART[0], "2.1.1", {"sessions": [UNREADABLE_AS_A_WHOLE]})))
def test_kept_rows_say_what_the_source_says(drawn: tuple[list[str], Case]) -> None:
    texts, case = drawn
    compare(texts, case, 0)


@settings(THOROUGH, max_examples=EXAMPLES // 3)
@given(sequences())
@example(([], FOREIGN_AND_NOT))
def test_values_that_are_not_passed_change_nothing_in_kept_rows(drawn: tuple[list[str], Case]) -> None:
    """The files in memory are the same for objects that differ in what the query does not pass."""
    _, case = drawn
    sides = [compare([case.text, case.text], case, side) for side in (0, 1)]
    assume(sides[0].is_foreign == sides[1].is_foreign)  # PRIVACY.md lists this fact as visible
    kept, others = (
        [folder.files for pull in side.pulls for folder in pull.folders.values()] for side in sides
    )
    assert kept == others, case
