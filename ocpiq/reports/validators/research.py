"""Charging transactions for research, in the columns of ElaadNL's open data; cards and charge points are pseudonyms."""

from __future__ import annotations

from typing import Final

from ocpiq.reports.rules import OWNER, PARTY, Column, Validator, at_most, in_order, unique

PSEUDONYM: Final = "[a-z]{3}_[a-z2-7]{16}"
HOUR: Final = 0.0002  # hours are rounded to four decimals

TRANSACTIONS: Final = Validator(
    about="Research, ElaadNL's columns: transactions with pseudonyms",
    columns=(
        *PARTY,
        Column(name="TransactionId", longest=36),
        Column(name="ChargePoint", pattern=PSEUDONYM, form="a pseudonym"),
        Column(name="Connector"),
        Column(name="UTCTransactionStart", type="time", utc=True),
        Column(name="UTCTransactionStop", type="time", utc=True),
        Column(name="StartCard", pattern=PSEUDONYM, form="a pseudonym"),
        Column(name="ConnectedTime", type="number", minimum=0, decimals=4),
        Column(name="ChargeTime", type="number", minimum=0, decimals=4),
        Column(name="TotalEnergy", type="number", minimum=0),
        Column(name="MaxPower", type="number", minimum=0, filled=False),
    ),
    checks=(
        in_order("UTCTransactionStart", "UTCTransactionStop"),
        at_most("ChargeTime", "ConnectedTime", tolerance=HOUR),
        unique(*OWNER, "TransactionId"),
    ),
    only_these=True,
)
