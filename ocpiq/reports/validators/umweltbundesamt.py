"""The German quota on greenhouse gases (THG-Quote): what § 6 of the 38. BImSchV asks for public charge points."""

from __future__ import annotations

from typing import Final

from ocpiq.reports.rules import Column, Validator, unique

THG_QUOTA: Final = Validator(
    about="Germany, Umweltbundesamt: electricity of public charge points",
    separator=";",
    decimal=",",
    columns=(
        Column(name="Standort"),
        Column(name="Ladepunkt"),
        Column(name="Strasse"),
        Column(name="PLZ"),
        Column(name="Ort"),
        Column(name="Breitengrad", type="number", minimum=-90, maximum=90),
        Column(name="Laengengrad", type="number", minimum=-180, maximum=180),
        Column(
            name="Zeitraum",
            pattern=r"\d{4}(-(\d\d|Q[1-4]|W\d\d)(-\d\d)?)?",
            form="a period such as 2026 or 2026-Q1",
        ),
        Column(name="Strommenge_MWh", type="number", minimum=0.000001),
    ),
    checks=(unique("Ladepunkt", "Zeitraum"),),
)
