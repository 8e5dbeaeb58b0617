"""The grammar is LALR(1) without conflicts, and its saved tables are those of a fresh build."""

from __future__ import annotations

import re
import stat
import subprocess
import sys

import pytest

from ocpiq.language import build, build_stages, mistakes, parse, tables
from ocpiq.language.parse import ACTIONS

GRAMMAR = tables.grammar_text()


def test_saved_tables_equal_a_fresh_strict_build(tmp_path):
    """Strict: lark refuses shift/reduce conflicts and terminals that collide."""
    fresh = tables.build(GRAMMAR, strict=True)
    tables.save(tmp_path / "t.json", fresh)
    assert tables.load(tmp_path / "t.json", GRAMMAR) == fresh == tables.tables()


def test_every_terminal_has_a_name():
    named = set(re.findall(r"^([A-Z_]+)(?:\.\d+)?:", GRAMMAR, re.MULTILINE))
    assert {terminal.name for terminal in tables.tables().terminals} == named


def test_every_rule_has_an_action_and_every_action_a_rule():
    rules = {rule.action for rule in tables.tables().rules if rule.action}
    called = {
        rule.action for rule in tables.tables().rules if rule.action and not (rule.single and rule.size == 1)
    }
    helpers = {"literal_of", "plain"}
    actions = {
        name
        for module in (build, build_stages)
        for name, value in vars(module).items()
        if callable(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    assert actions - helpers <= rules
    assert called - {"interpolation"} <= actions
    assert all(callable(ACTIONS[action]) for action in actions)


def test_messages_name_only_terminals_that_there_are():
    terminals = {terminal.name for terminal in tables.tables().terminals} | {"$END"}
    groups = [mistakes.ENDING, mistakes.CLAUSES, mistakes.STAGES, mistakes.OPERATORS, mistakes.TERMS]
    groups += [set(mistakes.CLOSER), set(mistakes.WORDS)]
    groups += [signs | members for signs, _, members in mistakes.TOGETHER]
    assert set().union(*groups) <= terminals


def test_reserved_words_are_jqs_and_aggregate():
    reserved = re.compile(next(t.pattern for t in tables.tables().terminals if t.name == "RESERVED"))
    words = {t.text for t in tables.tables().terminals if t.word}
    soft = {"pass", "only", "since", "until", "during", "newest", "net"}
    soft |= {"sort", "top", "by", "desc", "asc", "limit", "distinct", "join", "each", "on"}
    assert {word for word in words if not reserved.fullmatch(word)} == soft
    assert reserved.fullmatch("aggregate")


# ---------------------------------------------------------------- the cache


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("OCPIQ_CACHE", str(tmp_path / "new" / "cache"))
    return tmp_path / "new" / "cache"


def made_anew():
    return tables.tables.__wrapped__()


def test_tables_are_saved_for_their_owner_only(cache):
    made_anew()
    (file,) = cache.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


SPOILT = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "no JSON": lambda data: b"\x80\x04pickle",
    "a changed number": lambda data: data.replace(b'"end":', b'"end":1', 1),
    "other types": lambda data: data.partition(b"\n")[0] + b'\n{"grammar": 1}',
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_spoilt_tables_are_built_anew(cache, spoil):
    good = tables.tables()
    file = tables.file_of(GRAMMAR)
    tables.save(file, good)
    file.write_bytes(spoil(file.read_bytes()))
    assert tables.load(file, GRAMMAR) is None
    assert made_anew() == good
    assert tables.load(file, GRAMMAR) == good


def test_tables_of_another_grammar_are_not_taken(cache):
    made_anew()
    (file,) = cache.iterdir()
    assert tables.load(file, GRAMMAR + "\n") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OCPIQ_CACHE", str(tmp_path / "file" / "cache"))
    assert made_anew() == tables.tables()


def test_with_saved_tables_lark_is_not_imported(cache):
    made_anew()
    program = "import sys; from ocpiq.language import parse; parse('.a'); print('lark' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_the_user_cache_folder_is_the_default(monkeypatch):
    monkeypatch.delenv("OCPIQ_CACHE")
    assert tables.cache_folder().name == "ocpiq" or "ocpiq" in tables.cache_folder().parts
    assert parse("1").body
