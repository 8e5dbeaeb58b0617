"""Places as points on a plain map: degrees, a scale bar, north up, and no tiles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from ocpiq.sinks.html.markup import escaped, number
from ocpiq.sinks.html.places import NAMED, Place, Places

KILOMETRES: Final = 111.32  # in a degree of latitude
LEAST_SPAN: Final = 0.02  # degrees that the map covers at least
MARGIN: Final = 0.08  # of the map's width and height
WIDEST, TALLEST = 2.2, 1.2  # ratios of width to height
CELLS: Final = 80  # of the map's width; points of the same cell are drawn as one
MOST_NAMES: Final = 40  # that are written on the map
LEAST_RADIUS, GREATEST_RADIUS = 4.0, 18.0
USUAL_WIDTH: Final = 900.0  # of the map in pixels, at which names must not touch
CHARACTER, LINE = 7.0, 16.0  # the size of a name's characters in pixels
LONGEST_NAME: Final = 24


class Map(Struct, frozen=True):
    """A drawn map, and the ratio of its width to its height."""

    markup: str
    ratio: float


class Frame(Struct, frozen=True):
    """The ends of a map in degrees, and the ratio of its width to its height."""

    south: float
    north: float
    west: float
    east: float
    ratio: float

    def x(self, longitude: float) -> float:
        """Return where a longitude is, in percent from the left."""
        return (longitude - self.west) / (self.east - self.west) * 100

    def y(self, latitude: float) -> float:
        """Return where a latitude is, in percent from the top."""
        return (self.north - latitude) / (self.north - self.south) * 100


def draw_map(found: Places) -> Map:
    """Return the map of places."""
    places = _unbroken(found.places)
    frame = _frame(places)
    drawn = places if found.measure else _merged(places, frame)
    sizes = [place.size if found.measure else float(place.count) for place in drawn]
    greatest = max(sizes) or 1.0
    points = sorted(
        (
            Point(frame.x(place.longitude), frame.y(place.latitude), _radius(size / greatest), place)
            for place, size in zip(drawn, sizes, strict=True)
        ),
        key=lambda point: -point.radius,
    )
    name = f"map of {len(places):,} {'place' if len(places) == 1 else 'places'}"
    names = "".join(_names(points, frame)) if len(points) <= MOST_NAMES else ""
    body = f"{_degrees(frame)}{''.join(map(_circle, points))}{names}{_scale_bar(frame)}"
    return Map(f'<div class=map><svg role=img aria-label="{name}">{body}</svg></div>\n', frame.ratio)


class Point(Struct, frozen=True):
    """A place on the map, in percent of its width and height; `radius` is in pixels."""

    x: float
    y: float
    radius: float
    place: Place


def _radius(part: float) -> float:
    return LEAST_RADIUS + (GREATEST_RADIUS - LEAST_RADIUS) * math.sqrt(part)


def _circle(point: Point) -> str:
    return (
        f'<circle cx="{number(point.x)}%" cy="{number(point.y)}%" r="{number(point.radius)}">'
        f"<title>{escaped(_title(point.place))}</title></circle>"
    )


def _title(place: Place) -> str:
    more = place.count - len(place.names)
    rest = [f"and {more:,} more"] if place.names and more else []
    coordinates = f"{place.latitude}, {place.longitude}"
    return ", ".join([*place.names, *rest]) or (
        f"{place.count:,} at {coordinates}" if place.count > 1 else coordinates
    )


# ---------------------------------------------------------------- what the map covers


def _unbroken(places: list[Place]) -> list[Place]:
    """Return the places with longitudes that do not jump where they lie across the date line."""
    longitudes = [place.longitude for place in places]
    if max(longitudes) - min(longitudes) <= 180:
        return places
    return [
        Place(
            place.latitude,
            place.longitude + 360 * (place.longitude < 0),
            place.count,
            place.size,
            place.names,
        )
        for place in places
    ]


def _frame(places: list[Place]) -> Frame:
    south, north = _span([place.latitude for place in places], LEAST_SPAN)
    squeeze = max(0.05, math.cos(math.radians((south + north) / 2)))
    west, east = _span([place.longitude for place in places], LEAST_SPAN / squeeze)
    ratio = (east - west) * squeeze / (north - south)
    if ratio > WIDEST:
        south, north = _grown(south, north, ratio / WIDEST)
    elif ratio < TALLEST:
        west, east = _grown(west, east, TALLEST / ratio)
    return Frame(south, north, west, east, min(WIDEST, max(TALLEST, ratio)))


def _span(degrees: list[float], least: float) -> tuple[float, float]:
    """Return the ends of the map along one axis, with a margin."""
    low, high = min(degrees), max(degrees)
    if high - low < least:
        return (low + high - least) / 2, (low + high + least) / 2
    return _grown(low, high, 1 + 2 * MARGIN)


def _grown(low: float, high: float, factor: float) -> tuple[float, float]:
    middle, half = (low + high) / 2, (high - low) / 2 * factor
    return middle - half, middle + half


def _merged(places: list[Place], frame: Frame) -> list[Place]:
    """Return the places with those that would lie upon each other as one."""
    cells: dict[tuple[int, int], Place] = {}
    for place in places:
        across, down = frame.x(place.longitude), frame.y(place.latitude) / frame.ratio
        cell = int(across * CELLS / 100), int(down * CELLS / 100)
        if cell not in cells:
            cells[cell] = Place(place.latitude, place.longitude, place.count, place.size, place.names)
            continue
        cells[cell].count += place.count
        cells[cell].names = (cells[cell].names + place.names)[:NAMED]
    return list(cells.values())


# ---------------------------------------------------------------- names, degrees, scale


def _names(points: Sequence[Point], frame: Frame) -> Iterator[str]:
    """Yield the name of each point beside it, unless it would touch another one's."""
    boxes = [_box(point, frame) for point in points]
    for point in points:
        if len(point.place.names) != point.place.count:
            continue
        name = ", ".join(point.place.names)
        if len(name) > LONGEST_NAME:
            continue
        own, width, gap = _box(point, frame), len(name) * CHARACTER, point.radius + 4
        middle = (own.top + own.bottom) / 2
        for left, side in (
            (own.right + 4, f'dx="{number(gap)}"'),
            (own.left - 4 - width, f'dx="{number(-gap)}" text-anchor="end"'),
        ):
            box = Box(left, left + width, middle - LINE / 2, middle + LINE / 2)
            if box.left >= 0 and box.right <= USUAL_WIDTH and not any(map(box.touches, boxes)):
                boxes.append(box)
                at = f'x="{number(point.x)}%" y="{number(point.y)}%"'
                yield f'<text class=name {at} {side} dy="4">{escaped(name)}</text>'
                break


class Box(Struct, frozen=True):
    """What a point or a name covers, in pixels of a map of usual width."""

    left: float
    right: float
    top: float
    bottom: float

    def touches(self, other: Box) -> bool:
        """Tell whether two boxes have a part in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def _box(point: Point, frame: Frame) -> Box:
    x, y = point.x / 100 * USUAL_WIDTH, point.y / 100 * USUAL_WIDTH / frame.ratio
    return Box(x - point.radius, x + point.radius, y - point.radius, y + point.radius)


def _degrees(frame: Frame) -> str:
    """Return lines of latitude and longitude at round degrees, with their names."""
    lines = []
    for degrees in _ticks(frame.west, frame.east):
        x = number(frame.x(degrees))
        side = "E" if 0 <= degrees <= 180 else "W"
        name = f"{min(abs(degrees), 360 - abs(degrees)):g}° {side}"
        lines.append(f'<line x1="{x}%" x2="{x}%" y2="100%"/><text x="{x}%" dx="4" y="14">{name}</text>')
    for degrees in _ticks(frame.south, frame.north):
        y = number(frame.y(degrees))
        name = f"{abs(degrees):g}° {'N' if degrees >= 0 else 'S'}"
        lines.append(f'<line x2="100%" y1="{y}%" y2="{y}%"/><text x="4" y="{y}%" dy="-4">{name}</text>')
    return f"<g class=degrees>{''.join(lines)}</g>"


def _ticks(low: float, high: float) -> list[float]:
    """Return a few round degrees between two, none at the very edge."""
    step = _round_length((high - low) / 2)
    first = math.ceil((low + (high - low) * 0.05) / step)
    last = math.floor((high - (high - low) * 0.08) / step)
    return [round(count * step, 6) for count in range(first, last + 1)]


def _round_length(most: float) -> float:
    """Return the greatest of 1, 2 and 5 times a power of ten that is at most `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))


def _scale_bar(frame: Frame) -> str:
    """Return a bar of a round length, at most a quarter of the map's width, and what it stands for."""
    kilometres = (frame.north - frame.south) * frame.ratio * KILOMETRES
    length = _round_length(kilometres / 4)
    text = f"{length:g} km" if length >= 1 else f"{length * 1000:g} m"
    return (
        f'<svg class=scale y="92%" x="3%" overflow="visible"><rect width="{number(length / kilometres * 100)}%"'
        f' height="3"/><text y="-5">{text}</text></svg>'
    )
