"""`python -m tests.bench.keys`: the processor time of one key at the prompt, everything included.

Keys are typed into the real prompt, whose screen is drawn into memory: completion, colours, the bottom line, hints and
the drawing itself all count, as does the work after a pause in typing, in a column of its own. Prints; asserts nothing.
"""

from __future__ import annotations

import asyncio
import io
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct
from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from ocpiq.app.arguments import parse
from ocpiq.app.read_settings import prompt_settings
from ocpiq.prompt.editor import make_prompt
from ocpiq.prompt.prompt import collect_rarely
from ocpiq.prompt.session import Session

PERIOD = 30  # keys
CURSOR_AT_THE_TOP = "\x1b[1;1R"  # the terminal's answer; without it the bottom line is not drawn
QUIET = 0.06  # seconds without a new drawing, after which a key is done
AFTER = 0.3  # seconds, in which the work after a pause begins

HEAD = """\
# Energy, price and occupied hours of each station.
def hours: duration_hours(.end_date_time; .start_date_time);
def kind($kwh): if $kwh > 40 then "long" elif $kwh > 10 then "usual" else "short" end;
sessions during 2026-Q1
  pass start_date_time, end_date_time, kwh, evse_uid, location_id, status,
    total_cost, charging_periods.dimensions, charging_periods.start_date_time
| select(.status == "COMPLETED" and .kwh > 0)
| join locations as $l pass name, address, coordinates on .location_id == $l.id
"""
MIDDLE = """\
| select(.kwh < {0}000 and hours < {0}00)
| . + {{kind{0}: kind(.kwh), hours{0}: ([.charging_periods[].dimensions[] | select(.type == "TIME") | .volume] | add)}}
"""
TAIL = """\
| {
    city: $l.city, month: (.start_date_time | month), kwh, cost: (.total_cost.excl_vat // 0),
    hours: hours, kind: kind(.kwh)
  }
| aggregate {
    sessions: count, kwh: sum(.kwh), cost: sum(.cost), hours: (sum(.hours) | round(1)),
    long: count(.kind == "long"), median: median(.kwh)
  } by {city: .city, month: .month}
| sort by .city, .month
"""


def long_query(lines: int = 60) -> str:
    """Return a query of so many lines."""
    rest = lines - HEAD.count("\n") - TAIL.count("\n")
    return HEAD + "".join(MIDDLE.format(number) for number in range(1, (rest + 1) // 2 + 1)) + TAIL


class Place(Struct, frozen=True):
    """Where keys are typed: the text before and after the cursor, and the keys."""

    name: str
    before: str
    after: str
    keys: str


def places() -> Iterator[Place]:
    """Yield the places in the query of sixty lines."""
    text = long_query()
    yield Place("at its end", text, "", "| select(.kwh > 10) | {city, month, mean")
    middle = text.index("| . + {kind9")
    yield Place("in its middle", text[:middle], text[middle:], "| select(.kwh > 10 and .status != null) ")
    clause = text.index("location_id, status,")
    yield Place("in its clauses", text[:clause], text[clause:], "charging_periods.tariff_id, last_updated, ")
    yield Place("a short query", "", "", "sessions pass kwh, status | select(.kwh > 10) | {id, kwh}")


def main() -> None:
    """Type, measure, print."""
    session = Session.start(prompt_settings(parse(["--demo", "-q"])))
    assert session is not None
    collect_rarely()
    print(
        f"processor time of a key, in ms, in a query of {long_query().count(chr(10))} lines, 100 columns, 30 rows\n"
    )
    print(f"{'':<18} {'each key':^26}   {'the pause after it':^26}    keys")
    print(f"{'':<18} {'median     95 %     most   ' * 2}")
    with session.stack:
        for place in places():
            keys, pauses = zip(*asyncio.run(key_times(session, place)), strict=True)
            print(f"{place.name:<18} {spread(keys)}   {spread(pauses)}   {len(keys):5}")


def spread(times: Sequence[float]) -> str:
    """Return the median, the 95 % quantile and the maximum."""
    ordered = sorted(times)
    return (
        f"{statistics.median(ordered):6.1f}   {ordered[int(len(ordered) * 0.95)]:6.1f}   {ordered[-1]:6.1f}"
    )


async def key_times(session: Session, place: Place) -> list[tuple[float, float]]:
    """Return the processor time of each key and of the pause after it, in ms."""
    times: list[tuple[float, float]] = []
    with screen() as (keyboard, drawn):
        prompt = make_prompt(session)
        begun = asyncio.ensure_future(prompt.prompt_async())
        await settled(prompt, drawn)
        keyboard.send_text(CURSOR_AT_THE_TOP)
        await settled(prompt, drawn)
        prompt.default_buffer.document = Document(place.before + place.after, len(place.before))
        await settled(prompt, drawn)
        for key in place.keys:
            start = time.process_time()
            keyboard.send_text(key)
            idle = await settled(prompt, drawn)
            of_key = time.process_time() - start - idle
            start = time.process_time()
            idle = await settled(prompt, drawn, AFTER)
            times.append((of_key * 1000, (time.process_time() - start - idle) * 1000))
        begun.cancel()
    return times


@contextmanager
def screen() -> Iterator[tuple[PipeInput, io.StringIO]]:
    """Open a keyboard and a screen in memory."""
    drawn = io.StringIO()
    with create_pipe_input() as keyboard:
        output = Vt100_Output(drawn, lambda: Size(30, 100), term="xterm-256color")
        with create_app_session(keyboard, output):
            yield keyboard, drawn


async def settled(prompt: PromptSession[str], drawn: io.StringIO, quiet_for: float = QUIET) -> float:
    """Wait until nothing has been drawn for a while; return the processor time of the waiting itself."""
    size, quiet, idle = drawn.tell(), 0.0, 0.0
    while quiet < quiet_for:
        start = time.process_time()
        await asyncio.sleep(0.01)
        spent = time.process_time() - start
        if drawn.tell() != size:
            size, quiet = drawn.tell(), 0.0
        else:
            quiet += 0.01
            idle += spent if spent < 0.0005 else 0.0
    return idle


if __name__ == "__main__":
    main()
