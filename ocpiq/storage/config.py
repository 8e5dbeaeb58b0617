"""The user's config file: defaults for options, in TOML."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from msgspec import Struct

from ocpiq.errors import UsageError, choices, safe_word
from ocpiq.storage.folders import config_folder
from ocpiq.values.encodings import conversion, encoding_of
from ocpiq.values.times import zone, zone_hint

NAME: Final = "config.toml"
EXAMPLES: Final = {
    "zone": "Europe/Amsterdam",
    "form": "table",
    "mode": "0640",
    "platform": "depot",
    "audit": "/var/log/ocpiq/audit.ndjson",
}


class Config(Struct, frozen=True):
    """Default options; None if the file does not set them.

    `zone` is an IANA time zone, `form` an output format, `mode` the permissions of result files, `platform` a login;
    `audit` says that every run is audited: True for the user's own trail, or its path.
    """

    zone: str | None = None
    form: str | None = None
    mode: int | None = None
    platform: str | None = None
    audit: str | bool = False


def config_path() -> Path:
    """Return the path of the config file, which may not exist."""
    return config_folder() / NAME


def load() -> Config:
    """Return the user's config. Raises UsageError for a file that cannot be used."""
    path = config_path()
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Config()
    except OSError as error:
        raise UsageError(f"could not read {path}: {error.strerror}") from None
    return _read(data, path)


def _read(data: bytes, path: Path) -> Config:
    import tomllib  # noqa: PLC0415 - most users have no such file

    encoding = encoding_of(data)
    if encoding != "UTF-8":
        raise UsageError(f"{path} is {encoding}, not UTF-8", hint=conversion(encoding, str(path)))
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    values: dict[str, str] = {}
    audit: str | bool = False
    for name, value in table.items():
        if name not in EXAMPLES:
            raise UsageError(f"{path}: unknown setting {safe_word(name)}", hint=choices(name, EXAMPLES))
        if name == "audit" and isinstance(value, bool):
            audit = value
            continue
        if not isinstance(value, str):
            raise UsageError(f"{path}: {name} must be text", hint=f'{name} = "{EXAMPLES[name]}"')
        values[name] = value
    _check_zone(values.get("zone", "UTC"), path)
    mode = values.pop("mode", None)
    audit = values.pop("audit", audit)
    return Config(mode=None if mode is None else _mode(mode, path), audit=audit, **values)


def _check_zone(name: str, path: Path) -> None:
    try:
        zone(name)
    except ValueError:
        raise UsageError(f"{path}: zone is not a time zone", hint=zone_hint(name)) from None


def file_mode(text: str) -> int | None:
    """Parse an octal file mode such as `640` or `0640`; return None for any other text."""
    octal = len(text) in (3, 4) and set(text) <= set("01234567")
    return int(text, 8) if octal and int(text, 8) <= 0o777 else None


def _mode(text: str, path: Path) -> int:
    mode = file_mode(text)
    if mode is None:
        raise UsageError(f"{path}: mode is not a file mode", hint=f'mode = "{EXAMPLES["mode"]}"')
    return mode
