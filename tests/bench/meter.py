"""Runs a command, its output thrown away, and prints its wall time, processor time and peak memory as JSON.

A small process of its own: on Linux a child's peak starts at what its parent holds.
"""

import json
import os
import sys
import time


def main(command: list[str]) -> None:
    """Run `command` once."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    start = time.perf_counter()
    process = os.posix_spawnp(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)]
    )
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    cost = {
        "seconds": seconds,
        "processor": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * unit,
    }
    print(json.dumps({**cost, "status": os.waitstatus_to_exitcode(status)}))


main(sys.argv[1:])
