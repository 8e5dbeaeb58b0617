"""The grammar is LALR(1) without conflicts, and the saved tables equal a fresh build."""

from __future__ import annotations

import re
import stat
import subprocess
import sys

import pytest

from ocpiq.language import build, build_stages, grammar, parse, syntax_errors
from ocpiq.language.parser import ACTIONS

GRAMMAR = grammar.grammar_text()
PARTS_OF_TERMINALS = {"_WORD_END", "_WORD", "_QUALIFIED", "_UNRESERVED"}


def test_saved_tables_equal_a_fresh_strict_build(tmp_path):
    """In strict mode, lark rejects shift/reduce conflicts and colliding terminals."""
    fresh = grammar.build(GRAMMAR, strict=True)
    grammar.save(tmp_path / "t.json", fresh)
    assert grammar.load(tmp_path / "t.json", GRAMMAR) == fresh == grammar.tables()


def test_every_terminal_has_a_name():
    named = set(re.findall(r"^([A-Z_]+)(?:\.\d+)?:", GRAMMAR, re.MULTILINE))
    assert {terminal.name for terminal in grammar.tables().terminals} == named - PARTS_OF_TERMINALS


def test_names_leave_out_the_reserved_words():
    """terminals.lark has each word twice: as a keyword, and in the lookahead of NAME."""
    patterns = {terminal.name: re.compile(terminal.pattern) for terminal in grammar.tables().terminals}
    words = {terminal.text for terminal in grammar.tables().terminals if terminal.word}
    assert words
    for word in words:
        assert bool(patterns["NAME"].match(word)) != bool(patterns["RESERVED"].match(word)), word
        for longer in (f"{word}s", f"{word}_", f"{word}1", f"{word}::a"):
            assert patterns["NAME"].fullmatch(longer), longer
            assert not patterns["RESERVED"].match(longer), longer


def test_every_keyword_is_bounded():
    bound = re.compile(r"\(\?!.+\)$")
    for terminal in grammar.tables().terminals:
        if terminal.text and terminal.text.isidentifier():
            assert terminal.word, terminal.name
            assert bound.search(terminal.pattern), terminal.name


def test_every_rule_has_an_action_and_every_action_a_rule():
    rules = {rule.action for rule in grammar.tables().rules if rule.action}
    called = {
        rule.action for rule in grammar.tables().rules if rule.action and not (rule.single and rule.size == 1)
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


def test_messages_name_only_existing_terminals():
    terminals = {terminal.name for terminal in grammar.tables().terminals} | {"$END"}
    groups = [
        syntax_errors.ENDING,
        syntax_errors.CLAUSES,
        syntax_errors.STAGES,
        syntax_errors.OPERATORS,
        syntax_errors.TERMS,
    ]
    groups += [set(syntax_errors.CLOSER), set(syntax_errors.WORDS)]
    groups += [signs | members for signs, _, members in syntax_errors.GROUPS]
    assert set().union(*groups) <= terminals


def test_reserved_words_are_jqs_and_aggregate():
    reserved = re.compile(next(t.pattern for t in grammar.tables().terminals if t.name == "RESERVED"))
    words = {t.text for t in grammar.tables().terminals if t.word}
    soft = {"pass", "only", "since", "until", "during", "newest", "last", "net"}
    soft |= {"sort", "top", "by", "desc", "asc", "limit", "distinct", "join", "each", "on"}
    assert {word for word in words if not reserved.fullmatch(word)} == soft
    assert reserved.fullmatch("aggregate")


# ---------------------------------------------------------------- the cache


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder that does not exist yet, with no tables installed."""
    monkeypatch.setattr(grammar, "INSTALLED", tmp_path / "nowhere")
    monkeypatch.setenv("OCPIQ_CACHE", str(tmp_path / "new" / "cache"))
    return tmp_path / "new" / "cache"


def load_uncached():
    return grammar.tables.__wrapped__()


def test_tables_are_saved_for_their_owner_only(cache):
    load_uncached()
    (file,) = cache.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


DAMAGES = {
    "empty": lambda data: b"",
    "truncated": lambda data: data[: len(data) // 2],
    "not JSON": lambda data: b"\x80\x04pickle",
    "a changed number": lambda data: data.replace(b'"end":', b'"end":1', 1),
    "other types": lambda data: data.partition(b"\n")[0] + b'\n{"grammar": 1}',
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_tables_are_rebuilt(cache, damage):
    good = grammar.tables()
    file = cache / grammar.file_name(GRAMMAR)
    grammar.save(file, good)
    file.write_bytes(damage(file.read_bytes()))
    assert grammar.load(file, GRAMMAR) is None
    assert load_uncached() == good
    assert grammar.load(file, GRAMMAR) == good


def test_tables_of_another_grammar_are_not_used(cache):
    load_uncached()
    (file,) = cache.iterdir()
    assert grammar.load(file, GRAMMAR + "\n") is None


def test_a_folder_that_cannot_be_written_is_not_an_error(cache, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OCPIQ_CACHE", str(tmp_path / "file" / "cache"))
    assert load_uncached() == grammar.tables()


def test_with_cached_tables_lark_is_not_imported(cache):
    load_uncached()
    assert imports_lark(installed=grammar.INSTALLED) == "False"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package folder with tables, as a wheel installs them."""
    folder = tmp_path / "installed"
    grammar.save(folder / grammar.file_name(GRAMMAR), grammar.tables())
    monkeypatch.setattr(grammar, "INSTALLED", folder)
    monkeypatch.setenv("OCPIQ_CACHE", str(tmp_path / "cache"))
    return folder


def test_without_tables_lark_builds_them(cache):
    assert imports_lark(installed=grammar.INSTALLED) == "True"


def test_installed_tables_are_used_and_nothing_is_cached(installed, tmp_path):
    assert imports_lark(installed) == "False"
    assert load_uncached() == grammar.tables()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_installed_tables_are_not_used(installed, tmp_path, damage):
    (file,) = installed.iterdir()
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    assert load_uncached() == grammar.tables()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [file.name]
    assert file.read_bytes() == damaged


def test_installed_tables_of_another_grammar_are_not_used(installed, tmp_path, monkeypatch):
    changed = GRAMMAR.replace('"pass"', '"reveal"')
    monkeypatch.setattr(grammar, "grammar_text", lambda: changed)
    assert load_uncached() == grammar.build(changed)
    assert (tmp_path / "cache" / grammar.file_name(changed)).is_file()


def imports_lark(installed):
    """Return whether a process with tables installed in this folder imports lark to parse a query."""
    program = (
        "import sys, pathlib; from ocpiq.language import grammar, parse;"
        "grammar.INSTALLED = pathlib.Path(sys.argv[1]); parse('.a'); print('lark' in sys.modules)"
    )
    run = [sys.executable, "-c", program, str(installed)]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()


def test_the_user_cache_folder_is_the_default(monkeypatch):
    monkeypatch.delenv("OCPIQ_CACHE")
    assert grammar.cache_folder().name == "ocpiq" or "ocpiq" in grammar.cache_folder().parts
    assert parse("1").body
