"""The command line and the config file as typed settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocpiq.app.arguments import parse
from ocpiq.app.read_settings import prompt_settings, settings
from ocpiq.app.settings import Positional, Settings, Variable
from ocpiq.errors import UsageError
from ocpiq.storage.config import Config

NONE = Config()
ALL = Config("Europe/Paris", "table", 0o640, "depot")


def made(words: str, config: Config = NONE) -> Settings:
    return settings(parse(words.split()), config)


def test_without_options_everything_is_the_default() -> None:
    assert made(".") == Settings(words=(".",))


def test_variables_keep_their_order_over_all_kinds() -> None:
    found = made("--argjson a 1 --arg a 2 --rawfile b f . --args x --jsonargs 2")
    assert found.query.variables == (
        Variable("argjson", "a", "1"),
        Variable("arg", "a", "2"),
        Variable("rawfile", "b", "f"),
    )
    assert found.query.positional == (Positional("x", False), Positional("2", True))


def test_the_config_file_stands_beside_the_options_and_not_in_their_place() -> None:
    bare, full = (
        made("sessions", ALL),
        made("--tz UTC --to csv --mode 600 --platform x -o f.md sessions", ALL),
    )
    assert (bare.query.zone, bare.query.default_zone) == (None, "Europe/Paris")
    assert (bare.output.format, bare.output.default_format) == ("", "table")
    assert (bare.output.mode, bare.output.default_mode) == (None, 0o640)
    assert (bare.pull.platform, bare.pull.default_platform) == (None, "depot")
    assert (full.query.zone, full.output.format, full.output.mode) == ("UTC", "csv", 0o600)
    assert (full.pull.platform, full.output.path) == ("x", Path("f.md"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--parallel 0 .", "--parallel takes a whole number from 1 to 32"),
        ("--parallel ４ .", "--parallel takes a whole number from 1 to 32"),
        ("--rate 99999999999999999999 .", "--rate takes a whole number from 1 to 100000"),
        ("--indent 8 .", "--indent takes a whole number from 0 to 7"),
        ("--indent -1 .", "--indent takes a whole number from 0 to 7"),
        ("demo --port 65536", "--port takes a whole number from 0 to 65535"),
        ("--source sessions .", "--source takes MODULE=PATH"),
        ("--ocpi-version 3 .", "--ocpi-version: unknown OCPI version"),
        ("--mode rw .", "--mode takes a file mode in octal"),
        ("--to xyz .", '--to: unknown format "xyz"'),
    ],
)
def test_a_value_that_cannot_be_is_refused_before_anything_else(words: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        made(words)
    assert caught.value.message == message


def test_a_token_is_in_no_repr() -> None:
    assert "s3cret" not in repr(made("login https://x.example --token s3cret"))


def test_the_prompt_takes_what_a_query_takes_without_one() -> None:
    words = "--demo -q --tz UTC --to csv --csv excel --arg a 1 -S -L lib --parallel 2"
    assert prompt_settings(parse(words.split())).pull.demo
