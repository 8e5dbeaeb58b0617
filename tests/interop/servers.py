"""Servers made of packages that are not ours: their environments, built all at once, and their processes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from ocpiq.demo.catalogue import listing
from ocpiq.demo.json import Json

HERE = Path(__file__).parent
TOKEN = "interop-token"
MANY = {"locations": 50, "sessions": 100, "cdrs": 50, "tariffs": 10, "tokens": 50}  # pages have 40 at most
CPO = ("locations", "sessions", "cdrs", "tariffs")
PARTY = {"country_code": "NL", "party_id": "DEM", "business_details": {"name": "Demonstroom"}}
CREDENTIALS = {
    "2.1.1": {"token": TOKEN, "url": "https://demonstroom.example", **PARTY},
    "2.2.1": {"token": TOKEN, "url": "https://demonstroom.example", "roles": [{"role": "CPO", **PARTY}]},
}


class Server(Struct, frozen=True):
    """A script, the packages that it needs, and the modules that it can be asked for by version."""

    script: str
    packages: tuple[str, ...]
    offers: dict[str, tuple[str, ...]]


SERVERS = {
    "py-ocpi": Server(
        "py_ocpi_server.py",
        ("py-ocpi==0.3.1", "uvicorn"),
        {"2.2.1": ("locations", "sessions", "tariffs", "cdrs")},
    ),
    "extrawest-ocpi": Server(
        "extrawest_server.py",
        ("extrawest-ocpi==2025.7.16", "uvicorn"),
        {"2.1.1": (*CPO, "tokens"), "2.2.1": (*CPO, "tokens")},
    ),
}


def served(module: str, version: str) -> list[Json]:
    """Return the objects that the servers have, as extrawest-ocpi knows them.

    It takes the lists in an energy mix for single objects, has no evse_uid in CDRs, and calls the end of a CDR in
    2.1.1 as in 2.2.1.
    """
    made = [listing(module, version).make(number) for number in range(MANY[module])]
    return [known(each) for each in made]


def known(value: object) -> object:
    """Return a value without what the package does not know."""
    if isinstance(value, list):
        return [known(each) for each in value]
    if isinstance(value, dict):
        names = {name: "end_date_time" if name == "stop_date_time" else name for name in value}
        lost = ("energy_mix", "evse_uid") if "connector_standard" in value else ("energy_mix",)
        return {names[name]: known(each) for name, each in value.items() if name not in lost}
    return value


class Environments:
    """An environment for each server, which has old dependencies; all are built at the same time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.installing = {name: self.begin(folder / name, server) for name, server in SERVERS.items()}

    def __enter__(self) -> Environments:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.installing.values():
            process.kill()
            process.wait()

    def begin(self, place: Path, server: Server) -> subprocess.Popen[bytes]:
        """Begin to install what a server needs, with the pip that runs here: none has to be made first."""
        venv.create(place, with_pip=False)
        pip = [sys.executable, "-m", "pip", "--python", python_in(place), "install", "-q"]
        with (place / "pip.txt").open("wb") as said:
            command = [*pip, "--no-compile", "--retries", "1", *server.packages]
            return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)

    def python(self, name: str) -> Path:
        """Return the Python of a server's environment; skip where its packages cannot be had."""
        place = self.folder / name
        if self.installing[name].wait():
            reason = (place / "pip.txt").read_text().strip().splitlines()[-1][:200]
            pytest.skip(f"{SERVERS[name].packages[0]} cannot be installed: {reason}")
        return python_in(place)


def python_in(place: Path) -> Path:
    return place / ("Scripts" if sys.platform == "win32" else "bin") / "python"


@contextmanager
def running(name: str, python: Path, data: Path) -> Iterator[str]:
    """Run a server while the block does; give its versions URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [python, HERE / SERVERS[name].script, str(port), data]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(port, server)
            yield f"http://127.0.0.1:{port}/ocpi/versions"
        finally:
            server.kill()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if server.poll() is not None:
            pytest.skip("the server does not start")
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.skip("the server does not answer")


def written(place: Path) -> Path:
    """Write credentials and the objects of all modules by version to a file, and return it."""
    made = {
        version: {"credentials": credentials, **{name: served(name, version) for name in MANY}}
        for version, credentials in CREDENTIALS.items()
    }
    place.write_text(json.dumps(made), "utf-8")
    return place
