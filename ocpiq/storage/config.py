"""The user's config file: defaults for options and settings of the prompt, in TOML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from msgspec import Struct

from ocpiq.errors import UsageError, choices, safe_word
from ocpiq.storage import owner_only
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
SWITCHES: Final = ("vi", "menu", "history")  # settings of the prompt, each on or off
NAMES: Final = (*EXAMPLES, *SWITCHES)
ON_OFF: Final = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}
DEFAULT: Final = "default"  # removes a setting from the file


class Config(Struct, frozen=True):
    """Default options, None if the file does not set them, and settings of the prompt.

    `zone` is an IANA time zone, `form` an output format, `mode` the permissions of result files, `platform` a login;
    `audit` says that every run is audited: True for the user's own trail, or its path. At the prompt, `vi` has vi's
    keys, `menu` opens the suggestions while typing, and `history` saves queries.
    """

    zone: str | None = None
    form: str | None = None
    mode: int | None = None
    platform: str | None = None
    audit: str | bool = False
    vi: bool = False
    menu: bool = True
    history: bool = True


def config_path() -> Path:
    """Return the path of the config file, which may not exist."""
    return config_folder() / NAME


def load() -> Config:
    """Return the user's config. Raises UsageError for a file that cannot be used."""
    return _read(_content(), config_path())


def change(name: str, text: str) -> Config:
    """Set a setting in the file, or remove it with `default`; return the new config.

    All else in the file stays as it is. Raises UsageError for a value that it cannot have.
    """
    path = config_path()
    if name not in NAMES:
        raise UsageError(f"unknown setting {safe_word(name)}", hint=choices(name, NAMES))
    content, value = _content(), None if text == DEFAULT else _value(name, text)
    before = _table(content, path)
    changed = _with_value(content.decode("utf-8-sig"), name, value)
    config = _read(changed.encode(), path)
    expected = {key: kept for key, kept in before.items() if key != name}
    if _table(changed.encode(), path) != (expected if value is None else {**expected, name: value}):
        raise UsageError(f"could not change {name} in {path}", hint="edit it")
    try:
        owner_only.write(path.resolve(), changed.encode())  # a link stays a link
    except OSError as error:
        raise UsageError(f"could not write {path}: {error.strerror}") from None
    return config


def _value(name: str, text: str) -> str | bool:
    """Return the value that a text means. Raises UsageError."""
    if name not in SWITCHES and name != "audit":
        return text
    if text.lower() in ON_OFF:
        return ON_OFF[text.lower()]
    if name == "audit":
        return text
    raise UsageError(f"{name} is on or off", hint=f":set {name} on")


def _with_value(text: str, name: str, value: str | bool | None) -> str:
    """Return the text of a file with a value in its line, in a new one at the end, or with the line removed."""
    from ocpiq.values.json.codec import to_json  # noqa: PLC0415 - most users never change a setting

    line = re.compile(
        rf"""^([ \t]*{name}[ \t]*=[ \t]*)("[^"\n]*"|'[^'\n]*'|[^\s#"']+)([^\n]*)(\n|\Z)""", re.MULTILINE
    )
    if value is None:
        return line.sub("", text, count=1)
    written = to_json(value)  # which TOML reads as the same value
    if line.search(text):
        return line.sub(lambda match: f"{match[1]}{written}{match[3]}{match[4]}", text, count=1)
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{name} = {written}\n"


def _content() -> bytes:
    """Return the bytes of the file, none if it does not exist. Raises UsageError."""
    path = config_path()
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise UsageError(f"could not read {path}: {error.strerror}") from None


def _table(data: bytes, path: Path) -> dict[str, object]:
    """Return the entries of a file. Raises UsageError."""
    if not data:
        return {}
    import tomllib  # noqa: PLC0415 - most users have no such file

    encoding = encoding_of(data)
    if encoding != "UTF-8":
        raise UsageError(f"{path} is {encoding}, not UTF-8", hint=conversion(encoding, str(path)))
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}") from None


def _read(data: bytes, path: Path) -> Config:
    """Return the settings of a file. Raises UsageError."""
    values: dict[str, str] = {}
    switches: dict[str, bool] = {}
    audit: str | bool = False
    for name, value in _table(data, path).items():
        if name not in NAMES:
            raise UsageError(f"{path}: unknown setting {safe_word(name)}", hint=choices(name, NAMES))
        if name == "audit" and isinstance(value, bool):
            audit = value
        elif name in SWITCHES:
            if not isinstance(value, bool):
                raise UsageError(f"{path}: {name} is true or false", hint=f"{name} = true")
            switches[name] = value
        elif not isinstance(value, str):
            raise UsageError(f"{path}: {name} must be text", hint=f'{name} = "{EXAMPLES[name]}"')
        else:
            values[name] = value
    _check_zone(values.get("zone", "UTC"), path)
    mode = values.pop("mode", None)
    audit = values.pop("audit", audit)
    return Config(
        mode=None if mode is None else _mode(mode, path),
        audit=audit,
        zone=values.get("zone"),
        form=values.get("form"),
        platform=values.get("platform"),
        **switches,
    )


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
