"""A PostgreSQL server of the tests' own, from Debian's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def programs() -> Path:
    """Return the folder of the newest server that is installed, or skip the test."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else pytest.skip("postgresql is not installed")


@contextmanager
def server() -> Iterator[str]:
    """Start a server on a socket in a folder of its own; yield the URL of its database."""
    bin_folder = programs()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        data = folder / "data"
        as_user: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres")
            as_user = ["runuser", "-u", "postgres", "--"]
        run = [*as_user, str(bin_folder / "initdb"), "-D", str(data), "-U", "tester", "--auth", "trust", "-N"]
        subprocess.run(run, check=True, capture_output=True)
        words = [str(bin_folder / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        subprocess.run([*as_user, *words, "-o", options, "start"], check=True, capture_output=True)
        try:
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            subprocess.run([*as_user, *words, "-m", "immediate", "stop"], check=True, capture_output=True)
