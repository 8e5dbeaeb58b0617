"""No message holds what a query does not pass, because it cannot be put into one.

The packages that see bytes or records make their messages of literals and of typed parts. Three things hold them to
it, each without the others: mypy, `say` and the errors themselves, and a guard that reads the source. Leaks that are
put into a copy of the source are found.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.decoder_guard import decoding_modules
from support.message_guard import NEAR, OpenPart, open_parts, problems

import ocpiq
from ocpiq.errors import (
    FieldName,
    IncompleteError,
    InputError,
    PlatformError,
    SourceError,
    UserText,
    WarningIssued,
    join,
    say,
)
from ocpiq.schema import ModuleName, VersionName

PACKAGE = Path(ocpiq.__file__).parent
LEAKY = "gate/envelope.py"  # a file that gets the leaks


def test_messages_near_the_data_are_made_of_typed_parts() -> None:
    assert problems(PACKAGE) == [], "CONTRIBUTING.md says under An error how to write a message near the data"


CHECKED_BY_A_PERSON = {
    OpenPart(
        "snapshots/folder.py", "check_content", "UserText"
    ): "the path of a snapshot, a name in it, the holder of its lock",
    OpenPart(
        "snapshots/folder.py", "opened", "UserText"
    ): "the path of a snapshot, a name in it, the holder of its lock",
    OpenPart(
        "snapshots/folder.py", "secret_of", "UserText"
    ): "the path of a snapshot, a name in it, the holder of its lock",
    OpenPart("snapshots/folder.py", "writing", "Reason"): "why the system cannot read or write a folder",
    OpenPart(
        "snapshots/folder.py", "writing", "UserText"
    ): "the path of a snapshot, a name in it, the holder of its lock",
    OpenPart("snapshots/manifest.py", "load", "Reason"): "why the system cannot read or write a folder",
    OpenPart("snapshots/manifest.py", "load", "UserText"): "the path of a snapshot",
    OpenPart("snapshots/page_files.py", "damaged", "UserText"): "the path of a page file",
    OpenPart("snapshots/stored_view.py", "_missing", "UserText"): "a path and a treatment of the query",
    OpenPart("snapshots/stored_view.py", "_name", "UserText"): "a path of the query's view",
    OpenPart("snapshots/stored_view.py", "_node", "UserText"): "a path of the query's view",
    OpenPart("snapshots/stored_view.py", "_treated", "UserText"): "a path and a treatment of the query",
    OpenPart(
        "sources/snapshot_source.py", "_check_ends", "UserText"
    ): "the path of a snapshot, its query, bounds of windows",
    OpenPart(
        "sources/snapshot_source.py", "_lacks", "UserText"
    ): "the path of a snapshot, its query, bounds of windows",
    OpenPart(
        "sources/snapshot_source.py", "_mark", "UserText"
    ): "the path of a snapshot, its query, bounds of windows",
    OpenPart("sources/snapshot_source.py", "_narrowed", "FieldName"): "a path of the query's view",
    OpenPart(
        "sources/snapshot_source.py", "_opened", "UserText"
    ): "the path of a snapshot, its query, bounds of windows",
    OpenPart(
        "sources/snapshot_source.py", "_ended", "FieldName"
    ): "the field that a snapshot was narrowed by",
    OpenPart("sources/snapshot_source.py", "_check_unchanged", "UserText"): "the path of a snapshot",
    OpenPart(
        "sources/snapshot_source.py", "_refused", "UserText"
    ): "the path of a snapshot, its query, bounds of windows",
    OpenPart("approval/result_files.py", "rows_of_file", "Reason"): "why the system cannot read a file",
    OpenPart("approval/result_files.py", "_damaged", "UserText"): "the path of a file",
    OpenPart("approval/result_files.py", "rows_of_file", "UserText"): "the path of a file, and endings",
    OpenPart("approval/risk.py", "_available", "UserText"): "names of columns in a file of the user",
    OpenPart("gate/envelope.py", "__init__", "FieldName"): "plain names of lists in a response",
    OpenPart("sinks/explode.py", "close", "UserText"): "the field of --explode",
    OpenPart("query/query_plans.py", "_known_version", "UserText"): "an argument of compile",
    OpenPart("privacy/view.py", "other_form", "FieldName"): "the path of a field in the schema",
    OpenPart("inputs/files.py", "_all_values", "UserText"): "the path of a file",
    OpenPart("inputs/files.py", "_blocks", "Reason"): "why the system cannot read a file",
    OpenPart("inputs/files.py", "_check", "UserText"): "the path of a file",
    OpenPart("inputs/files.py", "_check_encoding", "Reason"): "why the system cannot read a file",
    OpenPart("inputs/files.py", "_check_encoding", "UserText"): "the path of a file, and a command for it",
    OpenPart("inputs/files.py", "_open", "Reason"): "why the system cannot open a file",
    OpenPart("inputs/files.py", "_open", "UserText"): "the path of a file",
    OpenPart("inputs/files.py", "_warn_of_latin1", "UserText"): "the path of a file, and a command for it",
    OpenPart("ocpi/endpoints.py", "module_urls", "Quotation"): "the modules of a login, without the token",
    OpenPart("ocpi/endpoints.py", "module_urls", "UserText"): "the name of a login",
    OpenPart("ocpi/http/failures.py", "named", "Quotation"): "the plain name of a member, without the token",
    OpenPart("ocpi/http/failures.py", "of_tls", "Reason"): "OpenSSL's verdict, without the token",
    OpenPart("ocpi/http/transport.py", "ssl_context", "Reason"): "why the system cannot open a certificate",
    OpenPart("ocpi/http/transport.py", "ssl_context", "UserText"): "the path of a certificate",
    OpenPart("ocpi/handshake.py", "once", "Quotation"): "an empty text",
    OpenPart("ocpi/responses.py", "safe_message", "Quotation"): "truncated, on one line, without the token",
    OpenPart("ocpi/routing.py", "for_party", "UserText"): "the name of a login",
    OpenPart("ocpi/versions.py", "no_common_version", "Quotation"): "truncated, escaped, without the token",
    OpenPart("ocpi/versions.py", "no_common_version", "UserText"): "the version that the user asked for",
    OpenPart("privacy/view.py", "field_hint", "FieldName"): "a field of the schema",
    OpenPart("privacy/view.py", "other_version", "FieldName"): "a field of the schema",
    OpenPart("privacy/view.py", "path_text", "UserText"): "a path of the query",
    OpenPart("privacy/treatments.py", "_amount", "FieldName"): "the name of a treatment",
    OpenPart("privacy/treatments.py", "_words", "FieldName"): "names of treatments",
    OpenPart("privacy/treatments.py", "full_path_text", "UserText"): "a path of the query",
    OpenPart("privacy/treatments.py", "unknown_treatment", "FieldName"): "the name of a treatment",
    OpenPart("privacy/treatments.py", "unknown_treatment", "UserText"): "a word of the query",
    OpenPart("query/imports.py", "_check_path", "UserText"): "an import of the query",
    OpenPart("query/imports.py", "_hint", "UserText"): "folders that are searched",
    OpenPart("query/imports.py", "_imported_module", "UserText"): "a syntax error of an imported module",
    OpenPart("query/imports.py", "_read_text", "UserText"): "the path of a module, and a command for it",
    OpenPart("query/imports.py", "data", "UserText"): "an import of the query, and its file",
    OpenPart("query/imports.py", "definitions", "UserText"): "an import of the query",
    OpenPart(
        "query/run_windows.py", "_moment", "UserText"
    ): "a variable's name, or a relative date of the user",
    OpenPart("query/run_windows.py", "_period", "UserText"): "a variable's name",
    OpenPart("query/part_format.py", "_decoded", "UserText"): "the version of ocpiq",
    OpenPart(
        "query/received_parts.py", "end", "UserText"
    ): "why the source of a part was incomplete, a message of its own",
    OpenPart("query/query_plans.py", "version_of", "UserText"): "versions of sources",
    OpenPart("query/query.py", "warn_of_totals", "UserText"): "a warning about the text of the query",
    OpenPart("runners/dask.py", "_refused", "UserText"): "the version of ocpiq",
    OpenPart("runners/dask.py", "_result", "UserText"): "the class of an error",
    OpenPart("runners/dask.py", "check_versions", "UserText"): "the version of ocpiq on a worker",
    OpenPart("runners/dask.py", "connected", "UserText"): "the address of a cluster",
    OpenPart("reports/files.py", "_csv", "UserText"): "the path of a file, and names of separators",
    OpenPart("reports/files.py", "_json", "UserText"): "the path of a file",
    OpenPart("reports/files.py", "read", "Reason"): "why the system cannot read a file",
    OpenPart("reports/files.py", "read", "UserText"): "the path of a file",
    OpenPart("reports/pack.py", "_meant", "choices"): "names of reports",
    OpenPart("reports/pack.py", "find", "safe_word"): "the report that the user named",
    OpenPart("reports/rules.py", "_json_type", "UserText"): "a type of the rules",
    OpenPart("reports/rules.py", "_limits", "UserText"): "choices and forms of the rules",
    OpenPart("reports/rules.py", "check", "UserText"): "columns of the rules",
    OpenPart("reports/rules.py", "test", "UserText"): "a column of the rules",
    OpenPart("reports/validators/__init__.py", "validator", "choices"): "names of recipients",
    OpenPart("reports/validators/__init__.py", "validator", "safe_word"): "a word of --as",
    OpenPart("sinks/csv.py", "dialect_of", "safe_word"): "a word of --csv",
    OpenPart("sinks/column_types.py", "typed_columns", "did_you_mean"): "names of columns, for --type",
    OpenPart("sinks/explode.py", "exploded_columns", "UserText"): "a name in --explode",
    OpenPart("sinks/explode.py", "exploded_columns", "did_you_mean"): "names of columns, for --explode",
    OpenPart("sinks/csv.py", "dialect_of", "choices"): "words of --csv",
    OpenPart("sinks/file.py", "__enter__", "Reason"): "why the system cannot write a file",
    OpenPart("sinks/file.py", "__enter__", "UserText"): "the path of a file",
    OpenPart("sinks/file.py", "_error", "Reason"): "why the system cannot write a file",
    OpenPart("sinks/file.py", "_error", "UserText"): "the path of a file",
    OpenPart("sinks/registry.py", "_check_installed", "UserText"): "a format and its packages",
    OpenPart("sinks/registry.py", "by_ending", "UserText"): "the ending of a file's name",
    OpenPart("sinks/registry.py", "by_name", "UserText"): "a word of --to",
    OpenPart("sinks/registry.py", "by_name", "choices"): "names of formats",
    OpenPart("sinks/registry.py", "open_sink", "UserText"): "a format",
    OpenPart("sinks/registry.py", "by_name", "safe_word"): "a word of --to",
    OpenPart("sources/__init__.py", "check", "UserText"): "the version and the modules that the user named",
    OpenPart("sources/file_ranges.py", "pages_of_range", "Reason"): "why the system cannot read a file",
    OpenPart("sources/file_source.py", "check_encoding", "UserText"): "a command for the file of the user",
    OpenPart("sources/file_source.py", "open_file", "Reason"): "why the system cannot read a file",
    OpenPart("sources/cloud.py", "cloud_path", "UserText"): "the address of a file",
    OpenPart("sources/cloud.py", "failure", "Reason"): "the class of an error of a library",
    OpenPart("sources/cloud.py", "failure", "UserText"): "the address of a file",
    OpenPart("sources/cloud.py", "files", "UserText"): "the address of a folder",
    OpenPart("sources/cloud.py", "refused", "UserText"): "the address of a file",
    OpenPart("sources/places.py", "path_label", "UserText"): "the path of a file",
    OpenPart("sources/monitor.py", "sum_up", "FieldName"): "plain names of fields that OCPI does not have",
    OpenPart(
        "sources/monitor.py", "warn_of_missing", "FieldName"
    ): "plain names that the query reads, or like them",
    OpenPart("sources/several_platforms.py", "of_platform", "UserText"): "the name of a login",
    OpenPart("sources/status_log_source.py", "_files", "UserText"): "the path of a status log",
    OpenPart("sources/status_log_source.py", "_objects", "UserText"): "the path of a status log",
    OpenPart("sources/platform_source.py", "shown", "Quotation"): "a plain name, without the token",
    OpenPart("values/blank.py", "refuse", "UserText"): "a path of the schema or of the query",
    OpenPart("values/times.py", "zone_hint", "did_you_mean"): "names of time zones",
}
"""Where a part is made that accepts any text. A person looks at a new one and then lists it here."""


def test_parts_that_accept_any_text_are_made_where_a_person_looked() -> None:
    assert open_parts(PACKAGE) == set(CHECKED_BY_A_PERSON)


@pytest.mark.parametrize("near", ["gate", "values/json"])
def test_decoders_errors_are_not_repeated(near: str) -> None:
    """`raise … from error` would keep what a decoder stumbled over."""
    for path in sorted((PACKAGE / near).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise):
                assert not isinstance(node.cause, ast.Name), f"{path.name}:{node.lineno}"


OTHER_DECODERS = {
    "analysis/calls.py": "rebuilds nodes of the plan",
    "analysis/metadata.py": "literals of the query",
    "app/explain.py": "writes JSON",
    "app/light_imports.py": "loads them for the others",
    "app/saved.py": "writes JSON",
    "app/schema.py": "writes JSON",
    "app/variables.py": "values of --argjson and --slurpfile",
    "cli/audit.py": "writes entries of the audit trail",
    "cli/get.py": "writes JSON",
    "cli/verify.py": "a manifest, which has no values",
    "delivery/database.py": "the record of a state, which has no values",
    "delivery/increment.py": "writes rows as JSON, to hash them",
    "delivery/state_file.py": "the record of a state, which has no values",
    "delivery/part_lines.py": "results of a period that is not over, which the query shows",
    "demo/answers.py": "writes made-up data",
    "language/grammar.py": "the tables of the parser",
    "prompt/parameters.py": "writes types of parameters",
    "prompt/results.py": "results that were shown",
    "prompt/suggest_examples.py": "writes the defaults of parameters into queries",
    "storage/audit_trail.py": "the audit trail",
    "storage/syslog.py": "writes the entries of the audit trail, and reads nothing",
    "storage/config.py": "the config file",
    "storage/history.py": "the history of the prompt",
    "storage/logins.py": "logins",
    "storage/ocpi_tool.py": "a session of ocpi-tool",
    "storage/policies.py": "policies",
    "storage/recipients.py": "recipients and their keys",
    "storage/status_log.py": "the status log, which has what the gate let through",
}
"""The modules outside the guarded packages that can decode, and what they decode, or write, instead of data."""


def test_no_other_module_can_decode() -> None:
    """A new module that imports a decoder is in a guarded package, or a person looks at it and lists it here."""
    guarded = tuple(f"{near}/" for near in NEAR)
    assert {name for name in decoding_modules(PACKAGE) if not name.startswith(guarded)} == set(OTHER_DECODERS)


@pytest.mark.parametrize("near", NEAR)
def test_every_guarded_package_exists(near: str) -> None:
    """A package that was moved or renamed is not forgotten."""
    assert list((PACKAGE / near).rglob("*.py"))


@pytest.mark.parametrize("near", ["approval", "gate", "inputs", "ocpi", "query", "sources", "values/json"])
def test_a_package_that_reads_bytes_is_guarded(near: str) -> None:
    assert near.startswith(NEAR)
    assert any(name.startswith(f"{near}/") for name in decoding_modules(PACKAGE))


@pytest.mark.parametrize(
    "line",
    [
        "import json",
        "import orjson",
        "from msgspec.json import decode",
        "import msgspec",
        "from msgspec import convert",
        "from ocpiq.values.json import fragments",
        "from ocpiq.values.json.codec import decode",
        "def read():\n    import pickle",
    ],
)
def test_a_new_decoder_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "prompt").mkdir()
    (tmp_path / "prompt" / "new.py").write_text(f"{line}\n")
    assert decoding_modules(tmp_path) == {"prompt/new.py"}


def test_the_gate_is_entered_by_its_front_door() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.is_relative_to(PACKAGE / "gate"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            assert not module.startswith("ocpiq.gate.") or module == "ocpiq.gate.bounds", path
            names = node.names if isinstance(node, ast.Import) else []
            assert not any(name.name.startswith("ocpiq.gate.") for name in names), path


LEAKS = {
    "a variable called text": 'raise PlatformError(f"the answer is not JSON: {text}")',
    "a variable called message": 'message = f"odd: {text}"\n    raise PlatformError(message)',
    "a part that is a text": 'raise PlatformError(say("odd: {text}", text=text))',
    "a part that is bytes": 'raise PlatformError(say("odd: {body}", body=body))',
    "a part that was decoded": 'word = body.decode()\n    raise PlatformError(say("odd: {word}", word=word))',
    "a part that was printed": 'raise PlatformError(say("odd: {odd}", odd=repr(body)))',
    "a part that is a slice": 'raise PlatformError(say("odd: {odd}", odd=text[:9]))',
    "a part that is a text or nothing": 'raise PlatformError(say("odd: {odd}", odd=text or EMPTY))',
    "one of two assignments": 'odd = text\n    odd = EMPTY\n    raise PlatformError(say("odd: {odd}", odd=odd))',
    "two assigned at once": 'odd, other = text, EMPTY\n    raise PlatformError(say("odd: {odd}", odd=odd))',
    "a template that is not a literal": 'raise PlatformError(say(f"odd: {text}"))',
    "a template in a variable": 'template = "odd: " + text\n    raise PlatformError(say(template))',
    "a separator that is not a literal": "raise PlatformError(join([EMPTY, EMPTY], text))",
    "parts in a dict": 'raise PlatformError(say("odd: {text}", **{"text": text}))',
    "a hint": 'raise PlatformError(say("odd"), hint=text)',
    "an error that accepts any text": 'raise UsageError(f"odd: {text}")',
    "an error that accepts any value": "raise RunError(text)",
    "an error with a value": "raise InputError(EMPTY, message=text)",
    "standard error of another module": "write_error(text)",
    "a warning": "notify(WarningIssued(text))",
    "a changed message": "error.message = text",
    "an extended hint": "error.hint += text",
    "a note": "error.add_note(text)",
    "a text declared to be a message": 'raise PlatformError(cast("Message", text))',
    "an error of mypy that is hidden": "raise PlatformError(found)  # type: ignore[arg-type]",
    "print": "print(text)",
    "standard error": "sys.stderr.write(text)",
    "logging": "import logging\n    logging.info(text)",
    "warnings": "from warnings import warn\n    warn(text)",
    "a derived error": "class OddError(PlatformError): ...\n    raise OddError(text)",
    "a derived error that makes its message": (
        "class OddError(PlatformError):\n"
        "        def __init__(self, text: str) -> None:\n"
        '            super().__init__(f"odd: {text}")'
    ),
}
"""Lines of a function that has the bytes of a page, and each of them in a message."""


def leaky_copy(folder: Path, leak: str, *files: str) -> Path:
    """Return a copy of the guarded packages with a leak at the end of some files."""
    for near in NEAR:
        shutil.copytree(PACKAGE / near, folder / near)
    for file in files:
        with (folder / file).open("a", encoding="utf-8") as end:
            end.write(function(leak))
    return folder


def function(leak: str, number: int = 0) -> str:
    """Return a function with a leak."""
    return f"\n\ndef leak_{number}(body: bytes, text: str, error: Any, notify: Any) -> None:\n    {leak}\n"


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The leaks that are found in a copy that has them all."""
    copy = leaky_copy(tmp_path_factory.mktemp("copy"), "pass", LEAKY)
    file, ends = copy / LEAKY, dict[int, str]()
    for number, (name, leak) in enumerate(LEAKS.items(), 1):
        file.write_text(file.read_text("utf-8") + function(leak, number), "utf-8")
        ends[file.read_text("utf-8").count("\n")] = name
    lines = [int(problem.split(":")[1]) for problem in problems(copy)]
    return {next(name for end, name in ends.items() if line <= end) for line in lines}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_found(leak: str, leaking: set[str]) -> None:
    assert leak in leaking


def test_a_leak_is_found_in_every_file(tmp_path: Path) -> None:
    files = [path.relative_to(PACKAGE).as_posix() for near in NEAR for path in (PACKAGE / near).rglob("*.py")]
    found = problems(leaky_copy(tmp_path, LEAKS["a variable called text"], *files))
    assert {problem.partition(":")[0] for problem in found} == set(files)


@pytest.mark.parametrize(
    "part", ["UserText", "Quotation", "Reason", "Message", "FieldName", "choices", "safe_word"]
)
def test_a_new_place_that_accepts_any_text_is_found(part: str, tmp_path: Path) -> None:
    for number, made in enumerate((f"{part}(text)", f"join(map({part}, [text]))")):
        copy = leaky_copy(tmp_path / str(number), f"raise PlatformError({made})", LEAKY)
        assert open_parts(copy) - open_parts(PACKAGE) == {OpenPart(LEAKY, "leak_0", part)}


def test_mypy_finds_what_only_types_tell(tmp_path: Path) -> None:
    lines = [
        "from ocpiq.errors import IncompleteError, InputError, PlatformError, SourceError, WarningIssued, join, say",
        "class Page:",
        "    body: str = ''",
        "page = Page()",
        "say('{a}', a=page.body)",
        "PlatformError(page.body)",
        "IncompleteError(say('x'), hint=page.body)",
        "SourceError(page.body)",
        "WarningIssued(page.body)",
        "InputError(page.body)",
        "join([page.body])",
        "for text in [page.body]: say('{a}', a=text)",
    ]
    file = tmp_path / "leaks.py"
    file.write_text("\n".join(lines))
    words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(file)]
    run = subprocess.run(words, capture_output=True, text=True, cwd=PACKAGE.parent, check=False)
    numbers = {line.split(":")[1] for line in run.stdout.splitlines() if ": error: " in line}
    assert numbers == {str(number) for number in range(5, len(lines) + 1)}, run.stdout


@pytest.mark.parametrize("error", [PlatformError, IncompleteError, SourceError])
def test_an_error_accepts_no_other_text(error: type[PlatformError]) -> None:
    """Also in code that mypy never saw."""
    with pytest.raises(TypeError, match="made by say"):
        WarningIssued("private")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="made by say"):
        InputError("private")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="made by say"):
        error("private")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="made by say"):
        error(say("fine"), hint="private")  # type: ignore[arg-type]


def test_a_message_accepts_no_other_part() -> None:
    for part in ("private", b"private", None, ["private"], object()):
        with pytest.raises(TypeError, match=r"^odd is not a part of a message$"):
            say("{odd}", odd=part)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^not a part of a message$"):
            join([say("fine"), part])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("part", "valid", "invalid"),
    [
        pytest.param(ModuleName, "cdrs", "Jane", id="a module"),
        pytest.param(VersionName, "2.2.1", "+316", id="a version"),
        pytest.param(FieldName, "x_depot.name", "Jane Doe", id="a field"),
    ],
)
def test_a_part_checks_its_text(part: type[ModuleName], valid: str, invalid: str) -> None:
    assert part(valid) == valid
    with pytest.raises(ValueError, match=r"^not a ") as caught:
        part(invalid)
    assert invalid not in str(caught.value)


def test_a_text_of_the_user_is_printable() -> None:
    assert UserText("a\x1b[2J/b") == r"a\x1b[2J/b"
