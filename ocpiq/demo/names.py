"""Made-up streets, companies and parties. The cities are real, so that maps and time zones make sense."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ocpiq.demo.clock import Zone


class Operator(Struct, frozen=True, eq=False):
    """A CPO of the platform: all infrastructure, sessions and CDRs of its countries are of its party."""

    country_code: str
    party_id: str
    name: str
    website: str


class Country(Struct, frozen=True, eq=False):
    """A country of the demo and its CPO. Prices are in its currency, `vat` in percent."""

    operator: Operator
    code: str
    alpha3: str
    zone: Zone
    currency: str
    vat: int
    language: str
    streets: tuple[str, ...]
    retail: tuple[str, ...]


class City(Struct, frozen=True, eq=False):
    """A city: `latitude` and `longitude` in millionths of a degree, `postal` is how its codes begin."""

    name: str
    country: Country
    state: str
    latitude: int
    longitude: int
    postal: str
    weight: int  # how many locations it has, relative to the others


HUB: Final = Operator("NL", "DMH", "Demonstroom Hub", "https://demonstroom.example/hub")
MAINLAND: Final = Operator("NL", "DEM", "Demonstroom Laadnetten", "https://demonstroom.example")
ISLAND: Final = Operator("GB", "DMK", "Demonstroom UK", "https://demonstroom.example/uk")
OPERATORS: Final = (MAINLAND, ISLAND)
SUPPLIER: Final = "Windakker Energie"

NETHERLANDS: Final = Country(
    MAINLAND,
    "NL",
    "NLD",
    Zone("Europe/Amsterdam", 1),
    "EUR",
    21,
    "nl",
    ("Kikkervisstraat", "Zevensprongweg", "Lindewormlaan", "Theepotplein", "Wolkenkade", "Knikkerdijk"),
    ("De Bolle Mand", "Ruimkoop", "Het Volle Schap"),
)
BELGIUM: Final = Country(
    MAINLAND,
    "BE",
    "BEL",
    Zone("Europe/Brussels", 1),
    "EUR",
    21,
    "nl",
    ("Vlinderpadstraat", "Kaneelkaai", "Hinkelsteenweg", "Avondroodlaan", "Krekelplein"),
    ("Korfmarkt", "Den Halven Prijs"),
)
BRITAIN: Final = Country(
    ISLAND,
    "GB",
    "GBR",
    Zone("Europe/London", 0),
    "GBP",
    20,
    "en",
    ("Tadpole Row", "Thimble Street", "Lower Marzipan Lane", "Cartwheel Road", "Otter Parade"),
    ("Basket & Barrow", "Penny Hollow"),
)

CITIES: Final = (
    City("Utrecht", NETHERLANDS, "Utrecht", 52_090_700, 5_121_400, "35", 14),
    City("Eindhoven", NETHERLANDS, "Noord-Brabant", 51_441_600, 5_469_700, "56", 11),
    City("Groningen", NETHERLANDS, "Groningen", 53_219_400, 6_566_500, "97", 8),
    City("Zwolle", NETHERLANDS, "Overijssel", 52_516_800, 6_083_000, "80", 7),
    City("Haarlem", NETHERLANDS, "Noord-Holland", 52_387_400, 4_646_200, "20", 8),
    City("Breda", NETHERLANDS, "Noord-Brabant", 51_571_900, 4_768_300, "48", 6),
    City("Gent", BELGIUM, "Oost-Vlaanderen", 51_054_300, 3_717_400, "90", 9),
    City("Leuven", BELGIUM, "Vlaams-Brabant", 50_879_800, 4_700_500, "30", 6),
    City("Brugge", BELGIUM, "West-Vlaanderen", 51_209_300, 3_224_700, "80", 5),
    City("Namur", BELGIUM, "Namur", 50_467_400, 4_871_900, "50", 4),
    City("Bristol", BRITAIN, "Bristol", 51_454_500, -2_587_900, "BS", 8),
    City("Leeds", BRITAIN, "West Yorkshire", 53_800_800, -1_549_100, "LS", 7),
    City("Norwich", BRITAIN, "Norfolk", 52_630_900, 1_297_400, "NR", 5),
    City("Cardiff", BRITAIN, "South Glamorgan", 51_481_600, -3_179_100, "CF", 5),
)


class Provider(Struct, frozen=True, eq=False):
    """An e-mobility service provider, which issues tokens."""

    country_code: str
    party_id: str
    name: str
    country: Country
    weight: int


PROVIDERS: Final = (
    Provider("NL", "DEM", "Demonstroom Passen", NETHERLANDS, 46),
    Provider("BE", "DEB", "Bromvlieg Mobiliteit", BELGIUM, 24),
    Provider("GB", "DEG", "Gadabout Charge Club", BRITAIN, 30),
)
