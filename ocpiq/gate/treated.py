"""Applies treatments: a treated field leaves the gate only as the result of these functions.

Each function takes a decoded value that is not null, and returns its treated form, or the blank for a value that the
treatment does not take. The result depends on nothing but the treated form: not on how the value was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from hashlib import sha256
from math import floor, isfinite
from typing import Any, Final

from msgspec import Raw
from msgspec.structs import asdict

from ocpiq.gate.keys import identifier
from ocpiq.gate.window import moment
from ocpiq.privacy.recipient import Recipient
from ocpiq.privacy.treatments import PERIODS, Treatment
from ocpiq.privacy.view import ViewNode
from ocpiq.schema.pseudonym_classes import OTHER, PREFIXES
from ocpiq.values.blank import NA
from ocpiq.values.json.fragments import NULL
from ocpiq.values.periods import LABELS
from ocpiq.values.times import epoch_us, local, zone

Treat = Callable[[Any], Any]

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"  # of base 32
PAIRS: Final = [first + second for first in LETTERS for second in LETTERS]
PSEUDONYM_BYTES: Final = 10  # of the HMAC that a pseudonym shows

EXACT: Final = Context(prec=700)  # digits: enough for every double and every step
DECIMAL_TEXT: Final = re.compile(r"\s*([+-]?)([0-9]{1,40})(?:\.([0-9]{1,40}))?\s*", re.ASCII)
SAFE_QUOTIENT: Final = 1e6  # below it, the error of a division is smaller than MARGIN
MARGIN: Final = 1e-9
MOST_RESULTS: Final = 16_384  # hours, or multiples of a step, that are kept
REST_OF_HOUR: Final = frozenset(
    f":{minute:02}:{second:02}{end}"
    for minute in range(60)
    for second in range(60)
    for end in ("Z", ".000Z", "")
)
"""What follows the hour of a DateTime in the forms that most platforms send."""
LARGEST_INTEGER: Final = 1 << 53  # beyond it a double is not exact


class TreatedNode(ViewNode, frozen=True, kw_only=True):
    """A treated node with its function, which takes a decoded value that is not null: a list if `many`."""

    convert: Treat


def reads_presence(node: ViewNode) -> bool:
    """Tell whether only the presence of a value is read: `convert` takes its slice, or None if it was not sent."""
    return node.treatment is not None and node.treatment.name == "present"


def with_treatments(node: ViewNode, recipient: Recipient | None) -> ViewNode:
    """Return a view whose treated nodes have their functions."""
    if node.visibility == "treated":
        return TreatedNode(**asdict(node), convert=converter_of(node, recipient))
    if not node.children:
        return node
    children = {name: with_treatments(child, recipient) for name, child in node.children.items()}
    fields = asdict(node) | {"children": children}
    return ViewNode(**fields)


def converter_of(node: ViewNode, recipient: Recipient | None) -> Treat:
    """Return the function that treats a decoded value of a node that is not null."""
    assert node.treatment is not None
    if node.treatment.name == "present":
        return is_present
    treat, blank = treatment_function(node.treatment, recipient, node.blank), node.blank
    if not node.many:
        return treat

    def treat_items(value: object) -> object:
        if not isinstance(value, list):
            return blank
        items = [None if item is None else treat(item) for item in value]
        return blank if any(item is blank for item in items) else items

    return treat_items


def is_present(raw: Raw | bytes | None) -> bool:
    """Tell whether a field was sent and is not null, from its slice."""
    return raw is not None and bytes(raw) != NULL


def treatment_function(treatment: Treatment, recipient: Recipient | None, blank: object) -> Treat:
    """Return the function of a treatment for a value that is not null; `blank` if it is of another type."""
    if treatment.name == "pseudonym":
        assert recipient is not None
        return pseudonym_function(recipient.key, treatment.pseudonym_class, blank)
    if treatment.name in PERIODS:
        return period_function(treatment.name, treatment.zone, blank)
    if treatment.name == "rounded":
        return rounding_function(Decimal(treatment.amount), blank)
    return prefix_function(int(treatment.amount), blank)


def open_function(node: ViewNode) -> Treat:
    """Return the function that treats the fields inside a decoded value of an open node, in place."""
    functions: dict[str, Treat] = {}
    for name, child in node.children.items():
        if isinstance(child, TreatedNode):
            functions[name] = scalar_function(child)
        elif child.visibility == "open":
            functions[name] = open_function(child)
    absent = [name for name, child in node.children.items() if reads_presence(child)]

    def treat(value: object) -> object:
        if isinstance(value, dict):
            for name, function in functions.items():
                if name in value:
                    value[name] = function(value[name])
            for name in absent:
                value.setdefault(name, False)
            return value
        if isinstance(value, list):
            return [treat(item) for item in value]
        return None if value is None else node.blank

    return treat


def scalar_function(node: TreatedNode) -> Treat:
    """Return the function that treats any decoded value of a treated node: the blank for the wrong shapes."""
    if reads_presence(node):
        return lambda value: value is not None

    def treat(value: object) -> object:
        if value is None:
            return None
        if isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(item, list | dict) for item in value)
        ):
            return node.blank
        return node.convert(value)

    return treat


# ---------------------------------------------------------------- pseudonyms


def pseudonym_function(key: bytes, class_: str, blank: object = None) -> Treat:
    """Return the function that replaces an identifier by its pseudonym.

    The pseudonym is made of the first 80 bits of HMAC-SHA-256 of the class and the identifier, without case. Missing
    identifiers (`""`, `"#NA"`) are null.
    """
    prefix, pairs = f"{PREFIXES.get(class_, OTHER)}_", PAIRS
    missing, is_driver = ("", NA.casefold()), class_ == "driver"
    block = key.ljust(sha256().block_size, b"\0")  # RFC 2104; hmac.digest takes three times as long
    inner, outer = (sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    inner.update(f"ocpiq1\0{class_}\0".encode())

    def pseudonym(value: object) -> object:
        if type(value) is not str and not (value := identifier(value)):
            return blank
        folded = value.strip().casefold()
        if folded in missing:
            return None
        if is_driver:  # eMI3: the separators of contract ids are optional
            folded = folded.replace("-", "").replace("*", "")
        within, around = inner.copy(), outer.copy()
        within.update(folded.encode("utf-8", "surrogatepass"))
        around.update(within.digest())
        bits = int.from_bytes(around.digest()[:PSEUDONYM_BYTES], "big")
        return (
            prefix
            + pairs[bits >> 70]
            + pairs[bits >> 60 & 1023]
            + pairs[bits >> 50 & 1023]
            + pairs[bits >> 40 & 1023]
            + pairs[bits >> 30 & 1023]
            + pairs[bits >> 20 & 1023]
            + pairs[bits >> 10 & 1023]
            + pairs[bits & 1023]
        )

    return pseudonym


# ---------------------------------------------------------------- periods


def period_function(unit: str, zone_name: str, blank: object = None) -> Treat:
    """Return the function that replaces a DateTime by the label of its hour, day, week, month, quarter or year."""
    tz = zone(zone_name)
    hours: dict[str, object] = {}  # the label of each whole hour (UTC) that is in one period

    def label_of(microseconds: int) -> str | None:
        try:
            wall = local(microseconds, tz)
        except OverflowError:
            return None
        return wall.isoformat()[:13] if unit == "hour" else LABELS[unit](wall)

    def label_of_hour(hour: str) -> str | None:
        """Return the label of an hour such as 2026-01-31T13; None if it is not in one period for certain."""
        if not hour.isascii() or hour[:2] != "20":  # earlier, offsets of time zones may have seconds
            return None
        first, last = (epoch_us(f"{hour}:{end}Z") for end in ("00:00", "59:59"))
        if first is None or last is None:
            return None
        same_offset = local(first, tz).utcoffset() == local(last, tz).utcoffset()
        return label_of(first) if same_offset and label_of(first) == label_of(last) else None

    def period(value: object) -> object:
        if type(value) is str and value[13:] in REST_OF_HOUR:
            hour = value[:13]
            if hour not in hours:
                if len(hours) >= MOST_RESULTS:
                    hours.clear()
                hours[hour] = label_of_hour(hour)
            label = hours[hour]
            if label is not None:
                return label
        microseconds = moment(value) if isinstance(value, str | int | float) else None
        label = None if microseconds is None else label_of(microseconds)
        return blank if label is None else label

    return period


# ---------------------------------------------------------------- rounding, prefixes


def rounding_function(step: Decimal, blank: object = None) -> Treat:
    """Return the function that rounds numbers and decimal text down to a multiple of `step`."""
    double, whole = float(step), step == step.to_integral_value()
    results: dict[int, float] = {}

    def exact(number: Decimal) -> float:
        rest = EXACT.remainder(number, step)
        rounded = EXACT.subtract(number, rest if rest >= 0 else EXACT.add(rest, step))
        return result_of(rounded)

    def result_of(rounded: Decimal) -> float:
        if whole and abs(rounded) < LARGEST_INTEGER:
            return int(rounded)
        return float(rounded) + 0.0  # not -0.0

    def rounded(value: object) -> object:
        if type(value) is float:
            quotient = value / double
            steps = floor(quotient) if -SAFE_QUOTIENT < quotient < SAFE_QUOTIENT else 0
            if MARGIN < quotient - steps < 1 - MARGIN:  # not next to a multiple: the division is exact enough
                result = results.get(steps)
                if result is None:
                    if len(results) >= MOST_RESULTS:
                        results.clear()
                    result = results[steps] = result_of(steps * step)
                return result
            return exact(Decimal(repr(value))) if isfinite(value) else blank
        if type(value) is str:
            text = round_text(value)
            return blank if text is None else text
        try:
            return exact(Decimal(value)) if type(value) is int else blank
        except (InvalidOperation, OverflowError):
            return blank

    round_text = text_rounding_function(step)
    return rounded


def text_rounding_function(step: Decimal) -> Callable[[str], str | None]:
    """Return the function that rounds decimal text, to as many decimals as the step has; None for other text."""
    decimals = len(format(step, "f").partition(".")[2])
    unit = 10**decimals
    units = int(step * unit)

    def round_text(text: str) -> str | None:
        match = DECIMAL_TEXT.fullmatch(text)
        if match is None:
            return None
        sign, integer, fraction = match.groups("")
        number = int(integer) * unit + int(fraction[:decimals].ljust(decimals, "0") or 0)
        if sign == "-":
            number = -number - bool(fraction[decimals:].strip("0"))
        number = number // units * units
        magnitude, minus = abs(number), "-" if number < 0 else ""
        if not decimals:
            return f"{minus}{magnitude}"
        return f"{minus}{magnitude // unit}.{magnitude % unit:0{decimals}}"

    return round_text


def prefix_function(length: int, blank: object = None) -> Treat:
    """Return the function that cuts text to its first characters."""
    return lambda value: value[:length] if type(value) is str else blank
