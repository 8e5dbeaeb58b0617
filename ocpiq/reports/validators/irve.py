"""The French files of charging infrastructure (IRVE), static and dynamic, by the schema of etalab, version 2.3."""

from __future__ import annotations

from typing import Final

from ocpiq.reports.rules import Column, Validator, unique

ID: Final = "[A-Z]{2}[A-Z0-9]{4,33}"
ID_FORM: Final = "an id of AFIREV, such as FRA68E680210015"
NOT_CONCERNED: Final = "Non concerné"
PLUG_STATES: Final = ("fonctionnel", "hors_service", "inconnu")


def flag(name: str, *, required: bool = True) -> Column:
    """Return a column of true and false."""
    return Column(name=name, type="boolean", must_exist=required, filled=required)


def optional(name: str, **rules: str) -> Column:
    """Return a column that may be missing or empty."""
    return Column(name=name, must_exist=False, filled=False, **rules)  # type: ignore[arg-type]


STATIC: Final = Validator(
    about="France, IRVE static: stations and charge points",
    columns=(
        optional("nom_amenageur"),
        optional("siren_amenageur", pattern=r"\d{9}", form="a SIREN of nine digits"),
        optional("contact_amenageur", type="email"),
        optional("nom_operateur"),
        Column(name="contact_operateur", type="email"),
        optional("telephone_operateur"),
        Column(name="nom_enseigne"),
        Column(name="id_station_itinerance", pattern=f"{ID}|{NOT_CONCERNED}", form=ID_FORM),
        optional("id_station_local"),
        Column(name="nom_station"),
        Column(
            name="implantation_station",
            choices=(
                "Voirie",
                "Parking public",
                "Parking privé à usage public",
                "Parking privé réservé à la clientèle",
                "Station dédiée à la recharge rapide",
            ),
        ),
        Column(name="adresse_station"),
        optional(
            "code_insee_commune",
            pattern=r"([013-9]\d|2[AB1-9])\d{3}",
            form="the INSEE code of a municipality",
        ),
        Column(name="coordonneesXY", type="coordinates"),
        Column(name="nbre_pdc", type="integer", minimum=0),
        Column(name="id_pdc_itinerance", pattern=f"{ID}|{NOT_CONCERNED}", form=ID_FORM),
        optional("id_pdc_local"),
        Column(name="puissance_nominale", type="number", minimum=0),
        flag("prise_type_ef"),
        flag("prise_type_2"),
        flag("prise_type_combo_ccs"),
        flag("prise_type_chademo"),
        flag("prise_type_autre"),
        flag("gratuit", required=False),
        flag("paiement_acte"),
        flag("paiement_cb", required=False),
        flag("paiement_autre", required=False),
        optional("tarification"),
        Column(name="condition_acces", choices=("Accès libre", "Accès réservé")),
        flag("reservation"),
        Column(
            name="horaires",
            pattern=r".*?(\d{1,2}:\d{2}-\d{1,2}:\d{2}|24/7).*",
            form="opening hours such as Mo-Fr 08:00-18:00 or 24/7",
        ),
        Column(
            name="accessibilite_pmr",
            choices=(
                "Réservé PMR",
                "Accessible mais non réservé PMR",
                "Non accessible",
                "Accessibilité inconnue",
            ),
        ),
        Column(name="restriction_gabarit"),
        flag("station_deux_roues"),
        optional("raccordement", pattern="Direct|Indirect", form="Direct or Indirect"),
        optional("num_pdl"),
        optional("date_mise_en_service", type="date"),
        optional("observations"),
        Column(name="date_maj", type="date"),
        flag("cable_t2_attache", required=False),
    ),
    checks=(unique("id_pdc_itinerance"),),
)

DYNAMIC: Final = Validator(
    about="France, IRVE dynamic: the state of charge points",
    columns=(
        Column(name="id_pdc_itinerance", pattern=ID, form=ID_FORM),
        Column(name="etat_pdc", choices=("en_service", "hors_service", "inconnu")),
        Column(name="occupation_pdc", choices=("libre", "occupe", "reserve", "inconnu")),
        Column(name="horodatage", type="time"),
        *(
            Column(name=f"etat_prise_type_{plug}", choices=PLUG_STATES, filled=False, must_exist=False)
            for plug in ("2", "combo_ccs", "chademo", "ef")
        ),
    ),
)
