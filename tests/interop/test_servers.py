"""Platforms made of packages that are not ours, logged in to and pulled from by the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import NamedTuple

import pytest
from servers import MANY, SERVERS, TOKEN, Environments, running, served, written

from ocpiq.cli.main import run

pytestmark = pytest.mark.slow

LOGINS = [(name, version) for name, server in SERVERS.items() for version in server.offers]
PULLS = [(*login, module) for login in LOGINS for module in SERVERS[login[0]].offers[login[1]]]
FORMS = {"2.1.1": "as it is", "2.2.1": "in Base64"}
SAID = "warning: {}: the platform fails on its own next link (HTTP 404); continuing by offset"
PARTIES = {"2.1.1": "NL-DEM", "2.2.1": "NL-DEM CPO"}


class Login(NamedTuple):
    """A login under a name of its own, and what came of it."""

    name: str
    url: str
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def url_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Give the versions URL of a server, which is started when it is first asked for."""
    folder = tmp_path_factory.mktemp("interop")
    urls: dict[str, str] = {}
    with Environments(folder) as environments, ExitStack() as servers:
        objects = written(folder / "objects.json")

        def started(name: str) -> str:
            if name not in urls:
                urls[name] = servers.enter_context(running(name, environments.python(name), objects))
            return urls[name]

        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Logins of these tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCPIQ_CONFIG", str(tmp_path_factory.mktemp("logins")))
        patch.setenv("OCPIQ_TOKEN", TOKEN)
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture(scope="module")
def login(url_of: Callable[[str], str], home: None) -> Callable[[str, str], Login]:
    """Log in to a server, once for each version."""

    @cache
    def logged_in(name: str, version: str) -> Login:
        called = f"{name}-{version}"
        argv = ["login", url_of(name), "--check", "--name", called, "--ocpi-version", version]
        done = subprocess.run(
            [sys.executable, "-m", "ocpiq", *argv, "--party", "NL-ABC"],
            capture_output=True,
            text=True,
            check=False,
        )
        return Login(called, url_of(name), done)

    return logged_in


@pytest.mark.parametrize(("name", "version"), LOGINS)
def test_the_login_finds_the_form_of_the_token_and_every_module(
    name: str, version: str, login: Callable[[str, str], Login]
) -> None:
    found = login(name, version)
    modules = SERVERS[name].offers[version]
    counts = "".join(f"{module}: {MANY[module]} objects\n" for module in modules)
    heading = f"OCPI {version} at {found.url}\ntoken: {FORMS[version]}\nparties: {PARTIES[version]}\n"
    assert found.done.stdout == f"{heading}{counts}", found.done.stderr
    assert found.done.stderr.startswith(f"logged in to {found.name}: OCPI {version}, {', '.join(modules)}\n")
    assert found.done.returncode == 0


@pytest.mark.parametrize("parallel", [(), ("--parallel", "1")], ids=["as it answers", "one by one"])
@pytest.mark.parametrize(("name", "version", "module"), PULLS)
def test_every_object_comes_once_and_whole(
    name: str,
    version: str,
    module: str,
    parallel: tuple[str, ...],
    login: Callable[[str, str], Login],
    capfd: pytest.CaptureFixture[str],
) -> None:
    code = run([*parallel, "--platform", login(name, version).name, f"{module} pass ."])
    out, err = capfd.readouterr()
    assert code == 0, err
    came = [tidy(json.loads(line)) for line in out.splitlines()]
    assert came == [tidy(each) for each in served(module, version)]
    pages = -(-MANY[module] // 40)
    counted = f"{module}: {MANY[module]} objects, {pages} page{'s' * (pages > 1)}"
    assert err.splitlines() == [*([SAID.format(module)] if pages > 1 else []), counted]


def tidy(value: object) -> object:
    """Return a value without what the packages change: case, the `T` of times, and empty fields that they add."""
    if isinstance(value, list):
        return [tidy(each) for each in value]
    if isinstance(value, dict):
        there = {name: tidy(each) for name, each in value.items()}
        return {name: each for name, each in there.items() if each not in (None, [], {})}
    return value.casefold().replace("t", " ") if isinstance(value, str) else value
