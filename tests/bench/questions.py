"""The questions that every tool is asked, each in its own language."""

from __future__ import annotations

from msgspec import Struct


class Question(Struct, frozen=True):
    """One question: for ocpiq over a source, for jq over a stream of inputs (`-n`), for DuckDB and polars over a file.

    `columns` are those that DuckDB needs, with their types, so that it has not to look for them. The expression for
    polars reads the frame `cdrs`.
    """

    name: str
    ocpiq: str
    jq: str
    duckdb: str
    polars: str = "cdrs"
    columns: str = ""


QUESTIONS = (
    Question(
        "projection",
        "cdrs pass total_energy, total_cost | {id, kwh: .total_energy, cost: .total_cost.incl_vat}",
        "inputs | {id, kwh: .total_energy, cost: .total_cost.incl_vat}",
        "select id, total_energy as kwh, total_cost.incl_vat as cost from CDRS",
        'cdrs.select("id", kwh="total_energy", cost=pl.col("total_cost").struct.field("incl_vat"))',
        "{id: 'VARCHAR', total_energy: 'DOUBLE', total_cost: 'STRUCT(incl_vat DOUBLE)'}",
    ),
    Question(
        "group",
        "cdrs pass cdr_location.city, total_energy"
        " | aggregate {n: count, kwh: sum(.total_energy)} by {city: .cdr_location.city}",
        "reduce inputs as $c ({}; .[$c.cdr_location.city] |= {n: (.n + 1), kwh: (.kwh + $c.total_energy)})"
        " | to_entries[] | {city: .key} + .value",
        "select cdr_location.city as city, count(*) as n, sum(total_energy) as kwh from CDRS group by 1 order by 1",
        'cdrs.group_by(pl.col("cdr_location").struct.field("city")).agg(n=pl.len(), kwh=pl.sum("total_energy"))',
        "{cdr_location: 'STRUCT(city VARCHAR)', total_energy: 'DOUBLE'}",
    ),
    Question(
        "nested",
        "cdrs pass charging_periods.dimensions"
        " | .charging_periods[].dimensions[] | aggregate {volume: sum(.volume)} by {type: .type}",
        "reduce (inputs | .charging_periods[].dimensions[]) as $d ({}; .[$d.type] += $d.volume)"
        " | to_entries[] | {type: .key, volume: .value}",
        "select d.type as type, sum(d.volume) as volume from (select unnest(p.dimensions) as d from"
        " (select unnest(charging_periods) as p from CDRS)) group by 1 order by 1",
        'cdrs.select("charging_periods").explode("charging_periods").unnest("charging_periods")'
        '.select("dimensions").explode("dimensions").unnest("dimensions").group_by("type").agg(pl.sum("volume"))',
        "{charging_periods: 'STRUCT(dimensions STRUCT(type VARCHAR, volume DOUBLE)[])[]'}",
    ),
    Question(
        "dates",
        "cdrs pass start_date_time, total_energy"
        " | aggregate {n: count, kwh: sum(.total_energy)} by {month: .start_date_time[0:7]}",
        "reduce inputs as $c ({}; .[$c.start_date_time[0:7]] |= {n: (.n + 1), kwh: (.kwh + $c.total_energy)})"
        " | to_entries[] | {month: .key} + .value",
        "select strftime(start_date_time::timestamp, '%Y-%m') as month, count(*) as n, sum(total_energy) as kwh"
        " from CDRS group by 1 order by 1",
        'cdrs.group_by(pl.col("start_date_time").str.slice(0, 7)).agg(n=pl.len(), kwh=pl.sum("total_energy"))',
        "{start_date_time: 'VARCHAR', total_energy: 'DOUBLE'}",
    ),
)
IDENTITY = Question("identity", ".", "inputs", "select * from CDRS")
BLANKED = Question("all blanked", "cdrs", "inputs", "select * from CDRS")
OPEN = Question("all open", "cdrs pass .", "inputs", "select * from CDRS")
