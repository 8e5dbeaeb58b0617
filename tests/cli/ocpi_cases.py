"""The command-line cases of what OCPI's schema knows of values: types, decimal text, credit CDRs, misleading totals."""

from __future__ import annotations

import json

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

BILLED = (
    '{"country_code":"NL","party_id":"ABC","id":"C1","end_date_time":"2026-01-05T11:00:00Z",'
    '"cdr_location":{"city":"Gent"},"currency":"EUR","total_cost":{"excl_vat":5.0},"total_energy":10,"total_time":1.5}'
)
CREDITED = (
    BILLED.replace('"C1"', '"C1-C"')
    .replace(":5.0", ":-5.0")
    .replace('"total_time"', '"credit":true,"credit_reference_id":"C1","total_time"')
)
AGAIN = BILLED.replace('"C1"', '"C1-B"').replace(":5.0", ":4.0").replace(":10,", ":8,")
CDRS = {"c.ndjson": f"{BILLED}\n{CREDITED}\n{AGAIN}\n"}
OF_CDRS = ("--source", "cdrs=c.ndjson", "-q")
CITY = "pass cdr_location.city, end_date_time, total_energy during 2026-01"
ENERGY = "aggregate {cdrs: count, kwh: sum(.total_energy)} by {city: .cdr_location.city}"

ENDS = ("20260105T110000Z", 1767610800, "Mon, 05 Jan 2026 11:00:00 GMT", "", None, "#NA")
OTHER_VERSION = '{"id":"C1","stop_date_time":"2026-01-01T00:00:00Z"}\n'
ENDED = "".join(
    f'{{"id":"S{number}","end_date_time":{json.dumps(end)}}}\n' for number, end in enumerate(ENDS)
)

OCPI = [
    Case(
        "a file of something else",
        ("--source", "cdrs=export.ndjson", "cdrs | aggregate count"),
        files={"export.ndjson": '{"Sessie":"Jane Doe","Laadpunt":1}\n'},
        err=r"^error: no object in export\.ndjson has a field of cdrs "
        r"\(--source takes saved pages, lists or NDJSON of a module\)\n\Z",
        code=2,
    ),
    Case(
        "a CSV file",
        ("--source", "cdrs=export.csv", "cdrs | aggregate count"),
        files={"export.csv": "id,kwh\nJane Doe,1\n"},
        err=r"^error: export\.csv: the response is not JSON "
        r"\(--source takes saved pages, lists or NDJSON of a module\)\n\Z",
        code=2,
    ),
    Case(
        "a period has every session whose end can be read, and none without one",
        ("--source", "sessions=s.ndjson", "-q", "sessions during 2026-01-05 only id | .id"),
        '"S0"\n"S1"\n"S2"\n',
        files={"s.ndjson": ENDED},
    ),
    Case(
        "a period is incomplete where an end cannot be read",
        ("--source", "sessions=s.ndjson", "-q", "sessions during 2026-01-05 only id | .id"),
        '"S0"\n"S1"\n"S2"\n',
        files={"s.ndjson": ENDED + '{"id":"S9","end_date_time":"05/01/2026 11:00"}\n'},
        err=r"^warning: sessions: 1 object is left out whose end of charging cannot be read\n"
        r"error: sessions: the end of charging of some objects cannot be read; incomplete: 6 of 7 objects could be "
        r"compared with the period \(since and until compare last_updated instead\)\n\Z",
        code=8,
    ),
    Case(
        "a field of another version is an error before the file is read",
        ("--source", "cdrs=c.ndjson", "cdrs pass . | select(.stop_date_time) | aggregate count"),
        files={"c.ndjson": OTHER_VERSION},
        err=r"^error: cdrs\.stop_date_time is a field of OCPI 2\.1\.1, not of 2\.2\.1 \(write end_date_time; "
        r'if the platform sends it all the same: pass "stop_date_time"; for files of OCPI 2\.1\.1: '
        r"--ocpi-version 2\.1\.1\)\n"
        r"  query, line 1, column 22\n",
        code=3,
    ),
    Case(
        "a field of another version in quotes",
        ("--source", "cdrs=c.ndjson", "-q", 'cdrs pass "stop_date_time" | .stop_date_time'),
        '"2026-01-01T00:00:00Z"\n',
        files={"c.ndjson": OTHER_VERSION},
        err="fields of OCPI 2.1.1",
    ),
    Case(
        "a field of another version, with that version",
        (
            "--source",
            "cdrs=c.ndjson",
            "--ocpi-version",
            "2.1.1",
            "-q",
            "cdrs pass stop_date_time | .stop_date_time",
        ),
        '"2026-01-01T00:00:00Z"\n',
        files={"c.ndjson": OTHER_VERSION},
    ),
    Case(
        "jq's habit of arrays is an error before anything is read",
        ("--source", "cdrs=c.ndjson", "cdrs pass total_energy | sort_by(.total_energy)"),
        files={"c.ndjson": OTHER_VERSION},
        err=r"^error: `cdrs` is a stream of objects, and sort_by needs an array "
        r"\(use sort by \.total_energy, or \[cdrs …\] \| sort_by\(\.total_energy\)\)\n",
        code=3,
    ),
    Case(
        "SQL is answered with the form of the language",
        ("--source", "cdrs=c.ndjson", "select total_energy from cdrs"),
        files={"c.ndjson": OTHER_VERSION},
        err=r"\(write the module first: sessions only id, kwh \| …\)",
        code=3,
    ),
    Case(
        "explain refuses a field of another version too",
        ("explain", "cdrs pass stop_date_time"),
        err=r"^error: cdrs\.stop_date_time is a field of OCPI 2\.1\.1, not of 2\.2\.1",
        code=3,
    ),
    Case(
        "schema names the field of this version",
        ("schema", "cdrs.stop_date_time"),
        err=r"^error: cdrs\.stop_date_time is a field of OCPI 2\.1\.1, not of 2\.2\.1 "
        r"\(end_date_time in this version; for OCPI 2\.1\.1: --ocpi-version 2\.1\.1\)\n\Z",
        code=2,
    ),
    Case(
        "billed, credited, billed again",
        (*OF_CDRS, f"cdrs net {CITY} | {ENERGY}"),
        '{"city":"Gent","cdrs":1,"kwh":8}\n',
        files=CDRS,
    ),
    Case(
        "credits without net are warned about",
        (*OF_CDRS, f"cdrs {CITY} | {ENERGY}"),
        '{"city":"Gent","cdrs":3,"kwh":28}\n',
        files=CDRS,
        err=r"^warning: count, sum\(\.total_energy\): credit CDRs.* are counted as charging sessions "
        r"\(use `cdrs net …`\)\n\Z",
    ),
    Case(
        "the sum of costs is right without net",
        (*OF_CDRS, "cdrs pass total_cost | aggregate sum(.total_cost.excl_vat) by .currency"),
        '{"currency":"EUR","sum_excl_vat":4}\n',
        files=CDRS,
    ),
    Case(
        "times of all forms in one",
        (
            "--source",
            "sessions=t.ndjson",
            "-q",
            "sessions pass start_date_time | .start_date_time | [utc, (utc // empty | fromdate)]",
        ),
        '["2026-01-31T06:00:00Z",1769839200]\n["2026-01-31T06:00:00Z",1769839200]\n[null]\n',
        files={
            "t.ndjson": '{"start_date_time":"2026-01-31T07:00:00.5+01:00"}\n{"start_date_time":"20260131T060000"}\n'
            '{"start_date_time":null}\n'
        },
    ),
    Case(
        "explain says that credits are netted",
        ("explain", "cdrs net pass total_energy | aggregate {cdrs: count, kwh: sum(.total_energy)}"),
        "cdrs (OCPI 2.2.1)\n"
        "  nets        a credit CDR cancels out the CDR that it credits\n"
        "  passes      total_energy\n"
        "  aggregated  credit, total_energy, credit_reference_id\n"
        "  key         country_code, party_id, id\n"
        "holds         the credit CDRs\n"
        "in parts      cdrs can be split; each part sends a state for each group; credit\n"
        "              CDRs are subtracted at the end; with --jobs, and by default for\n"
        "              300 MB of saved pages or more\n",
    ),
    Case(
        "explain shows the warnings",
        ("explain", "cdrs | aggregate count"),
        "cdrs (OCPI 2.2.1)\n"
        "  passes      nothing; private fields are blanked\n"
        "  key         country_code, party_id, id\n"
        "in parts      cdrs can be split; each part sends a state for each group; with\n"
        "              --jobs, and by default for 300 MB of saved pages or more\n"
        "warning       count: credit CDRs and the CDRs they cancel are counted as\n"
        "              charging sessions (use `cdrs net …`)\n",
    ),
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
        '\ufefftext;lat;longitude\r\n"=""51.2""";51,2;3,8\r\n',
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
