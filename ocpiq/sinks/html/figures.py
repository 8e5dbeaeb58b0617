"""Charts as HTML and SVG: the text is HTML, so that it stays readable at any width; only bars and lines are SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from ocpiq.sinks.charts import Bars, Chart, Lines, Number, nice_ceiling, number_texts
from ocpiq.sinks.html.markup import escaped, number

MOST: Final = 30  # bars or series of a chart; of more, those with the highest numbers
FEW: Final = 6  # times of a series that is not stretched over the whole width
WIDTH: Final = 1000  # of the coordinates of a line; SVG stretches them
HEIGHT: Final = 100
MISSING: Final = "–"


def figure(chart: Chart) -> str:
    """Return a chart with its caption."""
    if isinstance(chart, Bars):
        body, count = _bars(chart), len(chart.labels)
    elif len(chart.series) > 1:
        body, count = _columns_of_series(chart), len(chart.series)
    else:
        body, count = _line(chart), 1
    by = f' <span class="muted">by {escaped(chart.axis)}</span>' if chart.axis else ""
    part = f' <span class="muted">– the {MOST} highest of {count:,}</span>' if count > MOST else ""
    return f"<figure><figcaption>{escaped(chart.title)}{by}{part}</figcaption>\n{body}</figure>\n"


def _highest(values: Sequence[Number]) -> Sequence[int]:
    """Return the numbers of all values in their order or, of more than a chart has, of the highest first."""
    if len(values) <= MOST:
        return range(len(values))
    return sorted(range(len(values)), key=lambda at: math.inf if (value := values[at]) is None else -value)[
        :MOST
    ]


# ---------------------------------------------------------------- bars


def _bars(chart: Bars) -> str:
    chosen = _highest(chart.values)
    values = [chart.values[at] for at in chosen]
    texts = number_texts(values, MISSING)
    low, high = _ends(values)
    rows = (
        f"<tr><th scope=row>{escaped(chart.labels[at])}</th><td>{text}</td>"
        f"<td class=bar>{_bar(value, low, high)}</td></tr>\n"
        for at, text, value in zip(chosen, texts, values, strict=True)
    )
    return f"<table class=bars>{_head(chart)}<tbody>\n{''.join(rows)}</tbody></table>\n"


def _head(chart: Chart) -> str:
    """Return the names of the columns, for those who do not see the chart."""
    axis = escaped(chart.axis) or "row"
    return (
        f"<thead class=hidden><tr><th scope=col>{axis}</th><th scope=col>{escaped(chart.title)}</th>"
        f"<th scope=col>chart</th></tr></thead>"
    )


def _ends(values: Sequence[Number]) -> tuple[float, float]:
    present = [value for value in values if value is not None]
    return min(0.0, *present, 0.0), max(0.0, *present, 0.0)


def _bar(value: Number, low: float, high: float) -> str:
    if value is None:
        return ""
    span = (high - low) or 1.0
    start, end = sorted(((0.0 - low) / span * 100, (value - low) / span * 100))
    side = " class=below" if value < 0 else ""
    bar = f'<rect{side} x="{number(start)}%" width="{number(end - start)}%" height="100%" rx="2"/>'
    return f"<svg aria-hidden=true>{bar}</svg>"


# ---------------------------------------------------------------- lines


def _line(chart: Lines) -> str:
    values = chart.series[0].values
    low, high = _ends(values)
    low, high = (
        (-nice_ceiling(-low) if low < 0 else 0.0),
        (nice_ceiling(high) if high > 0 or not low else 0.0),
    )
    ticks = number_texts([high, (high + low) / 2, low])
    name = escaped(f"{chart.title} from {chart.labels[0]} to {chart.labels[-1]}")
    grid = "".join(f'<path class=grid d="M0 {at}H{WIDTH}"/>' for at in (0, HEIGHT // 2, HEIGHT))
    texts = number_texts(values, MISSING)
    dots = "".join(
        f'<path class=dot d="M{x} {y}h0"><title>{escaped(label)}: {text}</title></path>'
        for (x, y), label, text in _points(chart, values, texts, low, high)
    )
    labels = [chart.labels[0], chart.labels[_middle(chart.times)], chart.labels[-1]]
    return (
        f"<div class=line><div class=ticks aria-hidden=true>{_spans(ticks)}</div>"
        f'<svg role=img aria-label="{name}" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">'
        f'{grid}<path class=series d="{_path(chart.times, values, low, high)}"/>{dots}</svg>'
        f"<div class=times aria-hidden=true>{_spans(labels)}</div></div>\n"
    )


def _spans(texts: Sequence[str]) -> str:
    return "".join(f"<span>{escaped(text)}</span>" for text in texts)


def _middle(times: Sequence[int]) -> int:
    return min(range(len(times)), key=lambda at: abs(2 * times[at] - times[0] - times[-1]))


Point = tuple[tuple[str, str], str, str]


def _points(
    chart: Lines, values: Sequence[Number], texts: Sequence[str], low: float, high: float
) -> Iterator[Point]:
    for time, value, label, text in zip(chart.times, values, chart.labels, texts, strict=True):
        if value is not None:
            yield _place(time, value, chart.times, low, high), label, text


def _place(time: int, value: float, times: Sequence[int], low: float, high: float) -> tuple[str, str]:
    x = (time - times[0]) / ((times[-1] - times[0]) or 1) * WIDTH
    y = HEIGHT - (value - low) / ((high - low) or 1.0) * HEIGHT
    return number(x), number(y)


def _path(times: Sequence[int], values: Sequence[Number], low: float, high: float) -> str:
    """Return the path of a line, with a gap where there is no number."""
    steps: list[str] = []
    pen = "M"
    for time, value in zip(times, values, strict=True):
        if value is None:
            pen = "M"
            continue
        x, y = _place(time, value, times, low, high)
        steps.append(f"{pen}{x} {y}")
        pen = "L"
    return "".join(steps)


def _columns_of_series(chart: Lines) -> str:
    """Return a row of columns for each series, all on one scale, with its highest number."""
    peaks = [max((value for value in one.values if value is not None), default=None) for one in chart.series]
    chosen = _highest(peaks)
    texts = number_texts([peaks[at] for at in chosen], MISSING)
    low, high = _ends([value for at in chosen for value in chart.series[at].values])
    few = " few" if len(chart.times) <= FEW else ""
    rows = "".join(
        f"<tr><th scope=row>{escaped(chart.series[at].name)}</th><td>{text}</td>"
        f"<td class='spark{few}'>{_columns(chart, chart.series[at].values, low, high)}</td></tr>\n"
        for at, text in zip(chosen, texts, strict=True)
    )
    axis = escaped(chart.axis.rpartition(", ")[0])
    times = f"{escaped(chart.labels[0])} to {escaped(chart.labels[-1])}"
    head = f"<th scope=col>{axis}</th><th scope=col>highest</th><th scope=col class=span>{times}</th>"
    return f"<table class=bars><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>\n"


def _columns(chart: Lines, values: Sequence[Number], low: float, high: float) -> str:
    width = 100 / len(values)
    span = (high - low) or 1.0
    columns = []
    for at, (value, label, text) in enumerate(zip(values, chart.labels, number_texts(values), strict=True)):
        if value is not None:
            top, bottom = sorted(((high - value) / span * 100, high / span * 100))
            columns.append(
                f'<rect x="{number(at * width)}%" y="{number(top)}%" width="{number(width * 0.88)}%"'
                f' height="{number(max(bottom - top, 2))}%"><title>{escaped(label)}: {text}</title></rect>'
            )
    return f"<svg aria-hidden=true>{''.join(columns)}</svg>"
