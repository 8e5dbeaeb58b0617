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
    """Return the most memory that a process had, and those that it started, in bytes; 0 without /proc."""
    peaks: dict[int, int] = {}
    try:
        ended = select.poll()
        ended.register(os.pidfd_open(process))
        while True:
            for each in family(process):
                peaks[each] = max(peaks.get(each, 0), peak_of(each))
            if ended.poll(INTERVAL):
                return sum(peaks.values())
    except (AttributeError, OSError):
        return sum(peaks.values())


def family(process: int) -> list[int]:
    """Return a process and all that it has started."""
    found = [process]
    for parent in found:  # which grows
        try:
            for thread in os.listdir(f"/proc/{parent}/task"):  # noqa: PTH208 - a small process
                with open(f"/proc/{parent}/task/{thread}/children") as children:  # noqa: PTH123
                    found += map(int, children.read().split())
        except OSError:
            continue
    return found


def peak_of(process: int) -> int:
    """Return the most memory that a process had so far, in bytes; 0 if it has ended."""
    try:
        with open(f"/proc/{process}/status") as status:  # noqa: PTH123
            match = re.search(r"VmHWM:\s+(\d+) kB", status.read())
    except OSError:
        return 0
    return int(match[1]) * 1024 if match else 0


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
