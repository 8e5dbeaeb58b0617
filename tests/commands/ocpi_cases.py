"""The command-line cases of what OCPI's schema knows of values: types, decimal text, credit CDRs, misleading totals."""

from __future__ import annotations

from command_cases import Case

LOCATION = (
    '{"country_code":"NL","party_id":"ABC","id":"L1","coordinates":{"latitude":"51.05","longitude":"-3.7"},'
    '"related_locations":[{"latitude":"51.2","longitude":"3.8"}],'
    '"images":[{"url":"https://img.example/1.png","category":"LOCATION","type":"png","width":640,"height":480}],'
    '"opening_times":{"twentyfourseven":false,"regular_hours":['
    '{"weekday":1,"period_begin":"07:00","period_end":"22:00"},'
    '{"weekday":6,"period_begin":"09:00","period_end":"17:00"}]}}\n'
)
LOCATIONS = {"l.ndjson": LOCATION}
OF_LOCATIONS = ("--source", "locations=l.ndjson", "-q")

OCPI = [
    Case(
        "an integer with a length is a number",
        (
            *OF_LOCATIONS,
            "locations pass opening_times | .opening_times.regular_hours[] | select(.weekday <= 5) | .period_begin",
        ),
        '"07:00"\n',
        files=LOCATIONS,
    ),
    Case(
        "integers with a length are multiplied",
        (*OF_LOCATIONS, "locations pass images | .images[] | .width * .height"),
        "307200\n",
        files=LOCATIONS,
    ),
    Case(
        "integers with a length are summed",
        (
            *OF_LOCATIONS,
            "locations pass opening_times | .opening_times.regular_hours[] | aggregate sum(.weekday)",
        ),
        "7\n",
        files=LOCATIONS,
    ),
    Case(
        "an integer with a length is not text",
        (
            *OF_LOCATIONS,
            'locations pass opening_times | .opening_times.regular_hours[] | select(.weekday == "1")',
        ),
        files=LOCATIONS,
        err=r"weekday is a number: it and a string are never equal \(write the number without quotes\)",
        code=3,
    ),
    Case(
        "decimal commas in coordinates",
        (*OF_LOCATIONS, "--csv", "decimal-comma", "locations pass coordinates | {id, coordinates}"),
        "id;coordinates.latitude;coordinates.longitude\nL1;51,05;-3,7\n",
        files=LOCATIONS,
    ),
    Case(
        "decimal commas in coordinates, in the columns of the query",
        (
            *OF_LOCATIONS,
            "--csv",
            "excel,decimal-comma",
            'locations pass related_locations | .related_locations[] | {text: "51.2", lat: .latitude, longitude}',
        ),
        "\ufefftext;lat;longitude\r\n51.2;51,2;3,8\r\n",
        files=LOCATIONS,
    ),
    Case(
        "a decimal point in coordinates",
        (*OF_LOCATIONS, "--to", "csv", "locations pass coordinates | .coordinates.longitude"),
        "value\n-3.7\n",
        files=LOCATIONS,
    ),
    Case(
        "coordinates in JSON stay text",
        (*OF_LOCATIONS, "locations pass coordinates | .coordinates"),
        '{"latitude":"51.05","longitude":"-3.7"}\n',
        files=LOCATIONS,
    ),
]
