"""Fields that are not passed have no influence: with any values, outputs, errors, exit code and files stay the same.

Each query runs twice through the command line, on objects that differ in everything but the fields that it passes: in
types, null, length, invalid numbers, lone surrogates, bytes that are not UTF-8, depth, repeated keys, order of keys.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from generated_queries import WINDOWS, queries
from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.cli import Outcome, command, text_of
from support.forwarded import PagedSource, run_in_parts
from support.full import FULL
from support.json_texts import listed, object_of
from support.platforms import TOKEN, Platform, Response, serving
from support.private import Pair, object_pairs, quoted, values
from support.recipients import config_with_recipient
from support.rows import RECIPIENT
from support.typed_files import FORMATS, TypedFormat

from ocpiq.app.arguments import parse
from ocpiq.app.read_settings import prompt_settings
from ocpiq.delivery.status_query import log_query
from ocpiq.errors import Notice, OcpiqError, WarningIssued
from ocpiq.plan.query_plan import SourcePlan
from ocpiq.privacy.view import ViewNode, descendants
from ocpiq.prompt.run import run as run_at_prompt
from ocpiq.prompt.session import Session
from ocpiq.query import compile
from ocpiq.query.forwarded import check_forwarding
from ocpiq.query.parts import run_part
from ocpiq.query.start import Start
from ocpiq.schema import ENDED, UPDATED, VERSIONS, OwnForm, module, read_as
from ocpiq.schema.counterparts import counterparts
from ocpiq.sinks.json import JsonStyle
from ocpiq.sources import files
from ocpiq.values.json.codec import encode

EXAMPLES = 3000 if FULL else 1200 if os.environ.get("CI") == "true" else 250
THOROUGH = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TIMES = [
    b'"2026-01-15T12:00:00Z"',
    b'"2025-12-31T00:00:00Z"',
    b'"2026-01-01T00:00:00Z"',
    b'"2026-01-02 00:00:00.5"',
    b"null",
    b"[]",
    b"NaN",
]
FOREIGN = " has a field of "  # in the error for a file that has no field of its module
TYPE_AND_NULL = b'{"id":true,"x_unknown":null}'  # a field of a wrong type beside null
MANY_OBJECTS = 150  # objects, where there are many


def page(objects: list[bytes]) -> dict[str, bytes]:
    """An envelope around all objects."""
    return {"page.json": b'{"data":%s,"status_code":1000,"timestamp":"x"}' % listed(objects)}


def pages(objects: list[bytes]) -> dict[str, bytes]:
    """A page for each object, in a folder."""
    return {f"page{number}.json": listed([one]) for number, one in enumerate(objects)}


def lines(objects: list[bytes]) -> dict[str, bytes]:
    """A line for each object."""
    return {"objects.ndjson": b"\n".join(objects)}


def many_lines(objects: list[bytes]) -> dict[str, bytes]:
    """More lines than a page has, some of them not objects; long values make many blocks."""
    return {"objects.ndjson": b"\n".join([*objects, b"tru"] * (MANY_OBJECTS // len(objects))) + b"\n"}


def with_a_bad_item(objects: list[bytes]) -> dict[str, bytes]:
    """A page with an item that no decoder accepts, so that each object is decoded alone."""
    return {"page.json": listed([b"tru", *objects])}


FORMS = {
    "a page": page,
    "pages": pages,
    "lines": lines,
    "many lines": many_lines,
    "a bad item": with_a_bad_item,
}


class Case(NamedTuple):
    """A query, the OCPI version of its objects, and pairs of them for each module."""

    text: str
    version: str
    objects: dict[str, list[Pair]]


def run(case: Case, form: Callable[[list[bytes]], dict[str, bytes]], side: int, *options: str) -> Outcome:
    """Run a query on one side of the pairs, in folders of its own."""
    words = [*options, "--ocpi-version", case.version, "--recipient", RECIPIENT.name, case.text]
    with TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        for module, both in case.objects.items():
            sent = Path(folder, module)
            sent.mkdir()
            for name, body in form([pair[side] for pair in both]).items():
                (sent / name).write_bytes(body)
            words += ["--source", f"{module}={sent}"]
        settings = {"OCPIQ_CONFIG": str(config_with_recipient()), "OCPIQ_STATE": f"{folder}/state"}
        outcome = command(home, words, SOURCE_DATE_EPOCH="1796000000", **settings)
    return outcome._replace(err=outcome.err.replace(str(folder), "FOLDER"))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a query, and pairs of objects for the views of its sources."""
    version, text = draw(queries())
    try:
        sources = compile(text, version=version).plan.sources
    except OcpiqError as error:
        event(f"while compiling: {type(error).__name__}")
        return Case(text, version, {})
    assume(len({source.module for source in sources}) == len(sources))
    return Case(text, version, {source.module: draw(sent_to(source, text)) for source in sources})


@st.composite
def sent_to(draw: st.DrawFn, source: SourcePlan, text: str) -> list[Pair]:
    """Draw pairs of objects for a source: the same dates where it has a window, and more of what the query names."""
    dated = any(bound is not None for bound in (source.since, source.until, source.newest))
    windows = [UPDATED] * dated + list(ENDED) * (source.during is not None)
    always = [(quoted(name), draw(st.sampled_from(TIMES))) for name in windows]
    named = set(re.findall(r"\w+", text))
    return draw(st.lists(object_pairs(source.view, named, always), min_size=1, max_size=3))


def fitting_form(case: Case, form: str) -> str:
    """Return the form to send objects in: a page if a text breaks a line, which would be two lines."""
    sides = (side for both in case.objects.values() for pair in both for side in pair)
    return "a page" if "lines" in form and any(b"\n" in side for side in sides) else form


def assume_same_module(one: Outcome, other: Outcome) -> None:
    """Skip a pair of files of which one has no field of the module: PRIVACY.md lists this fact as visible."""
    assume((FOREIGN in one.err) == (FOREIGN in other.err))


@THOROUGH
@given(cases(), st.sampled_from(list(FORMS)))
def test_fields_that_are_not_passed_change_nothing(case: Case, form: str) -> None:
    form = fitting_form(case, form)
    one, other = (run(case, FORMS[form], side) for side in (0, 1))
    event(f"exit code {one.code}")
    assume_same_module(one, other)
    assert one == other, (case.text, case.version, form, text_of(one), text_of(other))
    assert one.saved == {}
    assert "internal error" not in one.err, one.err


@settings(THOROUGH, max_examples=EXAMPLES // 5)
@given(cases(), st.sampled_from(["html", "chart", "lines"]))
def test_fields_that_are_not_passed_change_nothing_in_a_report(case: Case, output: str) -> None:
    one, other = (run(case, page, side, "--to", output) for side in (0, 1))
    assume_same_module(one, other)
    assert one == other, (case.text, case.version, output, text_of(one), text_of(other))
    assert "internal error" not in one.err, one.err


def kept(case: Case, side: int) -> list[list[bytes]]:
    """Run a query at the prompt on one side of the pairs, then a query on its result; return what the prompt keeps."""
    limit = sys.getrecursionlimit()
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        stack.callback(sys.setrecursionlimit, limit)  # which a run raises
        words = ["-q", "--ocpi-version", case.version, "--recipient", RECIPIENT.name]
        for module, both in case.objects.items():
            file = Path(folder, f"{module}.json")
            file.write_bytes(listed([pair[side] for pair in both]))
            words += ["--source", f"{module}={file}"]
        patch.setenv("OCPIQ_CONFIG", str(config_with_recipient()))
        patch.setenv("OCPIQ_STATE", f"{folder}/state")
        patch.setenv("LINES", "1000000")  # nothing to ask for a page
        session = Session.start(prompt_settings(parse(words)))
        assert session is not None
        with session.stack, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            run_at_prompt(session, case.text)
            run_at_prompt(session, "$_ | ., (.. | tojson)")
            names = session.results.names
            return [session.results.used(f"${name}")[name].rows for name in names]


@settings(THOROUGH, max_examples=EXAMPLES // 5)
@given(cases())
def test_fields_that_are_not_passed_change_nothing_in_the_results_that_the_prompt_keeps(case: Case) -> None:
    assume(case.objects)
    one, other = (run(case, page, side) for side in (0, 1))
    assume_same_module(one, other)
    results, others = (kept(case, side) for side in (0, 1))
    event(f"{len(results)} results")
    assert results == others, (case.text, case.version)


VARYING = dict.fromkeys(("line", "previous", "time", "run"))


def audited(case: Case, form: Callable[[list[bytes]], dict[str, bytes]], side: int) -> tuple[Outcome, object]:
    """Run a query with an audit trail; return its entries too, without what differs from run to run."""
    with TemporaryDirectory() as folder:
        trail = Path(folder, "trail.ndjson")
        outcome = run(case, form, side, "--audit", str(trail))
        lines = trail.read_text("utf-8").splitlines() if trail.exists() else []
    return outcome, [json.loads(line) | VARYING for line in lines]


@settings(THOROUGH, max_examples=EXAMPLES // 3)
@given(cases(), st.sampled_from(list(FORMS)))
def test_fields_that_are_not_passed_change_nothing_in_the_audit_trail(case: Case, form: str) -> None:
    form = fitting_form(case, form)
    (one, entries), (other, other_entries) = (audited(case, FORMS[form], side) for side in (0, 1))
    assume_same_module(one, other)
    event(f"{len(entries)} entries")
    assert entries == other_entries, (case.text, form)
    assert one == other, (case.text, form, text_of(one), text_of(other))


def part_of(
    case: Case, form: Callable[[list[bytes]], dict[str, bytes]], side: int
) -> str | tuple[bytes, bytes]:
    """Return what a part of a run in parts sends, as values and as JSON, or its error."""
    with TemporaryDirectory() as folder:
        for module, both in case.objects.items():
            sent = Path(folder, module)
            sent.mkdir()
            for name, body in form([pair[side] for pair in both]).items():
                (sent / name).write_bytes(body)
        sources = files({module: Path(folder, module) for module in case.objects}, case.version)
        try:
            query = compile(case.text, version=case.version)
            values = query.partial(sources, recipient=RECIPIENT, start=Start(0))
            if query.splits.stage is not None:
                return values, b""
            of_run: dict[str, Any] = {"variables": {}, "recipient": RECIPIENT, "start": Start(0)}
            return values, run_part(query, sources, number=0, of=0, style=JsonStyle(), **of_run).data
        except OcpiqError as error:
            return str(error).replace(folder, "FOLDER")
        except RecursionError:  # the command line has a deeper stack
            return "too deep"


@settings(THOROUGH, max_examples=EXAMPLES // 2)
@given(cases(), st.sampled_from(list(FORMS)))
def test_fields_that_are_not_passed_change_nothing_in_what_a_part_sends(case: Case, form: str) -> None:
    assume(case.objects)
    form = fitting_form(case, form)
    one, other = (part_of(case, FORMS[form], side) for side in (0, 1))
    event("an error" if isinstance(one, str) else "bytes")
    assume((FOREIGN in str(one)) == (FOREIGN in str(other)))
    assert one == other, (case.text, case.version, form)


def many_pages(objects: list[bytes]) -> dict[str, bytes]:
    """Pages that tell the names of all fields, and then two that are opened only as far as a pull needs it."""
    first = [objects[number % len(objects)] for number in range(MANY_OBJECTS)]
    return {"page1": listed(first), "page2": listed(objects), "page3": listed([*objects, b"tru"])}


PULLED_FORMS = {"a page": page, "pages": pages, "a bad item": with_a_bad_item, "many pages": many_pages}


def pulled(case: Case, form: str, side: int) -> tuple[list[bytes], str, list[bytes], list[str]]:
    """Run a query whose pages other processes open; return its results, how it ends, the parts, what is reported."""
    sources = {
        module: PagedSource(
            list(PULLED_FORMS[form]([pair[side] for pair in both]).values()), case.version, repeats=False
        )
        for module, both in case.objects.items()
    }
    rows, sent, notices, ended = list[bytes](), list[bytes](), list[Notice](), ""
    try:
        query = compile(case.text, version=case.version)
        check_forwarding(query, sources, query.splits)
        for row in run_in_parts(query, sources, [1, 1], notices.append, sent=sent, recipient=RECIPIENT):
            rows.append(encode(row))
    except OcpiqError as error:
        ended = str(error)
    except RecursionError:  # the command line has a deeper stack
        ended = "too deep"
    return rows, ended, sent, [text_of_notice(notice) for notice in notices]


def text_of_notice(notice: Notice) -> str:
    """Return what a user can read of a notice."""
    return str(notice.message) if isinstance(notice, WarningIssued) else repr(notice)


@settings(THOROUGH, max_examples=EXAMPLES // 5)
@given(cases(), st.sampled_from(list(PULLED_FORMS)))
def test_fields_that_are_not_passed_change_nothing_where_other_processes_open_pages(
    case: Case, form: str
) -> None:
    """Neither in the results, the messages and the errors, nor in what a worker sends back."""
    assume(case.objects)
    one, other = (pulled(case, form, side) for side in (0, 1))
    event("parts" if one[2] else "in one process")
    event("an error" if one[1] else "no error")
    assert one == other, (case.text, case.version, form)


def test_passed_fields_have_an_influence_where_other_processes_open_pages() -> None:
    """The test above compares what it would change."""
    case = Case("sessions pass kwh", "2.2.1", {"sessions": [(b'{"kwh":1}', b'{"kwh":2}')]})
    for form in PULLED_FORMS:
        one, other = (pulled(case, form, side) for side in (0, 1))
        assert one[0] != other[0]
        assert one[2] != other[2]
        assert one[1::2] == other[1::2]


# ---------------------------------------------------------------- in a snapshot


class Stored(NamedTuple):
    """What a pull says and stores, without keys and time, and what the same query then says of the snapshot."""

    pulled: Outcome
    files: dict[str, bytes]
    queried: Outcome


def stored(case: Case, form: Callable[[list[bytes]], dict[str, bytes]], side: int) -> Stored:
    """Pull one side of the pairs into a snapshot, and query it."""
    queried = Outcome(b"", "", 0, {})
    with TemporaryDirectory() as folder:
        snapshot = Path(folder, "snapshot")
        pulled = run(case, form, side, "pull", "--into", str(snapshot))
        if pulled.code == 0:
            home = Path(folder, "home")
            home.mkdir()
            words = ["--recipient", RECIPIENT.name, "--snapshot", str(snapshot), case.text]
            settings = {"OCPIQ_CONFIG": str(config_with_recipient()), "OCPIQ_STATE": f"{folder}/state"}
            queried = command(home, words, **settings)
            queried = queried._replace(err=queried.err.replace(str(folder), "FOLDER"))
        files = {
            str(path.relative_to(snapshot)): re.sub(rb'"end": ?\d+', b"", path.read_bytes())
            for path in sorted(snapshot.rglob("*"))
            if path.is_file() and path.suffix not in (".keys", ".key") and path.name != ".lock"
        }
    pulled = pulled._replace(err=re.sub(r"\S*/snapshot\b", "SNAPSHOT", pulled.err))
    return Stored(pulled, files, queried._replace(err=re.sub(r"snapshot of \S+", "", queried.err)))


@settings(THOROUGH, max_examples=EXAMPLES // 3)
@given(cases(), st.sampled_from(list(FORMS)))
@example(
    Case("[sessions pass ., id as pseudonym] | .", "2.1.1", {"sessions": [(TYPE_AND_NULL, TYPE_AND_NULL)]}),
    "a page",
)
def test_fields_that_are_not_passed_change_nothing_in_a_snapshot(case: Case, form: str) -> None:
    """The files of the snapshot are the same, and a query of it says what it says of the pages."""
    form = fitting_form(case, form)
    one, other = (stored(case, FORMS[form], side) for side in (0, 1))
    assume_same_module(one.pulled, other.pulled)
    event(f"exit code of the pull {one.pulled.code}")
    assert one == other, (case.text, case.version, form, text_of(one), text_of(other))
    assert "internal error" not in one.pulled.err + one.queried.err
    if one.pulled.code == 0 and case.objects:
        direct = run(case, FORMS[form], 0, "-q")
        event(f"exit code {direct.code}")
        assert (one.queried.out, one.queried.code) == (direct.out, direct.code), (case.text, case.version)


# ---------------------------------------------------------------- in the form of another version


@st.composite
def cases_of_other_versions(draw: st.DrawFn) -> tuple[Case, str]:
    """Draw a query in the form of one OCPI version, and pairs of objects of another version."""
    version, own = draw(
        st.sampled_from([(one, other) for one in VERSIONS for other in VERSIONS if one != other])
    )
    name = draw(st.sampled_from(["sessions", "cdrs", "locations", "evses", "connectors", "tariffs"]))
    fields = [field.path for field in descendants(read_as(name, version, [OwnForm(own)]).root)]
    paths = draw(st.lists(st.sampled_from([".", *fields]), max_size=4, unique=True))
    treatments = ("", "", "", " as present", " as month", " as rounded(5)", " as prefix(2)", " as pseudonym")
    passed = [path + draw(st.sampled_from(treatments)) * (path != ".") for path in paths]
    clause = f" {draw(st.sampled_from(['pass', 'only']))} {', '.join(passed)}" if passed else ""
    read = draw(st.sampled_from(fields))
    expression = draw(
        st.sampled_from(
            [
                *(
                    ".",
                    ".",
                    "[..]",
                    "tojson",
                    "keys",
                    "to_entries",
                    "length",
                    f".{read}?",
                    "select(.id) | .id",
                ),
                f"[.{read}?] | length",
                f"[getpath({json.dumps(read.split('.'))})?]",
                "aggregate count by .id",
            ]
        )
    )
    text = f"{name}{draw(st.sampled_from(WINDOWS))}{clause} | {expression}"
    try:
        (source,) = compile(text, version=own, as_version=version).plan.sources
    except OcpiqError as error:
        event(f"while compiling: {type(error).__name__}")
        return Case(text, own, {}), version
    sent = draw(sent_to(replace(source, view=view_in_own_form(source.view, version, own)), text))
    if source.view.nested is not None:
        return Case(
            text, own, {"locations": [locations_of(source.view.nested.path, pair) for pair in [*sent]]}
        ), version
    return Case(text, own, {name: sent}), version


def locations_of(path: tuple[str, ...], pair: Pair) -> Pair:
    """Return locations that contain a pair of EVSEs or connectors."""
    one, other = pair
    for name in reversed(path):
        key = quoted(name)
        one, other = (
            b'{"id":"1","uid":"2",%s:[%s]}' % (key, one),
            b'{"uid":"2",%s:[%s],"id":"1"}' % (key, other),
        )
    return one, other


def view_in_own_form(view: ViewNode, version: str, own: str) -> ViewNode:
    """Return which fields of OCPI `own` a view of their counterparts shows: no other field may have an influence."""
    module_of_own, found = module(view.blank.module, own), counterparts(view.blank.module, version, own)
    root = ViewNode("container", False, {}, view.blank, module_of_own.root)
    todo = [(view, ())]
    while todo:
        node, path = todo.pop()
        counterpart = found.get(".".join(path))
        todo += [(child, (*path, name)) for name, child in node.children.items()]
        if counterpart is None or counterpart.path is None:
            continue
        target, field = root, module_of_own.root
        for end, name in enumerate(counterpart.path, 1):
            field = field.children[name]
            is_leaf = end == len(counterpart.path) and not node.children
            shown = replace(
                node, children={}, field=field, many=field.many if node.treatment is None else node.many
            )
            container = ViewNode("container", field.many, {}, node.blank, field, scalars=node.scalars)
            target = target.children.setdefault(name, shown if is_leaf else container)
    return root


@settings(THOROUGH, max_examples=EXAMPLES // 2)
@given(cases_of_other_versions(), st.sampled_from(list(FORMS)))
def test_fields_that_are_not_passed_change_nothing_in_another_form(
    drawn: tuple[Case, str], form: str
) -> None:
    """Reading objects in the form of another OCPI version shows the counterparts of what passes, and nothing else."""
    case, version = drawn
    form = fitting_form(case, form)
    one, other = (run(case, FORMS[form], side, "--as", version) for side in (0, 1))
    event(f"exit code {one.code}")
    assume_same_module(one, other)
    assert one == other, (case.text, case.version, version, form, text_of(one), text_of(other))
    assert "internal error" not in one.err, one.err


TREATED = [
    "kwh as rounded(5)",
    "start_date_time as month",
    "cdr_token.contract_id as pseudonym",
    "cdr_token.uid as prefix(2)",
    "total_cost as present",
]


@st.composite
def treated_cases(draw: st.DrawFn) -> Case:
    """Draw a query on treated fields, and pairs of sessions that are the same after the treatments."""
    rest = draw(st.sampled_from(["", ".", "., cdr_token", "id, start_date_time, kwh, cdr_token, total_cost"]))
    word = "only" if rest[:2] == "id" else "pass"
    chosen = [rest] if rest and word == "pass" else []
    text = f"sessions {word} {', '.join((*chosen, *TREATED))} | " + draw(
        st.sampled_from(
            [
                ".",
                "[.kwh, .start_date_time, .cdr_token.contract_id, .cdr_token.uid, .total_cost]",
                "select(.kwh > 5) | .cdr_token",
                "aggregate {n: count, s: sum(.kwh)} by .start_date_time",
                "aggregate count_distinct(.cdr_token.contract_id)",
                "distinct by .cdr_token.contract_id | .start_date_time",
                "sort by .kwh, .start_date_time | .total_cost",
                "tojson | length",
                ".cdr_token | to_entries",
                "select(.total_cost) | .cdr_token.uid | explode",
            ]
        )
    )
    named = ["kwh", "start_date_time", "cdr_token", "contract_id", "uid", "total_cost"]
    (source,) = compile(text).plan.sources
    return Case(
        text, "2.2.1", {"sessions": draw(st.lists(object_pairs(source.view, named), min_size=1, max_size=4))}
    )


@settings(THOROUGH, max_examples=EXAMPLES // 3)
@given(treated_cases(), st.sampled_from(list(FORMS)))
def test_only_the_treated_value_has_an_influence(case: Case, form: str) -> None:
    form = fitting_form(case, form)
    one, other = (run(case, FORMS[form], side) for side in (0, 1))
    event(f"exit code {one.code}")
    assume_same_module(one, other)
    assert one == other, (case.text, form, text_of(one), text_of(other))
    assert "internal error" not in one.err, one.err


@pytest.mark.parametrize("treatment", TREATED)
def test_the_treated_value_has_an_influence(treatment: str) -> None:
    """The test above compares what another treated value would change."""
    sides = (
        b'{"kwh":1,"start_date_time":"2026-01-01T00:00:00Z","cdr_token":{"contract_id":"A","uid":"AA"},"total_cost":1}',
        b'{"kwh":9,"start_date_time":"2026-02-01T00:00:00Z","cdr_token":{"contract_id":"B","uid":"BB"},"total_cost":null}',
    )
    case = Case(f"sessions only {treatment}", "2.2.1", {"sessions": [sides]})
    one, other = (run(case, page, side) for side in (0, 1))
    assert one.code == other.code == 0, one.err
    assert one.out != other.out


# ---------------------------------------------------------------- fields for aggregates only

NUMBERS = {1: [b"1", b"1.0", b"10e-1", b" 1"], 2: [b"2", b"2.00"], 7: [b"7", b"0.7e1"], 300: [b"300", b"3e2"]}
NO_NUMBERS = [b"null", b'"1"', b"true", b"[1]", b'{"a":1}', b"NaN", b'"\\ud800"']
DRIVERS = [
    [b'{"contract_id":"NL-MSP-C%d","uid":"U1"}', b'{"uid":"other","contract_id":" nlmspc%d"}'],
    [b'{"contract_id":null,"uid":"T%d"}', b'{"contract_id":"#NA","uid":"t%d "}', b'{"uid":"T%d"}'],
]
TOTALS = [
    "aggregate sum(.total_energy)",
    "aggregate {n: count, s: sum(.total_energy * 2), a: avg(.total_energy), d: stddev(.total_energy)} by .currency",
    "aggregate count_distinct(.total_energy) by {c: .cdr_location.city, cur: .currency}",
    "{e: .total_energy, c: .cdr_location.city} | aggregate sum(.e) by .c",
    'select(.currency == "EUR") | aggregate {s: sum(.total_energy)} by {c: .cdr_location.city} | sort by .s desc',
]
AGGREGATES_ONLY = "cdrs only total_energy as aggregate, currency, cdr_location.city | "


@st.composite
def sealed_cases(draw: st.DrawFn) -> Case:
    """Draw a query with totals, and pairs of CDRs with the same drivers and numbers, in other order in each group."""
    group = st.tuples(st.sampled_from(["EUR", "USD"]), st.sampled_from(["Utrecht", "Delft"]))
    number = st.sampled_from([*NUMBERS, None])
    drawn = draw(st.lists(st.tuples(group, st.integers(0, 9), number), min_size=1, max_size=16))
    sides = []
    for _ in (0, 1):
        names = draw(st.permutations(range(10)))
        numbers = {of: [one for other, _, one in drawn if other == of and one] for of, _, _ in drawn}
        left = {of: draw(st.permutations(found)) for of, found in numbers.items()}
        objects = []
        for (currency, city), driver, has_number in drawn:
            texts = NUMBERS[left[currency, city].pop()] if has_number else NO_NUMBERS
            members = [
                (b'"total_energy"', draw(st.sampled_from(texts))),
                (b'"cdr_token"', draw(st.sampled_from(DRIVERS[driver % 2])) % names[driver]),
                (b'"currency"', b'"%s"' % currency.encode()),
                (b'"cdr_location"', b'{"city":"%s","name":%s}' % (city.encode(), draw(values))),
                (b'"total_time"', draw(values)),
            ]
            objects.append(object_of(draw(st.permutations(members))))
        sides.append(objects)
    text = AGGREGATES_ONLY + draw(st.sampled_from(TOTALS))
    return Case(text, "2.2.1", {"cdrs": list(zip(*sides, strict=True))})


@settings(THOROUGH, max_examples=EXAMPLES // 3)
@given(sealed_cases(), st.sampled_from(list(FORMS)))
def test_sealed_values_have_an_influence_on_totals_only(case: Case, form: str) -> None:
    form = fitting_form(case, form)
    with TemporaryDirectory() as folder:
        policy = Path(folder, "k.toml")
        policy.write_text(
            'k = 5\n[cdrs]\npass = ["total_energy as aggregate", "currency", "cdr_location.city"]\n'
        )
        one, other = (run(case, FORMS[form], side, "--policy", str(policy)) for side in (0, 1))
    event(f"exit code {one.code}")
    event("a group" if b":" in one.out else "no group")
    assume_same_module(one, other)
    assert one == other, (case.text, form, text_of(one), text_of(other))
    assert "internal error" not in one.err, one.err


def test_sealed_values_have_an_influence() -> None:
    """The test above compares what another sum, or another number of drivers, would change."""
    cdr = b'{"total_energy":%d,"cdr_token":{"uid":"U%d"}}'
    outs = set()
    for change in (lambda n: (n, n), lambda n: (n + 1, n), lambda n: (n, n // 2)):
        objects = [cdr % change(number) for number in range(10)]
        case = Case("cdrs pass total_energy as aggregate | aggregate sum(.total_energy)", "2.2.1",
                    {"cdrs": [(one, one) for one in objects]})  # fmt: skip
        outs.add(run(case, page, 0).out)
    assert outs == {b"45\n", b"55\n", b'"#NA"\n'}


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_the_property_can_fail(form: Callable[[list[bytes]], dict[str, bytes]]) -> None:
    """A passed value has an influence: the test above compares what it would change."""
    case = Case("sessions pass kwh", "2.2.1", {"sessions": [(b'{"kwh":1}', b'{"kwh":2}')]})
    one, other = (run(case, form, side) for side in (0, 1))
    assert one.code == other.code == 0
    assert one.out != other.out


# ---------------------------------------------------------------- lengths

LINES = 430
ENDS = ("soon", "2026-01-15T00:00:00Z")
BLOCKS = (1, 290, 310, 3000)
"""Lengths of a private text with which the lines are some and many of whatever number of bytes is read at once."""


def session(number: int, length: int, **others: object) -> bytes:
    """Return a line with a session whose private text has some length."""
    found = {"id": f"S{number}", "kwh": 1, "meter_id": "x" * length, "last_updated": "2026-01-05T00:00:00Z"}
    return json.dumps({**found, **others}).encode()


def with_lines(length: int, changed: dict[int, bytes]) -> bytes:
    return b"\n".join(changed.get(number, session(number, length)) for number in range(LINES))


NOTICES: dict[str, tuple[str, Callable[[int], bytes], str]] = {
    "pages": ("sessions | aggregate count", lambda n: with_lines(n, {}), "430 objects, 9 pages"),
    "places": (
        "sessions | aggregate count",
        lambda n: with_lines(n, {7: b"tru", 421: b"[]"}),
        "2 items are not objects, left out (page 1 index 7, page 9 index 21)",
    ),
    "a place before an early stop": (
        "limit(3; sessions)",
        lambda n: with_lines(n, {49: b"tru", 50: b"tru"}),
        "1 item is not an object, left out (page 1 index 49)",
    ),
    "a place before an error": (
        'sessions | if .id == "S150" then error("x") else empty end',
        lambda n: with_lines(n, {199: b"tru", 200: b"tru"}),
        "1 item is not an object, left out (page 4 index 49)",
    ),
    "undated before an early stop": (
        "limit(3; sessions since 2026-01-01)",
        lambda n: with_lines(n, {k: session(k, n, last_updated=None) for k in (9, 49, 50, 300)}),
        "2 objects are kept whose last_updated cannot be read",
    ),
    "unended before an early stop": (
        "limit(1; sessions during 2026-01)",
        lambda n: with_lines(n, {k: session(k, n, end_date_time=ENDS[k % 2]) for k in range(48, 430)}),
        "1 object is left out whose end of charging cannot be read",
    ),
    "unknown fields": (
        "limit(3; sessions)",
        lambda n: with_lines(n, {k: session(k, n, **{f"x_{k}": 1}) for k in (0, 49, 50)}),
        "2 fields are not OCPI's, left out: x_0, x_49",
    ),
    "another version": (
        "sessions | aggregate count",
        lambda n: with_lines(n, {k: session(k, n, auth_id=1) for k in [99]}),
        "the objects have fields of OCPI 2.1.1, and are read as 2.2.1",
    ),
    "a cut end": (
        "sessions | .id",
        lambda n: with_lines(n, {})[:-9],
        "ends in the middle of an object",
    ),
    "an envelope that shows late": (
        "sessions",
        lambda n: b'{"timestamp":"%s","data":[{"id":"S1"}]}' % (b"x" * n * 100),
        "1 object, 1 page",
    ),
    "a long object alone": ("sessions", lambda n: session(1, n * 100), "1 object, 1 page"),
}


@pytest.mark.parametrize(("text", "content", "notice"), NOTICES.values(), ids=list(NOTICES))
def test_lengths_of_private_values_have_no_influence(
    text: str, content: Callable[[int], bytes], notice: str, tmp_path: Path
) -> None:
    sent = tmp_path / "sessions.ndjson"
    outcomes = []
    for number, length in enumerate(BLOCKS):
        sent.write_bytes(content(length))
        home = tmp_path / f"home{number}"
        home.mkdir()
        outcomes.append(command(home, ["--ocpi-version", "2.2.1", "--source", f"sessions={sent}", text]))
    assert notice in outcomes[0].err
    assert [other for other in outcomes if other != outcomes[0]] == []


# ---------------------------------------------------------------- files with typed columns

TYPED_PAIRS: list[Pair] = [
    (b'{"id":"S1","kwh":1,"status":"ACTIVE"}', b'{"id":"S1","kwh":"x","status":null}'),
    (
        b'{"id":"S2","kwh":99999999999999999999,"status":1}',
        b'{"id":"S2","kwh":null,"status":["Qz7private"]}',
    ),
]


@pytest.mark.parametrize("typed", FORMATS, ids=lambda typed: typed.name)
@pytest.mark.parametrize("query", ["sessions", "sessions | {id, kwh, s: .status}", "sessions only id"])
def test_fields_that_are_not_passed_change_nothing_in_a_typed_file(
    query: str, typed: TypedFormat, tmp_path: Path
) -> None:
    typed.need()
    tables = []
    for side in (0, 1):
        folder = tmp_path / str(side)
        (folder / "home").mkdir(parents=True)
        sent = folder / "sessions.ndjson"
        sent.write_bytes(b"\n".join(pair[side] for pair in TYPED_PAIRS))
        words = ["-q", "--source", f"sessions={sent}", "-o", str(folder / f"x{typed.ending}"), query]
        outcome = command(folder / "home", words)
        assert (outcome.code, outcome.err) == (0, "")
        assert b"Qz7private" not in (folder / f"x{typed.ending}").read_bytes()
        tables.append(typed.read(folder / f"x{typed.ending}"))
    assert tables[0] == tables[1]


# ---------------------------------------------------------------- a status log, which polls a platform

LOG_QUERY = log_query("locations", "2.2.1")
LOGGED = ["evses", "uid", "status", "id", "publish", "parking_type"]


@pytest.fixture(scope="module")
def logging_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, Path]]:
    """A platform whose locations a test sets, and the home of a user who logged in to it."""
    platform = Platform(modules=("locations",))
    home = tmp_path_factory.mktemp("logging") / "home"
    home.mkdir()
    with serving(platform):
        words = ["login", platform.versions_url, "--party", "NL-GOV", "--token", TOKEN, "--name", "mine"]
        assert command(home, words).code == 0
        yield platform, home


def logged(logging_home: tuple[Platform, Path], objects: list[bytes]) -> tuple[bytes, str, int, bytes]:
    """Return what a poll prints, and the log."""
    platform, home = logging_home
    stamp = b'{"data":%s,"status_code":1000,"timestamp":"2026-01-05T00:00:00Z"}'
    platform.special["locations"] = lambda request: Response(stamp % listed(objects))
    platform.requests.clear()
    with TemporaryDirectory() as folder:
        outcome = command(home, ["--status-log", f"{folder}/log", "locations"])
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file() and "lock" not in path.name)
        log = b"".join(path.read_bytes() for path in files)  # the lock has the time of the run
        return outcome.out, outcome.err.replace(folder, ""), outcome.code, log


@settings(THOROUGH, max_examples=EXAMPLES // 5)
@given(
    objects=st.lists(
        object_pairs(
            compile(LOG_QUERY).plan.sources[0].view, LOGGED, [(b'"id"', b'"L1"'), (b'"publish"', b"true")]
        ),
        min_size=1,
        max_size=3,
    )
)
def test_fields_that_are_not_logged_change_nothing_in_a_status_log(
    logging_home: tuple[Platform, Path], objects: list[Pair]
) -> None:
    one, other = (logged(logging_home, [pair[side] for pair in objects]) for side in (0, 1))
    event(f"exit code {one[2]}")
    assert one == other
    assert "internal error" not in one[1]


def test_statuses_that_are_not_public_change_nothing_in_a_status_log(
    logging_home: tuple[Platform, Path],
) -> None:
    place = b'{"id":"L1","publish":%s,"evses":[{"uid":"E1","status":"%s","last_updated":"2026-01-0%d"}]}'
    home = {
        logged(logging_home, [place % (b"false", *other)]) for other in ((b"AVAILABLE", 1), (b"CHARGING", 2))
    }
    assert len(home) == 1
    public = {
        logged(logging_home, [place % (b"true", *other)]) for other in ((b"AVAILABLE", 1), (b"CHARGING", 2))
    }
    assert len(public) == 2
