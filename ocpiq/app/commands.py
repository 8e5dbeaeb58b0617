"""Every command: its name, what it takes, what it does, and examples.

One table for the parser, the help, the man page and shell completion.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

ACTIONS: Final = ("add", "list", "show", "rotate", "remove")  # of ocpiq recipient
STATE_ACTIONS: Final = ("list", "show", "set", "accept", "reconcile", "forget", "reset")
SHELLS: Final = ("bash", "zsh", "fish")


class Command(Struct, frozen=True):
    """`ocpiq name takes`. The `examples` follow `ocpiq `."""

    name: str
    takes: str
    about: str
    examples: tuple[str, ...]


COMMANDS: Final = (
    Command(
        "login",
        "URL --party XX-YYY",
        "log in to a platform by its versions or version-details URL",
        (
            "login https://ocpi.example.com/ocpi/versions --party NL-ABC",
            "login https://ocpi.example.com/2.2.1 --party NL-ABC --name depot",
            "login https://ocpi.example.com/ocpi/versions --party NL-ABC --check",
            "login --import ~/.ocpi",
        ),
    ),
    Command("logout", "[NAME]", "remove a login", ("logout", "logout depot")),
    Command("platforms", "", "list the logins; a star marks the current one", ("platforms",)),
    Command(
        "get",
        "MODULE",
        "write all objects of a module, as in ocpi-tool",
        (
            "get --demo sessions --privacy-pass start_date_time,kwh",
            "get cdrs --date-from 2026-01-01 --date-to 2026-02-01 -o cdrs.ndjson",
            "get locations --source locations=saved/ --to table",
        ),
    ),
    Command(
        "pull",
        "[QUERY] --into DIR",
        "store what a query passes in a folder, whose queries then need no platform; again: what changed since",
        (
            "pull 'cdrs only id, last_updated' --into cdrs.snapshot",
            "pull -f city.ocpiq --into city.snapshot",
            "pull --into cdrs.snapshot",
            "pull --compact cdrs.snapshot",
            "pull --repair cdrs.snapshot",
            "--snapshot cdrs.snapshot 'cdrs only id | aggregate count'",
        ),
    ),
    Command(
        "reports",
        "[NAME]",
        "list the reports that recipients ask for, or print the saved query of one",
        ("reports", "reports --to csv -o reports.csv", "reports irve_static > mine.ocpiq"),
    ),
    Command(
        "report",
        "NAME",
        "run a report, in the form that its recipient takes",
        (
            "report --demo nevi_power --period 2026-Q1 -o power.csv",
            "report nevi_sessions --period 2026-Q1 --arg network_provider acme",
            "report tariff_revenue --period 'last month' --state revenue -o out",
            "report nevi_sessions --help",
        ),
    ),
    Command(
        "check",
        "FILE --as NAME",
        "list what a recipient would refuse in a file, by row and column",
        ("check sessions.csv --as ev-chart-2", "check irve.csv --as irve-static --to csv"),
    ),
    Command(
        "explain",
        "QUERY",
        "show what a query reads, shows and requests from the platform",
        (
            "explain 'sessions only id, kwh during 2026-01'",
            "explain --demo --ask 'cdrs only total_cost | aggregate count'",
            "explain -f report.ocpiq --arg month 2026-01",
            "explain -f report.ocpiq --arg month 2026-01 --to markdown",
            "explain --to policy 'cdrs only id, total_energy'",
            "explain --diff approved.ocpiq changed.ocpiq",
        ),
    ),
    Command(
        "schema",
        "[MODULE[.PATH]]",
        "list fields and types, and which are shown by default and why",
        (
            "schema",
            "schema sessions",
            "schema cdrs.cdr_token.uid",
            "schema cdrs.stop_date_time --ocpi-version 2.1.1",
            "schema locations.evses --json",
            "schema --all --to csv",
        ),
    ),
    Command(
        "recipient",
        "[ACTION] [NAME]",
        "list, add, show, rotate or remove the recipients of exports, each with a key of its own",
        (
            "recipient add utrecht",
            "recipient list",
            "recipient show utrecht",
            "recipient rotate utrecht",
            "recipient remove utrecht",
        ),
    ),
    Command(
        "policy",
        "[ACTION] RECIPIENT ...",
        "set or show the policy of a recipient, or check saved queries against it",
        (
            "policy set utrecht utrecht.toml",
            "policy show utrecht",
            "policy check utrecht reports/",
            "policy check utrecht.toml monthly.ocpiq yearly.ocpiq",
        ),
    ),
    Command(
        "audit",
        "[verify]",
        "who received what: list the runs in the audit trail, or verify that it is whole",
        (
            "audit --since 2026-01-01 --to table",
            "audit --recipient utrecht -o utrecht.csv",
            "audit --file cdrs.csv",
            "audit verify",
        ),
    ),
    Command(
        "risk",
        "FILE|QUERY",
        "how many rows of an export stand alone, over every choice of up to three columns",
        (
            "risk cdrs.csv",
            "risk --columns city,hour cdrs.parquet",
            "risk --demo 'sessions only location_id, start_date_time'",
        ),
    ),
    Command(
        "state",
        "[ACTION] [NAME] [PERIOD]",
        "list, show, set, accept, reconcile, forget or reset the states of deliveries",
        (
            "state list",
            "state show monthly",
            "state set daily --mark 2026-01-01",
            "state accept monthly",
            "state reconcile daily",
            "state forget monthly 2026-01",
            "state reset monthly",
        ),
    ),
    Command(
        "verify",
        "FILE",
        "compare a result file with its manifest, and print what differs",
        ("verify cdrs.csv",),
    ),
    Command("demo", "", "serve the embedded platform until Ctrl-C", ("demo", "demo --port 8642")),
    Command(
        "help",
        "[NAME]",
        "show the language reference: all names, or one entry with examples",
        ("help", "help aggregate", "help Dates", "help differences", "help login"),
    ),
    Command(
        "completion",
        "SHELL",
        f"print a completion script for {', '.join(SHELLS[:-1])} or {SHELLS[-1]}",
        (
            "completion bash > ~/.local/share/bash-completion/completions/ocpiq",
            "completion zsh > ~/.zfunc/_ocpiq",
            "completion fish > ~/.config/fish/completions/ocpiq.fish",
        ),
    ),
    Command("man", "", "print the man page", ("man | man -l -",)),
    Command("config", "", "show the defaults and the config file", ("config",)),
    Command("version", "", "print the version of ocpiq", ("version",)),
)
