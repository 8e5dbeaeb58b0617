"""The prompt's own commands, on a session whose objects are in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from ocpiq import prompt
from ocpiq.app.arguments import parse
from ocpiq.app.read_settings import prompt_settings
from ocpiq.errors import UsageError
from ocpiq.prompt.commands import COMMANDS, QuitPrompt, run_command
from ocpiq.prompt.help import TOPICS
from ocpiq.prompt.interrupts import Interrupts
from ocpiq.prompt.run import run
from ocpiq.prompt.session import Session
from ocpiq.prompt.validator import validate
from ocpiq.storage import AccessToken, Login, audit_trail, history, logins, recipients

SESSIONS = '{"id":"1","kwh":10.5,"currency":"EUR"}\n{"id":"2","kwh":7,"currency":"EUR"}\n'


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A prompt that is open on a file, in a folder of its own."""
    for name in ("OCPIQ_PLATFORM", "OCPIQ_HISTORY", "JQ_COLORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OCPIQ_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("OCPIQ_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LINES", "1000")
    monkeypatch.chdir(tmp_path)
    Path("s.ndjson").write_text(SESSIONS)
    opened = Session.start(prompt_settings(parse(["--source", "sessions=s.ndjson", "-q"])))
    assert opened is not None
    with opened.stack:
        yield opened


@pytest.fixture
def said(session: Session, capfd: pytest.CaptureFixture[str]) -> Said:
    return Said(session, capfd)


class Said:
    """Does what lines at the prompt do, and tells what was printed."""

    def __init__(self, session: Session, captured: pytest.CaptureFixture[str]) -> None:
        self.session = session
        self.captured = captured
        self.answers: list[str] = []
        self.questions: list[str] = []
        session.asks = self._ask

    def _ask(self, question: str, interrupts: Interrupts) -> str:
        self.questions.append(question)
        return self.answers.pop(0)

    def __call__(self, line: str) -> str:
        run_command(self.session, line) if line.startswith(":") else run(self.session, line)
        out, err = self.captured.readouterr()
        return out + err


def test_a_query_runs_and_is_counted(said: Said) -> None:
    assert said("sessions pass kwh | .kwh") == "10.5\n7\n"
    assert said.session.seen == {"sessions": 2}


def test_a_mistake_ends_the_query_only(said: Said) -> None:
    assert said("sessions | .kwh + 1").startswith("error: sessions.kwh is blanked")
    assert said('error("no")').startswith("error: no")
    assert said("1 |").startswith("error: unexpected end")
    assert said("{}.a.b.c, 1") == "null\n1\n"


def test_a_module_without_a_file(said: Said) -> None:
    assert "no source for cdrs" in said("cdrs")


def test_what_is_not_passed_is_seen_and_kept_nowhere(said: Said, tmp_path: Path) -> None:
    Path("s.ndjson").write_text(
        '{"id":"1","kwh":"MARKER","cdr_token":{"uid":"MARKER"},"x":"MARKER","status":7}\n'
    )
    lines = [
        "sessions",
        "sessions | .kwh",
        "sessions | [.[] | tostring]",
        "sessions | .kwh + 1",
        "sessions | [..] | map(length)",
        "sessions | [.kwh] | .[0] + 1",
        "sessions | error",
        "sessions pass id | .cdr_token | keys",
        ":explain sessions | .kwh",
        ":schema sessions.kwh",
        ":save q.ocpiq",
    ]
    text = "".join(map(said, lines))
    assert '"#NA"' in text and "is blanked" in text
    assert "MARKER" not in text
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "s.ndjson"]
    assert kept and not any(b"MARKER" in file.read_bytes() for file in kept)
    assert "MARKER" in said("sessions pass kwh | .kwh")


def test_help_names_every_command(said: Said) -> None:
    text = said(":help")
    assert all(name in text for name in COMMANDS)
    keys = text + said(":help typing")
    assert all(
        key in keys for key in ("$EDITOR", "Ctrl-C", "Ctrl-D", "Ctrl-R", "Ctrl-X", "Ctrl-Z", "F2", "Tab")
    )


def test_help_on_a_word_of_the_language(said: Said) -> None:
    assert said(":help select").startswith("select(f)")
    assert said(":help nonsense") == "error: unknown entry or command (:help all lists all names)\n"
    assert "did you mean select?" in said(":help selct")
    assert "count_distinct" in said(":help all")


@pytest.mark.parametrize("asked", [":help :quit", ":help quit"])
def test_help_on_a_command(asked: str, said: Said) -> None:
    assert said(asked) == "  :quit  quit (also Ctrl-D)\n"


def test_schema(said: Said) -> None:
    assert said(":schema sessions.kwh").startswith("sessions.kwh  number  OCPI 2.2.1\n  blanked:")
    assert "sessions\n" in said(":schema")
    assert "did you mean sessions?" in said(":schema sesions")


def test_explain_the_last_query_or_another(said: Said) -> None:
    assert "no query yet" in said(":explain")
    said("sessions pass kwh | .kwh")
    assert "kwh" in said(":explain")
    assert "currency" in said(":explain sessions | .currency")
    said(":to csv")
    sheet = said(":explain sessions pass kwh | {kwh}")
    assert sheet.startswith("# ") and "kwh" in sheet and "SHA-256" in sheet


def test_the_form_of_results(said: Said) -> None:
    said("sessions only id")
    assert said("[1]") == "[\n  1\n]\n"
    assert said("1, 2") == "1\n2\n"  # and not as an array
    assert said(":to md") == "Output format: markdown\n"
    assert said(":to ndjson") == "Output format: ndjson\n"
    assert said("[1]") == "[1]\n"
    assert said(":to").startswith("Output format: ndjson (available: json, ")
    assert ':to: unknown format "xml" (available: json, ' in said(":to xml")
    assert "did you mean table?" in said(":to tabel")
    assert said(":to chart") == "Output format: chart\n"
    assert said(":to lines") == "Output format: lines\n"
    said(":to table")
    assert said("sessions only id, kwh").splitlines()[-1].split() == ["2", "7"]
    said(":to csv")
    assert said('{a: 1}, {a: 2}, error("no")').splitlines()[:3] == ["a", "1", "2"]


def test_variables(said: Said) -> None:
    assert said("$a").startswith("error: $a is not defined")
    assert said(":arg").startswith("no variables set")
    assert said(":arg a one two") == "$a set\n"
    assert said(":arg $b   2 ") == "$b set\n"
    assert said(":arg") == "$a, $b\n"
    assert said("$b") == '"2"\n'
    assert said("$a") == '"one two"\n'
    assert "one two" not in said(":explain $a | length")
    assert ":arg needs a name" in said(":arg 1 2")
    assert ":arg needs a name" in said(":arg c")  # and not an empty text
    assert said(":arg a") == "$a forgotten\n"
    assert said("$a").startswith("error: $a is not defined")
    assert ":arg needs a name" in said(":arg ARGS")  # which every query has


def test_save_and_load(said: Said) -> None:
    assert "no query to save yet" in said(":save q.ocpiq")
    said("1 + 1")
    assert ":save needs a file name" in said(":save")
    assert said(":save q.ocpiq").startswith("Saved to q.ocpiq")
    assert Path("q.ocpiq").read_text() == "1 + 1\n"
    said("2 + 2")
    said.answers = ["n", "y", ""]
    assert said(":save") == "Not saved\n"
    assert said.questions == ["q.ocpiq already exists. Replace it? (y/n) "]
    assert Path("q.ocpiq").read_text() == "1 + 1\n"
    assert said(":save q").startswith("Saved to q.ocpiq")
    assert Path("q.ocpiq").read_text() == "2 + 2\n"
    assert said(":save s.ndjson") == "Not saved\n"
    assert Path("s.ndjson").read_text() == SESSIONS
    said(":load q.ocpiq")
    assert said.session.pending == "2 + 2"
    assert "could not read no.ocpiq" in said(":load no.ocpiq")
    assert "could not write no/x" in said(":save no/x")


MONTH = """\
module {name: "month", about: "energy of a month. More.", params: {
  min: {type: "number", about: "least kWh"}, unit: {default: "kWh"}}};
sessions pass kwh | select(.kwh >= $min) | {id, ($unit): .kwh}
"""


def test_variables_become_parameters_of_a_saved_query(said: Said) -> None:
    said(":arg from 2026-01-01")
    said(":arg word MARKER")
    said(":arg other MARKER")
    said("sessions pass start_date_time since $from | [.id, $word, (1 as $x | $x)]")
    assert said(":save q").startswith(
        "Saved to q.ocpiq. Run it with: ocpiq -f q.ocpiq --arg from … --arg word …\n"
    )
    head, query, _ = Path("q.ocpiq").read_text().split("\n")
    assert head == 'module {name: "q", params: {from: {type: "date"}, word: {type: "string"}}};'
    assert query == "sessions pass start_date_time since $from | [.id, $word, (1 as $x | $x)]"
    Path("month.ocpiq").write_text(MONTH)
    said(":arg min 8")
    said(":load month")
    said(said.session.pending)
    said(":save copy")
    assert Path("copy.ocpiq").read_text() == MONTH  # which has its own metadata


def test_a_variable_that_a_query_does_not_declare_does_not_stop_it(said: Said) -> None:
    said(":arg other 1")
    assert said(MONTH) == ("error: the query needs min: least kWh (:arg min 1.5)\n")
    said(":arg min 8")
    assert '"id": "1"' in said(MONTH)
    assert "has no parameter" not in said(f":explain {MONTH}")
    validation = validate(MONTH, said.session.context())
    assert validation.mistake is None and validation.plan is not None


def test_a_saved_query_is_run_by_its_name(said: Said, tmp_path: Path) -> None:
    Path("month.ocpiq").write_text(MONTH)
    assert "10.5" in said(":run month min=8")
    assert said.session.variables.keys() == {"ARGS"}  # and forgets the value
    assert '"Wh": 10.5' in said(":run month.ocpiq min='8' unit=\"Wh\"")
    said.answers = ["8", ""]
    assert "10.5" in said(":run month")
    assert said.questions == ["min (least kWh; such as 1.5): "]
    assert said(":run month").startswith("error: the query needs min: least kWh")
    assert said(":run month mon=1").startswith("error: the query has no parameter mon (did you mean min?)")
    assert said(":run month min=x").startswith('error: min: "x" is not a number')
    assert said(":run mnth").startswith("error: unknown query mnth (did you mean month?)")
    assert said(":run").startswith("error: :run needs the name of a query (:queries lists")
    own = tmp_path / "config" / "queries"
    own.mkdir(parents=True)
    (own / "mine.ocpiq").write_text("1 + 2")
    assert said(":run mine") == "3\n"
    assert said(":run mine a=1").startswith("error: the query has no parameter a")
    said(":platform demo")
    assert said(":run failed_sessions count=3").count('"status"') == 3


def test_saved_queries_are_listed_with_what_they_pass(said: Said, tmp_path: Path) -> None:
    Path("month.ocpiq").write_text(MONTH)
    Path("wrong.ocpiq").write_text("sessions | .kwh + 1")
    own = tmp_path / "config" / "queries"
    own.mkdir(parents=True)
    (own / "mine.ocpiq").write_text("sessions")
    text = said(":queries")
    assert text.startswith(
        "This folder:\n"
        "  month: energy of a month\n"
        "    parameters: min (least kWh), unit, optional\n"
        "    sessions passes kwh\n"
        "  wrong: sessions.kwh is blanked\n"
    )
    assert "queries:\n  mine\n    sessions passes nothing\nExamples:\n  " in text.replace(str(own.parent), "")
    assert "tariff_revenue: " in text


def test_an_example_is_not_replaced_and_its_copy_runs(said: Said) -> None:
    said(":load uptime")
    said(said.session.pending)
    assert said(":save") == "error: an example stays as it is (:save NAME)\n"
    assert said(":save mine").startswith("Saved to mine.ocpiq")
    assert "mine: " in said(":queries")


def test_results_stay(said: Said) -> None:
    assert said("$_").startswith("error: $_ is not defined")
    said("sessions pass kwh | {id, kwh, currency}")
    assert said("$_ | length") == "2\n"
    assert said("$_1[] | .kwh + 1") == "11.5\n8\n"
    assert said("$_2[0].id, ({$_2} | length)") == '"1"\n1\n'
    said('error("no")')  # without a row: the last result stays
    said("sessions only id | .id")
    assert said("$_[0]") == '"1"\n'
    assert said(":arg _ 1").startswith("error: $_ is a result")
    assert said(":save q").startswith("error: a saved query cannot use $_")
    for number in range(12):
        said(f"{number}")
    assert said("$_[0], $_9[0]") == "11\n2\n"
    assert said("$_10").startswith("error: $_10 is not defined")


def test_a_kept_result_is_what_was_shown(said: Said, tmp_path: Path) -> None:
    Path("s.ndjson").write_text('{"id":"1","kwh":"MARKER","cdr_token":{"uid":"MARKER"},"x":"MARKER"}\n')
    assert '"#NA"' in said("sessions")
    kept = said.session.results.last
    assert kept is not None and kept.rows and not any(b"MARKER" in row for row in kept.rows)
    assert said("$_[0].kwh") == '"#NA"\n'
    said("sessions")
    for file in ("r.json", "r.ndjson", "r.csv", "r.html", "r.db"):
        assert said(f":output {file}") == f"Wrote 1 row to {file}\n"
        assert b"MARKER" not in Path(file).read_bytes()


def test_the_last_result_is_written_in_any_form(said: Said) -> None:
    assert said(":output r.csv").startswith("error: no result yet")
    said("sessions pass kwh | {id, kwh, currency}")
    said(":to table")
    assert said(":output r.csv --csv semicolon") == "Wrote 2 rows to r.csv\n"
    assert Path("r.csv").read_text().splitlines() == ["id;kwh;currency", "1;10.5;EUR", "2;7;EUR"]
    assert Path("r.csv").stat().st_mode & 0o777 == 0o600  # for a field that is blanked by default
    said.answers = ["n", "y"]
    assert said(":output r.csv") == "Not written\n"
    assert said(":output r.csv --to json") == "Wrote 2 rows to r.csv\n"
    assert Path("r.csv").read_text().startswith("[\n  {")
    assert said(":output").startswith("error: :output needs a file name")
    assert said(":output r.x --recipient utrecht").startswith(
        "error: :output takes a file and the options of"
    )
    assert said(":output r.x word").startswith("error: :output takes a file and the options of")
    assert said(":output -").startswith("error: :output writes to a file")
    assert said(":output no/r.csv").startswith("error: ")
    said('1, error("no")')
    assert said(":output part.json") == "The result is incomplete; wrote 1 row to part.json.partial\n"
    assert not Path("part.json").exists()


def test_a_result_that_is_too_large_is_not_kept(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocpiq.prompt.results.MAX_BYTES", 10)
    said('"a text of more than ten bytes"')
    assert said(":output r.json").startswith("error: the last result was too large to keep")
    assert said("$_ | length") == "0\n"
    said("1234"), said("5678"), said("91011")
    assert said.session.results.names == ("_", "_1")


def test_a_written_result_is_audited_and_needs_what_its_policies_allow(said: Said) -> None:
    session = said.session
    recipients.add("utrecht", in_keyring=False)
    said("sessions pass kwh | {id, kwh}")
    session.settings = structs.replace(session.settings, recipient="utrecht")
    said("$_ | map(.kwh) | add")
    assert said(":output r.csv") == "Wrote 1 row to r.csv\n"
    entries = [
        entry for entry in audit_trail.entries(audit_trail.default_path()) if entry["event"] == "begun"
    ]
    assert [entry["format"] for entry in entries] == ["json", "csv", "csv"]  # the query and what it used
    policy = Path("policy.toml")
    session.settings = structs.replace(session.settings, policy=policy)
    policy.write_text('formats = ["json", "csv"]\n[sessions]\npass = ["id", "kwh"]')
    Path("r.csv").unlink()
    said("sessions pass kwh | {id, kwh}")
    assert "does not allow: plain JSON" in said("$_ | length")
    assert "does not allow: plain JSON" in said("sessions | $_")
    assert "does not allow" in said(":output r.html") and not Path("r.html").exists()
    assert said(":output r.csv") == "Wrote 2 rows to r.csv\n"
    policy.write_text('formats = ["json", "csv"]\nplain_json = true\n[sessions]\npass = ["id"]')
    assert "does not allow: sessions.kwh" in said(":output other.csv") and not Path("other.csv").exists()
    said("$_ | length")  # which used a field that the policy no longer allows
    assert "does not allow: sessions.kwh" in said(":output other.csv") and not Path("other.csv").exists()


def test_files_are_named_as_in_a_shell(said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    said("1 + 1")
    assert said(":save ~/two words.ocpiq").endswith(f"ocpiq -f '{tmp_path}/two words.ocpiq'\n")
    assert said(":load ~/two words.ocpiq") == ""
    assert said.session.pending == "1 + 1"


def test_a_command_takes_one_line(said: Said) -> None:
    """As when several lines are pasted: none of them becomes part of a value in silence."""
    assert ":arg takes one line" in said(":arg from 2026\nsessions since $from")
    assert "from" not in said.session.variables
    assert "kwh" in said(":explain sessions pass kwh\n| .kwh")


def test_import_looks_beside_the_file_that_was_loaded(said: Said) -> None:
    Path("folder").mkdir()
    Path("folder/lib.jq").write_text("def two: 2;")
    Path("folder/q.ocpiq").write_text('import "lib" as l; l::two')
    said(":load folder/q.ocpiq")
    assert said(said.session.pending) == "2\n"


def test_history(said: Said) -> None:
    history.append("1 + 1")
    assert said(":history off") == "History: off\n"
    assert not said.session.keeps_history
    said(":history on")
    assert said.session.keeps_history
    assert said(":history") == "History: on\n"
    assert said(":history clear") == "History cleared\n"
    assert history.load() == [] and said.session.history_cleared
    assert ":history takes" in said(":history what")


def test_settings_are_kept_in_the_config_file(said: Said, tmp_path: Path) -> None:
    file = tmp_path / "config" / "config.toml"
    assert said(":set").splitlines()[0].split() == ["zone", "UTC", "default"]
    assert said(":set vi") == "vi        off  default\n"
    assert not file.exists()
    assert said(":set vi on") == "vi on\n"
    assert said.session.settings.prompt.vi
    file.write_text('# mine\nzone = "UTC"  # for now\n' + file.read_text())
    assert said(":set zone Europe/Paris") == "zone Europe/Paris\n"
    assert file.read_text() == '# mine\nzone = "Europe/Paris"  # for now\nvi = true\n'
    assert said.session.query_settings().query.default_zone == "Europe/Paris"
    assert said(":set form md") == "form markdown\n" and said.session.form == "markdown"
    assert said(":set form xlsx") == "form xlsx\n" and said.session.form == "json"  # no format of a terminal
    assert said(":set form default") == "form json\n"
    assert said(":set mode 640") == "mode 0640\n"
    said("1 + 1")
    said(":output r.json")
    assert Path("r.json").stat().st_mode & 0o777 == 0o640
    assert said(":set history off") == "history off\n" and not said.session.keeps_history
    assert said(":set audit on").startswith("audit ") and "audit = true" in file.read_text()
    assert said(":set audit my/trail") == "audit my/trail (from the next start)\n"
    opened = Session.start(prompt_settings(parse(["--source", "sessions=s.ndjson", "-q"])))
    assert opened is not None and not opened.keeps_history and opened.settings.prompt.vi


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (":set zon UTC", "unknown setting zon (did you mean zone?)"),
        (":set vi maybe", "vi is on or off (:set vi on)"),
        (":set mode 999", "mode is not a file mode"),
        (":set zone Mars", "zone is not a time zone"),
        (":set form tabel", "did you mean table?"),
        (":set platform nowhere", "unknown platform 'nowhere'"),
    ],
)
def test_a_setting_that_cannot_be(said: Said, tmp_path: Path, line: str, error: str) -> None:
    message = said(line)
    assert error in message and "config.toml" not in message
    assert not (tmp_path / "config" / "config.toml").exists()


def test_platforms(said: Said) -> None:
    assert said(":platform") == "  demo\n* files\n"
    assert "unknown platform 'nowhere'" in said(":platform nowhere")
    assert said.session.platform == "files"
    assert said(":platform demo") == "Platform: demo (OCPI 2.2.1)\n"
    assert said("sessions only id | limit 1 | .id") == '"S0000001"\n'
    assert said.session.seen == {"sessions": 1000}


def test_several_platforms(said: Said) -> None:
    for name in ("west", "east"):
        token, urls = AccessToken("x", "base64"), {"cdrs": ("http://127.0.0.1:1/cdrs",)}
        logins.save(Login(name, "http://127.0.0.1:1", token, "2.2.1", urls, None, (), ""))
    assert said(":platform") == "  east\n  west\n  demo\n* files\n"  # the logins of another terminal
    assert said.session.context().platforms == ("east", "west", "demo")
    assert said(":platform west,east") == "Platform: west,east (OCPI 2.2.1)\n"
    assert said.session.platform == "west,east"
    assert list(said.session.sources["cdrs"].platforms) == ["west", "east"]
    assert "unknown platform 'south'" in said(":platform west,south")


def test_commands_that_are_none(said: Said) -> None:
    assert "did you mean :help?" in said(":hlp")
    assert ":help lists all commands" in said(":zzz")


@pytest.mark.parametrize("line", [":quit", " :quit", "quit", "exit"])
def test_quit(line: str, session: Session) -> None:
    with pytest.raises(QuitPrompt):
        run_command(session, line)


def test_without_a_platform_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OCPIQ_CONFIG", str(tmp_path))
    assert prompt.start(prompt_settings(parse([]))) == UsageError.exit_code
    said = capsys.readouterr().err
    assert "ocpiq login" in said and "ocpiq --demo" in said
    with pytest.raises(UsageError, match="unknown platform 'mine'"):
        prompt.start(prompt_settings(parse(["--platform", "mine"])))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["-r", "-n", "-o=x", "--seq"])
def test_options_that_mean_nothing_here(option: str) -> None:
    with pytest.raises(UsageError, match="has no meaning at the prompt"):
        prompt_settings(parse(["--demo", *option.split("=")]))


def test_help_fits_every_terminal(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, most in ((80, 22), (60, 13)):  # rows, with the prompt below
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = said(":help").splitlines()
        assert max(map(len, lines)) < columns and len(lines) <= most
        for name, topic in TOPICS.items():
            page = said(f":help {name}").splitlines()
            assert max(map(len, page)) < columns and len(page) <= 22
            assert all(any(line.startswith(f"  {command}") for line in page) for command in topic.commands)


def test_every_command_is_in_a_topic() -> None:
    assert {":help", *(name for topic in TOPICS.values() for name in topic.commands)} == COMMANDS.keys()


def test_the_report_of_a_result_needs_what_its_policies_allow(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def browse(url: str) -> bool:
        opened.append(Path(url.removeprefix("file://")))
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    session = said.session
    session.settings = structs.replace(session.settings, policy=Path("policy.toml"))
    Path("policy.toml").write_text('formats = ["json"]\n[sessions]\npass = ["id", "kwh"]')
    said("sessions pass kwh | {id, kwh}")
    assert "does not allow" in said(":open") and not opened
    session.settings = structs.replace(session.settings, policy=None)
    Path("s.ndjson").write_text('{"id":"1","kwh":"MARKER","cdr_token":{"uid":"MARKER"},"x":"MARKER"}\n')
    said("sessions")
    with session.at_end:
        assert said(":open") == "Opened in the browser; the file is removed when the prompt ends\n"
        assert b"MARKER" not in opened[0].read_bytes() and b"#NA" in opened[0].read_bytes()
        assert said(":open x").startswith("error: :open takes nothing")
    assert not opened[0].parent.exists()


def test_a_query_for_a_recipient_is_audited(said: Said) -> None:
    session, recipient = said.session, recipients.add("utrecht", in_keyring=False)
    session.settings = structs.replace(session.settings, recipient="utrecht")
    said("sessions pass kwh | .kwh")
    said("sessions pass kwh | .kwh | tojson | error")
    trail = audit_trail.default_path()
    begun, ended, _, failed = audit_trail.entries(trail)
    assert (begun["event"], begun["key_id"], begun["format"]) == ("begun", recipient.key_id, "json")
    assert (ended["exit"], ended["rows"], ended["objects"]) == (0, 2, {"sessions": 2})
    assert (failed["exit"], failed["rows"]) == (5, 0)
    audit_trail.head_path(trail).unlink()
    assert said("sessions pass kwh | .kwh").startswith(f"error: {audit_trail.head_path(trail)} is missing")
