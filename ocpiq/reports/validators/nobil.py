"""NOBIL Real-time of Enova (Norway): the objects of its stream, as info.nobil.no/sanntid describes them."""

from __future__ import annotations

from typing import Final

from ocpiq.reports.rules import Column, Validator, unique

STATUS: Final = Validator(
    about="Norway, NOBIL Real-time: status of charge points, an object for each line",
    is_json=True,
    by_line=True,
    columns=(
        Column(name="nobilId", pattern=r"[A-Z]{3}_\d+", form="an id of NOBIL such as NOR_23314"),
        Column(name="evseUId", longest=36),
        Column(
            name="status",
            choices=(
                "AVAILABLE",
                "BLOCKED",
                "CHARGING",
                "INOPERATIVE",
                "OUTOFORDER",
                "PLANNED",
                "REMOVED",
                "RESERVED",
                "UNKNOWN",
            ),
        ),
    ),
    checks=(unique("nobilId", "evseUId"),),
    only_these=True,
)
