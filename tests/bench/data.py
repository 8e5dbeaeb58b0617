"""Seeded CDRs of 3.3 KB as NDJSON, the same on every machine."""

from __future__ import annotations

import json
import random
from pathlib import Path

DIFFERENT = 2_000  # objects; beyond them only the ids differ
CITIES = (
    "Utrecht",
    "Rotterdam",
    "Gent",
    "Antwerpen",
    "Köln",
    "Aachen",
    "Lille",
    "Luxembourg",
    "Eindhoven",
    "Assen",
)
PERIODS = 10
ID = "CDR%012d"


def cdrs(folder: Path, count: int) -> Path:
    """Return a file of `count` CDRs in `folder`, made if it is not there."""
    path = folder / f"cdrs-{count}.ndjson"
    if path.exists():
        return path
    templates = _templates()
    unfinished = path.with_suffix(".new")
    with unfinished.open("wb") as file:
        for number in range(count):
            before, after = templates[number % len(templates)]
            file.write(b"%b%b%b\n" % (before, (ID % number).encode(), after))
    unfinished.replace(path)
    return path


def repeated(folder: Path, file: Path, times: int) -> Path:
    """Return a folder that holds `file` so many times, by links."""
    path = folder / f"{file.stem}-x{times}"
    path.mkdir(exist_ok=True)
    for number in range(times):
        link = path / f"page{number}.ndjson"
        if not link.exists():
            link.hardlink_to(file)
    return path


def _templates() -> list[tuple[bytes, bytes]]:
    chance = random.Random(2026)
    made = (json.dumps(_cdr(chance), separators=(",", ":"), ensure_ascii=False) for _ in range(DIFFERENT))
    parts = (text.split(ID % 0) for text in made)
    return [(before.encode(), after.encode()) for before, after in parts]


def _cdr(chance: random.Random) -> dict[str, object]:
    month, day, hour = chance.randrange(1, 13), chance.randrange(1, 29), chance.randrange(24)
    date = f"2026-{month:02}-{day:02}T"
    energy = round(chance.uniform(1, 80), 3)
    cost = round(energy * chance.uniform(0.3, 0.8), 2)
    place = chance.randrange(10_000)
    return {
        "country_code": "NL",
        "party_id": "BEN",
        "id": ID % 0,
        "start_date_time": f"{date}{hour:02}:{chance.randrange(30):02}:00Z",
        "end_date_time": f"{date}{hour:02}:{chance.randrange(30, 60):02}:30Z",
        "session_id": f"S{chance.randrange(10**9):09}",
        "cdr_token": {
            "country_code": "NL",
            "party_id": "MSP",
            "uid": f"{chance.getrandbits(56):014X}",
            "type": "RFID",
            "contract_id": f"NL-MSP-C{chance.randrange(10**8):08}-{chance.randrange(10)}",
        },
        "auth_method": chance.choice(("WHITELIST", "AUTH_REQUEST", "COMMAND")),
        "cdr_location": {
            "id": f"LOC{place:06}",
            "name": f"Parkeerplaats {place}",
            "address": f"Stationsstraat {place % 300}",
            "city": chance.choice(CITIES),
            "postal_code": f"{1000 + place % 9000} AB",
            "country": "NLD",
            "coordinates": {"latitude": f"52.{place:06}", "longitude": f"5.{place:06}"},
            "evse_uid": f"{chance.getrandbits(64):016x}",
            "evse_id": f"NL*BEN*E{place:06}*1",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "currency": "EUR",
        "tariffs": [_tariff()],
        "charging_periods": [
            {
                "start_date_time": f"{date}{hour:02}:{minute:02}:00Z",
                "dimensions": [
                    {"type": "ENERGY", "volume": round(energy / PERIODS, 3)},
                    {"type": "TIME", "volume": round(chance.uniform(0.01, 0.5), 4)},
                    {"type": "MAX_CURRENT", "volume": chance.choice((16.0, 32.0))},
                ],
                "tariff_id": "NL-DAY",
            }
            for minute in range(PERIODS)
        ],
        "total_cost": {"excl_vat": cost, "incl_vat": round(cost * 1.21, 2)},
        "total_energy": energy,
        "total_time": round(chance.uniform(0.1, 9), 4),
        "remark": "Thank you for charging with us. Questions? Call the number on the charging station.",
        "last_updated": f"{date}23:59:00Z",
    }


def _tariff() -> dict[str, object]:
    def element(kind: str, price: float, step: int, start: str, end: str) -> dict[str, object]:
        component = {"type": kind, "price": price, "vat": 21.0, "step_size": step}
        return {"price_components": [component], "restrictions": {"start_time": start, "end_time": end}}

    return {
        "country_code": "NL",
        "party_id": "BEN",
        "id": "NL-DAY",
        "currency": "EUR",
        "tariff_alt_text": [
            {"language": "en", "text": "Day and night tariff with a fee for parking too long"}
        ],
        "elements": [
            element("ENERGY", 0.49, 1, "07:00", "23:00"),
            element("ENERGY", 0.39, 1, "23:00", "07:00"),
            element("PARKING_TIME", 3.0, 300, "09:00", "22:00"),
        ],
        "last_updated": "2026-01-01T00:00:00Z",
    }
