"""Every example of help and documents, which man page and site have too, runs against the demo platform.

In a sentence, a command may have words in capitals: `STANDS_FOR` has what stands for them. Console blocks are run by
test_documented_commands.py, those of `examples/` by test_report_pages.py;
units and crontab by tests/delivery/test_follow.py.
Each group runs in order, in a copy of a home with a login and the files it names.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from support.cli import Outcome, command
from support.following import FakeClock, use_clock

from ocpiq.app.commands import COMMANDS
from ocpiq.app.help import EXAMPLES
from ocpiq.demo import TOKEN
from ocpiq.query.start import Start

ROOT = Path(__file__).parents[2]
FOLDERS = (".docs", "examples", "grammar", "ocpiq")
DOCUMENTS = [
    *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.md"))),
    ROOT / "README.md",
    ROOT / "PRIVACY.md",
]
CONTAINERFILE = ROOT / "examples" / "container" / "Containerfile"

EXCLUDED = {
    "ocpiq demo": "runs until it is stopped: the fixture runs it",
    "ocpiq demo --port 8642": "the same; the fixture takes a free port",
    "ocpiq -q --begin 2026-01-01 -o 'postgres://db.example/city#sessions' -f city.ocpiq": (
        "needs a database: tests/delivery/test_postgres.py runs it, marked heavy"
    ),
    "podman build -t ocpiq -f examples/container/Containerfile .": (
        "needs podman and an image: test_release.py runs ocpiq in a sandbox with the same limits"
    ),
}
EXIT_CODES = {
    "check": {0, 5},
    "policy check": {0, 7},
    "explain --diff": {0, 1},
}  # 0, or what the command found
BEFORE = {"ocpiq recipient --help": "ocpiq recipient remove utrecht"}
PROGRAMS = {  # what stands for a program after `|`, by the start of what it must be given
    "your-program": b"",  # nothing changes on the demo platform
    "man -l -": b".TH",
}
HERE = {"/var/lib/ocpiq": "statuses-log", "XX-YYY": "NL-ABC", "https://ocpi.example.com/2.2.1": "URL/2.2.1"}


class Example(NamedTuple):
    """A command as a reader sees it, and the group that it runs in."""

    group: str
    line: str


def help_examples() -> Iterator[Example]:
    """Yield the examples of `--help`, which the man page and the page of all commands have as well."""
    for line in EXAMPLES.splitlines():
        yield Example("ocpiq --help", line.strip())
    for entry in COMMANDS:
        yield from (Example(f"ocpiq {entry.name} --help", f"ocpiq {words}") for words in entry.examples)


def page_examples() -> Iterator[Example]:
    """Yield the indented commands of the documents, and those in the head of the Containerfile."""
    for path in DOCUMENTS:
        text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for found in re.findall(r"^    ((?:[A-Z_]+=\S+ )*ocpiq (?:[^\n\\]|\\\n|\\.)*)", text, re.MULTILINE):
            yield Example(path.relative_to(ROOT).as_posix(), found.replace("\\\n", " "))
    for found in re.findall(r"^#     (podman .*)$", CONTAINERFILE.read_text("utf-8"), re.MULTILINE):
        yield Example("Containerfile", found)


ALL = [*help_examples(), *page_examples()]
GROUPS = list(dict.fromkeys(example.group for example in ALL))


def inline_commands() -> Iterator[str]:
    """Yield each command in the sentences and tables of the documents, and each query of the privacy page."""
    found = list[str]()
    for path in DOCUMENTS:
        text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        found += re.findall(r"`((?:[A-Z_]+=\S+ )*ocpiq [^`]*)`", text)
    queries = re.findall(
        r"^    (sessions\b.*?)(?:  .*)?$", (ROOT / "PRIVACY.md").read_text("utf-8"), re.MULTILINE
    )
    found += [f"ocpiq -q {shlex.quote(query)}" for query in queries]
    indented = {example.line for example in ALL}
    lines = (" ".join(line.replace(r"\|", "|").split()) for line in found)
    yield from dict.fromkeys(line for line in lines if line not in indented)


STANDS_FOR: dict[str, dict[str, str]] = {  # by the beginning of a command; the first that has the word
    "ocpiq explain --diff": {"OLD": "approved.ocpiq", "NEW": "changed.ocpiq"},
    "ocpiq explain 'QUERY'": {"QUERY": "sessions pass kwh"},
    "ocpiq explain --snapshot": {"DIR": "pulled", "QUERY": "'sessions only id'"},
    "ocpiq --snapshot": {"DIR": "pulled", "QUERY": "'sessions only id'"},
    "ocpiq pull --": {"DIR": "pulled"},
    "ocpiq pull": {"QUERY": "'sessions only id'", "DIR": "new"},
    "ocpiq policy set": {"NAME": "utrecht", "FILE": "utrecht.toml"},
    "ocpiq policy check": {"NAME": "utrecht", "FOLDER": "approved.ocpiq"},
    "ocpiq policy": {"NAME": "utrecht"},
    "ocpiq recipient add": {"NAME": "breda"},
    "ocpiq recipient": {"NAME": "utrecht"},
    "ocpiq audit": {"FILE": "cdrs.csv"},
    "ocpiq verify": {"NAME": "cdrs.csv"},
    "ocpiq risk": {"FILE": "cdrs.csv"},
    "ocpiq logout": {"NAME": "depot"},
    "ocpiq login --import": {"FILE": ".ocpi"},
    "ocpiq help": {"NAME": "join"},
    "ocpiq reports": {"NAME": "uptime"},
    "ocpiq report NAME --help": {"NAME": "uptime"},
    "ocpiq report": {"NAME": "city_month", "STATE": "cities", "FOLDER": "out"},
    "ocpiq check": {"FILE": "sessions.csv", "NAME": "ev-chart-2"},
    "ocpiq state forget NAME 2026-Q1": {"NAME": "quarterly"},
    "ocpiq state forget": {"NAME": "monthly"},
    "ocpiq state": {"NAME": "daily", "TIME": "2026-02-01T00:00:00Z"},
    "ocpiq get": {"MODULE": "tariffs"},
    "ocpiq --jobs": {
        "FOLDER": "cdrs.json",
        "QUERY": "'cdrs only id | .id'",
    },
    "ocpiq --follow": {"NAME": "followed", "QUERY": "'sessions only country_code, party_id, id'"},
    "ocpiq": {"QUERY": "'sessions | limit 1'"},
}
NOT_WHOLE = {  # inline commands that cannot be run as they stand
    "ocpiq --demo": "opens the prompt: tests/prompt/ runs it in a terminal",
    "ocpiq --snapshot DIR": "opens the prompt: tests/prompt/ runs it in a terminal",
    "ocpiq explain --to markdown": "without a query; the indented examples have it with one",
    "ocpiq -f mine.ocpiq": "the command before it makes the file",
    "ocpiq state accept 'sqlite:city.sqlite#sessions'": "needs the table of the examples before it: tests/delivery/",
    "ocpiq -o FILE": "without a query; `:output` of the prompt is compared with it",
    "ocpiq login --keyring": "needs a keyring: tests/cli/test_keyring.py runs it",
    "ocpiq --cluster tcp://HOST:8786 --source cdrs=FOLDER QUERY": "needs a cluster: tests/cli/test_cluster.py runs it",
}
BARE = {entry.name for entry in COMMANDS}


def filled(line: str) -> str:
    """Return an inline command as one that runs; a command without its arguments is one that has help."""
    words = line.split(" ")[1:]
    if words[0] in BARE and all(re.fullmatch("[a-z]+", word) for word in words) and words[0] != "help":
        return f"ocpiq {words[0]} --help"
    values: dict[str, str] = {}
    for start, found in STANDS_FOR.items():
        if line.startswith(start):
            values = found | values
    return re.sub(r"(?<![\w-])[A-Z]{2,}(?![\w:-])", lambda match: values.get(match[0], match[0]), line)


INLINE = [line for line in inline_commands() if "…" not in line and line not in NOT_WHOLE]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of one demo platform for all examples."""
    port = free_port()
    words = [sys.executable, "-m", "ocpiq", "demo", "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        assert str(port) in server.stdout.readline()
        yield f"http://127.0.0.1:{port}/ocpi/versions"
        server.terminate()


def session_file(url: str) -> str:
    """Return a session as ocpi-tool writes it."""
    base = url.removesuffix("versions") + "2.2.1"
    endpoints = [
        {"identifier": name, "role": "SENDER", "url": f"{base}/{name}"} for name in ("sessions", "cdrs")
    ]
    session = {"version": "2.2.1", "endpoints": endpoints, "token": TOKEN, "partyId": "NLABC"}
    return json.dumps({"session": session})


SAVED = 'module {params: {month: {default: "2026-01"}}};\ncdrs only id, total_energy, last_updated during $month\n'
FILES = {
    "city.ocpiq": "sessions only country_code, party_id, id, kwh, last_updated\n",
    "report.ocpiq": SAVED,
    "monthly.ocpiq": SAVED,
    "yearly.ocpiq": SAVED,
    "reports/monthly.ocpiq": SAVED,
    "approved.ocpiq": "cdrs only id\n",
    "changed.ocpiq": "cdrs only id, total_energy\n",
    "prices.json": '[{"price": 12}, {"price": 3}]',
    "excluded.csv": "evse_uid,from,until\nEVSE00001,2026-08-27T16:00:00Z,2026-08-27T17:00:00Z\n",
    "irve.csv": "id_pdc_itinerance\n",
    "examples/uptime.ocpiq": "",
}
NAMED = (  # what makes the other things that the examples name
    "login URL --party NL-ABC --name depot",
    "login URL --party NL-ABC --name demo",
    "recipient add utrecht",
    "-q get cdrs --date-from 2026-01-01 --date-to 2026-02-01 -o cdrs.json",
    "-q --recipient utrecht --manifest -o cdrs.csv 'cdrs only id, cdr_location.city during 2026-01'",
    "-q -o cdrs.parquet 'cdrs only id, start_date_time, cdr_location.city during 2026-01 "
    "| {city: .cdr_location.city, hour: .start_date_time[11:13]}'",
    "explain --to policy -f report.ocpiq > utrecht.toml",
    "policy set utrecht utrecht.toml",
    "report -q nevi_sessions --period 2026-Q1 --arg network_provider acme -o sessions.csv",
    "-q get locations -o saved/locations.json",
    "-q --state daily --begin 2026-01-01 -o 'daily_{from}_{to}.csv' 'cdrs only country_code, party_id, id'",
    "-q --state monthly -o 'monthly_{from}_{to}.csv' 'cdrs only id, total_energy during 2026-01'",
    "-q --status-log statuses-log/statuses locations",
    "-q --state quarterly -o 'quarterly_{from}_{to}.csv' 'cdrs only id, total_energy during 2026-Q1'",
    "pull -q 'sessions only country_code, party_id, id' --into pulled",
)


def at_this_moment(patch: pytest.MonkeyPatch) -> None:
    """Let runs begin in April 2026, as the demo data have it, and end what has no end after five minutes."""
    moment = int(datetime(2026, 4, 15, tzinfo=UTC).timestamp() * 1_000_000)
    patch.setattr("ocpiq.query.start.begin", lambda: Start(moment))
    use_clock(patch, FakeClock(300))


@pytest.fixture(scope="module")
def prepared(url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a login, and with all that the examples name."""
    folder = tmp_path_factory.mktemp("prepared") / "home"
    for name in ("out", "saved", "statuses-log", ".zfunc", ".config/fish/completions"):
        (folder / name).mkdir(parents=True)
    (folder / ".local/share/bash-completion/completions").mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    for path in (ROOT / "examples").iterdir():
        if path.is_file():
            shutil.copy(path, folder / "examples")
    (folder / ".ocpi").write_text(session_file(url), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        at_this_moment(patch)
        for line in NAMED:
            found = run(folder, f"ocpiq {line}", url)
            assert found.code == 0, (line, found.err)
    return folder


def words_of(line: str, url: str) -> list[str]:
    """Return the words of a command with the demo platform for the one that it names."""
    for text, other in HERE.items():
        line = line.replace(text, other)
    line = re.sub(r"https://ocpi\.example\.com/ocpi/versions|\bURL\b(?!/)", url, line)
    line = line.replace("URL/2.2.1", url.replace("versions", "2.2.1"))
    splitter = shlex.shlex(line, posix=True, punctuation_chars="|>")
    splitter.whitespace_split, splitter.commenters = True, ""
    return list(splitter)


def run(home: Path, line: str, url: str) -> Outcome:
    """Run a command, and give what it prints to the file or the program that the line names."""
    words = words_of(line, url)
    if words[0] == "podman":  # the arguments of the container are those of ocpiq
        words = words[words.index("ocpiq") :]
    number = next((number for number, word in enumerate(words) if word in ("|", ">")), len(words))
    own = [word.replace("~", str(home), 1) if word.startswith("~/") else word for word in words[1:number]]
    token = {"OCPIQ_TOKEN": TOKEN} if own[0] == "login" else {}
    found = command(home, own, **token)
    rest = words[number + 1 :]
    if words[number : number + 1] == [">"]:
        Path(rest[0].replace("~", str(home), 1)).write_bytes(found.out)
    elif rest:
        assert found.out.startswith(PROGRAMS[" ".join(rest)]), line
    return found


def allowed(line: str) -> set[int]:
    """Return the exit codes of a command that did what it is for."""
    return next((codes for name, codes in EXIT_CODES.items() if line.startswith(f"ocpiq {name} ")), {0})


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_the_examples_run(
    group: str, prepared: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(prepared, home)
    monkeypatch.chdir(home)
    at_this_moment(monkeypatch)
    if group in BEFORE:
        run(home, BEFORE[group], url)
    for line in (example.line for example in ALL if example.group == group and example.line not in EXCLUDED):
        found = run(home, line, url)
        assert found.code in allowed(line), (line, found.err)


@pytest.mark.slow
@pytest.mark.parametrize("line", INLINE)
def test_a_command_in_a_sentence_runs(
    line: str, prepared: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(prepared, home)
    monkeypatch.chdir(home)
    at_this_moment(monkeypatch)
    found = run(home, filled(line), url)
    assert found.code in allowed(filled(line)), (filled(line), found.err)


def test_what_is_excluded_is_an_example() -> None:
    assert EXCLUDED.keys() <= {example.line for example in ALL}
    assert NOT_WHOLE.keys() <= {*inline_commands()}


def test_the_examples_are_found_in_every_kind_of_place() -> None:
    assert {
        "ocpiq --help",
        "ocpiq state --help",
        "examples/README.md",
        ".docs/operations.md",
        "Containerfile",
    } <= {*GROUPS}
    assert len(ALL) > 90
