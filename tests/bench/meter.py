"""Runs a command, its output thrown away, and prints its wall time, processor time and peak memory as JSON.

On Linux the peak is the process's own high-water mark (VmHWM), read every few milliseconds: the peak in `ru_maxrss`
starts at what the parent holds, which is more than all of jq.
"""

import json
import os
import re
import select
import sys
import time

INTERVAL = 5  # milliseconds


def high_water_mark(process: int) -> int:
    """Return the most memory that a process had until it ended, in bytes; 0 without /proc."""
    peak = 0
    try:
        ended = select.poll()
        ended.register(os.pidfd_open(process))
        while True:
            with open(f"/proc/{process}/status") as status:  # noqa: PTH123 - a small process
                match = re.search(r"VmHWM:\s+(\d+) kB", status.read())
            peak = max(peak, int(match[1]) * 1024) if match else peak
            if ended.poll(INTERVAL):
                return peak
    except (AttributeError, OSError):
        return peak


def main(command: list[str]) -> None:
    """Run `command` once."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    start = time.perf_counter()
    process = os.posix_spawnp(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)]
    )
    memory = high_water_mark(process)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    cost = {
        "seconds": seconds,
        "processor": usage.ru_utime + usage.ru_stime,
        "memory": memory or usage.ru_maxrss * unit,
    }
    print(json.dumps({**cost, "status": os.waitstatus_to_exitcode(status)}))


main(sys.argv[1:])
