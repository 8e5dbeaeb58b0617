"""Platforms made of packages that are not ours, each in an environment of its own, logged in to and pulled from."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocpiq import ocpi, sources
from ocpiq.demo.catalogue import listing
from ocpiq.errors import Warned
from ocpiq.query import compile

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
MODULES = ("locations", "sessions", "cdrs", "tariffs")
MANY = {"locations": 20, "sessions": 1200, "cdrs": 20, "tariffs": 20}  # sessions on more than one page


@pytest.fixture(scope="module")
def py_ocpi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve py-ocpi; give its versions URL."""
    folder = tmp_path_factory.mktemp("py_ocpi")
    python = installed(folder, "py-ocpi==0.3.1", "uvicorn")
    made = {name: [listing(name, "2.2.1").make(n) for n in range(MANY[name])] for name in MODULES}
    data = folder / "objects.json"
    data.write_text(json.dumps(made))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(
        [python, HERE / "py_ocpi_server.py", str(port), data], stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_for(port, server)
            yield f"http://127.0.0.1:{port}/ocpi/versions"
        finally:
            server.kill()


def installed(folder: Path, *packages: str) -> Path:
    """Return the Python of a new environment that has these packages; skip where they cannot be had."""
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    command = [python, "-m", "pip", "install", "-q", *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{packages[0]} cannot be installed: {done.stderr.strip().splitlines()[-1][:200]}")
    return python


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if server.poll() is not None:
            pytest.skip("the server does not start")
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.skip("the server does not answer")


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("parallel", [None, 1])
def test_py_ocpi_gives_every_object_once(py_ocpi: str, module: str, parallel: int | None) -> None:
    login = ocpi.login(py_ocpi, "interop-token", patience=ocpi.Patience(pause=lambda seconds: None))
    assert login.version == "2.2.1"
    heard: list[object] = []
    with sources.platform(login, parallel=parallel) as source:
        came = list(compile(f"{module} | .id").run(sources={module: source}, notify=heard.append))
    expected = [listing(module, "2.2.1").make(n)["id"] for n in range(MANY[module])]
    assert [str(each).upper() for each in came] == [str(each).upper() for each in expected]
    said = [notice.message for notice in heard if isinstance(notice, Warned)]
    assert all("going on by offset" in text for text in said)
