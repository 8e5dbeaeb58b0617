"""Reads a policy from its TOML file, and refuses anything in it that it does not understand."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Final

from msgspec import Struct

from ocpiq.errors import CompileError, Span, UsageError, choices, nearest, safe_word
from ocpiq.privacy.drivers import DRIVERS, FEWEST_DRIVERS, check_has_drivers, driver_paths
from ocpiq.privacy.policy import CLEAR, LENGTH, WITH_NUMBER, ModulePolicy, Permission, Policy, WindowLimits
from ocpiq.privacy.treatments import (
    AGGREGATE,
    TREATMENTS,
    full_path_text,
    mismatch,
    suitable,
    takes_amount,
)
from ocpiq.schema import ENDED, VERSIONS, SchemaModule, module, modules

PERMISSION: Final = re.compile(
    r'(?P<path>\.|"[^"]+"|\.?\w+(?:\.\w+)*)(?:\s+as\s+(?P<treatment>\w+)\s*(?:\(\s*(?P<number>\d+(?:\.\d+)?)\s*\))?)?'
)
Table = Mapping[str, object]


def read_policy(data: bytes, name: str) -> Policy:
    """Return the policy in a TOML file that messages call `name`. Raises UsageError."""
    import tomllib  # noqa: PLC0415 - few runs have a policy

    try:
        table = tomllib.loads(data.removeprefix(BOM_UTF8).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = "not UTF-8" if isinstance(error, UnicodeDecodeError) else f"not TOML: {error}"
        raise UsageError(f"the policy {name} is {reason}") from None
    reader = _Reader(name)
    general = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    reader.check_keys(general, GENERAL, "setting")
    default = WindowLimits(reader.length(general, "window_min"), reader.length(general, "window_max"))
    reader.check_limits(default)
    return Policy(
        name,
        {
            key: reader.module(key, value, default)
            for key, value in table.items()
            if isinstance(value, Mapping)
        },
        reader.texts(general, "formats") if "formats" in general else None,
        reader.day(general, "expires"),
        reader.switch(general, "plain_json"),
        sha256(data).hexdigest(),
        reader.drivers(general),
    )


GENERAL: Final = ("expires", "formats", "window_min", "window_max", "plain_json", "k")
OF_MODULE: Final = ("pass", "window_min", "window_max")


class _Reader(Struct, frozen=True):
    """Reads the values of a policy file; raises UsageError for anything that it does not understand."""

    name: str

    def error(self, problem: str, hint: str = "") -> UsageError:
        return UsageError(f"the policy {self.name}: {problem}", hint=hint)

    def check_keys(self, table: Table, known: Iterable[str], noun: str) -> None:
        for key in table:
            if key not in known:
                raise self.error(f"unknown {noun} {safe_word(key)}", choices(key, list(known)))

    def module(self, name: str, table: Table, default: WindowLimits) -> ModulePolicy:
        if name not in modules():
            raise self.error(f"unknown module {safe_word(name)}", choices(name, modules()))
        self.check_keys(table, OF_MODULE, f"setting of {name}:")
        known = next(module(name, version) for version in reversed(VERSIONS) if name in modules(version))
        has_charging = any(field in known.root.children for field in ENDED)
        limits = WindowLimits(
            self.length(table, "window_min") or (default.shortest if has_charging else ""),
            self.length(table, "window_max") or (default.longest if has_charging else ""),
        )
        self.check_limits(limits)
        return ModulePolicy(tuple(self.permission(text, known) for text in self.texts(table, "pass")), limits)

    def check_limits(self, limits: WindowLimits) -> None:
        if limits.are_contradictory:
            raise self.error(f"window_min, {limits.shortest}, is longer than window_max, {limits.longest}")

    def permission(self, text: str, known: SchemaModule) -> Permission:
        match = PERMISSION.fullmatch(text.strip())
        if match is None:
            raise self.error(
                f"{known.name}: pass has an entry that is not a field", 'such as "end_date_time as month"'
            )
        path, treatment = match["path"], match["treatment"] or CLEAR
        is_quoted = path.startswith('"')
        path = path.strip('"') if is_quoted else self.known_path(path.lstrip(".") or ".", known)
        if treatment not in (CLEAR, *TREATMENTS):
            raise self.error(
                f"{known.name}: unknown treatment {safe_word(treatment)}", choices(treatment, TREATMENTS)
            )
        if treatment not in WITH_NUMBER and match["number"] is not None:
            raise self.error(f"{known.name}: {treatment} takes no number")
        if treatment in WITH_NUMBER and not takes_amount(treatment, match["number"] or "0"):
            raise self.error(f"{known.name}: {treatment} takes {AMOUNTS[treatment]}")
        if treatment != CLEAR and not is_quoted:
            self.check_fits(path, treatment, known)
        return Permission(path, f"{treatment}({match['number']})" if match["number"] else treatment)

    def known_path(self, path: str, known: SchemaModule) -> str:
        field = known.root
        for step in () if path == "." else path.split("."):
            child = field.children.get(step)
            if child is None:
                close = nearest(step, field.children)
                hint = (
                    f"did you mean {close}?"
                    if close
                    else "put the name of a vendor's own field in quotes: '\"x\"'"
                )
                raise self.error(f"{known.name} has no field {path}", hint)
            field = child
        return path

    def check_fits(self, path: str, treatment: str, known: SchemaModule) -> None:
        """Raise for a treatment that no query could give to a field."""
        if path == ".":
            raise self.error(f"{known.name}: a treatment is for a field, not for the whole object")
        names = tuple(path.split("."))
        field = known.root
        for name in names:
            field = field.children[name]
        totals = bool(driver_paths(known.name))
        problem = str(mismatch(treatment, field, full_path_text(known.name, names)))
        if problem:
            words = ", ".join(suitable(field, totals=totals))
            raise self.error(problem, f"it takes {words}")
        if treatment == AGGREGATE:
            try:
                check_has_drivers(known, names, Span(0, 0))
            except CompileError as error:
                raise self.error(error.message, error.hint) from None

    def texts(self, table: Table, key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(f"{key} must be a list of texts", f'such as {key} = ["{EXAMPLES[key]}"]')
        return tuple(value)

    def length(self, table: Table, key: str) -> str:
        value = table.get(key, "")
        if value == "" or (isinstance(value, str) and LENGTH.fullmatch(value)):
            return str(value)
        raise self.error(f"{key} must be a length of time", f'such as {key} = "{EXAMPLES[key]}"')

    def day(self, table: Table, key: str) -> date | None:
        value = table.get(key)
        try:
            return value if value is None or type(value) is date else date.fromisoformat(str(value))
        except ValueError:
            raise self.error(f"{key} must be a date", f"such as {key} = 2027-01-01") from None

    def drivers(self, table: Table) -> int:
        value = table.get("k", DRIVERS)
        if type(value) is not int or value < FEWEST_DRIVERS:
            raise self.error(
                f"k must be a whole number of drivers, at least {FEWEST_DRIVERS}", f"such as k = {DRIVERS}"
            )
        return value

    def switch(self, table: Table, key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.error(f"{key} must be true or false")
        return value


AMOUNTS: Final = {
    "rounded": "the size of its steps (such as rounded(5) or rounded(0.01))",
    "prefix": "a number of characters (such as prefix(4))",
}
EXAMPLES: Final = {"pass": "end_date_time as month", "formats": "csv", "window_min": "1d", "window_max": "1y"}
