"""ocpiq on a real terminal: colours, progress, the hidden token, Ctrl-C."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from support.platforms import TOKEN, Platform, Response, envelope, serving


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a user without logins and settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OCPIQ", "JQ_", "NO_COLOR", "COLUMNS", "LINES"))
    }
    return {**kept, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "TERM": "xterm-256color"}


def start(environment: dict[str, str], *argv: str) -> pexpect.spawn[str]:
    return pexpect.spawn(
        sys.executable,
        ["-m", "ocpiq", *argv],
        env=environment,
        encoding="utf-8",
        timeout=30,
        dimensions=(24, 100),
    )


def ended(process: pexpect.spawn[str]) -> tuple[str, int | None]:
    process.expect(pexpect.EOF)
    text = process.before or ""
    process.close()
    return text.replace("\r\n", "\n"), process.exitstatus


def test_results_are_indented_and_coloured(environment: dict[str, str]) -> None:
    text, code = ended(start(environment, "-n", "[1]"))
    assert (text, code) == ("\x1b[1;39m[\x1b[0m\n  \x1b[0;39m1\x1b[0m\n\x1b[1;39m]\x1b[0m\n", 0)


def test_no_color(environment: dict[str, str]) -> None:
    assert ended(start({**environment, "NO_COLOR": "1"}, "-n", "[1]")) == ("[\n  1\n]\n", 0)
    assert ended(start(environment, "-nM", "[1]")) == ("[\n  1\n]\n", 0)


def test_one_line_if_asked_for(environment: dict[str, str]) -> None:
    assert ended(start(environment, "-ncM", "[1]")) == ("[1]\n", 0)


def test_without_words_a_short_help(environment: dict[str, str]) -> None:
    text, code = ended(start(environment))
    assert code == 2
    assert "ocpiq --help" in text


def test_progress_is_one_line_that_is_cleared(environment: dict[str, str]) -> None:
    text, code = ended(start(environment, "--demo", "sessions pass kwh | aggregate count(.kwh > 10)"))
    assert code == 0
    lines = [line for line in text.split("\n") if line]
    assert len(lines) == 2
    drawn, count = lines
    assert re.search(r"\r\x1b\[Ksessions: \d+ pages?, [\d,]+ of 10,000 objects", drawn)
    assert re.search(r"\r\x1b\[Ksessions: 10,000 objects, 11 pages, \d+\.\d s$", drawn)
    assert count.isprintable() is False or count.strip("\x1b[0;39m").isdigit()


@pytest.mark.parametrize(("word", "said"), [("debug", '["DEBUG:","S0000594"]\n'), ("stderr", "S0000594")])
def test_what_the_query_says_takes_the_line_of_progress(
    word: str, said: str, environment: dict[str, str]
) -> None:
    query = f"sessions only id, kwh | select(.kwh > 500) | limit 1 | .id | {word} | empty"
    text, code = ended(start(environment, "--demo", query))
    assert code == 0
    assert f"objects\r\x1b[K{said}" in text


def test_quiet(environment: dict[str, str]) -> None:
    text, code = ended(start(environment, "--demo", "-qM", "sessions | aggregate count"))
    assert (text, code) == ("10000\n", 0)


def test_a_table_is_as_wide_as_the_terminal_and_shows_controls(environment: dict[str, str]) -> None:
    query = '{id: "a\\u001b[31mb", n: range(98; 101), text: ("long " * 40)}'
    text, code = ended(start(environment, "-n", "--to", "table", query))
    head, rule, *rows = text.splitlines()
    assert (code, head, len(rows)) == (0, "id              n  text", 3)
    assert len(rule) == 100
    assert rows[0].startswith("a\\u001b[31mb   98  long long ") and rows[2].startswith(
        "a\\u001b[31mb  100  long "
    )
    assert all(len(row) == 100 and row.endswith("…") for row in rows)


def test_a_table_says_what_has_no_room(environment: dict[str, str]) -> None:
    query = '[range(20) | {key: "column\\(.)", value: "0123456789"}] | from_entries'
    text, code = ended(start(environment, "-n", "--to", "table", query))
    warnings = [line for line in text.splitlines() if line.startswith("warning: ")]
    assert code == 0
    assert len(warnings) == 1 and re.search(r"\d+ columns do not fit \(.* use --to csv\)", warnings[0])
    assert all(len(line) <= 100 for line in text.splitlines() if line not in warnings)


def test_csv_on_a_terminal_gives_it_no_commands(environment: dict[str, str]) -> None:
    text, code = ended(start(environment, "-n", "--to", "csv", '"\\u001b[2J"'))
    assert (text, code) == ("value\n\\u001b[2J\n", 0)


UNSEEN = "\\u009b2J\\u2028\\u2029\\u202e\\u2066\\u200e\\ufeff\\u00ad"
ON_TERMINAL = {
    "JSON": (("-nM", f'"{UNSEEN}"'), f'"{UNSEEN}"\n'),
    "keys": (("-nMc", f'{{"{UNSEEN}": 1}}'), f'{{"{UNSEEN}":1}}\n'),
    "colours": (
        ("-nc", f'["{UNSEEN}"]'),
        f'\x1b[1;39m[\x1b[0m\x1b[0;32m"{UNSEEN}"\x1b[0m\x1b[1;39m]\x1b[0m\n',
    ),
    "joiners and letters stay": (("-nM", '"\\u200d\\u200cé👩\\u200d🔧"'), '"\u200d\u200cé👩\u200d🔧"\n'),
    "raw text, but for its lines": (
        ("-nrM", f'"a\\tb\\nc\\u001b[2J{UNSEEN}"'),
        f"a       b\nc\\u001b[2J{UNSEEN}\n",
    ),
    "stderr": (("-n", '"a\\nb\\u001b[2J\\u009b" | stderr | empty'), "a\nb\\u001b[2J\\u009b"),
    "debug": (("-n", '"\\u009b" | debug | empty'), '["DEBUG:","\\u009b"]\n'),
    "halt_error": (("-n", '"\\u001b[2J" | halt_error'), "\\u001b[2J"),
    "error": (("-n", '"\\u001b[2J" | error'), "error: \\u001b[2J\n"),
}


TO_TERMINAL = (
    "/dev/stdout",
    "/dev/stderr",
    "/dev/fd/1",
    "/dev/fd/2",
    "/proc/self/fd/1",
    "/dev/tty",
    "-",
    "a-link",
)


@pytest.mark.parametrize("path", TO_TERMINAL)
@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "tsv", "table", "markdown", "-r"])
def test_a_terminal_named_by_a_path_is_given_no_commands_either(
    path: str, form: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """The opened file is asked, not the option."""
    if path == "a-link":
        (tmp_path / path).symlink_to("/dev/tty")
        path = str(tmp_path / path)
    words = ["-r"] if form == "-r" else ["--to", form]
    text, code = ended(start(environment, "-nM", "-o", path, *words, '"\\u001b]0;x\\u0007\\u009b2J\\u202e"'))
    assert code == 0 and "9b2J" in text
    assert not [character for character in text if not character.isprintable() and character != "\n"]


def test_a_table_is_as_wide_as_the_terminal_that_it_is_written_to(environment: dict[str, str]) -> None:
    argv = ("-n", "--to", "table", "-o", "/dev/tty", '{text: ("long " * 40)}')
    script = f"{sys.executable} -m ocpiq {' '.join(map(shlex.quote, argv))} | cat"
    process = pexpect.spawn(
        "bash", ["-c", script], env=environment, encoding="utf-8", timeout=30, dimensions=(24, 60)
    )
    assert max(map(len, ended(process)[0].splitlines())) == 60


@pytest.mark.parametrize(("argv", "seen"), ON_TERMINAL.values(), ids=ON_TERMINAL)
def test_data_gives_a_terminal_no_commands(
    argv: tuple[str, ...], seen: str, environment: dict[str, str]
) -> None:
    assert ended(start(environment, *argv))[0].replace("\t", "       ").startswith(seen)


def test_in_a_pipe_it_stays_as_it_is(environment: dict[str, str]) -> None:
    argv = [sys.executable, "-m", "ocpiq", "-nr", '"\\u001b\\u009b\\u2028", ("\\u001b" | stderr | empty)']
    done = subprocess.run(argv, capture_output=True, check=True, env=environment)
    assert (done.stdout, done.stderr) == ("\x1b\x9b\u2028\n".encode(), b"\x1b")


def test_reasons_stand_below_the_fields_where_the_terminal_is_narrow(environment: dict[str, str]) -> None:
    text, code = ended(start(environment, "schema", "cdrs"))
    lines = text.splitlines()
    assert code == 0 and max(map(len, lines)) <= 100
    at = next(number for number, line in enumerate(lines) if line.split()[:1] == ["start_date_time"])
    assert lines[at].endswith("  blanked") and lines[at + 1].strip() == "when a person charged"
    text, _ = ended(start(environment, "schema", "cdrs.charging_periods"))
    assert any(
        line.startswith("  start_date_time  DateTime") and "person's charging" in line
        for line in text.splitlines()
    )


@pytest.fixture
def platform(environment: dict[str, str]) -> Iterator[tuple[str, str]]:
    process = start(environment, "demo")
    process.expect(r"versions URL: (\S+)\r\ntoken: (\S+)\r\n")
    assert process.match is not None
    yield process.match[1], process.match[2]
    process.sendintr()
    text, code = ended(process)
    assert code == 0
    assert "Traceback" not in text


def test_the_token_is_asked_for_and_not_shown(environment: dict[str, str], platform: tuple[str, str]) -> None:
    url, token = platform
    process = start(environment, "login", url, "--party", "NL-ABC", "--name", "mine")
    process.expect("token: ")
    process.waitnoecho()
    process.sendline(token)
    text, code = ended(process)
    assert code == 0
    assert token not in text
    assert "logged in to mine" in text


def test_no_token_given_at_the_prompt(environment: dict[str, str], platform: tuple[str, str]) -> None:
    process = start(environment, "login", platform[0], "--party", "NL-ABC")
    process.expect("token: ")
    process.waitnoecho()
    process.sendeof()
    text, code = ended(process)
    assert code == 2
    assert "no token" in text


@pytest.mark.parametrize(("answer", "agreed"), [("y", True), ("YES", True), ("n", False), ("", False)])
def test_another_origin_gets_the_token_with_a_yes_only(
    answer: str, agreed: bool, environment: dict[str, str]
) -> None:
    listed = {"identifier": "cdrs", "role": "SENDER"}
    with serving(Platform()) as other:
        details = envelope({"endpoints": [{**listed, "url": f"{other.url}/ocpi/2.2.1/cdrs"}]})
        with serving(Platform(special={"2.2.1": lambda _: Response(details)})) as platform:
            process = start(
                {**environment, "OCPIQ_TOKEN": TOKEN}, "login", platform.versions_url, "--party", "NL-GOV"
            )
            process.expect_exact(f"the platform keeps data at {other.url}; may the token go there? [y/N] ")
            process.sendline(answer)
            text, code = ended(process)
            assert other.requests == []
            if agreed:
                assert (code, "logged in" in text) == (0, True)
                text, code = ended(start(environment, "-qM", "cdrs net | aggregate count"))
                assert (text, code) == ("10\n", 0)
            else:
                assert code == 6
                assert f"(if that is correct: --allow-origin {other.url})" in text
                assert other.requests == []


def test_ctrl_c_leaves_a_clean_line(environment: dict[str, str]) -> None:
    process = start(environment, "-n", "1, (range(1e12) | empty)")
    process.expect("1")
    process.sendintr()
    text, code = ended(process)
    assert code == 130
    assert "Traceback" not in text and text.count("\n") <= 2


def test_a_chart_is_as_wide_as_the_terminal(environment: dict[str, str]) -> None:
    text, code = ended(start(environment, "-n", "--to", "chart", '{c: "a", n: (1, 2)}'))
    bars = [line for line in text.split("\n") if "█" in line]
    assert (code, [line.count("█") for line in bars]) == (0, [47, 95])
    assert "\x1b[36m" in bars[0]


def test_a_chart_has_no_colour_if_there_is_to_be_none(environment: dict[str, str]) -> None:
    text, _ = ended(start({**environment, "NO_COLOR": "1"}, "-n", "--to", "chart", '{c: "a", n: 2}'))
    assert "\x1b" not in text and "█" in text


def test_a_terminal_without_unicode_gets_ascii(environment: dict[str, str]) -> None:
    text, _ = ended(start({**environment, "LC_ALL": "C"}, "-nM", "--to", "chart", '{c: "ü", n: 2}'))
    assert text == "n by c\n\\u00fc 2 " + "#" * 90 + "\n"


def test_lines_are_wrapped_beside_the_names(environment: dict[str, str]) -> None:
    text, _ = ended(start(environment, "-nM", "--to", "lines", '{a: ("word " * 30)}'))
    assert max(map(len, text.split("\n"))) <= 100
    assert text.count("\n   word") == 1
