"""GeoJSON through the command line: points as numbers, what has no position, and what is blanked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.cli import Outcome, command
from support.typed_files import saved_objects


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def converted(home: Path, *inputs: object, query: str = ".", words: tuple[str, ...] = ()) -> Outcome:
    saved_objects(Path("inputs"), *inputs)
    return command(home, ["--to", "geojson", *words, query, "inputs"])


def features(run: Outcome) -> list[dict[str, object]]:
    assert run.code == 0, run.err
    collection = json.loads(run.out)
    assert collection["type"] == "FeatureCollection"
    assert all(feature["type"] == "Feature" for feature in collection["features"])
    return [{"at": feature["geometry"], **feature["properties"]} for feature in collection["features"]]


def point(longitude: float, latitude: float) -> dict[str, object]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


POSITIONS = {
    "text, as OCPI has it": ({"latitude": "52.070000", "longitude": "-4.3"}, point(-4.3, 52.07)),
    "numbers": ({"latitude": 52, "longitude": 4.5}, point(4.5, 52)),
    "nested": ({"coordinates": {"latitude": "52", "longitude": "4"}}, point(4, 52)),
    "short names": ({"lat": 52, "lon": 4}, point(4, 52)),
    "the pole and the date line": ({"latitude": -90, "longitude": 180}, point(180, -90)),
    "0 and another number": ({"latitude": 0, "longitude": 6.7}, point(6.7, 0)),
    "null": ({"latitude": None, "longitude": 4}, None),
    "missing": ({"coordinates": {"latitude": "52", "longitude": None}}, None),
}


@pytest.mark.parametrize(("value", "at"), POSITIONS.values(), ids=POSITIONS)
def test_positions(value: dict[str, object], at: object, home: Path, work: Path) -> None:
    run = converted(home, {**value, "id": "ü😀", "list": [1, {"a": 2}]})
    assert features(run) == [{"at": at, "id": "ü😀", "list": [1, {"a": 2}]}]
    assert run.err == ""


def test_unknown_and_impossible_positions_are_left_out_and_counted(home: Path, work: Path) -> None:
    places = [(0, 0), ("0.0000", "0.00"), (91, 4), (52, 181), (52, 4)]
    inputs = [{"n": number, "lat": lat, "lng": lng} for number, (lat, lng) in enumerate(places)]
    run = converted(home, *inputs)
    assert [feature["at"] for feature in features(run)] == [None, None, None, None, point(4, 52)]
    assert run.err == "warning: positions left out: 2 at 0,0, 2 outside the earth\n"


def test_no_result_is_an_empty_collection(home: Path, work: Path) -> None:
    assert features(converted(home, {"lat": 1}, query="select(.lat == 2)")) == []


def test_blanks_are_null_and_explode_gives_a_feature_for_each_item(home: Path, work: Path) -> None:
    location = {
        "id": "L1",
        "name": "Station",
        "coordinates": {"latitude": "52.1", "longitude": "4.1"},
        "evses": [{"uid": "E1"}, {"uid": "E2"}],
    }
    saved_objects(work / "locations.ndjson", location)
    words = ["-q", "--source", "locations=locations.ndjson", "-o", "x.geojson", "--explode", "evses"]
    query = "locations pass coordinates, evses.uid | {id, coordinates, evses, postal_code}"
    assert command(home, [*words, query]).code == 0
    found = json.loads((work / "x.geojson").read_text())["features"]
    assert [feature["properties"]["evses.uid"] for feature in found] == ["E1", "E2"]
    assert all(feature["geometry"] == point(4.1, 52.1) for feature in found)
    assert "#NA" not in (work / "x.geojson").read_text()


def test_another_program_reads_it(home: Path, work: Path) -> None:
    shapely = pytest.importorskip("shapely")
    run = converted(
        home, {"latitude": "52.07", "longitude": "4.3", "id": 1}, {"latitude": 51, "longitude": 3, "id": 2}
    )
    geometry = shapely.from_geojson(run.out)
    assert [(part.x, part.y) for part in geometry.geoms] == [(4.3, 52.07), (3, 51)]


REFUSED = {
    "no coordinates": (
        ["--demo", "sessions | {id}"],
        "error: GeoJSON needs columns latitude and longitude (",
    ),
    "blanked": (
        ["--demo", "locations | {id, coordinates}"],
        "error: column coordinates.latitude is blanked, so there is no position to write (pass the coordinates)",
    ),
}


@pytest.mark.parametrize(("words", "message"), REFUSED.values(), ids=REFUSED)
def test_a_query_without_positions_is_refused_before_anything_is_fetched(
    words: list[str], message: str, home: Path, work: Path
) -> None:
    run = command(home, ["-o", "x.geojson", *words])
    assert (run.code, list(work.iterdir())) == (5, [])
    assert run.err.startswith(message) and run.err.count("\n") == 1


WRONG = {"text": "Qz7private", "a boolean": True, "NaN as text": "NaN", "an exponent": "1e5"}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)
def test_a_coordinate_that_is_not_a_number_stops_the_run(value: object, home: Path, work: Path) -> None:
    run = converted(home, {"latitude": 1, "longitude": 2}, {"latitude": value, "longitude": 2})
    assert run.code == 5
    assert run.err == (
        "error: result 2 does not fit column latitude, which holds numbers of double precision\n"
    )


def test_private_fields_change_nothing(home: Path, work: Path) -> None:
    outputs = []
    for address in ("A", "B"):
        place = {"latitude": "52", "longitude": "4"}
        saved_objects(work / "locations.ndjson", {"id": "L1", "coordinates": place, "address": address})
        query = "locations pass coordinates | {id, coordinates, address}"
        run = command(home, ["-q", "--source", "locations=locations.ndjson", "--to", "geojson", query])
        outputs.append((run.code, run.out, run.err))
    assert outputs[0] == outputs[1] and outputs[0][0] == 0
